package server

import (
	"context"
	"path"
	"time"

	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/places"
	"lanser/server/scip"
	"lanser/server/symbol"
)

// A SCIP index holds what an indexer has found in the files as they were then, so that an answer from it needs neither
// a server nor the packages that the workspace depends on. Nobody can ask the index about what it lacks: evidence is
// heuristic at best, partial for each file that has changed since, and an error if that is the file in question.

// scipIndex is a SCIP index that answers in place of servers.
type scipIndex struct {
	*scip.Index
	digest string // of the file
}

// Bounds on a SCIP index that the user names: its bytes, and the wait for the writer of a pipe.
const (
	maxIndex         = 2 << 30
	readIndexTimeout = time.Minute
)

// readIndex reads the SCIP index in a file. The error is Usage.
func readIndex(file string) (*scipIndex, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readIndexTimeout)
	defer cancel()
	raw, err := beneath.ReadUserFile(ctx, file, maxIndex)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "the SCIP index: %v", err)
	}
	x, err := scip.Read(raw)
	if err != nil {
		return nil, err
	}
	return &scipIndex{Index: x, digest: text.Digest(raw)}, nil
}

// answerFromIndex answers from the SCIP index in place of a server. The scope is all files with an extension that the
// index has: a new file could hold further references. The error is Unsupported for an operation that SCIP has no facts
// for, NotFound for a place that the index does not know, and VersionSkew for a file that has changed.
func (e *Engine) answerFromIndex(_ context.Context, a *answer) error {
	x := e.scip
	exts := map[string]bool{}
	for _, p := range x.Paths() {
		exts[path.Ext(p)] = true
	}
	a.Scope = symbol.Scope{Name: "index", Keep: func(p string) bool { return exts[path.Ext(p)] }}
	a.Bundle.Environment.Server = &bundle.Tool{Name: "scip " + x.Tool.Name, Version: x.Tool.Version}
	a.Bundle.Environment.ConfigDigest = x.digest
	a.Bundle.Environment.PositionEncoding = string(text.UTF16)
	a.Bundle.Evidence = bundle.Evidence{
		State:   bundle.Heuristic,
		Reasons: []string{"a SCIP index told, and nobody has asked a server whether it is whole"},
	}
	a.Mixed = true
	if a.Target == nil {
		return fault.New(fault.Unsupported, "a SCIP index has no %s", a.Operation.Name).
			WithHint("ask a server, without --from-scip")
	}
	a.describeTarget(text.UTF16)
	p := a.Target.Path
	if !x.Has(p) {
		return fault.New(fault.NotFound, "%s is no document of the SCIP index", p).
			WithHint("make the index anew, or ask a server, without --from-scip")
	}
	if err := e.doubtOldIndex(a); err != nil {
		return err
	}
	at := a.Target.Content.PointOf(a.Target.At, x.Encoding(p))
	symbols := x.At(p, at)
	if len(symbols) == 0 {
		return fault.New(fault.NotFound, "the SCIP index knows no symbol at %s:%d:%d", p, at.Line+1, at.Col+1)
	}
	return e.indexFacts(a, symbols)
}

// doubtOldIndex makes the answer partial for each file that is not as the index has it. The
// error is VersionSkew where that is the file that was asked about.
func (e *Engine) doubtOldIndex(a *answer) error {
	doubts := 0
	doubt := func(p, why string) {
		doubts++
		if doubts <= bundle.MaxReasons {
			a.Doubt(bundle.Partial, p+" "+why)
		}
	}
	for _, p := range a.Snap.Paths() {
		if !a.Scope.Keep(p) {
			continue
		}
		if !e.scip.Has(p) {
			doubt(p, "is not in the index")
			continue
		}
		c, err := a.Snap.Content(p)
		if err != nil {
			return err
		}
		then, ok := e.scip.Text(p)
		switch {
		case !ok && c.Len() > 0:
			doubt(p, "may have changed since the index was made, which does not hold its text")
		case then != string(c.Bytes()) && p == a.Target.Path:
			return fault.New(fault.VersionSkew, "%s has changed since the SCIP index was made", p).
				WithHint("make the index anew")
		case then != string(c.Bytes()):
			doubt(p, "has changed since the index was made")
		}
	}
	if e.scip.Incomplete {
		a.Doubt(bundle.Partial, "the index was written though references may be missing")
	}
	for _, p := range e.scip.Paths() {
		if !a.Snap.Has(p) {
			doubt(p, "is in the index, and gone")
		}
	}
	return nil
}

// indexFacts fills in the facts that the index has of symbols, which are those at the target's place.
func (e *Engine) indexFacts(a *answer, symbols []string) error {
	f := a.Facts("scip")
	declaration := a.Request.Options.Declaration == nil || *a.Request.Options.Declaration
	list := func(to *[]bundle.Location, places func(string) []scip.Occurrence, keep func(scip.Occurrence) bool) {
		*to = []bundle.Location{}
		for _, s := range symbols {
			for _, p := range places(s) {
				if keep(p) {
					*to = append(*to, a.indexLocation(e.scip, p))
				}
			}
		}
	}
	switch a.Operation.Name {
	case "definition", "declaration":
		to := &f.Definitions
		if a.Operation.Name == "declaration" {
			to = &f.Declarations
		}
		list(to, e.scip.Occurrences, func(p scip.Occurrence) bool { return p.Definition })
	case "references":
		list(&f.References, e.scip.Occurrences, func(p scip.Occurrence) bool { return declaration || !p.Definition })
	case "implementation":
		list(&f.Implementations, e.scip.Implementations, func(scip.Occurrence) bool { return true })
	case "hover":
		f.Hover = []bundle.Hover{}
		for _, s := range symbols {
			if doc := e.scip.Documentation(s); doc != "" {
				at := text.Span{Start: a.Target.At, End: a.Target.At}
				f.Hover = append(f.Hover, bundle.Hover{
					URI: selectors.EscapePath(a.Target.Path), Range: bundle.RangeOf(a.Target.Content, at, text.UTF16),
					Contents: a.Roots.Scrub(doc),
				})
			}
		}
	default:
		a.Bundle.Facts = nil
		return fault.New(fault.Unsupported, "a SCIP index has no %s", a.Operation.Name).
			WithHint("ask a server, without --from-scip")
	}
	return nil
}

// indexLocation returns a place of the index in UTF-16 units. A place that the file does not
// have makes the answer partial.
func (a *answer) indexLocation(x *scipIndex, at scip.Occurrence) bundle.Location {
	p := places.Place{URI: selectors.EscapePath(at.Path), Path: at.Path, Range: at.Range}
	p.Content, _ = a.Snap.Content(at.Path)
	if p.Content == nil { // it is gone, and the answer is partial for that
		return bundle.Location{URI: p.URI, Range: p.Range}
	}
	enc := x.Encoding(at.Path)
	start, end := text.Point{Line: at.Range[0], Col: at.Range[1]}, text.Point{Line: at.Range[2], Col: at.Range[3]}
	var span text.Span
	span, p.OK = p.Content.SpanOf(text.Range{Start: start, End: end}, enc)
	if p.OK {
		p.Span = span
		p.Range = bundle.RangeOf(p.Content, p.Span, text.UTF16)
	} else {
		a.Doubt(bundle.Partial, "the index gives a range outside "+p.URI)
	}
	return bundle.Location{URI: p.URI, Range: p.Range, Text: p.Line(), Container: places.Container(a.Snap, p)}
}
