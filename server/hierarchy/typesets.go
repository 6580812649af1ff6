package hierarchy

import (
	"context"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/trace"
	"lanser/server/words"
)

// An interface of Go may list the types that implement it:
//
//	type Number interface{ ~int | ~float64 }
//	type Named interface {
//		*User | *Group
//		Name() string
//	}
//
// gopls looks at methods alone: it names no type of Number, and every type with the method Name for Named.

// doubtTypeSet doubts an answer about what implements an interface of Go that lists types, or one of its methods.
func (a *Answer) doubtTypeSet(ctx context.Context) {
	d := a.Target.Decl
	if d == nil || d.Lang != "go" || !a.Format.Has(trace.TypeSets) {
		return
	}
	if d.Kind == selectors.KindMethod && len(d.Names) > 1 {
		d = words.DeclarationOf(a.Snap, d.Path, d.Names[:len(d.Names)-1])
	}
	if d != nil && a.listsTypes(ctx, d, maxEmbedding) {
		why := d.Names[len(d.Names)-1] + " lists the types that implement it, and gopls looks at methods alone"
		a.Doubt(bundle.Partial, why)
	}
}

// maxEmbedding bounds the interfaces in interfaces that are looked into.
const maxEmbedding = 8

// listsTypes reports whether an interface of Go, or one that it embeds, lists types.
func (a *Answer) listsTypes(ctx context.Context, d *selectors.Decl, depth int) bool {
	c, err := a.Snap.Content(d.Path)
	if err != nil || d.Kind != selectors.KindInterface || depth == 0 {
		return false
	}
	_, body, _ := strings.Cut(comment.ReplaceAllString(c.Slice(d.Def), ""), "interface")
	if strings.ContainsAny(body, "|~") {
		return true
	}
	for element := range strings.FieldsFuncSeq(body, func(r rune) bool { return strings.ContainsRune("{};\n", r) }) {
		m := embedded.FindStringSubmatch(strings.TrimSpace(element))
		switch {
		case m == nil:
		case m[1] != "" && (m[1]+m[2] == "cmp.Ordered" || m[1] == "constraints."):
			return true
		default:
			decls, _ := a.Snap.Search(ctx, "go", m[2])
			for i := range decls {
				one := &decls[i]
				isOne := len(one.Names) == 1 && one.Names[0] == m[2] && (m[1] != "" || one.Module == d.Module)
				if isOne && a.listsTypes(ctx, one, depth-1) {
					return true
				}
			}
		}
	}
	return false
}

var (
	comment = lazyregexp.New(`//[^\n]*|(?s:/\*.*?\*/)`)
	// embedded matches the name of a type in an interface. The groups are the package with its dot, and the name.
	embedded = lazyregexp.New(`^(\w+\.)?(\w+)(?:\[.*\])?$`)
)
