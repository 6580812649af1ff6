package selectors

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// AnchorHash returns the hash of an anchor: of the snippet at span and ctx code points on either side, or fewer at
// the ends of the file.
func AnchorHash(src []byte, span text.Span, ctx int) string {
	w := window(src, span, ctx)
	sum := sha1.Sum(src[w.Start:w.End])
	return "sha1:" + hex.EncodeToString(sum[:])
}

// window returns the span extended by ctx code points on either side.
func window(src []byte, span text.Span, ctx int) text.Span {
	w := span
	for range ctx {
		_, n := utf8.DecodeLastRune(src[:w.Start])
		w.Start -= n
		_, m := utf8.DecodeRune(src[w.End:])
		w.End += m
	}
	return w
}

// maxSnippet is the length in bytes of the snippets that [NewAnchor] takes.
const maxSnippet = 120

// NewAnchor returns an anchor for a place in a file. Its snippet is the text of the span's first line, and of up to
// two more lines if that text occurs several times. The anchor also has the hash and the line, and the digest of the
// content if there are still other places with the same snippet. ok is false if the line has no letters, such as a
// line with a brace.
func NewAnchor(path string, c *text.Content, span text.Span) (Anchor, bool) {
	at := c.LineOf(span.Start)
	line, _ := c.LineSpan(at)
	s := text.Span{Start: span.Start, End: min(max(span.End, span.Start), line.End)}
	if s.Len() == 0 { // a cursor: the rest of its line
		s.End = line.End
	}
	s.End = s.Start + len(text.Cut(c.Slice(s), maxSnippet))
	snippet := strings.TrimRight(c.Slice(s), " \t\r")
	s.End = s.Start + len(snippet)
	if !strings.ContainsFunc(snippet, unicode.IsLetter) || !utf8.ValidString(snippet) { // all braces are alike
		return Anchor{}, false
	}
	several := occursTwice(c.Bytes(), snippet)
	for more := 1; more <= 2 && several; more++ { // it may be unique together with the lines below
		next, ok := c.LineSpan(at + more)
		if longer := strings.TrimRight(c.Slice(text.Span{Start: s.Start, End: next.End}), " \t\r\n"); ok &&
			len(longer) <= 2*maxSnippet {
			snippet, s.End = longer, s.Start+len(longer)
			several = occursTwice(c.Bytes(), snippet)
		}
	}

	a := Anchor{Path: path, Snippet: snippet, Ctx: DefaultCtx, Hash: AnchorHash(c.Bytes(), s, DefaultCtx), Near: at + 1}
	if several {
		a.DocVersion = c.Digest() // the only thing that distinguishes it once its surroundings have changed
	}
	return a, true
}

// anchor resolves a piece of text.
func (r resolver) anchor(a Anchor) (*Target, error) {
	path, err := r.now.Rel(strings.TrimPrefix(a.Path, "file://"))
	if err != nil {
		return nil, err
	}
	a.Path = path
	if a.Ctx == 0 {
		a.Ctx = DefaultCtx
	}

	if a.DocVersion != "" {
		return r.pinnedAnchor(a)
	}
	a.DocVersion = r.madeFrom(a)
	if a.DocVersion != "" {
		return r.pinnedAnchor(a)
	}

	homes := r.currentPaths("git:HEAD", path)
	var found []Candidate
	var missing error
	for _, file := range append([]string{path}, homes...) {
		c, err := r.now.Content(file)
		if err != nil {
			if missing == nil {
				missing = err
			}
			continue
		}
		exact := occurrences(c.Bytes(), a.Snippet)
		if span, ok := a.byHash(c.Bytes(), exact); ok && file == path {
			return r.targetAt(r.now, file, span, a.statusAt(file, c, span), nil)
		}
		found = a.candidatesIn(file, c, exact)
		if len(found) > 0 {
			break
		}
	}

	if len(found) == 0 && missing != nil && len(homes) == 0 {
		return nil, missing
	}
	gone := fault.New(fault.NotFound, "%s contains neither %q nor a similar text", path, a.Snippet)
	if len(found) > 0 {
		gone = fault.New(fault.NotFound, "%s contains no text that is certainly %q", path, a.Snippet)
	}

	best, err := decide(found, gone)
	if err != nil {
		return nil, err
	}
	c, err := r.now.Content(best.Path)
	if err != nil {
		return nil, err
	}
	return r.targetAt(r.now, best.Path, best.Span, a.statusAt(best.Path, c, best.Span), best.Features)
}

