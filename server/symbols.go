package server

import (
	"context"
	"regexp"
	"slices"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/trace"
	"lanser/server/uses"
)

// runSymbols answers from syntax: the outline of paths, or every symbol of the
// workspace whose name holds the query.
func runSymbols(ctx context.Context, e *Engine, a *answer) error {
	if len(a.Request.Paths) == 0 && a.Request.Query == "" {
		return fault.New(fault.Usage, "symbols needs paths or a query").
			WithHint("lanser symbols PATH, or lanser symbols --query NAME")
	}
	query, err := nameQuery(a.Request)
	if err != nil {
		return err
	}
	files, err := expand(e.ws, a.Snap, a.Request.Paths, func(p string) bool { _, ok := a.Snap.Lang(p); return ok })
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, f := range files {
		keep[f] = true
	}
	a.Scope = uses.Scope{Name: "paths", Keep: func(p string) bool { return keep[p] }}
	f := a.Facts("syntax")
	f.Symbols = []bundle.Symbol{}
	if a.Request.Query != "" {
		return a.query(ctx, query, files, keep)
	}
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := a.Snap.Content(file)
		if err != nil {
			return err
		}
		f.Symbols = append(f.Symbols, a.outline(file, c)...)
		if len(files) <= maxRemembered {
			a.Snap.Keep(file, a.Snap.FileDecls(file)...)
		}
	}
	a.syntaxEvidence(nil, files)
	return nil
}

// nameQuery reads the query of a request. The error is Usage for options that exclude each other, and for a pattern
// that is no regular expression of Go.
func nameQuery(r api.Request) (q index.NameQuery, err error) {
	q = index.NameQuery{Text: r.Query, Exact: r.Options.Exact}
	if (q.Exact || r.Options.Regex) && q.Text == "" {
		return q, fault.New(fault.Usage, "exact and regex need a query").WithHint("lanser symbols --query NAME --exact")
	}
	if !r.Options.Regex {
		return q, nil
	}
	if q.Exact {
		return q, fault.New(fault.Usage, "exact and regex exclude each other")
	}
	q.Pattern, err = regexp.Compile(q.Text)
	if err != nil {
		return q, fault.New(fault.Usage, "the query is no regular expression: %v", err)
	}
	return q, nil
}

// maxRemembered is the number of files up to which a listing's symbolIds are
// remembered, to be found when their symbols are gone.
const maxRemembered = 500

// maxMatches is how many symbols a query shows where no limit is given.
const maxMatches = 50

// query lists the symbols that a query means, the best first. With a cursor, the ones before it are looked for too,
// because only the order of all of them tells which come next; [api.Finish] cuts them off.
func (a *answer) query(ctx context.Context, query index.NameQuery, files []string, keep map[string]bool) error {
	f := a.Facts("syntax")
	kind := selectors.Kind(a.Request.Options.Kind)
	from, _, _ := bundle.ReadCursor(a.Request.Options.Cursor) // what is none is refused by limit
	found, total, partial := a.Snap.Query(
		ctx,
		query,
		from+a.Request.Options.Limit,
		func(p string) bool { return keep[p] },
		kind,
	)
	if err := ctx.Err(); err != nil {
		return err
	}
	a.Bundle.Meta.Truncated += total - len(found) // what is cut is only counted
	for _, m := range found {
		c, err := a.Snap.Content(m.Decl.Path)
		if err != nil {
			return err
		}
		a.Snap.Keep(m.Decl.Path, m.Decl)
		f.Symbols = append(f.Symbols, a.Symbol(m.Decl, c))
	}
	a.syntaxEvidence(partial, nil)
	return nil
}

// outline returns the declarations of a file, of the kind and down to the depth that the request names; the outermost
// declarations have depth 0.
func (a *answer) outline(file string, c *text.Content) []bundle.Symbol {
	var out []bundle.Symbol
	o := a.Request.Options
	for _, d := range a.Snap.FileDecls(file) {
		if o.Kind != "" && string(d.Kind) != o.Kind || o.Depth > 0 && d.Depth >= o.Depth {
			continue
		}
		s := a.Symbol(d, c)
		s.Import = d.Alias && a.Format.Has(trace.OutlineImports) && isImport(c, d)
		out = append(out, s)
	}
	return out
}

// isImport reports whether an import declares a name in its file, as against a re-export: the first line at or above
// the name that begins with one of their keywords says which.
func isImport(c *text.Content, d selectors.Decl) bool {
	for l := c.LineOf(d.Name.Start); l >= 0; l-- {
		if m := importStatement.FindStringSubmatch(c.Line(l)); m != nil {
			return m[1] == "import"
		}
	}
	return false
}

var importStatement = lazyregexp.New(`^\s*(import|export)\b`)

// expand turns paths, of which a folder means the files below it, into files of
// the workspace; no paths mean all files. The result is sorted, and has no file twice. The error is NoServer for a file
// by name that keep rejects, NotFound for a path below which it accepts none, and Permissions outside of the workspace.
func expand(ws *index.Workspace, snap *index.Snapshot, paths []string, keep func(string) bool) ([]string, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var out []string
	for _, p := range paths {
		rel, err := ws.Rel(p)
		if err != nil {
			return nil, err
		}
		n := len(out)
		for _, f := range snap.Paths() {
			if f == rel && !keep(f) {
				return nil, fault.New(fault.NoServer, "%s is in no language that lanser knows", f)
			}
			if beneath.Inside(rel, f) && keep(f) {
				out = append(out, f)
			}
		}
		if len(out) == n {
			if _, err := snap.Content(rel); err != nil && !beneath.AnyInside(rel, snap.Paths()) {
				return nil, err
			}
			return nil, fault.New(fault.NotFound, "no file in a known language below %s", p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
