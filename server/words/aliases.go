package words

import (
	"bytes"

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
