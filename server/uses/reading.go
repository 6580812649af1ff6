package uses

import (
	"fmt"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/trace"
)

// Reading is the bundle that a question's answer is written into, and what is needed to read the places and messages
// of servers in its terms: the snapshot of the question, the folders that have names, and the documents that servers
// have named. Its methods ask servers where their word is the whole answer, and need no account of the symbol's words.
type Reading struct {
	*Question
	Bundle *bundle.Bundle // the facts and the evidence so far
	Roots  bundle.Roots   // named folders outside the workspace
	// Documents are those that a server has named, by its URIs. They are read once for an answer.
	Documents map[string]Place
	Mixed     bool // several servers answer: ranges are in UTF-16 units, whatever each speaks
}

// Place is a place that a server named.
type Place = places.Place

// Facts returns the facts of the answer, and makes them if there are none yet. provenance is who speaks in new ones,
// "lsp" or "syntax" (spec section 4); the provenance of facts that are there stays.
func (r *Reading) Facts(provenance string) *bundle.Facts {
	if r.Bundle.Facts == nil {
		r.Bundle.Facts = &bundle.Facts{Provenance: provenance}
	}
	return r.Bundle.Facts
}

// Doubt sets the state of the answer's evidence and adds the reason. It does not compare: a caller that may come after
// a worse state passes [bundle.Worse] of both, lest "timed_out" become "partial".
func (r *Reading) Doubt(state, reason string) {
	r.Bundle.Evidence.Doubt(state, reason)
}

// Reader returns what reads the places of a session for the answer.
func (r *Reading) Reader(s *lsp.Session) *places.Reader {
	reader := r.ReaderIn(r.Ranges(s))
	reader.Session = s
	return reader
}

// ReaderIn returns what reads places for the answer, with ranges in the given unit.
func (r *Reading) ReaderIn(units text.Encoding) *places.Reader {
	if r.Documents == nil {
		r.Documents = map[string]Place{}
	}
	return &places.Reader{
		Snap: r.Snap, Roots: r.Roots, Units: units, Known: r.Documents, Bundle: r.Bundle,
		IgnoreLinks: !r.Format.Has(trace.Imports), KeepNames: !r.Format.Has(trace.FileNames),
	}
}

// Ranges returns the unit of columns in what the answer takes from a session: the encoding that was negotiated with the
// server, as it is named in the bundle's environment. A bundle has one unit, so that of several servers all are
// converted to UTF-16.
func (r *Reading) Ranges(s *lsp.Session) text.Encoding {
	if r.Mixed {
		return text.UTF16
	}
	return s.Encoding()
}

// Locations reads a server's locations.
func (r *Reading) Locations(s *lsp.Session, found []lsp.Location) []bundle.Location {
	out, _ := r.Reader(s).Locations(found)
	return out
}

// WordsAt returns a server's locations as places of names, see [places.Reader.Words]. Servers name a declaration by its
// name or as a whole; the ledger compares the places of names alone.
func (r *Reading) WordsAt(s *lsp.Session, found []lsp.Location) []ledger.Place {
	return r.Reader(s).Words(found, r.Target.Path)
}

// Symbol returns a declaration as bundles have it.
func (r *Reading) Symbol(d selectors.Decl, c *text.Content) bundle.Symbol {
	return places.Declared(d, c, text.Encoding(r.Bundle.Environment.PositionEncoding))
}

// OpenOverlaid adds the files of an overlay to those that are open: a server sees what is not on disk only there. What
// it cannot be shown is a doubt.
func (r *Reading) OpenOverlaid(srv *catalogue.Server, open []string) []string {
	for _, p := range r.Snap.Overlaid() {
		switch why := srv.ReadsFromDisk(r.Snap, p); {
		case !srv.Concerns(p):
		case why != "":
			r.Doubt(bundle.Partial, why)
		default:
			open = append(open, p)
		}
	}
	return open
}

// Missing returns the places that are not among those of a server, as lines that a ledger has confirmed: the answer
// names them, and marks that the server does not.
func Missing(places []ledger.Place, known []Place) (out []ledger.Line) {
	for _, p := range places {
		if !slices.ContainsFunc(known, func(k Place) bool { return k.Path == p.Path && k.Span == p.Span }) {
			out = append(out, ledger.Line{Word: ledger.Word{Place: p}, Entry: ledger.Confirmed})
		}
	}
	return out
}

// WordsOf returns the places of a server that are in the workspace, and whose ranges lie inside their files.
func WordsOf(places []Place) (out []ledger.Place) {
	for _, p := range places {
		if p.Path != "" && p.OK {
			out = append(out, p.Word())
		}
	}
	return out
}

// LocationsOf returns lines of the ledger as references. Those that the server's list lacks are marked, see
// [bundle.Location].
func (r *Reading) LocationsOf(lines []ledger.Line) (out []bundle.Location) {
	for _, line := range lines {
		at := r.LocationAt(line.Place)
		at.Confirmed, at.Family = line.Entry == ledger.Confirmed, line.Entry == ledger.Family
		out = append(out, at)
	}
	return out
}

// LocationAt returns a place of the workspace as bundles have it.
func (r *Reading) LocationAt(at ledger.Place) bundle.Location {
	return places.At(r.Snap, at, text.Encoding(r.Bundle.Environment.PositionEncoding))
}

// FirstFiles names the first three of some files, in order, and counts the others.
func FirstFiles(files map[string]bool) string {
	var sorted []string
	for p := range files {
		sorted = append(sorted, p)
	}
	slices.Sort(sorted)
	out := strings.Join(sorted[:min(len(sorted), 3)], ", ")
	if more := len(sorted) - 3; more > 0 {
		out += fmt.Sprintf(" and %d more files", more)
	}
	return out
}
