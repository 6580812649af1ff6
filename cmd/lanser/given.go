package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/server/api"
)

// maxGiven bounds a file that the user names, and standard input where it is read whole,
// in bytes.
const maxGiven = 256 << 20

// readAll is the content of a file that the user names, or of standard input for "-". It
// may be a pipe: its writer is waited for until ctx ends.
func (a *app) readAll(ctx context.Context, file string) ([]byte, error) {
	var raw []byte
	var err error
	if file == "-" {
		raw, err = readBounded(ctx, a.in)
	} else {
		raw, err = beneath.ReadUserFile(ctx, file, maxGiven)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "%v", err)
	}
	return raw, nil
}

func readBounded(ctx context.Context, r io.Reader) ([]byte, error) {
	type result struct {
		raw []byte
		err error
	}
	done := make(chan result, 1)
	go func() { // left behind if its writer neither writes nor closes it
		raw, err := io.ReadAll(io.LimitReader(r, maxGiven+1))
		if len(raw) > maxGiven {
			err = beneath.ErrTooLarge
		}
		done <- result{raw, err}
	}()
	select {
	case r := <-done:
		return r.raw, r.err
	case <-ctx.Done():
		return nil, errors.Join(errors.New("standard input did not end in time"), context.Cause(ctx))
	}
}

// readFile is the content of the file that a flag names, or of standard input for "-". A
// timeout bounds the wait for a pipe's writer; 0 sets no bound.
func (a *app) readFile(ctx context.Context, flag, name string, timeout api.Duration) (string, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(timeout))
		defer cancel()
	}
	raw, err := a.readAll(ctx, name)
	if err != nil {
		f := fault.From(err)
		f.Message = "--" + flag + ": " + f.Message
		return "", f
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return "", fault.New(fault.Usage, "--%s: %s is empty", flag, name)
	}
	return string(raw), nil
}
