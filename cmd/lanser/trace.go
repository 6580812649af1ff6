package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/trace"
)

// record returns the recorder for --trace-file, nil without that flag. root is the workspace, in which the file must
// not lie. The file must not exist: a trace is evidence, and a second run must not replace that of the first. Only
// the user can read it (0600), since it contains code.
func (a *app) record(root string) (*trace.Recorder, error) {
	if a.traceFile == "" {
		if a.traceContents {
			return nil, fault.New(fault.Usage, "--trace-contents needs --trace-file")
		}
		return nil, nil
	}

	if err := outside(root, a.traceFile); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(a.traceFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fault.Wrap(fault.Usage, err,
			"--trace-file: %s already exists, and lanser never overwrites a trace", a.traceFile).
			WithHint("choose another file, or remove it")
	}
	if err != nil {
		return nil, fault.Wrap(fault.Permissions, err, "--trace-file: %v", err)
	}
	return trace.NewRecorder(f, a.traceContents), nil
}

// trace returns the commands that show and replay traces.
func (a *app) trace() *cobra.Command {
	cmd := &cobra.Command{
		Use: "trace", Short: "show recorded requests, and replay them without a server", Args: usage(cobra.NoArgs),
	}
	cmd.AddCommand(a.traceList(), a.traceShow(), a.traceReplay())
	return cmd
}

// entry is a request of a trace with its answer. 'lanser trace list --json' prints the exported fields.
type entry struct {
	N        int           `json:"n"`                  // number of the request in the trace, from 1
	Cmd      string        `json:"cmd"`                // long name of the operation
	Selector string        `json:"selector,omitempty"` // as the request has it
	ExitCode int           `json:"exit_code"`
	Status   string        `json:"status"` // ok or error
	BundleID string        `json:"bundleId"`
	Sessions []string      `json:"servers,omitempty"` // "gopls#1": the servers that were asked, with their sessions
	Frames   int           `json:"frames"`            // messages to and from servers
	lines    []trace.Line  // all lines of the request
	bundle   bundle.Bundle // the answer
}

// filter selects the entries that match all of its fields.
type filter struct {
	op       string // short or long name of the operation; "" for any
	selector string // a part of the selector
	status   string // of the bundle (ok or error), or the state of its evidence; "" for any
	exit     int    // exit code; -1 for any, because 0 is an exit code
}

// flags adds the flags that set the filter.
func (f *filter) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.op, "op", "", "only requests with the operation `NAME`")
	cmd.Flags().StringVar(&f.selector, "selector", "", "only requests whose selector contains `TEXT`")
	cmd.Flags().StringVar(&f.status, "status", "", "only answers with this `STATUS`: ok, error, or an evidence state")
	cmd.Flags().IntVar(&f.exit, "exit", -1, "only answers with this exit `CODE`")
}

// matches reports whether the filter selects e.
func (f *filter) matches(e *entry) bool {
	op := api.Lookup(f.op) // by any of its names; nil for an operation of another version of lanser
	hasOp := f.op == "" || e.Cmd == f.op || op != nil && e.Cmd == op.Name
	hasStatus := f.status == "" || f.status == e.Status || f.status == e.bundle.Evidence.State
	hasExit := f.exit < 0 || f.exit == e.ExitCode
	return hasOp && hasStatus && hasExit && strings.Contains(e.Selector, f.selector)
}

// entries reads a trace and calls yield for each request with its answer, until yield returns an error. In a trace, all
// lines of a request come before the line with its answer. Only the lines of one request are in memory at a time. Lines
// after the last answer belong to a request that was interrupted, and are not yielded. The reader verifies the digests
// of the lines, so that the error for a trace that was modified names the line.
func entries(ctx context.Context, file string, yield func(*entry) error) (trace.Header, error) {
	f, err := beneath.OpenUserFile(ctx, file)
	if err != nil {
		return trace.Header{}, fault.Wrap(fault.Usage, err, "%v", err)
	}
	defer f.Close()
	r, err := trace.NewReader(f)
	if err != nil {
		e := *fault.From(err)
		e.Message = file + ": " + e.Message
		return trace.Header{}, &e
	}

	servers := map[int]string{} // session → the name of the server
	e := &entry{}
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Header, nil
		}
		if err != nil {
			return r.Header, err
		}
		e.lines = append(e.lines, l)
		if l.Start != nil {
			servers[l.Start.Session] = l.Start.Server
		}

		if l.Bundle == nil {
			continue
		}
		if err := json.Unmarshal(l.Bundle.Bundle, &e.bundle); err != nil {
			return r.Header, fault.Wrap(fault.ReplayMismatch, err, "line %d of the trace: %v", r.Line(), err)
		}
		e.summarize(l.Bundle.N, servers)
		if err := yield(e); err != nil {
			return r.Header, err
		}
		e = &entry{}
	}
}

