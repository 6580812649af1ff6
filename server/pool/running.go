package pool

import (
	"maps"
	"slices"
	"time"

	"lanser/server/sandbox"
)

// Running is a language server that runs.
type Running struct {
	Name   string        `json:"name"`
	PID    int           `json:"pid"`
	Memory int64         `json:"memory"` // resident, with all below it, in bytes
	Idle   time.Duration `json:"idle"`   // since it was last asked; 0 for one that is answering
}

// Running lists the servers that run, by name.
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

// LetGo ends the server with that process id, unless it is answering; the next question
// starts another.
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

// use is what is known of a slot's server without its turn.
type use struct {
	pid   int
	since time.Time // when it was last asked; zero while it is being asked
}

// mark notes that the server is being asked, or has been. The caller holds the turn.
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
