package selectors

import (
	"fmt"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// This file has the rules for lines that many others are equal to: a brace, a decorator, the same assertion in the next
// test. Such a line is only found where what is around it tells which one it is. Otherwise the answer is that it cannot
// be told, with the candidates; that it is gone is only said if every equal line is certainly another one.

// undecided returns the Ambiguous error for a place that cannot be told from others. why is a format.
func undecided(gone *fault.Error, found []Candidate, why string, args ...any) error {
	sortCandidates(found)
	c := Choice{Total: len(found), Candidates: found[:min(len(found), TopK)], Status: Ambiguous}
	e := fault.New(fault.Ambiguous, "%s or elsewhere: %s", gone.Message, fmt.Sprintf(why, args...))
	return e.WithDetails(c).WithHint("use the selector of one of the candidates")
}

// minSameNeighbour is the share of words and signs that a line next to a common one must have kept.
const minSameNeighbour = 0.6

// sameNeighbour reports whether the line above or below a piece of an earlier file is like that of a present one. Blank
// lines do not count.
func sameNeighbour(was *text.Content, piece text.Span, is *text.Content, s text.Span) bool {
	for _, step := range []int{-1, 1} {
		a, b := neighbour(was, piece, step), neighbour(is, s, step)
		if distinctive(a) && likeText(a, b) >= minSameNeighbour {
			return true
		}
	}
	return false
}

// neighbour returns the nearest line above (step -1) or below (step 1) a span that is not blank; "" if there is none.
func neighbour(c *text.Content, s text.Span, step int) string {
	line := c.LineOf(s.Start)
	if step > 0 {
		line = c.LineOf(s.End)
	}
	for line += step; line >= 0 && line < c.Lines(); line += step {
		if code := strings.TrimSpace(c.Line(line)); code != "" {
			return code
		}
	}
	return ""
}

// minRivalLead is how much more like the surroundings of a candidate those of a place must be than those of an equal
// line.
const minRivalLead = 0.1

// hasRival reports whether a line of the earlier file that is equal to a piece of it, and that is gone too, had
// surroundings which are about as like those of the candidate.
func (r resolver) hasRival(was *text.Content, piece text.Span, best Candidate) bool {
	is, err := r.now.Content(best.Path)
	if err != nil {
		return false
	}
	snippet, lines := was.Slice(piece), was.MapTo(is)
	now := surroundings(is, best.Span)
	ours := likeGrams(surroundings(was, piece), now)
	return slices.ContainsFunc(wholeLines(was, occurrences(was.Bytes(), snippet)), func(s text.Span) bool {
		_, stays := lines.Span(s)
		isRival := s != piece && !stays && was.Slice(s) == snippet
		return isRival && likeGrams(surroundings(was, s), now) > ours-minRivalLead
	})
}

// changedOwner reports whether a part of an earlier file is in another declaration now, although its text is common,
// and its own declaration is still there or the other one was there before: a comparison of lines matches equal lines
// next to a unique one, whatever they close.
func (r resolver) changedOwner(old Version, path string, span text.Span, file string, s text.Span) bool {
	was, is, ok := r.contents(old, path, file)
	if !ok {
		return false
	}
	snippet := strings.TrimSpace(was.Slice(span))
	if was.LineOf(span.Start) == was.LineOf(span.End) {
		snippet = strings.TrimSpace(was.Line(was.LineOf(span.Start)))
	}
	if distinctive(snippet) && !occursTwice(was.Bytes(), snippet) && !occursTwice(is.Bytes(), snippet) {
		return false
	}
	in, now := enclosingDecl(old, path, span), enclosingDecl(r.now, file, s)
	if in == nil || now == nil {
		return false
	}
	names, have := in.outerNames(), now.outerNames()
	if isPrefix(names, have) || isPrefix(have, names) {
		return false
	}
	return declares(r.now.LocalDecls(file), names) || declares(old.LocalDecls(path), have)
}
