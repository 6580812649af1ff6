package uses

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// An object of TypeScript that is written out where no type is expected has a type of its own, and may go to another
// one later:
//
//	const props = { label: "x" }
//	show(props)                    // function show(p: Props)
//
// The key label is what the member Props.label has its value from. To servers it is another symbol; it is the member's
// family. Where the object goes is followed by syntax, and what takes it there is asked of the server, which shows the
// type that a function takes, a component, or a property.

const (
	// maxHops bounds the variables and functions through which an object is followed.
	maxHops = 4
	// maxSinks bounds the names of one question that are asked about.
	maxSinks = 300
	// maxFlowFiles bounds the files in which a variable is looked for.
	maxFlowFiles = 50
)

// flowing is one question's way from objects to the types that they go to.
type flowing struct {
	*accounting
	// direct are the names of types that have the members of the symbol's owner, and nested those that hold it.
	direct, nested map[string]bool
	sinks          map[ledger.Place]map[string]bool // the names in what the server shows of a name
	seen           map[hop]bool                     // of one object
	areCut         bool
}

// hop is a variable or function that an object goes through.
type hop struct {
	file, name string
	kind       syntax.FlowKind
	scope      text.Span
}

// addFlowing enters the keys of objects that go to the type that the symbol is a member of as its family. A key of an
// object that is converted to the type is a use of the member.
func (a *accounting) addFlowing(ctx context.Context, l *ledger.Ledger) error {
	isOne := a.sym.Lang == "ts" && a.sym.Member && a.decl != nil && len(a.decl.Names) > 1 && a.s.Can("hoverProvider")
	if !isOne || !a.answer.Format.Has(trace.ObjectFlows) {
		return nil
	}
	owner := words.DeclarationOf(a.answer.Snap, a.decl.Path, a.decl.Names[:len(a.decl.Names)-1])
	if owner == nil || !a.isOpenToObjects(owner) {
		return nil
	}
	f := &flowing{accounting: a, sinks: map[ledger.Place]map[string]bool{}}
	required := f.required(owner)
	for i, line := range l.Lines {
		isCounted := line.Entry == ledger.Declaration || line.Entry == ledger.Other
		if !isCounted || !a.where(a.answer, line.Word) || a.s.Server().LanguageID(line.Path) == "" {
			continue
		}
		o, ok := f.objectWith(line)
		if !ok || !project.Reaches(a.answer.Snap, a.sym, line.Path) {
			continue
		}
		isUse, err := f.isConverted(ctx, line.Path, o)
		if err != nil {
			return err
		}
		if isUse {
			l.Lines[i].Entry = ledger.Confirmed
			continue
		}
		isMissing := func(m string) bool { return !slices.Contains(o.Keys, m) }
		if !o.IsOpen && slices.ContainsFunc(required, isMissing) {
			continue
		}
		isOne, err := f.goesTo(ctx, line.Path, owner, o)
		if err != nil {
			return err
		}
		if isOne {
			l.Lines[i].Entry = ledger.Family
		}
	}
	if f.areCut {
		const why = "what takes objects with a key of the name was not asked about everywhere: there are too many"
		a.answer.Doubt(bundle.Partial, why)
	}
	return nil
}

// isOpenToObjects reports whether an object that is written out can have a type: not one with private members.
func (a *accounting) isOpenToObjects(owner *selectors.Decl) bool {
	c, err := a.answer.Snap.Content(owner.Path)
	return err == nil && owner.Kind.IsType() &&
		(owner.Kind != selectors.KindClass || !hasPrivate.MatchString(c.Slice(owner.Def)))
}

// hasPrivate matches in a class with private members, and unionType in the declaration of a type that is one of several
// or is made from others: it need not have all members that are written there.
var (
	hasPrivate = lazyregexp.New(`(?m)\b(?:private|protected)\b|(?:^|[\s{;])#[\pL_$]`)
	unionType  = lazyregexp.New(`=[^=>][^{]*[|<&]|\}\s*\|`)
)

// required returns the members that an object must have to be of a type.
func (f *flowing) required(owner *selectors.Decl) []string {
	c, err := f.answer.Snap.Content(owner.Path)
	if err != nil || owner.Kind == selectors.KindType && unionType.MatchString(c.Slice(owner.Def)) {
		return nil
	}
	return words.Required(f.answer.Snap, owner)
}

