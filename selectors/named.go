package selectors

import (
	"path"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// A name can mean several declarations. This file finds those of a symbolic selector, in these steps:
//
//  1. The declarations of the module that have the name, or that it hands on from others ([resolver.named]); without
//     a module, those of the whole workspace.
//  2. Of names without a module, the best are preferred ([preferred]): what tests, generated code and documents declare
//     comes last.
//  3. A number picks one of several overloads ([pickOverload]).

// matches is the result of a search for a name.
type matches struct {
	decls   []Decl   // the declarations that it means
	passed  []Decl   // others that it could mean, see [preferred]
	partial []string // files with syntax errors
}

// matching lists the declarations that a symbolic selector names.
func (r resolver) matching(s Symbolic) (out matches, err error) {
	out.decls, out.partial, err = r.named(s)
	if err == nil && s.Module == Anywhere {
		out.decls, out.passed = preferred(r.now, out.decls, s.Names)
	}
	if err == nil && s.Overload != nil {
		out.decls, err = pickOverload(s, *s.Overload, out.decls)
	}
	return out, err
}

// preferred divides the symbols that a name without a module could mean into those that it means and the others,
// best first. Symbols in tests, generated code and documents come last. Among the rest, a symbol whose whole path is
// the name is preferred to one whose path only ends with it.
func preferred(src Source, decls []Decl, names []string) (chosen, passed []Decl) {
	keys := symbolKeys(decls)
	rank := map[symbolKey]int{}
	for i, d := range decls {
		n := 0
		if len(d.Names) > len(names) {
			n = 1
		}
		if best, known := rank[keys[i]]; !known || n < best {
			rank[keys[i]] = n
		}
	}

	if len(rank) == 1 {
		return decls, nil
	}
	primary := map[symbolKey]bool{}
	for i, d := range decls {
		primary[keys[i]] = primary[keys[i]] || !src.Secondary(d)
	}

	best := 3
	for k := range rank {
		if !primary[k] {
			rank[k] += 2
		}
		best = min(best, rank[k])
	}

	byRank := make([][]Decl, 4)
	for i, d := range decls {
		byRank[rank[keys[i]]] = append(byRank[rank[keys[i]]], d)
	}

	return byRank[best], slices.Concat(byRank[best+1:]...)
}

// named lists the declarations that a selector names, without regard to an overload number. partial lists the files of
// the searched modules that have syntax errors.
func (r resolver) named(s Symbolic) (out []Decl, partial []string, err error) {
	src := r.now
	if !slices.Contains(src.Langs(), s.Lang) {
		var langs []string
		for _, l := range src.Langs() {
			langs = append(langs, string(l))
		}
		slices.Sort(langs)
		return nil, nil, fault.New(fault.BadSelector, "there is no language %q", s.Lang).
			WithHint("use one of %s", strings.Join(langs, ", "))
	}

	if s.Module == Anywhere {
		return r.namedAnywhere(s)
	}

	decls, partial, ok := src.Module(r.ctx, s.Lang, s.Module)
	if !ok {
		if out, partial := r.augmented(s, s.Module); len(out) > 0 {
			return out, partial, nil
		}
		if inner, isInner := s.inModuleAround(); isInner {
			if out, partial, err := r.named(inner); err == nil {
				return out, partial, nil
			}
		}
		if respelled, isOther := r.otherSpelling(s); isOther {
			return r.named(respelled)
		}
		if handed, unread := r.handedOn(s.Lang, s.Module, s.Names, map[Origin]bool{}); len(handed) > 0 {
			return handed, unread, nil
		}
		e := fault.New(fault.NotFound, "no module %s in the workspace", s.Module)
		near := Nearest(s.Module, src.ModuleNames(s.Lang), 3)
		for i, m := range near {
			near[i] = Symbolic{Lang: s.Lang, Module: m, Names: s.Names, Role: s.Role}.String()
		}

		if len(near) == 0 {
			near = []string{Symbolic{Lang: s.Lang, Module: Anywhere, Names: s.Names, Role: s.Role}.String()}
		}
		return nil, nil, e.WithHint("try %s", strings.Join(near, " or "))
	}

	for _, d := range decls {
		if slices.Equal(d.Names, s.Names) {
			out = append(out, d)
		}
	}

	if len(out) == 0 && s.Lang == "cpp" {
		out = r.inOpenScopes(decls, s.Names)
	}

	if len(out) == 0 {
		handed, unread := r.handedOn(s.Lang, s.Module, s.Names, map[Origin]bool{})
		out, partial = handed, append(slices.Clip(partial), unread...)
	}

	if len(out) == 0 {
		out = r.assigned(decls, s.Names)
	}

	if len(out) == 0 && s.Lang == "ts" {
		out = inDeclaredModules(decls, s.Names)
	}

	if len(out) == 0 && len(decls) > 0 {
		out, _ = r.augmented(s, decls[0].Module)
	}

	if below, isModule := r.inModuleBelow(s); len(out) == 0 && isModule {
		return r.named(below)
	}

	if called, isCall := s.withoutCall(); len(out) == 0 && isCall {
		out, partial, err := r.named(called)
		return r.withParameters(out, s, called), partial, err
	}
	if bare, isTyped := r.withoutTypes(s); len(out) == 0 && isTyped {
		return r.named(bare)
	}

	if raw, mayBeRaw := r.asRaw(s.Names); len(out) == 0 && mayBeRaw && s.Lang == "rs" {
		for _, d := range decls {
			if slices.Equal(d.Names, raw) {
				out = append(out, d)
			}
		}
	}

	if len(out) == 0 {
		return nil, nil, r.notFound(s, decls, partial)
	}
	return out, partial, nil
}

// endingWith returns the declarations whose name path ends with names, or else those that are assigned to such a
// member.
func (r resolver) endingWith(decls []Decl, names []string) []Decl {
	if out := matchingSuffix(decls, names); len(out) > 0 {
		return out
	}
	if out := r.endingInOpenScopes(decls, names); len(out) > 0 {
		return out
	}
	if raw, mayBeRaw := r.asRaw(names); mayBeRaw {
		if out := matchingSuffix(decls, raw); len(out) > 0 {
			return out
		}
	}
	return r.assigned(decls, names)
}

// asRaw returns a name path whose last name has the prefix r# of raw names of Rust, which people leave out; ok is false
// if it has the prefix already.
func (r resolver) asRaw(names []string) (raw []string, ok bool) {
	last := len(names) - 1
	if r.now.FormerSelectors() || strings.HasPrefix(names[last], "r#") {
		return nil, false
	}
	return append(slices.Clone(names[:last]), "r#"+names[last]), true
}

// assigned returns the declarations of functions and classes of JavaScript that are assigned to the member that a path
// names: Icon for Button.Icon, after Button.Icon = function () {}, and draw for Button.draw, after
// Button.prototype.draw = function () {}. They are listed by the name of the member alone.
func (r resolver) assigned(decls []Decl, names []string) (out []Decl) {
	last := len(names) - 1
	for _, d := range decls {
		if d.Lang != "ts" || last == 0 || len(d.Names) != 1 || d.Names[0] != names[last] || d.Alias {
			continue
		}
		c, err := r.now.Content(d.Path)
		path := strings.Join(names[:last], ".") + "."
		before := text.Span{Start: min(d.Def.Start, d.Name.Start), End: d.Name.Start}
		isOne := err == nil && (c.Slice(before) == path || c.Slice(before) == path+"prototype.")
		if isOne {
			out = append(out, d)
		}
	}
	return out
}

// inDeclaredModules returns the declarations of TypeScript that a name path means which leaves out the module or the
// global scope that a file adds to: Window.app in
//
//	declare global { interface Window { app: App } }
func inDeclaredModules(decls []Decl, names []string) (out []Decl) {
	for _, d := range decls {
		isAdded := d.Kinds[0] == KindModule && (d.Names[0] == "global" || strings.ContainsAny(d.Names[0], "\"'"))
		if isAdded && slices.Equal(d.Names[1:], names) {
			out = append(out, d)
		}
	}
	return out
}

// augmented returns the members that other files of TypeScript add to the types of a module, with a path to it or its
// own name: use of Router in "./router" after
//
//	declare module "./router" { interface Router { use(): void } }
func (r resolver) augmented(s Symbolic, module string) (out []Decl, partial []string) {
	if s.Lang != "ts" || len(s.Names) < 2 || r.now.FormerSuggestions() {
		return nil, nil
	}
	decls, partial := r.now.Search(r.ctx, s.Lang, s.Names...)
	for _, d := range decls {
		last := len(d.Names) - 1
		if last != len(s.Names) || d.Alias || d.Kinds[0] != KindModule || !slices.Equal(d.Names[1:], s.Names) {
			continue
		}
		written := strings.Trim(d.Names[0], "\"'`")
		if strings.HasPrefix(written, ".") {
			written = path.Join(path.Dir(d.Path), written)
		}
		candidates := []string{written, strings.TrimSuffix(written, path.Ext(written)), written + "/index"}
		if slices.Contains(candidates, module) {
			out = append(out, d)
		}
	}
	return out, partial
}

// maxHandedOn bounds the modules over which a name is followed.
const maxHandedOn = 100

// handedOn returns the declarations that a module hands on under a name path: those of Engine.start in pkg.core for
// "from .core import Engine" in pkg. Names that other modules hand on are followed. seen holds what was looked at.
func (r resolver) handedOn(lang Lang, module string, names []string, seen map[Origin]bool,
) (out []Decl, partial []string) {
	at := Origin{Module: module, Name: names[0]}
	if seen[at] || len(seen) == maxHandedOn {
		return nil, nil
	}
	seen[at] = true
	for _, o := range r.now.Reexported(lang, module, names[0]) {
		path := slices.Concat(o.Names(), names[1:])
		if len(path) == 0 || !r.now.HasModule(lang, o.Module) {
			continue // a module is no declaration
		}
		decls, unread, _ := r.now.Module(r.ctx, lang, o.Module)
		before := len(out)
		for _, d := range decls {
			if !d.Alias && slices.Equal(d.Names, path) && !slices.ContainsFunc(out, d.isAt) {
				out = append(out, d)
			}
		}
		if len(out) == before {
			further, deeper := r.handedOn(lang, o.Module, path, seen)
			out = append(out, further...)
			unread = append(slices.Clip(unread), deeper...)
		}
		partial = append(partial, unread...)
	}
	if len(out) == 0 && lang == "rs" && len(names) > 1 { // the module may be written in the file of the one around it
		return r.handedOn(lang, module+"::"+names[0], names[1:], seen)
	}
	if len(out) == 0 {
		out = r.now.Promoted(r.ctx, lang, module, names)
	}
	return out, partial
}

// promotedAnywhere returns the members of a name path that types of the workspace have because they embed others.
func (r resolver) promotedAnywhere(lang Lang, names []string) (out []Decl) {
	if lang != Go || len(names) != 2 {
		return nil
	}
	decls, _ := r.now.Search(r.ctx, lang, names[0])
	for _, d := range decls {
		if d.Kind.IsType() && slices.Equal(d.Names, names[:1]) {
			for _, member := range r.now.Promoted(r.ctx, lang, d.Module, names) {
				if !slices.ContainsFunc(out, member.isAt) {
					out = append(out, member)
				}
			}
		}
	}
	return out
}

// otherNamesAnywhere returns the declarations of a name path that no declaration of the workspace is called by: members
// that a type of Go has because it embeds another, and what modules hand on under a name of their own, as in
// "export { Hono as HonoBase }".
func (r resolver) otherNamesAnywhere(lang Lang, names []string) (out []Decl) {
	if out := r.promotedAnywhere(lang, names); len(out) > 0 || r.now.FormerArguments() {
		return out
	}
	for _, module := range r.now.Spelling(r.ctx, lang, names[0]) {
		handed, _ := r.handedOn(lang, module, names, map[Origin]bool{})
		for _, h := range handed {
			if !slices.ContainsFunc(out, h.isAt) {
				out = append(out, h)
			}
		}
	}
	return out
}

// isAt reports whether another declaration is this one.
func (d Decl) isAt(o Decl) bool { return d.Path == o.Path && d.Def == o.Def && d.Name == o.Name }

// namedAnywhere is named for a selector without a module.
func (r resolver) namedAnywhere(s Symbolic) (out []Decl, partial []string, err error) {
	decls, partial := r.now.Search(r.ctx, s.Lang, s.Names...)
	out = r.endingWith(decls, s.Names)
	if len(out) == 0 {
		out = r.otherNamesAnywhere(s.Lang, s.Names)
	}
	if len(out) > 0 {
		return out, partial, nil
	}

	if called, isCall := s.withoutCall(); isCall {
		out, partial, err := r.namedAnywhere(called)
		return r.withParameters(out, s, called), partial, err
	}
	if bare, isTyped := r.withoutTypes(s); isTyped {
		return r.namedAnywhere(bare)
	}

	// For the names that the error suggests, the search becomes wider until it finds any.
	if len(decls) == 0 {
		decls, partial = r.now.Search(r.ctx, s.Lang, s.Names[len(s.Names)-1])
	}
	if len(decls) == 0 {
		decls, partial = r.now.Search(r.ctx, s.Lang)
	}
	return nil, nil, r.notFound(s, decls, partial)
}

// inModuleAround returns the selector with the last part of a module as a name: a module of Rust that is written within
// another one belongs to the other's file, and people write a class as a part of its module, as in
// java://com.foo.Store#get. ok is false for what has no module around it.
func (s Symbolic) inModuleAround() (around Symbolic, ok bool) {
	separator := "."
	if s.Lang == "rs" {
		separator = "::"
	}
	i := strings.LastIndex(s.Module, separator)
	last := strings.TrimPrefix(s.Module[max(i, 0):], separator)
	if i <= 0 || last == "" || strings.ContainsAny(last, `/\`) {
		return s, false
	}
	around = s
	around.Module, around.Names = s.Module[:i], append([]string{last}, s.Names...)
	return around, true
}

// withoutCall returns the selector of the function or method that a call names, as in py://m#Store.get(key). ok is
// false if the last name is no call.
func (s Symbolic) withoutCall() (called Symbolic, ok bool) {
	last := len(s.Names) - 1
	m := callForm.FindStringSubmatch(s.Names[last])
	if m == nil {
		return s, false
	}
	called = s
	called.Names = append(slices.Clone(s.Names[:last]), m[1])
	return called, true
}

// inModuleBelow returns the selector with the first name as the last part of the module: crate#util.load is load in the
// module crate::util of Rust, and pkg#util.load is that of pkg.util in Python. ok is false if there is no such module.
func (r resolver) inModuleBelow(s Symbolic) (below Symbolic, ok bool) {
	separator := map[Lang]string{"rs": "::", "py": "."}[s.Lang]
	if separator == "" || len(s.Names) < 2 {
		return s, false
	}
	below = s
	below.Module, below.Names = s.Module+separator+s.Names[0], s.Names[1:]
	return below, r.now.HasModule(s.Lang, below.Module)
}

// otherSpelling returns the selector with the module that a spelling means which is not the module's own name: the path
// of its file, with or without the extension where dots separate the parts of modules, a path after the alias of a
// folder that bundlers know ("@/app"), or a path in a crate of Rust without the word crate. ok is false if
// there is no such module.
func (r resolver) otherSpelling(s Symbolic) (respelled Symbolic, ok bool) {
	respelled = s
	// A module without these is no path, and is not looked up: traces of versions without this rule do not have it.
	if strings.ContainsAny(s.Module, "/.") {
		path, err := r.now.Rel(strings.ReplaceAll(strings.TrimPrefix(s.Module, "file://"), `\`, "/"))
		if err == nil {
			if decls := r.now.FileDecls(path); len(decls) > 0 && decls[0].Lang == s.Lang {
				respelled.Module = decls[0].Module
				return respelled, respelled.Module != s.Module
			}
		}
	}
	if strings.Contains(s.Module, "/") && !r.now.FormerSuggestions() { // a trace holds what is asked about a path
		var decls []Decl
		if paths, err := r.typedPaths(s.Module); err == nil && len(paths) == 1 {
			decls = r.now.FileDecls(paths[0])
		}
		if len(decls) > 0 && decls[0].Lang == s.Lang {
			respelled.Module = decls[0].Module
			return respelled, respelled.Module != s.Module
		}
	}
	if strings.Contains(s.Module, "/") {
		if called := r.modulesCalled(s.Lang, s.Module); len(called) == 1 {
			respelled.Module = called[0]
			return respelled, true
		}
	}
	for _, module := range []string{"crate::" + s.Module, strings.ReplaceAll(s.Module, "/", ".")} {
		if module != s.Module && r.now.HasModule(s.Lang, module) {
			respelled.Module = module
			return respelled, true
		}
	}
	return s, false
}

// inOpenScopes returns the declarations of C and C++ that a name path means which leaves scopes out: the enum around
// its values, which are names of the scope around it; the typedef around the tag of its type, or the tag; an inline
// namespace; and otherwise the namespaces in front.
func (r resolver) inOpenScopes(decls []Decl, names []string) (out []Decl) {
	var inNamespace []Decl
	inline := r.inlineNamespaces(decls)
	for _, d := range decls {
		namespaces := 0
		for namespaces < len(d.Names)-1 && d.Kinds[namespaces] == KindModule {
			namespaces++
		}
		if d.isReachedBy(names, 0, inline) {
			out = append(out, d)
		} else if d.isReachedBy(names, namespaces, inline) {
			inNamespace = append(inNamespace, d)
		}
	}
	if len(out) == 0 {
		return inNamespace
	}
	return out
}

// endingInOpenScopes returns the declarations of C and C++ whose name path ends with names, if scopes are left out
// whose names are also those of the scope around them.
func (r resolver) endingInOpenScopes(decls []Decl, names []string) (out []Decl) {
	if len(names) < 2 || r.now.FormerSelectors() {
		return nil
	}
	inline := r.inlineNamespaces(decls)
	for _, d := range decls {
		for first := range d.Names {
			if d.Lang == "cpp" && !d.Alias && d.Names[first] == names[0] && d.isReachedBy(names, first, inline) {
				out = append(out, d)
				break
			}
		}
	}
	return out
}

// inlineNamespaces returns the name paths, joined by NUL, of inline namespaces of C++ among declarations.
func (r resolver) inlineNamespaces(decls []Decl) map[string]bool {
	inline := map[string]bool{}
	if r.now.FormerSelectors() {
		return inline
	}
	for _, d := range decls {
		if d.Lang != "cpp" || d.Kind != KindModule {
			continue
		}
		if c, err := r.now.Content(d.Path); err == nil && strings.HasPrefix(c.Slice(d.Def), "inline") {
			inline[strings.Join(d.Names, "\x00")] = true
		}
	}
	return inline
}

// isReachedBy reports whether a name path is that of a declaration of C, from its name with the given index on,
// if scopes that need not be written are left out, as v1 may be in "lib::v1::load". inline are these scopes, see
// [resolver.inlineNamespaces].
func (d Decl) isReachedBy(names []string, first int, inline map[string]bool) bool {
	last := len(d.Names) - 1
	for i := first; i < last; i++ {
		if len(names) > 1 && names[0] == d.Names[i] {
			names = names[1:]
		} else if !d.isOpen(i) && !inline[strings.Join(d.Names[:i+1], "\x00")] {
			return false
		}
	}
	return len(names) == 1 && names[0] == d.Names[last]
}

// isOpen reports whether the names in the scope with the given index of a declaration's path are also names of the
// scope around it.
func (d Decl) isOpen(i int) bool {
	isTag := i > 0 && d.Kinds[i-1] == KindType
	isValue := i == len(d.Names)-2 && (d.Kind == KindField || d.Kind == KindConst)
	return d.Kinds[i] == KindType || d.Kinds[i].IsType() && isTag || d.Kinds[i] == KindEnum && isValue
}

// suffixMatches reports whether names are the end of d's path. A declaration in a function only matches names that
// include the function's, and an import does not match.
func (d Decl) suffixMatches(names []string) bool {
	hidden := len(d.Names) - len(names)
	return hidden >= 0 && !d.Alias && slices.Equal(d.Names[hidden:], names) && (d.Local == 0 || hidden < d.Local)
}

// pickOverload returns the declarations with an overload number, which is 0-based: several only if several modules have
// the name. The error is NotFound.
func pickOverload(s Selector, overload int, decls []Decl) ([]Decl, error) {
	var out []Decl
	for _, d := range decls {
		if d.Overload == overload {
			out = append(out, d)
		}
	}

	if len(out) == 0 {
		if len(decls) == 1 {
			return nil, fault.New(fault.NotFound, "%s: there is one declaration of that name, number 0", s)
		}
		return nil, fault.New(fault.NotFound, "%s: there are %d declarations of that name, numbered from 0", s,
			len(decls))
	}
	return out, nil
}

// symbolKey is a key that the declarations of one symbol share.
type symbolKey struct {
	lang   Lang
	module string
	symbol int
	linked string
}

// symbolKeys returns the key of each declaration. Declarations of several modules are one symbol if they are linked
// and at most one of the modules defines it.
func symbolKeys(decls []Decl) []symbolKey {
	defined := map[string]map[string]bool{} // linked → modules that define it
	for _, d := range decls {
		if d.Linked != "" && d.Main > 0 {
			if defined[d.Linked] == nil {
				defined[d.Linked] = map[string]bool{}
			}
			defined[d.Linked][d.Module] = true
		}
	}

	out := make([]symbolKey, len(decls))
	for i, d := range decls {
		out[i] = symbolKey{lang: d.Lang, module: d.Module, symbol: d.Symbol}
		if d.Linked != "" && len(defined[d.Linked]) <= 1 {
			out[i] = symbolKey{linked: d.Linked}
		}
	}
	return out
}

// distinct returns the first declaration of each symbol.
func distinct(decls []Decl) []Decl {
	seen := map[symbolKey]bool{}
	var out []Decl
	for i, k := range symbolKeys(decls) {
		if !seen[k] {
			seen[k] = true
			out = append(out, decls[i])
		}
	}
	return out
}
