package hook

import (
	"cmp"
	"path"
	"slices"

	"lanser/server/bundle"
)

// maxTold is the number of findings that one reply lists.
const maxTold = 20

// worthTelling returns those of the new findings that a reply lists, in its order. If they are too many, each fault is
// listed once before any is listed again: one edit may cause the same error in a hundred files.
func (m *memory) worthTelling() []bundle.Diagnostic {
	slices.SortFunc(m.New, func(a, b bundle.Diagnostic) int {
		return cmp.Or(cmp.Compare(m.distance(a), m.distance(b)), a.Compare(b))
	})
	type fault struct{ severity, source, code, message string }
	var once, again []int
	seen := map[fault]bool{}
	for i, d := range m.New {
		f := fault{d.Severity, d.Source, d.Code, d.Message}
		if seen[f] {
			again = append(again, i)
			continue
		}
		seen[f] = true
		once = append(once, i)
	}
	listed := append(once, again...)
	listed = listed[:min(len(listed), maxTold)]
	slices.Sort(listed)
	var out []bundle.Diagnostic
	for _, i := range listed {
		out = append(out, m.New[i])
	}
	return out
}

// distance ranks a finding by how far it is from what was done: 0 for one in a file that was edited, 1 for one that
// causes others, and 2 for the rest.
func (m *memory) distance(d bundle.Diagnostic) int {
	if slices.Contains(m.Touched, d.URI) {
		return 0
	}
	if isSyntaxError(d) || causes[d.Source+" "+d.Code] || isManifest[path.Ext(d.URI)] {
		return 1
	}
	return 2
}

// causes are the sources and codes of errors after which names are not known: an import that leads nowhere.
var causes = map[string]bool{
	"compiler BrokenImport":                 true, // gopls
	"go list ":                              true,
	"Pyright reportMissingImports":          true,
	"ts 2307":                               true,
	"clang pp_file_not_found":               true,
	"rustc E0432":                           true,
	"rustc E0433":                           true,
	"rustc E0583":                           true,
	"rust-analyzer unresolved-import":       true,
	"rust-analyzer unresolved-module":       true,
	"rust-analyzer unresolved-extern-crate": true,
	"rust-analyzer unresolved-macro-call":   true,
	"rust-analyzer macro-error":             true,
	"compiler MismatchedPkgName":            true,
	"compiler ImportCycleNotAllowed":        true,
	"compiler InvalidImportPath":            true,
}

// isManifest are the extensions of the files that say what a project consists of.
var isManifest = map[string]bool{".mod": true, ".toml": true, ".json": true, ".jsonc": true, ".cfg": true}
