package selectors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// Source is the structure that selectors are resolved against, at one moment.
// index.Snapshot implements it.
type Source interface {
	// Content is the content of a file by its path in the workspace; its errors
	// are [fault.Error]s.
	Content(path string) (*text.Content, error)
	// FileDecls lists the declarations of a file in source order.
	FileDecls(path string) []Decl
	// Module lists the declarations of a module in any accepted spelling, and
	// the files of it that were not read cleanly; ok is false for no module.
	Module(lang Lang, module string) (decls []Decl, partial []string, ok bool)
	// Search lists the declarations of every module that may declare name, and
	// the files of them that were not read cleanly.
	Search(lang Lang, name string) (decls []Decl, partial []string)
	// ModuleNames lists the modules by their canonical names.
	ModuleNames(lang Lang) []string
}

// Status says how a selector found its target (spec section 2).
type Status string

// Exact is the status of a target found where the selector says.
const Exact Status = "exact"

// Target is what a selector resolves to.
type Target struct {
	Path    string
	Content *text.Content
	Span    text.Span // of the role that was asked for
	At      int       // byte offset at which questions to a server are put
	Decl    *Decl     // nil for a place that no declaration's name holds
	// Overloads lists the declarations of the symbol where it has several.
	Overloads []Decl
	// Partial lists the files of the searched modules that did not parse
	// cleanly: something of the same name may hide in them.
	Partial []string
	Status  Status
	Score   float64 // [0,1]
}

// MaxCandidates is the number of candidates that an ambiguity lists.
const MaxCandidates = 10

// Ambiguity is the Details of an Ambiguous error.
type Ambiguity struct {
	Total      int    // how many there are
	Candidates []Decl // the first MaxCandidates of them
}

// Resolve finds the target of a selector. rel turns the path of a cursor or
// range into one of the workspace. The error is a [fault.Error]: NotFound with
// the nearest names, Ambiguous with an [Ambiguity], VersionSkew for a docVersion
// that is not the present content.
func Resolve(src Source, s Selector, rel func(string) (string, error)) (*Target, error) {
	switch s := s.(type) {
	case Cursor:
		return resolvePlace(src, rel, s.Path, s.DocVersion, s.Indexing, text.Point{Line: s.Line - 1, Col: s.Col - 1}, nil)
	case Range:
		end := text.Point{Line: s.EndLine - 1, Col: s.EndCol - 1}
		return resolvePlace(src, rel, s.Path, s.DocVersion, s.Indexing, text.Point{Line: s.StartLine - 1, Col: s.StartCol - 1}, &end)
	case Symbolic:
		return resolveSymbol(src, s)
	}
	return nil, fault.New(fault.BadSelector, "no selector is given")
}

func resolvePlace(src Source, rel func(string) (string, error), file, docVersion string, enc text.Encoding, from text.Point, to *text.Point) (*Target, error) {
	name := strings.TrimPrefix(file, "file://")
	path, err := rel(name)
	if err != nil {
		return nil, err
	}
	content, err := src.Content(path)
	if err != nil {
		return nil, err
	}
	if err := checkVersion(path, content, docVersion); err != nil {
		return nil, err
	}
	start, err := content.OffsetOf(from, enc)
	if err != nil {
		return nil, fault.New(fault.NotFound, "%s: %v", path, err)
	}
	t := &Target{Path: path, Content: content, Span: text.Span{Start: start, End: start}, At: start, Status: Exact, Score: 1}
	if to != nil {
		if t.Span.End, err = content.OffsetOf(*to, enc); err != nil {
			return nil, fault.New(fault.NotFound, "%s: %v", path, err)
		}
	}
	for _, d := range src.FileDecls(path) {
		if to == nil && d.Name.Contains(t.Span) || to != nil && d.Def == t.Span {
			t.Decl, t.At = &d, d.Name.Start
			if to == nil {
				t.At = start
			}
		}
	}
	return t, nil
}

func checkVersion(path string, content *text.Content, docVersion string) error {
	if docVersion == "" || docVersion == content.Digest() {
		return nil
	}
	return fault.New(fault.VersionSkew, "%s is not the version %s that the selector pins: it is %s", path, docVersion, content.Digest()).
		WithHint("this version of lanser maps no coordinates between versions: read the file again and drop docVersion")
}

func resolveSymbol(src Source, s Symbolic) (*Target, error) {
	decls, partial, err := matching(src, s)
	if err != nil {
		return nil, err
	}
	if s.Overload != nil {
		decls, err = pickOverload(s, decls)
		if err != nil {
			return nil, err
		}
	}
	if symbols := distinct(decls); len(symbols) > 1 {
		e := fault.New(fault.Ambiguous, "%s names %d different symbols", s, len(symbols))
		e.Details = Ambiguity{len(symbols), symbols[:min(len(symbols), MaxCandidates)]}
		return nil, e.WithHint("use the selector of one of the candidates")
	}
	main := decls[0]
	for _, d := range decls {
		if d.Main > main.Main {
			main = d
		}
	}
	content, err := src.Content(main.Path)
	if err != nil {
		return nil, err
	}
	if err := checkVersion(main.Path, content, s.DocVersion); err != nil {
		return nil, err
	}
	t := &Target{Path: main.Path, Content: content, Span: main.RoleSpan(s.Role), At: main.Name.Start, Decl: &main, Partial: partial, Status: Exact, Score: 1}
	if len(decls) > 1 {
		t.Overloads = decls
	}
	if t.Span.Len() == 0 {
		return nil, fault.New(fault.NotFound, "%s has no %s", main.Selector(), s.Role).WithHint("it has %v", main.Roles())
	}
	return t, nil
}

