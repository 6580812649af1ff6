package memory

import (
	"sync"

	"lanser/index/store"
	"lanser/server/catalogue"
	"lanser/server/remote"
)

// Bounds on answers: the bytes of all that are in RAM, the bytes of one, and the number of those of one
// process that go to disk.
const (
	maxBytes   = 64 << 20
	maxAnswer  = 4 << 20
	maxPending = 1000
)

// Answers remembers the answers of servers, as JSON, by question. In RAM an answer belongs to the session
// that gave it: for the same files, the same question and the same open documents, the session would say
// the same. On disk it belongs to a world: the printable version of all that the server depends on
// besides the workspace.
type Answers struct {
	disk   *store.Store
	shared *remote.Cache // nil for none

	mu      sync.Mutex
	byKey   map[string][]byte
	bytes   int // of byKey
	pending pending
}

// Subject is what answers are about: a server, and a version of the workspace's files (an index.Snapshot's
// FilesVersion).
type Subject struct {
	Files  any
	Server *catalogue.Server
}

// World is all that a server depends on besides the workspace.
type World struct {
	Version string
	// Shared is the same in words that mean the same on every machine; "" if the answers are not shared.
	Shared string
	// Holds reports whether the files and the world still are as they were.
	Holds func() bool
}

// pending are answers about one subject that are written to disk at the end, if they still hold then:
// looking at the world takes longer than most answers.
type pending struct {
	subject Subject
	world   World
	byKey   map[string][]byte // by question; nil for a server whose world cannot be named
}

// NewAnswers returns a memory with its disk store in a folder, and with what other machines share; nil for nothing.
func NewAnswers(dir string, shared *remote.Cache) *Answers {
	return &Answers{disk: store.Open(dir), shared: shared, byKey: map[string][]byte{}}
}

// AreShared reports whether other machines may have answers.
func (m *Answers) AreShared() bool { return m.shared != nil }

// Get returns the answer that a session gave to a question.
func (m *Answers) Get(session, question string) (raw []byte, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, ok = m.byKey[question+" "+session]
	return raw, ok
}

// GetFromDisk returns the answer to a question in a world.
func (m *Answers) GetFromDisk(world, question string) (raw []byte, ok bool) {
	return m.disk.Get(diskKey(world, question))
}

// GetShared returns the answer that a machine gave to a question in a world, and keeps it on disk.
func (m *Answers) GetShared(world World, question string) (raw []byte, ok bool) {
	raw, ok = m.shared.Get(diskKey(world.Shared, question))
	if ok && len(raw) <= maxAnswer {
		m.disk.Put(diskKey(world.Version, question), raw)
	}
	return raw, ok && len(raw) <= maxAnswer
}

// Put remembers an answer in RAM, and for the disk until [Answers.Close]. It calls world for the first
// answer about a subject; that reports false for a server whose world cannot be named. Answers that are
// too large are not remembered.
func (m *Answers) Put(session, question string, raw []byte, subject Subject, world func() (World, bool)) {
	if len(raw) > maxAnswer {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := question + " " + session
	m.bytes += len(raw) - len(m.byKey[key])
	if m.bytes > maxBytes { // rare: all is forgotten
		m.byKey, m.bytes = map[string][]byte{}, len(raw)
	}
	m.byKey[key] = raw

	p := &m.pending
	if p.subject != subject {
		*p = pending{subject: subject}
		named, ok := world()
		if ok {
			p.world, p.byKey = named, map[string][]byte{}
		}
	}
	if p.byKey != nil && len(p.byKey) < maxPending {
		p.byKey[question] = raw
	}
}

// Forget drops the answers in RAM, and those that were to be written to disk. It closes the files of the disk
// store, which are opened again when they are needed.
func (m *Answers) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byKey, m.bytes, m.pending = map[string][]byte{}, 0, pending{}
	m.disk.Close()
}

// Flush writes the answers to disk that still hold, and shares them.
func (m *Answers) Flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := &m.pending
	if len(p.byKey) == 0 || !p.world.Holds() {
		return
	}
	for question, raw := range p.byKey {
		m.disk.Put(diskKey(p.world.Version, question), raw)
		if p.world.Shared != "" {
			m.shared.Put(diskKey(p.world.Shared, question), raw)
		}
	}
	m.disk.Flush()
}

// Close closes the disk store.
func (m *Answers) Close() { m.disk.Close() }

func diskKey(world, question string) store.Key { return store.NewKey("answer", question, world) }
