package index

import (
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/text"
)

// Module lists the declarations of a module, in order of file and source; ok is
// false where no file belongs to it. Files that cannot be read are left out of
// the list and named in partial, with files that do not parse cleanly. A module
// that the workspace lacks is looked for in the named roots.
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
	// A short spelling may name several modules ("a" for a.ts and a.js): each
	// keeps its own numbering.
	var seen []string
	for _, f := range files {
		if m := t.moduleOf(f); !slices.Contains(seen, m) {
			seen = append(seen, m)
			d := s.moduleDecls(ctx, lang, m)
			if len(seen) == 1 { // as a rule the only one: no copy
				decls, partial = slices.Clip(d.all), slices.Clip(d.partial)
				continue
			}
			decls, partial = append(decls, d.all...), append(partial, d.partial...)
		}
	}
	return decls, partial, true
}

// HasModule says whether the workspace itself holds a module.
func (s *Snapshot) HasModule(lang selectors.Lang, module string) bool {
	return len(s.table(lang).named(module)) > 0
}

// FileDecls lists the declarations of one file, numbered within its module.
func (s *Snapshot) FileDecls(file string) []selectors.Decl {
	lang, ok := syntax.LangOf(file)
	if !ok {
		return nil
	}
	if !s.Has(file) {
		return s.libraryDecls(file)
	}
	return s.moduleDecls(context.Background(), lang, s.table(lang).moduleOf(file)).byFile[file]
}

// declarations are those of one module, computed once a snapshot.
type declarations struct {
	mu       sync.Mutex // held while they are computed
	complete bool       // they were, in full
	all      []selectors.Decl
	byFile   map[string][]selectors.Decl
	partial  []string
}

// declared are the declarations of a module by its canonical name; none where ctx ends
// before they are known.
func (s *Snapshot) moduleDecls(ctx context.Context, lang selectors.Lang, module string) *declarations {
	return s.cachedDecls(ctx, &s.decls, lang, module, func() []string { return s.moduleFiles(lang, module) })
}

// moduleFiles lists the files of a module by its canonical name.
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
	if ctx.Err() != nil { // they may not be all: the next question starts again
		return &declarations{}
	}
	d.all, d.partial, d.complete = all, partial, true
	d.byFile = map[string][]selectors.Decl{}
	for _, decl := range d.all {
		d.byFile[decl.Path] = append(d.byFile[decl.Path], decl)
	}
	return d
}

// declare turns the outlines of a module's files into numbered declarations.
func (s *Snapshot) buildDecls(
	ctx context.Context,
	lang selectors.Lang,
	module string,
	files []string,
) (out []selectors.Decl, partial []string) {
	outlines := make([]*syntax.Outline, len(files))
	parallel(len(files), 1, func(i int) {
		if ctx.Err() == nil {
			outlines[i], _ = s.Outline(files[i])
		}
	})
	b := builder{lang: lang, module: module, symbols: map[string]int{}, packages: syntax.ByScheme(lang).Package != ""}
	for i, f := range files {
		if o := outlines[i]; o == nil {
			partial = append(partial, f)
		} else {
			if len(o.Errors) > 0 || o.Skipped != "" {
				partial = append(partial, f)
			}
			b.add(f, o)
		}
	}
	b.finish()
	return b.out, partial
}

// builder makes declarations of the outlines of one module.
type builder struct {
	lang   selectors.Lang
	module string
	// packages says that files name their modules, in a clause or a namespace.
	packages bool
	out      []selectors.Decl
	parents  []int          // of each declaration, or -1
	owners   [][]string     // of each declaration: what it hangs on by name
	symbols  map[string]int // what makes declarations one symbol → its number
}

