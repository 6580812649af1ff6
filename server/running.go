package server

import (
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"lanser/server/catalogue"
	"lanser/server/programs"
	"lanser/server/sandbox"
	"lanser/server/toolchain"
)

// Running is a language server that runs.
type Running struct {
	Name   string        `json:"name"`
	PID    int           `json:"pid"`
	Memory int64         `json:"memory"` // resident, with all below it, in bytes
	Idle   time.Duration `json:"idle"`   // since it was last asked; 0 for one that is answering
}

// Running lists the servers that run, by name.
func (e *Engine) Running() []Running {
	out := []Running{}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(e.sessions)) {
		s := e.sessions[name]
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
func (e *Engine) LetGo(pid int) bool {
	e.mu.Lock()
	slots := slices.Collect(maps.Values(e.sessions))
	e.mu.Unlock()
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
	if s.sess == nil {
		s.use.Store(nil)
		return
	}
	u := &use{pid: s.sess.PID()}
	if !asked {
		u.since = time.Now()
	}
	s.use.Store(u)
}

// Environment lists the variables of the environment that answers may depend on, as
// NAME=VALUE, sorted: what servers get, and what lanser and the tools that it asks
// read.
func Environment() []string {
	names := map[string]bool{"PATH": true, "TMPDIR": true, "XDG_CACHE_HOME": true, "XDG_DATA_HOME": true, "LANSER_HOME": true, toolchain.NetworkVar: true, toolchain.ReadVar: true}
	for _, n := range slices.Concat(programs.Basic, toolchain.Passed) {
		names[n] = true
	}
	for _, srv := range catalogue.Servers {
		for _, n := range slices.Concat(srv.Env, srv.Hashed) {
			names[n] = true
		}
	}
	var out []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if names[name] || slices.ContainsFunc(readFamilies, func(p string) bool { return strings.HasPrefix(name, p) }) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// readFamilies are beginnings of the names of variables that the tools of the languages
// and of the system read: the warm process starts with these and no others.
var readFamilies = []string{"GO", "CGO_", "PYTHON", "VIRTUAL_ENV", "NODE_", "CARGO", "RUST", "LC_", "LD_", "GIT_CONFIG", "SUDO_UID", "PYENV_", "NODENV_", "RBENV_", "ASDF_", "MISE_"}
