package symbol

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/trace"
	"lanser/server/words"
)

// Types that match by their members need not name each other: a class of TypeScript or Python is used as an interface
// or protocol because it has all of its members. Servers rename a member on one side alone, and the types match no
// more.

// match is a member that a rename leaves with the old name though two types match by it.
type match struct {
	left     ledger.Place
	has, all string // has has all members of the type all
}

// checkMatching fails if a rename leaves a member with the old name by which two types match. named are the places that
// are renamed.
func (a *Answer) checkMatching(ctx context.Context, s *lsp.Session, named []ledger.Place) error {
	m, err := a.mustMatch(ctx, s, named)
	if err != nil || m == nil {
		return err
	}
	l := a.LocationAt(m.left)
	const why = "%s:%d keeps its name: %s has all members of %s, and may be used as one"
	return refusal(why, l.URI, l.Range[0]+1, m.has, m.all)
}

// mustMatch returns the first member that a rename of the target leaves with the old name though it may have to match
// it; nil if there is none. named are the places that are renamed.
func (a *Answer) mustMatch(ctx context.Context, s *lsp.Session, named []ledger.Place) (*match, error) {
	d := a.Target.Decl
	if d == nil && len(a.Own) > 0 {
		d = words.DeclarationAt(a.Snap, a.Own[0])
	}
	if d == nil || d.Lang != "ts" && d.Lang != "py" || !words.IsMember(d) || len(d.Names) < 2 || d.Local > 0 {
		return nil, nil
	}
	own := a.typeAround(d)
	hits, _ := a.Snap.Hits(ctx, a.Occurrences(), func(string, text.Span) bool { return false })
	for _, h := range hits {
		at := ledger.Place{Path: h.Path, Span: h.Span}
		if !h.InCode() || slices.Contains(named, at) {
			continue
		}
		x := words.DeclarationAt(a.Snap, at)
		isOfType := x != nil && x.Lang == d.Lang && words.IsMember(x) && len(x.Names) >= 2
		if !isOfType || len(own.needed) == 0 && a.isOfObject(x) {
			if !own.isStructural || d.Lang != "ts" || !a.isObjectWith(at, own.needed) {
				continue
			}
			isOne, err := len(own.needed) > 0, error(nil)
			if !isOne {
				isOne, err = a.isDefinedItself(ctx, s, at)
			}
			if err != nil {
				return nil, err
			}
			if isOne {
				return &match{left: at, has: "an object", all: own.name}, nil
			}
			continue
		}
		other := a.typeAround(x)
		if own.isStructural && len(own.needed) > 0 && hasAll(other.members, own.needed) {
			return &match{left: at, has: other.name, all: own.name}, nil
		}
		if other.isStructural && len(other.needed) > 0 && hasAll(own.members, other.needed) {
			return &match{left: at, has: own.name, all: other.name}, nil
		}
	}
	return nil, nil
}

// isOfObject reports whether a member is the key of an object that a variable of TypeScript is set to.
func (a *Answer) isOfObject(member *selectors.Decl) bool {
	owner := words.DeclarationOf(a.Snap, member.Path, member.Names[:len(member.Names)-1])
	return owner != nil && (owner.Kind == selectors.KindVar || owner.Kind == selectors.KindConst)
}

// isDefinedItself reports whether the server takes a word for a definition of its own: the key of an object that is
// written out where no type is expected, and that may be used as any type later.
func (a *Answer) isDefinedItself(ctx context.Context, s *lsp.Session, at ledger.Place) (bool, error) {
	means, err := a.DefinitionsAt(ctx, s, []ledger.Place{at})
	return err == nil && slices.Contains(means[0], at), err
}

// memberedType is a type that members belong to.
type memberedType struct {
	name         string
	members      []string
	needed       []string // without those that may be missing
	isStructural bool     // what has its members is used as one, by the rules of the language
}

// typeAround returns the type that a member belongs to, with the members that its file declares.
func (a *Answer) typeAround(member *selectors.Decl) memberedType {
	owner := &selectors.Decl{Path: member.Path, Names: member.Names[:len(member.Names)-1]}
	t := memberedType{name: owner.Names[len(owner.Names)-1], members: lastNames(words.MembersOf(a.Snap, owner))}
	t.needed = t.members
	if member.Lang == "ts" && a.Format.Has(trace.OptionalMembers) {
		t.needed = words.Required(a.Snap, &selectors.Decl{Path: owner.Path, Names: owner.Names, Lang: "ts"})
	}
	for _, d := range a.Snap.FileDecls(owner.Path) { // TypeScript merges declarations of one name
		isAlias := d.Lang == "ts" && d.Kind == selectors.KindType
		if slices.Equal(d.Names, owner.Names) && (isAlias || words.IsMatched(a.Snap, &d)) {
			t.isStructural = true
		}
	}
	return t
}

