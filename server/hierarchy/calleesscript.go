package hierarchy

import (
	"context"
	"fmt"
	"slices"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/trace"
	"lanser/server/words"
)

// The servers of TypeScript, JavaScript and Python leave out callees that are called in brackets, by call and apply,
// and by the names of the variables, parameters and members that hold them:
//
//	const m = load
//	m(1); (load)(2); this.onClose()
//
// A function that is handed to another one, as in list.map(load), is no call: its callers do not contain that place
// either.

// calledInScript returns the calls in the body of a function of TypeScript, JavaScript or Python that are not among
// known, which the server has named: an edge for each function. A call of a variable, as m(1) above, counts as a call
// of m and of load.
func (a *Answer) calledInScript(ctx context.Context, s *lsp.Session, from bundle.Symbol, d *selectors.Decl,
	known []bundle.Edge,
) (out []bundle.Edge, err error) {
	asked := a.calledBy(d, known)
	found, err := a.DefinitionsAt(ctx, s, asked)
	if err != nil {
		return nil, err
	}
	add := func(to bundle.Symbol, site bundle.Range) {
		n := slices.IndexFunc(out, func(e bundle.Edge) bool { return e.To == to })
		if n < 0 {
			n = len(out)
			out = append(out, bundle.Edge{From: from, To: to, Depth: 1, Confirmed: true})
		}
		out[n].Ranges = append(out[n].Ranges, site)
	}
	var unknown []string
	for i, at := range asked {
		site := a.LocationAt(at).Range
		for _, p := range found[i] {
			if to, ok := a.calledAt(p); ok {
				add(to, site)
			}
			if a.Format.Has(trace.CalledValues) {
				continue
			}
			held, err := a.calledByValue(ctx, s, p)
			if err != nil {
				return nil, err
			}
			if held != nil {
				add(*held, site)
			}
		}
		if len(found[i]) == 0 && a.declares(ctx, d.Lang, a.Word(at)) {
			unknown = append(unknown, a.Word(at))
		}
	}
	if a.Format.Has(trace.CalledValues) {
		more, err := a.calledValues(ctx, s, d, asked, found, add)
		if err != nil {
			return nil, err
		}
		unknown = append(unknown, more...)
		if d.Lang == "py" {
			if err := a.calledImplicitly(ctx, s, d, slices.Concat(known, out), add); err != nil {
				return nil, err
			}
		}
	}
	if len(unknown) > 0 {
		const why = "%s does not know which functions %s calls as %s"
		a.Doubt(bundle.Partial, fmt.Sprintf(why, s.Server().Name, d.Names[len(d.Names)-1], firstNames(unknown)))
	}
	return out, nil
}

// calleesUnprepared returns the callees of the target where the server has no hierarchy for it: pyright has none in
// code that the platform does not reach, of which it knows no name either.
func (a *Answer) calleesUnprepared(ctx context.Context, s *lsp.Session) ([]bundle.Edge, error) {
	d := a.Target.Decl
	if d == nil || d.Lang != "ts" && d.Lang != "py" || !words.IsFunction(*d) || d.Body.Len() == 0 {
		return nil, nil
	}
	return a.calledInScript(ctx, s, a.Symbol(*d, a.Target.Content), d, nil)
}

// calledValues adds what a function calls that has no name, and what the variables hold that it calls: those of which
// found has the definitions at the words of asked. It returns the names of which the server knows nothing.
func (a *Answer) calledValues(ctx context.Context, s *lsp.Session, d *selectors.Decl, asked []ledger.Place,
	found [][]ledger.Place, add func(bundle.Symbol, bundle.Range),
) (unknown []string, err error) {
	find := func(site text.Span, values []namedValue, known []ledger.Place) error {
		f := valueFinder{answer: a, s: s, seen: map[ledger.Place]bool{}}
		if err := f.find(ctx, values); err != nil {
			return err
		}
		for _, to := range f.found {
			add(to, a.LocationAt(ledger.Place{Path: d.Path, Span: site}).Range)
		}
		for _, name := range f.unknown {
			if a.declares(ctx, d.Lang, name) {
				unknown = append(unknown, name)
			}
		}
		var given []string
		for _, to := range f.given {
			isKnown := func(p ledger.Place) bool {
				l := a.LocationAt(p)
				return l.URI == to.URI && l.Range == to.SelectionRange
			}
			if !slices.Contains(f.found, to) && !slices.ContainsFunc(known, isKnown) {
				given = append(given, to.Name)
			}
		}
		if len(given) > 0 {
			const why = "what is called at %s:%d is made with %s, and may call it"
			at := a.LocationAt(ledger.Place{Path: d.Path, Span: site}).Range[0] + 1
			a.Doubt(bundle.Partial, fmt.Sprintf(why, d.Path, at, firstNames(given)))
		}
		return nil
	}
	for i, at := range asked {
		for _, p := range found[i] {
			if named := words.Named(a.Snap, p); !a.Snap.Has(p.Path) || named != nil && words.IsFunction(*named) {
				continue
			}
			values := inFile(p.Path, a.Snap.ValuesOf(p.Path, p.Span).Named, 0, nil)
			if err := find(at.Span, values, found[i]); err != nil {
				return nil, err
			}
		}
	}
	isApart := a.apartFrom(d)
	for _, call := range a.Snap.MadeCalls(d.Path) {
		if isApart(call.At) {
			continue
		}
		values := inFile(d.Path, call.Values, 0, nil)
		for i := range values {
			values[i].isCallee = true
		}
		if err := find(call.At, values, nil); err != nil {
			return nil, err
		}
	}
	return unknown, nil
}

