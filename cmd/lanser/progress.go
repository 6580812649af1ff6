package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"lanser/selectors/visible"
	"lanser/server/api"
)

// Progress is shown on standard error, and only while a command runs for long. progressLine is for checks, whose
// servers report concurrently; answerCounter is for batches and exports, which count one thing after the other.

// How often the progress of a check is shown. At a terminal one line is updated in place. In
// other output, such as the log of a job, a new line is printed at each interval.
const (
	terminalDelay    = 500 * time.Millisecond
	terminalInterval = 200 * time.Millisecond
	logInterval      = 30 * time.Second
)

// progressLine shows the progress of a check, as in "12s, gopls 40 of 233 files, ruff 2 of 2 files". In a log, nothing
// is shown for a check of less than logInterval; some CI systems end a job that prints nothing for long.
//
// Servers report to update from several goroutines. Only run writes to out, and it has returned when stop returns, so
// that the report that is printed next is not mixed with the line.
type progressLine struct {
	out      io.Writer
	terminal bool // out is a terminal
	started  time.Time
	done     chan struct{} // closed to stop run
	stopped  chan struct{} // closed when run has returned
	shown    bool          // a line is on the terminal; owned by run

	mu     sync.Mutex     // guards states
	states []api.Progress // one per server and side, in the order of their first report
}

// showProgress shows the progress that update receives, until stop is called. The caller must call stop once. out must
// be unguarded if it is a terminal, since the line is erased by an escape sequence.
func showProgress(out io.Writer, terminal bool) (update func(api.Progress), stop func()) {
	t := &progressLine{
		out: out, terminal: terminal, started: time.Now(),
		done: make(chan struct{}), stopped: make(chan struct{}),
	}
	go t.run()
	return t.update, func() {
		close(t.done)
		<-t.stopped
	}
}

// update sets the progress of one server, and of one side: a check with --since or --patch checks the earlier state,
// too, and the same server reports on both.
func (t *progressLine) update(p api.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, s := range t.states {
		if s.Server == p.Server && s.Before == p.Before {
			t.states[i] = p
			return
		}
	}
	t.states = append(t.states, p)
}

// run shows the progress until done is closed, and then removes the line from the terminal. "\r" moves to the beginning
// of the line and "\x1b[K" erases the rest of it. That only works within one row, so that at most 100 characters are
// shown.
func (t *progressLine) run() {
	defer close(t.stopped)
	first, next := logInterval, logInterval
	if t.terminal {
		first, next = terminalDelay, terminalInterval
	}
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-t.done:
			if t.shown {
				visible.Fprintf(t.out, "\r\x1b[K")
			}
			return
		case <-timer.C:
			if line := t.line(); t.terminal {
				visible.Fprintf(t.out, "\r\x1b[K%.*s", 100, line)
				t.shown = true
			} else {
				visible.Fprintln(t.out, "lanser: still checking:", line)
			}
			timer.Reset(next)
		}
	}
}

// line returns the text to show.
func (t *progressLine) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	parts := []string{time.Since(t.started).Round(time.Second).String()}
	for _, s := range t.states {
		what := s.Server
		if s.Before {
			what += " before"
		}
		parts = append(parts, fmt.Sprintf("%s %d of %d files", what, s.Done, s.Files))
	}
	return strings.Join(parts, ", ")
}

// answerCounter is a line at a terminal that shows how many requests of a batch are answered, or how many symbols
// 'index export' has written. It has no goroutine: the line changes when step is called. It is not safe for concurrent
// use.
type answerCounter struct {
	to           io.Writer // nil: not a terminal, nothing is shown
	n, failed    int       // answers so far, and how many of them are errors
	begun, shown time.Time // of the batch, and of the last update; zero before the first
}

// counterInterval is the time until the line is shown first, and between two updates of it.
const counterInterval = 500 * time.Millisecond

// newCounter returns a counter for a command that begins now. It shows nothing unless standard error is a terminal.
func (a *app) newCounter() *answerCounter {
	p := &answerCounter{begun: time.Now()}
	if f, ok := unguarded(a.err).(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.to = f
	}
	return p
}

// step counts an answer, and updates the line.
func (p *answerCounter) step(failed bool) {
	p.n++
	if failed {
		p.failed++
	}
	now := time.Now()
	if p.to == nil || now.Sub(p.begun) < counterInterval || now.Sub(p.shown) < counterInterval {
		return
	}
	p.shown = now
	visible.Fprintf(p.to, "\r%d answered, %d errors\x1b[K", p.n, p.failed)
}

// end removes the line, if one was shown.
func (p *answerCounter) end() {
	if !p.shown.IsZero() {
		visible.Fprintf(p.to, "\r\x1b[K")
	}
}
