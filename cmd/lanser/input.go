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

// maxInput is the largest size in bytes of a file that the user names, and of standard input if
// it is read as a whole. It keeps an endless input, such as /dev/zero, from using up the memory.
const maxInput = 256 << 20

// readAll returns the content of a file that the user names, or of standard input for "-". The
// file may be a pipe, so readAll waits for its writer until ctx ends. The error has code Usage. Streams of
// requests, bundles and lines are not read as a whole: see open.
func (a *app) readAll(ctx context.Context, file string) ([]byte, error) {
	var raw []byte
	var err error
	if file == "-" {
		raw, err = readBounded(ctx, a.in)
	} else {
		raw, err = beneath.ReadUserFile(ctx, file, maxInput)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "%v", err)
	}
	return raw, nil
}

// open opens a file that the user names for reading; "-" is standard input, which Close leaves open. The size is not
// limited; the caller reads value by value, until ctx ends.
func (a *app) open(ctx context.Context, file string) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(a.in), nil
	}
	return beneath.OpenUserFile(ctx, file)
}

// readBounded reads r to its end, at most maxInput bytes, until ctx ends.
func readBounded(ctx context.Context, r io.Reader) ([]byte, error) {
	type result struct {
		raw []byte
		err error
	}

	// No reader can be interrupted in general, so this goroutine outlives the call if r neither ends nor fails.
	done := make(chan result, 1)
	go func() {
		raw, err := io.ReadAll(io.LimitReader(r, maxInput+1))
		if len(raw) > maxInput {
			err = beneath.ErrTooLarge
		}
		done <- result{raw: raw, err: err}
	}()

	select {
	case r := <-done:
		return r.raw, r.err
	case <-ctx.Done():
		return nil, errors.Join(errors.New("standard input did not end before the deadline"), context.Cause(ctx))
	}
}

// readFile returns the content of the file that a flag names, or of standard input for "-". The
// timeout limits the wait for the writer of a pipe; 0 means no limit. An empty file is an error: an empty patch would
// check nothing and look like a clean check, and it usually comes from a command before the pipe that failed.
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
