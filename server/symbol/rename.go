package symbol

import (
	"context"
	"path"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/patch"
	"lanser/server/trace"
	"lanser/server/uses"
)

// A rename is shown as a diff, and never applied (spec section 8). The edits are the server's own: what is added here
// is the proof that they are all. The ledger has every word of the old name; each use in it must be changed by an edit,
// none may be possible only, and no word may mean something else afterwards (recheck.go). Otherwise the rename is
// refused, as a diff that leaves a use behind breaks the program.

// Rename answers with a diff that renames the target, from the server's own edits. It is refused unless every word
// of the name is accounted for and every use, also of the method's family, is among the edits.
//
// The returned check fails if the rename would change the meaning of any code. It needs a session that sees the files
// as they would be: where the request is hypothetical, that is the session that answers, so that its turn must be over.
func (a *Answer) Rename(ctx context.Context, s *lsp.Session) (check func(context.Context, *Answer) error, err error) {
	name := a.Request.Options.To
	why, err := s.Unrenamable(ctx, a.Target.Path, a.Target.Content, a.Target.At)
	if err != nil {
		return nil, err
	}
	if why != "" {
		return nil, fault.New(fault.Unsupported, "%s does not rename it: %s", s.Server().Name, why)
	}
	named, err := a.usesToRename(ctx, s)
	if err != nil {
		return nil, err
	}
	proposed, err := s.Rename(ctx, a.Target.Path, a.Target.Content, a.Target.At, name)
	if err != nil {
		return nil, err
	}
	changes, err := a.editsOf(s, proposed)
	if err != nil {
		return nil, err
	}
	target := a.TargetWord()
	old := a.Target.Content.Slice(target.Span)
	if a.Format.Has(trace.OwnNames) {
		changes = slices.DeleteFunc(changes, func(e uses.Edit) bool { return a.isOfAnotherName(e, old, named) })
		changes = a.withImports(changes, old, named)
	}
	r := &renaming{old: old, Edits: uses.Edits{Name: name, List: changes}}
	if a.Format.Has(trace.MatchingMembers) { // the reason is plainer than that of checkComplete
		isLeft := func(p ledger.Place) bool { return !r.changes(p) }
		if err := a.checkMatching(ctx, s, slices.DeleteFunc(slices.Clone(named), isLeft)); err != nil {
			return nil, err
		}
	}
	if err := a.checkComplete(ctx, s, named, r); err != nil {
		return nil, err
	}
	if err := a.checkPasted(ctx, named, r); err != nil {
		return nil, err
	}
	if !a.Format.Has(trace.MatchingMembers) {
		if err := a.checkMatching(ctx, s, named); err != nil {
			return nil, err
		}
	}
	f := a.Facts("lsp")
	f.References = []bundle.Location{}
	for _, use := range named {
		if r.changes(use) || a.hasOtherName(use, r.old) {
			f.References = append(f.References, a.LocationAt(use))
		}
	}
	d, err := diffOf(a.Snap, changes)
	if err != nil {
		return nil, err
	}
	a.Bundle.Edits.Diff = &d
	r, err = a.meaningsOf(ctx, s, r)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a *Answer) error { return a.checkMeanings(ctx, s.Server(), r) }, nil
}

// CheckRename fails if the request's new name is none, or is taken, or if the selector has the target by another name
// than its own. It asks no server. The name must be one word of the characters of the target's language, and must not
// begin with a digit.
func (a *Answer) CheckRename(ctx context.Context, sel selectors.Selector) error {
	name := a.Request.Options.To
	if d := a.Target.Decl; d != nil && a.Format.Has(trace.OwnNames) {
		if other := otherName(sel, d); other != "" {
			return fault.New(fault.Usage, "%s is another name of %s", other, d.Selector()).
				WithHint("rename that, or the place where it gets the other name: " +
					"lanser rename PATH@LLINE:CCOLUMN NEWNAME")
		}
	}
	if name == "" || text.WordLen([]byte(name), syntax.WordChars(a.Target.Path)) != len(name) || isDigit(name[0]) {
		return fault.New(fault.Usage, "%q is no name that a symbol can have", name).
			WithHint("lanser rename SELECTOR NEWNAME")
	}
	return a.checkFree(ctx, name)
}

