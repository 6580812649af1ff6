package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"lanser/selectors/visible"
	"lanser/server/api"
)

// How often a long check says that it goes on: at a terminal in place, from half a second
// on; elsewhere, as in a job's log, by a line now and then.
const (
	firstTick = 500 * time.Millisecond
	nextTick  = 200 * time.Millisecond
	heartbeat = 30 * time.Second
)

// ticker shows how far a check is.
type ticker struct {
	out      io.Writer
	terminal bool
	started  time.Time
	done     chan struct{}
	gone     chan struct{}

	mu     sync.Mutex
	states []api.Progress // in the order in which they began
	shown  bool
}

// showProgress shows on out the progress that is told, until stop is called.
func showProgress(out io.Writer, terminal bool) (tell func(api.Progress), stop func()) {
	t := &ticker{out: out, terminal: terminal, started: time.Now(), done: make(chan struct{}), gone: make(chan struct{})}
	go t.run()
	return t.tell, func() {
		close(t.done)
		<-t.gone
	}
}

func (t *ticker) tell(p api.Progress) {
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

func (t *ticker) run() {
	defer close(t.gone)
	first, next := heartbeat, heartbeat
	if t.terminal {
		first, next = firstTick, nextTick
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

func (t *ticker) line() string {
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
