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

// maxAhead is the maximum number of lines that are being answered or wait for an earlier answer.
const maxAhead = 64

// Options of a batch.
type Options struct {
	// Sequential answers one line at a time, so that a trace records them in their order.
	Sequential bool
	// Reproducible leaves out of the answers whatever differs between two runs.
	Reproducible bool
	// Step is called with each answer after it has been written; it may be nil.
	Step func(*bundle.Bundle)
}

// Batch answers the lines of r, several at a time, writes the answers to w in the order of the
// lines, and returns the highest exit code. The error is Usage if r cannot be read, and
// Permissions if w cannot be written.
func Batch(ctx context.Context, e api.Door, r io.Reader, w io.Writer, o Options) (worst int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // After an error, the goroutine may be blocked reading r forever.
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

// start starts to answer the lines of r, and sends to order a channel for each answer.
func start(
	ctx context.Context, e api.Door, r io.Reader, order chan<- chan reply, unsent *backlog, sequential bool,
) error {
	concurrency := max(2, runtime.GOMAXPROCS(0))
	if sequential {
		concurrency = 1
	}
	workers := make(chan struct{}, concurrency)
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
