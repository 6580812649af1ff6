package hierarchy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/symbol"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// Servers count a function that is named as a value among those that are called: its callers are all that use it. They
// differ in whether they do so in the other direction too. gopls and rust-analyzer leave out what a body names and does
// not call, and all servers leave out the variables, parameters and fields that hold the functions which are called:
//
//	sort.Slice(list, byName)
//	s.onClose(err)
//
// So each word of the body of a function of Go, Rust, C or C++ is asked about, as those of its callers are.

// maxBodyWords bounds the words of a function that a server is asked about. More of them are a doubt.
const maxBodyWords = 5000

// calleesLeftOut returns the calls of the function that an item of the server's hierarchy means, of which the server
// named known: of functions that the body names, and of variables that are called, one edge for each of them.
func (a *Answer) calleesLeftOut(ctx context.Context, s *lsp.Session, item lsp.Item, known []bundle.Edge,
) (out []bundle.Edge, err error) {
	read := a.Reader(s)
	p := read.Place(item.URI, item.SelectionRange)
	if p.Path == "" || !p.OK || !a.Format.Has(trace.FunctionValues) {
		return nil, nil
	}
	d := words.Named(a.Snap, p.Word())
	if d == nil {
		d = a.destructorAt(p)
	}
	if d != nil && (d.Lang == "ts" || d.Lang == "py") {
		return a.calledInScript(ctx, s, read.Symbol(item), d, known)
	}
	if d == nil || !words.IsFunction(*d) || !hasFunctionValues[d.Lang] {
		return nil, nil
	}
	asked, err := a.wordsOfBody(ctx, d, p.Content)
	if err != nil {
		return nil, err
	}
	found, err := a.DefinedAt(ctx, s, asked)
	if err != nil {
		return nil, err
	}
	from := read.Symbol(item)
	out, err = a.operatorsLeftOut(ctx, s, d, from, known)
	if err != nil {
		return nil, err
	}
	unnamed, err := a.unnamedInCPP(ctx, s, d, from, p.Content, asked, found)
	if err != nil {
		return nil, err
	}
	out = append(out, unnamed...)
	var unknown, expanded []string
	through := a.calledThrough(d.Path)
	for i, at := range asked {
		site := a.LocationAt(at).Range
		isCall := d.Body.Contains(at.Span) && (a.isCall(at) || through[at.Span])
		isNamed := slices.ContainsFunc(known, func(k bundle.Edge) bool { return covers(k, site) })
		for _, l := range found[i] {
			means := read.Place(l.URI, l.Range)
			isSelf := means.Word() == at
			isNamed = isNamed || !isSelf || !mention.IsPlainC(a.Snap, at.Path)
			if a.expandsCalls(means) {
				expanded = append(expanded, means.Content.Slice(means.Span))
				continue
			}
			if isSelf {
				continue // a declaration, or in C the call of what is not declared
			}
			to, ok := a.callee(means, at, isCall, d.Body)
			isVariable := to.Kind != selectors.KindDef && to.Kind != selectors.KindMethod
			isKnown := func(k bundle.Edge) bool {
				isSame := k.To.URI == to.URI && k.To.SelectionRange == to.SelectionRange
				isWord := k.Ranges[0] == site && !a.isConverted(to, at)
				return covers(k, site) && (isSame || isVariable || isWord)
			}
			if !ok || slices.ContainsFunc(known, isKnown) {
				continue
			}
			isRead, err := a.isRead(ctx, s, at)
			if err != nil {
				return nil, err
			}
			if !isRead {
				unknown = append(unknown, p.Content.Slice(at.Span))
				continue
			}
			n := slices.IndexFunc(out, func(e bundle.Edge) bool { return e.To == to })
			if n < 0 {
				n = len(out)
				out = append(out, bundle.Edge{From: from, To: to, Depth: 1, Confirmed: true})
			}
			out[n].Ranges = append(out[n].Ranges, site)
		}
		if name := p.Content.Slice(at.Span); !isNamed && isCall && !isBuiltIn.MatchString(name) {
			unknown = append(unknown, name)
		}
	}
	if len(expanded) > 0 {
		const why = "%s does not know what %s calls through the macros that it expands: %s"
		a.Doubt(bundle.Partial, fmt.Sprintf(why, s.Server().Name, d.Names[len(d.Names)-1], firstNames(expanded)))
	}
	if len(unknown) > 0 {
		const why = "%s does not know which functions %s calls as %s"
		a.Doubt(bundle.Partial, fmt.Sprintf(why, s.Server().Name, d.Names[len(d.Names)-1], firstNames(unknown)))
	}
	return out, nil
}

