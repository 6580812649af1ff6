package memory

import (
	"maps"
	"sync"

	"lanser/server/catalogue"
	"lanser/server/ledger"
)

// maxDefinitions bounds the words whose definitions are remembered for one server.
const maxDefinitions = 50_000

// Definitions remembers which definitions servers have named at words: questions about one symbol, and
// about symbols of one name, account for the same words. What is remembered of a server ends with its
// session and with the first change of a file of the workspace.
type Definitions struct {
	mu       sync.Mutex
	byServer map[string]Defined
}

// Session is an lsp.Session. It is only compared.
type Session interface {
	Server() *catalogue.Server
}

// Defined are definitions by one session, of one version of the workspace's files.
type Defined struct {
	Session Session
	Files   any // an index.Snapshot's FilesVersion
	At      map[Word][]ledger.Place
}

// Word is a word, and the documents that must be open for an answer about it: what the server says of a
// file that it does not load by itself may depend on them. Open is "" for files about which it answers
// alike whether they are open or not.
type Word struct {
	ledger.Place
	Open string
}

// Get returns the definitions at a word by a session of a version of the files.
func (m *Definitions) Get(s Session, files any, w Word) (found []ledger.Place, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.byServer[s.Server().Name]
	if d.Session != s || d.Files != files {
		return nil, false
	}
	found, ok = d.At[w]
	return found, ok
}

// Put remembers definitions. They replace those of another session or version, and all earlier ones if
// there would be too many.
func (m *Definitions) Put(d Defined) {
	if len(d.At) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	name := d.Session.Server().Name
	old := m.byServer[name]
	if old.Session == d.Session && old.Files == d.Files && len(old.At)+len(d.At) <= maxDefinitions {
		maps.Copy(old.At, d.At)
		return
	}
	if m.byServer == nil {
		m.byServer = map[string]Defined{}
	}
	m.byServer[name] = d
}

// Forget drops all definitions.
func (m *Definitions) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byServer = nil
}
