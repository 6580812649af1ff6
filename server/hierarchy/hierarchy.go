package hierarchy

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/symbol"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// A hierarchy of calls or types is the server's (LSP's callHierarchy and typeHierarchy), which it gives level by level.
// Away from the users of a symbol, to callees and supertypes, its word is the answer: what a body calls is written in
// it. Toward the users it may leave some out, as it may do with references. So the words of each symbol's name on that
// way are accounted for, and calls and headers that the server confirms are added as edges (levels.go). An edge points
// from the caller to what it calls, and from the subtype to its supertype, in whichever direction it was found.

// way is a direction through a hierarchy.
type way struct {
	method string // of LSP, that finds the next level
	// back is true if an edge leads from what is found to what was asked about: to callers, who call it, and to
	// subtypes, which derive from it.
	back bool
}

var incoming, outgoing = way{
	method: protocol.MethodCallHierarchyIncomingCalls,
	back:   true,
}, way{
	method: protocol.MethodCallHierarchyOutgoingCalls,
	back:   false,
}

// Calls answers with the callers and callees of the target.
func (a *Answer) Calls(ctx context.Context, s *lsp.Session) error {
	return a.hierarchy(ctx, s, chosenWays(incoming, a.Request.Options.In, outgoing, a.Request.Options.Out),
		func(f *bundle.Facts) *[]bundle.Edge { return &f.Calls }, (*Answer).confirmedCalls)
}

// Types answers with the supertypes and subtypes of the target.
func (a *Answer) Types(ctx context.Context, s *lsp.Session) error {
	super, sub := way{
		method: protocol.MethodTypeHierarchySupertypes,
		back:   false,
	}, way{
		method: protocol.MethodTypeHierarchySubtypes,
		back:   true,
	}
	return a.hierarchy(ctx, s, chosenWays(super, a.Request.Options.Super, sub, a.Request.Options.Sub),
		func(f *bundle.Facts) *[]bundle.Edge { return &f.Types }, (*Answer).confirmedSubtypes)
}

// chosenWays are the directions that were asked for; none means both.
func chosenWays(a way, isA bool, b way, isB bool) []way {
	if isA && !isB {
		return []way{a}
	}
	if isB && !isA {
		return []way{b}
	}
	return []way{a, b}
}

// hierarchy fills the list with the server's hierarchy from the target to the depth that was asked for, 1 by default.
// Where it leads to those that use a symbol, every word of the symbol's name is accounted for, and edges that more
// finds are added. list selects the list among the facts. What was found before an error stays there.
func (a *Answer) hierarchy(
	ctx context.Context, s *lsp.Session, ways []way, list func(*bundle.Facts) *[]bundle.Edge, more edgesFunc,
) error {
	*list(a.Facts("lsp")) = []bundle.Edge{}
	if !s.Can(a.Operation.Capability) {
		if a.callsByWords(s) {
			return a.callsInShell(ctx, s, ways)
		}
		return a.typesByHeaders(ctx, s, ways)
	}
	l := &levels{answer: a, s: s, more: more}
	found, err := a.follow(ctx, s, ways, max(a.Request.Options.Depth, 1), l.users)
	err = a.wrongKind(err)
	*list(a.Facts("lsp")) = found
	if err != nil || !slices.ContainsFunc(ways, func(w way) bool { return w.back }) {
		return err
	}
	added, err := l.end(ctx)
	*list(a.Facts("lsp")) = append(found, added...)
	return err
}

// wrongKind returns the error for a question that the server refuses, and that has no answer for a symbol of the
// target's kind: who asks has made a mistake then, and asking again does not help. Other errors are returned as they
// are.
func (a *Answer) wrongKind(err error) error {
	var refusal *jsonrpc2.Error
	d := a.Target.Decl
	if d == nil || !errors.As(err, &refusal) || !fault.Is(err, fault.Incomplete) || !a.Format.Has(trace.WrongKinds) {
		return err
	}
	isFunction := d.Kind == selectors.KindDef || d.Kind == selectors.KindMethod
	hint := "lanser refs lists its uses"
	var about string
	switch a.Operation.Name {
	case "calls":
		about = "functions and methods"
		if isFunction || d.Kind == selectors.KindClass {
			return err
		}
	case "types":
		about = "types"
		if d.Kind.IsType() {
			return err
		}
	default:
		about = "types and methods"
		if d.Kind.IsType() || d.Kind == selectors.KindMethod {
			return err
		}
		if isFunction {
			hint = "lanser calls lists its callers"
		}
	}
	return fault.Wrap(fault.Usage, err, "%s is of kind %s, and %s is about %s",
		d.Selector(), d.Kind, a.Operation.Name, about).WithHint("%s", hint)
}

