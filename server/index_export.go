package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/scip"
)

// Exported is the result of an export.
type Exported struct {
	Index      []byte
	Documents  int
	Symbols    int
	References int
	// Left is the number of files that were left out because no server for them is installed.
	Left int
	// Short says, of each symbol whose references may not be all, why.
	Short []string
	// Excluded is the number of files that a check would leave out, or would not owe: the references in
	// them may be missing. Possible is the number of words in them that may be references.
	Excluded, Possible int
}

// ExportSCIP makes a SCIP index of the files under some paths, of all without paths: their
// outlines, and the references to each symbol as the language's server reports them. It calls
// step after each symbol, unless step is nil. The error is Incomplete where the outline is too
// long, and NoServer where no file has a server that is installed.
//
// The builder needs the kinds of all symbols first, then the documents with their definitions, then the references. The
// references are asked for before the documents are added, because an answer tells the unit of columns that the
// documents of its language have.
func (e *Engine) ExportSCIP(ctx context.Context, paths []string, step func(done, all int)) (*Exported, error) {
	outline, err := e.Do(ctx, api.Request{Op: "symbols", Paths: orAll(paths)})
	if err != nil {
		return nil, err
	}
	if outline.Meta.Truncated > 0 {
		return nil, fault.New(fault.Incomplete, "the workspace declares more than %d symbols", bundle.MaxEntries).
			WithHint("export parts of it by their paths")
	}
	out := &Exported{}
	if outline.Evidence.State != bundle.Complete {
		out.Short = append(out.Short, outline.Evidence.Reasons...)
	}
	byFile := map[string][]bundle.Symbol{}
	var files []string
	for _, s := range outline.Facts.Symbols {
		if byFile[s.URI] == nil {
			files = append(files, s.URI)
		}
		byFile[s.URI] = append(byFile[s.URI], s)
	}
	x := &exporter{
		engine: e, index: scip.NewBuilder(Version()), result: out, references: map[string]*bundle.Bundle{},
		step: step, all: len(outline.Facts.Symbols), without: map[string]bool{},
	}
	x.owed, x.excluded, err = e.owedFiles(ctx, paths)
	if err != nil {
		return nil, err
	}
	for _, s := range outline.Facts.Symbols {
		x.index.Kind(s)
	}
	served, err := x.askReferences(ctx, files, byFile, len(paths) == 0)
	if err != nil {
		return nil, err
	}
	if err := x.addDocuments(ctx, paths, served, byFile); err != nil {
		return nil, err
	}
	for _, f := range served {
		out.Symbols += len(byFile[f])
		for _, s := range byFile[f] {
			if err := x.addReferences(s); err != nil {
				return nil, err
			}
		}
	}
	out.Excluded = len(x.without)
	if len(out.Short) > 0 {
		x.index.Incomplete()
	}
	out.Index, err = x.index.Bytes()
	return out, err
}

// orAll returns paths, or the whole workspace where there are none.
func orAll(paths []string) []string {
	if len(paths) == 0 {
		return []string{"."}
	}
	return paths
}

// exporter makes an index out of answers of the engine.
type exporter struct {
	engine     *Engine
	index      *scip.Builder
	result     *Exported
	references map[string]*bundle.Bundle // answers, by the symbol's selector
	step       func(done, all int)       // reports progress; may be nil
	all        int                       // number of symbols
	owed       map[string]bool           // URIs of files that a check owes, and that no project leaves out
	excluded   map[string]bool           // URIs of files that a check leaves out
	without    map[string]bool           // URIs of files in which references may be missing
}

