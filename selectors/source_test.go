package selectors_test

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	sel "lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// toy is the language of the in-memory workspace: a line "KIND NAME" declares, and the lines below
// it that are indented deeper belong to it. A file is a module, named by its path without ".toy".
const toy sel.Lang = "toy"

// memory is a [sel.Source] over files in memory, with one earlier version.
type memory struct {
	files   map[string]*text.Content
	old     *memory           // "git:OLD"; nil in the earlier version itself
	renames map[string]string // path in old → path here
	memory  map[string]sel.Memory
}

func newMemory(files map[string]string, old *memory, renames map[string]string) *memory {
	m := &memory{files: map[string]*text.Content{}, old: old, renames: renames, memory: map[string]sel.Memory{}}
	for p, src := range files {
		m.files[p] = text.New([]byte(src))
	}
	if old == nil {
		return m
	}
	for p, c := range old.files { // the symbolIds that were given out
		for _, d := range old.FileDecls(p) {
			m.memory[strings.TrimPrefix(d.ID(), "id:")] = sel.Memory{
				Lang: d.Lang, Module: d.Module, Names: d.Names, Kind: d.Kind,
				Overload: d.Overload, Overloads: max(d.Overloads, 1),
				Path: p, DocVersion: c.Digest(),
			}
		}
	}
	return m
}

func (m *memory) Langs() []sel.Lang { return []sel.Lang{toy} }

func (m *memory) Rel(p string) (string, error) { return strings.TrimPrefix(p, "/ws/"), nil }

func (m *memory) PathsEnding(p string) (out []string) {
	for _, file := range slices.Sorted(maps.Keys(m.files)) {
		if strings.HasSuffix("/"+file, "/"+p) {
			out = append(out, file)
		}
	}
	return out
}

func (m *memory) Content(p string) (*text.Content, error) {
	if c := m.files[p]; c != nil {
		return c, nil
	}
	return nil, fault.New(fault.NotFound, "there is no %s", p)
}

func (m *memory) FileDecls(p string) []sel.Decl {
	var in []sel.Decl
	for _, d := range m.module(moduleOf(p)) {
		if d.Path == p {
			in = append(in, d)
		}
	}
	return in
}

func (m *memory) LocalDecls(p string) []sel.Decl { return m.FileDecls(p) }

func moduleOf(p string) string { return strings.TrimSuffix(p, path.Ext(p)) }

// module reads the declarations of a module: of the files whose names agree up to the extension.
func (m *memory) module(module string) []sel.Decl {
	var out []sel.Decl
	for _, p := range slices.Sorted(maps.Keys(m.files)) {
		if moduleOf(p) == module {
			out = append(out, parseToy(p, m.files[p])...)
		}
	}
	count := map[string]int{}
	for i := range out {
		name := strings.Join(out[i].Names, ".")
		out[i].Overload = count[name]
		out[i].Symbol = i
		count[name]++
	}
	for i := range out {
		out[i].Overloads = count[strings.Join(out[i].Names, ".")]
	}
	return out
}

func parseToy(p string, c *text.Content) (out []sel.Decl) {
	var open []int // indices in out of what is open, by depth
	indents := map[int]int{}
	for l := range c.Lines() {
		line := c.Line(l)
		code := strings.TrimLeft(line, " ")
		if code == "" {
			continue
		}
		span, _ := c.LineSpan(l)
		indent := len(line) - len(code)
		for len(open) > 0 && indents[open[len(open)-1]] >= indent {
			open = open[:len(open)-1]
		}
		for _, i := range open {
			out[i].Def.End, out[i].Body.End = span.End, span.End
			if out[i].Body.Start == 0 {
				out[i].Body.Start = span.Start + indent
			}
		}
		kind, name, ok := strings.Cut(code, " ")
		if !ok || !sel.IsKind(sel.Kind(kind)) {
			continue
		}
		start := span.Start + indent
		d := sel.Decl{
			Lang: toy, Module: moduleOf(p), Path: p, Kind: sel.Kind(kind), Depth: len(open),
			Def: text.Span{Start: start, End: span.End}, Sig: text.Span{Start: start, End: span.End},
			Name: text.Span{Start: span.End - len(name), End: span.End},
		}
		if len(open) > 0 {
			around := out[open[len(open)-1]]
			d.Names, d.Kinds = slices.Clone(around.Names), slices.Clone(around.Kinds)
		}
		d.Names, d.Kinds = append(d.Names, name), append(d.Kinds, d.Kind)
		indents[len(out)] = indent
		open = append(open, len(out))
		out = append(out, d)
	}
	return out
}

func (m *memory) Module(_ context.Context, lang sel.Lang, module string) ([]sel.Decl, []string, bool) {
	return m.module(module), nil, m.HasModule(lang, module)
}

// Reexported knows lines such as "hands on NAME from MODULE".
func (m *memory) Reexported(_ sel.Lang, module, name string) (out []sel.Origin) {
	c, ok := m.files[module+".toy"]
	if !ok {
		return nil
	}
	for line := range strings.Lines(string(c.Bytes())) {
		words := strings.Fields(line)
		if len(words) == 5 && words[0] == "hands" && words[2] == name {
			out = append(out, sel.Origin{Module: words[4], Name: name})
		}
	}
	return out
}

