package uses

import (
	"context"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/cbuild"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// This file rules out words of C++ and Rust about which no server can be asked, or has no answer, by syntax: by what is
// next to them, by the parameter or local variable that they mean, and by the path before them. In
//
//	template <class T> void f(T t, int name) { t.name = name; g<N>(std::get<N>(t)); }
//
// the second name is the parameter, and get is in a namespace, so that it is no method.

// isRuledOut reports whether a word certainly means something else than the symbol.
func (a *accounting) isRuledOut(ctx context.Context, w ledger.Word, c *text.Content) bool {
	d := a.decl
	lang, _ := a.answer.Snap.Lang(w.Path)
	if !a.answer.Format.Has(trace.StringKeys) || d == nil || d.Lang != lang || c.Slice(w.Span) != a.sym.Name {
		return false
	}
	declared, err := a.answer.Snap.Content(d.Path)
	if err != nil {
		return false
	}
	if lang == "cpp" && cbuild.IsBeforeMacro(a.answer.Snap, a.sym, w.Path, c, w.Span) {
		return true
	}
	return mention.IsRuledOut(a.answer.Snap, a.sym, declared, d.Name, c, w.Span) ||
		lang == "cpp" && a.isBound(ctx, w, c) || a.hasOtherPath(ctx, w, c)
}

// isBound reports whether a word of C or C++ means a parameter or a local of the function around it. Macros can make
// something else of their arguments: calls of what the workspace does not declare as a function may be macros.
func (a *accounting) isBound(ctx context.Context, w ledger.Word, c *text.Content) bool {
	snap := a.answer.Snap
	if a.sym.Scope.Len() > 0 || mention.IsMacro(snap, a.sym) || mention.MacroAround(c, w.Span) != "" {
		return false
	}
	for _, b := range snap.BoundWords(w.Path, a.sym.Name) {
		if b.Span == w.Span {
			return !slices.ContainsFunc(b.Calls, func(name string) bool { return !a.isFunction(ctx, name) })
		}
	}
	return false
}

// isOwnOfScript reports whether a word of JavaScript or TypeScript means a parameter or variable of its file that has
// nothing to do with the symbol, as fastify does in
//
//	const fastify = Fastify()
//	fastify.get('/', handler)
//
// The rule is not applied to a symbol of a function, nor in the symbol's own file to variables of the module.
func (a *accounting) isOwnOfScript(w ledger.Word, c *text.Content) bool {
	d, snap := a.decl, a.answer.Snap
	lang, _ := snap.Lang(w.Path)
	isApplied := d != nil && d.Lang == "ts" && lang == "ts" && d.Local == 0 && a.sym.Scope.Len() == 0
	if !isApplied || !a.answer.Format.Has(trace.LocalWords) {
		return false
	}
	isOwn := func(p ledger.Place) bool { return p.Path == w.Path }
	for _, one := range snap.LocalWords(w.Path, c.Slice(w.Span)) {
		if one.Span == w.Span {
			return !one.Module || !slices.ContainsFunc(a.own, isOwn)
		}
	}
	return false
}

// isOfForeignModule reports whether a word is a member of a module that is none of the workspace, or of the global
// object process of JavaScript, and the symbol is not assigned to one.
func (a *accounting) isOfForeignModule(ctx context.Context, w ledger.Word, c *text.Content) bool {
	lang, _ := a.answer.Snap.Lang(w.Path)
	if !a.answer.Format.Has(trace.ForeignModules) || lang != a.sym.Lang {
		return false
	}
	declared, err := a.answer.Snap.Content(a.sym.Path)
	if err != nil || mention.AssignsMember(declared, c.Slice(w.Span)) {
		return false
	}
	if lang == "ts" && mention.IsOfProcess(c, w.Span) {
		return true
	}
	module, ok := mention.ModuleBefore(lang, c, w.Span)
	if lang == "ts" {
		return ok && project.IsForeignModule(a.answer.Snap, w.Path, module)
	}
	return ok && a.answer.Imports().IsForeign(ctx, lang, w.Path, module)
}

// isFunction reports whether the workspace declares functions or types of C++ by a name, and no macro.
func (a *accounting) isFunction(ctx context.Context, name string) bool {
	decls := a.declarationsOf(ctx, "cpp", name)
	return len(decls) > 0 && !slices.ContainsFunc(decls, func(d selectors.Decl) bool {
		c, err := a.answer.Snap.Content(d.Path)
		return err != nil || mention.MacroAround(c, d.Name) != ""
	})
}

// declarationsOf returns the declarations of a name without its template arguments, other than those of locals.
func (a *accounting) declarationsOf(ctx context.Context, lang selectors.Lang, name string) (out []selectors.Decl) {
	decls, _ := a.answer.Snap.Search(ctx, lang, name)
	for _, d := range decls {
		last, _, _ := strings.Cut(d.Names[len(d.Names)-1], "<")
		if last == name && d.Local == 0 {
			out = append(out, d)
		}
	}
	return out
}

// scopesOf returns the declarations of a name that can be before "::": types, namespaces and modules, and the macros of
// C that may expand to one.
func (a *accounting) scopesOf(ctx context.Context, lang selectors.Lang, name string) []selectors.Decl {
	return slices.DeleteFunc(a.declarationsOf(ctx, lang, name), func(d selectors.Decl) bool {
		c, err := a.answer.Snap.Content(d.Path)
		isMacro := lang == "cpp" && err == nil && mention.MacroAround(c, d.Name) != ""
		return d.Alias || !d.Kind.IsType() && d.Kind != selectors.KindModule && !isMacro
	})
}

// hasOtherPath reports whether the path before a word leads to another symbol.
func (a *accounting) hasOtherPath(ctx context.Context, w ledger.Word, c *text.Content) bool {
	path := mention.Qualifiers(c, w.Span)
	if len(path) == 0 || path[0] == a.sym.Name || a.sym.Scope.Len() > 0 {
		return false
	}
	if a.sym.Lang == "rs" {
		return a.hasOtherPathInRust(ctx, path[0], c)
	}
	if mention.IsMacro(a.answer.Snap, a.sym) || mention.MacroAround(c, w.Span) != "" ||
		mention.IsTemplateParameter(a.answer.Snap, w.Path, path[0]) {
		return false
	}
	return a.hasOtherPathInC(ctx, path)
}

// hasOtherPathInC is [accounting.hasOtherPath] for C++, given the names of the path, the nearest first. A namespace has
// no members of classes. A class has its own members, and those of its bases where it has none of the name.
func (a *accounting) hasOtherPathInC(ctx context.Context, path []string) bool {
	isMember := a.isClassMember()
	decls := a.scopesOf(ctx, "cpp", path[0])
	if isStandard := path[len(path)-1] == "std" && len(path) <= 2 && len(decls) == 0; isStandard && isMember {
		return len(path) == 1 || mention.IsOwnTrait(path[0])
	}
	isNamespace, isClass := len(decls) > 0, len(decls) > 0
	owner, _, _ := strings.Cut(a.sym.Owner, "<")
	for i := range decls {
		d := &decls[i]
		isNamespace = isNamespace && d.Kind == selectors.KindModule
		isType := d.Kind == selectors.KindClass || d.Kind == selectors.KindStruct
		isClass = isClass && isType && (d.Body.Len() == 0 || a.hidesBases(d))
	}
	return isNamespace && isMember || isClass && path[0] != owner
}

// isClassMember reports whether the symbol is the member of a class of C++, and no friend of it. The enumerators of a
// namespace are no members of a class.
func (a *accounting) isClassMember() bool {
	d := a.decl
	around := slices.Clone(d.Kinds[:len(d.Kinds)-1])
	for len(around) > 0 && around[len(around)-1] == selectors.KindEnum {
		around = around[:len(around)-1]
	}
	c, err := a.answer.Snap.Content(d.Path)
	isFriend := err != nil || strings.Contains(c.Slice(text.Span{Start: d.Def.Start, End: d.Name.Start}), "friend")
	isMethod := d.Kind == selectors.KindMethod
	return !isFriend && (isMethod || len(around) > 0 && around[len(around)-1].IsType())
}

// hidesBases reports whether a class of C++ says itself what the symbol's name is in it: it declares a member of that
// name, or has no bases, and takes none from elsewhere.
func (a *accounting) hidesBases(class *selectors.Decl) bool {
	c, err := a.answer.Snap.Content(class.Path)
	if err != nil || mention.TakesIn(c, class.Def, a.sym.Name) {
		return false
	}
	hasBases := strings.Contains(c.Slice(words.Header(class)), ":")
	return !hasBases || slices.ContainsFunc(a.answer.Snap.FileDecls(class.Path), func(d selectors.Decl) bool {
		n := len(d.Names) - 1
		return d.Names[n] == a.sym.Name && slices.Equal(d.Names[:n], class.Names) && class.Body.Contains(d.Name)
	})
}

// hasOtherPathInRust is [accounting.hasOtherPath] for Rust, given the nearest name of the path. The items of a type are
// those of its own impl blocks and of traits; no type has those of a module or of another type.
func (a *accounting) hasOtherPathInRust(ctx context.Context, name string, c *text.Content) bool {
	if name == "Self" {
		return !a.sym.Member
	}
	isType := func(name string, traits bool) bool {
		decls := a.scopesOf(ctx, "rs", name)
		return len(decls) > 0 && !slices.ContainsFunc(decls, func(d selectors.Decl) bool {
			isTrait := d.Kind == selectors.KindInterface
			return d.Kind != selectors.KindStruct && d.Kind != selectors.KindEnum && !(isTrait && traits)
		})
	}
	if len(name) < 2 || mention.RenamesTo(c, name) || !isType(name, !a.sym.Member) {
		return false
	}
	return !a.sym.Member || name != a.sym.Owner && isType(a.sym.Owner, false)
}
