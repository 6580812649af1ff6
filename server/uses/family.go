package uses

import (
	"bytes"
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
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// A method is changed and renamed together with what it overrides and with what overrides it: its family. Servers say
// who implements a member, and not all of them; where they are silent, the headers of the types tell who derives from
// whom. Family is a weaker word than reference: these are symbols of their own, which a request includes if it asks for
// them.

// MaxAsRelatives bounds the declarations that are asked for their implementations, each of which is a question to the
// server. Candidates beyond it count as other symbols, with a doubt.
const MaxAsRelatives = 100

// relatives returns the declarations among candidates that are overrides of the target's member, that it overrides, or
// that it implements or is implemented by. They are of the target's language. A candidate is one by the first of these
// that says so:
//
//  1. The server names it among the implementations of the target.
//  2. Its type names the target's type in its header, or the other way round, also through types between the two,
//     or some type of TypeScript, Python or PHP derives from both, or one is an interface of TypeScript or a protocol
//     of Python that the other has all members of.
//  3. It is the member of an interface, also of one without a name, and the server names the target among its
//     implementations. Types of Go and of TypeScript implement interfaces without naming them.
//  4. The target is a method of an interface of Go, and the server names it among those that the candidate implements,
//     in code that the server loads apart from the target's.
//     A server that knows all overrides is asked in place of rule 2 ([catalogue.Server.KnowsOverrides]).
//  5. The server says so in a session for a build with other tags, which alone has the candidate's file.
//
// The server's implementations of the target are returned whether they are candidates or not. own are the names of the
// target's declarations, the first of which is asked about.
func (r *Reading) relatives(ctx context.Context, s *lsp.Session, decl *selectors.Decl, own, candidates []ledger.Place,
) (out []ledger.Place, err error) {
	isOwn := func(p ledger.Place) bool { return slices.Contains(own, p) }
	if s.Can("implementationProvider") && len(own) > 0 {
		found, err := r.Locate(ctx, s, protocol.MethodTextDocumentImplementation, own[0])
		if err != nil {
			return nil, err
		}
		out = append(out, r.WordsAt(s, found)...)
		inBuilds, err := r.relativesInBuilds(ctx, s, decl, own, candidates)
		if err != nil {
			return nil, err
		}
		out = append(out, inBuilds...)
	}
	var above []ledger.Place // members of interfaces, which the target may implement
	for _, c := range candidates {
		if isOwn(c) || slices.Contains(out, c) {
			continue
		}
		d := words.DeclarationAt(r.Snap, c)
		if r.isOfUnnamedInterface(c, d) || r.implementsApart(s.Server(), decl, d) {
			above = append(above, c)
			continue
		}
		if d == nil || decl == nil || d.Lang != decl.Lang || !words.IsMember(d) {
			continue
		}
		a, b := words.Owner(d), words.Owner(decl)
		if a == "" || b == "" {
			continue
		}
		if r.isOfField(d) || r.isOfField(decl) {
			continue
		}
		if s.Server().KnowsOverrides {
			// Types of other packages have the same names, and overloads of its methods too.
			if d.Kind == selectors.KindMethod && words.Extends(ctx, r.Snap, decl, a) {
				above = append(above, c)
			}
			continue
		}
		isBeside := hasSeveralBases[d.Lang] && r.Format.Has(trace.Inherited) && words.Meet(ctx, r.Snap, d, decl) ||
			r.Format.Has(trace.MatchingMembers) && words.Match(ctx, r.Snap, d, decl)
		if isBeside || words.Extends(ctx, r.Snap, d, b) || words.Extends(ctx, r.Snap, decl, a) {
			out = append(out, c)
		} else if d.Kinds[len(d.Kinds)-2] == selectors.KindInterface {
			above = append(above, c)
		}
	}
	if !s.Can("implementationProvider") || s.Server().Remembers {
		return out, nil
	}
	if n := len(above) - MaxAsRelatives; n > 0 {
		const why = "%d members of interfaces that it may implement were not asked about: there are too many"
		r.Doubt(bundle.Partial, fmt.Sprintf(why, n))
	}
	for _, c := range above[:min(len(above), MaxAsRelatives)] {
		found, err := r.ImplementedBy(ctx, s, c)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(found, isOwn) {
			out = append(out, c)
		}
	}
	return out, nil
}

// isOfField reports whether a member of TypeScript belongs to the type that is written out for a field, as b in
//
//	type A = { field: { b: number } }
//
// The names of fields are no names of types, though the text of a type may have them.
func (r *Reading) isOfField(d *selectors.Decl) bool {
	return d.Lang == "ts" && len(d.Kinds) > 1 && d.Kinds[len(d.Kinds)-2] == selectors.KindField &&
		r.Format.Has(trace.FieldsApart)
}

// ImplementedBy returns the words that the server finds as the implementations of the declaration at a place: for a
// type of Go that is no interface, and for its methods, those that it implements.
func (r *Reading) ImplementedBy(ctx context.Context, s *lsp.Session, at ledger.Place) ([]ledger.Place, error) {
	if !r.IsApart(r.Target.Decl, at.Path) { // gopls would name what is open there in later answers
		if err := s.OpenAlso(ctx, r.Snap, []string{at.Path}); err != nil {
			return nil, err
		}
	}
	found, err := r.Locate(ctx, s, protocol.MethodTextDocumentImplementation, at)
	if err != nil {
		return nil, err
	}
	return r.WordsAt(s, found), nil
}

// implementsApart reports whether d is a method of Go that may implement target, a method of an interface, in code that
// the server loads apart from it, or for another system.
func (r *Reading) implementsApart(srv *catalogue.Server, target, d *selectors.Decl) bool {
	isMethod := func(d *selectors.Decl) bool { return d != nil && d.Lang == "go" && d.Kind == selectors.KindMethod }
	isPair := isMethod(target) && isMethod(d) && isOfInterface(target) && !isOfInterface(d)
	if !isPair || !r.Format.Has(trace.ApartInGo) || srv.ForBuildOf(r.Snap, d.Path) != nil {
		return false
	}
	return r.IsApart(target, d.Path) || !srv.Builds(r.Snap, d.Path) && r.mayImplement(target, d.Path)
}

// isOfInterface reports whether a member is declared in an interface.
func isOfInterface(d *selectors.Decl) bool {
	return len(d.Kinds) > 1 && d.Kinds[len(d.Kinds)-2] == selectors.KindInterface
}

// IsApart reports whether a server loads a file of Go apart from the declaration of a symbol that the file can see: in
// a module of its own that no go.work joins with the symbol's, or in a folder that the go command leaves out. Whether
// it names what it knows of such a file depends on what it was asked before.
func (r *Reading) IsApart(d *selectors.Decl, file string) bool {
	if d == nil || !r.Format.Has(trace.ApartInGo) || path.Ext(file) != ".go" || path.Ext(d.Path) != ".go" {
		return false
	}
	from, to := project.GoModule(r.Snap, file), project.GoModule(r.Snap, d.Path)
	used, _ := project.GoWork(r.Snap)
	isOther := from != to && !(used[from] && used[to])
	return (isOther || project.IgnoredByGo(file)) && r.mayImplement(d, file)
}

// mayImplement reports whether types in a file of Go can have to do with a type or a method: no import is needed.
func (r *Reading) mayImplement(d *selectors.Decl, file string) bool {
	sym := r.SymbolOf(d, nil)
	sym.Member = true
	return project.VisibleInGo(r.Snap, sym, file)
}

// hasSeveralBases are the languages in which a type has the member of one base in the place of another's.
var hasSeveralBases = map[selectors.Lang]bool{"ts": true, "py": true, "php": true}

// isOfUnnamedInterface reports whether a place is the name of a method of Go in an interface that has no name of its
// own, as in x.(interface{ Close() error }), or one that is local to a function: gopls names neither among the
// implementations of a method of another package. d is the declaration at the place, nil for none.
func (r *Reading) isOfUnnamedInterface(p ledger.Place, d *selectors.Decl) bool {
	if lang, _ := r.Snap.Lang(p.Path); lang != "go" || !r.Format.Has(trace.LocalTypes) {
		return false
	}
	if d != nil {
		return d.Kind == selectors.KindMethod && len(d.Kinds) > 1 && !d.Kinds[len(d.Kinds)-2].IsType()
	}
	c, err := r.Snap.Content(p.Path)
	return err == nil && r.Snap.Has(p.Path) && p.Span.Len() > 0 && bytes.HasPrefix(c.Bytes()[p.Span.End:], []byte("("))
}

// OverridesLeftOut returns the overrides of the target's method of C++ that are not in a list: clangd knows none of a
// method of a template, as get in "struct C : Base<int> { int get() override; }", and none in a file that its
// compilation database does not list. By syntax, an override is a method of the same name and number of parameters, in
// a type that derives from the target's, that says that it overrides or has the same parameters. One whose parameters
// are written in another way is a doubt where clangd does not know it: their types may be the same all the same. listed
// are the names of the methods in the list; a method that is declared and defined counts once.
func (a *Finder) OverridesLeftOut(ctx context.Context, srv *catalogue.Server, listed []ledger.Place,
) (out []ledger.Place) {
	t := a.Target.Decl
	isMethod := t != nil && t.Lang == "cpp" && t.Kind == selectors.KindMethod
	if !isMethod || !a.Format.Has(trace.StringKeys) || !a.isVirtual(t) {
		return nil
	}
	known := map[string]bool{}
	for _, p := range listed {
		if d := words.DeclarationAt(a.Snap, p); d != nil {
			known[a.methodKey(d)] = true
		}
	}
	sym := a.SymbolOf(t, nil)
	types, isConst := a.signature(t)
	decls, _ := a.Snap.Search(ctx, t.Lang, t.Names[len(t.Names)-1])
	for _, isCertain := range []bool{true, false} { // a certain one may be another declaration of a doubtful one
		for i := range decls {
			d := &decls[i]
			isMethod := d.Kind == selectors.KindMethod && d.Names[len(d.Names)-1] == t.Names[len(t.Names)-1]
			if !isMethod || known[a.methodKey(d)] || words.Owner(d) == words.Owner(t) ||
				a.parameters(d) != a.parameters(t) || !words.Extends(ctx, a.Snap, d, words.Owner(t)) {
				continue
			}
			_, unseen := mention.UsesIn(srv, a.Snap, sym, d.Path)
			ofTypes, ofConst := a.signature(d)
			switch {
			case isCertain && (a.overrides(d) || ofTypes == types && ofConst == isConst):
				out = append(out, ledger.Place{Path: d.Path, Span: d.Name})
			case !isCertain && unseen != "" && ofTypes != types:
				const why = "%s in %s may override it: its parameters are written in another way"
				a.Doubt(bundle.Partial, fmt.Sprintf(why, strings.Join(d.Names, "."), d.Path))
			default:
				continue
			}
			known[a.methodKey(d)] = true
		}
	}
	return out
}

// methodKey identifies a method of C++ by its names and its number of parameters.
func (a *Finder) methodKey(d *selectors.Decl) string {
	return fmt.Sprint(strings.Join(d.Names, "."), " ", a.parameters(d))
}

// signature returns what a method of C++ has in common with what it overrides: the types of its parameters as they are
// written, without names and defaults, and whether it is const.
func (a *Finder) signature(d *selectors.Decl) (types string, isConst bool) {
	header := a.header(d)
	m := parameterList.FindSubmatchIndex([]byte(header))
	if m == nil {
		return "", false
	}
	var out []string
	for _, one := range strings.Split(header[m[2]:m[3]], ",") {
		one, _, _ = strings.Cut(one, "=")
		one = parameterName.ReplaceAllString(strings.TrimSpace(one), "$1")
		out = append(out, strings.Join(strings.Fields(one), ""))
	}
	return fmt.Sprint(out), constant.MatchString(header[m[1]:])
}

// isVirtual reports whether the declaration of a method of C++ says that it can be overridden.
func (a *Finder) isVirtual(d *selectors.Decl) bool {
	return virtual.MatchString(a.header(d)) || a.overrides(d)
}

// overrides reports whether the declaration of a method of C++ says that it overrides another.
func (a *Finder) overrides(d *selectors.Decl) bool { return override.MatchString(a.header(d)) }

// parameters returns the number of parameters of a method, and of the commas in their types: pair<int, int> counts for
// two. That is good enough to compare two declarations, which spell the types alike.
func (a *Finder) parameters(d *selectors.Decl) int {
	m := parameterList.FindStringSubmatch(a.header(d))
	if m == nil || strings.TrimSpace(m[1]) == "" || strings.TrimSpace(m[1]) == "void" {
		return 0
	}
	return strings.Count(m[1], ",") + 1
}

// header returns the text of a declaration before its body, the whole text if it has none; "" if the file cannot be
// read.
func (a *Finder) header(d *selectors.Decl) string {
	c, err := a.Snap.Content(d.Path)
	if err != nil {
		return ""
	}
	end := d.Def.End
	if d.Body.Len() > 0 {
		end = d.Body.Start
	}
	return c.Slice(text.Span{Start: d.Def.Start, End: max(d.Def.Start, end)})
}

// virtual and override match in the header of a method of C++, override behind its parameters; the group of
// parameterList is what is between the first brackets that hold no others. parameterName matches a parameter with a
// name behind its type, which is the group, and constant what follows the parameters of a method that is const.
var (
	virtual       = lazyregexp.New(`\bvirtual\b`)
	override      = lazyregexp.New(`\)[^()]*\b(?:override|final)\b`)
	parameterList = lazyregexp.New(`\(([^()]*)\)`)
	parameterName = lazyregexp.New(`^(.*\w[\s*&>]+)(?:[A-Za-z_]\w*)?$`)
	constant      = lazyregexp.New(`^\s*const\b`)
)
