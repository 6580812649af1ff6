package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/bundle"
)

// batch answers JSONL requests with JSONL bundles, in order.
func (a *app) batch() *cobra.Command {
	var in, out string
	cmd := &cobra.Command{
		Use: "batch", Short: "answer JSONL requests with JSONL bundles, in order", Args: usage(cobra.NoArgs),
		Long: `Reads requests, one JSON object a line:

  {"id":7,"cmd":"refs","selector":"go://*#Server.Serve","options":{"declaration":false}}

and writes {"id":…,"bundle":…} for each, in order. A bad line gives an error bundle
with its number, and the rest goes on. The exit code is that of the worst line.`,
	}
	cmd.Flags().StringVar(&in, "in", "-", "read requests from `FILE`; - is standard input")
	cmd.Flags().StringVar(&out, "out", "-", "write bundles to `FILE`, which must lie outside the workspace; - is standard output")
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
		worst := 0
		for line := range lines(reader) {
			if line.err != nil {
				return fault.Wrap(fault.Usage, line.err, "cannot read the batch: %v", line.err)
			}
			id, b := a.batchLine(cmd, e, line)
			if b == nil {
				continue
			}
			worst = max(worst, b.Meta.ExitCode)
			if err := a.writeLine(writer, id, b); err != nil {
				return fault.Wrap(fault.Permissions, err, "cannot write the answer: %v", err)
			}
		}
		if worst != 0 {
			return exitError(worst)
		}
		return nil
	}
	return cmd
}

// maxLine bounds a batch line in bytes.
const maxLine = 16 << 20

type numbered struct {
	n    int // 1-based
	text []byte
	err  error
}

// lines yields the lines of r, of any length up to maxLine.
func lines(r io.Reader) func(func(numbered) bool) {
	return func(yield func(numbered) bool) {
		sc := bufio.NewScanner(r)
		sc.Buffer(nil, maxLine)
		n := 0
		for sc.Scan() {
			if n++; !yield(numbered{n, sc.Bytes(), nil}) {
				return
			}
		}
		if err := sc.Err(); err != nil {
			yield(numbered{n + 1, nil, err})
		}
	}
}

// batchLine answers one line; nil for an empty one.
func (a *app) batchLine(cmd *cobra.Command, e *server.Engine, line numbered) (json.RawMessage, *bundle.Bundle) {
	if len(bytes.TrimSpace(line.text)) == 0 {
		return nil, nil
	}
	l, req, err := server.ParseLine(line.text)
	if err == nil {
		b, _ := e.Do(cmd.Context(), req) // the error is in the bundle
		return l.ID, b
	}
	var f *fault.Error
	if errors.As(err, &f) {
		f.Message = fmt.Sprintf("line %d: %s", line.n, f.Message)
	}
	return l.ID, e.Refuse(l.Cmd, err)
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