// objectWith returns the object that a word is a key of. A word that the server takes for another symbol is a key only
// if it is written without a value: { label }.
func (f *flowing) objectWith(line ledger.Line) (o syntax.Object, ok bool) {
	snap := f.answer.Snap
	c, err := snap.Content(line.Path)
	if err != nil {
		return o, false // it was read when the word was found
	}
	o, ok = snap.ObjectsWith(line.Path, c.Slice(line.Span))[line.Span]
	isShort := !mention.IsKeyOfObject(c, line.Span)
	return o, ok && (line.Entry == ledger.Declaration || isShort)
}

// isConverted reports whether an object is converted to the type that the symbol is a member of, as in o as unknown as
// Props.
func (f *flowing) isConverted(ctx context.Context, file string, o syntax.Object) (bool, error) {
	for _, flow := range o.Flows {
		if flow.Kind != syntax.ToType || flow.Nested {
			continue
		}
		types, err := f.definitions(ctx, ledger.Place{Path: file, Span: flow.At})
		if err != nil {
			return false, err
		}
		if len(types) > 0 && isOwnerAt(f.answer.Snap, f.decl, types[0]) {
			return true, nil
		}
	}
	return false, nil
}

// goesTo reports whether an object of a file goes to a type of the owner's.
func (f *flowing) goesTo(ctx context.Context, file string, owner *selectors.Decl, o syntax.Object) (bool, error) {
	if f.direct == nil {
		f.direct = f.typesWith(ctx, owner.Names[len(owner.Names)-1], false)
		f.nested = f.typesWith(ctx, owner.Names[len(owner.Names)-1], true)
	}
	f.seen = map[hop]bool{}
	return f.reach(ctx, file, o.Flows, false, maxHops)
}

// reach reports whether one of some flows in a file leads to a type of the owner's. nested is true if what goes there
// is a list or object around the object.
func (f *flowing) reach(ctx context.Context, file string, flows []syntax.Flow, nested bool, hops int) (bool, error) {
	for _, flow := range flows {
		isExpected := flow.Kind == syntax.ToName && hops == maxHops // servers list what is written where it is expected
		if isExpected || flow.IsPart && !nested {
			continue
		}
		var is bool
		var err error
		wanted := f.direct
		if nested || flow.Nested {
			wanted = f.nested
		}
		at := ledger.Place{Path: file, Span: flow.At}
		switch flow.Kind {
		case syntax.ToType:
			is = hasAny(f.namesIn(at), wanted)
		case syntax.ToName:
			var shown map[string]bool
			shown, err = f.shownAt(ctx, at)
			is = hasAny(shown, wanted)
		case syntax.ToVariable, syntax.ToResult, syntax.ToMember:
			is, err = f.follow(ctx, file, flow, nested || flow.Nested, hops)
		}
		if is || err != nil {
			return is, err
		}
	}
	return false, nil
}

// follow reports whether the value of a variable, or the result of a function, goes to a type of the owner's.
func (f *flowing) follow(ctx context.Context, file string, flow syntax.Flow, nested bool, hops int) (bool, error) {
	snap := f.answer.Snap
	c, err := snap.Content(file)
	if err != nil || hops == 0 {
		return false, nil
	}
	name := c.Slice(flow.At)
	h := hop{file: file, name: name, kind: flow.Kind, scope: flow.Scope}
	if f.seen[h] {
		return false, nil
	}
	f.seen[h] = true
	for _, p := range f.filesWith(ctx, file, name, flow) {
		for at, next := range sortedFlows(snap.FlowsOf(p, name, flow.Kind)) {
			isInScope := flow.Scope.Len() == 0 || flow.Scope.Contains(at)
			if at == flow.At && p == file || !isInScope {
				continue
			}
			if is, err := f.reach(ctx, p, next, nested, hops-1); is || err != nil {
				return is, err
			}
		}
	}
	return false, nil
}

// filesWith returns the files in which a variable or function of a file can be named: the file, and those that import
// the name.
func (f *flowing) filesWith(ctx context.Context, file, name string, flow syntax.Flow) []string {
	files := []string{file}
	if flow.Scope.Len() > 0 {
		return files
	}
	snap := f.answer.Snap
	for _, p := range snap.Occurrences(ctx, name).Files {
		lang, _ := snap.Lang(p)
		if p == file || lang != "ts" || !f.importsName(p, name) {
			continue
		}
		if len(files) == maxFlowFiles {
			f.areCut = true
			break
		}
		files = append(files, p)
	}
	return files
}

