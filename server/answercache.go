package server

import (
	"context"
	"encoding/json"
	"time"

	"lanser/selectors"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/memory"
	"lanser/server/pool"
	"lanser/server/trace"
)

// answerKey returns the key of a request in [memory.Bundles], "" for one whose answer is not remembered there.
// That memory is quicker than [memory.Answers], for which a selector must be resolved first.
//
// The key is the request as JSON, without the timeout, which no complete answer depends on. Not remembered are requests
// whose answers depend on more than the files and the sessions: a trace, a SCIP index, a snapshot that the answer is
// held to, an overlay or a patch, and a server by name, whose version is checked when it is asked.
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

// cachedAnswer returns the cached answer of a key, if it still holds; nil for none. It holds while no listed file has
// changed, every session that answered is alive with unchanged surroundings, and git names the same commit and state,
// which the bundle repeats. The bundle has its own local part, outside the hash; the rest is shared and immutable.
func (e *Engine) cachedAnswer(ctx context.Context, key string) *bundle.Bundle {
	started := time.Now()
	files := e.ws.FilesVersion()
	if key == "" || files == nil {
		return nil
	}
	known, ok := e.bundles.Get(files, key)
	if !ok {
		return nil
	}
	local := &bundle.Local{Root: e.ws.Root(), Memo: "memory"}
	snap, err := e.ws.Snapshot(ctx)
	if err != nil || snap.FilesVersion() != files {
		return nil
	}
	for _, s := range known.Sessions {
		if !s.Alive() || !s.With.Unchanged(snap) {
			return nil
		}
		local.PIDs = append(local.PIDs, s.PID())
	}
	if was, now := known.Bundle.Snapshot.VCS, e.describeVCS(ctx); (was == nil) != (now == nil) ||
		was != nil && *was != *now {
		return nil
	}
	b := *known.Bundle
	local.Sandbox, local.Paths, b.Local = b.Local.Sandbox, b.Local.Paths, local
	local.Durations = map[string]float64{"total": time.Since(started).Seconds()}
	return &b
}

// keepAnswer keeps a sealed answer for as long as it holds. Only complete answers are kept: asking again may complete
// another one. Left out are answers whose end [Engine.cachedAnswer] could not notice: one that came from disk has no
// session, and one that used a library, an earlier version of a file or something else outside the listed files may
// change while these do not.
func (e *Engine) keepAnswer(key string, ans *answer) {
	b := ans.Bundle
	if key == "" || ans.Snap == nil || b.Snapshot == nil || b.Error != nil || b.Evidence.State != bundle.Complete ||
		b.Local.Memo == "disk" ||
		!ans.Snap.UsedOnlyListedFiles() ||
		ans.Unnamed {
		return
	}
	if _, byID := ans.sel.(selectors.ID); byID {
		return // what was given out earlier counts too
	}
	e.bundles.Put(ans.Snap.FilesVersion(), key, memory.Answered[pool.Started]{Bundle: b, Sessions: ans.sessions})
}