// owedFiles returns the URIs of the files that a check of some paths owes, and of those that it leaves out.
// An index goes by the coverage of a check: what a check would leave out, or would not owe, is no reason
// to refuse it.
func (e *Engine) owedFiles(ctx context.Context, paths []string) (owed, excluded map[string]bool, err error) {
	snap, err := e.ws.Snapshot(ctx)
	if err != nil {
		return nil, nil, err
	}
	a := e.unanswered(api.Request{Op: api.Diagnostics, Paths: orAll(paths)})
	a.Snap, a.Disk, a.servers.Snap = snap, snap, snap
	todo, err := e.planCheck(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	owed, excluded = todo.Owed()
	return owed, excluded, nil
}

// askReferences asks for the references to each symbol of files, and returns the files that
// have a server. Those without are left out where that is allowed.
func (x *exporter) askReferences(
	ctx context.Context, files []string, byFile map[string][]bundle.Symbol, mayLeaveOut bool,
) (served []string, err error) {
	for _, f := range files {
		if x.excluded[f] {
			x.without[f] = true
			continue
		}
		err := x.askFile(ctx, byFile[f])
		switch {
		case fault.Is(err, fault.NoServer) && mayLeaveOut:
			x.result.Left++
		case err != nil:
			return nil, err
		default:
			served = append(served, f)
		}
	}
	if len(served) == 0 {
		return nil, fault.New(fault.NoServer, "no file of the workspace has a language server that is installed").
			WithHint("lanser doctor")
	}
	return served, nil
}

// askFile asks for the references to the symbols of one file. A symbol of which a server cannot say its references is
// entered in the result as short, and the export goes on. It ends with an error that concerns all symbols: there is no
// server, it has died or is too slow, the request was cancelled, or the
// workspace changes.
func (x *exporter) askFile(ctx context.Context, symbols []bundle.Symbol) error {
	for _, s := range symbols {
		raw, err := json.Marshal(s.Selector)
		if err != nil {
			return err
		}
		b, err := x.engine.Do(ctx, api.Request{Op: "references", Selector: raw})
		switch {
		case fault.Is(err, fault.NoServer), fault.Is(err, fault.Timeout), fault.Is(err, fault.Crash),
			fault.Is(err, fault.Cancelled), fault.Is(err, fault.ContentModified):
			return err
		case err != nil:
			x.result.Short = append(x.result.Short, s.Selector+": "+fault.From(err).Message)
		default:
			if !x.complete(b) {
				x.result.Short = append(x.result.Short, s.Selector+": "+shortOf(b))
			}
			x.references[s.Selector] = b
		}
		if x.step != nil {
			x.step(len(x.references), x.all)
		}
	}
	return nil
}

// shortOf returns why an answer does not have all references.
func shortOf(b *bundle.Bundle) string {
	if b.Meta.Truncated > 0 {
		return fmt.Sprintf("%d references are not listed", b.Meta.Truncated)
	}
	why := b.Evidence.State
	if n := len(b.Evidence.Reasons); n > 0 {
		why += ": " + b.Evidence.Reasons[n-1]
	}
	return why
}

// complete reports whether an answer has all references but those in files that a check leaves out, or
// does not owe, and counts these. Possible uses must then be its only doubt: every reason of its evidence is about them
// or about none, and the ledger lists all of them.
func (x *exporter) complete(b *bundle.Bundle) bool {
	if b.Meta.Truncated > 0 {
		return false
	}
	if b.Evidence.State == bundle.Complete {
		return true
	}
	l := b.Evidence.Ledger
	if b.Evidence.State != bundle.Partial || l == nil || l.Possible == 0 || l.Possible > len(l.Uses) {
		return false
	}
	isOther := func(why string) bool { return !saysReady(why) && !isOfPossible(why, l) }
	if slices.ContainsFunc(b.Evidence.Reasons, isOther) {
		return false // another doubt
	}
	for _, use := range l.Uses {
		if x.owed[use.URI] {
			return false
		}
	}
	for _, use := range l.Uses {
		x.without[use.URI] = true
	}
	x.result.Possible += len(l.Uses)
	return true
}

// saysReady reports whether a reason of an answer's evidence is no doubt: it says why the server is ready, or
// which build it was asked about.
func saysReady(why string) bool {
	return strings.Contains(why, askedInBuild) ||
		slices.ContainsFunc(catalogue.Servers, func(srv *catalogue.Server) bool { return srv.Why == why })
}

// isOfPossible reports whether a reason says no more than that an answer has possible uses.
func isOfPossible(why string, l *bundle.Ledger) bool {
	return strings.HasPrefix(why, fmt.Sprintf("%d possible use", l.Possible))
}

// addDocuments adds every file of the languages that have answers, with columns in the unit of
// the language's server: a file without a declaration may have references all the same.
func (x *exporter) addDocuments(
	ctx context.Context, paths, served []string, byFile map[string][]bundle.Symbol,
) error {
	snap, err := x.engine.ws.Snapshot(ctx)
	if err != nil {
		return err
	}
	units := map[selectors.Lang]text.Encoding{}
	for _, uri := range served {
		p, err := url.PathUnescape(uri)
		if err != nil {
			return err
		}
		lang, _ := snap.Lang(p)
		for _, s := range byFile[uri] {
			if b := x.references[s.Selector]; b != nil {
				units[lang] = text.Encoding(b.Environment.PositionEncoding)
			}
		}
	}
	files, err := expand(x.engine.ws, snap, paths, func(p string) bool {
		lang, ok := snap.Lang(p)
		return ok && units[lang] != ""
	})
	if err != nil {
		return err
	}
	for _, p := range files {
		c, err := snap.Content(p)
		if err != nil {
			return err
		}
		lang, _ := snap.Lang(p)
		x.index.Document(selectors.EscapePath(p), p, lang, units[lang], string(c.Bytes()))
		x.result.Documents++
		outline, err := x.engine.Do(ctx, api.Request{
			Op: "symbols", Paths: []string{p}, Options: api.Options{IndexIO: string(units[lang])},
		})
		if err != nil {
			return err
		}
		for _, s := range outline.Facts.Symbols {
			if err := x.index.Define(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// addReferences adds the references to a symbol, except those outside of the documents, such as in a library.
func (x *exporter) addReferences(s bundle.Symbol) error {
	b := x.references[s.Selector]
	if b == nil {
		return nil
	}
	for _, at := range b.Facts.References {
		if at.URI == s.URI && at.Range == s.SelectionRange {
			continue // the declaration, which is in the index
		}
		inside, err := x.index.Refer(s.Selector, at)
		if err != nil {
			return err
		}
		if inside {
			x.result.References++
		}
	}
	return nil
}