// confirmedCalls accounts for every word of the target's name, and returns the calls at those
// that the server left out and confirmed, and at those that it names as references alone: its hierarchy may leave out
// calls of a symbol that has a stub, of a friend that a class defines, and of a property that is a function.
func (a *Answer) confirmedCalls(ctx context.Context, s *lsp.Session, known []bundle.Edge,
) (out []bundle.Edge, err error) {
	found, err := a.FindUses(ctx, s, false, uses.Everywhere)
	if err != nil {
		return nil, err
	}
	return a.callsAmong(ctx, s, found, known, map[ledger.Place]bool{})
}

// callsAmong returns the calls among the target's uses that are not known. Of seen are the names of variables that hold
// the function, and whose calls are known.
func (a *Answer) callsAmong(ctx context.Context, s *lsp.Session, found symbol.Found, known []bundle.Edge,
	seen map[ledger.Place]bool,
) (out []bundle.Edge, err error) {
	byVariables, err := a.callsByVariables(ctx, s, found.Words(), known, seen)
	if err != nil {
		return nil, err
	}
	out = append(byVariables, a.callsAt(found.Added)...)
	hasStub := a.Target.Decl != nil && len(a.Snap.InStubs(ctx, *a.Target.Decl)) > 0
	if !hasStub && !a.Format.Has(trace.StringKeys) {
		return out, nil
	}
	named := slices.DeleteFunc(uses.Missing(uses.WordsOf(found.Places), nil), func(line ledger.Line) bool {
		return !a.HasName(line.Place) || words.Named(a.Snap, line.Place) != nil ||
			s.Server().WholeUses && a.isInComment(ctx, line.Place)
	})
	for _, edge := range a.callsAt(named) {
		if !slices.ContainsFunc(known, func(k bundle.Edge) bool { return a.isSameCall(k, edge) }) {
			out = append(out, edge)
		}
	}
	return out, nil
}

// isInComment reports whether a word is in a comment: JDT LS counts the links of Javadoc among the references.
func (a *Answer) isInComment(ctx context.Context, at ledger.Place) bool {
	code, _, err := a.Snap.CodeWords(ctx, at.Path)
	return err == nil && !slices.Contains(code, at.Span)
}

// isSameCall reports whether an edge has the one call of another. Servers give the range of the called name, or that of
// the whole call: the call is the same if the known range begins at the name or before it, and ends on no earlier line.
// Those of TypeScript and Python hold all of the name.
func (a *Answer) isSameCall(known, edge bundle.Edge) bool {
	if lang, _ := a.Snap.Lang(a.Target.Path); (lang == "ts" || lang == "py") && a.Format.Has(trace.FunctionValues) {
		return known.From.URI == edge.From.URI && covers(known, edge.Ranges[0])
	}
	return known.From.URI == edge.From.URI && slices.ContainsFunc(known.Ranges, func(r bundle.Range) bool {
		return r[0] <= edge.Ranges[0][0] && edge.Ranges[0][2] <= r[2] &&
			(r[0] < edge.Ranges[0][0] || r[1] <= edge.Ranges[0][1])
	})
}

// isCall reports whether the function that a word names is called there: also by pytest, which calls the fixture of a
// parameter.
func (a *Answer) isCall(at ledger.Place) bool {
	if a.Format.Has(trace.OtherCalls) && words.IsInPattern(a.Snap, at) {
		return false
	}
	return words.IsCall(a.Snap, at) || a.Format.Has(trace.OtherNames) && words.IsCalledApart(a.Snap, at) ||
		a.Format.Has(trace.CalledValues) && a.isElement(at) || a.IsPassedTo(at)
}