// candidatesIn returns the places in a file that the anchor may mean. exact are the occurrences of the snippet. If
// there are none, the places are those of its first line: the further lines only serve to distinguish it from other
// places.
func (a Anchor) candidatesIn(file string, c *text.Content, exact []text.Span) []Candidate {
	found := a.weigh(file, c, exact)
	if len(exact) == 0 {
		first := a
		first.Snippet, _, _ = strings.Cut(a.Snippet, "\n")
		first.Hash = ""
		exact = wholeLines(c, occurrences(c.Bytes(), strings.TrimRight(first.Snippet, " \t\r")))
		if len(exact) == 0 {
			exact = respacedLines(c, first.Snippet)
		}
		if len(exact) == 0 {
			exact = similarLines(c, first.Snippet)
		}
		found = first.weigh(file, c, exact)
	}

	if at, ok := a.byLine(c, exact); ok {
		return found[at : at+1]
	}
	if len(exact) > 1 { // nothing distinguishes them but the distance from the line, which proves nothing
		for i := range found {
			found[i].Features.Prox = 0
			found[i].Score = found[i].Features.Score()
		}
	}
	return found
}

// madeFrom returns the docVersion of the content that the anchor was certainly made from; "" if that is the present
// content or is unknown. The lines around the anchor in that version are more distinctive than its snippet.
func (r resolver) madeFrom(a Anchor) string {
	if a.Hash == "" {
		return ""
	}
	holds := func(content []byte) bool {
		_, ok := a.byHash(content, occurrences(content, a.Snippet))
		return ok
	}

	if c, err := r.now.Content(a.Path); err == nil && holds(c.Bytes()) {
		return ""
	}
	return r.now.EarlierVersion(r.ctx, a.Path, holds)
}

// byHash returns the occurrence of the snippet whose window has the anchor's hash, or the only
// occurrence if the anchor has no hash; ok is false unless there is exactly one.
func (a Anchor) byHash(src []byte, exact []text.Span) (s text.Span, ok bool) {
	n := 0
	for _, e := range exact {
		if a.Hash == "" || AnchorHash(src, e, a.Ctx) == a.Hash {
			s = e
			n++
		}
	}
	return s, n == 1
}

// byLine returns the index of the occurrence on the line at which the anchor was seen; ok is false
// if there is none, or if the anchor has a hash, which is more precise.
func (a Anchor) byLine(c *text.Content, exact []text.Span) (int, bool) {
	i := slices.IndexFunc(exact, func(s text.Span) bool { return c.LineOf(s.Start) == a.Near-1 })
	return i, i >= 0 && a.Hash == ""
}

// statusAt returns Exact for a place in the file and on the line at which the anchor was seen, else
// Moved.
func (a Anchor) statusAt(file string, c *text.Content, s text.Span) Status {
	if file != a.Path {
		return Moved
	}
	if a.Near == 0 || c.LineOf(s.Start) == a.Near-1 {
		return Exact
	}
	return Moved
}

// weigh returns a candidate for each place in a file. Features that the anchor does not specify do not change the
// score.
func (a Anchor) weigh(file string, c *text.Content, at []text.Span) []Candidate {
	var out []Candidate
	for _, s := range at {
		f := Features{
			AST:    round(likeText(a.Snippet, c.Slice(s))),
			Module: 1,
			Token:  round(likeGrams(a.Snippet, c.Slice(s))),
		}
		if file != a.Path {
			f.Module = round(pathNearness(a.Path, file))
		}
		if !distinctive(a.Snippet) && (a.Hash == "" || AnchorHash(c.Bytes(), s, a.Ctx) != a.Hash) &&
			(a.Hash != "" || f.AST < 1) {
			f.Token, f.AST = 0, round(0.6*f.AST) // all that is known of its surroundings speaks against it
		}

		if a.Near > 0 {
			f.Prox = nearness(a.Near-1, c.LineOf(s.Start))
		}
		out = append(out, Candidate{Path: file, Span: s, Score: f.Score(), Features: &f})
	}
	return out
}

// distinctive reports whether a snippet is long enough to be recognised without its surroundings.
func distinctive(snippet string) bool {
	return len(strings.Join(strings.Fields(snippet), "")) >= 16
}

