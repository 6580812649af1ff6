// Package places turns what language servers, compilers and linters say about places into what bundles hold.
//
// It owns the reading of a server's locations, findings, fixes and symbols against a snapshot: which file of the
// workspace or of a named root is meant, what its line says, which declaration is around it, and in which unit
// columns count.
//
// Its post-conditions, each with a test of that number, here or in package server:
//
//  1. Order and uniqueness: lists are sorted by (uri, start, end) and hold no duplicates, in whatever order and how
//     often a server said it ([bundle.Facts.Window]).
//  2. Ranges lie inside their files, or the answer is doubted and says of which it is not so; start is not after end.
//  3. Columns are in the unit that environment.positionEncoding names, whatever unit the server counts in.
//  4. What lies outside the workspace is named by a root (goroot, gomod, pystdlib, site, pythonpath, cpath,
//     typeshed, node, sysroot, cargo, server, cache): no uri and no prose (hovers, messages, reasons) holds a path
//     of this machine that a root names.
//  5. Paths of the request are relative to the workspace, however they were given.
//  6. A diagnostic has a severity, a source and a code as text; its tags are sorted names, its related places in
//     order.
//  7. What is cut is counted, and the cursor that goes on is bound to the question, the snapshot and who answers.
//
// It asks no server anything, and does not decide what an answer holds.
package places

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
	"lanser/server/words"
)

// Place is a place that a server named, read against a snapshot.
type Place struct {
	URI     string        // as bundles have it
	Content *text.Content // nil if it cannot be read
	Path    string        // within the workspace, "" outside it
	File    string        // on this machine, "" within the workspace
	Span    text.Span     // in bytes
	Range   bundle.Range  // in the unit of the reader
	OK      bool          // the range lies inside the content
}

// Word returns the place as the ledger has it: within the workspace.
func (p Place) Word() ledger.Place { return ledger.Place{Path: p.Path, Span: p.Span} }

// Reader reads places for one answer.
type Reader struct {
	Snap *index.Snapshot
	// Session is the one that named the places; nil for places of a compiler or a linter.
	Session *lsp.Session
	Roots   bundle.Roots
	Units   text.Encoding    // of columns in the ranges that the reader makes
	Known   map[string]Place // documents that were read, by their URIs; the reader adds to it
	Bundle  *bundle.Bundle   // gets doubts, and where files outside the workspace are
	// IgnoreLinks leaves links to files of the workspace as they are.
	IgnoreLinks bool
	// KeepNames leaves the names of files as the server has them, which may be paths of this machine.
	KeepNames bool
}

// Place reads a location. A range that lies outside the file is kept as the server gave it, and doubted.
func (r *Reader) Place(rawURI string, at protocol.Range) Place {
	p := r.Document(rawURI)
	r.note(p)
	p.Range = bundle.Range{int(at.Start.Line), int(at.Start.Character), int(at.End.Line), int(at.End.Character)}
	if p.Content == nil {
		return p
	}
	p.Span, p.OK = r.Session.Span(p.Content, at)
	if p.OK {
		p.Range = bundle.RangeOf(p.Content, p.Span, r.Units)
	} else {
		r.Bundle.Evidence.Doubt(bundle.Partial,
			fmt.Sprintf("%s gave a range outside %s", r.Session.Server().Name, p.URI))
	}
	return p
}

// Document returns the place of a whole document.
func (r *Reader) Document(rawURI string) Place {
	p, known := r.Known[rawURI]
	if !known {
		p = r.read(rawURI)
		r.Known[rawURI] = p
	}
	return p
}

// read is [Reader.Document] without memory.
func (r *Reader) read(rawURI string) Place {
	u := uri.URI(rawURI)
	p := Place{URI: rawURI}
	if class, ok := strings.CutPrefix(rawURI, "jdt://contents/"); ok {
		// A class of a library, MODULE/PACKAGE/NAME.class, followed by where JDT LS has found it on this machine.
		class, _, _ = strings.Cut(class, "?")
		p.URI = "jdk:///" + class
		return p
	}
	if !u.IsFile() {
		return p // a server's own
	}
	file := filepath.Clean(u.FsPath()) // a path with ".." must not be taken for one of the folder that it names first
	var inside bool
	p.URI, inside = r.Roots.URI(file)
	if !inside {
		p.File = file
	} else {
		if rel, ok := beneath.Local(r.Snap.Root(), file); ok {
			p.Path = rel
			if !r.IgnoreLinks && !r.Snap.Has(rel) && !r.Snap.HasUnlisted(rel) {
				// It may be a link to a file of the workspace.
				if to, err := r.Snap.Rel(rel); err == nil && r.Snap.Has(to) {
					p.Path, p.URI = to, selectors.EscapePath(to)
				}
			}
			p.Content, _ = r.Snap.Content(p.Path) // an ignored file is read below
		}
	}
	if p.Content == nil && (inside || !strings.HasPrefix(p.URI, "file:")) { // what no root names is nobody's to show
		p.Content, _ = r.Snap.OutsideContent(file, r.Roots.Writable(file))
	}
	return p
}

