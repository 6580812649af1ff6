package index

import (
	"context"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"lanser/index/parallel"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/text"
)

// Module lists the declarations of a module, by file and then by position; ok is false if no file belongs to
// the module. Files that cannot be read are left out of the list. partial names them, and the files that do
// not parse without errors. A module that the workspace does not contain is looked up below the named roots.
func (s *Snapshot) Module(
	ctx context.Context,
	lang selectors.Lang,
	module string,
) (decls []selectors.Decl, partial []string, ok bool) {
	t := s.table(lang)
	files := t.named(module)
	if len(files) == 0 {
		return s.libraryModule(ctx, lang, module)
	}

	// A short spelling may name several modules ("a" for a.ts and a.js). Their declarations are
	// numbered separately.
	var seen []string
	for _, f := range files {
		m := t.moduleOf(f)
		if slices.Contains(seen, m) {
			continue
		}
		seen = append(seen, m)
		d := s.moduleDecls(ctx, lang, m)
		if len(seen) == 1 {
			// Usually there is only one module, and its slices need no copy. Without spare capacity, an
			// append below cannot write into the cache.
			decls, partial = slices.Clip(d.all), slices.Clip(d.partial)
			continue
		}
		decls, partial = append(decls, d.all...), append(partial, d.partial...)
	}
	return decls, partial, true
}

// HasModule reports whether the workspace itself contains a module.
func (s *Snapshot) HasModule(lang selectors.Lang, module string) bool {
	return len(s.table(lang).named(module)) > 0
}

// FileDecls lists the declarations of one file, numbered within their module.
func (s *Snapshot) FileDecls(file string) []selectors.Decl {
	lang, ok := s.Lang(file)
	if !ok {
		return nil
	}
	if !s.Has(file) {
		return s.libraryDecls(file)
	}
	return s.moduleDecls(context.Background(), lang, s.table(lang).moduleOf(file)).byFile[file]
}

// LocalDecls lists the declarations of one file, for which no other file of the module is read. What depends on the
// others is only known as far as this file declares it: numbers, symbols, containers, and the kinds of owners.
func (s *Snapshot) LocalDecls(file string) []selectors.Decl {
	lang, ok := s.Lang(file)
	if !ok {
		return nil
	}
	if !s.Has(file) {
		return s.libraryDecls(file)
	}
	known, ok := s.localDecls.Load(file)
	if !ok {
		decls, _ := s.buildDecls(context.Background(), lang, s.table(lang).moduleOf(file), []string{file})
		known, _ = s.localDecls.LoadOrStore(file, decls)
	}
	return known.([]selectors.Decl)
}

// declarations holds the declarations of one module, which are computed once per snapshot.
type declarations struct {
	mu       sync.Mutex // guards the fields below; locked while they are computed
	complete bool       // all of them are computed
	all      []selectors.Decl
	byFile   map[string][]selectors.Decl
	partial  []string
}

// moduleDecls returns the declarations of a module by its canonical name; none if ctx ends first.
func (s *Snapshot) moduleDecls(ctx context.Context, lang selectors.Lang, module string) *declarations {
	return s.cachedDecls(ctx, &s.decls, lang, module, func() []string { return s.moduleFiles(lang, module) })
}

// moduleFiles lists the files of a module by its canonical name, sorted.
func (s *Snapshot) moduleFiles(lang selectors.Lang, module string) (files []string) {
	t := s.table(lang)
	for _, f := range t.named(module) {
		if t.moduleOf(f) == module {
			files = append(files, f)
		}
	}
	sort.Strings(files)
	return files
}

