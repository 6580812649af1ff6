package uses

import (
	"context"
	"fmt"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/cbuild"
	"lanser/server/ledger"
	"lanser/server/trace"
	"lanser/server/words"
)

// A repository may hold several programs of C or C++ that define functions and variables of the same names: each has
// its own main and usage. clangd takes them for one. A source that has a definition of its own uses that one: two
// definitions cannot be linked together.

// OtherPrograms returns the sources of C and C++ that define, for another program, what a declaration defines. It is
// empty for a declaration that is no definition in a source, or one that the linker or the preprocessor may replace by
// another.
func (r *Reading) OtherPrograms(ctx context.Context, d *selectors.Decl) map[string]bool {
	if d == nil || !r.Format.Has(trace.OtherPrograms) || !r.isFirmDefinition(d) {
		return nil
	}
	others := map[string]bool{}
	decls, _ := r.Snap.Search(ctx, d.Lang, d.Names[len(d.Names)-1])
	for _, other := range decls {
		if other.Linked == d.Linked && other.Path != d.Path && r.isFirmDefinition(&other) {
			others[other.Path] = true
		}
	}
	return others
}

// doubtPrograms doubts an answer about what several programs define, if a source that defines it for none of them uses
// it: which of the programs the source belongs to, nobody says.
func (a *accounting) doubtPrograms() {
	if len(a.others) == 0 {
		return
	}
	files := map[string]bool{}
	for _, p := range a.refs {
		isOwn := a.decl != nil && p.Path == a.decl.Path
		if !isOwn && !a.others[p.Path] && !cbuild.IsHeader(p.Path) {
			files[p.Path] = true
		}
	}
	if len(files) > 0 {
		const why = "%d files define %s, each for its own program: which of them is used in %s is not known"
		a.answer.Doubt(bundle.Partial, fmt.Sprintf(why, len(a.others)+1, a.sym.Name, FirstFiles(files)))
	}
}

// DoubtProgram doubts an answer that names one of the definitions of several programs, unless the question is about the
// file of that definition. named are the places in the answer.
func (r *Reading) DoubtProgram(ctx context.Context, named []ledger.Place) {
	for _, p := range named {
		d := words.DeclarationAt(r.Snap, p)
		if d == nil || p.Path == r.Target.Path {
			continue
		}
		if n := len(r.OtherPrograms(ctx, d)); n > 0 {
			const why = "%d files define %s, each for its own program: which of them is meant here is not known"
			r.Bundle.Evidence.Doubt(bundle.Worse(r.Bundle.Evidence.State, bundle.Partial),
				fmt.Sprintf(why, n+1, d.Names[len(d.Names)-1]))
			return
		}
	}
}

// inProgram returns what a word means, given what clangd says, which names any of the definitions of several programs:
// in a source that defines the name for another program the word is another symbol, and elsewhere it may be this one.
func (a *accounting) inProgram(at ledger.Place, means []ledger.Place) []ledger.Place {
	if a.others[at.Path] {
		return []ledger.Place{at}
	}
	for _, p := range means {
		d := words.DeclarationAt(a.answer.Snap, p)
		if a.others[p.Path] && d != nil && d.Linked == a.decl.Linked {
			return a.own[:1]
		}
	}
	return means
}

// isFirmDefinition reports whether a declaration is the definition, in a source of C or C++, that all code of the
// source uses: of a function or of a variable with a value, that no condition leaves out, and that is not weak.
func (r *Reading) isFirmDefinition(d *selectors.Decl) bool {
	if d.Lang != "cpp" || d.Linked == "" || d.Local > 0 || cbuild.IsHeader(d.Path) {
		return false
	}
	c, err := r.Snap.Content(d.Path)
	if err != nil {
		return false
	}
	isVariable := d.Kind == selectors.KindVar || d.Kind == selectors.KindConst
	rest := c.Bytes()[d.Name.End:max(d.Name.End, d.Def.End)]
	if isVariable && (!hasValue.Match(rest) || isExtern.MatchString(c.Line(c.LineOf(d.Def.Start)))) ||
		!isVariable && (d.Kind.IsType() || d.Body.Len() == 0) {
		return false
	}
	before := c.Slice(text.Span{Start: 0, End: d.Def.Start})
	isConditional := len(opensCondition.FindAllString(before, -1)) > len(closesCondition.FindAllString(before, -1))
	head := c.Slice(text.Span{Start: d.Def.Start, End: max(d.Name.End, d.Body.Start)})
	return !isConditional && !isWeak.MatchString(head)
}

var (
	hasValue        = lazyregexp.New(`^\s*(?:\[[^\]]*\]\s*)*[={]`)
	isExtern        = lazyregexp.New(`^\s*extern\b`)
	isWeak          = lazyregexp.New(`(?i)weak|ifunc|alias`)
	opensCondition  = lazyregexp.New(`(?m)^[ \t]*#[ \t]*if`)
	closesCondition = lazyregexp.New(`(?m)^[ \t]*#[ \t]*endif`)
)