// calledBy returns the words in a function that name what is called and are not in one of the known calls, without
// those of the functions that are declared in it under a name.
func (a *Answer) calledBy(d *selectors.Decl, known []bundle.Edge) (out []ledger.Place) {
	isApart := a.apartFrom(d)
	for _, called := range a.Snap.Callees(d.Path) {
		at := ledger.Place{Path: d.Path, Span: called.Name}
		if isApart(at.Span) {
			continue
		}
		name, site := a.Word(at), a.LocationAt(at).Range
		isKnown := slices.ContainsFunc(known, func(k bundle.Edge) bool {
			return names(k, site) || k.To.Name == name && covers(k, site)
		})
		if !isKnown {
			out = append(out, at)
		}
	}
	return out
}

// apartFrom returns whether code is outside of a function, or in a function that is declared in it under a name.
func (a *Answer) apartFrom(d *selectors.Decl) func(text.Span) bool {
	within := d.Body
	if d.Lang == "ts" {
		within.Start = d.Name.End // defaults of parameters
	}
	c, err := a.Snap.Content(d.Path)
	if err != nil {
		return func(text.Span) bool { return true } // it was read when the function was found
	}
	var inner []text.Span
	for _, f := range a.Snap.FileDecls(d.Path) {
		rest := c.Bytes()[f.Name.End:max(f.Name.End, f.Def.End)]
		isNamed := f.Name.Len() > 0 && (f.Body.Len() > 0 || isFunctionValue.Match(rest))
		if isNamed && f.Def != d.Def && within.Contains(f.Def) {
			inner = append(inner, f.Def)
		}
	}
	return func(at text.Span) bool {
		return !within.Contains(at) || slices.ContainsFunc(inner, func(f text.Span) bool { return f.Contains(at) })
	}
}

// names reports whether one of the sites of a call ends with a name: a.b in a.b(1). Servers also name more than that:
// a.b.call, and all of <A.B />.
func names(call bundle.Edge, name bundle.Range) bool {
	return slices.ContainsFunc(call.Ranges, func(r bundle.Range) bool { return r[2] == name[2] && r[3] == name[3] })
}

// isFunctionValue matches what follows the name of a variable that is set to a function without a name.
var isFunctionValue = lazyregexp.New(
	`^\s*(?::[^=]*)?=\s*(?:async\s*)?(?:function\b|(?:\([^()]*\)|[\w$]+)\s*(?::[^=]*)?=>)`,
)

// calledAt returns what is called at a word that a server says is declared at a place; ok is false if that is outside
// the workspace: servers name the functions of libraries.
func (a *Answer) calledAt(p ledger.Place) (to bundle.Symbol, ok bool) {
	c, err := a.Snap.Content(p.Path)
	if err != nil || !a.Snap.Has(p.Path) {
		return to, false
	}
	if d := words.Named(a.Snap, p); d != nil {
		return a.Symbol(*d, c), d.Kind != selectors.KindModule
	}
	to = a.localType(p)
	to.Kind = selectors.KindVar
	return to, isName.MatchString(to.Name)
}

// calledByValue returns the function of the workspace that a variable which is declared at a place is set to there; nil
// for none.
func (a *Answer) calledByValue(ctx context.Context, s *lsp.Session, p ledger.Place) (*bundle.Symbol, error) {
	value, ok := a.Snap.ValueOf(p.Path, p.Span)
	if !ok || !a.Snap.Has(p.Path) {
		return nil, nil
	}
	if err := s.OpenAlso(ctx, a.Snap, []string{p.Path}); err != nil {
		return nil, err
	}
	means, err := a.DefinitionsAt(ctx, s, []ledger.Place{{Path: p.Path, Span: value}})
	if err != nil || len(means[0]) == 0 {
		return nil, err
	}
	last := means[0][len(means[0])-1] // the implementation, after the overloads
	d := words.Named(a.Snap, last)
	c, err := a.Snap.Content(last.Path)
	if err != nil || d == nil || d.Kind != selectors.KindDef && d.Kind != selectors.KindMethod && !d.Kind.IsType() {
		return nil, nil
	}
	to := a.Symbol(*d, c)
	return &to, nil
}

// declares reports whether the workspace declares a function or a member of a name.
func (a *Answer) declares(ctx context.Context, lang selectors.Lang, name string) bool {
	decls, _ := a.Snap.Search(ctx, lang, name)
	return slices.ContainsFunc(decls, func(d selectors.Decl) bool {
		return d.Names[len(d.Names)-1] == name && !d.Alias && d.Kind != selectors.KindModule
	})
}
