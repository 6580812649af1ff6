package hierarchy

import (
	"context"
	"path"
	"regexp"
	"slices"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
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

// operatorsLeftOut returns the calls of operators in the body of a function of Rust, one edge for each method of the
// workspace.
func (a *Answer) operatorsLeftOut(ctx context.Context, s *lsp.Session, d *selectors.Decl, from bundle.Symbol,
) (out []bundle.Edge, err error) {
	if d.Lang != "rs" || !a.Format.Has(trace.OperatorsOfRust) {
		return nil, nil
	}
	var asked []ledger.Place
	for span, sign := range a.Snap.Operators(d.Path) {
		if d.Body.Contains(span) && a.implementsOperator(sign) {
			asked = append(asked, ledger.Place{Path: d.Path, Span: span})
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
	for i, at := range asked {
		places[i].Span.Start = placeOfOperator(c, at.Span)
		places[i].Span.End = max(at.Span.End, places[i].Span.Start)
	}
	found, err := a.DefinedAt(ctx, s, places)
	if err != nil {
		return nil, err
	}
	read := a.Reader(s)
	for i, at := range asked {
		for _, l := range found[i] {
			means := read.Place(l.URI, l.Range)
			to, ok := a.callee(means, at, false)
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

// placeOfOperator returns a place at which rust-analyzer reads the operator, and not a name next to it. There is none
// for one sign between two names, as in a+b, which rustfmt sets apart.
func placeOfOperator(c *text.Content, at text.Span) int {
	src := c.Bytes()
	isName := func(i int) bool { return i >= 0 && i < len(src) && partOfName.Match(src[i:i+1]) }
	if at.Len() > 1 {
		return at.Start + 1
	}
	if (isName(at.Start-1) || src[at.Start] == ']') && !isName(at.End) {
		return at.End
	}
	return at.Start
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
