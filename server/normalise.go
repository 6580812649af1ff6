package server

// Normalising turns what a server says into what bundles hold. Its post-conditions, each
// with a test of that number in normalise_test.go:
//
//  1. Order and uniqueness: lists are sorted by (uri, start, end) and hold no duplicates,
//     in whatever order and how often a server said it ([bundle.Facts.Window]).
//  2. Ranges lie inside their files, or the answer is doubted and says of which it is not
//     so; start is not after end.
//  3. Columns are in the unit that environment.positionEncoding names, whatever unit the
//     server counts in.
//  4. What lies outside the workspace is named by a root (goroot, gomod, pystdlib, site,
//     pythonpath, typeshed, node, sysroot, cargo, server, cache): no uri and no prose (hovers,
//     messages, reasons) holds a path of this machine that a root names.
//  5. Paths of the request are relative to the workspace, however they were given.
//  6. A diagnostic has a severity, a source and a code as text; its tags are sorted names,
//     its related places in order.
//  7. What is cut is counted, and the cursor that goes on is bound to the question, the
//     snapshot and who answers (view.go).

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
)

// place is a server's location made ours.
type place struct {
	uri     string
	content *text.Content // nil where it cannot be read
	path    string        // within the workspace, "" outside it
	file    string        // on this machine, "" within the workspace
	span    text.Span
	rng     bundle.Range
	ok      bool // the range lies inside the content
}

// word is the place as the ledger has it: within the workspace.
func (p place) word() ledger.Place { return ledger.Place{Path: p.path, Span: p.span} }

// place reads a location. A range that lies outside the file is kept as the
// server gave it, and doubted.
func (e *Engine) place(a *answer, s *lsp.Session, rawURI string, r protocol.Range) place {
	p := e.documentOf(a, rawURI)
	if p.file != "" {
		a.note(p.uri, p.file)
	}
	p.rng = bundle.Range{int(r.Start.Line), int(r.Start.Character), int(r.End.Line), int(r.End.Character)}
	if p.content == nil {
		return p
	}
	p.span, p.ok = s.Span(p.content, r)
	if p.ok {
		p.rng = rangeOf(p.content, p.span, a.ranges(s))
	} else {
		a.doubt(bundle.Partial, fmt.Sprintf("%s gave a range outside %s", s.Server().Name, p.uri))
	}
	return p
}

// documentOf is [Engine.document], worked out once for the answer.
func (e *Engine) documentOf(a *answer, rawURI string) place {
	p, known := a.documents[rawURI]
	if !known {
		p = e.document(a, rawURI)
		if a.documents == nil {
			a.documents = map[string]place{}
		}
		a.documents[rawURI] = p
	}
	return p
}

// document is the place of a whole document.
func (e *Engine) document(a *answer, rawURI string) place {
	u := uri.URI(rawURI)
	p := place{uri: rawURI}
	if !u.IsFile() {
		return p // a server's own
	}
	file := filepath.Clean(u.FsPath()) // a path with ".." must not be taken for one of the folder that it names first
	var inside bool
	p.uri, inside = a.roots.URI(file)
	if !inside {
		p.file = file
	} else {
		if rel, ok := beneath.Local(e.ws.Root(), file); ok {
			p.path = rel
			if !a.withoutImports && !a.snap.Has(rel) && !a.snap.HasUnlisted(rel) {
				// It may be a link to a file of the workspace.
				if to, err := a.snap.Rel(rel); err == nil && a.snap.Has(to) {
					p.path, p.uri = to, selectors.EscapePath(to)
				}
			}
			p.content, _ = a.snap.Content(p.path) // an ignored file is read below
		}
	}
	if p.content == nil && (inside || !strings.HasPrefix(p.uri, "file:")) { // what no root names is nobody's to show
		p.content, _ = a.snap.OutsideContent(file, a.roots.Writable(file))
	}
	return p
}

// note tells, beside the answer, where a file outside the workspace is.
func (a *answer) note(uri, file string) {
	if strings.HasPrefix(uri, "file:") {
		return // it tells that itself
	}
	if a.b.Local.Paths == nil {
		a.b.Local.Paths = map[string]string{}
	}
	a.b.Local.Paths[uri] = file
}

// maxLine bounds the text of a location, in bytes.
const maxLine = 400

func (p place) line() string {
	if p.content == nil {
		return ""
	}
	line := strings.ToValidUTF8(p.content.Line(p.rng[0]), "\ufffd")
	if len(line) > maxLine {
		return text.Cut(line, maxLine) + "…"
	}
	return line
}

// locations normalises a server's places.
func (e *Engine) locations(a *answer, s *lsp.Session, found []lsp.Location) []bundle.Location {
	out, _ := e.placed(a, s, found)
	return out
}

