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
func (r resolver) sameNeighbour(was *text.Content, piece text.Span, is *text.Content, s text.Span) bool {
	for _, step := range []int{-1, 1} {
		a, b := neighbour(was, piece, step), neighbour(is, s, step)
		if distinctive(a) && r.likeNeighbours(a, b) >= minSameNeighbour {
			return true
		}
	}
	return false
}

// likeNeighbours returns the likeness of two lines by their words alone: the signs of two includes or of two calls are
// the same, whatever they name.
func (r resolver) likeNeighbours(a, b string) float64 {
	if r.now.FormerRelocation() {
		return likeText(a, b)
	}
	isSign := func(w string) bool { return text.WordLen([]byte(w), "") == 0 }
	return likeTokens(slices.DeleteFunc(words(a), isSign), slices.DeleteFunc(words(b), isSign))
}

// neighbour returns the nearest line above (step -1) or below (step 1) a span that is not blank; "" if there is none.
func neighbour(c *text.Content, s text.Span, step int) string {
	line, ok := neighbourLine(c, s, step)
	if !ok {
		return ""
	}
	return strings.TrimSpace(c.Line(line))
}

// neighbourLine returns the number of the line that neighbour returns.
func neighbourLine(c *text.Content, s text.Span, step int) (line int, ok bool) {
	line = c.LineOf(s.Start)
	if step > 0 {
		line = c.LineOf(s.End)
	}
	for line += step; line >= 0 && line < c.Lines(); line += step {
		if strings.TrimSpace(c.Line(line)) != "" {
			return line, true
		}
	}
	return 0, false
}

// onlyInBlock reports whether the same, unchanged line heads the innermost blocks around a line of an earlier file and
// an equal one of a present file, and neither block has a second such line.
func onlyInBlock(was *text.Content, span text.Span, is *text.Content, s text.Span) bool {
	then, hadOne := blockOf(was, span)
	now, hasOne := blockOf(is, s)
	if !hadOne || !hasOne {
		return false
	}
	head, _ := was.LineSpan(then)
	mapped, ok := was.MapTo(is).Span(head)
	return ok && is.LineOf(mapped.Start) == now && !isAlone(was, head, is, mapped)
}

// blockOf returns the line that heads the innermost block around a line; ok is false if there is none, or if the block
// has a second line that is equal to that one.
func blockOf(c *text.Content, s text.Span) (head int, ok bool) {
	heads := blockHeads(c, c.LineOf(s.Start), true)
	if len(heads) == 0 {
		return 0, false
	}
	equal := 0
	for _, o := range wholeLines(c, occurrences(c.Bytes(), c.Slice(s))) {
		around := blockHeads(c, c.LineOf(o.Start), true)
		if c.Slice(o) == c.Slice(s) && len(around) > 0 && around[0] == heads[0] {
			equal++
		}
	}
	return heads[0], equal == 1
}

// isAlone reports whether a comparison has matched a common line of an earlier file with a present one, but neither the
// lines next to it nor the one that heads its block: then it may be any other such line.
func isAlone(was *text.Content, span text.Span, is *text.Content, s text.Span) bool {
	if distinctive(was.Slice(span)) || distinctive(was.Line(was.LineOf(span.Start))) {
		return false
	}
	lines := was.MapTo(is)
	then, now := blockHeads(was, was.LineOf(span.Start), true), blockHeads(is, is.LineOf(s.Start), true)
	if len(then) > 0 && len(now) > 0 {
		head, _ := was.LineSpan(then[0])
		mapped, ok := lines.Span(head)
		if ok && is.LineOf(mapped.Start) == now[0] && !isAlone(was, head, is, mapped) {
			return false
		}
	}
	for _, step := range []int{-1, 1} {
		then, hadOne := neighbourLine(was, span, step)
		now, hasOne := neighbourLine(is, s, step)
		if hadOne != hasOne {
			continue
		}
		above, _ := was.LineSpan(then)
		mapped, ok := lines.Span(above)
		if !hadOne || ok && is.LineOf(mapped.Start) == now {
			return false
		}
	}
	return true
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

// changedOwner reports whether a part of an earlier file is in another declaration or block now, although its text is
// common, and its own declaration or block is still there or the other one was there before: a comparison of lines
// matches equal lines next to a unique one, whatever they close. Of a text that is not common, it reports whether its
// own declaration still has it too, with other white space.
func (r resolver) changedOwner(old Version, path string, span text.Span, file string, s text.Span) bool {
	was, is, ok := r.contents(old, path, file)
	if !ok {
		return false
	}
	snippet := strings.TrimSpace(was.Slice(span))
	if was.LineOf(span.Start) == was.LineOf(span.End) {
		snippet = strings.TrimSpace(was.Line(was.LineOf(span.Start)))
	}
	isCommon := !distinctive(snippet) || occursTwice(was.Bytes(), snippet) || occursTwice(is.Bytes(), snippet)
	if isCommon && !r.now.FormerRelocation() && changedBlock(was, span, is, s) {
		return true
	}
	in, now := enclosingDecl(old, path, span), enclosingDecl(r.now, file, s)
	if in == nil || now == nil {
		return false
	}
	names, have := in.outerNames(), now.outerNames()
	if isPrefix(names, have) || isPrefix(have, names) {
		return false
	}
	if !isCommon {
		return !r.now.FormerRelocation() && r.keeps(file, names, snippet)
	}
	if declares(r.now.LocalDecls(file), names) || declares(old.LocalDecls(path), have) {
		return true
	}
	return !r.now.FormerRelocation() && old.Fingerprint(*in).Like(r.now.Fingerprint(*now)) < minLikeness
}

// keeps reports whether a declaration of a present file contains a text, whatever its white space.
func (r resolver) keeps(file string, names []string, snippet string) bool {
	is, err := r.now.Content(file)
	if err != nil {
		return false
	}
	for _, d := range r.now.LocalDecls(file) {
		if !d.Alias && slices.Equal(d.Names, names) && slices.ContainsFunc(respacedLines(is, snippet), d.Def.Contains) {
			return true
		}
	}
	return false
}

// changedBlock reports whether a block around a part of an earlier file is still there and is not around a part of a
// present one, or whether the two close blocks that open with different lines.
func changedBlock(was *text.Content, span text.Span, is *text.Content, s text.Span) bool {
	lines := was.MapTo(is)
	then, closed := openerOf(was, was.LineOf(span.Start))
	now, closes := openerOf(is, is.LineOf(s.Start))
	if closed && closes && likeText(was.Line(then), is.Line(now)) < minSameNeighbour {
		return true
	}
	around := blockHeads(is, is.LineOf(s.Start), true)
	for _, head := range blockHeads(was, was.LineOf(span.Start), true) {
		at, _ := was.LineSpan(head)
		now, ok := lines.Span(at)
		if ok && !slices.Contains(around, is.LineOf(now.Start)) && !isAlone(was, at, is, now) {
			return true
		}
	}
	return false
}
