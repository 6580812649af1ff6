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

// again is the answers about the workspace as it is: the very question, put again while
// no file has changed and the sessions that answered live, has the very answer. It is
// the quick way before [memo]'s, for which a selector must be resolved first.
type again struct {
	mu     sync.Mutex
	files  any // the index.Snapshot's Files that all answers are about
	byKey  map[string]kept
	weight int // entries of all lists
}

// kept is an answer and what it holds by beside the files.
type kept struct {
	bundle   *bundle.Bundle // sealed
	sessions []pool.Started
}

// maxAgain bounds the entries of all lists of all answers.
const maxAgain = 100_000

// againKey is the question as it was put, "" for one that is not answered this way.
func (e *Engine) againKey(req api.Request) string {
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

// again is the answer to the question from before, if it holds still; nil for none.
func (e *Engine) again(ctx context.Context, key string) *bundle.Bundle {
	started := time.Now()
	files := e.ws.Files()
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
	if err != nil || snap.Files() != files {
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
func (e *Engine) keepAnswer(key string, j *job) {
	b := j.b
	if key == "" || j.snap == nil || b.Snapshot == nil || b.Error != nil || b.Evidence.State != bundle.Complete ||
		b.Local.Memo == "disk" ||
		!j.snap.Alone() ||
		j.unnamed {
		return
	}
	if _, byID := j.sel.(selectors.ID); byID {
		return // what was given out earlier counts too
	}
	a := &e.answers
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := 1 + b.Facts.Len(); a.files != j.snap.Files() || a.weight+n > maxAgain {
		a.files, a.byKey, a.weight = j.snap.Files(), map[string]kept{}, n
	} else {
		a.weight += n
	}
	a.byKey[key] = kept{b, j.sessions}
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
