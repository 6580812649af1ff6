package places

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/cbuild"
	"lanser/server/compiler"
	"lanser/server/lsp"
)

var tagNames = map[int]string{1: "unnecessary", 2: "deprecated"}

// Diagnostics reads a server's findings in one file.
func (r *Reader) Diagnostics(found lsp.FileDiagnostics) []bundle.Diagnostic {
	var out []bundle.Diagnostic
	srv := r.Session.Server()
	self := string(r.Session.URI(found.Path))
	for _, d := range found.Items {
		repeats := srv.HintsRepeat && d.Severity == int(protocol.DiagnosticSeverityHint)
		if repeats && (d.Code == nil || codeName(d.Code) == "") {
			continue
		}
		p := r.Place(self, d.Range)
		b := r.diagnostic(p, bundle.SeverityName(d.Severity), string(d.Message))
		b.Source = r.Roots.Scrub(cmp.Or(d.Source, srv.Name)) // that of YAML may hold the path of a schema
		if d.Code != nil {
			b.Code = codeName(d.Code)
		}
		for _, t := range d.Tags {
			if n := tagNames[t]; n != "" && !slices.Contains(b.Tags, n) {
				b.Tags = append(b.Tags, n)
			}
		}
		slices.Sort(b.Tags)
		b.Severity = srv.Weight(b.Source, b.Code, b.Message, b.Severity)
		if b.Severity == "warning" && srv.WarningsFail(r.Snap) {
			b.Severity = "error"
		}
		if cbuild.IsOfCommand(srv.BuildView(r.Snap), found.Path, b.Code) {
			b.Severity = "hint"
		}
		b.Fixes = r.fixes(d.Fixes)
		for _, rel := range d.Related {
			b.Related = append(b.Related, r.related(r.Place(rel.Location.URI, rel.Location.Range), rel.Message))
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

// diagnostic returns a finding at a place.
func (r *Reader) diagnostic(p Place, severity, message string) bundle.Diagnostic {
	return bundle.Diagnostic{
		URI: p.URI, Range: p.Range, Severity: severity, Message: r.Roots.Scrub(message),
		Tags: []string{}, Related: []bundle.Related{}, Text: p.Line(), Container: Container(r.Snap, p),
	}
}

func (r *Reader) related(p Place, message string) bundle.Related {
	return bundle.Related{URI: p.URI, Range: p.Range, Message: r.Roots.Scrub(message)}
}

// codeName is a diagnostic code as text; JSON numbers come without fraction.
func codeName(code any) string {
	if f, ok := code.(float64); ok && f == float64(int64(f)) {
		return fmt.Sprint(int64(f))
	}
	return fmt.Sprint(code)
}

// Counting is how a compiler or a linter counts lines and columns.
type Counting struct {
	Lines     text.LineEnds
	Columns   text.Encoding
	SkipsMark bool // a byte-order mark is no part of the first line
}

// Finding reads a finding of a compiler or a linter, whose paths are relative to the folder root, absolute.
func (r *Reader) Finding(source string, by Counting, root string, f compiler.Finding) bundle.Diagnostic {
	d := r.diagnostic(r.CommandPlace(by, root, f.At), f.Severity, f.Message)
	d.Source, d.Code = source, f.Code
	for _, rel := range f.Related {
		d.Related = append(d.Related, r.related(r.CommandPlace(by, root, rel.At), rel.Message))
	}
	return d
}

// CommandPlace reads the place of a finding of a compiler or a linter, see [Reader.Finding].
func (r *Reader) CommandPlace(by Counting, root string, p compiler.Place) Place {
	doc := r.fileIn(root, p.File)
	if doc.Content == nil {
		return doc
	}
	counted := doc.Content.CountedBy(by.Lines)
	offset := func(line, col int) int {
		if by.SkipsMark && line == 0 && len(WithoutMark(doc.Content.Bytes())) < doc.Content.Len() {
			col += markWidth[by.Columns]
		}
		to, _ := counted.ClipOffsetOf(text.Point{Line: line, Col: col}, by.Columns)
		return to
	}
	start, end := offset(p.Line, p.Column), offset(p.EndLine, p.EndColumn)
	doc.Span, doc.OK = text.Span{Start: start, End: max(start, end)}, true
	doc.Range = bundle.RangeOf(doc.Content, doc.Span, r.Units)
	return doc
}

// fileIn returns the document of a file whose path is relative to the folder root.
func (r *Reader) fileIn(root, file string) Place {
	file = filepath.FromSlash(file)
	if !filepath.IsAbs(file) {
		file = filepath.Join(root, file)
	}
	doc := r.Document(string(uri.File(file)))
	r.note(doc)
	return doc
}

// markWidth is the width of a byte-order mark.
var markWidth = map[text.Encoding]int{text.UTF8: 3, text.UTF16: 1, text.CodePoint: 1}

// WithoutMark returns a text without a byte-order mark at its beginning.
func WithoutMark(content []byte) []byte { return bytes.TrimPrefix(content, []byte("\ufeff")) }

// ProjectFinding reads a finding about a project file, or about the one named config if the finding names none.
func (r *Reader) ProjectFinding(config string, f compiler.ProjectFinding) bundle.Diagnostic {
	p := r.fileIn(r.Snap.Root(), cmp.Or(f.File, config))
	if p.Content != nil && f.File != "" {
		p.Range = bundle.RangeOf(p.Content, jsonToken(p.Content, f.Line, f.Col), r.Units)
	}
	d := r.diagnostic(p, f.Severity, f.Message)
	d.Source, d.Code = r.Session.Server().ProjectCheck.Source, f.Code
	return d
}

// jsonToken returns the string, the word or the character at a point of a JSON file. The column is in
// UTF-16 units.
func jsonToken(c *text.Content, line, col int) text.Span {
	start, _ := c.ClipOffsetOf(text.Point{Line: line, Col: col}, text.UTF16)
	rest := c.Bytes()[start:]
	if len(rest) == 0 || rest[0] == '\r' || rest[0] == '\n' {
		return text.Span{Start: start, End: start}
	}
	_, width := utf8.DecodeRune(rest)
	if rest[0] != '"' {
		return text.Span{Start: start, End: start + max(text.WordLen(rest, ""), width)}
	}
	for i := 1; i < len(rest) && rest[i] != '\n'; i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return text.Span{Start: start, End: start + i + 1}
		}
	}
	return text.Span{Start: start, End: start + 1}
}