// cachedDecls returns the declarations of a module from the cache in, and computes them the first time from
// the given files.
func (s *Snapshot) cachedDecls(
	ctx context.Context,
	in *sync.Map,
	lang selectors.Lang,
	module string,
	files func() []string,
) *declarations {
	v, _ := in.LoadOrStore(string(lang)+"#"+module, &declarations{})
	d := v.(*declarations)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.complete {
		return d
	}
	all, partial := s.buildDecls(ctx, lang, module, files())
	if ctx.Err() != nil { // some may be missing: the next question computes them again
		return &declarations{}
	}

	d.all, d.partial, d.complete = all, partial, true
	d.byFile = map[string][]selectors.Decl{}
	for start, end := 0, 0; start < len(d.all); start = end { // those of a file follow each other
		file := d.all[start].Path
		for end = start; end < len(d.all) && d.all[end].Path == file; end++ {
		}
		d.byFile[file] = d.all[start:end:end]
	}
	return d
}

// buildDecls turns the outlines of a module's files into numbered declarations.
func (s *Snapshot) buildDecls(
	ctx context.Context,
	lang selectors.Lang,
	module string,
	files []string,
) (out []selectors.Decl, partial []string) {
	outlines := make([]*syntax.Outline, len(files))
	parallel.Do(len(files), 1, func(i int) {
		if ctx.Err() == nil {
			outlines[i], _ = s.Outline(files[i])
		}
	})

	size := 0
	for _, o := range outlines {
		if o != nil {
			size += len(o.Symbols)
		}
	}
	b := builder{
		lang: lang, module: module, symbols: map[string]int{}, packages: syntax.ByScheme(lang).Package != "",
		out: make([]selectors.Decl, 0, size), parents: make([]int, 0, size), owners: make([][]string, 0, size),
	}
	for i, f := range files {
		o := outlines[i]
		if o == nil || len(o.Errors) > 0 || o.Skipped != "" {
			partial = append(partial, f)
		}
		if o != nil {
			b.add(f, o)
		}
	}
	b.uniteStubs(syntax.ByScheme(lang))
	b.finish()
	return b.out, partial
}

// builder turns the outlines of one module's files into declarations.
type builder struct {
	lang   selectors.Lang
	module string
	// packages is true if files of the language name their module themselves, in a package clause or a
	// namespace.
	packages bool
	out      []selectors.Decl
	parents  []int          // index of each declaration's parent, or -1
	owners   [][]string     // names of each declaration's owner, such as a method's receiver type
	symbols  map[string]int // merge key → the number of the symbol
}

// add adds the declarations of one file. In an outline, a parent comes before its members.
func (b *builder) add(file string, o *syntax.Outline) {
	indexes := make([]int, len(o.Symbols)) // symbol → index in out; -1 for the module itself
	for i, sym := range o.Symbols {
		parent := -1
		if sym.Parent >= 0 {
			parent = indexes[sym.Parent]
		}
		if b.packages && sym.Kind == selectors.KindModule && parent < 0 && sym.Text == b.module {
			indexes[i] = -1 // a namespace around the whole content of the file is the module itself
			continue
		}

		indexes[i] = len(b.out)
		d := b.declaration(file, sym, parent)
		if parent >= 0 && d.Local == 0 && o.Symbols[sym.Parent].Function && !sym.Member {
			d.Local = len(b.out[parent].Names)
		}

		b.out = append(b.out, d)
		b.parents = append(b.parents, parent)
		b.owners = append(b.owners, sym.Owner)
	}
}

// declaration returns the declaration of a symbol, with the names and kinds of the scopes around it. The kind of
// an owner is not known before all files are added; finish fills it in. parent is an index in b.out, -1 for none.
func (b *builder) declaration(file string, sym syntax.Symbol, parent int) selectors.Decl {
	d := selectors.Decl{
		Lang: b.lang, Module: b.module, Path: file, Kind: sym.Kind,
		Name: sym.Name, Def: sym.Def, Sig: sym.Sig, Body: sym.Body, Doc: sym.Doc,
		Main: sym.Main, Alias: sym.Alias, Symbol: len(b.out),
	}
	if parent >= 0 {
		p := b.out[parent]
		d.Names, d.Kinds = slices.Clone(p.Names), slices.Clone(p.Kinds)
		d.Depth, d.Local = p.Depth+1, p.Local
	}
	d.Names = append(append(d.Names, sym.Owner...), sym.Text)
	d.Kinds = append(append(d.Kinds, make([]selectors.Kind, len(sym.Owner))...), sym.Kind)

	if key := mergeKey(file, parent, d, sym); key != "" {
		if first, ok := b.symbols[key]; ok {
			d.Symbol = first
		} else {
			b.symbols[key] = d.Symbol
		}
	}
	if sym.Link != "" {
		d.Linked = strings.Join(d.Names, "\x00") + "\x00" + sym.Link
		if strings.HasSuffix(sym.Link, syntax.LinkInFile) {
			d.Linked += "\x00" + file
		}
	}
	return d
}

