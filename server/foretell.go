package server

import (
	"context"
	"path"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/toolchain"
)

// Foretell returns what will keep a check from a verdict: the files that it owes and that nobody would
// check, by cause, with what helps. It makes the plan of the check and prepares each server, as the check
// does, but starts no server: it reports servers, programs, environments and packages that are missing,
// and not what a server alone can know.
func (e *Engine) Foretell(ctx context.Context, req api.Request) ([]toolchain.Foretold, error) {
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
	a.Snap, a.Disk, a.servers.snap = snap, snap, snap
	plan, err := e.planCheck(ctx, a)
	if err != nil {
		return nil, err
	}
	if len(plan.nobody) > 0 {
		plan.parts = append(plan.parts, &check{told: plan.nobody})
	}
	var groups, possible []bundle.Coverage
	checked := 0
	for _, c := range plan.parts {
		c.answer = e.part(a)
		groups = append(groups, e.foretellPart(ctx, c)...)
		k := &c.Bundle.Facts.Checks[0]
		checked += k.Files - len(k.Unchecked)
		for _, f := range c.asked {
			if f.owed && f.stands.Guessed && c.err == nil {
				possible = append(possible, f.covered(bundle.Unserved, f.stands.Reason, f.stands.Fix))
			}
		}
	}
	out := []toolchain.Foretold{}
	if plan.files > 0 && checked == 0 && len(groups) == 0 {
		nothing := bundle.Coverage{
			State: bundle.UncheckedState, Owed: true,
			Reason: "no server checks any of the files", Fix: "see 'lanser help languages'",
		}
		out = append(out, toolchain.Foretold{Coverage: nothing})
	}
	for _, group := range bundle.Group(groups) {
		out = append(out, toolchain.Foretold{Coverage: group})
	}
	for _, group := range bundle.Group(possible) {
		out = append(out, toolchain.Foretold{Coverage: group, OnlyWithErrors: true})
	}
	return out, nil
}

// foretellPart returns the files of one server's part of a check that it owes and that will not be
// checked.
func (e *Engine) foretellPart(ctx context.Context, c *check) (lacking []bundle.Coverage) {
	c.Facts("lsp").Checks = []bundle.Check{{Files: len(c.asked)}}
	owes := slices.ContainsFunc(c.asked, func(f *planFile) bool { return f.owed })
	if len(c.asked) > 0 {
		c.host, c.err = e.machine.Prepare(ctx, c.srv, c.Snap)
		c.explainRelease()
	}
	if c.host != nil {
		defer c.host.Launch.Clean()
		c.Facts("lsp").Checks[0].Coverage = e.missingImports(c)
		for _, why := range c.host.Unused {
			if owes {
				lacking = append(lacking, c.whole(why))
			}
		}
	}
	if c.err != nil {
		c.Facts("lsp").Checks[0].Files = 0
	}
	c.settle()
	for _, group := range c.Bundle.Facts.Checks[0].Coverage {
		if group.Lacks() {
			lacking = append(lacking, group)
		}
	}
	return lacking
}

// whole returns the files that a server is asked about and that the check owes, with a reason that
// concerns all of them. What helps follows a semicolon.
func (c *check) whole(why string) bundle.Coverage {
	reason, fix, _ := strings.Cut(why, "; ")
	group := bundle.Coverage{State: bundle.UncheckedState, Owed: true, Reason: reason, Fix: fix}
	for _, f := range c.asked {
		if f.owed {
			group.Language = f.noun
			group.Files = append(group.Files, selectors.EscapePath(f.path))
		}
	}
	return group
}

// missingImports returns the files that import dependencies which are not installed. They are those that
// the server would report for an import.
func (e *Engine) missingImports(c *check) (unchecked []bundle.Coverage) {
	ds := e.newDependencies(c.answer, c.srv)
	loaded := map[[2]string]bool{} // by folder and import: what is missing in one file is missing in its folder
	for _, f := range c.asked {
		uri := selectors.EscapePath(f.path)
		for _, found := range c.srv.Imports(c.Snap, f.path) {
			key := [2]string{path.Dir(f.path), found.Message}
			d := bundle.Diagnostic{URI: uri, Severity: "error", Code: found.Code, Message: found.Message}
			loaded[key] = loaded[key] || ds.exists(found.Types) || !ds.add(d)
		}
		if ds.needs[uri] != nil {
			unchecked = append(unchecked, ds.state(uri))
		}
	}
	return unchecked
}
