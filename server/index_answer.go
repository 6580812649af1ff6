package server

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"lanser/index/beneath"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/places"
	"lanser/server/scip"
	"lanser/server/uses"
)

// A SCIP index holds what an indexer has found in the files as they were then, so that an answer from it needs neither
// a server nor the packages that the workspace depends on. Nobody can ask the index about what it lacks: evidence is
// heuristic at best, partial for each file that has changed since, and an error if that is the file in question.

// Several indexes answer as one: a symbol that one of them defines is followed into the documents of the others. What
// keeps them from knowing each other's symbols, another tool or another version of a package, is said in the evidence.

// scipIndex is a SCIP index, or several as one, that answers in place of servers.
type scipIndex struct {
	*scip.Index
	digest string // of the file, or of the digests of the files
}

// Bounds on a SCIP index that the user names: its bytes, and the wait for the writer of a pipe.
const (
	maxIndex         = 2 << 30
	readIndexTimeout = time.Minute
)

// readIndexes reads the SCIP indexes in files, in whichever order they are named. The error is Usage, also where two of
// them contradict each other.
func readIndexes(files []string) (*scipIndex, error) {
	var all []*scipIndex
	for _, file := range files {
		x, err := readIndex(file)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	slices.SortFunc(all, func(x, y *scipIndex) int { return strings.Compare(x.digest, y.digest) })
	var indexes []*scip.Index
	var digests strings.Builder
	for _, x := range all {
		indexes = append(indexes, x.Index)
		digests.WriteString(x.digest + "\n")
	}
	joined, err := scip.Join(indexes)
	if err != nil {
		return nil, err
	}
	return &scipIndex{Index: joined, digest: text.Digest([]byte(digests.String()))}, nil
}

// tool returns the tools that wrote the index as one, each once.
func (x *scipIndex) tool() *bundle.Tool {
	var names, versions []string
	for _, t := range slices.Compact(slices.SortedFunc(slices.Values(x.Tools), compareTools)) {
		names, versions = append(names, t.Name), append(versions, t.Version)
	}
	return &bundle.Tool{Name: "scip " + strings.Join(names, ", "), Version: strings.Join(versions, ", ")}
}

// compareTools orders tools by name, then by version.
func compareTools(a, b bundle.Tool) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version))
}

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
	a.Scope = uses.Scope{Name: "index", Keep: func(p string) bool { return exts[path.Ext(p)] }}
	a.Bundle.Environment.Server = x.tool()
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
	for _, s := range symbols {
		if rivals := x.Rivals(s); rivals != nil {
			return fault.New(fault.Ambiguous, "%s and %s define the same symbol in different SCIP indexes",
				rivals[0].Path, rivals[1].Path).
				WithHint("name only the indexes of one of them")
		}
		a.doubtForeignSymbols(x, s)
	}
	return e.indexFacts(a, symbols)
}

// doubtForeignSymbols makes the answer partial if documents of joined indexes can refer to a symbol by another name:
// the tools differ, or the versions of its package.
func (a *answer) doubtForeignSymbols(x *scipIndex, symbol string) {
	versions := x.OtherVersions(symbol)
	for _, other := range versions[:min(len(versions), bundle.MaxReasons)] {
		a.Doubt(bundle.Partial, "the index also has the symbol "+other+", whose places are not in this answer")
	}
	tool, told := x.ToolOf(a.Target.Path).Name, map[string]bool{}
	for _, p := range x.Paths() {
		other := x.ToolOf(p).Name
		if other == tool || told[other] || !sameLanguage(p, a.Target.Path) {
			continue
		}
		told[other] = true
		a.Doubt(bundle.Partial, p+" is in an index of "+other+", which may name symbols differently from "+tool)
	}
}

// sameLanguage reports whether two files can refer to each other's symbols.
func sameLanguage(p, q string) bool {
	l, ok := syntax.LangOf(p)
	m, known := syntax.LangOf(q)
	return ok && known && l == m || path.Ext(p) == path.Ext(q)
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
