package jsonl

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/wire"
)

// ahead is how many lines are worked on or wait for an earlier one, at most.
const maxAhead = 64

// Options of a batch.
type Options struct {
	// InTurn works on one line after the other: a trace has the order of the lines.
	Sequential bool
	// Reproducible leaves out what differs between two runs.
	Reproducible bool
	// Step is called after each line; nil for nobody.
	Step func(*bundle.Bundle)
}

// Batch answers the lines of r to w, in order, several at a time, and returns the worst
// exit code. The error is Usage where r cannot be read, Permissions where w cannot be
// written.
func Batch(ctx context.Context, e api.Door, r io.Reader, w io.Writer, o Options) (worst int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // after an error the reader may wait for input for ever
	order := make(chan chan reply, maxAhead)
	unsent := &backlog{limit: maxUnsentBytes}
	var readErr error // valid once order is closed
	go func() {
		defer close(order)
		readErr = start(ctx, e, r, order, unsent, o.Sequential)
	}()
	for done := range order {
		got := <-done
		size := sizeOf(got)
		worst = max(worst, got.Bundle.Meta.ExitCode)
		if o.Reproducible {
			got.Bundle = got.Bundle.Reproducible()
		}
		if err := write(w, got); err != nil {
			return worst, fault.Wrap(fault.Permissions, err, "cannot write the answer: %v", err)
		}
		unsent.add(-size)
		if o.Step != nil {
			o.Step(got.Bundle)
		}
	}
	if readErr != nil {
		return worst, fault.Wrap(fault.Usage, readErr, "cannot read the batch: %v", readErr)
	}
	return worst, nil
}

// start has the lines answered, and sends where each answer will be.
func start(ctx context.Context, e api.Door, r io.Reader, order chan<- chan reply, unsent *backlog, inTurn bool) error {
	atATime := max(2, runtime.GOMAXPROCS(0))
	if inTurn {
		atATime = 1
	}
	workers := make(chan struct{}, atATime)
	for line := range wire.Lines(r) {
		if line.Err != nil && !errors.Is(line.Err, wire.ErrLong) {
			return line.Err
		}
		if line.Err == nil && len(bytes.TrimSpace(line.Text)) == 0 {
			continue
		}
		done := make(chan reply, 1)
		if unsent.wait(ctx) != nil {
			return nil
		}
		workers <- struct{}{}
		select {
		case order <- done:
		case <-ctx.Done():
			return nil
		}
		go func() {
			defer func() { <-workers }()
			got := answer(ctx, e, line)
			unsent.add(sizeOf(got))
			done <- got
		}()
	}
	return nil
}
