package hierarchy

import (
	"context"
	"slices"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/words"
)

// A call of TypeScript, JavaScript or Python may call what another call returns, or one of several values:
//
//	const f = debounce(load)
//	f(1); get()(2); (a || b)(3)
//
// What the functions of the workspace return is followed by syntax, and the server is asked what the names mean. What
// is handed to them, as load above, may be called by what they return, and is a doubt.

// maxValues bounds the names that are looked at to find out what one call calls.
const maxValues = 50

// valueFinder finds the functions that a value may be.
type valueFinder struct {
	answer  *Answer
	s       *lsp.Session
	seen    map[ledger.Place]bool
	found   []bundle.Symbol // functions and classes of the workspace
	given   []bundle.Symbol // those that the functions which return the value are handed
	unknown []string        // names that the server does not know
}

// A namedValue is a value in a file.
type namedValue struct {
	path string
	syntax.Value
	given []ledger.Place // what the calls that have led to it are given, and those of it
	// isCallee is true if it is called where it is written, without a name for what is called.
	isCallee bool
}

// inFile returns values as those in a file, to which calls have led that count calls and are given something.
func inFile(path string, values []syntax.Value, calls int, given []ledger.Place) (out []namedValue) {
	for _, v := range values {
		n := namedValue{path: path, Value: v, given: slices.Clone(given)}
		n.Calls += calls
		for _, span := range v.Given {
			n.given = append(n.given, ledger.Place{Path: path, Span: span})
		}
		out = append(out, n)
	}
	return out
}

// find adds the functions that values may be, and those that are given to what makes the values.
func (f *valueFinder) find(ctx context.Context, values []namedValue) error {
	for len(values) > 0 && len(f.seen) < maxValues {
		v := values[0]
		values = values[1:]
		at := ledger.Place{Path: v.path, Span: v.Name}
		if f.seen[at] {
			continue
		}
		f.seen[at] = true
		means, err := f.meansOf(ctx, at)
		if err != nil {
			return err
		}
		if len(means) == 0 {
			f.unknown = append(f.unknown, f.answer.Word(at))
			means = []ledger.Place{at}
		}
		for _, p := range means {
			more, err := f.follow(ctx, p, v)
			if err != nil {
				return err
			}
			values = append(values, more...)
		}
	}
	for _, v := range values {
		f.unknown = append(f.unknown, f.answer.Word(ledger.Place{Path: v.path, Span: v.Name}))
	}
	return nil
}

// meansOf returns the definitions of a word, whose file is opened.
func (f *valueFinder) meansOf(ctx context.Context, at ledger.Place) ([]ledger.Place, error) {
	if err := f.s.OpenAlso(ctx, f.answer.Snap, []string{at.Path}); err != nil {
		return nil, err
	}
	means, err := f.answer.DefinitionsAt(ctx, f.s, []ledger.Place{at})
	if err != nil {
		return nil, err
	}
	return means[0], nil
}

// follow returns the values that a value is, which a server says is declared at a place. Where that ends at what may
// call what the calls were given, these functions are added: in a library, a parameter and a function in a function.
func (f *valueFinder) follow(ctx context.Context, p ledger.Place, v namedValue) ([]namedValue, error) {
	snap := f.answer.Snap
	if !snap.Has(p.Path) {
		return nil, f.addGiven(ctx, v.given)
	}
	if v.Module {
		return inFile(p.Path, snap.ModuleValue(p.Path).Named, v.Calls, v.given), nil
	}
	d := words.Named(snap, p)
	isType := d != nil && d.Kind.IsType()
	set := snap.ValuesOf(p.Path, p.Span)
	isFunction := d != nil && (d.Kind == selectors.KindDef || d.Kind == selectors.KindMethod) || set.HasFunction
	if isType && v.Calls == 1 && d.Lang == "py" {
		method, err := f.answer.methodOf(ctx, f.s, d, "__call__")
		if err != nil || method == nil {
			return nil, err
		}
		d, v.Calls = method, 0
	}
	if d != nil && v.Calls == 0 && (isType || isFunction) {
		f.add(*d)
		if isInner := words.OuterFunction(snap, d).Def.Len() > 0; !isInner && d.Lang != "py" {
			return nil, nil
		}
		return nil, f.addGiven(ctx, v.given)
	}
	if to, ok := f.answer.calledAt(p); v.isCallee && v.Calls == 0 && ok {
		f.found = append(f.found, to)
	}
	values, calls, isEnd := set, v.Calls, false
	if isFunction {
		returned, ok := snap.Returned(p.Path, p.Span)
		values, calls, isEnd = returned, v.Calls-1, !ok || returned.HasFunction
	}
	more := inFile(p.Path, values.Named, calls, v.given)
	if isEnd || len(more) == 0 {
		return more, f.addGiven(ctx, v.given)
	}
	return more, nil
}

// add adds a function or a class.
func (f *valueFinder) add(d selectors.Decl) {
	if c, err := f.answer.Snap.Content(d.Path); err == nil {
		f.found = append(f.found, f.answer.Symbol(d, c))
	}
}

// addGiven adds the functions of the workspace that words mean, which calls are given.
func (f *valueFinder) addGiven(ctx context.Context, given []ledger.Place) error {
	for _, at := range given {
		means, err := f.meansOf(ctx, at)
		if err != nil {
			return err
		}
		for _, p := range means {
			d := words.Named(f.answer.Snap, p)
			c, err := f.answer.Snap.Content(p.Path)
			if err == nil && d != nil && f.answer.Snap.Has(p.Path) && (words.IsFunction(*d) || d.Kind.IsType()) {
				f.given = append(f.given, f.answer.Symbol(*d, c))
			}
		}
	}
	return nil
}

// methodOf returns the method of a name that a class of Python declares or inherits of classes of the workspace, nil
// for none.
func (a *Answer) methodOf(ctx context.Context, s *lsp.Session, class *selectors.Decl, name string,
) (*selectors.Decl, error) {
	seen := map[string]bool{}
	for todo := []selectors.Decl{*class}; len(todo) > 0 && len(seen) < maxValues; todo = todo[1:] {
		c := &todo[0]
		if d := words.DeclarationOf(a.Snap, c.Path, append(slices.Clone(c.Names), name)); d != nil {
			return d, nil
		}
		if key := c.Selector().String(); !seen[key] {
			seen[key] = true
			if err := s.OpenAlso(ctx, a.Snap, []string{c.Path}); err != nil {
				return nil, err
			}
			_, above, err := a.basesOf(ctx, s, c)
			if err != nil {
				return nil, err
			}
			todo = append(todo, above...)
		}
	}
	return nil, nil
}
