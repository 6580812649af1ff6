package uses

import (
	"context"
	"slices"
	"strings"

	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/memory"
)

// Questions about symbols of one name, and questions that are put again, account for the same words. What a server has
// said of them is remembered, as far as it depends on nothing but
//
//   - the session and the version of all files on disk, which [memory.Definitions] compares;
//   - the documents that are open, which are part of a word's key where they matter.
//
// In a project that the server loads, an answer is the same whether files are open or not: their words have a key
// without documents. What the server says of other files depends on what is open besides.

// keysOf returns the keys of words that are asked about together; nil in place of the key of a word that cannot be
// remembered. The documents in a key follow from all of the words, so that what was kept for some words is found again
// only if the same words are asked about together.
func (d *definer) keysOf(s *lsp.Session, at []ledger.Place) []*memory.Word {
	mustOpen := map[string]bool{}
	var files []string
	for _, p := range at {
		if _, known := mustOpen[p.Path]; !known {
			mustOpen[p.Path] = s.Server().MustOpen(d.Snap, d.Target.Path, p.Path)
			if mustOpen[p.Path] {
				files = append(files, p.Path)
			}
		}
	}
	open, ok := "", true
	if len(files) > 0 {
		open, ok = d.openFor(s.Server(), files)
	}
	keys := make([]*memory.Word, len(at))
	for i, p := range at {
		if !mustOpen[p.Path] {
			keys[i] = &memory.Word{Place: p}
		} else if ok {
			keys[i] = &memory.Word{Place: p, Open: open}
		}
	}
	return keys
}

// openFor names the documents that are open for the question and for words in further files, apart from those that the
// server answers about alike when they are closed: sorted, each once, with NUL bytes between them.
//
// ok is false if the request does not tell which they are: where several symbols are accounted for, documents of the
// earlier ones are still open; a server that remembers may have read others before; and of more than maxToOpen some
// stay closed.
func (d *definer) openFor(srv *catalogue.Server, further []string) (open string, ok bool) {
	if !d.OneSymbol || srv.Remembers || len(further) > maxToOpen {
		return "", false
	}
	files := slices.Concat(d.open, further)
	files = slices.DeleteFunc(files, func(p string) bool { return srv.Holds(d.Snap, p) })
	slices.Sort(files)
	return strings.Join(slices.Compact(files), "\x00"), true
}

// recall adds the definitions that are remembered at places to known. An entry without definitions is one too: the
// server has said that it knows none.
func (d *definer) recall(s *lsp.Session, at []ledger.Place, known map[ledger.Place][]ledger.Place,
) {
	for i, key := range d.keysOf(s, at) {
		if key == nil {
			continue
		}
		if found, ok := d.Remembered.Get(s, d.Disk.FilesVersion(), *key); ok {
			known[at[i]] = found
		}
	}
}

// keep adds the definitions at all words that were asked about together to those that can be remembered
// once the answer has proved good. found has no entry for a word that the server was not asked about.
func (d *definer) keep(s *lsp.Session, at []ledger.Place, found map[ledger.Place][]ledger.Place) {
	if d.kept.Session != s {
		*d.kept = memory.Defined{Session: s, Files: d.Disk.FilesVersion(), At: map[memory.Word][]ledger.Place{}}
	}
	for i, key := range d.keysOf(s, at) {
		if definitions, asked := found[at[i]]; asked && key != nil {
			d.kept.At[*key] = definitions
		}
	}
}

// remembers reports whether definitions that other questions have asked for may be used: not where all
// messages are recorded or replayed, not of a hypothetical state, and not of a symbol of a library, whose
// place the workspace names in another way.
func (d *definer) remembers() bool {
	return d.Remembered != nil && !d.Request.Options.Hypothetical() && d.Snap.Has(d.Target.Path)
}

// recallOne returns the definitions that are remembered at one place; ok is false if none may be used.
func (d *definer) recallOne(s *lsp.Session, at ledger.Place) (found []ledger.Place, ok bool) {
	if !d.remembers() {
		return nil, false
	}
	known := map[ledger.Place][]ledger.Place{}
	d.recall(s, []ledger.Place{at}, known)
	found, ok = known[at]
	return found, ok
}

// add adds the definitions at words that are accounted for together to known, by place: those that are remembered, and
// those that the session, and others besides it, are asked for. Every one of the places has an entry in known
// afterwards.
//
// What a supplementary server has filled in is not kept for the memory, and asked for again: the memory is about the
// session s.
func (d *definer) add(ctx context.Context, s *lsp.Session, at []ledger.Place, known map[ledger.Place][]ledger.Place,
) error {
	if d.remembers() {
		d.recall(s, at, known)
	}
	var missing []ledger.Place
	for _, p := range at {
		if _, isKnown := known[p]; !isKnown {
			missing = append(missing, p)
		}
	}
	together := at
	if d.Recorded {
		together = missing // a trace has one order of openings
	}
	found, all, err := d.define(ctx, s, missing, together)
	if err != nil {
		return err
	}
	own := slices.Clone(found) // without what another server knows
	supplemented, err := d.supplement(ctx, s, missing, found)
	if err != nil {
		return err
	}
	asked := make(map[ledger.Place][]ledger.Place, len(missing))
	for i, p := range missing {
		known[p] = found[i]
		if slices.Equal(found[i], own[i]) {
			asked[p] = found[i]
		}
	}
	if all && supplemented {
		d.keep(s, at, asked)
	}
	return nil
}
