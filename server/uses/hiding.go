package uses

import (
	"slices"

	"lanser/index/syntax"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/trace"
)

// This file limits the doubt about files that the grammar did not understand in full to the names that their
// unread parts hold: nothing else can be declared there.

// FilesHiding returns those of the files that are not read in full which may hold a declaration of the target's name,
// and hide it: those in whose unread parts the name is written, other than by the target's own declaration. Of a file
// that cannot be read, and of a name that is no word, nobody knows, so that the file is one of them.
func (q *Question) FilesHiding(partial []string) (out []string) {
	if q.Target.Decl == nil || !q.Format.Has(trace.Imports) {
		return partial
	}
	d := q.Target.Decl
	name := d.Names[len(d.Names)-1]
	for _, p := range partial {
		c, err := q.Snap.Content(p)
		unread, unreadable := q.Snap.Unread(p)
		also := syntax.WordChars(p)
		if err != nil || unreadable != nil || !text.IsWord(name, also) {
			out = append(out, p)
			continue
		}
		if slices.ContainsFunc(wordsIn(c, name, also, unread), func(s text.Span) bool {
			return p != d.Path || s != d.Name
		}) {
			out = append(out, p)
		}
	}
	return out
}

// wordsIn returns the places of a word in parts of a file, in order. also are the characters that belong to words in
// the file's language besides letters, digits and "_", see [syntax.WordChars].
func wordsIn(c *text.Content, word, also string, parts []text.Span) (out []text.Span) {
	for _, part := range parts {
		for at := part.Start; at+len(word) <= part.End; at++ {
			s := text.Span{Start: at, End: at + len(word)}
			if c.Slice(s) == word && text.IsWholeWord(c.Bytes(), s, also) {
				out = append(out, s)
			}
		}
	}
	return out
}

// settleHiding keeps the doubt about a file that is not read in full only if one of the words in its unread parts is
// neither the symbol, nor a relative of it, nor text.
func (a *Finder) settleHiding(l *ledger.Ledger) {
	a.Hiding = slices.DeleteFunc(a.Hiding, func(p string) bool {
		unread, err := a.Snap.Unread(p)
		return err == nil && !slices.ContainsFunc(l.Lines, func(line ledger.Line) bool {
			return line.Path == p && mayHide(line.Entry) &&
				slices.ContainsFunc(unread, func(s text.Span) bool { return s.Contains(line.Span) })
		})
	})
}

// mayHide reports whether a word with an entry may declare another symbol of the name.
func mayHide(e ledger.Entry) bool {
	switch e {
	case ledger.Reference, ledger.Confirmed, ledger.Family, ledger.NotCode:
		return false
	}
	return true
}
