package words

import (
	"context"
	"slices"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// Types that match by their members need not name each other: a class of TypeScript or Python is used as an interface
// or protocol because it has all of its members. What is read here is the names of members, not their types.

// IsMatched reports whether a type is one that others match by their members: an interface of TypeScript, or a protocol
// of Python (PEP 544).
func IsMatched(src Source, d *selectors.Decl) bool {
	c, err := src.Content(d.Path)
	isProtocol := err == nil && d.Lang == "py" && slices.Contains(In(c, Header(d)), "Protocol")
	return isProtocol || d.Lang == "ts" && d.Kind == selectors.KindInterface
}

// Required returns the names of the members that a class must have to match a type, as far as the type's declaration
// lists them: without those that may be missing, and in Python without fields, which methods can set.
func Required(src Source, d *selectors.Decl) (names []string) {
	c, err := src.Content(d.Path)
	if err != nil {
		return nil
	}
	for _, m := range MembersOf(src, d) {
		isOptional := m.Name.End < c.Len() && c.Bytes()[m.Name.End] == '?'
		isCounted := d.Lang != "py" || m.Kind == selectors.KindMethod
		if name := m.Names[len(m.Names)-1]; isCounted && !isOptional && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// AllMembers returns the names of the members of a class and of the types that it derives from.
func AllMembers(ctx context.Context, src Source, class *selectors.Decl) (names []string) {
	for _, d := range append(Ancestors(ctx, src, class), *class) {
		for _, m := range MembersOf(src, &d) {
			names = append(names, m.Names[len(m.Names)-1])
		}
	}
	return names
}

// Match reports whether two members of one name can take each other's place because the type of one is an interface or
// protocol that the type of the other, a class or an object that is written out, has all members of. Where the name is
// all that is required they are methods with equally many parameters: a single name in common says little.
func Match(ctx context.Context, src Source, a, b *selectors.Decl) bool {
	return matches(ctx, src, a, b) || matches(ctx, src, b, a)
}

// matches is [Match] for a member of the class and one of the interface.
func matches(ctx context.Context, src Source, of, wanted *selectors.Decl) bool {
	class, matched := ownerOf(src, of), ownerOf(src, wanted)
	isPair := class != nil && matched != nil && class.Lang == matched.Lang && IsMatched(src, matched) &&
		(class.Kind == selectors.KindClass || !class.Kind.IsType()) && !IsMatched(src, class)
	if !isPair || isFunctionIn(src, of) != isFunctionIn(src, wanted) {
		return false
	}
	required := Required(src, matched)
	for _, d := range Ancestors(ctx, src, matched) {
		if IsMatched(src, &d) {
			required = append(required, Required(src, &d)...)
		}
	}
	name := wanted.Names[len(wanted.Names)-1]
	isOther := func(m string) bool { return m != name }
	if !slices.ContainsFunc(required, isOther) {
		n, ok := parameters(src, of)
		wants, known := parameters(src, wanted)
		return ok && known && n == wants
	}
	members := AllMembers(ctx, src, class)
	return !slices.ContainsFunc(required, func(m string) bool { return !slices.Contains(members, m) })
}

// isFunctionIn reports whether a member is a method, or a field of TypeScript whose value or type is a function.
func isFunctionIn(src Source, d *selectors.Decl) bool {
	if d.Kind == selectors.KindMethod || d.Kind == selectors.KindDef {
		return true
	}
	c, err := src.Content(d.Path)
	after := text.Span{Start: d.Name.End, End: d.Def.End}
	return err == nil && d.Lang == "ts" && functionValue.MatchString(c.Slice(after))
}

// ownerOf returns the declaration that a member belongs to; nil for none.
func ownerOf(src Source, member *selectors.Decl) *selectors.Decl {
	if len(member.Names) < 2 {
		return nil
	}
	return DeclarationOf(src, member.Path, member.Names[:len(member.Names)-1])
}

// parameters returns the number of parameters of a method; ok is false for what is none, and where they are not plain
// to see.
func parameters(src Source, d *selectors.Decl) (n int, ok bool) {
	c, err := src.Content(d.Path)
	if err != nil || d.Kind != selectors.KindMethod {
		return 0, false
	}
	m := plainParameters.FindStringSubmatch(c.Slice(text.Span{Start: d.Name.End, End: d.Def.End}))
	if m == nil {
		return 0, false
	}
	return len(parameterNames.FindAllString(m[1], -1)), true
}

// functionValue matches what follows the name of a field that is a function, and plainParameters what follows the name
// of a method, with the text between its parentheses as a group. parameterNames matches what is between the commas
// there.
var (
	functionValue   = lazyregexp.New(`^\s*\??\s*[:=]\s*(?:async\b\s*)?(?:function\b|(?:<[^<>]*>\s*)?\(|\w+\s*=>)`)
	plainParameters = lazyregexp.New(`^\s*(?:<[^<>()]*>)?\(([^()]*)\)`)
	parameterNames  = lazyregexp.New(`[^,\s][^,]*`)
)