// calledThrough returns the names that calls of a file call through an expression, as in (c ? f : g)(1).
func (a *Answer) calledThrough(file string) map[text.Span]bool {
	if !a.Format.Has(trace.CalledThrough) {
		return nil
	}
	return a.Snap.CalledThrough(file)
}

// isRead reports whether a server knows a word, and has not guessed what it means: clangd does not read the branches
// that the preprocessor leaves out.
func (a *Answer) isRead(ctx context.Context, s *lsp.Session, at ledger.Place) (bool, error) {
	if !s.Server().Guesses {
		return true, nil
	}
	return a.IsRead(ctx, s, at)
}

// firstNames returns the first three of some names in order, and how many more there are.
func firstNames(names []string) string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	more := ""
	if n := len(names) - 3; n > 0 {
		more, names = fmt.Sprintf(" and %d more", n), names[:3]
	}
	return strings.Join(names, ", ") + more
}

// hasFunctionValues are the languages whose servers count a function that is named as a value among those that are
// called.
var hasFunctionValues = map[selectors.Lang]bool{"go": true, "rs": true, "cpp": true}

// covers reports whether one of the sites of a call holds a range, or follows it: clangd names the operator that calls
// an object at the bracket.
func covers(call bundle.Edge, site bundle.Range) bool {
	return slices.ContainsFunc(call.Ranges, func(r bundle.Range) bool {
		if r[0] == site[2] && r[1] == site[3] {
			return true
		}
		isAfter := r[0] < site[0] || r[0] == site[0] && r[1] <= site[1]
		return isAfter && (site[2] < r[2] || site[2] == r[2] && site[3] <= r[3])
	})
}

// wordsOfBody returns the words in the body of a function, and after the head of a constructor of C++, that may name a
// function: without keywords, words of functions declared in it, and what a member is selected from.
func (a *Answer) wordsOfBody(ctx context.Context, d *selectors.Decl, c *text.Content) (out []ledger.Place, err error) {
	body := d.Body
	if d.Lang == "cpp" && !mention.IsPlainC(a.Snap, d.Path) { // at old parameters of C, clangd names the function
		body = text.Span{Start: d.Name.End, End: d.Def.End}
	}
	all, _, err := a.CodeWords(ctx, d.Path)
	if err != nil || body.Len() == 0 {
		return nil, err
	}
	through := a.calledThrough(d.Path)
	var within []text.Span
	for _, f := range a.Snap.FileDecls(d.Path) {
		if words.IsFunction(f) && f.Def != d.Def && body.Contains(f.Def) {
			within = append(within, f.Def)
		}
	}
	for _, at := range all {
		isElsewhere := func(f text.Span) bool { return f.Contains(at.Span) }
		isQualifier := qualifies.Match(c.Bytes()[at.Span.End:min(c.Len(), at.Span.End+4)])
		isQualifier = isQualifier && !through[at.Span] // v is called in v.(func())()
		if !body.Contains(at.Span) || isQualifier {
			continue
		}
		name, ok := a.Snap.FirstName(d.Path, at.Span)
		if ok && name == at.Span && !slices.ContainsFunc(within, isElsewhere) {
			out = append(out, at)
		}
	}
	if len(out) > maxBodyWords {
		a.Doubt(bundle.Partial, d.Names[len(d.Names)-1]+" has too many words: the last ones were not asked about")
		out = out[:maxBodyWords]
	}
	return out, nil
}

