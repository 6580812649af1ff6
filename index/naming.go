package index

import (
	"maps"
	"path"
	"slices"
	"sort"
	"strings"

	"golang.org/x/mod/modfile"

	"lanser/index/manifest"
	"lanser/index/parallel"
	"lanser/index/syntax"
	"lanser/selectors"
)

// moduleTable maps between modules and files for one language.
type moduleTable struct {
	canonical map[string]string   // file → canonical module name, without the suffix
	spelled   map[string][]string // each accepted name of a module → its files, sorted
	// suffix returns the part of a module's name that depends on a file's content: "_test" for a Go test
	// file of an external test package. The content is read when the module is asked for. suffix is nil
	// for languages without such names.
	suffix func(file string) string
}

// naming returns the canonical module name of a file, which selectors are printed with, and other names that are
// accepted in selectors.
type naming func(file string) (canonical string, also []string)

// namingRules holds the rules by which the users of a language name modules. A language chooses its rule in
// its language.json.
var namingRules = map[string]func(s *Snapshot, l *syntax.Language, files []string) naming{
	"file":    fileNaming,
	"go":      goNaming,
	"python":  pythonNaming,
	"package": packageNaming,
	"rust":    rustNaming,
	"swift":   swiftNaming,
}

// table returns the module table of a language, which is built once per snapshot.
func (s *Snapshot) table(lang selectors.Lang) *moduleTable {
	s.modules.Do(func() {
		s.byLang = map[selectors.Lang]*moduleTable{}
		files := map[selectors.Lang][]string{}
		for _, p := range s.paths {
			if l, ok := s.Lang(p); ok {
				files[l] = append(files[l], p)
			}
		}

		for _, l := range syntax.Languages() {
			s.byLang[l.Scheme] = &moduleTable{}
		}
		s.langFiles = files
	})
	t := s.byLang[lang]
	if t == nil {
		return &moduleTable{}
	}
	s.tables.Lock()
	defer s.tables.Unlock()
	if t.canonical == nil {
		t.build(s, syntax.ByScheme(lang), s.langFiles[lang])
	}
	return t
}

// build fills the table with the names of the language's files.
func (t *moduleTable) build(s *Snapshot, l *syntax.Language, files []string) {
	t.canonical, t.spelled = make(map[string]string, len(files)), map[string][]string{}
	if len(files) == 0 {
		return
	}
	name := namingRules[l.Module](s, l, files)
	for _, f := range files {
		canonical, also := name(f)
		t.canonical[f] = canonical
		for _, n := range append(also, canonical) {
			if !slices.Contains(t.spelled[n], f) {
				t.spelled[n] = append(t.spelled[n], f)
			}
		}
	}

	if l.Module == "go" {
		t.suffix = func(file string) string {
			if strings.HasSuffix(file, "_test.go") && strings.HasSuffix(s.packageOf(l, file), "_test") {
				return "_test"
			}
			return ""
		}
	}
}

// moduleOf returns the canonical module name of a file.
func (t *moduleTable) moduleOf(file string) string {
	if t.suffix != nil {
		return t.canonical[file] + t.suffix(file)
	}
	return t.canonical[file]
}

// named lists the files of the modules that a name may mean.
func (t *moduleTable) named(module string) []string {
	if t.suffix == nil {
		return t.spelled[module]
	}
	var out []string
	for _, f := range t.spelled[module] {
		if t.suffix(f) == "" {
			out = append(out, f)
		}
	}

	if base, ok := strings.CutSuffix(module, "_test"); ok {
		for _, f := range t.spelled[base] {
			if t.suffix(f) != "" {
				out = append(out, f)
			}
		}
	}
	return out
}

// ModuleOf returns the canonical name of the module that a file of the workspace belongs to; "" for a file of a
// language without outlines.
func (s *Snapshot) ModuleOf(file string) string {
	lang, ok := s.Lang(file)
	if !ok {
		return ""
	}
	return s.table(lang).moduleOf(file)
}

// FilesOf returns the files of a module of the workspace; none if there is no such module.
func (s *Snapshot) FilesOf(lang selectors.Lang, module string) []string {
	return slices.Clone(s.table(lang).named(module))
}

