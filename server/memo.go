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
	files any // the index.Snapshot's Files
	job   *job
	srv   *catalogue.Server
	world string
	byKey map[string][]byte // by question
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
}

// question is the part of a key that tells what is asked: everything that the answer
// depends on but the server and its world. Two jobs of one question get one answer.
func (j *job) question(srv *catalogue.Server, open []string) string {
	at := -1
	if j.target != nil {
		at = j.target.At
	}
	raw, err := json.Marshal([]any{
		memoVersion, j.b.Request, j.b.Resolution, at, srv.Name, open, j.scope.name, j.scope.digest(j.snap), j.b.Evidence, srv.DatabaseDigest(j.snap), j.mixed, j.files,
	})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// memorable says whether a job's answer may be remembered at all: what is traced is
// asked anew, and what is hypothetical has a session of its own.
func (e *Engine) memorable(j *job) bool {
	return e.memo != nil && e.log == trace.Off && !j.req.Options.Hypothetical()
}

// recall answers from memory, or from disk; with the server's turn taken.
func (e *Engine) recall(j *job, turn *pool.Turn, srv *catalogue.Server, question string) bool {
	if session, ok := turn.Live(); ok {
		if raw, ok := e.memo.get(question + " " + session); ok && j.takes(raw) {
			j.b.Local.Memo = "memory"
			return true
		}
		return false // what is alive can be asked
	}
	if key, ok := e.diskKey(j, srv, question); ok {
		if raw, ok := e.memo.disk.Get(key); ok && j.takes(raw) {
			j.b.Local.Memo = "disk"
			return true
		}
	}
	return false
}

func (j *job) takes(raw []byte) bool {
	var r remembered
	if json.Unmarshal(raw, &r) != nil {
		return false
	}
	j.b.Resolution, j.b.Facts, j.b.Evidence, j.b.Environment, j.b.Capabilities = r.Resolution, r.Facts, r.Evidence, r.Environment, r.Capabilities
	j.b.Local.Paths = r.Paths
	return true
}

// remember keeps an answer that has proved good.
func (e *Engine) remember(j *job, turn *pool.Turn, srv *catalogue.Server, question string) {
	failed := func(k bundle.Check) bool { return len(k.Unchecked) > 0 }
	if j.b.Evidence.State != bundle.Complete || j.b.Facts != nil && slices.ContainsFunc(j.b.Facts.Checks, failed) {
		return
	}
	raw, err := json.Marshal(remembered{
		Resolution: j.b.Resolution, Facts: j.b.Facts, Evidence: j.b.Evidence, Environment: j.b.Environment, Capabilities: j.b.Capabilities, Paths: j.b.Local.Paths,
	})
	if err != nil || len(raw) > maxEntry {
		return
	}
	e.memo.put(question+" "+turn.Key(), raw)
	e.keepLater(j, srv, question, raw)
}

// keepLater has an answer kept on disk when the engine closes.
func (e *Engine) keepLater(j *job, srv *catalogue.Server, question string, raw []byte) {
	e.memo.mu.Lock()
	defer e.memo.mu.Unlock()
	p := &e.memo.later
	if p.files != j.disk.FilesVersion() || p.srv != srv {
		*p = pending{files: j.disk.FilesVersion(), job: j, srv: srv}
		if world, ok := e.machine.World(srv, j.snap); ok {
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
	if len(p.byKey) == 0 || !e.stillThat(p.job) {
		return
	}
	if world, ok := e.machine.World(p.srv, p.job.snap); !ok || world != p.world {
		return
	}
	for question, raw := range p.byKey {
		e.memo.disk.Put(store.NewKey("answer", question, p.world), raw)
	}
	e.memo.disk.Flush()
}

// stillThat says whether the workspace's files are as a job saw them.
func (e *Engine) stillThat(j *job) bool {
	if j.disk.Current() {
		return true
	}
	now, err := e.ws.Snapshot(context.Background())
	return err == nil && j.scope.digest(now) == j.scope.digest(j.disk)
}

func (e *Engine) diskKey(j *job, srv *catalogue.Server, question string) (store.Key, bool) {
	world, ok := e.machine.World(srv, j.snap)
	if !ok {
		return store.Key{}, false
	}
	return store.NewKey("answer", question, world), true
}

// cachedOrAsk runs ask, unless its answer is remembered.
func (e *Engine) cachedOrAsk(
	ctx context.Context,
	j *job,
	turn *pool.Turn,
	srv *catalogue.Server,
	open []string,
	ask func() error,
) error {
	if !e.memorable(j) {
		return ask()
	}
	question := j.question(srv, open)
	if question != "" && e.recall(j, turn, srv, question) {
		return nil
	}
	err := ask()
	if err != nil || question == "" {
		return err
	}
	if err := e.unchanged(ctx, j); err != nil {
		return err
	}
	e.remember(j, turn, srv, question) // before the turn goes on: the next may ask the same
	return nil
}
