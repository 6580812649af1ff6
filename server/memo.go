package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync"

	"lanser/index/store"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/pool"
	"lanser/server/trace"
)

// memo remembers what servers have answered. An answer is remembered only if its
// evidence is complete and the workspace was still the same after it, and is told again
// only where asking again would give it:
//
//   - in memory, while the very session that gave it lives: for the same files, the same
//     question and the same open documents, the session would say the same;
//   - on disk, for servers whose whole world beside the workspace can be named (see
//     [toolchain.Machine.World]): of others, what lies outside the workspace may have changed.
//
// It is looked up with the server's turn taken, so that of equal questions at a time one
// is asked.
type memo struct {
	disk *store.Store

	mu    sync.Mutex
	byKey map[string][]byte
	size  int // of byKey, in bytes
	later pending
}

// pending is what is to be kept on disk once the engine closes, if what it is about is
// still so then: to look at the world takes longer than most answers.
type pending struct {
	files  any // the index.Snapshot's Files
	answer *answer
	srv    *catalogue.Server
	world  string
	byKey  map[string][]byte // by question
}

// memoVersion is the version of what is remembered.
//
//	1: the parts of a bundle that a server's answer makes
//	2: and where files outside the workspace are
//	3: of each server of a check its own
//	4: and the files that the server was asked about
const memoVersion = 4

// maxMemo bounds what is remembered in memory, in bytes; and an entry of it maxEntry.
const (
	maxMemo  = 64 << 20
	maxEntry = 4 << 20
)

func newMemo(dir string) *memo {
	return &memo{disk: store.Open(dir), byKey: map[string][]byte{}}
}

func (m *memo) get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, ok := m.byKey[key]
	return raw, ok
}

func (m *memo) put(key string, raw []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.size += len(raw) - len(m.byKey[key])
	if m.size > maxMemo { // rare: all is forgotten
		m.byKey, m.size = map[string][]byte{}, len(raw)
	}
	m.byKey[key] = raw
}

// forget drops what is remembered in memory.
func (m *memo) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byKey, m.size = map[string][]byte{}, 0
}

// remembered is what a server's answer makes of a bundle.
type remembered struct {
	Resolution   *bundle.Resolution
	Facts        *bundle.Facts
	Evidence     bundle.Evidence
	Environment  bundle.Environment
	Capabilities map[string]bool
	Paths        map[string]string `json:",omitempty"`
	Diff         *string           `json:",omitempty"` // of a rename
}

