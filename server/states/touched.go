package states

import (
	"cmp"
	"slices"
	"strings"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/project"
)

// What a patch changes is found by comparing the declarations of two states, and not by its lines: a hunk may begin in
// one function and end in the next. Declarations are paired by language, module and name path. For
//
//	func f(a int) {}        func f(a, b int) {}
//	type T struct{}         type T struct{ N int }
//
// the signature of f has changed, T.N is added, and the members of T have changed, as whoever writes a T has to fill in
// the new one.

// Touched is a declaration that a patch changes, removes or adds, or a file if Decl is nil.
type Touched struct {
	Decl *selectors.Decl // of the state before the patch; of a declaration that is added, after it
	Path string
	How  string // a value of [bundle.Change].How
	// Line is the first line, 0-based, that differs in code outside of all declarations: a line of the state after the
	// patch, or of that before it if code is gone from the end. It is 0 for other changes.
	Line int
}

// declKey identifies a declaration in two states of a workspace, together with its number among those of equal key.
type declKey struct{ lang, module, names string }

func keyOf(d selectors.Decl) declKey {
	return declKey{lang: string(d.Lang), module: d.Module, names: strings.Join(d.Names, "\x00")}
}

// TouchedBy returns what differs between two states, of which the second is an overlay of the first, in order of file
// and place. A declaration differs if its tokens do, apart from those of its members, which are compared by
// themselves: comments, documentation and layout are no difference. A declaration that moved to another file is the
// same one if its selector is.
func TouchedBy(before, after *index.Snapshot) (out []Touched) {
	files := after.Overlaid()
	was, is := declarationsIn(before, files), declarationsIn(after, files)
	members := map[string]bool{} // selectors of types that get a member
	for key, old := range was {
		old, now := pairUp(old, is[key])
		for i := range old {
			switch {
			case old[i] == nil:
				continue
			case now[i] == nil:
				out = append(out, Touched{Decl: old[i], Path: old[i].Path, How: bundle.ChangedRemoved})
			default:
				if how := difference(before, *old[i], after, *now[i]); how != "" {
					out = append(out, Touched{Decl: old[i], Path: old[i].Path, How: how})
				}
			}
		}
	}
	for key, now := range is {
		old, now := pairUp(was[key], now)
		for i := range now {
			if now[i] == nil || old[i] != nil {
				continue
			}
			out = append(out, Touched{Decl: now[i], Path: now[i].Path, How: bundle.ChangedAdded})
			members[now[i].Container] = members[now[i].Container] || obliges(after, now[i])
		}
	}
	out = append(out, widened(was, members, out)...)
	for _, file := range files {
		out = append(out, touchedOutside(before, after, file)...)
	}
	slices.SortFunc(out, func(a, b Touched) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), a.at()-b.at(), strings.Compare(a.How, b.How))
	})
	return out
}

// at returns the byte offset of the name, in one of the two states; -1 for a file. It is good for an order alone.
func (t Touched) at() int {
	if t.Decl == nil {
		return -1
	}
	return t.Decl.Name.Start
}

// declarationsIn returns the declarations of files that other code can use: no locals of functions, and no imports.
// Files that the state does not have are passed over.
func declarationsIn(s *index.Snapshot, files []string) map[declKey][]*selectors.Decl {
	out := map[declKey][]*selectors.Decl{}
	for _, file := range files {
		if !s.Has(file) {
			continue
		}
		for _, d := range s.FileDecls(file) {
			if d.Local == 0 && !d.Alias {
				out[keyOf(d)] = append(out[keyOf(d)], &d)
			}
		}
	}
	return out
}

