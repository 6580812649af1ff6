package selectors

import (
	"path"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// typedPlace binds a place as people write one to a cursor.
func (r resolver) typedPlace(p Place) (*Target, error) {
	path, err := r.typedPath(p.Path, p.DocVersion)
	if err != nil {
		return nil, err
	}
	old, err := r.version(p.DocVersion, path)
	if err != nil {
		return nil, err
	}
	content, err := old.Content(path)
	if err != nil {
		return nil, r.withLikelyPaths(err, p.Path)
	}
	bound := Cursor{Path: path, Line: p.Line, Col: p.Col, Indexing: p.Indexing, DocVersion: p.DocVersion}
	at, ok := 0, false
	if p.Col == 0 {
		at, err = nameOnLines(old, p, path, content)
		if err != nil {
			return nil, r.withSurroundings(err, old, p, path)
		}
		ok = true
	} else if start, err := content.OffsetOf(text.Point{Line: p.Line - 1, Col: p.Col - 1}, p.Indexing); err == nil {
		at, ok = nameOfDeclarationAt(old.FileDecls(path), start)
	}

	if ok {
		point := content.PointOf(at, p.Indexing)
		bound.Line, bound.Col = point.Line+1, point.Col+1
	}

	point := text.Point{Line: bound.Line - 1, Col: bound.Col - 1}
	t, err := r.place(bound.Path, bound.DocVersion, bound.Indexing, point, nil)
	if err == nil {
		t.Selector = bound
	}

	return t, err
}

// namelessLine returns the error for a line without a column that has no name in it.
func namelessLine(src Source, path string, content *text.Content, line int) error {
	e := fault.New(fault.NotFound, "line %d of %s names nothing", line, path)
	if line > content.Lines() {
		e = fault.New(fault.NotFound, "%s has %d lines, and no line %d", path, content.Lines(), line)
		if !src.FormerSelectors() {
			return e.WithHint("the file may have changed; name a symbol, as in %s#Name", path)
		}
	}
	return e.WithHint("add a column, as in %s:%d:1, or name a symbol, as in %s#Name", path, line, path)
}

// withSurroundings adds to the error for a line that names nothing, such as one of a stack trace, the declaration that
// contains the line.
func (r resolver) withSurroundings(err error, src Source, p Place, path string) error {
	e := fault.From(err)
	content, _ := src.Content(path)
	if e.Code != fault.NotFound || content == nil || r.now.FormerSelectors() {
		return err
	}
	line, ok := content.LineSpan(p.Line - 1)
	if !ok {
		return err
	}
	var around *Decl
	for _, d := range src.FileDecls(path) {
		if d.Local == 0 && d.Def.Contains(text.Span{Start: line.Start, End: line.Start}) &&
			(around == nil || d.Depth >= around.Depth) {
			around = &d
		}
	}
	if around == nil {
		return err
	}
	return e.WithHint("the line is in %s; otherwise %s", around.Selector(), e.Hint)
}

// nameOfDeclarationAt returns the offset of the name of the one declaration that starts at an offset, as
// answers print the place of a declaration; ok is false where a name starts there itself.
func nameOfDeclarationAt(decls []Decl, start int) (at int, ok bool) {
	var starting []Decl
	for _, d := range decls {
		if d.Name.Len() == 0 {
			continue
		}
		if d.Name.Contains(text.Span{Start: start, End: start}) {
			return 0, false
		}
		if d.Def.Start == start {
			starting = append(starting, d)
		}
	}

	if len(distinct(starting)) != 1 {
		return 0, false
	}
	return starting[0].Name.Start, true
}

// typedPath returns the file that a path means. The error is Ambiguous if it is the end of several paths. If there is
// no such file, it is the path itself, as it is for a file of an earlier version.
func (r resolver) typedPath(written, docVersion string) (string, error) {
	paths, err := r.typedPaths(written)
	switch {
	case err != nil:
		return "", r.withLikelyPaths(err, written)
	case len(paths) == 1:
		return paths[0], nil
	case len(paths) > 1 && docVersion == "":
		return "", fault.New(fault.Ambiguous, "%d files are called %s", len(paths), written).
			WithHint("write more of the path: %s", strings.Join(paths[:min(len(paths), TopK)], ", "))
	}
	path, err := r.now.Rel(strings.TrimPrefix(written, "file://"))
	return strings.ReplaceAll(path, `\`, "/"), r.withLikelyPaths(err, written)
}

// withLikelyPaths adds to the error for a path which of the workspace's files end as it does: stack traces have the
// paths of the machine, the container or the module cache that the program was built in.
func (r resolver) withLikelyPaths(err error, written string) error {
	if err == nil || r.now.FormerSelectors() {
		return err
	}
	if likely := r.likelyPaths(written); len(likely) > 0 {
		e := fault.From(err)
		otherwise := ""
		if e.Hint != "" && e.Code == fault.Permissions {
			otherwise = " Otherwise " + e.Hint
		}
		return e.WithHint("did you mean %s?%s", strings.Join(likely[:min(len(likely), 3)], " or "), otherwise)
	}
	return err
}

// likelyPaths lists the files whose paths have the longest end in common with a path, of at least the name.
func (r resolver) likelyPaths(written string) []string {
	rest := cleanModule(strings.ReplaceAll(strings.TrimPrefix(written, "file://"), `\`, "/"))
	for {
		_, after, found := strings.Cut(rest, "/")
		if !found {
			return nil
		}
		rest = after
		if likely := r.now.PathsEnding(rest); rest != "" && len(likely) > 0 {
			return likely
		}
	}
}

// typedPaths lists the files that a path means: the file itself; else the one that it is with slashes in place of
// backslashes, or without the prefixes of diffs ("a/src/x.go") and mentions ("@src/x.go"); else all files of whose
// paths it is the end, because test runners and debuggers print only that.
func (r resolver) typedPaths(written string) ([]string, error) {
	path, err := r.now.Rel(strings.TrimPrefix(written, "file://"))
	if err != nil {
		return nil, err
	}
	slashed := cleanModule(strings.ReplaceAll(path, `\`, "/"))
	spellings := []string{path, slashed}
	for _, prefix := range []string{"a/", "b/", "@/", "~/", "@"} {
		if rest, ok := strings.CutPrefix(slashed, prefix); ok {
			spellings = append(spellings, rest)
		}
	}
	for _, p := range slices.Compact(spellings) {
		if len(r.now.PathsEnding(p)) == 0 && !strings.Contains(p, ":") {
			continue // spares the search for similar names
		}
		if _, err := r.now.Content(p); err == nil {
			return []string{p}, nil
		}
	}
	for _, p := range slices.Compact(spellings) {
		if found := r.now.PathsEnding(p); len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

// nameOnLines returns the offset of what a line, or several, without a column mean: the name of the one declaration
// that starts there or whose name is there, the outermost if they nest. Of one line it is else the first name in
// its code, and several lines with several declarations are ambiguous.
func nameOnLines(src Source, p Place, path string, content *text.Content) (at int, err error) {
	span, ok := content.LineSpan(p.Line - 1)
	if !ok {
		return 0, namelessLine(src, path, content, p.Line)
	}
	if p.EndLine > 0 {
		last, ok := content.LineSpan(p.EndLine - 1)
		if !ok {
			return 0, namelessLine(src, path, content, p.EndLine)
		}
		span.End = last.End
	}
	outermost := outermostIn(src.FileDecls(path), span)
	if len(distinct(outermost)) == 1 {
		return outermost[0].Name.Start, nil
	}
	if p.EndLine > 0 && len(outermost) > 0 {
		return 0, ambiguous(p, outermost)
	}
	name, ok := src.FirstName(path, span)
	if !ok {
		return 0, namelessLine(src, path, content, p.Line)
	}
	return name.Start, nil
}

// outermostIn lists the declarations that start in a part of a file or whose names are there, without those that
// are nested deeper than others.
func outermostIn(decls []Decl, span text.Span) (outermost []Decl) {
	for _, d := range decls {
		here := span.Contains(text.Span{Start: d.Def.Start, End: d.Def.Start}) || span.Contains(d.Name)
		switch {
		case !here || d.Name.Len() == 0:
		case len(outermost) == 0 || d.Depth < outermost[0].Depth:
			outermost = []Decl{d}
		case d.Depth == outermost[0].Depth:
			outermost = append(outermost, d)
		}
	}
	return outermost
}

// reading is one way to understand a name as people write it.
type reading struct {
	module string
	names  []string
	member bool // true for a member of any type, as in self.load
}

// variants lists a name path and, after it, what it is without the marks that programs add: "Push.func1" for a
// function literal of Go and "Get-fm" for a method value, "BenchmarkGet-8" for the number of processors,
// "Outer$Inner" for a nested class of Java, and the mark that ends a question.
func (n Named) variants() []Named {
	if without := withoutTypeArguments(n.Names); !slices.Equal(without, n.Names) {
		plain := n
		plain.Names = without
		return append([]Named{n}, plain.variants()...)
	}
	bare := slices.Clone(n.Names)
	for len(bare) > 1 && literalName.MatchString(bare[len(bare)-1]) {
		bare = bare[:len(bare)-1]
	}
	last := len(bare) - 1
	bare[last] = addedMark.ReplaceAllString(bare[last], "")
	if !strings.HasPrefix(n.Names[0], "$") {
		bare = strings.FieldsFunc(strings.Join(bare, "."), func(r rune) bool { return r == '.' || r == '$' })
	}
	if len(bare) == 0 || slices.Equal(bare, n.Names) {
		return []Named{n}
	}
	other := n
	other.Names = bare
	return []Named{n, other}
}

var (
	literalName = lazyregexp.New(`^(?:func[0-9]+|gowrap[0-9]+|[0-9]+|\{\{closure\}\}|<lambda>|<locals>)$`)
	addedMark   = lazyregexp.New(`(?:-fm|-range[0-9]+|-[0-9]+|[?!])$`)
)

// readings lists the ways to understand a name, the most likely first.
func (n Named) readings() (out []reading) {
	for _, v := range n.variants() {
		out = append(out, v.ownReadings()...)
	}
	return out
}

// maxNames bounds the names of a reading: no declaration in more than 100 others is listed (package syntax). The time
// that a selector takes does not grow with the square of its length.
const maxNames = 101

// ownReadings is readings of the names as they are written.
func (n Named) ownReadings() (out []reading) {
	if n.Module == Anywhere {
		out = append(out, reading{module: Anywhere, names: n.Names})
		if len(n.Names) == 2 && slices.Contains(receivers, n.Names[0]) {
			return append(out, reading{module: Anywhere, names: n.Names[1:], member: true})
		}
		if own := slices.DeleteFunc(slices.Clone(n.Names), isPrototype); len(own) > 0 && len(own) < len(n.Names) {
			out = append(out, reading{module: Anywhere, names: own})
		}
		for k := len(n.Names) - 1; k > 0 && len(n.Names)-k <= maxNames; k-- { // pkg.mod.f, crate::sync::Pool
			for _, separator := range []string{".", "::"} {
				module := strings.Join(n.Names[:k], separator)
				if k > 1 || separator == "." {
					out = append(out, reading{module: module, names: n.Names[k:]})
				}
			}
		}
		return out
	}

	out = append(out, reading{module: n.Module, names: n.Names})
	for k := max(1, len(n.Names)-maxNames); k < len(n.Names); k++ { // src/app.py:Store.get, gopkg.in/yaml.v3.Unmarshal
		out = append(out, reading{module: n.Module + "." + strings.Join(n.Names[:k], "."), names: n.Names[k:]})
	}

	if !strings.ContainsAny(n.Module, `/\`) { // Type#method, com.foo.Type#method
		owner := strings.FieldsFunc(n.Module, func(r rune) bool { return r == '.' || r == ':' || r == '$' })
		out = append(out, reading{module: Anywhere, names: slices.Concat(owner, n.Names)})
		for k := len(owner) - 1; k > 0 && len(owner)-k+len(n.Names) <= maxNames; k-- {
			out = append(out, reading{module: strings.Join(owner[:k], "."), names: slices.Concat(owner[k:], n.Names)})
		}
	}
	return out
}

// receivers are the names by which methods have the value that they are called on.
var receivers = []string{"self", "this", "cls"}

// isPrototype reports whether a name is that of the object which holds the methods of a type of JavaScript, as in
// Store.prototype.load: classes declare them without it.
func isPrototype(name string) bool { return name == "prototype" }

// found is the result of the search for a reading.
type found struct {
	decls   []Decl
	partial []string // files that were not read cleanly
}

// typedSymbol binds a name as people write it to a symbol of the language that has it: the first reading
// that finds something counts, first in the workspace, then in libraries.
func (r resolver) typedSymbol(n Named) (*Target, error) {
	old, err := r.version(n.DocVersion, "")
	if err != nil {
		return nil, err
	}
	then := resolver{ctx: r.ctx, now: old}
	langs := then.presentLangs()
	if n.Lang != "" {
		langs = []Lang{n.Lang}
	}
	for _, inWorkspace := range []bool{true, false} {
		for _, reading := range n.readings() {
			var all found
			if inWorkspace {
				all = then.inWorkspace(langs, reading)
			} else if reading.module != Anywhere {
				all = then.inLibraries(langs, reading)
			}
			if len(all.decls) > 0 {
				return r.bindSymbol(then, n, reading, all)
			}
		}
	}
	return nil, then.noSuchName(langs, n)
}

// presentLangs lists the languages of which the workspace has files.
func (r resolver) presentLangs() []Lang {
	return slices.DeleteFunc(slices.Clone(r.now.Langs()), func(l Lang) bool { return len(r.now.ModuleNames(l)) == 0 })
}

// inWorkspace returns the declarations of the workspace that a reading means.
func (r resolver) inWorkspace(langs []Lang, want reading) (out found) {
	if want.module != Anywhere {
		paths, _ := r.typedPaths(want.module)
		isFile := false
		for _, path := range paths {
			decls := r.now.FileDecls(path)
			isFile = isFile || len(decls) > 0
			out.decls = append(out.decls, r.endingWith(decls, want.names)...)
		}
		if len(out.decls) == 0 {
			r.addHandedOn(&out, langs, paths, want)
		}
		if isFile {
			return out
		}
	}

	for _, lang := range langs {
		if want.module == Anywhere {
			decls, partial := r.now.Search(r.ctx, lang, want.names...)
			isOutermost := func(d Decl) bool { return want.member && len(d.Names) == 1 }
			ending := r.endingWith(decls, want.names)
			if len(ending) == 0 {
				ending = r.otherNamesAnywhere(lang, want.names)
			}
			out.decls = append(out.decls, slices.DeleteFunc(ending, isOutermost)...)
			out.partial = append(out.partial, partial...)
			continue
		}
		for _, module := range r.modulesCalled(lang, want.module) {
			decls, partial, _ := r.now.Module(r.ctx, lang, module)
			out.add(decls, partial, want.names)
		}
	}
	return out
}

// addHandedOn adds the declarations that the module of a reading hands on, or that others add to its types: the module
// is given by its name, or is that of the files with the given paths.
func (r resolver) addHandedOn(out *found, langs []Lang, paths []string, want reading) {
	for _, lang := range langs {
		modules := r.modulesCalled(lang, want.module)
		if !slices.Contains(modules, want.module) {
			modules = append(slices.Clip(modules), want.module)
		}
		for _, file := range paths {
			module := strings.TrimSuffix(strings.TrimSuffix(file, path.Ext(file)), "/__init__")
			modules = append(modules, r.modulesCalled(lang, module)...)
			if decls := r.now.FileDecls(file); len(decls) > 0 && lang == Go && decls[0].Lang == Go {
				modules = append(modules, decls[0].Module) // which the path does not name
			}
		}
		for _, module := range modules {
			decls, partial := r.handedOn(lang, module, want.names, map[Origin]bool{})
			if len(decls) == 0 {
				decls, partial = r.augmented(Symbolic{Lang: lang, Names: want.names}, module)
			}
			out.decls, out.partial = append(out.decls, decls...), append(out.partial, partial...)
		}
	}
}

// inLibraries returns the declarations of libraries that a reading means.
func (r resolver) inLibraries(langs []Lang, want reading) (out found) {
	for _, lang := range langs {
		if !r.now.HasModule(lang, want.module) {
			decls, partial, _ := r.now.Module(r.ctx, lang, want.module)
			out.add(decls, partial, want.names)
		}
	}
	return out
}

// add adds those of a module's declarations that have a name path.
func (f *found) add(decls []Decl, partial []string, names []string) {
	for _, d := range decls {
		if slices.Equal(d.Names, names) {
			f.decls = append(f.decls, d)
		}
	}
	f.partial = append(f.partial, partial...)
}

// matchingSuffix returns the declarations whose name path ends with names.
func matchingSuffix(decls []Decl, names []string) (out []Decl) {
	for _, d := range decls {
		if d.suffixMatches(names) {
			out = append(out, d)
		}
	}
	return out
}

// modulesCalled lists the modules of the workspace that a spelling means: the module of that name, else
// those whose last part it is, as the package "store" of "example.com/m/store". A module whose parts are separated
// by dots may be written as the path of its file without the extension.
func (r resolver) modulesCalled(lang Lang, spelled string) (out []string) {
	if r.now.HasModule(lang, spelled) {
		return []string{spelled}
	}
	for _, root := range []string{"@/", "~/"} { // how bundlers write the folder of the sources
		spelled = strings.TrimPrefix(spelled, root)
	}
	if lang == Go && spelled == "main" { // stack traces have the name of the package, not that of its folder
		return r.mainPackages()
	}
	names := r.now.ModuleNames(lang)
	for _, m := range names {
		if endsWith(m, spelled, "/", "::") || !strings.Contains(m, "/") && endsWith(m, spelled, ".") {
			out = append(out, m)
		}
	}
	dotted := strings.ReplaceAll(spelled, "/", ".")
	if len(out) > 0 || dotted == spelled {
		return out
	}
	for _, m := range names {
		isDotted := strings.Contains(m, ".") && !strings.Contains(m, "/")
		if isDotted && (m == dotted || endsWith(m, dotted, ".") || endsWith(dotted, m, ".")) {
			out = append(out, m)
		}
	}
	return out
}

// mainPackages lists the packages of Go programs.
func (r resolver) mainPackages() (out []string) {
	decls, _ := r.now.Search(r.ctx, Go, "main")
	for _, d := range decls {
		if d.Kind == KindDef && slices.Equal(d.Names, []string{"main"}) && !slices.Contains(out, d.Module) {
			out = append(out, d.Module)
		}
	}
	return out
}

// endsWith reports whether a module's last parts are those of a spelling, after one of the separators.
func endsWith(module, spelled string, separators ...string) bool {
	front, ok := strings.CutSuffix(module, spelled)
	return ok && slices.ContainsFunc(separators, func(s string) bool { return strings.HasSuffix(front, s) })
}

// bindSymbol resolves the canonical selector of what a reading has found.
func (r resolver) bindSymbol(then resolver, n Named, as reading, all found) (*Target, error) {
	chosen, passed := preferred(then.now, all.decls, as.names)
	if n.Overload != nil && as.module != Anywhere {
		var err error
		chosen, err = pickOverload(n, *n.Overload, chosen)
		if err != nil {
			return nil, err
		}
	}

	if len(distinct(chosen)) > 1 && (n.Overload == nil || as.module != Anywhere) {
		return nil, ambiguous(n, chosen)
	}
	d := implementation(chosen)
	bound := Symbolic{
		Lang: d.Lang, Module: Anywhere, Names: as.names, Role: n.Role, Overload: n.Overload, DocVersion: n.DocVersion,
	}
	if as.module != Anywhere || as.member {
		bound.Module, bound.Names = d.Module, d.Names
		whole := bound
		whole.Overload, whole.DocVersion = nil, ""
		if m, err := then.matching(whole); bound.Overload == nil && err == nil && len(distinct(m.decls)) > 1 {
			bound.Overload = Ordinal(d.Overload) // another file of the module has the name too
		}
	}

	t, err := r.symbolic(bound)
	if err != nil {
		return nil, err
	}
	t.Selector = bound
	t.passOver(passed)
	t.Partial = all.partial
	return t, nil
}

// noSuchName says that nothing has the name, and what comes near.
func (r resolver) noSuchName(langs []Lang, n Named) error {
	n.Names = withoutTypeArguments(n.Names)
	if IsNameless(n) {
		return r.nameless(langs, n.Names[0])
	}
	if n.Module != Anywhere {
		for _, as := range append([]reading{{module: n.Module + "." + strings.Join(n.Names, ".")}}, n.readings()...) {
			path, err := r.typedPath(as.module, "")
			if err != nil || as.module == Anywhere {
				continue
			}
			if _, err := r.now.Content(path); err != nil {
				continue
			}
			if len(as.names) == 0 {
				return isFile(path)
			}
			return r.suggest(fault.New(fault.NotFound, "no symbol %s in %s", FormatNames(as.names), path),
				as.names, r.now.FileDecls(path), nil)
		}
	}

	if path, err := r.typedPath(strings.Join(n.Names, "."), ""); err == nil && n.Module == Anywhere && n.Lang == "" {
		if _, err := r.now.Content(path); err == nil { // "app.go" reads like the name go in app
			return isFile(path)
		}
	}
	if err := r.noSuchFile(n); err != nil {
		return err
	}
	if module := strings.Join(n.Names, "."); n.Lang != "" && r.now.HasModule(n.Lang, module) {
		return fault.New(fault.BadSelector, "no symbol is named in %s: it is a module", n).WithHint("use %s#Name", n)
	}
	for _, lang := range langs {
		module := strings.Join(n.Names, ".")
		if n.Module == Anywhere && len(n.Names) > 1 && r.now.HasModule(lang, module) {
			if !r.now.FormerNames() {
				return r.isModule(lang, []string{module})
			}
			return fault.New(fault.BadSelector, "%s is a module: a selector names a place or a symbol in it", module).
				WithHint("use %s#NAME", module)
		}
	}
	message := fault.New(fault.NotFound, "no symbol %s in the workspace", FormatNames(n.Names))
	var all, same []Decl
	var partial []string
	for _, lang := range langs {
		decls, unread := r.now.Search(r.ctx, lang, n.Names[len(n.Names)-1])
		same, partial = append(same, decls...), append(partial, unread...)
	}

	if n.Module != Anywhere {
		message = fault.New(fault.NotFound, "no module or file %s with a symbol %s", n.Module, FormatNames(n.Names))
		if own := r.declsOf(langs, n.Module); len(own) > 0 {
			all = own
		}
	}

	isPath := len(n.Names) > 1 && !r.now.FormerNames() // its other parts may be spelled otherwise
	if len(all) == 0 && (isPath || len(matchingSuffix(same, n.Names[len(n.Names)-1:])) == 0) {
		for _, lang := range langs {
			decls, _ := r.now.Search(r.ctx, lang)
			all = append(all, decls...)
		}
	}

	addUnread(message, partial)
	return r.suggest(message, n.Names, all, same)
}
