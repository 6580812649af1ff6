package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/bundle"
)

// batch answers JSONL requests with JSONL bundles, in order.
func (a *app) batch() *cobra.Command {
	var in, out string
	var keepGoing bool
	cmd := &cobra.Command{
		Use: "batch", Short: "answer JSONL requests with JSONL bundles, in order", Args: usage(cobra.NoArgs),
		Long: `Reads requests, one JSON object a line:

  {"id":7,"cmd":"refs","selector":"go://*#Server.Serve","options":{"declaration":false}}

and writes {"id":…,"bundle":…} for each, in order, as soon as it and those before it are
answered. A bad line gives an error bundle with its number, and the rest goes on. The exit
code is that of the worst line, or 0 with --keep-going.`,
	}
	cmd.Flags().StringVar(&in, "in", "-", "read requests from `FILE`; - is standard input")
	cmd.Flags().StringVar(&out, "out", "-", "write bundles to `FILE`, which must lie outside the workspace; - is standard output")
	cmd.Flags().BoolVar(&a.frozen, "frozen", false, "answer only about the workspace as it is at the start: a line that finds it changed is an error")
	cmd.Flags().BoolVar(&keepGoing, "keep-going", false, "exit 0 though lines ended in errors")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		e, err := a.engine()
		if err != nil {
			return err
		}
		defer e.Close()
		reader, writer := a.in, a.out
		if in != "-" {
			f, err := os.Open(in)
			if err != nil {
				return fault.Wrap(fault.Usage, err, "--in: %v", err)
			}
			defer f.Close()
			reader = f
		}
		if out != "-" {
			if err := outside(e.Root(), out); err != nil {
				return err
			}
			f, err := os.Create(out)
			if err != nil {
				return fault.Wrap(fault.Permissions, err, "--out: %v", err)
			}
			defer f.Close()
			writer = f
		}
		worst, err := a.answerLines(cmd.Context(), e, reader, writer)
		switch {
		case err != nil:
			return err
		case worst != 0 && !keepGoing:
			return exitError(worst)
		}
		return nil
	}
	return cmd
}

// answered is a line of a batch with its answer.
type answered struct {
	id     json.RawMessage
	bundle *bundle.Bundle
}

// ahead is how many lines are worked on or wait for an earlier one, at most.
const ahead = 64

// answerLines answers the lines of r to w, in order, several at a time, and returns the
// worst exit code. Memory does not grow with their number.
func (a *app) answerLines(ctx context.Context, e *server.Engine, r io.Reader, w io.Writer) (worst int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	order := make(chan chan answered, ahead)
	var readErr error // valid once order is closed
	go func() {
		defer close(order)
		atATime := max(2, runtime.GOMAXPROCS(0))
		if a.traceFile != "" {
			atATime = 1 // a trace has the order of the lines
		}
		workers := make(chan struct{}, atATime)
		for line := range lines(r) {
			if line.err != nil && !errors.Is(line.err, errLong) {
				readErr = line.err
				return
			}
			if line.err == nil && len(bytes.TrimSpace(line.text)) == 0 {
				continue
			}
			done := make(chan answered, 1)
			workers <- struct{}{}
			select {
			case order <- done:
			case <-ctx.Done():
				return
			}
			go func() {
				defer func() { <-workers }()
				done <- a.batchLine(ctx, e, line)
			}()
		}
	}()
	defer cancel() // after an error the engine's end waits for who is at work; the reader may wait for input for ever
	p := a.progress()
	defer p.end()
	for done := range order {
		got := <-done
		worst = max(worst, got.bundle.Meta.ExitCode)
		if err := a.writeLine(w, got.id, got.bundle); err != nil {
			return worst, fault.Wrap(fault.Permissions, err, "cannot write the answer: %v", err)
		}
		p.step(got.bundle.Status == "error")
	}
	if readErr != nil {
		return worst, fault.Wrap(fault.Usage, readErr, "cannot read the batch: %v", readErr)
	}
	return worst, nil
}

// progress is a line on a terminal that says how far a batch is.
type progress struct {
	to           io.Writer // nil for none
	n, failed    int
	begun, shown time.Time
}

// progressAfter is how long a command is silent, and between two looks of the line.
const progressAfter = 500 * time.Millisecond

func (a *app) progress() *progress {
	p := &progress{begun: time.Now()}
	if f, ok := a.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.to = f
	}
	return p
}

func (p *progress) step(failed bool) {
	if p.n++; failed {
		p.failed++
	}
	now := time.Now()
	if p.to == nil || now.Sub(p.begun) < progressAfter || now.Sub(p.shown) < progressAfter {
		return
	}
	p.shown = now
	fmt.Fprintf(p.to, "\r%d answered, %d errors\x1b[K", p.n, p.failed)
}

func (p *progress) end() {
	if !p.shown.IsZero() {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}

// maxLine bounds a batch line in bytes.
const maxLine = 16 << 20

var errLong = fmt.Errorf("it has more than %d bytes", maxLine)

type numbered struct {
	n    int // 1-based
	text []byte
	err  error
}

// lines yields the lines of r. One that is longer than maxLine is errLong, and the rest
// goes on.
func lines(r io.Reader) func(func(numbered) bool) {
	return func(yield func(numbered) bool) {
		br := bufio.NewReaderSize(r, 64<<10)
		for n := 1; ; n++ {
			var text []byte
			long := false
			part, err := br.ReadSlice('\n')
			for ; errors.Is(err, bufio.ErrBufferFull); part, err = br.ReadSlice('\n') {
				if long = long || len(text)+len(part) > maxLine; !long {
					text = append(text, part...)
				}
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield(numbered{n, nil, err})
				return
			}
			last := err != nil
			if long = long || len(text)+len(part) > maxLine+1; !long { // a newline is no part of it
				text = append(text, part...)
			}
			switch {
			case last && len(text) == 0 && !long:
				return
			case long:
				if !yield(numbered{n, nil, errLong}) {
					return
				}
			case !yield(numbered{n, text, nil}):
				return
			}
			if last {
				return
			}
		}
	}
}

// batchLine answers one line.
func (a *app) batchLine(ctx context.Context, e *server.Engine, line numbered) answered {
	err := line.err
	var l server.Line
	var req server.Request
	if err != nil {
		err = fault.Wrap(fault.Usage, err, "%v", err)
	} else {
		l, req, err = server.ParseLine(line.text)
	}
	if err == nil {
		b, _ := e.Do(ctx, req) // the error is in the bundle
		return answered{l.ID, b}
	}
	var f *fault.Error
	if errors.As(err, &f) {
		f.Message = fmt.Sprintf("line %d: %s", line.n, f.Message)
	}
	return answered{l.ID, e.Refuse(l.Cmd, err)}
}

func (a *app) writeLine(w io.Writer, id json.RawMessage, b *bundle.Bundle) error {
	if a.reproducible {
		b.Local = nil
	}
	if id == nil {
		id = json.RawMessage("null")
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		ID     json.RawMessage `json:"id"`
		Bundle *bundle.Bundle  `json:"bundle"`
	}{id, b})
}
