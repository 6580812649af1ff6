package hierarchy

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// A function or class of TypeScript, JavaScript or Python may be called by the name of a variable, a parameter or a
// member that it is assigned to, which servers do not count among its calls:
//
//	D = api.Client
//	D()
//
// What is handed to a function as an argument is a use, and what the function does with it is not followed. What a
// function returns may be called by whoever calls that, which is a doubt.

// callsByVariables returns the calls of variables that nothing but the target is assigned to, without those that are
// known. found are the target's uses. If something else is assigned to a variable too, and it is called, the answer is
// doubted, and so it is if elements of what holds the target are called.
func (a *Answer) callsByVariables(ctx context.Context, s *lsp.Session, found []ledger.Place, known []bundle.Edge,
	seen map[ledger.Place]bool,
) (out []bundle.Edge, err error) {
	if lang, _ := a.Snap.Lang(a.Target.Path); lang != "ts" && lang != "py" || !a.Format.Has(trace.OtherCalls) {
		return nil, nil
	}
	if d := a.Target.Decl; d != nil && d.Kind == selectors.KindField && d.Body.Len() > 0 {
		return nil, nil // what has the value of a property has what it returns
	}
	for _, at := range found {
		if words.IsCall(a.Snap, at) || a.isImported(at) {
			continue // most uses are, and their files need not be parsed
		}
		for _, h := range a.Snap.HeldIn(at.Path, a.Word(at)).Holders[at.Span] {
			if h.Returned {
				if a.Format.Has(trace.CalledValues) {
					const why = "%s:%d returns it: who calls what is returned there is not followed"
					a.Doubt(bundle.Partial, fmt.Sprintf(why, at.Path, a.LocationAt(at).Range[0]+1))
				}
				continue
			}
			name := ledger.Place{Path: at.Path, Span: h.Name}
			if h.Called {
				const why = "what is called at %s:%d may be it or something else"
				a.Doubt(bundle.Partial, fmt.Sprintf(why, at.Path, a.LocationAt(at).Range[0]+1))
				continue
			}
			isFollowed := name != at && slices.Contains(found, name) // exports.m = f: the ledger has its uses
			if len(seen) >= maxOtherNames || seen[name] || isFollowed || slices.Contains(a.Own, name) {
				continue
			}
			seen[name] = true
			calls, err := a.callsOf(ctx, s, at, h, seen)
			if err != nil {
				return nil, err
			}
			for _, call := range calls {
				isSame := func(k bundle.Edge) bool { return a.isSameCall(k, call) }
				if !slices.ContainsFunc(known, isSame) && !slices.ContainsFunc(out, isSame) {
					out = append(out, call)
				}
			}
		}
	}
	return out, nil
}

// isImported reports whether a word is in an import that begins in its line, and not in import("./a") or from(list).
func (a *Answer) isImported(at ledger.Place) bool {
	c, err := a.Snap.Content(at.Path)
	if err != nil {
		return false
	}
	before := c.Bytes()[max(0, at.Span.Start-maxElement):at.Span.Start]
	return beginsImport.Match(before[bytes.LastIndexByte(before, '\n')+1:])
}

var beginsImport = lazyregexp.New(`^\s*(?:import\b\s*[^\s(.]|from\s+[\w.])[^;]*$`)

// callsOf returns the calls of a variable that holds the target's value at a word, as calls of the target. If the
// variable may hold something else, or holds a list with the value, there are none, and the answer is doubted if the
// variable or an element of the list is called.
func (a *Answer) callsOf(ctx context.Context, s *lsp.Session, at ledger.Place, h syntax.Holder,
	seen map[ledger.Place]bool,
) ([]bundle.Edge, error) {
	about, err := a.aboutHolder(ctx, s, ledger.Place{Path: at.Path, Span: h.Name})
	if err != nil || about == nil {
		return nil, err
	}
	if hasName, err := about.OpenWith(ctx, s); err != nil || !hasName {
		return nil, err
	}
	found, err := about.FindUses(ctx, s, false, uses.Everywhere)
	if err != nil {
		return nil, err
	}
	name := a.Word(ledger.Place{Path: at.Path, Span: h.Name})
	if len(h.Keys) > 0 {
		isCalled := func(p ledger.Place) bool { return a.isElementCalled(p, h.Keys) }
		if i := slices.IndexFunc(found.Words(), isCalled); i >= 0 {
			const why = "what %s holds is called in %s: it may be it"
			a.Doubt(bundle.Partial, fmt.Sprintf(why, name, found.Words()[i].Path))
		}
		a.Scope, a.Documents, a.Defined = about.Scope, about.Documents, about.Defined
		return nil, nil
	}
	mayBeOther := h.May
	if held := (ledger.Place{Path: at.Path, Span: h.Name}); a.isBoundItself(held) {
		mayBeOther = mayBeOther || a.isSetAgain(held)
	} else {
		mayBeOther = mayBeOther || about.isOfInterface() || about.isSetTwice(found.Words())
	}
	if mayBeOther {
		seen = maps.Clone(seen) // what it is assigned to is not followed yet
	}
	calls, err := about.callsAmong(ctx, s, found, nil, seen)
	if err != nil {
		return nil, err
	}
	if mayBeOther {
		if len(calls) > 0 {
			const why = "%s in %s, which is called, may be it or something else"
			a.Doubt(bundle.Partial, fmt.Sprintf(why, name, at.Path))
		}
		calls = nil
	}
	a.Absorb(&about.Finder)
	for i := range calls {
		calls[i].To, calls[i].Confirmed = a.edgeFrom(at).To, true
	}
	return calls, nil
}

