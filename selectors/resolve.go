package selectors

import (
	"context"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// Status is the way in which a selector found its target (spec section 2).
type Status string

// The statuses.
const (
	Exact     Status = "exact"     // at the place that the selector names
	Moved     Status = "moved"     // at another place
	Renamed   Status = "renamed"   // under another name, recognised by its content
	Ambiguous Status = "ambiguous" // there are several candidates
	Stale     Status = "stale"     // the target does not exist any more, or was not recognised
)

// Target is what a selector resolves to.
type Target struct {
	Path    string
	Content *text.Content
	Span    text.Span // of the role that was asked for
	At      int       // byte offset of the position that is sent to a language server
	Decl    *Decl     // nil for a place outside of the names of declarations
	// Overloads lists the declarations of the symbol if it has several.
	Overloads []Decl
	// Partial lists the files of the searched modules that have syntax errors: they may contain further
	// declarations of the name.
	Partial []string
	Status  Status
	Score   float64 // [0,1]
	// Features are the features that Score was computed from; nil if there was nothing to compare.
	Features *Features
	// Selector is the canonical form of a selector that was written in another form; nil for a canonical one.
	Selector Selector
	// Passed lists the best of the PassedTotal further symbols that the selector could mean and that were not
	// chosen, at most [TopK].
	Passed      []Candidate
	PassedTotal int
}

// passOver sets the symbols that were not chosen.
func (t *Target) passOver(decls []Decl) {
	symbols := distinct(decls)
	t.Passed, t.PassedTotal = declCandidates(symbols), len(symbols)
}

// TopK is the number of candidates that are reported.
const TopK = 5

// Candidate is one of several places that a selector may mean.
type Candidate struct {
	Path     string
	Span     text.Span
	Decl     *Decl // nil for a place that is not a declaration
	Score    float64
	Features *Features // nil if nothing was compared
}

// Choice is the Details of an error with candidates: of Ambiguous, and of NotFound if there are candidates whose
// score is too low.
type Choice struct {
	Total      int         // how many there are
	Candidates []Candidate // the best of them, at most TopK
	Status     Status
}

// Resolve finds the target of a selector. The error is a [fault.Error]: NotFound with the nearest names, Ambiguous
// with a [Choice], VersionSkew for a docVersion that is not available.
func Resolve(ctx context.Context, src Source, s Selector) (*Target, error) {
	r := resolver{ctx: ctx, now: src}
	switch s := s.(type) {
	case Cursor:
		return r.place(s.Path, s.DocVersion, s.Indexing, text.Point{Line: s.Line - 1, Col: s.Col - 1}, nil)
	case Range:
		end := text.Point{Line: s.EndLine - 1, Col: s.EndCol - 1}
		return r.place(s.Path, s.DocVersion, s.Indexing, text.Point{Line: s.StartLine - 1, Col: s.StartCol - 1}, &end)
	case Symbolic:
		return r.symbolic(s)
	case AST:
		return r.withPartial(r.ast(s))
	case Anchor:
		return r.anchor(s)
	case ID:
		return r.withPartial(r.id(s))
	case Place:
		return r.typedPlace(s)
	case Named:
		return r.typedSymbol(s)
	}
	return nil, fault.New(fault.BadSelector, "no selector is given")
}

// withPartial adds to the target the files of its module that have syntax errors: they may contain other
// declarations of the name.
func (r resolver) withPartial(t *Target, err error) (*Target, error) {
	if err == nil && t.Decl != nil {
		_, t.Partial, _ = r.now.Module(r.ctx, t.Decl.Lang, t.Decl.Module)
	}
	return t, err
}

// resolver is one resolution against the present.
type resolver struct {
	ctx context.Context
	now Source
}

// place resolves a cursor, or a range if to is given.
func (r resolver) place(file, docVersion string, enc text.Encoding, from text.Point, to *text.Point) (*Target, error) {
	path, err := r.now.Rel(strings.TrimPrefix(file, "file://"))
	if err != nil {
		return nil, err
	}
	old, err := r.version(docVersion, path)
	if err != nil {
		return nil, err
	}
	content, err := old.Content(path)
	if err != nil {
		return nil, err
	}
	span := text.Span{}
	span.Start, err = content.OffsetOf(from, enc)
	if err != nil {
		return nil, fault.New(fault.NotFound, "%s: %v", path, err)
	}
	span.End = span.Start
	if to != nil {
		span.End, err = content.OffsetOf(*to, enc)
		if err != nil {
			return nil, fault.New(fault.NotFound, "%s: %v", path, err)
		}
	}

	if docVersion == "" {
		return r.targetAt(r.now, path, span, Exact, nil)
	}
	return r.relocate(old, docVersion, path, span)
}

// version returns the workspace at a docVersion: the present if there is none, or if it is the
// digest of the file's present content.
func (r resolver) version(docVersion, path string) (Version, error) {
	if docVersion == "" {
		return Version{Source: r.now, Whole: true, Path: path}, nil
	}
	if path != "" {
		if c, err := r.now.Content(path); err == nil && c.Digest() == docVersion {
			return Version{Source: r.now, Path: path}, nil
		}
	}
	return r.now.At(r.ctx, docVersion, path)
}

// targetAt returns the target for a span of a file of src.
func (r resolver) targetAt(src Source, path string, span text.Span, status Status, f *Features) (*Target, error) {
	content, err := src.Content(path)
	if err != nil {
		return nil, err
	}
	t := &Target{Path: path, Content: content, Span: span, At: span.Start, Status: status, Score: 1, Features: f}
	if f != nil {
		t.Score = f.Score()
	}
	if declAt(src.LocalDecls(path), span) != nil { // most places are at no name, and need no other file
		t.Decl = declAt(src.FileDecls(path), span)
	}
	if t.Decl != nil && span.Len() > 0 {
		t.At = t.Decl.Name.Start
	}
	return t, nil
}

// declAt returns the declaration that a place means, nil for none. A cursor means the declaration whose name it is
// in. A range means the declaration that it covers exactly, or otherwise the outermost declaration whose name it
// contains, if there is only one.
func declAt(decls []Decl, span text.Span) (best *Decl) {
	several := false
	for _, d := range decls {
		switch {
		case d.Name.Len() == 0:
		case span.Len() == 0:
			if d.Name.Contains(span) {
				best = &d
			}
		case d.Def == span:
			return &d
		case !span.Contains(d.Name):
		case best == nil || d.Depth < best.Depth:
			best, several = &d, false
		case d.Depth == best.Depth:
			several = true
		}
	}

	if several {
		return nil
	}
	return best
}

// symbolic resolves a name. A name of an earlier version is looked up in the present, and relocated if it is gone.
func (r resolver) symbolic(s Symbolic) (*Target, error) {
	var old Version
	var was []Decl
	if s.DocVersion != "" {
		var err error
		old, err = r.version(s.DocVersion, "")
		if err != nil {
			return nil, err
		}
		was, err = r.declsAtVersion(old, s)
		if err != nil {
			return nil, err // the earlier version did not have it either
		}
		if s.Overload != nil {
			return r.withPartial(r.relocateOverload(old, s.DocVersion, was[0], s.Role))
		}
	}

	found, err := r.matching(s)
	decls := found.decls
	if s.DocVersion != "" && fault.Is(err, fault.NotFound) {
		if len(distinct(was)) > 1 {
			return nil, ambiguous(s, was)
		}
		return r.withPartial(r.relocateDecl(old, s.DocVersion, implementation(was), s.Role, err))
	}
	if err != nil {
		return nil, err
	}
	if len(distinct(decls)) > 1 {
		return nil, ambiguous(s, decls)
	}
	t, err := r.declared(implementation(decls), s.Role)
	if err != nil {
		return nil, err
	}
	t.Partial = found.partial
	if len(decls) > 1 {
		t.Overloads = decls
	}

	t.passOver(found.passed)
	if s.DocVersion != "" {
		t.Status = movedStatus(old, implementation(was), r.now, *t.Decl)
	}

	return t, nil
}

// declsAtVersion lists the declarations that a selector named in an earlier version. If only one
// file is known as of that version, declarations in it are preferred to an overload number: the
// number counted declarations of other files too, whose content at that time is unknown.
func (r resolver) declsAtVersion(old Version, s Symbolic) ([]Decl, error) {
	earlier := resolver{ctx: r.ctx, now: old}
	if old.Whole || s.Overload == nil {
		was, err := earlier.matching(s)
		return was.decls, err
	}

	all := s
	all.Overload = nil
	found, err := earlier.matching(all)
	if err != nil {
		return nil, err
	}
	was := found.decls
	in := slices.DeleteFunc(slices.Clone(was), func(d Decl) bool { return d.Path != old.Path })
	if len(in) == 1 {
		return in, nil
	}
	if len(in) == len(was) {
		return pickOverload(s, *s.Overload, was)
	}
	return nil, ambiguous(s, was)
}

// movedStatus returns Exact if a declaration is at the line and column where it was, else Moved.
func movedStatus(old Source, was Decl, now Source, is Decl) Status {
	a, err1 := old.Content(was.Path)
	b, err2 := now.Content(is.Path)
	if err1 == nil && err2 == nil && was.Path == is.Path &&
		a.PointOf(was.Name.Start, text.UTF8) == b.PointOf(is.Name.Start, text.UTF8) {
		return Exact
	}
	return Moved
}

// declared returns the target for a role of a present declaration.
func (r resolver) declared(d Decl, role Role) (*Target, error) {
	content, err := r.now.Content(d.Path)
	if err != nil {
		return nil, err
	}
	t := &Target{
		Path:    d.Path,
		Content: content,
		Span:    d.RoleSpan(role),
		At:      d.Name.Start,
		Decl:    &d,
		Status:  Exact,
		Score:   1,
	}
	if t.Span.Len() == 0 {
		return nil, fault.New(fault.NotFound, "%s has no %s", d.Selector(), role).WithHint("it has %v", d.Roles())
	}
	return t, nil
}

// ambiguous returns the error for a selector that several symbols have. Its Details are a [Choice].
func ambiguous(s Selector, decls []Decl) error {
	symbols := distinct(decls)
	c := Choice{Total: len(symbols), Status: Ambiguous, Candidates: declCandidates(symbols)}
	e := fault.New(fault.Ambiguous, "%s names %d different symbols", s, len(symbols))
	return e.WithDetails(c).WithHint("use the selector of one of the candidates")
}

// declCandidates lists the first of the symbols, [TopK] at most.
func declCandidates(symbols []Decl) (out []Candidate) {
	for _, d := range symbols[:min(len(symbols), TopK)] {
		out = append(out, Candidate{Path: d.Path, Span: d.Name, Decl: &d, Score: 1})
	}
	return out
}

// implementation returns the declaration with a body among those of one symbol, else the first.
func implementation(decls []Decl) Decl {
	best := decls[0]
	for _, d := range decls {
		if d.Main > best.Main {
			best = d
		}
	}
	return best
}

// ast resolves an AST path: the named steps like a name whose kinds must agree, and the indexed steps in the tree below
// that declaration.
func (r resolver) ast(s AST) (*Target, error) {
	named := s.Steps
	if i := slices.IndexFunc(s.Steps, func(st Step) bool { return st.Name == "" }); i >= 0 {
		named = s.Steps[:i]
	}

	indexed := s.Steps[len(named):]
	old, err := r.version(s.DocVersion, "")
	if err != nil {
		return nil, err
	}
	found, err := (resolver{ctx: r.ctx, now: old}).matchingSteps(s, named)
	if err != nil {
		return nil, err
	}
	was := found.decls
	if len(distinct(was)) > 1 {
		return nil, ambiguous(s, was)
	}
	d := implementation(was)
	if len(indexed) == 0 {
		if s.DocVersion == "" {
			t, err := r.declared(d, Def)
			if err == nil {
				t.passOver(found.passed)
			}
			return t, err
		}
		return r.relocateDecl(old, s.DocVersion, d, Def, nil)
	}

	span, ok := old.Node(d.Path, d.Def, indexed)
	if !ok {
		return nil, fault.New(fault.NotFound, "%s: there is no such node below %s", s, d.Selector()).
			WithHint("indexed steps count from 0, in source order, over all levels below")
	}
	if s.DocVersion == "" {
		return r.targetAt(r.now, d.Path, span, Exact, nil)
	}
	return r.relocate(old, s.DocVersion, d.Path, span)
}

// matchingSteps lists the declarations that named steps mean, in all languages.
func (r resolver) matchingSteps(s AST, named []Step) (out matches, err error) {
	module, names, kinds := Anywhere, []string{}, []Kind{}
	for i, st := range named {
		if i == 0 && st.Kind == string(KindModule) {
			module = st.Name
			continue
		}
		names, kinds = append(names, st.Name), append(kinds, Kind(st.Kind))
	}

	if len(names) == 0 {
		return matches{}, fault.New(fault.NotFound, "%s names a module and nothing in it", s).
			WithHint("add a step, such as /[def=NAME]; a place in a file is path@L1:C1")
	}
	langs := r.now.Langs()
	if module != Anywhere { // the workspace first, then libraries
		elsewhere := func(l Lang) bool { return !r.now.HasModule(l, module) }
		if here := slices.DeleteFunc(slices.Clone(langs), elsewhere); len(here) > 0 {
			langs = here
		}
	}

	var first error
	for _, lang := range langs {
		decls, partial, err := r.named(Symbolic{Lang: lang, Module: module, Names: names, Role: Def})
		if err != nil {
			if first == nil || isUnread(err) {
				first = err
			}
			continue
		}

		out.partial = append(out.partial, partial...)
		for _, d := range decls {
			if d.ofKinds(kinds) {
				out.decls = append(out.decls, d)
			}
		}
	}

	if len(out.decls) > 0 {
		if module == Anywhere {
			out.decls, out.passed = preferred(r.now, out.decls, names)
		}
		return out, nil
	}

	e := fault.New(fault.NotFound, "nothing in the workspace has the path %s", s)
	if first != nil {
		e.Hint, e.Details = fault.From(first).Hint, fault.From(first).Details
	}

	return matches{}, e
}

// isUnread reports whether a search found nothing, but files that it could not read may contain the name.
func isUnread(err error) bool {
	_, ok := fault.From(err).Details.(Unread)
	return ok
}

// ofKinds reports whether the declaration and those around it are of the given kinds, innermost
// last. def and method count as one kind, because the paper writes methods as def.
func (d Decl) ofKinds(kinds []Kind) bool {
	hidden := len(d.Kinds) - len(kinds)
	for i, k := range kinds {
		if have := d.Kinds[hidden+i]; have != "" && !sameKind(have, k) {
			return false
		}
	}
	return true
}

// sameKind reports whether two kinds are equal, functions and methods counting as one.
func sameKind(a, b Kind) bool {
	isFunction := func(k Kind) bool { return k == KindDef || k == KindMethod }
	return a == b || isFunction(a) && isFunction(b)
}

// sameName reports whether two declarations have the same language, module and name path.
func (d Decl) sameName(o Decl) bool {
	return d.Lang == o.Lang && d.Module == o.Module && slices.Equal(d.Names, o.Names)
}

// id resolves a symbolId to the declaration that has it now, or otherwise to the one that had it when it was part of
// an answer. The id of one of several declarations of a name has the rank of the declaration, which shifts when another
// is added or removed: then the one that had it is looked for, too.
func (r resolver) id(s ID) (*Target, error) {
	d, isThere := r.now.ByID(r.ctx, s.Hex)
	m, isRemembered := r.now.Remembered(s.Hex)
	isShifted := isRemembered && m.Overloads > 0 && m.Overloads != max(d.Overloads, 1)
	if isThere && !isShifted {
		return r.declared(d, Def)
	}
	if !isRemembered {
		return nil, fault.New(fault.NotFound, "no symbol of the workspace has %s, and it was not given out here", s).
			WithHint("name the symbol instead, as in go://*#Name")
	}
	old, err := r.now.At(r.ctx, m.DocVersion, m.Path)
	if err != nil {
		return nil, err
	}
	for _, d := range old.FileDecls(m.Path) {
		if !slices.Equal(d.Names, m.Names) || d.Kind != m.Kind || d.Module != m.Module {
			continue
		}
		if m.Overloads == 0 || m.Overloads == 1 && !isShifted {
			return r.relocateDecl(old, m.DocVersion, d, Def, nil)
		}
		if d.Overload == m.Overload {
			return r.relocateOverload(old, m.DocVersion, d, Def)
		}
	}
	return nil, fault.New(fault.NotFound, "%s was %s#%s, which is gone", s, m.Module, FormatNames(m.Names))
}