// mergeKey returns the same key for all declarations of a module that belong to one symbol, such as overloads
// with one implementation. It returns "" for a declaration that is a symbol of its own.
func mergeKey(file string, parent int, d selectors.Decl, sym syntax.Symbol) string {
	if sym.Link != "" {
		return strings.Join(append([]string{"link", sym.Link}, d.Names...), "\x00")
	}
	if sym.Merge != "" {
		return strings.Join(append([]string{file, strconv.Itoa(parent), sym.Merge}, d.Names...), "\x00")
	}
	return ""
}

// uniteStubs makes a declaration of a stub file (m.pyi) one symbol with that of the same name in the source file
// which is its implementation: the one next to it (m.py), or the only one of the module, as for a stub in a folder of
// stubs.
func (b *builder) uniteStubs(l *syntax.Language) {
	if len(l.Stubs) == 0 {
		return
	}
	inSource := map[string]int{} // file and name path → symbol of the first declaration
	sources := map[string]bool{}
	key := func(file string, names []string) string { return file + "\x00" + strings.Join(names, "\x00") }
	for _, d := range b.out {
		k := key(d.Path, d.Names)
		if _, known := inSource[k]; !known {
			inSource[k] = d.Symbol
		}
		if _, isStub := l.SourceOf(d.Path); !isStub {
			sources[d.Path] = true
		}
	}

	for i := range b.out {
		d := &b.out[i]
		sourceFile, isStub := l.SourceOf(d.Path)
		if !isStub {
			continue
		}
		if !sources[sourceFile] && len(sources) == 1 {
			for only := range sources {
				sourceFile = only
			}
		}
		if symbol, ok := inSource[key(sourceFile, d.Names)]; ok {
			d.Symbol, d.Main = symbol, -1
		}
	}
}

// InStubs lists the other declarations of a symbol that a stub file declares and a source file implements: those
// in the stub for a declaration in the source, and the reverse.
func (s *Snapshot) InStubs(ctx context.Context, of selectors.Decl) (out []selectors.Decl) {
	if len(syntax.ByScheme(of.Lang).Stubs) == 0 {
		return nil
	}
	decls, _, _ := s.Module(ctx, of.Lang, of.Module)
	for _, d := range decls {
		if d.Module == of.Module && d.Symbol == of.Symbol && d.Path != of.Path {
			out = append(out, d)
		}
	}
	return out
}

// finish numbers the declarations that share a name, and finds the containers of declarations that name their
// owner, such as Go's methods.
func (b *builder) finish() {
	count, first := map[string]int{}, map[string]int{} // by the names, joined
	for i := range b.out {
		key := strings.Join(b.out[i].Names, "\x00")
		if count[key] == 0 {
			first[key] = i
		}
		b.out[i].Overload = count[key]
		count[key]++
	}

	for i := range b.out {
		d := &b.out[i]
		d.Overloads = count[strings.Join(d.Names, "\x00")]
		// The names of the owner stand directly before the last name. The owner may be declared in any file
		// of the module.
		for inner := len(b.owners[i]); inner > 0; inner-- {
			end := len(d.Names) - inner
			owner, ok := first[strings.Join(d.Names[:end], "\x00")]
			if !ok || owner == i {
				continue
			}
			d.Kinds[end-1] = b.out[owner].Kind
			if inner == 1 {
				b.parents[i] = owner
			}
		}
	}

	containers := map[int]string{} // by parent: the members of one have the same
	for i, parent := range b.parents {
		if parent < 0 {
			continue
		}
		container, ok := containers[parent]
		if !ok {
			container = b.out[parent].Selector().String()
			containers[parent] = container
		}
		b.out[i].Container = container
	}
}

