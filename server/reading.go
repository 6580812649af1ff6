package server

import (
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/places"
)

// place is a place that a server named.
type place = places.Place

// reader returns what reads the places of a session for the answer.
func (a *answer) reader(s *lsp.Session) *places.Reader {
	r := a.readerIn(a.ranges(s))
	r.Session = s
	return r
}

// readerIn returns what reads places for the answer, with ranges in the given unit.
func (a *answer) readerIn(units text.Encoding) *places.Reader {
	if a.documents == nil {
		a.documents = map[string]place{}
	}
	return &places.Reader{
		Snap: a.snap, Roots: a.roots, Units: units, Known: a.documents, Bundle: a.b, IgnoreLinks: a.withoutImports,
	}
}

// ranges is the unit of columns in what the answer takes from a session.
func (a *answer) ranges(s *lsp.Session) text.Encoding {
	if a.mixed {
		return text.UTF16
	}
	return s.Encoding()
}

// locations reads a server's locations.
func (a *answer) locations(s *lsp.Session, found []lsp.Location) []bundle.Location {
	out, _ := a.reader(s).Locations(found)
	return out
}

// wordsAt returns a server's locations as places of names, see [places.Reader.Words].
func (a *answer) wordsAt(s *lsp.Session, found []lsp.Location) []ledger.Place {
	return a.reader(s).Words(found, a.target.Path)
}
