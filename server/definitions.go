package server

import (
	"maps"
	"sync"

	"lanser/server/ledger"
	"lanser/server/lsp"
)

// maxDefinitions bounds the words whose definitions are remembered for one server.
const maxDefinitions = 50_000

// definitionCache remembers which definitions a server has named at words: questions about one symbol, and about
// symbols of one name, account for the same words. What is remembered of a server ends with its session and with
// the first change of a file of the workspace.
type definitionCache struct {
	mu       sync.Mutex
	byServer map[string]sessionDefinitions
}

// sessionDefinitions are definitions by one session, of one state of the workspace's files.
type sessionDefinitions struct {
	session *lsp.Session
	files   any // the index.Snapshot's FilesVersion
	at      map[ledger.Place][]ledger.Place
}

// recall adds the definitions that are remembered at places to known.
func (c *definitionCache) recall(a *answer, s *lsp.Session, at []ledger.Place, known map[ledger.Place][]ledger.Place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.byServer[s.Server().Name]
	if d.session != s || d.files != a.disk.FilesVersion() {
		return
	}
	for _, p := range at {
		if found, ok := d.at[p]; ok {
			known[p] = found
		}
	}
}

// remember keeps the definitions of an answer during which no file has changed.
func (c *definitionCache) remember(a *answer) {
	d := a.defined
	if len(d.at) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := d.session.Server().Name
	old := c.byServer[name]
	if old.session == d.session && old.files == d.files && len(old.at)+len(d.at) <= maxDefinitions {
		maps.Copy(old.at, d.at)
		return
	}
	if c.byServer == nil {
		c.byServer = map[string]sessionDefinitions{}
	}
	c.byServer[name] = d
}

// keepDefinitions adds definitions to those that can be remembered once the answer has proved good: of words in files
// about
// which the server answers alike whether they are open or not, where nothing is hypothetical.
func (a *answer) keepDefinitions(s *lsp.Session, at []ledger.Place, found [][]ledger.Place) {
	if a.defined.session != s {
		a.defined = sessionDefinitions{
			session: s, files: a.disk.FilesVersion(), at: map[ledger.Place][]ledger.Place{},
		}
	}
	keep := map[string]bool{}
	for i, p := range at {
		keeps, known := keep[p.Path]
		if !known {
			keeps = !s.Server().MustOpen(a.snap, a.target.Path, p.Path)
			keep[p.Path] = keeps
		}
		if keeps {
			a.defined.at[p] = found[i]
		}
	}
}

// remembersDefinitions reports whether definitions that other questions have asked for may be used: not where all
// messages are recorded or replayed, not of a hypothetical state, and not of a symbol of a library, whose
// place the workspace names in another way.
func (e *Engine) remembersDefinitions(a *answer) bool {
	return e.memorable(a) && a.snap.Has(a.target.Path)
}
