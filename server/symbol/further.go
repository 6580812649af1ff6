package symbol

import (
	"context"
	"strings"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/trace"
)

// NotLoaded is part of the reason for which an answer about symbols further away is doubted.
const NotLoaded = " has not loaded "

// IsUnloaded reports whether a server refused a question because it has not loaded a file, and doubts the answer then.
// A symbol further away may be in a module that cannot be loaded, as in an example that requires what is not there.
func (a *Answer) IsUnloaded(s *lsp.Session, file string, err error) bool {
	srv := s.Server()
	if err == nil || srv.Unloaded == "" || !a.Format.Has(trace.UnloadedAside) ||
		!strings.Contains(err.Error(), srv.Unloaded) {
		return false
	}
	why := srv.Name + NotLoaded + file + ": what uses its symbols is known from their names alone"
	a.Doubt(bundle.Partial, why)
	return true
}

// OpenWith looks for the words of a further symbol's name, and opens the files that the server needs for answers
// about it, and others. known is false if the symbol has no name.
func (a *Answer) OpenWith(ctx context.Context, s *lsp.Session, others ...string) (known bool, err error) {
	srv := s.Server()
	a.LookForNames(ctx, srv)
	if !a.HasWords() && !a.isPrivateName() {
		return false, nil
	}
	if !a.HasWords() {
		return true, s.OpenAlso(ctx, a.Snap, append(others, a.Target.Path))
	}
	open := a.Openings(srv, false)
	if open.Short != "" {
		a.Doubt(bundle.Partial, open.Short)
	}
	return true, s.OpenAlso(ctx, a.Snap, append(open.Documents, others...))
}

// isPrivateName reports whether the target has a private name of JavaScript, such as #retry. The language knows it in
// the body of the class alone, and the server reads that: there are no words to account for.
func (a *Answer) isPrivateName() bool {
	d := a.Target.Decl
	return d != nil && d.Lang == "ts" && strings.HasPrefix(d.Names[len(d.Names)-1], "#") &&
		a.Format.Has(trace.PrivateNames)
}

// Word returns the text at a place of the workspace, "" if its file cannot be read.
func (a *Answer) Word(at ledger.Place) string {
	c, err := a.Snap.Content(at.Path)
	if err != nil {
		return ""
	}
	return c.Slice(at.Span)
}

// TargetOf returns a declaration as a target; nil if its file cannot be read any more.
func (a *Answer) TargetOf(d *selectors.Decl) *selectors.Target {
	c, err := a.Snap.Content(d.Path)
	if err != nil {
		return nil // it was read when the declaration was found
	}
	return &selectors.Target{Path: d.Path, Content: c, Span: d.Name, At: d.Name.Start, Decl: d}
}
