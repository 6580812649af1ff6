package overlooked

import (
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"

	"lanser/server/project"
)

// The go command compiles what a module has vendored with what imports it. gopls reads of a vendored package only what
// it declares, and reports nothing of the bodies of its functions, until it is asked about its files.

// VendoredFor returns the vendored files that are compiled with files of Go modules, sorted: those of the packages that
// the files import, and those that these import in turn.
func VendoredFor(v project.View, files []string, isBuilt func(p string) bool) (out []string) {
	const list = "vendor/modules.txt"
	type vendored struct{ folder, imported string }
	var queue []vendored
	seen := map[vendored]bool{}
	add := func(folder, file string) {
		for _, imported := range importedBy(v, file) {
			one := vendored{folder, imported}
			if !seen[one] {
				seen[one] = true
				queue = append(queue, one)
			}
		}
	}
	folders := map[string]bool{}
	for _, p := range v.Paths() {
		if p == list || strings.HasSuffix(p, "/"+list) {
			folders[path.Dir(path.Dir(p))] = true
		}
	}
	if len(folders) == 0 {
		return nil
	}
	for _, file := range files {
		folder, ok := project.NearestAbove(folders, file)
		if ok && path.Ext(file) == ".go" && !project.IgnoredByGo(file) && isBuilt(file) {
			add(folder, file)
		}
	}
	for i := 0; i < len(queue); i++ { // queue grows
		one := queue[i]
		for _, p := range filesIn(v, path.Join(one.folder, "vendor", one.imported)) {
			if path.Ext(p) == ".go" && !strings.HasSuffix(p, "_test.go") && isBuilt(p) {
				out = append(out, p)
				add(one.folder, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

// DecidesVendored reports whether what the compiler finds in vendored files may depend on a file: vendored packages
// import no others but those of Go.
func DecidesVendored(p string) bool {
	base := path.Base(p)
	return base == "go.mod" || base == "go.work" || strings.HasPrefix(p, "vendor/") || strings.Contains(p, "/vendor/")
}

// importedBy returns the import paths of a Go file; none of a file that cannot be parsed, which the server reports.
func importedBy(v project.View, file string) []string {
	type key struct{}
	return project.ReadOnce(v, file, key{}, func(src []byte) (paths []string) {
		const mode = parser.ImportsOnly | parser.SkipObjectResolution
		parsed, err := parser.ParseFile(token.NewFileSet(), file, src, mode)
		if err != nil {
			return nil
		}
		for _, s := range parsed.Imports {
			if imported, err := strconv.Unquote(s.Path.Value); err == nil {
				paths = append(paths, imported)
			}
		}
		return paths
	})
}

// filesIn returns the files in a folder, in order.
func filesIn(v project.View, dir string) (out []string) {
	prefix := dir + "/"
	if dir == "." {
		prefix = ""
	}
	paths := v.Paths()
	from, _ := slices.BinarySearch(paths, prefix)
	for _, p := range paths[from:] {
		if !strings.HasPrefix(p, prefix) {
			break
		}
		if path.Dir(p) == dir {
			out = append(out, p)
		}
	}
	return out
}