// note records next to the answer where a file outside the workspace is.
func (r *Reader) note(p Place) {
	if p.File == "" || strings.HasPrefix(p.URI, "file:") {
		return // the URI says it
	}
	local := r.Bundle.Local
	if local.Paths == nil {
		local.Paths = map[string]string{}
	}
	local.Paths[p.URI] = p.File
}

// maxLine bounds the text of a location, in bytes.
const maxLine = 400

// Line returns the text of the line in which a place begins; "" if the file cannot be read.
func (p Place) Line() string {
	if p.Content == nil {
		return ""
	}
	line := strings.ToValidUTF8(p.Content.Line(p.Range[0]), "\ufffd")
	if len(line) > maxLine {
		return text.Cut(line, maxLine) + "…"
	}
	return line
}

// Locations reads a server's locations, and returns the places that they were made from too.
func (r *Reader) Locations(found []lsp.Location) ([]bundle.Location, []Place) {
	out, places := []bundle.Location{}, []Place{}
	for _, l := range found {
		p := r.Place(l.URI, l.Range)
		places = append(places, p)
		b := p.location(r.Snap)
		if l.Full != nil && p.Content != nil {
			if span, ok := r.Session.Span(p.Content, *l.Full); ok {
				full := bundle.RangeOf(p.Content, span, r.Units)
				b.FullRange = &full
			}
		}
		out = append(out, b)
	}
	return out, places
}

// location returns the place as bundles have it.
func (p Place) location(snap *index.Snapshot) bundle.Location {
	return bundle.Location{URI: p.URI, Range: p.Range, Text: p.Line(), Container: Container(snap, p)}
}

// At returns a place of the workspace as bundles have it, with columns in the given unit.
func At(snap *index.Snapshot, at ledger.Place, enc text.Encoding) bundle.Location {
	p := Place{URI: selectors.EscapePath(at.Path), Path: at.Path, Span: at.Span, OK: true}
	p.Content, _ = snap.Content(at.Path)
	if p.Content == nil {
		return bundle.Location{URI: p.URI}
	}
	p.Range = bundle.RangeOf(p.Content, at.Span, enc)
	return p.location(snap)
}

// Words returns a server's locations as places of names. One outside of the workspace has the path of the target if
// it is in the target's file, else its URI.
func (r *Reader) Words(found []lsp.Location, target string) (out []ledger.Place) {
	library, _ := r.Snap.Disk(target)
	for _, l := range found {
		p := r.Document(l.URI)
		name := p.Path
		if name == "" {
			name = p.URI
		}
		if p.File != "" && p.File == library {
			name = target
		}
		if p.Content == nil {
			out = append(out, ledger.Place{Path: name})
		} else if span, ok := r.Session.Span(p.Content, l.Range); ok {
			out = append(out, words.NameOf(r.Snap, ledger.Place{Path: name, Span: span}))
		}
	}
	return out
}

// Container returns the selector of the innermost declaration that holds a place and that people would name: a
// function's locals and unnamed callbacks are passed over. It is "" for none.
func Container(snap *index.Snapshot, p Place) string {
	if p.Path == "" || !p.OK {
		return ""
	}
	once := snap.Memoize
	if !snap.Has(p.Path) { // what is known of a library is no property of the files
		once = func(_ any, work func() any) any { return work() }
	}
	type key struct{ path string }
	named := once(key{p.Path}, func() any { return nameable(snap.FileDecls(p.Path)) }).([]*selectors.Decl)
	i := sort.Search(len(named), func(i int) bool { return named[i].Def.Start > p.Span.Start })
	for i--; i >= 0; i-- { // declarations are nested or apart: the last that holds it is the innermost
		d := named[i]
		if !d.Def.Contains(p.Span) {
			continue
		}
		for j := i; j >= 0 && named[j].Def == named[i].Def; j-- { // as Left and Right of "Left, Right *T"
			if named[j].Name.Contains(p.Span) {
				d = named[j]
			}
		}
		return once(d, func() any { return d.Selector().String() }).(string)
	}
	return ""
}

// valueKinds are the kinds of declarations that hold a value.
var valueKinds = []selectors.Kind{selectors.KindVar, selectors.KindConst, selectors.KindField}

// nameable returns the declarations that people would name, by where they begin, and the longer first.
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
