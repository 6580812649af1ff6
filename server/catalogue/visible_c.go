package catalogue

import (
	"bytes"
	"maps"
	"path"
	"slices"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// visibleInC leaves out files that no translation unit has in common with a file that declares the symbol. It applies
// to types, macros, enumerators, fields and methods: any file may declare a function or a variable of another by
// itself.
func visibleInC(v View, sym Symbol, p string) bool {
	switch sym.Kind {
	case selectors.KindDef, selectors.KindVar, selectors.KindModule:
		return true
	}
	together := filesTogether(v)
	if together.byFlag {
		return true
	}
	declaring := append([]string{sym.Path}, sym.Also...)
	if sym.Kind == selectors.KindMethod { // the class may be in any header of the file that defines the method
		for _, f := range slices.Clone(declaring) {
			declaring = append(declaring, slices.Sorted(maps.Keys(reach(together.of, f)))...)
		}
	}
	around := together.unitsWith(v, p)
	return slices.ContainsFunc(declaring, func(f string) bool {
		return around.files[f] || around.isOpen || together.unitsWith(v, f).isOpen && clangd.IsIncluded(p)
	})
}

// inclusions says which files of the workspace are compiled together.
type inclusions struct {
	of, by map[string][]string // file → files that it includes, and that include it
	// open holds the files that may include others that the workspace does not show: those whose names a macro has,
	// and those that a build generates.
	open map[string]bool
	// byFlag is true if files are included that no directive names.
	byFlag bool
}

// units are the files of all translation units that a file belongs to.
type units struct {
	files  map[string]bool
	isOpen bool // one of the files is open
}

// unitsWith returns the translation units that may have a file.
func (i *inclusions) unitsWith(v View, p string) units {
	type key struct{ path string }
	return v.Memoize(key{p}, func() any {
		out := units{files: map[string]bool{}}
		for root := range reach(i.by, p) {
			for f := range reach(i.of, root) {
				out.files[f] = true
				out.isOpen = out.isOpen || i.open[f]
			}
		}
		return out
	}).(units)
}

// reach returns the files that edges lead to from one, with itself.
func reach(edges map[string][]string, from string) map[string]bool {
	seen := map[string]bool{from: true}
	for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
		for _, next := range edges[todo[0]] {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return seen
}

// filesTogether reads the include directives of the workspace. A directive may name each file with its base name: an
// installed header has another folder than in the workspace.
func filesTogether(v View) *inclusions {
	type key struct{}
	return v.Memoize(key{}, func() any {
		out := &inclusions{
			of: map[string][]string{}, by: map[string][]string{}, open: map[string]bool{}, byFlag: includesByFlag(v),
		}
		byBase, folders := map[string][]string{}, map[string]bool{}
		for _, p := range v.Paths() {
			byBase[path.Base(p)] = append(byBase[path.Base(p)], p)
			folders[path.Base(path.Dir(p))] = true
		}
		for _, p := range v.Paths() {
			if schemeOf(p) != "cpp" && !slices.Contains(hosts[path.Ext(p)], "cpp") {
				continue
			}
			c, err := v.Content(p)
			out.open[p] = err != nil || includesMacro.Match(c.Bytes())
			for _, name := range included(v, p) {
				files := byBase[path.Base(name)]
				for _, f := range files {
					out.of[p], out.by[f] = append(out.of[p], f), append(out.by[f], p)
				}
				if len(files) == 0 && (folders[path.Base(path.Dir(name))] || quotes(c, name)) {
					out.open[p] = true // a build generates it
				}
			}
		}
		return out
	}).(*inclusions)
}

// quotes reports whether an include directive has a name in quotes, as those of system headers are not.
func quotes(c *text.Content, name string) bool {
	return bytes.Contains(c.Bytes(), []byte(`"`+name+`"`))
}

// includesByFlag reports whether a command of a compilation database, or a file with flags, names a file to include.
func includesByFlag(v View) bool {
	forces := func(raw []byte) bool {
		return bytes.Contains(raw, []byte("-include")) || bytes.Contains(raw, []byte("/FI"))
	}
	for _, db := range clangd.Databases(v) {
		if raw, err := v.ReadFile(db); err != nil || forces(raw) {
			return true
		}
	}
	for _, p := range v.Paths() {
		if base := path.Base(p); (base == clangFlagsFile || base == clangConfig) && forces(contentOf(v, p)) {
			return true
		}
	}
	return false
}

// includesMacro matches an include directive whose file a macro names, and an import of a module.
var includesMacro = lazyregexp.New(
	`(?m)^\s*#\s*(?:include|import|include_next)\s+[A-Za-z_]|^\s*(?:export\s+)?import\s+[\w.:<"]+\s*;`,
)