// placed is locations, with the places that they were made from.
func (e *Engine) placed(a *answer, s *lsp.Session, found []lsp.Location) ([]bundle.Location, []place) {
	out, places := []bundle.Location{}, []place{}
	for _, l := range found {
		p := e.place(a, s, l.URI, l.Range)
		places = append(places, p)
		b := bundle.Location{URI: p.uri, Range: p.rng, Text: p.line(), Container: container(a.snap, p)}
		if l.Full != nil && p.content != nil {
			if span, ok := s.Span(p.content, *l.Full); ok {
				full := rangeOf(p.content, span, a.ranges(s))
				b.FullRange = &full
			}
		}
		out = append(out, b)
	}
	return out, places
}

// container is the selector of the innermost declaration that holds the place
// and that people would name: a function's locals and unnamed callbacks are
// passed over.
func container(snap *index.Snapshot, p place) string {
	if p.path == "" || !p.ok {
		return ""
	}
	once := snap.Memoize
	if !snap.Has(p.path) { // what is known of a library is no property of the files
		once = func(_ any, work func() any) any { return work() }
	}
	type key struct{ path string }
	named := once(key{p.path}, func() any { return nameable(snap.FileDecls(p.path)) }).([]*selectors.Decl)
	i := sort.Search(len(named), func(i int) bool { return named[i].Def.Start > p.span.Start })
	for i--; i >= 0; i-- { // declarations are nested or apart: the last that holds it is the innermost
		if d := named[i]; d.Def.Contains(p.span) {
			return once(d, func() any { return d.Selector().String() }).(string)
		}
	}
	return ""
}

// valueKinds are the kinds of declarations that hold a value.
var valueKinds = []selectors.Kind{selectors.KindVar, selectors.KindConst, selectors.KindField}

// nameable are the declarations that people would name, by where they begin, and the
// longer first.
func nameable(decls []selectors.Decl) (out []*selectors.Decl) {
	for i := range decls {
		d := &decls[i]
		switch {
		case d.Alias || d.Name.Len() == 0 && d.Kind != selectors.KindMethod:
		case d.Local > 0 && slices.Contains(valueKinds, d.Kind):
		default:
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b *selectors.Decl) int {
		return cmp.Or(a.Def.Start-b.Def.Start, b.Def.Len()-a.Def.Len())
	})
	return out
}

var tagNames = map[int]string{1: "unnecessary", 2: "deprecated"}

// diagnostics normalises the findings of one file.
func (e *Engine) diagnostics(a *answer, s *lsp.Session, r lsp.FileDiagnostics) []bundle.Diagnostic {
	var out []bundle.Diagnostic
	self := string(s.URI(r.Path))
	for _, d := range r.Items {
		repeats := s.Server().HintsRepeat && d.Severity == int(protocol.DiagnosticSeverityHint)
		if repeats && (d.Code == nil || codeName(d.Code) == "") {
			continue
		}
		p := e.place(a, s, self, d.Range)
		b := bundle.Diagnostic{
			URI: p.uri, Range: p.rng, Severity: bundle.SeverityName(d.Severity), Source: d.Source,
			Message: a.roots.Scrub(string(d.Message)), Tags: []string{}, Related: []bundle.Related{},
			Text: p.line(), Container: container(a.snap, p),
		}
		if b.Source == "" {
			b.Source = s.Server().Name
		}
		if d.Code != nil {
			b.Code = codeName(d.Code)
		}
		for _, t := range d.Tags {
			if n := tagNames[t]; n != "" && !slices.Contains(b.Tags, n) {
				b.Tags = append(b.Tags, n)
			}
		}
		slices.Sort(b.Tags)
		b.Severity = s.Server().Weight(b.Source, b.Severity)
		if s.Server().IsOfCommand(a.snap, r.Path, b.Code) {
			b.Severity = "hint"
		}
		b.Fixes = e.fixes(a, d.Fixes, s)
		for _, rel := range d.Related {
			at := e.place(a, s, rel.Location.URI, rel.Location.Range)
			b.Related = append(
				b.Related,
				bundle.Related{URI: at.uri, Range: at.rng, Message: a.roots.Scrub(rel.Message)},
			)
		}
		slices.SortFunc(b.Related, func(x, y bundle.Related) int {
			return cmp.Or(
				strings.Compare(x.URI, y.URI),
				x.Range.Compare(y.Range),
				strings.Compare(x.Message, y.Message),
			)
		})
		b.Related = slices.Compact(b.Related)
		out = append(out, b)
	}
	return out
}

// codeName is a diagnostic code as text; JSON numbers come without fraction.
func codeName(code any) string {
	if f, ok := code.(float64); ok && f == float64(int64(f)) {
		return fmt.Sprint(int64(f))
	}
	return fmt.Sprint(code)
}
