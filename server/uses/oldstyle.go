package uses

import (
	"bytes"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/trace"
)

// This file is about the parameters of functions of C in the old style: int f(a) int a; { return a; }. clangd knows
// them in the body alone.

// oldStyleHead matches what is between the name and the body of such a function.
var oldStyleHead = lazyregexp.New(`^\s*\([\w\s,]+\)[^{}]*;[^{};]*$`)

// oldStyleAround returns the function of the old style that has a place between its name and its body: the span of that
// part, its head, and that of the body, in bytes. at is a byte offset in the file p.
func oldStyleAround(snap *index.Snapshot, p string, at int) (head, body text.Span, ok bool) {
	lang, _ := snap.Lang(p)
	c, err := snap.Content(p)
	if lang != "cpp" || err != nil {
		return head, body, false
	}
	for _, d := range snap.FileDecls(p) {
		head = text.Span{Start: d.Name.End, End: max(d.Name.End, d.Body.Start)}
		isHead := d.Kind == selectors.KindDef && head.Start <= at && at < head.End
		if isHead && oldStyleHead.MatchString(c.Slice(head)) {
			return head, d.Body, true
		}
	}
	return head, body, false
}

// AskInBody moves the target from the head of a function of the old style to the first use of its word in the body, if
// there is one. A word behind a dot or an arrow is a member, and not the parameter. It changes the target of the
// question itself, and must be called before anything is asked.
func (a *Finder) AskInBody() {
	t := a.Target
	if t.Decl != nil || !a.Format.Has(trace.Imports) {
		return
	}
	_, body, ok := oldStyleAround(a.Snap, t.Path, t.At)
	if !ok {
		return
	}
	word := t.Content.Slice(a.TargetWord().Span)
	for _, s := range wordsIn(t.Content, word, syntax.WordChars(t.Path), []text.Span{body}) {
		left := bytes.TrimRight(t.Content.Bytes()[:s.Start], " \t\r\n")
		if word != "" && !bytes.HasSuffix(left, []byte(".")) && !bytes.HasSuffix(left, []byte("->")) {
			moved := *t
			moved.At = s.Start
			a.Target = &moved
			return
		}
	}
}

// isOldParameter reports whether a word in the head of a function of the old style is the parameter that the answer is
// about, which the same head declares.
func (a *Finder) isOldParameter(w ledger.Place) bool {
	if a.Target.Decl != nil || !a.Format.Has(trace.Imports) {
		return false
	}
	head, _, ok := oldStyleAround(a.Snap, w.Path, w.Span.Start)
	for _, p := range a.Own {
		if ok && p.Path == w.Path && head.Contains(p.Span) {
			return true
		}
	}
	return false
}