// otherName returns the name by which a selector has a declaration, if it is not the declaration's own; "" otherwise,
// also for a selector that is written with more than a name, as in Get(int).
func otherName(sel selectors.Selector, d *selectors.Decl) string {
	var names []string
	switch sel := sel.(type) {
	case selectors.Symbolic:
		names = sel.Names
	case selectors.Named:
		names = sel.Names
	default:
		return ""
	}
	name, own := names[len(names)-1], d.Names[len(d.Names)-1]
	isPlain := text.WordLen([]byte(name), syntax.WordChars(d.Path)) == len(name)
	if !isPlain || name == own || "r#"+name == own {
		return ""
	}
	return name
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// checkFree fails if the module of the target declares the new name where the target is declared: at the top level, or
// in the same type. Names that are only visible there, such as imported ones, are left to the comparison of meanings.
func (a *Answer) checkFree(ctx context.Context, name string) error {
	d := a.Target.Decl
	if d == nil {
		return nil // the server checks it
	}
	last := len(d.Names) - 1
	if d.Names[last] == name {
		return fault.New(fault.Usage, "%s has that name", d.Selector())
	}
	decls, _, _ := a.Snap.Module(ctx, d.Lang, d.Module)
	want := slices.Concat(d.Names[:last], []string{name})
	for _, other := range decls {
		if slices.Equal(other.Names, want) {
			return fault.New(fault.Usage, "%s is declared already, in %s", other.Selector(), other.Path).
				WithHint("choose another name")
		}
	}
	return nil
}

// usesToRename returns the places of the target's name, and those of its family, with their declarations.
func (a *Answer) usesToRename(ctx context.Context, s *lsp.Session) ([]ledger.Place, error) {
	q := *a.Question
	q.Request.Options.Family = true // a method is renamed together with its family
	a.Question = &q
	found, err := a.FindUses(ctx, s, true, uses.Everywhere)
	if err != nil {
		return nil, err
	}
	named := found.Words()
	if d := a.Target.Decl; d != nil {
		named = append(named, ledger.Place{Path: d.Path, Span: d.Name})
	}
	slices.SortFunc(named, ledger.Place.Compare)
	return slices.Compact(named), nil
}

// editsOf returns a server's edits in order, each once, if all are in files of the workspace and none overlap. The
// error is Unsupported for an edit elsewhere, and Incomplete for edits that cannot all be applied to the text.
func (a *Answer) editsOf(s *lsp.Session, proposed []lsp.FileEdit) (out []uses.Edit, err error) {
	for _, p := range proposed {
		at := a.Reader(s).Place(p.URI, p.Range)
		if at.Path == "" || !a.Snap.Has(at.Path) {
			return nil, fault.New(fault.Unsupported,
				"the rename would change %s, which is outside of the workspace", at.URI)
		}
		if !at.OK {
			return nil, fault.New(fault.Incomplete,
				"%s gave an edit outside of the text of %s", s.Server().Name, at.Path)
		}
		out = append(out, uses.Edit{Place: at.Word(), Text: p.NewText})
	}
	slices.SortStableFunc(out, func(a, b uses.Edit) int { return a.Place.Compare(b.Place) })
	out = slices.Compact(out)
	for i := 1; i < len(out); i++ {
		if out[i].Path == out[i-1].Path && out[i].Span.Start < out[i-1].Span.End {
			return nil, fault.New(fault.Incomplete, "%s gave edits of %s that overlap", s.Server().Name, out[i].Path)
		}
	}
	return a.withLabels(out), nil
}

// isOfAnotherName reports whether an edit changes another word than the old name, as TypeScript's server does with
// HonoBase in "import { HonoBase } from './a'" where './a' exports Hono as HonoBase, or a comment about a member of
// another type, as gopls does with B.Get in the documentation of A.Get. named are the uses of the target.
func (a *Answer) isOfAnotherName(e uses.Edit, old string, named []ledger.Place) bool {
	c, err := a.Snap.Content(e.Path)
	if err != nil || e.Span.Len() == 0 {
		return false
	}
	also := syntax.WordChars(e.Path)
	word := text.WordAt(c.Bytes(), e.Span.Start, also)
	if word != e.Span {
		return false
	}
	if c.Slice(word) != old {
		return true
	}
	if _, isUse := slices.BinarySearchFunc(named, e.Place, ledger.Place.Compare); isUse || a.Target.Decl == nil {
		return false
	}
	owner := text.Span{Start: word.Start, End: word.Start}
	if before := c.Slice(text.Span{Start: max(word.Start-1, 0), End: word.Start}); before == "." && word.Start > 1 {
		owner = text.WordAt(c.Bytes(), word.Start-2, also)
	}
	isOwn := slices.Contains(a.Target.Decl.Names, c.Slice(owner)) || path.Base(a.Target.Decl.Module) == c.Slice(owner)
	return owner.Len() > 0 && !isOwn
}

// withImports returns the edits of a rename in order, with the uses in files that import the target. By default,
// TypeScript's native server exports it under its former name instead ("export { NEW as OLD }") and goes no further,
// and its setting for the contrary is one for the properties { OLD } too, which must keep their names. Where a use is
// such a property, the edits are returned as they are, which leave uses behind. named are the uses of the target.
func (a *Answer) withImports(edits []uses.Edit, old string, named []ledger.Place) []uses.Edit {
	name, keepsExport := a.Request.Options.To, false
	out := slices.Clone(edits)
	for i := range out {
		if out[i].Text == name+" as "+old {
			out[i].Text, keepsExport = name, true
		}
	}
	if !keepsExport {
		return edits
	}
	for _, use := range named {
		c, err := a.Snap.Content(use.Path)
		isEdited := slices.ContainsFunc(edits, func(e uses.Edit) bool { return e.Place == use })
		if err != nil || isEdited || c.Slice(use.Span) != old {
			continue
		}
		if isProperty(c, use.Span) {
			return edits // its name stays, and the server does not say how it is written then
		}
		out = append(out, uses.Edit{Place: use, Text: name})
	}
	slices.SortStableFunc(out, func(a, b uses.Edit) int { return a.Place.Compare(b.Place) })
	return out
}

// isProperty reports whether a name alone is a property of an object of JavaScript, as in { key: 1, name }, and not a
// name in an import or export.
func isProperty(c *text.Content, name text.Span) bool {
	before := strings.TrimRight(c.Slice(text.Span{Start: 0, End: name.Start}), " \t\r\n")
	behind := strings.TrimLeft(c.Slice(text.Span{Start: name.End, End: c.Len()}), " \t\r\n")
	isAlone := strings.HasSuffix(before, "{") || strings.HasSuffix(before, ",")
	if !isAlone || !strings.HasPrefix(behind, "}") && !strings.HasPrefix(behind, ",") {
		return false
	}
	open := strings.LastIndexAny(before, "{}()[]")
	return open >= 0 && before[open] == '{' && !moduleClause.MatchString(before[:open])
}

// moduleClause matches the text in front of the braces of an import or export.
var moduleClause = lazyregexp.New(`(?:^|[\n;])\s*(?:import|export)\b[^;{}()=]*$`)

// withLabels makes one edit of what is inserted next to a word in Item { id } and the word, as rust-analyzer changes it
// to "key: id" if the field is renamed, and to "id: number" if the local is.
func (a *Answer) withLabels(edits []uses.Edit) []uses.Edit {
	for i := range edits {
		e := &edits[i]
		c, err := a.Snap.Content(e.Path)
		if err != nil || e.Span.Len() > 0 || !a.Format.Has(trace.Labels) {
			continue
		}
		also := syntax.WordChars(e.Path)
		word := text.WordAt(c.Bytes(), e.Span.Start, also)
		switch {
		case word.Len() == 0:
		case word.Start == e.Span.Start && labelForm.MatchString(e.Text):
			e.Span, e.Text = word, e.Text+c.Slice(word)
		case word.End == e.Span.Start && valueForm.MatchString(e.Text):
			e.Span, e.Text = word, c.Slice(word)+e.Text
		}
	}
	return edits
}

// labelForm matches the name of a field with the colon behind it, and valueForm a colon and the local behind it.
var (
	labelForm = lazyregexp.New(`^[\w#]+:\s*$`)
	valueForm = lazyregexp.New(`^:\s*[\w#]+$`)
)

// checkComplete fails unless the words of the name are accounted for, and each use is changed, or touched at one of its
// ends, by an edit. The error names the first place that is not, unless it can keep its name ([renaming.mayStay]).
func (a *Answer) checkComplete(ctx context.Context, s *lsp.Session, named []ledger.Place, r *renaming) error {
	if l := a.Bundle.Evidence.Ledger; l != nil && l.Possible > 0 {
		u := l.Uses[0]
		return refusal("%d possible uses, the first at %s:%d, where %s", l.Possible, u.URI, u.Range[0]+1, u.Why)
	}
	if a.Bundle.Evidence.Ledger == nil || a.Bundle.Evidence.State != bundle.Complete {
		return refusal("the evidence is %s: %s", a.Bundle.Evidence.State, strings.Join(a.Bundle.Evidence.Reasons, "; "))
	}
	left := slices.DeleteFunc(slices.Clone(named), func(use ledger.Place) bool {
		return a.hasOtherName(use, r.old) || r.changes(use)
	})
	if err := a.checkLeft(ctx, s, left, r); err != nil {
		return err
	}
	if len(r.List) == 0 {
		return refusal("the server proposes no edit")
	}
	return nil
}

// hasOtherName reports whether a use is written under another name, which a file gives to the symbol and which stays:
// read in
//
//	import { load as read } from "./m"; read()
func (a *Answer) hasOtherName(use ledger.Place, old string) bool {
	c, err := a.Snap.Content(use.Path)
	if err != nil || c.Slice(use.Span) == old {
		return false
	}
	return use.Span.Len() > 0 && text.WordAt(c.Bytes(), use.Span.Start, syntax.WordChars(use.Path)) == use.Span
}

// checkLeft fails if one of the uses that no edit changes cannot keep its name, see [renaming.mayStay].
func (a *Answer) checkLeft(ctx context.Context, s *lsp.Session, left []ledger.Place, r *renaming) error {
	at := slices.Clone(left)
	for _, e := range r.List {
		if r.keeps(e) != keepsNothing {
			at = append(at, e.Place)
		}
	}
	definitions := make([][]ledger.Place, len(at))
	if len(at) > len(left) && len(left) > 0 && len(at) <= maxRechecked {
		var err error
		definitions, err = a.DefinitionsAt(ctx, s, at)
		if err != nil {
			return err
		}
	}
	apart := map[ledger.Place][]ledger.Place{}
	for i, p := range at[len(left):] {
		apart[p] = definitions[len(left)+i]
	}
	for i, use := range left {
		if !r.mayStay(definitions[i], a.Own, apart) {
			at := a.LocationAt(use)
			return refusal("the server leaves the use at %s:%d: %s", at.URI, at.Range[0]+1, strings.TrimSpace(at.Text))
		}
	}
	return nil
}

// checkPasted fails if macros of C put names together that the edits do not change: the name of the target, from
// something else than the name, or names in use, from words that the edits change.
func (a *Answer) checkPasted(ctx context.Context, named []ledger.Place, r *renaming) error {
	if lang, _ := a.Snap.Lang(a.Target.Path); lang != "cpp" || !a.Format.Has(trace.PastedNames) {
		return nil
	}
	for _, use := range named {
		macro := a.Word(use)
		if macro == r.old || !a.PastesFor(ctx, macro, r.old) {
			continue
		}
		at := a.LocationAt(use)
		return refusal("the macro %s puts the name together at %s:%d", macro, at.URI, at.Range[0]+1)
	}
	for _, e := range r.List {
		p, ok := a.PastingAt(ctx, e.Place)
		if !ok {
			continue
		}
		at := a.LocationAt(e.Place)
		const why = "at %s:%d the macro %s puts %s together from the name"
		if !p.IsAll {
			return refusal(why, at.URI, at.Range[0]+1, p.Macro, "further names")
		}
		for _, name := range p.Names {
			hits, _ := a.Snap.Hits(ctx, a.Snap.Occurrences(ctx, name), nil)
			if slices.ContainsFunc(hits, func(h index.Hit) bool { return h.InCode() }) {
				return refusal(why, at.URI, at.Range[0]+1, p.Macro, name)
			}
		}
	}
	return nil
}

// refusal is the error of a rename that may leave a use behind.
func refusal(format string, args ...any) error {
	return fault.New(fault.Incomplete, "the rename cannot be shown to be complete: "+format, args...).
		WithHint("'lanser impact' lists the uses; nothing is renamed")
}

// diffOf returns edits in order as a unified diff, which git apply reads.
func diffOf(snap *index.Snapshot, edits []uses.Edit) (string, error) {
	var out strings.Builder
	for len(edits) > 0 {
		path, n := edits[0].Path, 0
		var changes []patch.Edit
		for n < len(edits) && edits[n].Path == path {
			changes = append(changes, patch.Edit{Span: edits[n].Span, New: edits[n].Text})
			n++
		}
		c, err := snap.Content(path)
		if err != nil {
			return "", err
		}
		d, err := patch.Diff(path, c.Bytes(), changes)
		if err != nil {
			return "", err
		}
		out.WriteString(d)
		edits = edits[n:]
	}
	return out.String(), nil
}