// Enclosing returns the innermost declaration of the file whose range contains the span, or nil.
func (s *Snapshot) Enclosing(file string, at text.Span) *selectors.Decl {
	var best *selectors.Decl
	for _, d := range s.FileDecls(file) {
		if d.Def.Contains(at) && (best == nil || d.Def.Len() <= best.Def.Len()) {
			best = &d
		}
	}
	return best
}

// Each yields every declaration in the workspace's files of a language, sorted by module.
func (s *Snapshot) Each(ctx context.Context, lang selectors.Lang, yield func(selectors.Decl) bool) {
	t := s.table(lang)
	files := s.langFiles[lang]
	s.fillOutlines(ctx, files, 8)
	modules := map[string]bool{}
	for _, f := range files {
		modules[t.moduleOf(f)] = true
	}

	for _, m := range slices.Sorted(maps.Keys(modules)) {
		if ctx.Err() != nil {
			return
		}
		for _, d := range s.uncachedDecls(ctx, lang, m) {
			if !yield(d) {
				return
			}
		}
	}
}

// uncachedDecls returns the declarations of a module. It uses the cache but adds nothing to it.
func (s *Snapshot) uncachedDecls(ctx context.Context, lang selectors.Lang, module string) []selectors.Decl {
	if _, ok := s.decls.Load(string(lang) + "#" + module); ok {
		return s.moduleDecls(ctx, lang, module).all
	}
	out, _ := s.buildDecls(ctx, lang, module, s.moduleFiles(lang, module))
	return out
}

// Node resolves the indexed steps of an AST path, see [syntax.Node].
func (s *Snapshot) Node(path string, within text.Span, steps []selectors.Step) (text.Span, bool) {
	c, err := s.Content(path)
	if err != nil {
		return text.Span{}, false
	}
	span, ok, err := syntax.Node(context.Background(), s.asNamed(path), c.Bytes(), within, steps)
	return span, ok && err == nil
}

// Fingerprint returns the fingerprint of a declaration: its tokens without its name.
func (s *Snapshot) Fingerprint(d selectors.Decl) selectors.Fingerprint {
	l := syntax.ByScheme(d.Lang)
	src, err := s.source(d.Path)
	if err != nil || l == nil || d.Def.End > len(src) {
		return selectors.Fingerprint{}
	}
	return selectors.NewFingerprint(l.Tokens(src, d.Def, d.Name))
}

// Tokens returns the hashed tokens of parts of a file, one after the other, without comments and white space: two
// versions of code with the same tokens differ in layout only. It is nil if the file is in no language with symbols.
func (s *Snapshot) Tokens(path string, parts ...text.Span) (tokens []uint64) {
	lang, _ := s.Lang(path)
	l := syntax.ByScheme(lang)
	src, err := s.source(path)
	if err != nil || l == nil {
		return nil
	}
	for _, part := range parts {
		tokens = append(tokens, l.Tokens(src, part, text.Span{})...)
	}
	return tokens
}

// source returns the content of a file. The content of the last file is kept, because fingerprints of a
// file's declarations are usually requested one after the other.
func (s *Snapshot) source(path string) ([]byte, error) {
	s.lastSource.Lock()
	defer s.lastSource.Unlock()
	if s.lastSource.path == path && s.lastSource.src != nil {
		return s.lastSource.src, nil
	}
	f, err := s.file(path)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	src, err := s.bytes(f)
	if err == nil {
		s.lastSource.path, s.lastSource.src = path, src
	}
	return src, err
}
