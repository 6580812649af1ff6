package hierarchy

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"

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

// rust-analyzer names what the body of a function calls, and not what the macros in it call, nor the methods behind
// operators:
//
//	check!(x); a + b
//
// A macro of the workspace that calls functions is a doubt, and the operators whose traits the workspace implements are
// asked about.

// isConverted reports whether a word of Rust calls a method of another name in the workspace: x.into() calls from, of
// which rust-analyzer says so at the word, and names into of the standard library among the callees.
func (a *Answer) isConverted(to bundle.Symbol, at ledger.Place) bool {
	lang, _ := a.Snap.Lang(at.Path)
	return lang == "rs" && a.Format.Has(trace.OperatorsOfRust) && to.Kind == selectors.KindMethod &&
		a.Snap.Has(selectors.UnescapePath(to.URI)) && to.Name != a.Word(at)
}

// operatorsLeftOut returns the calls of operators in the body of a function of Rust or C++, one edge for each method of
// the workspace, of which the server named known. clangd leaves out friends that a class defines.
func (a *Answer) operatorsLeftOut(ctx context.Context, s *lsp.Session, d *selectors.Decl, from bundle.Symbol,
	known []bundle.Edge,
) (out []bundle.Edge, err error) {
	if d.Lang != "rs" && d.Lang != "cpp" || !a.Format.Has(trace.OperatorsOfRust) {
		return nil, nil
	}
	var asked []ledger.Place
	for span, sign := range a.Snap.Operators(d.Path) {
		at := ledger.Place{Path: d.Path, Span: span}
		site := a.LocationAt(at).Range
		isKnown := slices.ContainsFunc(known, func(k bundle.Edge) bool { return slices.Contains(k.Ranges, site) })
		if !d.Body.Contains(span) || isKnown {
			continue
		}
		if d.Lang == "rs" && a.implementsOperator(sign) || d.Lang == "cpp" && a.declares(ctx, "cpp", "operator"+sign) {
			asked = append(asked, at)
		}
	}
	slices.SortFunc(asked, func(x, y ledger.Place) int { return x.Span.Start - y.Span.Start })
	if len(asked) > maxBodyWords {
		a.Doubt(bundle.Partial, d.Names[len(d.Names)-1]+" has too many operators: the last ones were not asked about")
		asked = asked[:maxBodyWords]
	}
	c, err := a.Snap.Content(d.Path)
	if err != nil {
		return nil, err
	}
	places := slices.Clone(asked)
	var between []string
	for i, at := range asked {
		start, ok := placeOfOperator(c, at.Span)
		if !ok && d.Lang == "rs" {
			between = append(between, c.Slice(at.Span))
		}
		if d.Lang == "rs" {
			places[i].Span = text.Span{Start: start, End: max(at.Span.End, start)}
		}
	}
	if len(between) > 0 {
		const why = "%s has operators between names without spaces (%s), of which %s cannot be asked what they call"
		a.Doubt(bundle.Partial, fmt.Sprintf(why, d.Names[len(d.Names)-1], firstNames(between), s.Server().Name))
	}
	found, err := a.DefinedAt(ctx, s, places)
	if err != nil {
		return nil, err
	}
	read := a.Reader(s)
	for i, at := range asked {
		for _, l := range found[i] {
			means := read.Place(l.URI, l.Range)
			if of := a.operatorAt(means); of != nil {
				means.Span = of.Name // clangd names the word operator alone
			}
			to, ok := a.callee(means, at, false, d.Body)
			if !ok || means.Path == "" {
				continue
			}
			n := slices.IndexFunc(out, func(e bundle.Edge) bool { return e.To == to })
			if n < 0 {
				n = len(out)
				out = append(out, bundle.Edge{From: from, To: to, Depth: 1, Confirmed: true})
			}
			out[n].Ranges = append(out[n].Ranges, a.LocationAt(at).Range)
		}
	}
	return out, nil
}