// summarize fills the fields that the list shows. n is the number of the request, and servers
// are the names of servers by session. Sessions are those that the request exchanged messages with, as in "gopls#1",
// in the order of their first message; a session that an earlier request started can be among them.
func (e *entry) summarize(n int, servers map[int]string) {
	e.N, e.Cmd, e.Status = n, e.bundle.Request.Cmd, e.bundle.Status
	e.ExitCode, e.BundleID = e.bundle.Meta.ExitCode, e.bundle.BundleID
	if e.bundle.Resolution != nil {
		e.Selector = e.bundle.Resolution.Original
	}
	seen := map[int]bool{}
	for _, l := range e.lines {
		if l.Frame == nil {
			continue
		}
		e.Frames++
		if s := l.Frame.Session; !seen[s] {
			seen[s] = true
			e.Sessions = append(e.Sessions, fmt.Sprintf("%s#%d", servers[s], s))
		}
	}
}

// traceList returns the command that prints a line for each request of a trace.
func (a *app) traceList() *cobra.Command {
	var f filter
	cmd := &cobra.Command{
		Use: "list FILE", Short: "list the requests of a trace", Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := entries(cmd.Context(), args[0], func(e *entry) error {
				if !f.matches(e) {
					return nil
				}
				if a.json {
					return a.encode(e)
				}
				visible.Fprintf(a.out, "%d\t%s %s\texit %d\t%s\t%d messages\n",
					e.N, e.Cmd, e.Selector, e.ExitCode, e.bundle.Evidence.State, e.Frames)
				return nil
			})
			return err
		},
	}
	f.flags(cmd)
	return cmd
}

// traceShow returns the command that prints the lines of a trace: of all requests, or of those with the numbers that
// the list shows, from 1. It stops reading when it has printed them. A number that is not there, or that the filters
// exclude, is an error with code NotFound.
func (a *app) traceShow() *cobra.Command {
	var f filter
	cmd := &cobra.Command{
		Use: "show FILE [N...]", Short: "show the content of a trace, or of the requests with these numbers",
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			missing := map[int]bool{} // the requested numbers that were not found yet
			for _, arg := range args[1:] {
				n, err := strconv.Atoi(arg)
				if err != nil || n < 1 {
					return fault.New(fault.Usage, "%q is not the number of a request", arg).
						WithHint("lanser trace list %s", args[0])
				}
				missing[n] = true
			}

			showAll := len(missing) == 0
			_, err := entries(cmd.Context(), args[0], func(e *entry) error {
				if !f.matches(e) || !showAll && !missing[e.N] {
					return nil
				}
				delete(missing, e.N)
				if err := a.showLines(e.lines); err != nil {
					return err
				}
				if !showAll && len(missing) == 0 {
					return errStop
				}
				return nil
			})
			if err != nil && !errors.Is(err, errStop) {
				return err
			}
			if len(missing) > 0 {
				first := slices.Min(slices.Collect(maps.Keys(missing)))
				return fault.New(fault.NotFound, "the trace has no request %d that matches the filters", first)
			}
			return nil
		},
	}
	f.flags(cmd)
	return cmd
}

// showLines prints lines of a trace.
func (a *app) showLines(lines []trace.Line) error {
	for _, l := range lines {
		if a.json {
			if err := a.encode(l); err != nil {
				return err
			}
		} else if s := lineText(l); s != "" {
			visible.Fprintf(a.out, "%s\n", s)
		}
	}
	return nil
}

