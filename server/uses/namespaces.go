package uses

import (
	"context"
	"slices"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/mention"
	"lanser/server/trace"
)

// This file is about namespaces of C++ for which aliases are declared. At long in
//
//	namespace short = long;
//
// clangd answers with the alias.

// isAliased reports whether a word is such a namespace.
func (q *Question) isAliased(file string, c *text.Content, at text.Span) bool {
	lang, _ := q.Snap.Lang(file)
	return lang == "cpp" && q.Format.Has(trace.NamespaceAliases) && mention.IsAliasedNamespace(c, at)
}

// isOnlyNamespace reports whether the symbol is a namespace, and the workspace declares no other namespace of its name.
func (a *accounting) isOnlyNamespace(ctx context.Context) bool {
	if a.decl == nil || a.decl.Kind != selectors.KindModule {
		return false
	}
	for _, p := range a.answer.Snap.Occurrences(ctx, a.sym.Name).Files {
		for _, d := range a.answer.Snap.FileDecls(p) {
			isNamesake := d.Lang == "cpp" && d.Kind == selectors.KindModule && d.Names[len(d.Names)-1] == a.sym.Name
			if isNamesake && !slices.Equal(d.Names, a.decl.Names) {
				return false
			}
		}
	}
	return true
}

// DoubtAliased doubts the definition of a namespace for which an alias is declared: the server names the alias.
func (a *Finder) DoubtAliased(server string) {
	if a.isAliased(a.Target.Path, a.Target.Content, a.TargetWord().Span) {
		a.Doubt(bundle.Partial, server+" names the alias that is declared here, not the namespace that it stands for")
	}
}