// operatorAt returns the operator of C++ whose declaration a server means by a place, nil for none.
func (a *Answer) operatorAt(p uses.Place) *selectors.Decl {
	if p.Path == "" || !p.OK {
		return nil
	}
	for _, d := range a.Snap.FileDecls(p.Path) {
		if mention.IsOperator(&d) && d.Name.Start == p.Span.Start {
			return &d
		}
	}
	return nil
}

// placeOfOperator returns a place at which rust-analyzer reads the operator, and not a name next to it; ok is false if
// there is none: for one sign between two names, as in a+b, which rustfmt sets apart.
func placeOfOperator(c *text.Content, at text.Span) (place int, ok bool) {
	src := c.Bytes()
	isName := func(i int) bool { return i >= 0 && i < len(src) && partOfName.Match(src[i:i+1]) }
	if at.Len() > 1 {
		return at.Start + 1, true
	}
	isAfterName := isName(at.Start-1) || src[at.Start] == ']'
	if isAfterName && !isName(at.End) {
		return at.End, true
	}
	return at.Start, !isAfterName
}

var partOfName = lazyregexp.New(`^[\w"'\x80-\xff]`)

// traitsOf are the traits of Rust behind each operator.
var traitsOf = map[string]string{
	"+": "Add", "-": "Sub|Neg", "*": "Mul|Deref|DerefMut", "/": "Div", "%": "Rem", "!": "Not", "&": "BitAnd",
	"|": "BitOr", "^": "BitXor", "<<": "Shl", ">>": "Shr", "+=": "AddAssign", "-=": "SubAssign", "*=": "MulAssign",
	"/=": "DivAssign", "%=": "RemAssign", "&=": "BitAndAssign", "|=": "BitOrAssign", "^=": "BitXorAssign",
	"<<=": "ShlAssign", ">>=": "ShrAssign", "==": "PartialEq", "!=": "PartialEq", "<": "PartialOrd",
	"<=": "PartialOrd", ">": "PartialOrd", ">=": "PartialOrd", "]": "Index|IndexMut",
}

// implementsOperator reports whether the workspace implements a trait behind an operator of Rust by hand.
func (a *Answer) implementsOperator(sign string) bool {
	traits := traitsOf[sign]
	if traits == "" {
		return false
	}
	type key struct{ traits string }
	return a.Snap.Memoize(key{traits}, func() any {
		implements := regexp.MustCompile(`\bimpl\b[^{};]*\b(?:` + traits + `)\b[^{};]*\bfor\b`)
		return slices.ContainsFunc(a.Snap.Paths(), func(p string) bool {
			return path.Ext(p) == ".rs" && implements.Match(project.ContentOf(a.Snap, p))
		})
	}).(bool)
}

// expandsCalls reports whether a place that a word of Rust means is a macro of the workspace whose text calls
// functions.
func (a *Answer) expandsCalls(means uses.Place) bool {
	if means.Path == "" || means.Content == nil {
		return false
	}
	return a.isMacroWithCalls(words.Named(a.Snap, means.Word()), means.Content)
}

// isMacroWithCalls reports whether a declaration is that of a macro of Rust whose text calls functions.
func (a *Answer) isMacroWithCalls(d *selectors.Decl, c *text.Content) bool {
	return d != nil && d.Lang == "rs" && a.Format.Has(trace.OperatorsOfRust) &&
		declaresMacro.Match(lineBefore(c, d.Name.Start)) &&
		callsInMacro.MatchString(c.Slice(text.Span{Start: d.Name.End, End: d.Def.End}))
}

// lineBefore returns the text before a place on its line.
func lineBefore(c *text.Content, at int) []byte {
	line, _ := c.LineSpan(c.LineOf(at))
	return c.Bytes()[line.Start:at]
}

var (
	declaresMacro = lazyregexp.New(`\bmacro_rules\s*!\s*$`)
	// callsInMacro matches a call of a function that the text of a macro names, also by another macro of a crate.
	callsInMacro = lazyregexp.New(`(?:\.|::|[^\w$.:!]|\bSelf::)[a-z_]\w*(?:::<[^>]*>)?\(|\$crate::(?:\w+::)*\w+!`)
)
