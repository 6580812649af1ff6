package hierarchy

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/symbol"
	"lanser/server/trace"
	"lanser/server/uses"
)

// Overview answers in one go what is asked of a symbol first: what it looks like, its documentation, where it is
// defined, its members, and who uses and calls it, counted by what they are in. References are counted and not listed,
// with those that the server left out. Callers are counted for functions alone.
func (a *Answer) Overview(ctx context.Context, s *lsp.Session) error {
	t, f := a.Target, a.Facts("lsp")
	f.Overview = a.fromSyntax(ctx)
	found, err := s.Locations(ctx, protocol.MethodTextDocumentDefinition, t.Path, t.Content, t.At)
	if err != nil {
		return err
	}
	f.Definitions = a.OwnDeclaration(
		s, protocol.MethodTextDocumentDefinition, a.Locations(s, found), a.WordsAt(s, found),
	)
	err = a.Hover(ctx, s)
	if err != nil {
		return err
	}
	var confirmed []ledger.Line
	if s.Can("referencesProvider") {
		confirmed, err = a.users(ctx, s, f.Overview)
		if err != nil {
			return err
		}
	}
	if t.Decl == nil || t.Decl.Kind != selectors.KindDef && t.Decl.Kind != selectors.KindMethod ||
		!s.Can("callHierarchyProvider") {
		return nil
	}
	f.Calls, err = a.follow(ctx, s, []way{incoming}, 1, nil)
	if err != nil {
		return err
	}
	f.Calls = append(f.Calls, a.callsAt(confirmed)...)
	callers := map[string]bool{}
	for _, edge := range f.Calls {
		callers[fmt.Sprint(edge.From.URI, edge.From.SelectionRange)] = true
	}
	n := len(callers)
	f.Overview.Callers = &n
	return nil
}

// fromSyntax returns the part of an overview that needs no server: signature, documentation and members, all of them
// empty for a target that is no declaration.
func (a *Answer) fromSyntax(ctx context.Context) *bundle.Overview {
	o := &bundle.Overview{Members: []bundle.Symbol{}, Users: []bundle.User{}}
	d := a.Target.Decl
	if d == nil {
		return o
	}
	c := a.Target.Content
	o.Signature, o.Documentation = strings.TrimSpace(c.Slice(d.Sig)), strings.TrimSpace(c.Slice(d.Doc))
	if a.Format.Has(trace.Surfaces) {
		o.Signature = symbol.WithoutFunctionBody(*d, o.Signature)
	}
	self := d.Selector().String()
	decls, _, _ := a.Snap.Module(ctx, d.Lang, d.Module)
	for _, m := range decls {
		if m.Container != self || m.Local > 0 || m.Alias {
			continue
		}
		if content, err := a.Snap.Content(m.Path); err == nil {
			o.Members = append(o.Members, a.Symbol(m, content))
		}
	}
	return o
}

// users counts the references by the declarations that they are in, in order of place; those outside of all
// declarations of a file count together. It returns those that the server left out.
func (a *Answer) users(ctx context.Context, s *lsp.Session, o *bundle.Overview,
) (confirmed []ledger.Line, err error) {
	found, err := a.FindUses(ctx, s, false, uses.Everywhere)
	if err != nil {
		return nil, err
	}
	f := bundle.Facts{References: append(found.Refs, a.LocationsOf(found.Added)...)}
	f.Window(0, bundle.MaxEntries) // in order, each once
	type key struct{ uri, container string }
	at := map[key]int{}
	for _, r := range f.References {
		k := key{r.URI, r.Container}
		i, ok := at[k]
		if !ok {
			i, at[k] = len(o.Users), len(o.Users)
			o.Users = append(o.Users, bundle.User{URI: r.URI, Container: r.Container, Range: r.Range})
		}
		o.Users[i].Count++
	}
	n := len(f.References)
	o.References = &n
	return found.Added, nil
}