// pinnedAnchor finds the snippet of an anchor in the version that it was taken from, and then relocates that place to
// the present.
func (r resolver) pinnedAnchor(a Anchor) (*Target, error) {
	old, err := r.version(a.DocVersion, a.Path)
	if now, nowErr := r.now.Content(a.Path); err != nil && nowErr == nil && a.Hash != "" {
		if s, ok := a.byHash(now.Bytes(), occurrences(now.Bytes(), a.Snippet)); ok { // nothing around it has changed
			return r.targetAt(r.now, a.Path, s, a.statusAt(a.Path, now, s), nil)
		}
	}
	if err != nil {
		return nil, err
	}
	c, err := old.Content(a.Path)
	if err != nil {
		return nil, err
	}
	exact := occurrences(c.Bytes(), a.Snippet)
	s, ok := a.byHash(c.Bytes(), exact)
	if !ok && a.Near > 0 { // the surroundings are equal too, so the line decides
		for _, e := range exact {
			if c.LineOf(e.Start) == a.Near-1 {
				s, ok = e, true
			}
		}
	}

	if !ok {
		return nil, fault.New(fault.NotFound,
			"%s of %s has %d places with the text %q, and none of them is certainly the one that is meant",
			a.Path, a.DocVersion, len(exact), a.Snippet)
	}
	if head, _, many := strings.Cut(a.Snippet, "\n"); many { // if the whole has changed, its first line is looked for
		if t, ok := r.unchanged(old, a.DocVersion, a.Path, s); ok {
			return t, nil
		}
		s.End = s.Start + len(strings.TrimRight(head, " \t\r"))
	}

	return r.relocate(old, a.DocVersion, a.Path, s)
}

// relocateText finds a part of an earlier version that is not a declaration. It compares texts, in the same file and
// in those that the file became. For a part that is too short to be recognised, it looks for its whole line.
func (r resolver) relocateText(
	old Version,
	docVersion, path string,
	span text.Span,
	around *Decl,
	homes []string,
) (*Target, error) {
	was, err := old.Content(path)
	if err != nil {
		return nil, err
	}
	piece := span
	if start, end := was.LineOf(span.Start), was.LineOf(span.End); start == end && !distinctive(was.Slice(span)) {
		line, _ := was.LineSpan(start)
		piece = trimSpan(was, line)
	}

	snippet := was.Slice(piece)
	gone := fault.New(fault.NotFound, "the code at %s in %s is gone", place(path, was, span), docVersion)
	if !piece.Contains(span) {
		_, err := decide(nil, gone)
		return nil, err
	}

	var found, unsure []Candidate
	isCertain := false                                          // the only candidate is the only such line of its block
	isBrace := !strings.ContainsFunc(snippet, unicode.IsLetter) // all braces are alike
	for _, file := range homes {
		is, err := r.now.Content(file)
		if err != nil {
			continue
		}
		lines := was.MapTo(is)
		elsewhere := func(s text.Span) bool { return r.otherRole(old, path, piece, file, s) }
		at := wholeLines(is, occurrences(is.Bytes(), snippet))
		if len(at) > 0 && !r.now.FormerRelocation() { // another declaration may have the text, and this one respaced
			isNew := func(s text.Span) bool { return !slices.Contains(at, s) }
			for _, s := range respacedLines(is, snippet) {
				if isNew(s) {
					at = append(at, s)
				}
			}
		}
		search := []func(*text.Content, string) []text.Span{respacedLines, similarLines, rewordedLines}
		if len(at) > 0 && !distinctive(snippet) {
			search = nil
		}
		isCommon := isBrace || len(at) > 1 && !distinctive(snippet)
		if isCommon {
			at = slices.DeleteFunc(at, func(s text.Span) bool { return is.Slice(s) != snippet })
		}
		at = slices.DeleteFunc(at, elsewhere)
		for i := 0; i < len(search) && len(at) == 0 && !isBrace; i++ {
			at = slices.DeleteFunc(search[i](is, snippet), elsewhere)
		}

		for _, s := range at {
			c := r.weighText(was, piece, around, file, is, s, lines)
			isUnsure := isBrace || isCommon && !r.sameNeighbour(was, piece, is, s)
			isCertain = is.Slice(s) == snippet && !r.now.FormerRelocation() && onlyInBlock(was, piece, is, s)
			if isCertain {
				found = []Candidate{c}
				break
			}
			if isUnsure || r.changedOwner(old, path, piece, file, s) {
				unsure = append(unsure, c)
			} else {
				found = append(found, c)
			}
		}
		if len(found) > 0 {
			break
		}
	}

	if len(found) == 0 && len(unsure) > 0 {
		return nil, undecided(gone, unsure, "%d lines %q may be it", len(unsure), snippet)
	}
	best, err := decide(found, gone)
	if err != nil {
		return nil, err
	}
	if !isCertain && r.hasRival(was, piece, best) {
		return nil, undecided(gone, append(found, unsure...), "another line %q of then is as like it", snippet)
	}
	if piece != span {
		is, err := r.now.Content(best.Path)
		if err != nil {
			return nil, err
		}
		at, ok := r.cursorIn(snippet, span.Start-piece.Start, is.Slice(best.Span))
		if ok {
			best.Span.Start += at
			best.Span.End = best.Span.Start + span.Len()
		}

		if !ok || is.Slice(best.Span) != was.Slice(span) {
			_, err := decide(nil, gone)
			return nil, err
		}
	}

	return r.targetAt(r.now, best.Path, best.Span, Moved, best.Features)
}