// aboutHolder returns an empty answer about a variable, a parameter or a member, given a word at which something is
// assigned to it; nil if it is the target itself, and if the server does not know what it is.
func (a *Answer) aboutHolder(ctx context.Context, s *lsp.Session, at ledger.Place) (*Answer, error) {
	d := words.DeclarationAt(a.Snap, at)
	if d == nil || words.IsMember(d) {
		if err := s.OpenAlso(ctx, a.Snap, []string{at.Path}); err != nil {
			return nil, err
		}
		means, err := a.DefinitionsAt(ctx, s, []ledger.Place{at})
		if err != nil {
			return nil, err
		}
		if len(means[0]) == 0 {
			a.doubtUnknown(at)
			return nil, nil
		}
		if !slices.Contains(means[0], at) {
			at = means[0][0]
		}
		if slices.Contains(a.Own, at) {
			return nil, nil
		}
		d = words.DeclarationAt(a.Snap, at)
	}
	c, err := a.Snap.Content(at.Path)
	if err != nil || !a.Snap.Has(at.Path) {
		return nil, nil // a member of a library, which calls it
	}
	return (&levels{answer: a, s: s, unseen: a.Unseen}).aboutTarget(&selectors.Target{
		Path: at.Path, Content: c, Span: at.Span, At: at.Span.Start, Decl: d,
	}), nil
}

// isSetTwice reports whether something is assigned to the target at more than one word. found are its uses.
func (a *Answer) isSetTwice(found []ledger.Place) bool {
	d, own := a.Target.Decl, ledger.Place{Path: a.Target.Path, Span: a.Target.Span}
	isMember := d != nil && words.IsMember(d) || a.isSelected(own)
	if !isMember && d != nil && d.Lang == "ts" && d.Kind == selectors.KindConst {
		return false
	}
	if !slices.Contains(found, own) {
		found = append(found, own)
	}
	set, name := 0, a.Word(own)
	for _, p := range found {
		asMember, isSet := a.Snap.HeldIn(p.Path, name).Set[p.Span]
		isOther := !isMember && (asMember && p.Path == own.Path || p != own && a.isBoundItself(p))
		if isSet && !isOther && a.Word(p) == name {
			set++
		}
	}
	return set > 1
}

// isSetAgain reports whether something is assigned to a variable that a pattern binds, or to another of its name in the
// same function. The server names the member that it is taken from too, so that it cannot be asked.
func (a *Answer) isSetAgain(at ledger.Place) bool {
	if d := words.DeclarationAt(a.Snap, at); d != nil && d.Kind == selectors.KindConst {
		return false
	}
	scope, isLocal := a.Snap.LocalScope(at.Path, at.Span)
	for set, isMember := range a.Snap.HeldIn(at.Path, a.Word(at)).Set {
		isBound := a.isBoundItself(ledger.Place{Path: at.Path, Span: set})
		if (!isLocal || scope.Contains(set)) && !isMember && !isBound {
			return true
		}
	}
	return false
}

// isBoundItself reports whether a word is a variable of TypeScript that a pattern binds the member of its name to.
func (a *Answer) isBoundItself(at ledger.Place) bool {
	isIt := func(h syntax.Holder) bool { return h.Name == at.Span }
	return slices.ContainsFunc(a.Snap.HeldIn(at.Path, a.Word(at)).Holders[at.Span], isIt)
}

