package server

import (
	"context"
	"fmt"
	"slices"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/trace"
)

// hasMacros are the languages in which macros declare names that no declaration of the text shows:
//
//	thread_local! { static CACHE: Cell<u32> = Cell::new(0); }
var hasMacros = map[selectors.Lang]bool{"rs": true, "cpp": true}

// maxUndeclared bounds the files that are looked through for a name that nothing declares.
const maxUndeclared = 50

// writtenBy adds to the error for a name that nothing declares where code of C, C++ or Rust has the word: a macro may
// declare it, and a server can be asked at the place.
func (a *answer) writtenBy(ctx context.Context, err error) error {
	var lang selectors.Lang
	var names []string
	switch s := a.sel.(type) {
	case selectors.Symbolic:
		lang, names = s.Lang, s.Names
	case selectors.Named:
		lang, names = s.Lang, s.Names
	}
	isAsked := len(names) > 0 && (lang == "" || hasMacros[lang]) && a.Format.Has(trace.UndeclaredNames)
	if !isAsked || !fault.Is(err, fault.NotFound) {
		return err
	}
	found := a.Snap.Occurrences(ctx, names[len(names)-1])
	for _, file := range found.Files[:min(len(found.Files), maxUndeclared)] {
		of, _ := a.Snap.Lang(file)
		if !hasMacros[of] || lang != "" && of != lang {
			continue
		}
		c, err1 := a.Snap.Content(file)
		code, _, err2 := a.Snap.CodeWords(ctx, file)
		if err1 != nil || err2 != nil {
			continue
		}
		i := slices.IndexFunc(code, func(s text.Span) bool { return c.Slice(s) == found.Word() })
		if i < 0 {
			continue
		}
		at := c.PointOf(code[i].Start, a.enc)
		place := selectors.Cursor{Path: file, Line: at.Line + 1, Col: at.Col + 1, Indexing: a.enc}
		f := *fault.From(err)
		hint := fmt.Sprintf("a macro may declare the word, which the code has: ask at %s", place)
		if f.Hint != "" {
			hint += "; otherwise " + f.Hint
		}
		f.Hint = hint
		return &f
	}
	return err
}