// weighText returns the candidate for a part of an earlier file at a span of a present file. around is the
// declaration that contained the part.
func (r resolver) weighText(
	was *text.Content,
	piece text.Span,
	around *Decl,
	file string,
	is *text.Content,
	s text.Span,
	lines *text.LineMap,
) Candidate {
	snippet := was.Slice(piece)
	f := Features{
		AST:    likeText(snippet, is.Slice(s)),
		Module: 1,
		Token:  round(likeGrams(surroundings(was, piece), surroundings(is, s))),
	}
	switch now := enclosingDecl(r.now, file, s); {
	case around == nil && now == nil:
	case around == nil || now == nil:
		f.AST *= 0.4
	default:
		f.AST *= pathLikeness(*around, *now)
	}
	f.AST = round(f.AST)
	f.Prox = nearness(lines.ExpectedLine(piece.Start), is.LineOf(s.Start))
	return Candidate{Path: file, Span: s, Score: f.Score(), Features: &f}
}

// wholeLines widens spans to the text of their lines.
func wholeLines(c *text.Content, spans []text.Span) (out []text.Span) {
	for _, s := range spans {
		first, _ := c.LineSpan(c.LineOf(s.Start))
		last, _ := c.LineSpan(c.LineOf(s.End))
		s = trimSpan(c, text.Span{Start: first.Start, End: last.End})
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// place returns "path:line:col" of the start of a span, 1-based and in UTF-8, for messages.
func place(path string, c *text.Content, s text.Span) string {
	p := c.PointOf(s.Start, text.UTF8)
	return fmt.Sprintf("%s:%d:%d", path, p.Line+1, p.Col+1)
}

// cursorIn returns the position in the present text of a cursor in an earlier one: at the same word or sign, if all
// that precedes it in the text, or all that follows it, is the same, or if the word occurs once in both.
func (r resolver) cursorIn(was string, at int, is string) (int, bool) {
	if was == is {
		return at, true
	}
	if i, ok := sameToken(was, at, is); ok && !r.now.FormerRelocation() {
		return i, true
	}
	s := text.WordAt([]byte(was), at, "")
	word := was[s.Start:s.End]
	if word == "" || strings.Count(was, word) != 1 || strings.Count(is, word) != 1 {
		return 0, false
	}
	return strings.Index(is, word) + at - s.Start, true
}

// sameToken returns the position of a cursor at a word or sign of an earlier text, in a present one in which all words
// and signs up to that one, or from it on, are the same.
func sameToken(was string, at int, is string) (int, bool) {
	x, y := tokens(was), tokens(is)
	isAt := func(s text.Span) bool { return s.Start <= at && at < s.End }
	i := slices.IndexFunc(x, isAt)
	if i < 0 {
		return 0, false
	}
	equal := func(a, b text.Span) bool { return was[a.Start:a.End] == is[b.Start:b.End] }
	after := len(y) - len(x) + i // the token with as many after it
	isWhole := max(len(x), len(y)) < maxWords
	if i < len(y) && slices.EqualFunc(x[:i+1], y[:i+1], equal) {
		return y[i].Start + at - x[i].Start, true
	}
	if after >= 0 && isWhole && slices.EqualFunc(x[i:], y[after:], equal) {
		return y[after].Start + at - x[i].Start, true
	}
	return 0, false
}

// trimSpan returns a span without the white space at both ends.
func trimSpan(c *text.Content, s text.Span) text.Span {
	t := c.Slice(s)
	left := strings.TrimLeft(t, " \t\r\n")
	s.Start += len(t) - len(left)
	s.End = s.Start + len(strings.TrimRight(left, " \t\r\n"))
	return s
}

// surroundings returns the text of a span with the lines next to it.
func surroundings(c *text.Content, s text.Span) string {
	first, last := c.LineOf(s.Start), c.LineOf(s.End)
	from, _ := c.LineSpan(max(0, first-2))
	to, ok := c.LineSpan(last + 2)
	if !ok {
		to.End = c.Len()
	}
	return c.Slice(text.Span{Start: from.Start, End: to.End})
}

// occursTwice reports whether a text contains a snippet more than once.
func occursTwice(src []byte, snippet string) bool {
	i := bytes.Index(src, []byte(snippet))
	return i >= 0 && bytes.Contains(src[i+1:], []byte(snippet))
}

// occurrences lists the places of a snippet in a text, at most maxOccurrences.
func occurrences(src []byte, snippet string) []text.Span {
	var out []text.Span
	for at := 0; len(out) < maxOccurrences; {
		i := bytes.Index(src[at:], []byte(snippet))
		if i < 0 {
			break
		}
		out = append(out, text.Span{Start: at + i, End: at + i + len(snippet)})
		at += i + 1
	}
	return out
}

// maxOccurrences bounds the places of a snippet that are considered.
const maxOccurrences = 1000

// grams returns the winnowed k-grams of a text's characters, without white space.
func grams(s string) []uint64 {
	var chars []uint64
	for _, r := range s {
		if r > ' ' {
			chars = append(chars, uint64(r))
		}
	}
	return winnow(chars, winnowK, winnowW)
}

// likeGrams returns the Jaccard index of the winnowed k-grams of two texts.
func likeGrams(a, b string) float64 { return jaccard(grams(a), grams(b)) }

// likeText returns the share of words and signs that two texts have in common in the same order: twice the length of
// their longest common subsequence, divided by the sum of their lengths.
func likeText(a, b string) float64 { return likeTokens(words(a), words(b)) }

// likeTokens is likeText for texts that are split into words and signs.
func likeTokens(x, y []string) float64 {
	if len(x)+len(y) == 0 {
		return 1
	}
	row := make([]int, len(y)+1)
	for i := range x {
		diagonal := 0
		for j := range y {
			above := row[j+1]
			if x[i] == y[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			diagonal = above
		}
	}
	return 2 * float64(row[len(y)]) / float64(len(x)+len(y))
}

// words returns the words and signs of a text, at most maxWords.
func words(s string) (out []string) {
	for _, t := range tokens(s) {
		out = append(out, s[t.Start:t.End])
	}
	return out
}

// tokens returns the places of the words and signs of a text, at most maxWords.
func tokens(s string) (out []text.Span) {
	for i := 0; i < len(s) && len(out) < maxWords; {
		j := i + text.WordLen([]byte(s[i:]), "")
		if j == i {
			_, n := utf8.DecodeRuneInString(s[i:])
			j += n
		}
		if strings.TrimSpace(s[i:j]) != "" {
			out = append(out, text.Span{Start: i, End: j})
		}
		i = j
	}
	return out
}

// maxWords bounds the words that are compared: the comparison takes time that grows with the square.
const maxWords = 400

// stretches lists the parts of a file that are as many lines high as the snippet, without the white space around
// them, and of which keep is true.
func stretches(c *text.Content, snippet string, keep func(piece string) bool) (out []text.Span) {
	height := strings.Count(snippet, "\n") + 1
	for line := 0; line+height <= c.Lines(); line++ {
		first, _ := c.LineSpan(line)
		last, _ := c.LineSpan(line + height - 1)
		s := trimSpan(c, text.Span{Start: first.Start, End: last.End})
		if s.Len() > 0 && s.Len() <= 4*len(snippet)+200 && keep(c.Slice(s)) {
			out = append(out, s)
		}
	}
	return out
}

// respacedLines lists the stretches of a file that differ from the snippet in white space alone: formatters align
// fields, their tags and comments with those of their neighbours.
func respacedLines(c *text.Content, snippet string) []text.Span {
	want := strings.Join(strings.Fields(snippet), " ")
	return stretches(c, snippet, func(piece string) bool {
		return strings.Join(strings.Fields(piece), " ") == want
	})
}

// similarLines lists the stretches of a file that hold at least half of the snippet's k-grams.
func similarLines(c *text.Content, snippet string) []text.Span {
	want := grams(snippet)
	if len([]rune(strings.Join(strings.Fields(snippet), ""))) < winnowK {
		return nil
	}
	return stretches(c, snippet, func(piece string) bool {
		both := common(want, grams(piece))
		return 2*both >= len(want) && both > 0 && likeText(snippet, piece) >= minLikeness
	})
}

// minSameWords is the share of words and signs that a line must have in common with an earlier one to be taken for
// it although they have few k-grams in common, as a short call of which the receiver was renamed.
const minSameWords = 0.75

// rewordedLines lists the stretches of a file that have most words and signs of the snippet, in order.
func rewordedLines(c *text.Content, snippet string) []text.Span {
	n := len(words(snippet))
	return stretches(c, snippet, func(piece string) bool {
		m := len(words(piece))
		return 4*min(n, m) >= 3*max(n, m) && likeText(snippet, piece) >= minSameWords
	})
}
