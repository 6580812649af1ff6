package server

import (
	"context"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/lsp"
)

// maxAsRelatives bounds the declarations that are asked for their implementations.
const maxAsRelatives = 20

// maxAncestors bounds the types that are followed upward from one.
const maxAncestors = 50

// relatives returns the declarations among candidates that are overrides of the target's member,
// that it overrides, or that it implements or is implemented by: by the server's own word where it
// has one, else because one's type names the other's in its header.
func (e *Engine) relatives(
	ctx context.Context, ans *answer, s *lsp.Session, decl *selectors.Decl, own, candidates []ledger.Place,
) (out []ledger.Place, err error) {
	isOwn := func(p ledger.Place) bool { return slices.Contains(own, p) }
	if s.Can("implementationProvider") && len(own) > 0 {
		found, err := ans.locate(ctx, s, protocol.MethodTextDocumentImplementation, own[0])
		if err != nil {
			return nil, err
		}
		out = append(out, e.wordsAt(ans, s, found)...)
	}
	var above []ledger.Place // members of interfaces, which the target may implement
	for _, c := range candidates {
		if isOwn(c) || slices.Contains(out, c) {
			continue
		}
		d := declarationAt(ans.snap, c)
		if d == nil || decl == nil || !isMember(d) {
			continue
		}
		a, b := typeAround(d), typeAround(decl)
		if a == "" || b == "" {
			continue
		}
		if ans.extends(ctx, d, b) || ans.extends(ctx, decl, a) {
			out = append(out, c)
		} else if d.Kinds[len(d.Kinds)-2] == selectors.KindInterface {
			above = append(above, c)
		}
	}
	if !s.Can("implementationProvider") || s.Server().Remembers {
		return out, nil
	}
	for _, c := range above[:min(len(above), maxAsRelatives)] {
		if err := s.OpenAlso(ctx, ans.snap, []string{c.Path}); err != nil {
			return nil, err
		}
		found, err := ans.locate(ctx, s, protocol.MethodTextDocumentImplementation, c)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(e.wordsAt(ans, s, found), isOwn) {
			out = append(out, c)
		}
	}
	return out, nil
}

// declarationAt is the declaration whose name is at a place, nil for none.
func declarationAt(snap *index.Snapshot, at ledger.Place) *selectors.Decl {
	decls := snap.FileDecls(at.Path)
	for i := range decls {
		if decls[i].Name == at.Span && !decls[i].Alias {
			return &decls[i]
		}
	}
	return nil
}

// typeAround is the name of the type that a member belongs to, "" for none.
func typeAround(d *selectors.Decl) string {
	if len(d.Names) < 2 {
		return ""
	}
	return d.Names[len(d.Names)-2]
}

// extends reports whether the type around a member names another, or a type that does, in its header.
func (a *answer) extends(ctx context.Context, member *selectors.Decl, ancestor string) bool {
	name := typeAround(member)
	seen := map[string]bool{name: true}
	for todo := []string{name}; len(todo) > 0 && len(seen) < maxAncestors; todo = todo[1:] {
		for _, base := range a.bases(ctx, member.Lang, todo[0]) {
			if base == ancestor {
				return true
			}
			if !seen[base] {
				seen[base] = true
				todo = append(todo, base)
			}
		}
	}
	return false
}

// bases are the words in the headers of the types of a name, without the name itself.
func (a *answer) bases(ctx context.Context, lang selectors.Lang, name string) []string {
	type key struct {
		lang selectors.Lang
		name string
	}
	return a.snap.Memoize(key{lang, name}, func() any {
		var out []string
		decls, _ := a.snap.Search(ctx, lang, name)
		for i := range decls {
			d := &decls[i]
			if !d.Kind.IsType() || d.Names[len(d.Names)-1] != name {
				continue
			}
			c, err := a.snap.Content(d.Path)
			if err != nil {
				continue
			}
			out = append(out, wordsIn(c, header(d))...)
		}
		return slices.Compact(slices.Sorted(slices.Values(out)))
	}).([]string)
}

// header is the part of a type's declaration between its name and its body.
func header(d *selectors.Decl) text.Span {
	s := text.Span{Start: d.Name.End, End: d.Sig.End}
	if d.Body.Len() > 0 {
		s.End = min(s.End, d.Body.Start)
	}
	s.End = max(s.Start, s.End)
	return s
}

// wordsIn are the words of a stretch.
func wordsIn(c *text.Content, s text.Span) (out []string) {
	rest := []byte(c.Slice(s))
	for len(rest) > 0 {
		n := text.WordLen(rest, "")
		if n > 0 {
			out = append(out, string(rest[:n]))
		}
		rest = rest[max(n, 1):]
	}
	return out
}
