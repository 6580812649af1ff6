package server

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"lanser/selectors"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/pool"
	"lanser/server/trace"
)

// answerCache returns the previous bundle for an identical request, as long as no file of the workspace
// has changed since and the sessions that answered are alive and up to date. It is quicker than
// [memo], for which a selector must be resolved first.
type answerCache struct {
	mu     sync.Mutex
	files  any // the index.Snapshot's Files that all answers are about
	byKey  map[string]cachedEntry
	weight int // entries of all lists
}

// cachedEntry is an answer, and the sessions that must still hold apart from the files.
type cachedEntry struct {
	bundle   *bundle.Bundle // sealed
	sessions []pool.Started
}

// maxCached bounds the entries of all lists of all answers.
const maxCached = 100_000

// answerKey returns the key of a request, "" for one whose answer is not cached.
func (e *Engine) answerKey(req api.Request) string {
	o := &req.Options
	if e.log != trace.Off || e.scip != nil || e.pinned != nil || o.Hypothetical() || o.Reward != "" || o.Frozen != "" ||
		o.Server != "" {
		return ""
	}
	o.Timeout = 0
	raw, err := json.Marshal(req)
	if err != nil {
		return ""
	}
	return string(raw)
}

// cachedAnswer returns the cached answer of a key, if it still holds; nil for none.
func (e *Engine) cachedAnswer(ctx context.Context, key string) *bundle.Bundle {
	started := time.Now()
	files := e.ws.FilesVersion()
	if key == "" || files == nil {
		return nil
	}
	e.answers.mu.Lock()
	k, ok := e.answers.byKey[key]
	ok = ok && e.answers.files == files
	e.answers.mu.Unlock()
	if !ok {
		return nil
	}
	local := &bundle.Local{Root: e.ws.Root(), Memo: "memory"}
	snap, err := e.ws.Snapshot(ctx)
	if err != nil || snap.FilesVersion() != files {
		return nil
	}
	for _, s := range k.sessions {
		if !s.Alive() || !s.With.Unchanged(snap) {
			return nil
		}
		local.PIDs = append(local.PIDs, s.PID())
	}
	if was, now := k.bundle.Snapshot.VCS, e.describeVCS(ctx); (was == nil) != (now == nil) ||
		was != nil && *was != *now {
		return nil
	}
	b := *k.bundle
	local.Sandbox, local.Paths, b.Local = b.Local.Sandbox, b.Local.Paths, local
	local.Durations = map[string]float64{"total": time.Since(started).Seconds()}
	return &b
}

// keepAnswer keeps a sealed answer for as long as it holds.
func (e *Engine) keepAnswer(key string, ans *answer) {
	b := ans.b
	if key == "" || ans.snap == nil || b.Snapshot == nil || b.Error != nil || b.Evidence.State != bundle.Complete ||
		b.Local.Memo == "disk" ||
		!ans.snap.UsedOnlyListedFiles() ||
		ans.unnamed {
		return
	}
	if _, byID := ans.sel.(selectors.ID); byID {
		return // what was given out earlier counts too
	}
	a := &e.answers
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := 1 + b.Facts.Len(); a.files != ans.snap.FilesVersion() || a.weight+n > maxCached {
		a.files, a.byKey, a.weight = ans.snap.FilesVersion(), map[string]cachedEntry{}, n
	} else {
		a.weight += n
	}
	a.byKey[key] = cachedEntry{bundle: b, sessions: ans.sessions}
}

// Forget drops the answers that are remembered in memory: asked again, they are worked out
// again. What is being answered goes on.
func (e *Engine) Forget() {
	e.answers.mu.Lock()
	e.answers.files, e.answers.byKey, e.answers.weight = nil, nil, 0
	e.answers.mu.Unlock()
	if e.memo != nil {
		e.memo.forget()
	}
}