// qualifies matches what follows a word from which a member is selected.
var qualifies = lazyregexp.New(`^(?:\.[^.]|::[^<]|->)`)

// callee returns what a word of a body means at a place that the server has named, if that is a function, or a variable
// that the word calls. A variable of the body that is assigned a function without a name is none: what that calls is in
// the body.
func (a *Answer) callee(p uses.Place, at ledger.Place, isCall bool, body text.Span) (to bundle.Symbol, ok bool) {
	c, err := a.Snap.Content(at.Path)
	if err != nil || !p.OK || p.Content == nil {
		return to, false
	}
	if p.Path == "" {
		to = bundle.Symbol{
			Name: c.Slice(at.Span), Kind: selectors.KindDef, URI: p.URI, Range: p.Range, SelectionRange: p.Range,
		}
		return to, declaresFunction.MatchString(p.Line()) && !symbol.Builtin.MatchString(p.URI)
	}
	if isMacro.MatchString(p.Line()) {
		return to, false // servers name what it calls
	}
	d := words.Named(a.Snap, p.Word())
	if d != nil && (d.Kind == selectors.KindDef || d.Kind == selectors.KindMethod) {
		return a.Symbol(*d, p.Content), true
	}
	rest := p.Content.Bytes()[p.Span.End:]
	holds := holdsFunction
	if lang, _ := a.Snap.Lang(p.Path); lang == "cpp" || !a.Format.Has(trace.HeldInLists) {
		holds = holdsLambda
	}
	isHere := p.Path == at.Path && body.Contains(p.Span) || !a.Format.Has(trace.HeldInLists)
	if !isCall || isHere && holds.Match(rest[:min(len(rest), maxInitializer)]) {
		return to, false
	}
	if d == nil {
		to = a.localType(p.Word())
		to.Kind = selectors.KindVar
		return to, isName.MatchString(to.Name)
	}
	isValue := d.Kind == selectors.KindVar || d.Kind == selectors.KindField || d.Kind == selectors.KindConst
	isVariant := len(d.Kinds) > 1 && d.Kinds[len(d.Kinds)-2] == selectors.KindEnum
	if isVariant && a.Format.Has(trace.CalledThrough) {
		return to, false // as in the patterns of Rust that macros are given
	}
	return a.Symbol(*d, p.Content), isValue
}

// maxInitializer bounds the text after the name of a variable that is looked through for a function, in bytes.
const maxInitializer = 200

var (
	// declaresFunction matches a line of Go or Rust that declares a function. clangd names those of C by itself.
	declaresFunction = lazyregexp.New(`^func\b|^\s+[A-Z]\w*\(.*\)|\bfn\s`)
	// holdsFunction matches what follows the name of a variable that is assigned a function without a name.
	holdsFunction = lazyregexp.New(`^\s*(?::\s*[^=\n]*)?(?::?=|\s*\{)\s*(?:func\b|(?:move\s*)?\|)`)
	// holdsLambda is that in C++, where such functions begin with a bracket.
	holdsLambda = lazyregexp.New(`^\s*(?::\s*[^=\n]*)?(?::?=|\s*\{)\s*(?:func\b|(?:move\s*)?\||\[)`)
	isMacro     = lazyregexp.New(`^\s*#\s*define\b|\bmacro_rules!`)
	// isBuiltIn matches words that the compilers of C and C++ know, and that stand before brackets.
	isBuiltIn = lazyregexp.New(`^__|_cast$|^(?:alignof|typeid|decltype|noexcept|offsetof|requires)$`)
	isName    = lazyregexp.New(`^[\pL_]\w*$`)
)