// matching lists the declarations that a symbolic selector names, before the
// overload is picked.
func matching(src Source, s Symbolic) (out []Decl, partial []string, err error) {
	if s.Module == Anywhere {
		decls, partial := src.Search(s.Lang, s.Names[len(s.Names)-1])
		for _, d := range decls {
			if d.suffixMatches(s.Names) {
				out = append(out, d)
			}
		}
		if len(out) == 0 {
			if len(decls) == 0 {
				decls, partial = src.Search(s.Lang, "")
			}
			return nil, nil, notFound(src, s, decls, partial)
		}
		return out, partial, nil
	}
	decls, partial, ok := src.Module(s.Lang, s.Module)
	if !ok {
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
	if len(out) == 0 {
		return nil, nil, notFound(src, s, decls, partial)
	}
	return out, partial, nil
}

// suffixMatches says whether names are the end of d's path, as people write it.
// What is local to a function is reached only through the function's name, and
// an import is not the thing it names.
func (d Decl) suffixMatches(names []string) bool {
	hidden := len(d.Names) - len(names)
	return hidden >= 0 && !d.Alias && slices.Equal(d.Names[hidden:], names) && (d.Local == 0 || hidden < d.Local)
}

func pickOverload(s Symbolic, decls []Decl) ([]Decl, error) {
	var out []Decl
	for _, d := range decls {
		if d.Overload == *s.Overload {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.NotFound, "%s: there are %d declarations of that name, numbered from 0", s, len(decls))
	}
	return out, nil
}

// distinct lists the first declaration of each symbol.
func distinct(decls []Decl) []Decl {
	type key struct {
		module string
		symbol int
	}
	seen := map[key]bool{}
	var out []Decl
	for _, d := range decls {
		if k := (key{d.Module, d.Symbol}); !seen[k] {
			seen[k] = true
			out = append(out, d)
		}
	}
	return out
}

// Unread is the Details of a NotFound error where the name may hide in files that
// did not parse cleanly.
type Unread struct{ Files []string }

func notFound(src Source, s Symbolic, decls []Decl, partial []string) error {
	e := fault.New(fault.NotFound, "no symbol %s in %s", FormatNames(s.Names), where(s))
	if len(partial) > 0 {
		e.Message += fmt.Sprintf(", but %s cannot be read cleanly and may hold it", strings.Join(partial[:min(len(partial), 3)], ", "))
		e.Details = Unread{partial}
	}
	want := s.Names[len(s.Names)-1]
	elsewhere := decls
	if s.Module != Anywhere {
		found, _ := src.Search(s.Lang, want)
		elsewhere = append(slices.Clone(decls), found...)
	}
	var suggestions []string
	add := func(d Decl) {
		if sel := d.Selector().String(); len(suggestions) < 3 && !slices.Contains(suggestions, sel) {
			suggestions = append(suggestions, sel)
		}
	}
	for _, d := range elsewhere {
		if d.Names[len(d.Names)-1] == want && d.Local == 0 && !d.Alias {
			add(d)
		}
	}
	if len(suggestions) == 0 {
		byName := map[string]Decl{}
		var names []string
		for _, d := range decls {
			n := strings.Join(d.Names, ".")
			if _, seen := byName[n]; !seen && d.Local == 0 {
				byName[n] = d
				names = append(names, n)
			}
		}
		for _, n := range Nearest(strings.Join(s.Names, "."), names, 3) {
			add(byName[n])
		}
	}
	if len(suggestions) == 0 {
		return e.WithHint("list what there is with 'lanser symbols PATH'")
	}
	return e.WithHint("did you mean %s?", strings.Join(suggestions, " or "))
}

func where(s Symbolic) string {
	if s.Module == Anywhere {
		return fmt.Sprintf("the %s files of the workspace", s.Lang)
	}
	return s.Module
}

// Nearest lists up to k of the names that are close enough to want to be meant,
// the closest first, ties in order of name.
func Nearest(want string, names []string, k int) []string {
	type scored struct {
		name string
		d    int
	}
	var near []scored
	lower := strings.ToLower(want)
	for _, n := range names {
		d := levenshtein.ComputeDistance(lower, strings.ToLower(n))
		if strings.HasSuffix(strings.ToLower(n), lower) {
			d = 1 // the front is what people leave out
		}
		if d <= max(2, len(want)/3) {
			near = append(near, scored{n, d})
		}
	}
	slices.SortFunc(near, func(a, b scored) int {
		if a.d != b.d {
			return a.d - b.d
		}
		return strings.Compare(a.name, b.name)
	})
	var out []string
	for _, s := range near[:min(k, len(near))] {
		out = append(out, s.name)
	}
	return out
}