// importsName reports whether a file imports or exports a name.
func (f *flowing) importsName(file, name string) bool {
	c, err := f.answer.Snap.Content(file)
	if err != nil {
		return false
	}
	for at := range words.NamesIn(f.answer.Snap, file).Imported {
		if c.Slice(at) == name {
			return true
		}
	}
	return false
}

// shownAt returns the names in what the server shows of the name at a place, and in the headers of its declarations.
func (f *flowing) shownAt(ctx context.Context, at ledger.Place) (map[string]bool, error) {
	if names, ok := f.sinks[at]; ok {
		return names, nil
	}
	if len(f.sinks) == maxSinks {
		f.areCut = true
		return nil, nil
	}
	snap, names := f.answer.Snap, map[string]bool{}
	f.sinks[at] = names
	c, err := snap.Content(at.Path)
	if err != nil {
		return names, nil
	}
	means, err := f.definitions(ctx, at)
	if err != nil {
		return nil, err
	}
	if err := f.s.OpenAlso(ctx, snap, f.answer.ToOpen(f.s.Server(), []ledger.Place{at})); err != nil {
		return nil, err
	}
	h, err := f.s.Hover(ctx, at.Path, c, at.Span.Start)
	if ctx.Err() != nil {
		return nil, err
	}
	if err == nil && h != nil {
		code, _, _ := strings.Cut(strings.TrimPrefix(h.Contents, "```"), "```")
		addWords(names, code)
	}
	for _, p := range means {
		if d := words.DeclarationAt(snap, p); d != nil {
			addWords(names, headerOf(snap, d))
		}
	}
	return names, nil
}

// headerOf returns the text of a declaration before its body.
func headerOf(src words.Source, d *selectors.Decl) string {
	c, err := src.Content(d.Path)
	if err != nil {
		return ""
	}
	return c.Slice(d.Sig)
}

// namesIn returns the names in the type that is written at a place.
func (f *flowing) namesIn(at ledger.Place) map[string]bool {
	names := map[string]bool{}
	if c, err := f.answer.Snap.Content(at.Path); err == nil {
		addWords(names, c.Slice(at.Span))
	}
	return names
}

// typesWith returns the names of the types of TypeScript that have the members of a type: its own, and those that name
// it in their headers or are other names of it or of a part. With nested, they are also those of types with a member of
// such a type.
func (f *flowing) typesWith(ctx context.Context, name string, nested bool) map[string]bool {
	snap, out := f.answer.Snap, map[string]bool{name: true}
	for open := []string{name}; len(open) > 0 && len(out) < maxBases; open = open[1:] {
		for _, p := range snap.Occurrences(ctx, open[0]).Files {
			c, err := snap.Content(p)
			lang, _ := snap.Lang(p)
			if err != nil || lang != "ts" {
				continue
			}
			for _, d := range snap.FileDecls(p) {
				last := d.Names[len(d.Names)-1]
				if !d.Kind.IsType() || out[last] {
					continue
				}
				part := d.Sig
				if d.Kind == selectors.KindType || nested && d.Kind == selectors.KindInterface {
					part = d.Def
				}
				if names := map[string]bool{}; bytes.Contains(c.Bytes()[part.Start:part.End], []byte(open[0])) {
					addWords(names, c.Slice(part))
					if names[open[0]] {
						out[last] = true
						open = append(open, last)
					}
				}
			}
		}
	}
	return out
}

// addWords adds the words of a text to a set.
func addWords(set map[string]bool, s string) {
	for _, w := range typeWord.FindAllString(s, -1) {
		set[w] = true
	}
}

var typeWord = lazyregexp.New(`[\pL_$][\pL\pN_$]*`)

// hasAny reports whether two sets have a word in common.
func hasAny(a, b map[string]bool) bool {
	for w := range a {
		if b[w] {
			return true
		}
	}
	return false
}

// sortedFlows are the flows of words in their order.
func sortedFlows(flows map[text.Span][]syntax.Flow) iter.Seq2[text.Span, []syntax.Flow] {
	at := slices.SortedFunc(maps.Keys(flows), func(a, b text.Span) int { return a.Start - b.Start })
	return func(yield func(text.Span, []syntax.Flow) bool) {
		for _, s := range at {
			if !yield(s, flows[s]) {
				return
			}
		}
	}
}