// lastNames returns the last names of declarations.
func lastNames(decls []selectors.Decl) (out []string) {
	for _, d := range decls {
		out = append(out, d.Names[len(d.Names)-1])
	}
	return out
}

// hasAll reports whether a list has all members of another.
func hasAll(list, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(m string) bool { return !slices.Contains(list, m) })
}

// maxObject bounds the text of an object that is read, on each side of a key, in bytes.
const maxObject = 2000

// isObjectWith reports whether a place is the key of an object that is written out and names all of some members.
func (a *Answer) isObjectWith(at ledger.Place, members []string) bool {
	c, err := a.Snap.Content(at.Path)
	if err != nil || !mention.IsKeyOfObject(c, at.Span) {
		return false
	}
	all := c.Bytes()
	start, end, depth := at.Span.Start, at.Span.End, 0
	for ; start > max(0, at.Span.Start-maxObject) && depth <= 0; start-- {
		depth += braceDepth(all[start-1])
	}
	for depth = 0; end < min(len(all), at.Span.End+maxObject) && depth >= 0; end++ {
		depth += braceDepth(all[end])
	}
	object := all[start:end]
	return !slices.ContainsFunc(members, func(m string) bool {
		return !regexp.MustCompile(`(?:^|[^\w$])` + regexp.QuoteMeta(m) + `\s*["']?\s*[:,}(]`).Match(object)
	})
}

// braceDepth is by how much a byte changes the depth of braces.
func braceDepth(b byte) int {
	switch b {
	case '{':
		return 1
	case '}':
		return -1
	}
	return 0
}

// DoubtMatching doubts an answer about the types below a type, or about the members below one of its members, if a
// class of the workspace has all of the type's members and does not name it: it may be used as one. Members that may be
// missing do not count, nor do fields in Python, which methods can set.
func (a *Answer) DoubtMatching(ctx context.Context, d *selectors.Decl) {
	if d == nil || !a.Format.Has(trace.Bounds) {
		return
	}
	if words.IsMember(d) && !d.Kind.IsType() {
		d = words.DeclarationOf(a.Snap, d.Path, d.Names[:len(d.Names)-1])
	}
	if d == nil || !words.IsMatched(a.Snap, d) {
		return
	}
	name, members := d.Names[len(d.Names)-1], words.Required(a.Snap, d)
	if len(members) == 0 {
		if d.Lang == "py" {
			a.DoubtProtocol(d)
		}
		return
	}
	var first *selectors.Decl
	more := 0
	decls, _ := a.Snap.Search(ctx, d.Lang, members[0])
	for i := range decls {
		x := &decls[i]
		if x.Names[len(x.Names)-1] != members[0] || !words.IsMember(x) || words.Extends(ctx, a.Snap, x, name) {
			continue
		}
		class := words.DeclarationOf(a.Snap, x.Path, x.Names[:len(x.Names)-1])
		isClass := class != nil && class.Kind == selectors.KindClass && !words.IsMatched(a.Snap, class)
		if !isClass || slices.Equal(class.Names, d.Names) && class.Path == d.Path ||
			!hasAll(words.AllMembers(ctx, a.Snap, class), members) {
			continue
		}
		if first == nil {
			first = class
		} else {
			more++
		}
	}
	if first == nil {
		return
	}
	why := fmt.Sprintf("%s in %s has all members of %s and does not name it: it may be used as one",
		first.Names[len(first.Names)-1], first.Path, name)
	if more > 0 {
		why += fmt.Sprintf("; so have %d more", more)
	}
	a.Doubt(bundle.Partial, why)
}

// DoubtProtocol doubts an answer about a protocol of Python, whose implementations need not name it.
func (a *Answer) DoubtProtocol(d *selectors.Decl) {
	a.Doubt(bundle.Partial, d.Names[len(d.Names)-1]+" is a protocol: classes may match it without naming it")
}
