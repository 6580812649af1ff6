package pool

import (
	"maps"
	"slices"
	"time"

	"lanser/server/sandbox"
)

// Running describes a running language server.
type Running struct {
	Name   string        `json:"name"`
	PID    int           `json:"pid"`
	Memory int64         `json:"memory"` // resident memory with all child processes, in bytes
	Idle   time.Duration `json:"idle"`   // since its last request ended; 0 while it answers one
}

// Running lists the running servers by name.
func (p *Pool) Running() []Running {
	out := []Running{}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(p.slots)) {
		s := p.slots[name]
		u := s.use.Load()
		if u == nil {
			continue
		}
		r := Running{Name: name, PID: u.pid, Memory: sandbox.Resident(u.pid, true)}
		if !u.since.IsZero() {
			r.Idle = time.Since(u.since)
		}
		out = append(out, r)
	}
	return out
}

// LetGo stops the server with the process id pid, unless it is answering a request, and reports
// whether it did. The next request starts a new server.
func (p *Pool) LetGo(pid int) bool {
	p.mu.Lock()
	slots := slices.Collect(maps.Values(p.slots))
	p.mu.Unlock()
	for _, s := range slots {
		if u := s.use.Load(); u == nil || u.pid != pid {
			continue
		}
		select {
		case <-s.turn:
			s.drop()
			s.turn <- struct{}{}
			return true
		default: // it is answering
		}
	}
	return false
}

// use describes the server of a slot. It can be read without the turn.
type use struct {
	pid   int
	since time.Time // when its last request ended; zero while it answers one
}

// mark records that the server starts or has finished answering a request. The caller holds the turn.
func (s *slot) mark(asked bool) {
	if s.session == nil {
		s.use.Store(nil)
		return
	}
	u := &use{pid: s.session.PID()}
	if !asked {
		u.since = time.Now()
	}
	s.use.Store(u)
}