// Spelling knows the modules that hand something on.
func (m *memory) Spelling(_ context.Context, _ sel.Lang, word string) (out []string) {
	for _, module := range m.ModuleNames(toy) {
		if len(m.Reexported(toy, module, word)) > 0 {
			out = append(out, module)
		}
	}
	return out
}

func (m *memory) Promoted(context.Context, sel.Lang, string, []string) []sel.Decl { return nil }

func (m *memory) FormerSelectors() bool { return false }

func (m *memory) PathsLike(name string) []string {
	return sel.Nearest(name, slices.Sorted(maps.Keys(m.files)), 3)
}

func (m *memory) FormerNames() bool { return false }

func (m *memory) FormerArguments() bool { return false }

func (m *memory) FormerRelocation() bool { return false }

func (m *memory) FormerSuggestions() bool { return false }

func (m *memory) HasModule(_ sel.Lang, module string) bool {
	return slices.Contains(m.ModuleNames(toy), module)
}

func (m *memory) ModuleNames(sel.Lang) []string {
	var out []string
	for _, p := range slices.Sorted(maps.Keys(m.files)) {
		out = append(out, moduleOf(p))
	}
	return slices.Compact(out)
}

func (m *memory) Search(_ context.Context, _ sel.Lang, names ...string) (out []sel.Decl, _ []string) {
	for _, module := range m.ModuleNames(toy) {
		decls := m.module(module)
		holds := func(name string) bool {
			return slices.ContainsFunc(decls, func(d sel.Decl) bool { return slices.Contains(d.Names, name) })
		}
		if !slices.ContainsFunc(names, func(n string) bool { return !holds(n) }) {
			out = append(out, decls...)
		}
	}
	return out, nil
}

// Node finds lines: "line[1]" is the second line of what is within.
func (m *memory) Node(p string, within text.Span, steps []sel.Step) (text.Span, bool) {
	c := m.files[p]
	l := c.LineOf(within.Start) + steps[0].Index
	s, ok := c.LineSpan(l)
	return s, ok && steps[0].Kind == "line" && len(steps) == 1 && within.Contains(text.Span{Start: s.End, End: s.End})
}

// FirstName finds the first word that is no kind of declaration.
func (m *memory) FirstName(p string, within text.Span) (text.Span, bool) {
	c := m.files[p]
	for at := within.Start; at < within.End; at++ {
		n := text.WordLen(c.Bytes()[at:within.End], "")
		if n > 0 && !sel.IsKind(sel.Kind(c.Slice(text.Span{Start: at, End: at + n}))) {
			return text.Span{Start: at, End: at + n}, true
		}
		at += max(n-1, 0)
	}
	return text.Span{}, false
}

// Secondary reports whether a file is a test by its name.
func (m *memory) Secondary(d sel.Decl) bool { return strings.Contains(d.Path, "_test.") }

func (m *memory) Fingerprint(d sel.Decl) sel.Fingerprint {
	var tokens []uint64
	code := m.files[d.Path].Slice(text.Span{Start: d.Name.End, End: d.Def.End})
	for _, w := range strings.Fields(code) {
		tokens = append(tokens, sel.HashBytes([]byte(w)))
	}
	return sel.NewFingerprint(tokens)
}

func (m *memory) Each(ctx context.Context, _ sel.Lang, yield func(sel.Decl) bool) {
	decls, _ := m.Search(ctx, toy)
	for _, d := range decls {
		if !yield(d) {
			return
		}
	}
}

func (m *memory) ByID(ctx context.Context, hex string) (found sel.Decl, ok bool) {
	m.Each(ctx, toy, func(d sel.Decl) bool {
		ok = d.ID() == "id:"+hex
		if ok {
			found = d
		}
		return !ok
	})
	return found, ok
}

func (m *memory) Remembered(hex string) (sel.Memory, bool) {
	kept, ok := m.memory[hex]
	return kept, ok
}

func (m *memory) At(_ context.Context, docVersion, p string) (sel.Version, error) {
	if docVersion == "git:OLD" {
		return sel.Version{Source: m.old, Whole: true}, nil
	}
	for _, known := range slices.Sorted(maps.Keys(m.old.files)) {
		if c := m.old.files[known]; c.Digest() == docVersion && (p == "" || p == known) {
			files := maps.Clone(m.files)
			files[known] = c
			return sel.Version{Source: &memory{files: files}, Path: known}, nil
		}
	}
	return sel.Version{}, fault.New(fault.VersionSkew, "the version %s is not available", docVersion)
}

func (m *memory) EarlierVersion(_ context.Context, p string, accept func([]byte) bool) string {
	if c := m.old.files[p]; c != nil && accept(c.Bytes()) {
		return "git:OLD"
	}
	return ""
}

func (m *memory) Renames(_ context.Context, docVersion, p string) []string {
	if to, ok := m.renames[p]; ok && docVersion == "git:OLD" {
		return []string{to}
	}
	return nil
}

// describe is a target or an error as the test files have it.
func describe(t *sel.Target, err error) string {
	if err != nil {
		return string(fault.From(err).Code)
	}
	at := t.Content.PointOf(t.Span.Start, text.UTF16)
	out := fmt.Sprintf("%s %s:%d:%d", t.Status, t.Path, at.Line+1, at.Col+1)
	if t.Decl != nil {
		out += " " + sel.FormatNames(t.Decl.Names)
	}
	if t.Selector != nil {
		out += " as " + t.Selector.String()
	}
	for _, c := range t.Passed {
		out += ", not " + c.Decl.Selector().String()
	}
	return out
}
