package memory

import (
	"sync"

	"lanser/server/bundle"
)

// maxListed bounds the entries of the lists of all bundles.
const maxListed = 100_000

// Bundles remembers the bundles of requests about one version of the workspace's files. The first bundle
// of another version ends those of the version before. S is the type of sessions.
type Bundles[S any] struct {
	mu      sync.Mutex
	files   any
	byKey   map[string]Answered[S]
	entries int // of all lists
}

// Answered is a sealed bundle and the sessions that answered.
type Answered[S any] struct {
	Bundle   *bundle.Bundle
	Sessions []S
}

// Get returns the bundle of a request about a version of the files, an index.Snapshot's FilesVersion.
func (m *Bundles[S]) Get(files any, key string) (found Answered[S], ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files != files {
		return found, false
	}
	found, ok = m.byKey[key]
	return found, ok
}

// Put remembers the bundle of a request. If there would be too much, all earlier bundles are forgotten.
func (m *Bundles[S]) Put(files any, key string, answered Answered[S]) {
	n := 1 + answered.Bundle.Facts.Len()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files != files || m.entries+n > maxListed {
		m.files, m.byKey, m.entries = files, map[string]Answered[S]{}, 0
	}
	m.entries += n
	m.byKey[key] = answered
}

// Forget drops all bundles.
func (m *Bundles[S]) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files, m.byKey, m.entries = nil, nil, 0
}
