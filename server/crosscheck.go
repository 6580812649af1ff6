package server

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
)

// maxUnexplained bounds the hits that a cross-check lists; all are counted.
const maxUnexplained = 50

// crossCheck compares references with the text (spec section 4): every whole word
// of the name in the files of the server that is no reference, no comment or string,
// and no declaration, is left unexplained. Most of them are uses of another symbol
// of that name; but a server that has silently missed a project shows here.
func (e *Engine) crossCheck(ctx context.Context, j *job, name string, found []place) {
	if j.mentions == nil {
		return
	}
	known := map[string][]text.Span{}
	for _, p := range found {
		if p.path != "" && p.ok {
			known[p.path] = append(known[p.path], p.span)
		}
	}
	for _, spans := range known {
		slices.SortFunc(spans, func(a, b text.Span) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	}
	c := &bundle.CrossCheck{Name: name, Unexplained: []bundle.Location{}, Unsure: []string{}}
	explained := func(path string, at text.Span) bool {
		c.Hits++
		spans := known[path]
		i := sort.Search(len(spans), func(i int) bool { return spans[i].Start > at.Start })
		if i > 0 && spans[i-1].Contains(at) {
			c.References++
			return true
		}
		return false
	}
	hits, unsure := j.snap.Hits(ctx, j.mentions, explained)
	var path string
	var names map[text.Span]bool // of the declarations of path
	for _, h := range hits {
		if !h.InCode() {
			c.NotCode++
			continue
		}
		if h.Path != path {
			path, names = h.Path, declaredNames(j.snap, h.Path)
		}
		if names[h.Span] {
			c.Declarations++
			continue
		}
		if c.Left++; len(c.Unexplained) < maxUnexplained {
			p := place{path: h.Path, span: h.Span, ok: true}
			p.content, _ = j.snap.Content(h.Path)
			if p.content == nil {
				continue // it was read when the hit was found
			}
			p.rng = rangeOf(p.content, h.Span, text.Encoding(j.b.Environment.PositionEncoding))
			c.Unexplained = append(c.Unexplained, bundle.Location{
				URI: selectors.EscapePath(h.Path), Range: p.rng, Text: p.line(), Container: container(j.snap, p),
			})
		}
	}
	for _, f := range unsure {
		c.Unsure = append(c.Unsure, selectors.EscapePath(f))
	}
	j.b.Evidence.CrossCheck = c
}

// declaredNames are the places of the names in a file's declarations.
func declaredNames(snap *index.Snapshot, path string) map[text.Span]bool {
	type key struct{ path string }
	return snap.Memoize(key{path}, func() any {
		names := map[text.Span]bool{}
		for _, d := range snap.FileDecls(path) {
			names[d.Name] = true
		}
		return names
	}).(map[text.Span]bool)
}