func (b *builder) add(file string, o *syntax.Outline) {
	at := make([]int, len(o.Symbols)) // index in out; -1 for the module itself
	for i, sym := range o.Symbols {
		parent := -1
		if sym.Parent >= 0 {
			parent = at[sym.Parent]
		}
		at[i] = -1
		if b.packages && sym.Kind == selectors.KindModule && parent < 0 && sym.Text == b.module {
			continue // a namespace around the file's whole content
		}
		at[i] = len(b.out)
		d := selectors.Decl{
			Lang: b.lang, Module: b.module, Kind: sym.Kind, Path: file, Name: sym.Name, Def: sym.Def, Sig: sym.Sig,
			Body: sym.Body, Doc: sym.Doc,
			Main: sym.Main, Alias: sym.Alias, Symbol: len(b.out),
		}
		if parent >= 0 {
			p := b.out[parent]
			d.Names, d.Kinds = slices.Clone(p.Names), slices.Clone(p.Kinds)
			d.Depth, d.Local = p.Depth+1, p.Local
			if d.Local == 0 && o.Symbols[sym.Parent].Function {
				d.Local = len(p.Names)
			}
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
		}
		b.out = append(b.out, d)
		b.parents = append(b.parents, parent)
		b.owners = append(b.owners, sym.Owner)
	}
}

// mergeKey is equal for the declarations of a module that are one symbol, "" for
// one that stands alone.
func mergeKey(file string, parent int, d selectors.Decl, sym syntax.Symbol) string {
	if sym.Link != "" {
		return strings.Join(append([]string{"link", sym.Link}, d.Names...), "\x00")
	}
	if sym.Merge != "" {
		return strings.Join(append([]string{file, strconv.Itoa(parent), sym.Merge}, d.Names...), "\x00")
	}
	return ""
}

// finish numbers the declarations of one name, and finds the containers of those
// that hang on a name.
func (b *builder) finish() {
	count, first := map[string]int{}, map[string]int{}
	for i := range b.out {
		k := strings.Join(b.out[i].Names, "\x00")
		if count[k] == 0 {
			first[k] = i
		}
		b.out[i].Overload = count[k]
		count[k]++
	}
	for i := range b.out {
		d := &b.out[i]
		d.Overloads = count[strings.Join(d.Names, "\x00")]
		for n := len(b.owners[i]); n > 0; n-- { // the owner may stand in any file
			at := len(d.Names) - 1 - n + 1
			if p, ok := first[strings.Join(d.Names[:at], "\x00")]; ok && p != i {
				d.Kinds[at-1] = b.out[p].Kind
				if n == 1 {
					b.parents[i] = p
				}
			}
		}
	}
	for i := range b.out {
		if b.parents[i] >= 0 {
			b.out[i].Container = b.out[b.parents[i]].Selector().String()
		}
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

// Each yields every declaration of the language's files in the workspace, module
// by module in order of name.
func (s *Snapshot) Each(ctx context.Context, lang selectors.Lang, yield func(selectors.Decl) bool) {
	t := s.table(lang)
	files := s.langFiles[lang]
	parallel(len(files), 8, func(i int) {
		if ctx.Err() == nil {
			_, _ = s.Outline(files[i]) // its error counts where it is used
		}
	})
	modules := map[string]bool{}
	for _, f := range files {
		modules[t.moduleOf(f)] = true
	}
	sorted := make([]string, 0, len(modules))
	for m := range modules {
		sorted = append(sorted, m)
	}
	sort.Strings(sorted)
	for _, m := range sorted {
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

// declaredOnce are the declarations of a module, not kept if they were not there
// already.
func (s *Snapshot) uncachedDecls(ctx context.Context, lang selectors.Lang, module string) []selectors.Decl {
	if _, ok := s.decls.Load(string(lang) + "#" + module); ok {
		return s.moduleDecls(ctx, lang, module).all
	}
	out, _ := s.buildDecls(ctx, lang, module, s.moduleFiles(lang, module))
	return out
}

// Node follows indexed steps of an AST path, see [syntax.Node].
func (s *Snapshot) Node(path string, within text.Span, steps []selectors.Step) (text.Span, bool) {
	c, err := s.Content(path)
	if err != nil {
		return text.Span{}, false
	}
	span, ok, err := syntax.Node(context.Background(), path, c.Bytes(), within, steps)
	return span, ok && err == nil
}

// Fingerprint is the fingerprint of a declaration: its tokens without its name.
func (s *Snapshot) Fingerprint(d selectors.Decl) selectors.Fingerprint {
	l := syntax.ByScheme(d.Lang)
	src, err := s.source(d.Path)
	if err != nil || l == nil || d.Def.End > len(src) {
		return selectors.Fingerprint{}
	}
	return selectors.NewFingerprint(l.Tokens(src, d.Def, d.Name))
}

// source is the content of a file; that of the last file asked for is kept, for
// its declarations are asked for one after the other.
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
