package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"time"

	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/scip"
)

// Exported is what an export has come to.
type Exported struct {
	Index      []byte
	Documents  int
	Symbols    int
	References int
	// Left is how many files were left out, for they have no server that is installed.
	Left int
	// Short says of symbols why their references may not be all.
	Short []string
}

// ExportSCIP makes a SCIP index of files, of all without paths: their outline, and every
// use of each symbol by the word of the language's server. step is called after each
// symbol; it may be nil.
func (e *Engine) ExportSCIP(ctx context.Context, paths []string, step func(done, all int)) (*Exported, error) {
	outline, err := e.Do(ctx, api.Request{Op: "symbols", Paths: orAll(paths)})
	if err != nil {
		return nil, err
	}
	if outline.Meta.Truncated > 0 {
		return nil, fault.New(fault.Incomplete, "the workspace declares more than %d symbols", bundle.MaxEntries).WithHint("export parts of it by their paths")
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
	x := exporter{e: e, b: scip.NewBuilder(Version()), out: out, step: step, all: len(outline.Facts.Symbols)}
	for _, s := range outline.Facts.Symbols {
		x.b.Kind(s)
	}
	x.refs = map[string]*bundle.Bundle{}
	var with []string
	for _, f := range files {
		switch err := x.ask(ctx, byFile[f]); {
		case fault.Is(err, fault.NoServer) && len(paths) == 0:
			out.Left++
		case err != nil:
			return nil, err
		default:
			with = append(with, f)
		}
	}
	if len(with) == 0 {
		return nil, fault.New(fault.NoServer, "no file of the workspace has a language server that is installed").WithHint("lanser doctor")
	}
	if err := x.documents(ctx, paths, with, byFile); err != nil {
		return nil, err
	}
	files = with
	for _, f := range files {
		out.Symbols += len(byFile[f])
		for _, s := range byFile[f] {
			if err := x.refer(s); err != nil {
				return nil, err
			}
		}
	}
	if len(out.Short) > 0 {
		x.b.Incomplete()
	}
	out.Index, err = x.b.Bytes()
	return out, err
}

func orAll(paths []string) []string {
	if len(paths) == 0 {
		return []string{"."}
	}
	return paths
}

type exporter struct {
	e    *Engine
	b    *scip.Builder
	out  *Exported
	refs map[string]*bundle.Bundle // by selector
	step func(done, all int)
	all  int
}

// ask puts the question for the uses of each symbol.
func (x *exporter) ask(ctx context.Context, symbols []bundle.Symbol) error {
	for _, s := range symbols {
		raw, err := json.Marshal(s.Selector)
		if err != nil {
			return err
		}
		b, err := x.e.Do(ctx, api.Request{Op: "references", Selector: raw})
		switch {
		case fault.Is(err, fault.NoServer), fault.Is(err, fault.Timeout), fault.Is(err, fault.Crash), fault.Is(err, fault.Cancelled), fault.Is(err, fault.ContentModified):
			return err
		case err != nil:
			x.out.Short = append(x.out.Short, s.Selector+": "+fault.From(err).Message)
		default:
			if b.Evidence.State != bundle.Complete || b.Meta.Truncated > 0 {
				why := b.Evidence.Reasons
				x.out.Short = append(x.out.Short, fmt.Sprintf("%s: %s: %s", s.Selector, b.Evidence.State, why[len(why)-1]))
			}
			x.refs[s.Selector] = b
		}
		if x.step != nil {
			x.step(len(x.refs), x.all)
		}
	}
	return nil
}

// documents adds every file of the languages that have answers, in the units that their
// servers count in: one without a declaration has uses all the same.
func (x *exporter) documents(ctx context.Context, paths, with []string, byFile map[string][]bundle.Symbol) error {
	snap, err := x.e.ws.Snapshot(ctx)
	if err != nil {
		return err
	}
	units := map[selectors.Lang]text.Encoding{}
	for _, uri := range with {
		p, err := url.PathUnescape(uri)
		if err != nil {
			return err
		}
		lang, _ := snap.Lang(p)
		for _, s := range byFile[uri] {
			if b := x.refs[s.Selector]; b != nil {
				units[lang] = text.Encoding(b.Environment.PositionEncoding)
			}
		}
	}
	files, err := x.e.expand(&job{snap: snap}, paths, func(p string) bool {
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
		x.b.Document(selectors.EscapePath(p), p, lang, units[lang], string(c.Bytes()))
		x.out.Documents++
		outline, err := x.e.Do(ctx, api.Request{Op: "symbols", Paths: []string{p}, Options: api.Options{IndexIO: string(units[lang])}})
		if err != nil {
			return err
		}
		for _, s := range outline.Facts.Symbols {
			if err := x.b.Define(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *exporter) refer(s bundle.Symbol) error {
	b := x.refs[s.Selector]
	if b == nil {
		return nil
	}
	for _, at := range b.Facts.References {
		if at.URI == s.URI && at.Range == s.SelectionRange {
			continue // the declaration, which is there
		}
		inside, err := x.b.Refer(s.Selector, at)
		if err != nil {
			return err
		}
		if inside {
			x.out.References++
		}
	}
	return nil
}

// indexed is a SCIP index as a source of facts.
type indexed struct {
	*scip.Index
	digest string
}

// Bounds on a SCIP index that the user names: its bytes, and the wait for a pipe's writer.
const (
	maxIndex         = 2 << 30
	readIndexTimeout = time.Minute
)

func readIndex(file string) (*indexed, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readIndexTimeout)
	defer cancel()
	raw, err := beneath.ReadGiven(ctx, file, maxIndex)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "the SCIP index: %v", err)
	}
	x, err := scip.Read(raw)
	if err != nil {
		return nil, err
	}
	return &indexed{x, text.Digest(raw)}, nil
}

// runIndexed answers from a SCIP index in place of a server.
func (e *Engine) runIndexed(_ context.Context, j *job) error {
	x := e.scip
	exts := map[string]bool{}
	for _, p := range x.Paths() {
		exts[path.Ext(p)] = true
	}
	j.scope = scope{name: "index", keep: func(p string) bool { return exts[path.Ext(p)] }}
	j.b.Environment.Server = &bundle.Tool{Name: "scip " + x.Tool.Name, Version: x.Tool.Version}
	j.b.Environment.ConfigDigest = x.digest
	j.b.Environment.PositionEncoding = string(text.UTF16)
	j.b.Evidence = bundle.Evidence{State: bundle.Heuristic, Reasons: []string{"a SCIP index told, and nobody has asked a server whether it is whole"}}
	j.mixed = true
	if j.target == nil {
		return fault.New(fault.Unsupported, "a SCIP index has no %s", j.op.Name).WithHint("ask a server, without --from-scip")
	}
	j.describeTarget(text.UTF16)
	p := j.target.Path
	if !x.Has(p) {
		return fault.New(fault.NotFound, "%s is no document of the SCIP index", p).WithHint("make the index anew, or ask a server, without --from-scip")
	}
	if err := e.compareIndex(j); err != nil {
		return err
	}
	at := j.target.Content.PointOf(j.target.At, x.Encoding(p))
	symbols := x.At(p, at)
	if len(symbols) == 0 {
		return fault.New(fault.NotFound, "the SCIP index knows no symbol at %s:%d:%d", p, at.Line+1, at.Col+1)
	}
	return e.indexFacts(j, symbols)
}

// compareIndex doubts the answer for each file that the index does not know as it is.
func (e *Engine) compareIndex(j *job) error {
	doubts := 0
	doubt := func(p, why string) {
		if doubts++; doubts <= maxReasons {
			j.doubt(bundle.Partial, p+" "+why)
		}
	}
	for _, p := range j.snap.Paths() {
		if !j.scope.keep(p) {
			continue
		}
		if !e.scip.Has(p) {
			doubt(p, "is not in the index")
			continue
		}
		c, err := j.snap.Content(p)
		if err != nil {
			return err
		}
		switch then, ok := e.scip.Text(p); {
		case !ok && c.Len() > 0:
			doubt(p, "may have changed since the index was made, which does not hold its text")
		case then != string(c.Bytes()) && p == j.target.Path:
			return fault.New(fault.VersionSkew, "%s has changed since the SCIP index was made", p).WithHint("make the index anew")
		case then != string(c.Bytes()):
			doubt(p, "has changed since the index was made")
		}
	}
	if e.scip.Incomplete {
		j.doubt(bundle.Partial, "the index was written though references may be missing")
	}
	for _, p := range e.scip.Paths() {
		if !j.snap.Has(p) {
			doubt(p, "is in the index, and gone")
		}
	}
	return nil
}

func (e *Engine) indexFacts(j *job, symbols []string) error {
	f := j.facts("scip")
	declaration := j.req.Options.Declaration == nil || *j.req.Options.Declaration
	list := func(to *[]bundle.Location, places func(string) []scip.Place, keep func(scip.Place) bool) {
		*to = []bundle.Location{}
		for _, s := range symbols {
			for _, p := range places(s) {
				if keep(p) {
					*to = append(*to, j.indexedPlace(e.scip, p))
				}
			}
		}
	}
	switch j.op.Name {
	case "definition", "declaration":
		to := &f.Definitions
		if j.op.Name == "declaration" {
			to = &f.Declarations
		}
		list(to, e.scip.Places, func(p scip.Place) bool { return p.Definition })
	case "references":
		list(&f.References, e.scip.Places, func(p scip.Place) bool { return declaration || !p.Definition })
	case "implementation":
		list(&f.Implementations, e.scip.Implementations, func(scip.Place) bool { return true })
	case "hover":
		f.Hover = []bundle.Hover{}
		for _, s := range symbols {
			if doc := e.scip.Documentation(s); doc != "" {
				at := text.Span{Start: j.target.At, End: j.target.At}
				f.Hover = append(f.Hover, bundle.Hover{URI: selectors.EscapePath(j.target.Path), Range: rangeOf(j.target.Content, at, text.UTF16), Contents: j.roots.Scrub(doc)})
			}
		}
	default:
		j.b.Facts = nil
		return fault.New(fault.Unsupported, "a SCIP index has no %s", j.op.Name).WithHint("ask a server, without --from-scip")
	}
	return nil
}

// indexedPlace is a place of the index in UTF-16 units, checked against the content.
func (j *job) indexedPlace(x *indexed, at scip.Place) bundle.Location {
	p := place{uri: selectors.EscapePath(at.Path), path: at.Path, rng: at.Range}
	if p.content, _ = j.snap.Content(at.Path); p.content == nil {
		return bundle.Location{URI: p.uri, Range: p.rng} // gone, which is doubted
	}
	enc := x.Encoding(at.Path)
	start, end := text.Point{Line: at.Range[0], Col: at.Range[1]}, text.Point{Line: at.Range[2], Col: at.Range[3]}
	var span text.Span
	span, p.ok = p.content.SpanOf(text.Range{Start: start, End: end}, enc)
	if p.ok {
		p.span = span
		p.rng = rangeOf(p.content, p.span, text.UTF16)
	} else {
		j.doubt(bundle.Partial, "the index gives a range outside "+p.uri)
	}
	return bundle.Location{URI: p.uri, Range: p.rng, Text: p.line(), Container: container(j.snap, p)}
}