// errStop stops the reading of a trace before its end.
var errStop = errors.New("stop reading")

// cut returns a text on one line, and its beginning if it is longer than maxMessage. Messages of servers can have
// megabytes; --json prints them whole.
func cut(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}

// maxMessage is the largest number of bytes that are shown of a message.
const maxMessage = 200

// lineText returns a line of a trace as text, "" for lines that are not shown. Lines between a request and its answer
// are indented:
//
//	#2 -> {…}        a message to the server of session 2, and "<-" one from it
//	? KEY: ANSWER    what the machine was asked, such as for a program on PATH
func lineText(l trace.Line) string {
	switch {
	case l.Trace != nil:
		return fmt.Sprintf("recorded by lanser %s on %s, workspace %s", l.Trace.Lanser, l.Trace.Platform, l.Trace.Root)
	case l.Request != nil:
		return fmt.Sprintf("request %d: %s", l.Request.N, cut(string(l.Request.Request)))
	case l.Ask != nil && l.Ask.Fault != nil:
		return cut(fmt.Sprintf("  ? %s: %s", l.Ask.Key, l.Ask.Fault.Message))
	case l.Ask != nil:
		return cut(fmt.Sprintf("  ? %s: %s", l.Ask.Key, l.Ask.Found.Text))
	case l.File != nil:
		return fmt.Sprintf("  file %s %s", l.File.Path, l.File.Digest)
	case l.Files != nil:
		return fmt.Sprintf("  %d files of the workspace were added or read, %d removed",
			len(l.Files.Now), len(l.Files.Gone))
	case l.Start != nil:
		return fmt.Sprintf("  #%d %s started", l.Start.Session, l.Start.Server)
	case l.Frame != nil:
		direction, body := "<-", string(l.Frame.Message)
		if l.Frame.From == "lanser" {
			direction = "->"
		}
		if l.Frame.Message == nil {
			body = fmt.Sprintf("%q", l.Frame.Raw)
		}
		return fmt.Sprintf("  #%d %s %s", l.Frame.Session, direction, cut(body))
	case l.Mark != nil && l.Mark.What == trace.Died:
		death := l.Mark.Death
		return cut(fmt.Sprintf("  #%d the server exited: %s %s", l.Mark.Session, death.Exit, death.Broke))
	case l.Mark != nil && l.Mark.What == trace.Expired:
		return fmt.Sprintf("  #%d the deadline expired: %s", l.Mark.Session, l.Mark.Cause)
	case l.Bundle != nil:
		return fmt.Sprintf("answer %d: %s", l.Bundle.N, cut(string(l.Bundle.Bundle)))
	}

	return ""
}

// traceReplay returns the command that computes the answers of a trace again (spec section 7). An answer that differs
// is an error with code ReplayMismatch, which [server.Replay] returns before the answer is yielded.
func (a *app) traceReplay() *cobra.Command {
	var verify bool
	cmd := &cobra.Command{
		Use: "replay FILE", Short: "compute the answers of a trace again, without a server",
		Args: usage(cobra.ExactArgs(1)),
		Long: `Computes every answer of a trace again with lanser's own code from the recorded messages,
without language servers, git or the clock. It prints one bundle per line, without the field
local. With --verify it only prints the number of answers. If an answer differs from the
recorded one, the replay stops with exit code 76 and reports the difference.

Files whose contents are not in the trace (--trace-contents records them) are read from
their original place or from --workspace DIR, and must be unchanged.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := beneath.OpenUserFile(cmd.Context(), args[0])
			if err != nil {
				return fault.Wrap(fault.Usage, err, "%v", err)
			}
			defer f.Close()
			n := 0
			err = server.Replay(cmd.Context(), f, a.workspace, func(r server.Replayed) error {
				n++
				if verify {
					return nil
				}
				return a.encode(r.Bundle)
			})
			if err != nil {
				return err
			}
			if verify {
				visible.Fprintf(a.out, "all %d answers are the same as recorded\n", n)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&verify, "verify", false, "only check that the answers are the same, without printing them")
	return cmd
}