// ModuleNames lists the canonical module names of a language, sorted, as far as they are known without
// reading files.
func (s *Snapshot) ModuleNames(lang selectors.Lang) []string {
	seen := map[string]bool{}
	var out []string
	for _, m := range s.table(lang).canonical {
		if !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	sort.Strings(out)
	return out
}

// packageOf returns the name in a file's package clause, "" if there is none.
func (s *Snapshot) packageOf(l *syntax.Language, path string) string {
	f, err := s.file(path)
	if err != nil {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pkg == nil {
		pkg := ""
		if b, err := s.bytes(f); err == nil {
			pkg = l.PackageOf(b)
		}
		f.pkg = &pkg
	}
	return *f.pkg
}

// fileNaming names a module by the path of its file, without the extension if no other file of the language
// has the same path without extension. A stub belongs to the module of the file that it declares.
func fileNaming(s *Snapshot, l *syntax.Language, files []string) naming {
	stems := map[string]int{}
	declared := map[string]string{} // stub → source
	whole := map[string]bool{}      // scripts whose names do not tell their language: they are named by their paths
	for _, p := range files {
		if _, ok := syntax.LangOf(p); !ok {
			whole[p] = true
			continue
		}
		if source, ok := l.SourceOf(p); ok && s.Has(source) {
			declared[p] = source
			continue
		}
		stems[stem(p)]++
	}
	return func(file string) (string, []string) {
		short := stem(file)
		if whole[file] || whole[short] {
			return file, nil
		}
		if stems[short] > 1 {
			if source, ok := declared[file]; ok {
				return source, []string{short, file}
			}
			return file, []string{short}
		}
		return short, []string{file}
	}
}

// stem returns the path without its extension; "a.d.ts" counts as the declarations of "a". A file whose name is
// nothing but an extension, such as "d/.ts", keeps it.
func stem(p string) string {
	short := strings.TrimSuffix(strings.TrimSuffix(p, path.Ext(p)), ".d")
	if short == "" || strings.HasSuffix(short, "/") {
		return p
	}
	return short
}

// goNaming names a package by its import path. The path relative to its module and the path relative to the
// workspace are accepted too. The name of an external test package ends in "_test", as go list prints it.
func goNaming(s *Snapshot, _ *syntax.Language, _ []string) naming {
	modules := map[string]string{} // folder with a go.mod → module path
	for _, p := range s.paths {
		if path.Base(p) != "go.mod" {
			continue
		}
		if c, err := s.Content(p); err == nil {
			modules[path.Dir(p)] = modfile.ModulePath(c.Bytes())
		}
	}

	if modules["."] == "std" { // the standard library's own sources are imported without the name of the module
		modules["."] = ""
	}
	return func(file string) (string, []string) {
		dir := path.Dir(file)
		root, module, ok := nearest(modules, dir)
		if !ok {
			return dir, nil
		}
		rel := below(root, dir)
		also := []string{dir, path.Join(".", rel)}
		if _, imported, ok := cutLast("/"+rel, "/vendor/"); ok {
			also = append(also, imported) // a vendored package is imported by its own path
		}
		return path.Join(module, rel), also
	}
}

// cutLast is [strings.Cut] around the last occurrence of a separator.
func cutLast(s, separator string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

// nearest returns the entry of the nearest folder from dir upwards that has a value which is not "".
func nearest(byFolder map[string]string, dir string) (folder, value string, ok bool) {
	for folder := dir; ; folder = path.Dir(folder) {
		if value := byFolder[folder]; value != "" {
			return folder, value, true
		}
		if folder == "." || folder == "/" {
			return "", "", false
		}
	}
}

// below returns the path of p relative to a folder that contains it, "" for the folder itself.
func below(folder, p string) string {
	if folder == "." {
		return p
	}
	return strings.TrimPrefix(strings.TrimPrefix(p, folder), "/")
}

// pythonNaming names a module by its dotted name below the topmost folder of the package that contains the file, or
// below the folder src around that, as a package without __init__.py may be between them (PEP 420). A file outside any
// package is named from the workspace, or from the folder src, as import paths are usually set up.
func pythonNaming(s *Snapshot, _ *syntax.Language, _ []string) naming {
	return func(file string) (string, []string) {
		stem := strings.TrimSuffix(file, path.Ext(file))
		dir := path.Dir(file)
		top := dir
		for top != "." && s.isPythonPackage(top) {
			top = path.Dir(top)
		}

		var also []string
		src := s.sourcesAround(top)
		if top == dir && !strings.HasPrefix(path.Base(stem), "__init__") {
			top = "." // no package: the folder is part of the name
			if strings.HasPrefix(stem, "src/") {
				top = "src"
			}
		}
		if src != "" && src != top {
			also = append(also, dotted(below(top, stem)))
			top = src
		}

		whole := dotted(stem)
		if top == "." {
			return whole, also
		}
		return dotted(strings.TrimPrefix(stem, top+"/")), append(also, whole)
	}
}

// isPythonPackage reports whether a folder has a file that makes it a package of Python.
func (s *Snapshot) isPythonPackage(folder string) bool {
	return s.Has(path.Join(folder, "__init__.py")) || s.Has(path.Join(folder, "__init__.pyi"))
}

// sourcesAround returns the nearest folder src at or above a folder that belongs to the same project of Python; "" if
// there is none, or if it is a package itself.
func (s *Snapshot) sourcesAround(folder string) string {
	for ; folder != "."; folder = path.Dir(folder) {
		if path.Base(folder) == "src" {
			if s.isPythonPackage(folder) {
				return ""
			}
			return folder
		}
		for _, manifest := range []string{"pyproject.toml", "setup.py", "setup.cfg"} {
			if s.Has(path.Join(folder, manifest)) {
				return ""
			}
		}
	}
	return ""
}

// dotted returns the dotted name of a module; stem is the path of its file without the extension. A package is named
// by its folder.
func dotted(stem string) string {
	if path.Base(stem) == "__init__" && path.Dir(stem) != "." {
		stem = path.Dir(stem)
	}
	return strings.ReplaceAll(stem, "/", ".")
}

// packageNaming names a module by the name in the package or namespace clause. A file without a clause is named by
// its path, which is accepted for the others too.
func packageNaming(s *Snapshot, l *syntax.Language, files []string) naming {
	byPath := fileNaming(s, l, files)
	s.prefetch(files)
	parallel.Do(len(files), 8, func(i int) { s.packageOf(l, files[i]) })
	return func(file string) (string, []string) {
		short, also := byPath(file)
		if pkg := s.packageOf(l, file); pkg != "" {
			return pkg, append(also, short)
		}
		return short, also
	}
}

// rustNaming names a module by the path of modules below the crate's src folder. It begins with "crate::" if the
// workspace has one crate, and otherwise with the crate's name. Other targets (tests, examples, programs) are named
// by path.
func rustNaming(s *Snapshot, l *syntax.Language, files []string) naming {
	byPath := fileNaming(s, l, files)
	crates := map[string]string{} // folder → name
	for _, p := range s.paths {
		if path.Base(p) != "Cargo.toml" {
			continue
		}
		if c, err := s.Content(p); err == nil {
			crates[path.Dir(p)] = strings.ReplaceAll(manifest.Crate(c.Bytes()), "-", "_") // as paths in Rust spell it
		}
	}
	maps.DeleteFunc(crates, func(_, name string) bool { return name == "" })

	return func(file string) (string, []string) {
		short, also := byPath(file)
		root, crate, ok := nearest(crates, path.Dir(file))
		if !ok {
			return short, also
		}
		modules, ok := rustModules(below(root, file), s.Has(path.Join(root, "src/lib.rs")))
		if !ok {
			return short, also
		}
		canonical := strings.Join(append([]string{"crate"}, modules...), "::")
		other := strings.Join(append([]string{crate}, modules...), "::")
		if len(crates) > 1 {
			canonical, other = other, canonical
		}
		return canonical, append(also, short, other)
	}
}

// rustModules returns the path of modules from the root of a crate to a file, empty for the root itself. rel is the
// file's path relative to the crate's folder. ok is false for a file that is not below the root: other targets (tests,
// src/bin), and main.rs if there is a lib.rs, which is the root then.
func rustModules(rel string, hasLib bool) (modules []string, ok bool) {
	inside, ok := strings.CutPrefix(rel, "src/")
	if !ok || strings.HasPrefix(inside, "bin/") || inside == "main.rs" && hasLib {
		return nil, false
	}
	modules = strings.Split(strings.TrimSuffix(inside, ".rs"), "/")
	last := modules[len(modules)-1]
	isRoot := len(modules) == 1 && (last == "lib" || last == "main")
	if last == "mod" || isRoot {
		modules = modules[:len(modules)-1]
	}
	return modules, true
}

// swiftNaming names a module by the target below Sources or Tests, in the layout of Swift's package manager. Other
// files are named by their path.
func swiftNaming(s *Snapshot, l *syntax.Language, files []string) naming {
	byPath := fileNaming(s, l, files)
	return func(file string) (string, []string) {
		short, also := byPath(file)
		parts := strings.Split(file, "/")
		for i, p := range parts {
			if (p == "Sources" || p == "Tests") && i+2 < len(parts) {
				return parts[i+1], append(also, short)
			}
		}
		return short, also
	}
}
