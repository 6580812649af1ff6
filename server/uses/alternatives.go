package uses

import (
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/trace"
	"lanser/server/words"
)

// A module of Python can take a name from one of several others, or define it itself:
//
//	try:
//	    from fast import loads
//	except ImportError:
//	    from slow import loads
//
// In the module, a type checker takes the name for each of them. In a file that imports the name from there, it takes
// it for the one that it finds first, and says nothing of the others.

// maxChain bounds how many modules that hand a name on are followed.
const maxChain = 10

// asAlternative returns the reason for which a word that means another symbol by the server's answer may mean this one;
// "" if it cannot.
func (a *accounting) asAlternative(w ledger.Word, answer []ledger.Place) string {
	if a.sym.Lang != "py" || a.sym.Member || a.sym.Scope.Len() > 0 || !a.answer.Format.Has(trace.Alternatives) {
		return ""
	}
	c, err := a.answer.Snap.Content(w.Path)
	isOfFile := func(p ledger.Place) bool { return p.Path == w.Path && p != w.Place }
	if err != nil || slices.ContainsFunc(answer, isOfFile) {
		return ""
	}
	from := a.answer.alternatives(w.Path, c.Slice(w.Span))
	if !slices.ContainsFunc(from, a.isSymbol) {
		return ""
	}
	return "it is imported from " + from[0].Path + ", which takes it from one module or another"
}

// isSymbol reports whether a place is certainly a word of the symbol.
func (a *accounting) isSymbol(p ledger.Place) bool {
	isOwn := func(of ledger.Place) bool { return slices.Contains(a.own, of) }
	return isOwn(p) || slices.Contains(a.refs, p) || slices.ContainsFunc(a.answers[p], isOwn)
}

// alternatives returns the places at which the module that a file imports a name from, or one that hands the name on to
// it, takes the name from others or declares it; none if it does so in one way only.
func (q *Question) alternatives(file, name string) []ledger.Place {
	seen := map[string]bool{file: true}
	for todo := q.importedFiles(file, name); len(todo) > 0 && len(seen) < maxChain; {
		p := todo[0]
		todo = todo[1:]
		if seen[p] {
			continue
		}
		seen[p] = true
		if ways := q.waysOf(p, name); len(ways) > 1 {
			return ways
		}
		todo = append(todo, q.importedFiles(p, name)...)
	}
	return nil
}

// importedFiles returns the files of the modules that a file imports a name from.
func (q *Question) importedFiles(file, name string) (files []string) {
	c, err := q.Snap.Content(file)
	if err != nil {
		return nil
	}
	for at := range mention.ImportsOf("py", c, name) {
		module, _ := mention.ImportedFrom("py", c.Bytes()[:at.Start])
		candidates := []string{mention.PythonFile(q.Snap, module)}
		if strings.HasPrefix(module, ".") {
			candidates = words.RelativeFiles(file, module)
		}
		for _, p := range candidates {
			if p != "" && q.Snap.Has(p) {
				files = append(files, p)
			}
		}
	}
	return files
}

// waysOf returns the places at which a module imports a name, or imports and declares it, outside of functions and
// classes. Where a name is imported under itself, as in "from m import load as load", it counts once.
func (q *Question) waysOf(file, name string) (ways []ledger.Place) {
	c, err := q.Snap.Content(file)
	if err != nil {
		return nil
	}
	modules := map[string]bool{}
	for at := range mention.ImportsOf("py", c, name) {
		around := q.Snap.Enclosing(file, at)
		module, _ := mention.ImportedFrom("py", c.Bytes()[:at.Start])
		if around == nil && !modules[module] {
			modules[module] = true
			ways = append(ways, ledger.Place{Path: file, Span: at})
		}
	}
	if len(ways) == 0 {
		return nil
	}
	for _, d := range q.Snap.FileDecls(file) {
		isOne := len(d.Names) == 1 && d.Names[0] == name && !d.Alias && d.Name != (text.Span{})
		if isOne {
			ways = append(ways, ledger.Place{Path: file, Span: d.Name})
		}
	}
	return ways
}

// DoubtAlternatives doubts that the definitions of the target are all of them if its name is imported from a module
// that takes it from one module or another: the server finds one.
func (a *Finder) DoubtAlternatives() {
	at := a.TargetWord()
	lang, _ := a.Snap.Lang(at.Path)
	c, err := a.Snap.Content(at.Path)
	isDeclared := a.Target.Decl != nil && !a.Target.Decl.Alias
	if err != nil || lang != "py" || at.Span.Len() == 0 || isDeclared || !a.Format.Has(trace.Alternatives) {
		return
	}
	found := a.Bundle.Facts.Definitions
	isOfFile := func(l bundle.Location) bool { return l.URI == selectors.EscapePath(at.Path) }
	ways := a.alternatives(at.Path, c.Slice(at.Span))
	if len(ways) > 1 && len(found) < len(ways) && !slices.ContainsFunc(found, isOfFile) {
		a.Doubt(bundle.Partial, ways[0].Path+" takes the name from one module or another: it may be another than this")
	}
}
