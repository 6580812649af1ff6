package hierarchy

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// C++ calls functions that the code does not name, and clangd leaves them out:
//
//	Guard guard;                 // ~Guard, at the end of the scope
//	for (auto &x : range) { }    // begin and end
//	delete part;                 // ~Part
//	Derived d(1);                // the constructor of Base, if Derived inherits it
//
// The server is asked for the type of each object of which the workspace declares such a function. Of a type that it
// does not know, the function may be called, which is a doubt.

// unnamedCalls collects the calls of one function.
type unnamedCalls struct {
	*Answer
	s    *lsp.Session
	d    *selectors.Decl
	c    *text.Content
	from bundle.Symbol
	out  []bundle.Edge
	// unknown are the functions that may be called, of objects whose types the server does not know.
	unknown []string
}

// unnamedInCPP returns the calls of a function of C++ that it does not name, one edge for each function of the
// workspace. found are the definitions at asked, the words of its body.
func (a *Answer) unnamedInCPP(ctx context.Context, s *lsp.Session, d *selectors.Decl, from bundle.Symbol,
	c *text.Content, asked []ledger.Place, found [][]lsp.Location,
) ([]bundle.Edge, error) {
	if d.Lang != "cpp" || mention.IsPlainC(a.Snap, d.Path) || !a.Format.Has(trace.UnnamedInCPP) {
		return nil, nil
	}
	u := &unnamedCalls{Answer: a, s: s, d: d, c: c, from: from}
	if a.hasDestructors() {
		if err := u.atEnds(ctx, asked, found); err != nil {
			return nil, err
		}
		if err := u.byStatement(ctx, asked, deletes, ""); err != nil {
			return nil, err
		}
	}
	if a.declares(ctx, "cpp", "begin") {
		if err := u.byStatement(ctx, asked, loopsOverRange, "begin"); err != nil {
			return nil, err
		}
	}
	u.doubtInherited(asked, found)
	if len(u.unknown) > 0 {
		const why = "%s may call %s without writing the name: %s does not say which"
		a.Doubt(bundle.Partial, fmt.Sprintf(why, d.Names[len(d.Names)-1], firstNames(u.unknown), s.Server().Name))
	}
	return u.out, nil
}

// atEnds adds the destructors of the variables of the body. What is declared as a pointer or a reference has none.
func (u *unnamedCalls) atEnds(ctx context.Context, asked []ledger.Place, found [][]lsp.Location) error {
	read := u.Reader(u.s)
	for i, at := range asked {
		isSelf := func(l lsp.Location) bool { return read.Place(l.URI, l.Range).Word() == at }
		before := u.c.Bytes()[max(u.d.Body.Start, at.Span.Start-maxBefore):max(u.d.Body.Start, at.Span.Start)]
		if !u.d.Body.Contains(at.Span) || !slices.ContainsFunc(found[i], isSelf) || !declaresObject.Match(before) {
			continue
		}
		if isAuto.Match(before) && u.pointsTo(ctx, at) {
			continue
		}
		if err := u.add(ctx, at, ""); err != nil {
			return err
		}
	}
	return nil
}

// maxBefore bounds the text before the name of a variable that is looked at, in bytes.
const maxBefore = 100

// pointsTo reports whether a variable is a pointer or a reference, as far as the server knows its type.
func (u *unnamedCalls) pointsTo(ctx context.Context, at ledger.Place) bool {
	h, err := u.s.Hover(ctx, at.Path, u.c, at.Span.Start)
	return err != nil || h == nil || isPointer.MatchString(h.Contents)
}

// byStatement adds what the statements of a form call: the destructor of the object, or its methods begin and end. The
// group of the form is the object, of which the last name is asked about.
func (u *unnamedCalls) byStatement(ctx context.Context, asked []ledger.Place, form *lazyregexp.Regexp, method string,
) error {
	body := u.c.Bytes()[u.d.Body.Start:u.d.Body.End]
	for _, m := range form.FindAllSubmatchIndex(body, -1) {
		object := text.Span{Start: u.d.Body.Start + m[2], End: u.d.Body.Start + m[3]}
		var at ledger.Place
		for _, w := range asked {
			if object.Contains(w.Span) && w.Span.Start >= at.Span.Start && !isInBrackets(u.c, object, w.Span.Start) {
				at = w
			}
		}
		if at.Path == "" {
			continue
		}
		if isElement.MatchString(u.c.Slice(object)) {
			u.unknown = append(u.unknown, functionsOf(method)...)
			continue
		}
		if err := u.add(ctx, at, method); err != nil {
			return err
		}
	}
	return nil
}

