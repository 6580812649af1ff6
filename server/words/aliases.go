package words

import (
	"bytes"
	"regexp"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/ledger"
)

// OtherName returns the declaration of TypeScript or Python that gives what a word means another name, as Both is
// declared at Svc in
//
//	type Both = Svc & { x: 1 }
//
// isType is true if what is declared is the type, or an intersection with it. Other declarations may have anything that
// is made from the type as their value. ok is false for every other word.
func OtherName(src Source, at ledger.Place) (d *selectors.Decl, isType, ok bool) {
	c, err := src.Content(at.Path)
	if err != nil {
		return nil, false, false
	}
	decls := src.FileDecls(at.Path)
	for i := range decls {
		x := &decls[i]
		mayName := x.Kind == selectors.KindType || x.Kind == selectors.KindConst || x.Kind == selectors.KindVar ||
			x.Kind == selectors.KindField
		isInside := x.Def.Contains(at.Span) && x.Name.End <= at.Span.Start && x.Body.Len() == 0
		if mayName && isInside && !x.Alias && (d == nil || d.Def.Contains(x.Def)) {
			d = x
		}
	}
	if d == nil || d.Name.Len() == 0 {
		return nil, false, false
	}
	before := c.Slice(text.Span{Start: d.Name.End, End: at.Span.Start})
	isValue := isValueOf.MatchString(before) || d.Kind == selectors.KindField && isKeyOf.MatchString(before)
	if d.Kind != selectors.KindType && !isValue {
		return nil, false, false
	}
	after := c.Slice(text.Span{Start: at.Span.End, End: min(c.Len(), at.Span.End+maxMixin)})
	isType = d.Lang == "py" && isSetToName.MatchString(before) && endsStatement.MatchString(after) ||
		d.Kind == selectors.KindType && isIntersected.MatchString(before) && !isMadeFrom.MatchString(after) ||
		d.Kind == selectors.KindConst && d.Lang == "ts" && isSetToName.MatchString(before) &&
			endsStatement.MatchString(after)
	return d, isType, true
}

var (
	// isValueOf matches the text from a name to a word of its value that no other value is around: no function, and no
	// object.
	isValueOf     = lazyregexp.New(`^\s*(?::[^={}]*)?=[^{};=]*$`)
	isKeyOf       = lazyregexp.New(`^["']?\s*:\s*(?:[\w$]+\.)*$`)
	isSetToName   = lazyregexp.New(`^\s*=\s*(?:[\w$]+\.)*$`)
	endsStatement = lazyregexp.New(`^\s*(?:\[[^\]\n]*\])?[ \t]*(?:[;\r\n#]|//|$)`)
	// isIntersected matches the text from the name of an alias to a type of its value, others of which are named with
	// "&" before it.
	isIntersected = lazyregexp.New(
		`^\s*(?:<[^=]*>)?\s*=\s*&?\s*(?:(?:[\w$.]+(?:<[^<>]*>)?|\{[^{}]*\})\s*&\s*)*` +
			`(?:import\s*\([^()]*\)\s*\.\s*)?(?:[\w$]+\.)*$`,
	)
	// isMadeFrom matches the text after such a type if the alias is none: a union, a member, or a condition.
	isMadeFrom = lazyregexp.New(`^\s*(?:<[^;]*?>)?\s*(?:\||\[|\.|extends\b)`)
)

// Held is a variable or parameter that a value is assigned to.
type Held struct {
	Name ledger.Place
	Decl *selectors.Decl // nil if the outline has none, as of parameters
	Only bool            // the file assigns nothing else to a variable of that name
}

// HeldBy returns the variable of TypeScript or Python that what a word means is assigned to: D in
// "const D = api.Client", at Client, and get in "const { find: get } = store", at find. ok is false for every other
// word. Without a declaration it may also be a word in an object that is written out.
func HeldBy(src Source, at ledger.Place) (h Held, ok bool) {
	c, err := src.Content(at.Path)
	if err != nil {
		return h, false
	}
	if h, ok := boundAt(src, c, at); ok {
		return h, true
	}
	if !endsStatement.MatchString(c.Slice(text.Span{Start: at.Span.End, End: c.Len()})) {
		return h, false
	}
	m := setsName.FindSubmatch(beforeName(c, at.Span))
	if m == nil {
		return h, false
	}
	name := string(m[1])
	var d *selectors.Decl
	decls := src.FileDecls(at.Path)
	for i := range decls {
		x := &decls[i]
		isVariable := x.Kind == selectors.KindVar || x.Kind == selectors.KindConst
		if !isVariable || x.Alias || x.Names[len(x.Names)-1] != name {
			continue
		}
		if x.Def.Contains(at.Span) {
			isOnly := isConstant(x) || len(assignments(c, name)) == 1
			return Held{Name: ledger.Place{Path: at.Path, Span: x.Name}, Decl: x, Only: isOnly}, true
		}
		if d == nil {
			d = x
		}
	}
	if d == nil {
		return h, false
	}
	return Held{Name: ledger.Place{Path: at.Path, Span: d.Name}, Decl: d}, true
}

// assignments returns up to two places at which a file assigns something to a variable of a name.
func assignments(c *text.Content, name string) [][]int {
	assigned := regexp.MustCompile(`(?:^|[^\w$.])` + regexp.QuoteMeta(name) + `[ \t]*(?::[^=\n]*)?=[^=>]`)
	return assigned.FindAllIndex(c.Bytes(), 2)
}

