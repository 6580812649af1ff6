package symbol

import (
	"slices"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/places"
)

// Reader returns what reads the places of a session for the answer.
func (a *Answer) Reader(s *lsp.Session) *places.Reader {
	r := a.ReaderIn(a.Ranges(s))
	r.Session = s
	return r
}

// ReaderIn returns what reads places for the answer, with ranges in the given unit.
func (a *Answer) ReaderIn(units text.Encoding) *places.Reader {
	if a.Documents == nil {
		a.Documents = map[string]place{}
	}
	return &places.Reader{
		Snap: a.Snap, Roots: a.Roots, Units: units, Known: a.Documents, Bundle: a.Bundle, IgnoreLinks: a.WithoutImports,
	}
}

// Ranges is the unit of columns in what the answer takes from a session.
func (a *Answer) Ranges(s *lsp.Session) text.Encoding {
	if a.Mixed {
		return text.UTF16
	}
	return s.Encoding()
}

// Locations reads a server's locations.
func (a *Answer) Locations(s *lsp.Session, found []lsp.Location) []bundle.Location {
	out, _ := a.Reader(s).Locations(found)
	return out
}

// WordsAt returns a server's locations as places of names, see [places.Reader.Words].
func (a *Answer) WordsAt(s *lsp.Session, found []lsp.Location) []ledger.Place {
	return a.Reader(s).Words(found, a.Target.Path)
}

// Symbol returns a declaration as bundles have it.
func (a *Answer) Symbol(d selectors.Decl, c *text.Content) bundle.Symbol {
	return places.Declared(d, c, text.Encoding(a.Bundle.Environment.PositionEncoding))
}

// OpenOverlaid adds the files of an overlay to those that are open: a server sees what is not on disk only there. What
// it cannot be shown is a doubt.
func (a *Answer) OpenOverlaid(srv *catalogue.Server, open []string) []string {
	for _, p := range a.Snap.Overlaid() {
		switch why := srv.ReadsFromDisk(a.Snap, p); {
		case !srv.Concerns(p):
		case why != "":
			a.Doubt(bundle.Partial, why)
		default:
			open = append(open, p)
		}
	}
	return open
}

// missing are the places that are not among those of a server, as confirmed ones.
func missing(places []ledger.Place, known []place) (out []ledger.Line) {
	for _, p := range places {
		if !slices.ContainsFunc(known, func(k place) bool { return k.Path == p.Path && k.Span == p.Span }) {
			out = append(out, ledger.Line{Word: ledger.Word{Place: p}, Entry: ledger.Confirmed})
		}
	}
	return out
}

// wordsOf are the places of a server in the workspace.
func wordsOf(places []place) (out []ledger.Place) {
	for _, p := range places {
		if p.Path != "" && p.OK {
			out = append(out, p.Word())
		}
	}
	return out
}

// locationsOf are lines of the ledger as references.
func (a *Answer) locationsOf(lines []ledger.Line) (out []bundle.Location) {
	for _, line := range lines {
		at := a.locationAt(line.Place)
		at.Confirmed, at.Family = line.Entry == ledger.Confirmed, line.Entry == ledger.Family
		out = append(out, at)
	}
	return out
}

// locationAt returns a place of the workspace as bundles have it.
func (a *Answer) locationAt(at ledger.Place) bundle.Location {
	return places.At(a.Snap, at, text.Encoding(a.Bundle.Environment.PositionEncoding))
}
