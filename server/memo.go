package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/memory"
	"lanser/server/pool"
	"lanser/server/trace"
)

// This file says which answers of servers [memory.Answers] may remember, and what they depend on. An answer is
// remembered only if its evidence is complete and the workspace was still the same after it, and is used
// again only where asking again would give it:
//
//   - in RAM, while the very session that gave it lives;
//   - on disk, for servers whose whole world besides the workspace can be named (see
//     [toolchain.Machine.World]): of others, what lies outside the workspace may have changed.
//
// It is looked up with the server's turn taken, so that of equal questions at a time one is asked.

// memoVersion is the version of what is remembered.
//
//	1: the parts of a bundle that a server's answer makes
//	2: and where files outside the workspace are
//	3: of each server of a check its own
//	4: and the files that the server was asked about
//	5: uses under other names, and the imports that name another symbol
const memoVersion = 5

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
	return e.answers != nil && e.log == trace.Off && !a.req.Options.Hypothetical()
}

// recall answers from memory, or from disk; with the server's turn taken.
func (e *Engine) recall(a *answer, turn *pool.Turn, srv *catalogue.Server, question string) bool {
	if session, ok := turn.Live(); ok {
		if raw, ok := e.answers.Get(session, question); ok && a.takes(raw) {
			a.b.Local.Memo = "memory"
			return true
		}
		return false // what is alive can be asked
	}
	if world, ok := e.machine.World(srv, a.snap); ok {
		if raw, ok := e.answers.GetFromDisk(world, question); ok && a.takes(raw) {
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
	if err != nil {
		return
	}
	e.answers.Put(turn.Key(), question, raw, memory.Subject{Files: a.disk.FilesVersion(), Server: srv},
		func() (memory.World, bool) { return e.worldOf(a, srv) })
}

// worldOf returns the world that an answer depends on, and whether it can be named.
func (e *Engine) worldOf(a *answer, srv *catalogue.Server) (memory.World, bool) {
	version, ok := e.machine.World(srv, a.snap)
	holds := func() bool {
		if !e.stillThat(a) {
			return false
		}
		now, ok := e.machine.World(srv, a.snap)
		return ok && now == version
	}
	return memory.World{Version: version, Holds: holds}, ok
}

// stillThat says whether the workspace's files are as an answer saw them.
func (e *Engine) stillThat(a *answer) bool {
	if a.disk.Current() {
		return true
	}
	now, err := e.ws.Snapshot(context.Background())
	return err == nil && a.scope.digest(now) == a.scope.digest(a.disk)
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
	e.definitions.Put(a.defined)
	if a.scope.name != before {
		return nil // it came to depend on files that its key does not have
	}
	e.remember(a, turn, srv, question) // before the turn goes on: the next may ask the same
	return nil
}