// memoKey returns the part of a key that identifies what is asked: everything that the answer
// depends on but the server and its world. It is "" where that cannot be written as JSON.
func (a *answer) memoKey(srv *catalogue.Server, open []string) string {
	at := -1
	if a.target != nil {
		at = a.target.At
	}
	raw, err := json.Marshal([]any{
		memoVersion, a.b.Request, a.b.Resolution, at, srv.Name, open, a.scope.name, a.scope.digest(a.snap),
		a.b.Evidence, srv.DatabaseDigest(a.snap), a.mixed, a.files,
	})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// memorable says whether an answer may be remembered at all: what is traced is
// asked anew, and what is hypothetical has a session of its own.
func (e *Engine) memorable(a *answer) bool {
	return e.memo != nil && e.log == trace.Off && !a.req.Options.Hypothetical()
}

// recall answers from memory, or from disk; with the server's turn taken.
func (e *Engine) recall(a *answer, turn *pool.Turn, srv *catalogue.Server, question string) bool {
	if session, ok := turn.Live(); ok {
		if raw, ok := e.memo.get(question + " " + session); ok && a.takes(raw) {
			a.b.Local.Memo = "memory"
			return true
		}
		return false // what is alive can be asked
	}
	if key, ok := e.diskKey(a, srv, question); ok {
		if raw, ok := e.memo.disk.Get(key); ok && a.takes(raw) {
			a.b.Local.Memo = "disk"
			return true
		}
	}
	return false
}

func (a *answer) takes(raw []byte) bool {
	var r remembered
	if json.Unmarshal(raw, &r) != nil {
		return false
	}
	a.b.Resolution, a.b.Facts, a.b.Evidence = r.Resolution, r.Facts, r.Evidence
	a.b.Environment, a.b.Capabilities = r.Environment, r.Capabilities
	a.b.Local.Paths, a.b.Edits.Diff = r.Paths, r.Diff
	return true
}

// remember keeps an answer that has proved good.
func (e *Engine) remember(a *answer, turn *pool.Turn, srv *catalogue.Server, question string) {
	failed := func(k bundle.Check) bool { return len(k.Unchecked) > 0 }
	if a.b.Evidence.State != bundle.Complete || a.b.Facts != nil && slices.ContainsFunc(a.b.Facts.Checks, failed) {
		return
	}
	raw, err := json.Marshal(remembered{
		Resolution: a.b.Resolution, Facts: a.b.Facts, Evidence: a.b.Evidence,
		Environment: a.b.Environment, Capabilities: a.b.Capabilities, Paths: a.b.Local.Paths,
		Diff: a.b.Edits.Diff,
	})
	if err != nil || len(raw) > maxEntry {
		return
	}
	e.memo.put(question+" "+turn.Key(), raw)
	e.keepLater(a, srv, question, raw)
}

// keepLater has an answer kept on disk when the engine closes.
func (e *Engine) keepLater(a *answer, srv *catalogue.Server, question string, raw []byte) {
	e.memo.mu.Lock()
	defer e.memo.mu.Unlock()
	p := &e.memo.later
	if p.files != a.disk.FilesVersion() || p.srv != srv {
		*p = pending{files: a.disk.FilesVersion(), answer: a, srv: srv}
		if world, ok := e.machine.World(srv, a.snap); ok {
			p.world, p.byKey = world, map[string][]byte{}
		}
	}
	if p.byKey != nil && len(p.byKey) < maxPending {
		p.byKey[question] = raw
	}
}

// maxPending bounds the answers of one engine that are kept on disk.
const maxPending = 1000

// keepPending keeps on disk what was answered about the workspace as it is still.
func (e *Engine) keepPending() {
	e.memo.mu.Lock()
	defer e.memo.mu.Unlock()
	p := &e.memo.later
	if len(p.byKey) == 0 || !e.stillThat(p.answer) {
		return
	}
	if world, ok := e.machine.World(p.srv, p.answer.snap); !ok || world != p.world {
		return
	}
	for question, raw := range p.byKey {
		e.memo.disk.Put(store.NewKey("answer", question, p.world), raw)
	}
	e.memo.disk.Flush()
}

// stillThat says whether the workspace's files are as an answer saw them.
func (e *Engine) stillThat(a *answer) bool {
	if a.disk.Current() {
		return true
	}
	now, err := e.ws.Snapshot(context.Background())
	return err == nil && a.scope.digest(now) == a.scope.digest(a.disk)
}

func (e *Engine) diskKey(a *answer, srv *catalogue.Server, question string) (store.Key, bool) {
	world, ok := e.machine.World(srv, a.snap)
	if !ok {
		return store.Key{}, false
	}
	return store.NewKey("answer", question, world), true
}

// cachedOrAsk runs ask, unless its answer is remembered.
func (e *Engine) cachedOrAsk(
	ctx context.Context,
	a *answer,
	turn *pool.Turn,
	srv *catalogue.Server,
	open []string,
	ask func() error,
) error {
	if !e.memorable(a) {
		return ask()
	}
	question := a.memoKey(srv, open)
	if question != "" && e.recall(a, turn, srv, question) {
		return nil
	}
	before := a.scope.name
	err := ask()
	if err != nil || question == "" {
		return err
	}
	if err := e.unchanged(ctx, a); err != nil {
		return err
	}
	e.definitions.remember(a)
	if a.scope.name != before {
		return nil // it came to depend on files that its key does not have
	}
	e.remember(a, turn, srv, question) // before the turn goes on: the next may ask the same
	return nil
}