// isElement reports whether a word is the name of an element of JSX, as Item in <Menu.Item />, whose function is
// called.
func (a *Answer) isElement(at ledger.Place) bool {
	c, err := a.Snap.Content(at.Path)
	lang, _ := a.Snap.Lang(at.Path)
	if err != nil || lang != "ts" || !opensElement.Match(c.Bytes()[max(0, at.Span.Start-maxElement):at.Span.Start]) {
		return false
	}
	isIt := func(called syntax.Callee) bool { return called.Name == at.Span }
	return slices.ContainsFunc(a.Snap.Callees(at.Path), isIt)
}

// opensElement matches the text before the last name of an element of JSX.
var opensElement = lazyregexp.New(`<\s*(?:[\pL_$][\pL\pN_$]*\s*\.\s*)*$`)

// callsAt returns the calls among lines of the ledger, one edge for each: a word that arguments follow and that
// declares nothing, not the symbol itself either, as the definition of a member of C++ outside of its class does. A
// function that is passed as a value is a reference and no call.
func (a *Answer) callsAt(lines []ledger.Line) (out []bundle.Edge) {
	for _, line := range lines {
		isUse := !line.Declares && words.Named(a.Snap, line.Place) == nil || a.IsPassedTo(line.Place)
		if isUse && a.isCall(line.Place) {
			edge := a.edgeFrom(line.Place)
			edge.Ranges = []bundle.Range{a.LocationAt(line.Place).Range}
			edge.Confirmed, edge.Family = line.Entry == ledger.Confirmed, line.Entry == ledger.Family
			out = append(out, edge)
		}
	}
	return out
}

