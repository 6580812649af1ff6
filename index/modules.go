package index

import (
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/text"
)

// moduleTable maps between modules and files for one language.
type moduleTable struct {
	of     map[string]string   // file → canonical module
	files  map[string][]string // any accepted spelling → files, sorted
	naming func(s *Snapshot, file string) (canonical string, also []string)
}

// table builds the tables of all languages once a snapshot. Only go.mod files
// and Go test files' package clauses are read for it.
func (s *Snapshot) table(lang selectors.Lang) *moduleTable {
	s.modules.Do(func() {
		s.byLang = map[selectors.Lang]*moduleTable{}
		for _, l := range selectors.Langs {
			s.byLang[l] = &moduleTable{of: map[string]string{}, files: map[string][]string{}}
		}
		s.byLang[selectors.Go].naming = goNaming(s)
		s.byLang[selectors.Python].naming = pythonModule
		s.byLang[selectors.TypeScript].naming = typescriptNaming(s)
		for _, p := range s.paths {
			if lang, ok := syntax.LangOf(p); ok {
				s.byLang[lang].add(s, p)
			}
		}
	})
	return s.byLang[lang]
}

func (t *moduleTable) add(s *Snapshot, file string) {
	canonical, also := t.naming(s, file)
	t.of[file] = canonical
	for _, name := range append(also, canonical) {
		if !slices.Contains(t.files[name], file) {
			t.files[name] = append(t.files[name], file)
		}
	}
}

// goNaming names a package by its import path; the path relative to its module,
// and to the workspace, work too. An external test package is the path with
// "_test", as go list has it.
func goNaming(s *Snapshot) func(*Snapshot, string) (string, []string) {
	roots := map[string]string{} // folder with a go.mod → module path
	for _, p := range s.paths {
		if path.Base(p) == "go.mod" {
			if c, err := s.Content(p); err == nil {
				roots[path.Dir(p)] = modfile.ModulePath(c.Bytes())
			}
		}
	}
	return func(s *Snapshot, file string) (string, []string) {
		dir, suffix := path.Dir(file), ""
		if strings.HasSuffix(file, "_test.go") {
			if o, err := s.Outline(file); err == nil && strings.HasSuffix(o.Package, "_test") {
				suffix = "_test"
			}
		}
		for at := dir; ; at = path.Dir(at) {
			if mod := roots[at]; mod != "" {
				rel := strings.TrimPrefix(strings.TrimPrefix(dir, at), "/")
				if at == "." {
					rel = strings.TrimPrefix(dir, ".")
				}
				return path.Join(mod, rel) + suffix, []string{dir + suffix, path.Join(".", rel) + suffix}
			}
			if at == "." || at == "/" {
				return dir + suffix, nil
			}
		}
	}
}

// pythonModule is the dotted name from the topmost folder of the package that
// holds the file; where there is no package, from the workspace or its src
// folder, as import paths are set up by custom.
func pythonModule(s *Snapshot, file string) (string, []string) {
	stem := strings.TrimSuffix(file, path.Ext(file))
	dir := path.Dir(file)
	top := dir
	for top != "." && (s.Has(path.Join(top, "__init__.py")) || s.Has(path.Join(top, "__init__.pyi"))) {
		top = path.Dir(top)
	}
	if top == dir && !strings.HasPrefix(path.Base(stem), "__init__") {
		top = "." // no package: the folder is part of the name
		if strings.HasPrefix(stem, "src/") {
			top = "src"
		}
	}
	whole := dotted(stem)
	if top == "." {
		return whole, nil
	}
	return dotted(strings.TrimPrefix(stem, top+"/")), []string{whole}
}

func dotted(stem string) string {
	if path.Base(stem) == "__init__" && path.Dir(stem) != "." {
		stem = path.Dir(stem)
	}
	return strings.ReplaceAll(stem, "/", ".")
}

// typescriptNaming names a file by its path, without the extension where no
// other file shares the rest.
func typescriptNaming(s *Snapshot) func(*Snapshot, string) (string, []string) {
	stems := map[string]int{}
	for _, p := range s.paths {
		if lang, _ := syntax.LangOf(p); lang == selectors.TypeScript {
			stems[stem(p)]++
		}
	}
	return func(_ *Snapshot, file string) (string, []string) {
		short := stem(file)
		if stems[short] > 1 {
			return file, []string{short}
		}
		return short, []string{file}
	}
}

// stem is the path without its extension; "a.d.ts" is the declaration of "a".
func stem(p string) string {
	p = strings.TrimSuffix(p, path.Ext(p))
	return strings.TrimSuffix(p, ".d")
}