// pairUp returns declarations of equal key in two states with equal indices: those of one file in their order, then
// the others. A declaration without a counterpart has nil in the other list.
func pairUp(old, now []*selectors.Decl) (was, is []*selectors.Decl) {
	left := slices.Clone(now)
	take := func(accept func(d *selectors.Decl) bool) *selectors.Decl {
		i := slices.IndexFunc(left, accept)
		if i < 0 {
			return nil
		}
		d := left[i]
		left = slices.Delete(left, i, i+1)
		return d
	}
	was = slices.Clone(old)
	is = make([]*selectors.Decl, len(old))
	for i, d := range old {
		is[i] = take(func(n *selectors.Decl) bool { return n.Path == d.Path })
	}
	for i := range old {
		if is[i] == nil {
			is[i] = take(func(*selectors.Decl) bool { return true })
		}
	}
	for _, d := range left {
		was, is = append(was, nil), append(is, d)
	}
	return was, is
}

// difference returns how a declaration differs between two states, "" if it does not: ChangedDeclaration for a
// variable, constant or field, ChangedBody if nothing but the body does, so that callers need not change, and else
// ChangedSignature.
func difference(before *index.Snapshot, old selectors.Decl, after *index.Snapshot, now selectors.Decl) string {
	differs := func(part func(selectors.Decl) text.Span) bool {
		return !slices.Equal(ownTokens(before, old, part(old)), ownTokens(after, now, part(now)))
	}
	def := func(d selectors.Decl) text.Span { return d.Def }
	body := func(d selectors.Decl) text.Span { return d.Body }
	header := func(d selectors.Decl) text.Span {
		return text.Span{Start: d.Def.Start, End: max(d.Def.Start, d.Body.Start)}
	}
	switch {
	case old.Kind == now.Kind && !differs(def):
		return ""
	case old.Kind == selectors.KindVar || old.Kind == selectors.KindConst || old.Kind == selectors.KindField:
		return bundle.ChangedDeclaration
	case old.Body.Len() > 0 && now.Body.Len() > 0 && differs(body) && !differs(header):
		return bundle.ChangedBody
	}
	return bundle.ChangedSignature
}

// ownTokens returns the tokens of a part of a declaration without those of its members and its documentation, and
// without what is only between members, such as commas. Nested functions and other locals count as its own.
func ownTokens(s *index.Snapshot, d selectors.Decl, part text.Span) []uint64 {
	leave := []text.Span{d.Doc}
	for _, m := range s.FileDecls(d.Path) {
		if m.Local == 0 && !m.Alias && d.Def.Contains(m.Def) && m.Def != d.Def {
			leave = append(leave, m.Def)
		}
	}
	c, err := s.Content(d.Path)
	if err != nil {
		return nil
	}
	isSeparator := func(gap text.Span) bool { return strings.Trim(c.Slice(gap), ";,| \t\r\n") == "" }
	return s.Tokens(d.Path, slices.DeleteFunc(gaps(part, leave), isSeparator)...)
}

// gaps returns the parts of a span that none of others holds, in order. It sorts others.
func gaps(whole text.Span, others []text.Span) (out []text.Span) {
	slices.SortFunc(others, func(a, b text.Span) int { return a.Start - b.Start })
	at := whole.Start
	for _, o := range others {
		if o.End <= at || o.Start >= whole.End {
			continue
		}
		if o.Start > at {
			out = append(out, text.Span{Start: at, End: o.Start})
		}
		at = o.End
	}
	if at < whole.End {
		out = append(out, text.Span{Start: at, End: whole.End})
	}
	return out
}

// obliges reports whether a new member changes what others must write: all implementations of an interface, the
// cases of an enum, the literals of a struct.
func obliges(s *index.Snapshot, member *selectors.Decl) bool {
	if len(member.Kinds) < 2 {
		return false
	}
	switch member.Kinds[len(member.Kinds)-2] {
	case selectors.KindInterface, selectors.KindEnum:
		return true
	case selectors.KindStruct:
		return member.Kind == selectors.KindField
	}
	return false
}