// isSelected reports whether a word is selected of something, as in a.b.
func (a *Answer) isSelected(at ledger.Place) bool {
	c, err := a.Snap.Content(at.Path)
	return err == nil && bytes.HasSuffix(bytes.TrimRight(c.Bytes()[:at.Span.Start], " \t\r\n\\"), []byte("."))
}

// doubtUnknown doubts the answer if something is called in a file by the name of what holds the target there, of which
// the server knows nothing.
func (a *Answer) doubtUnknown(at ledger.Place) {
	name := a.Word(at)
	isCalled := func(c syntax.Callee) bool { return a.Word(ledger.Place{Path: at.Path, Span: c.Name}) == name }
	if slices.ContainsFunc(a.Snap.Callees(at.Path), isCalled) {
		a.Doubt(bundle.Partial, fmt.Sprintf("%s in %s, which is called, may be it or something else", name, at.Path))
	}
}

// isOfInterface reports whether the target is a member of an interface or of an alias, which has no value of its own.
func (a *Answer) isOfInterface() bool {
	d := a.Target.Decl
	if d == nil || len(d.Kinds) < 2 {
		return false
	}
	owner := d.Kinds[len(d.Kinds)-2]
	return owner == selectors.KindInterface || owner == selectors.KindType
}

// isElementCalled reports whether the element that keys lead to in what a word means may be called: table["a"](1),
// handlers.get(name)(1) and "for f in handlers: f()".
func (a *Answer) isElementCalled(at ledger.Place, keys []string) bool {
	c, err := a.Snap.Content(at.Path)
	if err != nil {
		return false
	}
	after := c.Bytes()[at.Span.End:min(c.Len(), at.Span.End+maxElement)]
	after = after[len(endsCast.Find(after)):]
	selected, isCall := selection(after)
	isIt := len(selected) == len(keys)
	for i := range min(len(selected), len(keys)) {
		isIt = isIt && (selected[i] == keys[i] || selected[i] == "" || keys[i] == "")
	}
	if isCall {
		return isIt
	}
	before := c.Bytes()[max(0, at.Span.Start-maxElement):at.Span.Start]
	m := takesElement.FindSubmatch(before)
	if m == nil || string(m[2]) == "=" && !isIt {
		return false
	}
	isBetweenNames := func(r rune) bool { return strings.ContainsRune("[](), \t\r\n", r) }
	for _, name := range strings.FieldsFunc(string(m[1]), isBetweenNames) {
		if strings.Contains(string(after), name+"(") {
			return true
		}
	}
	return false
}

// selection returns the keys that the code after a name selects elements by, "" for one that is not literal, and
// whether the last element is called.
func selection(after []byte) (keys []string, isCall bool) {
	for {
		m := selectsElement.FindSubmatch(after)
		if m == nil {
			return keys, len(keys) > 0 && callsElement.Match(after)
		}
		after = after[len(m[0]):]
		if len(m[4]) > 0 && callsElement.Match(after) {
			return nil, false // a method of the list
		}
		keys = append(keys, string(slices.Concat(m[1], m[2], m[3], m[4])))
	}
}

// maxElement bounds the text around a list in which the calls of its elements are looked for, in bytes.
const maxElement = 1000

var (
	// selectsElement matches what selects an element after the name of a list; the groups are its literal key, and the
	// last one is that of a member.
	selectsElement = lazyregexp.New(`^\s*!?\s*(?:(?:\?\.)?\[\s*(?:["']([\w$-]+)["']|(\d+)|[^\]\n]*)\s*\]|` +
		`\??\.\s*(?:get|at|pop|shift)\s*\(\s*(?:["']([\w$-]+)["'])?[^()\n]*\)|` +
		`\??\.\s*([\pL_$][\pL\pN_$]*))`)
	endsCast     = lazyregexp.New(`^\s*(?:(?:as|satisfies)\s[^()\n]*)?\)`) // of (table as any)[key](1)
	callsElement = lazyregexp.New(`^\s*!?\s*(?:\?\.\s*)?\(`)
	// takesElement matches what is before a list out of which names are set to elements; the first
	// group has the names, and the second one says whether it is one element.
	takesElement = lazyregexp.New(`(?:^|[\n;{}(])[ \t]*(?:(?:async\s+)?for(?:\s+await)?\b\s*\(?\s*)?` +
		`(?:(?:const|let|var)\s+)?([\[(]?[\w$]+(?:\s*,\s*[\w$]+)*[\])]?)[ \t]*(=|\bof\b|\bin\b)[ \t]*` +
		`(?:[\w$]+\s*[.(]\s*)*$`)
)