// ModuleNames lists the canonical modules of a language, sorted.
func (s *Snapshot) ModuleNames(lang selectors.Lang) []string {
	seen := map[string]bool{}
	var out []string
	for _, m := range s.table(lang).of {
		if !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	sort.Strings(out)
	return out
}

// Module lists the declarations of a module, in order of file and source; ok is
// false where no file belongs to it. Files that cannot be read are left out of
// the list and named in partial, with files that do not parse cleanly.
func (s *Snapshot) Module(lang selectors.Lang, module string) (decls []selectors.Decl, partial []string, ok bool) {
	t := s.table(lang)
	files := t.files[module]
	if len(files) == 0 {
		return nil, nil, false
	}
	// A short spelling may name several modules ("a" for a.ts and a.js): each
	// keeps its own numbering.
	var seen []string
	for _, f := range files {
		if m := t.of[f]; !slices.Contains(seen, m) {
			seen = append(seen, m)
			d := s.declared(lang, m)
			decls, partial = append(decls, d.all...), append(partial, d.partial...)
		}
	}
	return decls, partial, true
}

// FileDecls lists the declarations of one file, numbered within its module.
func (s *Snapshot) FileDecls(file string) []selectors.Decl {
	lang, ok := syntax.LangOf(file)
	if !ok || !s.Has(file) {
		return nil
	}
	return s.declared(lang, s.table(lang).of[file]).byFile[file]
}

// declarations are those of one module, computed once a snapshot.
type declarations struct {
	once    sync.Once
	all     []selectors.Decl
	byFile  map[string][]selectors.Decl
	partial []string
}

// declared are the declarations of a module by its canonical name.
func (s *Snapshot) declared(lang selectors.Lang, module string) *declarations {
	v, _ := s.decls.LoadOrStore(string(lang)+"#"+module, &declarations{})
	d := v.(*declarations)
	d.once.Do(func() {
		t := s.table(lang)
		var files []string
		for _, f := range t.files[module] {
			if t.of[f] == module {
				files = append(files, f)
			}
		}
		d.all, d.partial = s.declare(lang, module, files)
		d.byFile = map[string][]selectors.Decl{}
		for _, decl := range d.all {
			d.byFile[decl.Path] = append(d.byFile[decl.Path], decl)
		}
	})
	return d
}

// Search lists the declarations of every module one of whose files holds name
// in its text, and the files among them that were not read cleanly. Names that
// no source spells are looked for everywhere.
func (s *Snapshot) Search(lang selectors.Lang, name string) (decls []selectors.Decl, partial []string) {
	t := s.table(lang)
	isLang := func(p string) bool { l, ok := syntax.LangOf(p); return ok && l == lang }
	word := name
	if strings.ContainsAny(name, " ()[]<>\"'") || name == "default" || name == "constructor" || strings.HasSuffix(name, "=") {
		word = ""
	}
	for _, f := range s.paths { // a declaration may hide in what cannot be read
		if isLang(f) {
			if _, err := s.Content(f); err != nil {
				partial = append(partial, f)
			}
		}
	}
	seen := map[string]bool{}
	for _, f := range s.Containing(word, isLang) {
		if m := t.of[f]; !seen[m] {
			seen[m] = true
			ds, p, _ := s.Module(lang, m)
			decls, partial = append(decls, ds...), append(partial, p...)
		}
	}
	return decls, partial
}

// declare turns the outlines of a module's files into numbered declarations.
func (s *Snapshot) declare(lang selectors.Lang, module string, files []string) (out []selectors.Decl, partial []string) {
	type group struct {
		file          string
		parent        int
		name, mergeBy string
	}
	symbols := map[group]int{}
	var parents []int // of each declaration, or -1
	var receivers []string
	for _, f := range files {
		o, err := s.Outline(f)
		if err != nil {
			partial = append(partial, f)
			continue
		}
		if len(o.Errors) > 0 {
			partial = append(partial, f)
		}
		base := len(out)
		for i, sym := range o.Symbols {
			d := selectors.Decl{
				Lang: lang, Module: module, Kind: sym.Kind, Path: f, Name: sym.Name, Def: sym.Def, Sig: sym.Sig, Body: sym.Body, Doc: sym.Doc,
				Main: sym.Main, Alias: sym.Alias, Names: []string{sym.Text}, Symbol: base + i,
			}
			switch {
			case sym.Parent >= 0:
				parent := out[base+sym.Parent]
				d.Names = append(slices.Clone(parent.Names), sym.Text)
				d.Depth, d.Local = parent.Depth+1, parent.Local
				if d.Local == 0 && o.Symbols[sym.Parent].Function {
					d.Local = len(parent.Names)
				}
			case sym.Receiver != "":
				d.Names = []string{sym.Receiver, sym.Text}
			}
			if sym.Merge != "" {
				g := group{f, sym.Parent, sym.Text, sym.Merge}
				if first, ok := symbols[g]; ok {
					d.Symbol = first
				} else {
					symbols[g] = d.Symbol
				}
			}
			out = append(out, d)
			receivers = append(receivers, sym.Receiver)
			if sym.Parent >= 0 {
				parents = append(parents, base+sym.Parent)
			} else {
				parents = append(parents, -1)
			}
		}
	}
	number(out)
	types := map[string]int{} // Go's receiver types, which may stand in any file
	for i, d := range out {
		if len(d.Names) == 1 {
			types[d.Names[0]] = i
		}
	}
	for i := range out {
		if t, ok := types[receivers[i]]; ok && receivers[i] != "" {
			parents[i] = t
		}
		if parents[i] >= 0 {
			out[i].Container = out[parents[i]].Selector().String()
		}
	}
	return out, partial
}

func number(decls []selectors.Decl) {
	count := map[string]int{}
	for i := range decls {
		k := strings.Join(decls[i].Names, "\x00")
		decls[i].Overload = count[k]
		count[k]++
	}
	for i := range decls {
		decls[i].Overloads = count[strings.Join(decls[i].Names, "\x00")]
	}
}

// Enclosing is the innermost declaration of the file whose range holds the
// span, nil for none.
func (s *Snapshot) Enclosing(file string, at text.Span) *selectors.Decl {
	var best *selectors.Decl
	for _, d := range s.FileDecls(file) {
		if d.Def.Contains(at) && (best == nil || d.Def.Len() <= best.Def.Len()) {
			best = &d
		}
	}
	return best
}