// isInBrackets reports whether a place is inside brackets that an expression has opened.
func isInBrackets(c *text.Content, expression text.Span, at int) bool {
	before := string(c.Bytes()[expression.Start:at])
	return strings.Count(before, "(") > strings.Count(before, ")") ||
		strings.Count(before, "[") > strings.Count(before, "]")
}

// add adds the method of the type of an object, and end with begin; "" is the destructor.
func (u *unnamedCalls) add(ctx context.Context, at ledger.Place, method string) error {
	types, err := u.Locate(ctx, u.s, protocol.MethodTextDocumentTypeDefinition, at)
	if err != nil {
		return err
	}
	if len(types) == 0 {
		h, err := u.s.Hover(ctx, at.Path, u.c, at.Span.Start)
		isBuiltIn := err == nil && h != nil && hasBuiltInType.MatchString(h.Contents)
		if !isBuiltIn && !(method == "begin" && h != nil && isArray.MatchString(h.Contents)) {
			u.unknown = append(u.unknown, functionsOf(method)...)
		}
		return nil
	}
	read := u.Reader(u.s)
	for n := 0; n < len(types) && n < maxTypes; n++ {
		p := read.Place(types[n].URI, types[n].Range)
		if p.Path == "" {
			continue
		}
		class := words.Named(u.Snap, p.Word())
		if class == nil || !class.Kind.IsType() { // a parameter of a template
			u.unknown = append(u.unknown, functionsOf(method)...)
			continue
		}
		if class.Kind == selectors.KindType {
			if err := u.s.OpenAlso(ctx, u.Snap, []string{p.Path}); err != nil {
				return err
			}
			of := ledger.Place{Path: class.Path, Span: class.Name}
			more, err := u.Locate(ctx, u.s, protocol.MethodTextDocumentTypeDefinition, of)
			if err != nil {
				return err
			}
			types = append(types, more...)
			continue
		}
		names := functionsOf(method)
		if method == "" {
			names = []string{"~" + class.Names[len(class.Names)-1]}
		}
		for _, name := range names {
			if err := u.addMethod(ctx, class, name, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxTypes bounds the types of one object, and how long a chain of aliases is.
const maxTypes = 10

// functionsOf returns the names of the functions that are called together with a method.
func functionsOf(method string) []string {
	if method == "begin" {
		return []string{"begin", "end"}
	}
	return []string{"destructors"}
}

// addMethod adds a method of a class. A loop over a class without one calls a function, which is not followed.
func (u *unnamedCalls) addMethod(ctx context.Context, class *selectors.Decl, name string, at ledger.Place) error {
	method := words.DeclarationOf(u.Snap, class.Path, append(slices.Clone(class.Names), name))
	if method == nil && !strings.HasPrefix(name, "~") {
		var err error
		method, err = u.methodOf(ctx, u.s, class, name)
		if err != nil {
			return err
		}
	}
	if method == nil {
		if !strings.HasPrefix(name, "~") {
			u.unknown = append(u.unknown, name)
		}
		return nil
	}
	u.addCall(method, at)
	if name != "begin" {
		return nil
	}
	// A loop compares and advances what begin returns.
	if err := u.s.OpenAlso(ctx, u.Snap, []string{method.Path}); err != nil {
		return err
	}
	returned := ledger.Place{Path: method.Path, Span: method.Name}
	types, err := u.Locate(ctx, u.s, protocol.MethodTextDocumentTypeDefinition, returned)
	if err != nil {
		return err
	}
	read := u.Reader(u.s)
	for _, l := range types {
		p := read.Place(l.URI, l.Range)
		iterator := words.Named(u.Snap, p.Word())
		if p.Path == "" || iterator == nil || !iterator.Kind.IsType() {
			continue
		}
		for _, operator := range []string{"operator++", "operator!=", "operator=="} {
			names := append(slices.Clone(iterator.Names), operator)
			if m := words.DeclarationOf(u.Snap, iterator.Path, names); m != nil {
				u.addCall(m, at)
			}
		}
	}
	return nil
}

// addCall adds a call of a method at a word of the body.
func (u *unnamedCalls) addCall(method *selectors.Decl, at ledger.Place) {
	c, err := u.Snap.Content(method.Path)
	if err != nil {
		return // it was read when it was found
	}
	to, site := u.Symbol(*method, c), u.LocationAt(at).Range
	n := slices.IndexFunc(u.out, func(e bundle.Edge) bool { return e.To == to })
	if n < 0 {
		n = len(u.out)
		u.out = append(u.out, bundle.Edge{From: u.from, To: to, Depth: 1, Confirmed: true})
	}
	if !slices.Contains(u.out[n].Ranges, site) {
		u.out[n].Ranges = append(u.out[n].Ranges, site)
	}
}

// doubtInherited doubts the answer where the body makes an object of a class that inherits constructors: which of them
// is called is not known.
func (u *unnamedCalls) doubtInherited(asked []ledger.Place, found [][]lsp.Location) {
	read := u.Reader(u.s)
	for i, at := range asked {
		rest := u.c.Bytes()[at.Span.End:min(u.c.Len(), at.Span.End+maxBefore)]
		if !u.d.Body.Contains(at.Span) || !makesObject.Match(rest) {
			continue
		}
		for _, l := range found[i] {
			p := read.Place(l.URI, l.Range)
			class := words.Named(u.Snap, p.Word())
			if p.Path == "" || class == nil || !class.Kind.IsType() || p.Content == nil {
				continue
			}
			for _, m := range inheritsFrom.FindAllStringSubmatch(p.Content.Slice(class.Def), -1) {
				if m[1] == m[2] {
					const why = "%s makes objects of %s, which inherits constructors of %s: it may call one of them"
					of := class.Names[len(class.Names)-1]
					u.Doubt(bundle.Partial, fmt.Sprintf(why, u.d.Names[len(u.d.Names)-1], of, m[1]))
					return
				}
			}
		}
	}
}

// destructorAt returns the destructor that clangd means by the sign before its name; nil for another place.
func (a *Answer) destructorAt(p uses.Place) *selectors.Decl {
	if !a.Format.Has(trace.UnnamedInCPP) {
		return nil
	}
	for _, d := range a.Snap.FileDecls(p.Path) {
		if d.Lang == "cpp" && d.Name.Start == p.Span.Start && strings.HasPrefix(d.Names[len(d.Names)-1], "~") {
			return &d
		}
	}
	return nil
}

// hasDestructors reports whether a file of C++ in the workspace declares a destructor.
func (a *Answer) hasDestructors() bool {
	type key struct{}
	return a.Snap.Memoize(key{}, func() any {
		return slices.ContainsFunc(a.Snap.Paths(), func(p string) bool {
			lang, _ := a.Snap.Lang(p)
			return lang == "cpp" && path.Ext(p) != ".c" && destructor.Match(project.ContentOf(a.Snap, p))
		})
	}).(bool)
}

var (
	destructor = lazyregexp.New(`~\s*\w+\s*\(`)
	deletes    = lazyregexp.New(`\bdelete\b\s*(?:\[\s*\]\s*)?([^;,]*)[;,]`)
	// loopsOverRange matches the head of a loop over a range; the group is the range.
	loopsOverRange = lazyregexp.New(
		`\bfor\s*\(\s*(?:[^;{}()]*;)?[^;{}()?:]*(?:::[^;{}()?:]*)*[^:;{}()?]:` +
			`([^:;{}](?:[^;(){}]|\((?:[^;(){}]|\([^;(){}]*\))*\))*)\)`,
	)
	// isElement matches an expression whose last name is not that of the object, as all[0] and *it.
	isElement = lazyregexp.New(`^\s*\(*\*|\]\s*\)*\s*$`)
	// declaresObject matches the text before the name of a variable that is an object: a type, and no pointer.
	declaresObject = lazyregexp.New(`[\w>]\s+$`)
	isAuto         = lazyregexp.New(`\bauto\s+$`)
	// isPointer, isArray and hasBuiltInType match what clangd says of a variable, as "Type: `Part *`".
	isPointer      = lazyregexp.New("(?m)^Type: `[^`]*[*&]`")
	isArray        = lazyregexp.New("(?m)^Type: `[^`]*\\]`")
	hasBuiltInType = lazyregexp.New("(?m)^Type: `(?:const |volatile )*(?:unsigned |signed )?" +
		"(?:void|bool|char|short|int|long|float|double|size_t|u?int\\d+_t|char\\d+_t|wchar_t|__int128)\\b")
	// makesObject matches what follows the name of a class where an object of it is made.
	makesObject = lazyregexp.New(`^\s*(?:<[^;<>]*>\s*)?(?:\w+\s*)?[({;]`)
	// inheritsFrom matches the declaration by which a class inherits the constructors of a base.
	inheritsFrom = lazyregexp.New(`\busing\s+(?:\w+::)*(\w+)(?:<[^;]*>)?::(\w+)\s*;`)
)
