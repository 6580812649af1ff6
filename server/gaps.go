package server

import (
	"context"

	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/plan"
	"lanser/server/toolchain"
)

// Gaps returns what will keep a check from a verdict: the files that it owes and that nobody would
// check, by cause, with what helps. It makes the plan of the check and prepares each server, as the check
// does, but starts no server: it reports servers, programs, environments and packages that are missing, and packages
// whose check would execute code, and not what a server alone can know. A build tool describes its packages.
func (e *Engine) Gaps(ctx context.Context, req api.Request) ([]toolchain.CheckGap, error) {
	req.Op = "diagnostics"
	a := e.unanswered(req)
	a.Operation = api.Lookup(req.Op)
	a.Roots = e.roots
	if err := a.prepare(e.ws); err != nil {
		return nil, err
	}
	snap, err := e.ws.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	a.Snap, a.Disk, a.servers.Snap = snap, snap, snap
	todo, err := e.planCheck(ctx, a)
	if err != nil {
		return nil, err
	}
	if len(todo.Unserved) > 0 {
		todo.Parts = append(todo.Parts, &plan.Part{Decided: todo.Unserved})
	}
	var groups, possible []bundle.Coverage
	checked := 0
	for _, p := range todo.Parts {
		c := e.newCheck(a, p)
		groups = append(groups, e.gapsOfPart(ctx, c)...)
		k := &c.Bundle.Facts.Checks[0]
		checked += k.Files - len(k.Unchecked)
		if c.Err == nil {
			possible = append(possible, c.Guessed()...)
		}
	}
	out := []toolchain.CheckGap{}
	if todo.Files > 0 && checked == 0 && len(groups) == 0 {
		nothing := bundle.Coverage{
			State: bundle.UncheckedState, Owed: true,
			Reason: "no server checks any of the files", Fix: "see 'lanser help languages'",
		}
		out = append(out, toolchain.CheckGap{Coverage: nothing})
	}
	for _, group := range bundle.Group(groups) {
		out = append(out, toolchain.CheckGap{Coverage: group})
	}
	for _, group := range bundle.Group(possible) {
		out = append(out, toolchain.CheckGap{Coverage: group, OnlyWithErrors: true})
	}
	return out, nil
}

// gapsOfPart returns the files of one server's part of a check that it owes and that will not be
// checked. The part is settled as if the server had answered for all of its files but those that import what is
// missing, or for none if it cannot be prepared.
func (e *Engine) gapsOfPart(ctx context.Context, c *check) (lacking []bundle.Coverage) {
	c.Facts("lsp").Checks = []bundle.Check{{Files: len(c.Asked)}}
	if !c.IsIdle() {
		c.host, c.Err = e.machine.Prepare(ctx, c.Server, c.Snap)
		c.explainRelease()
	}
	if c.host != nil {
		defer c.host.Launch.Clean()
		k := &c.Facts("lsp").Checks[0]
		k.Coverage, k.Unchecked = e.findings(c.answer, c.Part).Foretell(ctx)
		for _, why := range c.host.Unused {
			if c.OwesAny() {
				lacking = append(lacking, c.Whole(why))
			}
		}
	}
	if c.Err != nil {
		c.Facts("lsp").Checks[0].Files = 0
	}
	c.Settle(c.Snap, len(c.Request.Options.Platforms) > 0)
	for _, group := range c.Bundle.Facts.Checks[0].Coverage {
		if group.Lacks() {
			lacking = append(lacking, group)
		}
	}
	return lacking
}
