package uses

import (
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"slices"

	"lanser/server/mention"
	"lanser/server/trace"
	"lanser/server/words"
)

// putTogether returns the reason to doubt an answer about a symbol of Python, TypeScript or Go whose name is put
// together somewhere, so that no word of it can be counted; "" if there is none.
func (a *accounting) putTogether(ctx context.Context) string {
	if a.sym.Lang == "ts" && a.sym.Member && a.answer.Format.Has(trace.PutTogether) {
		return cmp.Or(a.selectedPutTogether(), a.remapped(ctx))
	}
	if a.sym.Lang == "go" && a.sym.Member && ast.IsExported(a.sym.Name) && a.answer.Format.Has(trace.Reflected) {
		return a.reflected(ctx)
	}
	isOne := a.sym.Lang == "py" && a.sym.Scope.Len() == 0 && a.decl != nil && a.answer.Format.Has(trace.PutTogether)
	if !isOne {
		return ""
	}
	if why := a.lookedUp(ctx); why != "" {
		return why
	}
	return a.lookedUpInQuery(ctx)
}

// selectedPutTogether returns the reason to doubt that is an expression such as this["on" + name] in the file of the
// symbol.
func (a *accounting) selectedPutTogether() string {
	c, err := a.answer.Snap.Content(a.sym.Path)
	if err != nil {
		return ""
	}
	if at, ok := mention.SelectsPutTogether(c, a.sym.Name); ok {
		return fmt.Sprintf(whyPutTogether, a.sym.Path, c.LineOf(at)+1)
	}
	return ""
}

// remapped returns the reason to doubt that is a type which makes other names of the members of the symbol's type.
func (a *accounting) remapped(ctx context.Context) string {
	snap := a.answer.Snap
	if a.sym.Owner == "" || !a.answer.Format.Has(trace.CalledValues) {
		return ""
	}
	const why = "%s:%d makes other names of the keys of %s, by which its members may be used"
	for _, p := range snap.Occurrences(ctx, "keyof").Files {
		c, err := snap.Content(p)
		if lang, _ := snap.Lang(p); err != nil || lang != "ts" {
			continue
		}
		for _, t := range mention.RemappedTypes(c) {
			isGiven := func(file string) bool {
				c, err := snap.Content(file)
				return err == nil && mention.GivesType(c, t.Alias, a.sym.Owner)
			}
			isOfAlias := t.Alias != "" && slices.ContainsFunc(snap.Occurrences(ctx, t.Alias).Files, isGiven)
			if isOfAlias || t.Alias == "" && t.Of == a.sym.Owner {
				return fmt.Sprintf(why, p, c.LineOf(t.At)+1, a.sym.Owner)
			}
		}
	}
	return ""
}

// reflected returns the reason to doubt that is a call such as MethodByName("Handle" + event).
func (a *accounting) reflected(ctx context.Context) string {
	snap := a.answer.Snap
	for _, call := range []string{"MethodByName", "FieldByName"} {
		for _, p := range snap.Occurrences(ctx, call).Files {
			c, err := snap.Content(p)
			if err != nil {
				continue
			}
			for _, l := range mention.ReflectedLookups(snap, p) {
				if l.Fits(a.sym.Name) {
					return fmt.Sprintf(whyPutTogether, p, c.LineOf(l.At)+1)
				}
			}
		}
	}
	return ""
}

// whyPutTogether is the reason, with the place of the expression.
const whyPutTogether = "%s:%d looks up a member whose name it puts together: it may be this one"

// lookedUp returns the reason to doubt that is a call such as getattr(self, "visit_" + kind).
func (a *accounting) lookedUp(ctx context.Context) string {
	snap := a.answer.Snap
	for _, p := range snap.Occurrences(ctx, "getattr").Files {
		c, err := snap.Content(p)
		if err != nil {
			continue
		}
		for _, l := range mention.Lookups(snap, p) {
			if l.Fits(a.sym.Name) && a.mayBelongTo(p, l) {
				return fmt.Sprintf(whyPutTogether, p, c.LineOf(l.At)+1)
			}
		}
	}
	return ""
}

// mayBelongTo reports whether the object of a lookup may have the symbol as its member. That of a method's own object
// is one of the class, of its bases or of the classes below it.
func (a *accounting) mayBelongTo(p string, l mention.Lookup) bool {
	if !l.OfSelf {
		return true
	}
	class := classAround(a.answer.Snap, p, l.At)
	if class == "" || !a.sym.Member {
		return a.sym.Member
	}
	return mention.AreRelated(a.answer.Snap, p, class, a.sym.Path, a.sym.Owner)
}

// classAround returns the name of the innermost class around a byte of a file; "" for none.
func classAround(src words.Source, p string, at int) (class string) {
	size := 0
	for _, d := range src.FileDecls(p) {
		isAround := d.Kind.IsType() && d.Def.Start <= at && at < d.Def.End
		if isAround && (class == "" || d.Def.Len() < size) {
			class, size = d.Names[len(d.Names)-1], d.Def.Len()
		}
	}
	return class
}

// lookedUpInQuery returns the reason to doubt that is a longer name in a query of Django, such as author__name.
func (a *accounting) lookedUpInQuery(ctx context.Context) string {
	snap := a.answer.Snap
	isField := mention.IsDerivedMember(snap, a.sym)
	if !isField || len(snap.Occurrences(ctx, "django").Files) == 0 {
		return ""
	}
	var files []string
	for _, word := range mention.QueryWords {
		files = append(files, snap.Occurrences(ctx, word).Files...)
	}
	slices.Sort(files)
	for _, p := range slices.Compact(files) {
		c, err := snap.Content(p)
		if lang, _ := snap.Lang(p); err != nil || lang != "py" {
			continue
		}
		if at, ok := mention.LookupOf(c, a.sym.Name); ok {
			const why = "%s:%d has %s, which a query takes apart: it may name this member"
			return fmt.Sprintf(why, p, c.LineOf(at.Start)+1, c.Slice(at))
		}
	}
	return ""
}