// widened returns the types that get a member which obliges others, unless they are among what is touched already.
func widened(was map[declKey][]*selectors.Decl, members map[string]bool, known []Touched) (out []Touched) {
	for _, list := range was {
		for _, d := range list {
			isKnown := func(t Touched) bool { return t.Decl == d }
			if members[d.Selector().String()] && !slices.ContainsFunc(known, isKnown) {
				out = append(out, Touched{Decl: d, Path: d.Path, How: bundle.ChangedMembers})
			}
		}
	}
	return out
}

// bringsIn matches lines that only name what a file uses or is part of.
var bringsIn = lazyregexp.New(`^\s*(?:import|from|use|using|package|namespace|module|\}\s*from)\b\s*(?:[^\s.(=]|$)|` +
	`^\s*#\s*(?:include|pragma)\b|^[\s(){}\[\],;]*$`)

// beginsImport matches the first line of an import. "import(" and "use(" are calls, and "from =" is a variable.
var beginsImport = lazyregexp.New(`^\s*(?:import|from|use|using)\b\s*[^\s.(=]`)

// touchedOutside returns a file that differs between two states, if it is in no language that has symbols, or if code
// outside of all its declarations differs, such as the statements of a script. Lines that import something are left
// out. It is nil for any other file.
func touchedOutside(before, after *index.Snapshot, file string) []Touched {
	if project.LanguageOf(file) == nil {
		return []Touched{{Path: file, How: bundle.ChangedFile}}
	}
	if lang, ok := before.Lang(file); !ok || lang == "go" { // Go has no statements outside of declarations
		return nil
	}
	old, now := outside(before, file), outside(after, file)
	for i, line := range now {
		if i >= len(old) || !slices.Equal(old[i].tokens, line.tokens) {
			return []Touched{{Path: file, How: bundle.ChangedCode, Line: line.number}}
		}
	}
	if len(old) > len(now) {
		return []Touched{{Path: file, How: bundle.ChangedCode, Line: old[len(now)].number}}
	}
	return nil
}

// outsideLine is a line of code outside of all declarations.
type outsideLine struct {
	number int // 0-based
	tokens []uint64
}

// outside returns the lines of a file's code outside of all declarations, without imports; none for a file that the
// state does not have.
func outside(s *index.Snapshot, file string) (out []outsideLine) {
	if !s.Has(file) {
		return nil
	}
	c, err := s.Content(file)
	if err != nil {
		return nil
	}
	var leave []text.Span
	for _, d := range s.FileDecls(file) {
		if d.Local == 0 {
			leave = append(leave, d.Def, d.Doc)
		}
	}
	leave = append(leave, importsIn(c)...)
	for _, part := range gaps(text.Span{End: c.Len()}, leave) {
		for n := c.LineOf(part.Start); n <= c.LineOf(part.End); n++ {
			line, _ := c.LineSpan(n)
			line = text.Span{Start: max(line.Start, part.Start), End: min(line.End, part.End)}
			if line.Len() <= 0 || bringsIn.MatchString(c.Slice(line)) {
				continue
			}
			if tokens := s.Tokens(file, line); len(tokens) > 0 {
				out = append(out, outsideLine{number: n, tokens: tokens})
			}
		}
	}
	return out
}

// importsIn returns the imports of a file that extend over several lines, in brackets.
func importsIn(c *text.Content) (out []text.Span) {
	for n := 0; n < c.Lines(); n++ {
		if !beginsImport.MatchString(c.Line(n)) {
			continue
		}
		first, _ := c.LineSpan(n)
		depth := 0
		for ; n < c.Lines(); n++ {
			line := c.Line(n)
			depth += strings.Count(line, "(") + strings.Count(line, "{")
			depth -= strings.Count(line, ")") + strings.Count(line, "}")
			if depth <= 0 {
				break
			}
		}
		last, ok := c.LineSpan(min(n, c.Lines()-1))
		if ok && last.End > first.End && depth <= 0 {
			out = append(out, text.Span{Start: first.Start, End: last.End})
		}
	}
	return out
}