// boundAt returns the variable or parameter of TypeScript that a pattern binds the member at a word to: find in
// "const { find } = store", and get in "({ find: get }) => get()".
func boundAt(src Source, c *text.Content, at ledger.Place) (h Held, ok bool) {
	if lang, _ := src.Lang(at.Path); lang != "ts" || !beginsProperty.Match(beforeName(c, at.Span)) {
		return h, false
	}
	h.Name = at
	after := c.Slice(text.Span{Start: at.Span.End, End: min(c.Len(), at.Span.End+maxPattern)})
	m := bindsTo.FindSubmatchIndex([]byte(after))
	if m != nil {
		h.Name.Span = text.Span{Start: at.Span.End + m[2], End: at.Span.End + m[3]}
		after = after[m[3]:]
	}
	h.Decl = DeclarationAt(src, h.Name)
	isVariable := h.Decl != nil && (h.Decl.Kind == selectors.KindVar || h.Decl.Kind == selectors.KindConst)
	if h.Decl == nil && m == nil || h.Decl != nil && !isVariable {
		return h, false
	}
	isSet := !isConstant(h.Decl) && len(assignments(c, c.Slice(h.Name.Span))) > 0
	h.Only = !setsDefault.MatchString(after) && !isSet
	return h, true
}

// isConstant reports whether a declaration, nil for none, is that of a variable that nothing can be assigned to later.
func isConstant(d *selectors.Decl) bool {
	return d != nil && d.Lang == "ts" && d.Kind == selectors.KindConst
}

var (
	beginsProperty = lazyregexp.New(`[{,]\s*$`)
	bindsTo        = lazyregexp.New(`^\s*:\s*([\pL_$][\pL\pN_$]*)\s*[,}=]`)
	setsDefault    = lazyregexp.New(`^\s*=[^=>]`)
)

// setsName matches the text before what is assigned to a variable; the group is its name.
var setsName = lazyregexp.New(
	`(?:^|[\n;{}]|\b(?:const|let|var)\b)[ \t]*([\pL_$][\pL\pN_$]*)[ \t]*(?::[^=\n]*)?=[ \t]*(?:[\w$]+\.)*$`,
)

// IsPartOfBase reports whether a word is in the type arguments of a base that has the members of the argument:
//
//	class S implements Partial<Svc> {}
func IsPartOfBase(c *text.Content, at text.Span) bool { return partOfBase.Match(beforeName(c, at)) }

// partOfBase matches the text before such a word.
var partOfBase = lazyregexp.NewWith([]string{"Partial", "Required", "Readonly", "Pick", "Omit"},
	`\b(?:extends|implements)\s(?:[^{};()]*[\s,])?`+
		`(?:(?:Partial|Required|Readonly|Pick|Omit)\s*<\s*)+(?:[\w$]+\.)*$`)

// MayBeBase reports by the text before a word of TypeScript or Python whether it can be in the header of a type: after
// extends or implements in the same statement, or among the bases of a class of Python.
func MayBeBase(c *text.Content, at text.Span) bool {
	before := beforeName(c, at)
	statement := before[bytes.LastIndexByte(before, ';')+1:]
	return derives.Match(statement) || opensBases.Match(before)
}

var (
	derives    = lazyregexp.NewWith([]string{"extends", "implements"}, `\b(?:extends|implements)\b`)
	opensBases = lazyregexp.NewWith([]string{"class"}, `\bclass\s+\w+\s*(?:\[[^\]]*\])?\s*\([^:]*$`)
)

// MakesSubtype reports whether a word of Python is the base of a class that a call makes, as in
// type("Name", (Base,), {}), or a class of package abc that another one is registered with.
func MakesSubtype(c *text.Content, at text.Span) bool {
	after := c.Bytes()[at.End:min(c.Len(), at.End+maxMixin)]
	return givesBases.Match(beforeName(c, at)) || registers.Match(after)
}

var (
	givesBases = lazyregexp.NewWith([]string{"type", "new_class"},
		`\b(?:type|new_class)\s*\([^(),]*,\s*\((?:[^()]*,)?\s*(?:\w+\.)*$`)
	registers = lazyregexp.New(`^\.register\b(?:\s*\(|[ \t]*[\r\n])`)
)

// InheritsByPrototype reports whether a word of JavaScript is the function or class whose prototype becomes the base of
// another one's:
//
//	util.inherits(Sub, Base)
//	Sub.prototype = Object.create(Base.prototype)
//	Sub.prototype = new Base()
func InheritsByPrototype(c *text.Content, at text.Span) bool {
	return byPrototype.Match(beforeName(c, at))
}

// byPrototype matches the text before such a word.
var byPrototype = lazyregexp.NewWith([]string{"inherits", "rototype", "__proto__", "__extends"},
	`(?:\b_?inherits(?:Loose)?\s*\(\s*[\w$.]+\s*,|\b__extends\s*\(\s*[\w$.]+\s*,|`+
		`\.\s*prototype\s*=\s*(?:Object\s*\.\s*create\s*\(|new\b)|`+
		`\bsetPrototypeOf\s*\([^();]*,|\b__proto__\s*=)\s*(?:[\w$]+\s*\.\s*)*$`)

// AroundBase returns the type in whose header a place is; nil for none.
func AroundBase(src Source, at ledger.Place) *selectors.Decl {
	decls := src.FileDecls(at.Path)
	for i := range decls {
		if !decls[i].Alias && decls[i].Kind.IsType() && Header(&decls[i]).Contains(at.Span) {
			return &decls[i]
		}
	}
	return nil
}
