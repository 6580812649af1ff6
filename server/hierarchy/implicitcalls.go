package hierarchy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/words"
)

// Python calls methods of objects for statements, operators and built-in functions, and __init__ where a class is
// called. pyright names none of these:
//
//	with Pool(4) as p:
//	    total = p + 1
//
// The server is asked for the type of each object of which the workspace declares such a method. Of a type that it does
// not know, the method may be called, which is a doubt.

// calledImplicitly adds the methods that a function of Python calls without their names. found are its calls.
func (a *Answer) calledImplicitly(ctx context.Context, s *lsp.Session, d *selectors.Decl, found []bundle.Edge,
	add func(bundle.Symbol, bundle.Range),
) error {
	if err := a.constructorsCalled(ctx, s, found, add); err != nil {
		return err
	}
	isApart, declares, unknown := a.apartFrom(d), map[string]bool{}, map[string]bool{}
	for _, call := range a.Snap.ImplicitCalls(d.Path) {
		if isApart(call.At) || !a.declaresAny(ctx, call, declares) {
			continue
		}
		classes, isKnown, err := a.typesOfObject(ctx, s, d.Path, call)
		if err != nil {
			return err
		}
		site := a.LocationAt(ledger.Place{Path: d.Path, Span: call.At}).Range
		for _, methods := range call.Methods {
			for i := range classes {
				method, err := a.firstMethod(ctx, s, &classes[i], methods)
				if err != nil {
					return err
				}
				if method == nil {
					continue
				}
				if c, err := a.Snap.Content(method.Path); err == nil {
					add(a.Symbol(*method, c), site)
				}
			}
			for _, m := range methods {
				if !isKnown && declares[m] && m != "__call__" { // the answer has the variable that is called
					unknown[m] = true
				}
			}
		}
	}
	if len(unknown) > 0 {
		const why = "%s may call %s without writing the name, of objects whose types %s does not know"
		names := firstNames(slices.Collect(maps.Keys(unknown)))
		a.Doubt(bundle.Partial, fmt.Sprintf(why, d.Names[len(d.Names)-1], names, s.Server().Name))
	}
	return nil
}

// constructorsCalled adds the constructors of the classes of the workspace that are called.
func (a *Answer) constructorsCalled(ctx context.Context, s *lsp.Session, found []bundle.Edge,
	add func(bundle.Symbol, bundle.Range),
) error {
	for _, edge := range found {
		class := a.declOf(edge.To)
		if class == nil || !class.Kind.IsType() {
			continue
		}
		for _, name := range []string{"__new__", "__init__", "__post_init__"} {
			method, err := a.methodOf(ctx, s, class, name)
			if err != nil {
				return err
			}
			if method == nil {
				continue
			}
			c, err := a.Snap.Content(method.Path)
			if err != nil {
				continue // it was read when it was found
			}
			for _, site := range edge.Ranges {
				add(a.Symbol(*method, c), site)
			}
		}
	}
	return nil
}

// declOf returns the declaration of a symbol of the workspace, nil for another one.
func (a *Answer) declOf(sym bundle.Symbol) *selectors.Decl {
	decls := a.Snap.FileDecls(selectors.UnescapePath(sym.URI))
	for i := range decls {
		if hasSelector(&decls[i], sym.Selector) {
			return &decls[i]
		}
	}
	return nil
}

// declaresAny reports whether the workspace declares one of the methods of an implicit call. known are answers that
// were given before.
func (a *Answer) declaresAny(ctx context.Context, call syntax.ImplicitCall, known map[string]bool) (isAny bool) {
	for _, m := range slices.Concat(call.Methods...) {
		is, isKnown := known[m]
		if !isKnown {
			is = a.declares(ctx, "py", m)
			known[m] = is
		}
		isAny = isAny || is
	}
	return isAny
}

// firstMethod returns the first of some methods that a class has, nil for none.
func (a *Answer) firstMethod(ctx context.Context, s *lsp.Session, class *selectors.Decl, methods []string,
) (*selectors.Decl, error) {
	for _, m := range methods {
		if d, err := a.methodOf(ctx, s, class, m); err != nil || d != nil {
			return d, err
		}
	}
	return nil, nil
}

// typesOfObject returns the classes of the workspace that the object of an implicit call is of; isKnown is false if it
// may be of others too.
func (a *Answer) typesOfObject(ctx context.Context, s *lsp.Session, path string, call syntax.ImplicitCall,
) (classes []selectors.Decl, isKnown bool, err error) {
	at := ledger.Place{Path: path, Span: call.Name}
	if call.Name.Len() == 0 {
		return nil, false, nil
	}
	var means []ledger.Place
	if call.Made {
		means, err = a.madeBy(ctx, s, at)
	} else {
		var found []lsp.Location
		found, err = a.Locate(ctx, s, protocol.MethodTextDocumentTypeDefinition, at)
		means = a.WordsAt(s, found)
	}
	isKnown = len(means) > 0
	for _, p := range means {
		if !a.Snap.Has(p.Path) {
			continue
		}
		d := words.Named(a.Snap, p)
		switch {
		case d == nil || d.Kind == selectors.KindVar || d.Kind == selectors.KindField || d.Kind == selectors.KindConst:
			isKnown = false // a parameter or a variable of an unknown type
		case !d.Kind.IsType():
		case call.Made || d.Names[len(d.Names)-1] != a.Word(at):
			classes = append(classes, *d) // and not the class itself
		}
	}
	return classes, isKnown, err
}

// madeBy returns the types of what a call of a name returns: the class, or what the function is declared to return.
func (a *Answer) madeBy(ctx context.Context, s *lsp.Session, at ledger.Place) (types []ledger.Place, err error) {
	means, err := a.DefinitionsAt(ctx, s, []ledger.Place{at})
	if err != nil {
		return nil, err
	}
	for _, p := range means[0] {
		d := words.Named(a.Snap, p)
		if !a.Snap.Has(p.Path) || d == nil || d.Kind.IsType() {
			types = append(types, p)
			continue
		}
		c, err := a.Snap.Content(p.Path)
		if err != nil {
			continue // it was read when it was found
		}
		if isAsync.MatchString(c.Line(c.LineOf(d.Name.Start))) {
			types = append(types, p) // a coroutine, which has no method of the workspace
			continue
		}
		m := returnType.FindSubmatchIndex(c.Bytes()[d.Sig.Start:d.Sig.End])
		if m == nil {
			return nil, nil
		}
		if err := s.OpenAlso(ctx, a.Snap, []string{p.Path}); err != nil {
			return nil, err
		}
		name := text.Span{Start: d.Sig.Start + m[2], End: d.Sig.Start + m[3]}
		if dot := strings.LastIndexByte(c.Slice(name), '.'); dot >= 0 {
			name.Start += dot + 1
		}
		returned, err := a.DefinitionsAt(ctx, s, []ledger.Place{{Path: p.Path, Span: name}})
		if err != nil {
			return nil, err
		}
		types = append(types, returned[0]...)
	}
	return types, nil
}

// returnType matches the type that a function of Python is declared to return; the group is its name.
var returnType = lazyregexp.New(`->\s*["']?([\pL_][\pL\pN_.]*)["']?(?:\s*\[[^\n]*\])?(?:\s*\|\s*None)?["']?\s*:?\s*$`)

// isAsync matches the line of a function of Python that returns a coroutine.
var isAsync = lazyregexp.New(`^\s*async\s+def\b`)
