package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/memory"
	"lanser/server/pool"
	"lanser/server/uses"
)

// This file says which answers of servers [memory.Answers] may remember, and what they depend on. An answer is
// remembered only if its evidence is complete and the workspace was still the same after it, and is used
// again only where asking again would give it:
//
//   - in RAM, while the very session that gave it lives;
//   - on disk, for servers whose whole world besides the workspace can be named (see
//     [toolchain.Machine.World]): of others, what lies outside the workspace may have changed;
//   - in the cache that the user's machines share (package remote), likewise.
//
// It is looked up with the server's turn taken, so that of equal questions at a time one is asked.
//
// An answer that is remembered has the same bytes as the one that asking again would give, except for the local part of
// the bundle, where Memo says where it came from. That is why the key ([answer.memoKey]) holds all that the bundle had
// before the question was put.

// memoVersion is the version of what is remembered.
//
//	1: the parts of a bundle that a server's answer makes
//	2: and where files outside the workspace are
//	3: of each server of a check its own
//	4: and the files that the server was asked about
//	5: uses under other names, and the imports that name another symbol
//	6: and all files of a check
//	7: and which files were deleted and not committed
//	8: and never what was found until a question was cancelled
const memoVersion = 8

// remembered is what a server's answer makes of a bundle: the parts that [Engine.ask] and the operation write to. What
// begins to be written there belongs here too, with a new memoVersion.
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
// depends on but the server and its world. It is "" where that cannot be written as JSON. Besides the question and its
// target that are the contents of the scope and of the compilation databases, the open documents, what the evidence
// says already, the unit of ranges (Mixed), and for a check the files that the server is asked about.
func (a *answer) memoKey(srv *catalogue.Server, open []string) string {
	at := -1
	if a.Target != nil {
		at = a.Target.At
	}
	raw, err := json.Marshal([]any{
		memoVersion, a.Bundle.Request, a.Bundle.Resolution, at, srv.Name, open, a.Scope.Name, a.Scope.Digest(a.Snap),
		a.Bundle.Evidence, srv.DatabaseDigest(a.Snap), a.Mixed, a.files, a.gone(), a.besides(),
	})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// gone returns the files of which a check knows that the workspace had them, as package findings does: an
// import of one of them is an error of the code. A commit of a deletion changes no file, and what is imported may be a
// package from then on.
func (a *answer) gone() []string {
	if a.files == nil || a.Disk == nil {
		return a.removed
	}
	return slices.Concat(a.Disk.Deleted(), a.removed)
}

// besides returns a digest of all that a check may depend on besides the files that servers are responsible for, such
// as what code embeds or imports as data: of all files, though of pictures and the like the names alone. It is "" for
// other questions, which are about code.
func (a *answer) besides() string {
	if a.files == nil {
		return ""
	}
	isNoMedia := func(p string) bool { return !catalogue.IsMedia(p) }
	names := sha256.Sum256([]byte(strings.Join(a.Snap.Paths(), "\x00")))
	return hex.EncodeToString(names[:]) + a.Snap.DigestOf("no media", isNoMedia)
}

// isMemorable reports whether the answer to a question may be remembered at all: what is traced is
// asked anew, and what is hypothetical has a session of its own.
func isMemorable(q *uses.Question) bool { return !q.Recorded && !q.Request.Options.Hypothetical() }

// recall answers from memory, or from disk; with the server's turn taken.
func (e *Engine) recall(a *answer, turn *pool.Turn, srv *catalogue.Server, question string) bool {
	if session, ok := turn.Live(); ok {
		if raw, ok := e.answers.Get(session, question); ok && a.takes(raw) {
			a.Bundle.Local.Memo = "memory"
			return true
		}
		return false // what is alive can be asked
	}
	if world, ok := e.machine.World(srv, a.Snap); ok {
		if raw, ok := e.answers.GetFromDisk(world, question); ok && a.takes(raw) {
			a.Bundle.Local.Memo = "disk"
			return true
		}
		if !e.answers.AreShared() {
			return false
		}
		shared, ok := e.machine.SharedWorld(srv, a.Snap)
		if !ok {
			return false
		}
		raw, ok := e.answers.GetShared(memory.World{Version: world, Shared: shared}, question)
		if ok && a.takes(raw) {
			a.Bundle.Local.Memo = "disk" // where it is from now on
			return true
		}
	}
	return false
}

// takes fills a bundle with what is remembered; false is for bytes that are no such thing, after which the server is
// asked.
func (a *answer) takes(raw []byte) bool {
	var r remembered
	if json.Unmarshal(raw, &r) != nil {
		return false
	}
	a.Bundle.Resolution, a.Bundle.Facts, a.Bundle.Evidence = r.Resolution, r.Facts, r.Evidence
	a.Bundle.Environment, a.Bundle.Capabilities = r.Environment, r.Capabilities
	a.Bundle.Local.Paths, a.Bundle.Edits.Diff = r.Paths, r.Diff
	return true
}

// remember keeps an answer if it is complete and every file of a check was checked: another one could come out better
// the next time. The answer is written to disk later, if the files and the world of the server are still the same then.
func (e *Engine) remember(a *answer, turn *pool.Turn, srv *catalogue.Server, question string) {
	failed := func(k bundle.Check) bool { return len(k.Unchecked) > 0 }
	b := a.Bundle
	if b.Evidence.State != bundle.Complete || b.Facts != nil && slices.ContainsFunc(b.Facts.Checks, failed) {
		return
	}
	raw, err := json.Marshal(remembered{
		Resolution: a.Bundle.Resolution, Facts: a.Bundle.Facts, Evidence: a.Bundle.Evidence,
		Environment: a.Bundle.Environment, Capabilities: a.Bundle.Capabilities, Paths: a.Bundle.Local.Paths,
		Diff: a.Bundle.Edits.Diff,
	})
	if err != nil {
		return
	}
	e.answers.Put(turn.Key(), question, raw, memory.Subject{Files: a.Disk.FilesVersion(), Server: srv},
		func() (memory.World, bool) { return e.worldOf(a, srv) })
}

// worldOf returns the world that an answer depends on, and whether it can be named.
func (e *Engine) worldOf(a *answer, srv *catalogue.Server) (memory.World, bool) {
	version, ok := e.machine.World(srv, a.Snap)
	holds := func() bool {
		if !e.stillThat(a) {
			return false
		}
		now, ok := e.machine.World(srv, a.Snap)
		return ok && now == version
	}
	world := memory.World{Version: version, Holds: holds}
	if ok && e.answers.AreShared() {
		world.Shared, _ = e.machine.SharedWorld(srv, a.Snap)
	}
	return world, ok
}

// stillThat says whether the workspace's files are as an answer saw them.
func (e *Engine) stillThat(a *answer) bool {
	if a.Disk.Current() {
		return true
	}
	now, err := e.ws.Snapshot(context.Background())
	return err == nil && a.Scope.Digest(now) == a.Scope.Digest(a.Disk)
}

// cachedOrAsk runs ask, unless its answer is remembered. The caller has the server's turn. Nothing is remembered of an
// answer that was worked out while the workspace changed.
func (e *Engine) cachedOrAsk(
	ctx context.Context,
	a *answer,
	turn *pool.Turn,
	srv *catalogue.Server,
	open []string,
	ask func() error,
) error {
	if e.answers == nil || !isMemorable(a.Question) {
		return ask()
	}
	question := a.memoKey(srv, open)
	if question != "" && e.recall(a, turn, srv, question) {
		return nil
	}
	before := a.Scope.Name
	err := ask()
	if err != nil || question == "" || ctx.Err() != nil { // a check has found something before its time was up
		return err
	}
	if err := e.unchanged(ctx, a); err != nil {
		return err
	}
	e.definitions.Put(a.Defined)
	if a.Scope.Name != before {
		return nil // it came to depend on files that its key does not have
	}
	e.remember(a, turn, srv, question) // before the turn goes on: the next may ask the same
	return nil
}