// confirmedSubtypes accounts for every word of the target's name in the header of a type, and
// returns the types that the server left out.
func (a *Answer) confirmedSubtypes(ctx context.Context, s *lsp.Session, known []bundle.Edge,
) (out []bundle.Edge, err error) {
	types, err := a.typesThatName(ctx, s)
	if err != nil {
		return nil, err
	}
	more, err := a.implementersInBuilds(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	local, err := a.localImplementers(ctx, s, a.typesFrom(known))
	if err != nil {
		return nil, err
	}
	apart, err := a.implementersApart(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	a.doubtMixins(ctx, types, false)
	a.doubtTypeSet(ctx)
	a.doubtPrototypes(ctx)
	byAlias, err := a.typesByAlias(ctx, s, a.Target.Decl, types)
	if err != nil {
		return nil, err
	}
	for _, p := range slices.Concat(types, more, apart, byAlias, local) {
		edge := a.edgeFrom(p)
		edge.Confirmed = true
		if slices.Contains(local, p) {
			edge.From = a.localType(p)
		}
		at := slices.IndexFunc(known, func(k bundle.Edge) bool {
			return k.From.URI == edge.From.URI && k.From.SelectionRange == edge.From.SelectionRange
		})
		if at < 0 {
			out = append(out, edge)
		} else if slices.Contains(apart, p) {
			known[at].Confirmed = true // gopls names it if its file is open for another question
		}
	}
	return out, nil
}

// typesThatName returns the names of the types in whose headers a word means the target, by the
// server's list of references or by its answer at the word.
func (a *Answer) typesThatName(ctx context.Context, s *lsp.Session) (out []ledger.Place, err error) {
	found, err := a.FindUses(ctx, s, false, inHeader)
	if err != nil {
		return nil, err
	}
	for _, w := range append(found.AddedWords(), uses.WordsOf(found.Places)...) {
		name, ok := words.ClassExpressionAt(a.Snap, w)
		if impl, isImpl := implAt(a.Question, w); isImpl {
			name, ok = ledger.Place{Path: w.Path, Span: impl.Self}, true
		}
		if d := words.HeaderAt(a.Snap, w); d != nil {
			a.doubtCall(d, w)
			name, ok = ledger.Place{Path: d.Path, Span: d.Name}, true
		}
		if !ok {
			continue
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// inHeader lets the words in headers of types through, and those in files that have no outline: in a template or a
// notebook, a header cannot be told from other code. It also lets the imports of what is in a header through: where a
// server cannot resolve one, the header may name the symbol.
func inHeader(a *uses.Finder, w ledger.Word) bool {
	_, isKnown := a.Snap.Lang(w.Path)
	_, isExpression := words.ClassExpressionAt(a.Snap, w.Place)
	_, isImpl := implAt(a.Question, w.Place)
	return !isKnown || isExpression || isImpl || words.HeaderAt(a.Snap, w.Place) != nil || importsBase(a, w)
}

// importsBase reports whether a word imports what is in the header of a type of the same file.
func importsBase(a *uses.Finder, w ledger.Word) bool {
	c, err := a.Snap.Content(w.Path)
	if err != nil || !a.Format.Has(trace.Unresolved) {
		return false
	}
	name := w.Span
	if as, ok := uses.NameAfterAs(c, w.Span.End); ok {
		name = as
	}
	lang, _ := a.Snap.Lang(w.Path)
	_, isImported := mention.ImportedFrom(lang, c.Bytes()[:w.Span.Start])
	isImported = isImported || words.NamesIn(a.Snap, w.Path).Imported[name]
	return isImported && mention.HasInHeader(c, c.Slice(name))
}

// edgeFrom returns an edge of depth 1 to the target from the declaration that is named at a place, or else holds it.
// Code outside of all declarations is the module, named by the file, with the place's line and column as its selector.
func (a *Answer) edgeFrom(at ledger.Place) bundle.Edge {
	l := a.LocationAt(at)
	edge := bundle.Edge{Depth: 1, From: bundle.Symbol{
		Name: path.Base(at.Path), Kind: selectors.KindModule, URI: l.URI, Range: l.Range, SelectionRange: l.Range,
		Selector: selectors.Cursor{Path: at.Path, Line: l.Range[0] + 1, Col: l.Range[1] + 1}.String(),
	}}
	if c, err := a.Snap.Content(at.Path); err == nil {
		for _, d := range a.Snap.FileDecls(at.Path) {
			if d.Name == at.Span || hasSelector(&d, l.Container) {
				edge.From = a.Symbol(d, c)
			}
		}
	}
	t := a.Target
	edge.To = bundle.Symbol{Name: index.WordAt(t.Path, t.Content, t.At), URI: selectors.EscapePath(t.Path)}
	if t.Decl != nil {
		edge.To = a.Symbol(*t.Decl, t.Content)
	}
	return edge
}

// typesFrom returns the names of the types of the workspace that edges lead from.
func (a *Answer) typesFrom(edges []bundle.Edge) (out []ledger.Place) {
	for _, edge := range edges {
		p := selectors.UnescapePath(edge.From.URI)
		for _, d := range a.Snap.FileDecls(p) {
			if hasSelector(&d, edge.From.Selector) {
				out = append(out, ledger.Place{Path: p, Span: d.Name})
			}
		}
	}
	return out
}

// localType returns a type that a function of Go declares, of which the index knows nothing. Its place is its selector.
func (a *Answer) localType(at ledger.Place) bundle.Symbol {
	l := a.LocationAt(at)
	sym := bundle.Symbol{
		Kind: selectors.KindType, URI: l.URI, Range: l.Range, SelectionRange: l.Range, Container: l.Container,
		Selector: selectors.Cursor{Path: at.Path, Line: l.Range[0] + 1, Col: l.Range[1] + 1}.String(),
	}
	if c, err := a.Snap.Content(at.Path); err == nil {
		sym.Name = c.Slice(at.Span)
	}
	return sym
}

// plainName matches a name that a selector holds as it is. All others are encoded in it.
var plainName = lazyregexp.New(`^[A-Za-z0-9_]+$`)

// hasSelector reports whether a declaration has a selector. The selector of a declaration whose name it does not hold
// is not made: to make those of all declarations of a file at each use took three quarters of the processor's time of
// the impact of a function with 500 users.
func hasSelector(d *selectors.Decl, selector string) bool {
	name := d.Names[len(d.Names)-1]
	if plainName.MatchString(name) && !strings.Contains(selector, name) {
		return false
	}
	return d.Selector().String() == selector
}

// usersFunc finds the edges to a symbol of a hierarchy that the server left out.
type usersFunc func(ctx context.Context, item lsp.Item, known []bundle.Edge) ([]bundle.Edge, error)

// follow follows the server's hierarchy from the target to a depth. Every symbol is asked
// about once in each direction, so cycles end. Where it leads to those that use a symbol, the edges
// that users finds are followed too, if users is not nil.
func (a *Answer) follow(ctx context.Context, s *lsp.Session, ways []way, depth int, users usersFunc,
) ([]bundle.Edge, error) {
	list := []bundle.Edge{}
	for _, w := range ways {
		level, err := s.Prepare(ctx, w.method, a.Target.Path, a.Target.Content, a.Target.At)
		if err != nil {
			return list, err
		}
		if len(level) == 0 && w.method == outgoing.method && a.Format.Has(trace.CalledValues) {
			callees, err := a.calleesUnprepared(ctx, s)
			list = append(list, callees...)
			if err != nil {
				return list, err
			}
		}
		if w.method == outgoing.method && a.isMacroWithCalls(a.Target.Decl, a.Target.Content) {
			a.Doubt(bundle.Partial, s.Server().Name+" does not know what a macro calls")
		}
		seen := map[string]bool{}
		for _, item := range level {
			seen[itemKey(item)] = true
		}
		for d := 1; d <= depth && len(level) > 0; d++ {
			var next []lsp.Item
			follow := func(items ...lsp.Item) {
				for _, item := range items {
					if key := itemKey(item); !seen[key] {
						seen[key] = true
						next = append(next, item)
					}
				}
			}
			for _, item := range level {
				related, err := s.Next(ctx, w.method, item)
				if err != nil && (d == 1 || !a.IsUnloaded(s, a.Reader(s).Document(item.URI).Path, err)) {
					return list, err
				}
				from, others := len(list), a.otherProgramsOf(ctx, s, w, item)
				for _, r := range related {
					isOfOther := others[a.Reader(s).Document(r.Item.URI).Path] ||
						len(a.otherProgramsOf(ctx, s, w, r.Item)) > 0 // clangd names one of them: see edgesLeftOut
					isUse := w.method == incoming.method && !a.calls(s, item, &r)
					if isOfOther || isUse || a.isOtherCall(ctx, s, w, item, &r) {
						continue
					}
					list = append(list, a.edge(s, w, item, r, d))
					follow(r.Item)
				}
				added, err := a.edgesLeftOut(ctx, s, w, item, list[from:], users)
				if err != nil {
					return list, err
				}
				for _, edge := range added {
					edge.Depth = d
					list = append(list, edge)
					if d < depth {
						end := edge.To
						if w.back {
							end = edge.From
						}
						items, err := itemsOf(ctx, a.Snap, s, w, end)
						if err != nil && !a.IsUnloaded(s, end.URI, err) {
							return list, err
						}
						follow(items...)
					}
				}
			}
			if len(seen) > maxHierarchy && d < depth {
				a.Doubt(
					bundle.Partial,
					fmt.Sprintf(
						"the hierarchy holds more than %d symbols; it was followed to depth %d",
						maxHierarchy,
						d,
					),
				)
				break
			}
			level = next
		}
	}
	var ends []bundle.Symbol
	for _, edge := range list {
		for _, end := range []bundle.Symbol{edge.From, edge.To} {
			t := a.Target.Decl // which has been doubted
			isTarget := t != nil && a.Format.Has(trace.OtherPrograms) && end.Name == t.Names[len(t.Names)-1]
			isCaller := !slices.ContainsFunc(ways, func(w way) bool { return !w.back }) // as the words say
			if !isTarget && !(isCaller && len(a.OtherPrograms(ctx, a.declOf(end))) > 0) {
				ends = append(ends, end)
			}
		}
	}
	a.DoubtNamesakes(ctx, s.Server(), ends...)
	return list, nil
}

// isOtherCall removes the places of a caller in C++ that call another method by the name of its class, and reports
// whether none is left.
func (a *Answer) isOtherCall(ctx context.Context, s *lsp.Session, w way, item lsp.Item, caller *lsp.Related) bool {
	read := a.Reader(s)
	p := read.Place(item.URI, item.SelectionRange)
	lang, _ := a.Snap.Lang(p.Path)
	if w.method != incoming.method || lang != "cpp" || len(caller.Ranges) == 0 {
		return false
	}
	t := words.Named(a.Snap, p.Word())
	caller.Ranges = slices.DeleteFunc(caller.Ranges, func(r protocol.Range) bool {
		return a.IsOtherQualified(ctx, s, t, read.Place(caller.Item.URI, r))
	})
	return len(caller.Ranges) == 0
}

// otherProgramsOf returns the sources that define the function of an item for other programs, where callers are asked
// for: their calls are none of it.
func (a *Answer) otherProgramsOf(ctx context.Context, s *lsp.Session, w way, item lsp.Item) map[string]bool {
	p := a.Reader(s).Place(item.URI, item.SelectionRange)
	if lang, _ := a.Snap.Lang(p.Path); lang != "cpp" || w.method != incoming.method {
		return nil
	}
	return a.OtherPrograms(ctx, words.Named(a.Snap, p.Word()))
}

// calls reports whether a server's caller of a symbol calls it, and removes the places at which a member of TypeScript,
// JavaScript or Python is selected as a value: servers take these for calls, as in list.map(util.trim). An accessor is
// called where it is selected.
func (a *Answer) calls(s *lsp.Session, item lsp.Item, caller *lsp.Related) bool {
	to := a.Reader(s).Place(item.URI, item.SelectionRange)
	if a.ReadByChance(s.Server(), a.Target.Path)(a.Reader(s).Document(caller.Item.URI).Path) {
		return false
	}
	lang, _ := a.Snap.Lang(to.Path)
	if lang != "ts" && lang != "py" || !to.OK || !a.Format.Has(trace.OtherCalls) {
		return true
	}
	d := words.Named(a.Snap, to.Word())
	if d == nil || words.IsAccessor(a.Snap, d) || lang == "py" && d.Kind == selectors.KindField {
		return true
	}
	var left []protocol.Range
	for _, r := range caller.Ranges {
		at := a.Reader(s).Place(caller.Item.URI, r)
		isValue := at.OK && lang == "ts" && words.IsSelectedAsValue(a.Snap, at.Word()) ||
			at.OK && lang == "py" && a.isSelectedInPython(at.Word())
		if !isValue {
			left = append(left, r)
		}
	}
	isCaller := len(left) > 0 || len(caller.Ranges) == 0
	caller.Ranges = left
	return isCaller
}

// isSelectedInPython reports whether a word of Python is selected of something and not called.
func (a *Answer) isSelectedInPython(at ledger.Place) bool {
	isIt := func(callee syntax.Callee) bool { return callee.Name == at.Span }
	return a.isSelected(at) && !slices.ContainsFunc(a.Snap.Callees(at.Path), isIt) && !words.IsCall(a.Snap, at)
}

// edgesLeftOut returns the edges of a symbol that the server left out, of those that it named known: those that users
// finds, if it is not nil, what a function calls besides, and the bases of a class of C++, of which clangd names none
// that is a template.
func (a *Answer) edgesLeftOut(
	ctx context.Context, s *lsp.Session, w way, item lsp.Item, known []bundle.Edge, users usersFunc,
) (out []bundle.Edge, err error) {
	if w.back {
		if users == nil {
			return nil, nil
		}
		return users(ctx, item, known)
	}
	if w.method == outgoing.method {
		out, err := a.calleesLeftOut(ctx, s, item, known)
		caller := a.Reader(s).Document(item.URI).Path
		return append(out, a.calleesOfOtherBuilds(caller, slices.Concat(known, out))...), err
	}
	p := a.Reader(s).Place(item.URI, item.SelectionRange)
	if w.method != protocol.MethodTypeHierarchySupertypes || !a.Format.Has(trace.StringKeys) || p.Path == "" || !p.OK {
		return nil, nil
	}
	d := words.Named(a.Snap, p.Word())
	if d == nil || d.Lang != "cpp" {
		return nil, nil
	}
	if c, err := a.Snap.Content(d.Path); err == nil && words.DerivesFromParameter(d, c) {
		a.Doubt(bundle.Partial, d.Names[len(d.Names)-1]+" derives from what it is given as an argument")
	}
	edges, _, err := a.basesOf(ctx, s, d)
	for _, edge := range edges {
		edge.Confirmed = true
		isKnown := func(k bundle.Edge) bool {
			return k.To.URI == edge.To.URI && k.To.SelectionRange == edge.To.SelectionRange
		}
		if !slices.ContainsFunc(known, isKnown) {
			out = append(out, edge)
		}
	}
	return out, err
}

// itemsOf asks the server for the items of a symbol that an account of words has found, to follow it: a hierarchy goes
// on from the items that the server itself has made.
func itemsOf(ctx context.Context, snap *index.Snapshot, s *lsp.Session, w way, from bundle.Symbol,
) ([]lsp.Item, error) {
	for _, d := range snap.FileDecls(selectors.UnescapePath(from.URI)) {
		if d.Selector().String() != from.Selector {
			continue
		}
		c, err := snap.Content(d.Path)
		if err != nil {
			return nil, nil // it was read when the symbol was found
		}
		return s.Prepare(ctx, w.method, d.Path, c, d.Name.Start)
	}
	return nil, nil // code outside of functions is used by nobody
}

// DoubtNamesakes doubts an answer about functions of which the workspace has
// several definitions, where the server takes them for one: which of them it names
// depends on the order in which it came upon them.
func (a *Answer) DoubtNamesakes(ctx context.Context, srv *catalogue.Server, symbols ...bundle.Symbol) {
	if !srv.OneDefinition {
		return
	}
	asked := map[string]bool{}
	for _, sym := range symbols {
		if asked[sym.Name] || sym.Kind != selectors.KindDef {
			continue
		}
		asked[sym.Name] = true
		if len(asked) > maxNamesakes {
			const why = "whether %s takes several functions of one name for one was looked at for %d names only"
			a.Doubt(bundle.Partial, fmt.Sprintf(why, srv.Name, maxNamesakes))
			return
		}
		files := map[string]map[string]bool{} // by link: one within a file is no other's
		decls, _ := a.Snap.Search(ctx, "cpp", sym.Name)
		for _, d := range decls {
			if d.Linked == "" || d.Body.Len() == 0 || len(d.Names) != 1 || d.Names[0] != sym.Name {
				continue
			}
			if files[d.Linked] == nil {
				files[d.Linked] = map[string]bool{}
			}
			files[d.Linked][d.Path] = true
		}
		most := 0
		for _, of := range files {
			most = max(most, len(of))
		}
		if most > 1 {
			const why = "%s takes the functions %s of %d files for one, and names any of them"
			a.Doubt(bundle.Partial, fmt.Sprintf(why, srv.Name, sym.Name, most))
		}
	}
}

// maxNamesakes bounds the names whose definitions are counted: each is looked for in all files. An answer with more is
// doubted.
const maxNamesakes = 100

// itemKey identifies an item within one direction of one hierarchy.
func itemKey(i lsp.Item) string { return fmt.Sprint(i.URI, i.SelectionRange, i.Name) }

// edge is the edge between a symbol of the hierarchy and one that a server relates to it, in the direction of the way.
func (a *Answer) edge(s *lsp.Session, w way, item lsp.Item, related lsp.Related, depth int) bundle.Edge {
	from, to := item, related.Item
	if w.back {
		from, to = to, from
	}
	read := a.Reader(s)
	out := bundle.Edge{From: read.Symbol(from), To: read.Symbol(to), Depth: depth}
	for _, at := range related.Ranges {
		out.Ranges = append(out.Ranges, read.Place(from.URI, at).Range)
	}
	return out
}
