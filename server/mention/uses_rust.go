package mention

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"lanser/index/manifest"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// visibleInRust leaves out crates that do not name the symbol's crate as a dependency (The Cargo
// Book, "Specifying Dependencies"). A symbol of a binary or of a file outside of every crate is
// visible in its own crate alone.
func visibleInRust(v project.View, sym project.Symbol, p string) bool {
	crates := rustCrates(v)
	from, ok := project.NearestAbove(crates, p)
	to, known := project.NearestAbove(crates, sym.Path)
	if !ok || !known {
		return true
	}
	if from == to {
		return inRustModule(v, sym, p) || !isPrivateInRust(v, sym)
	}
	a, err := v.Content(crates[from])
	b, berr := v.Content(crates[to])
	if err != nil || berr != nil {
		return true
	}
	name := manifest.Crate(b.Bytes())
	// Members of types may be used through a third crate, which Cargo.toml need not name.
	return name == "" || sym.Member || bytes.Contains(a.Bytes(), []byte(name))
}

// crateOf returns the folder of the crate that a file of Rust belongs to, "" for none.
func crateOf(v project.View, p string) string {
	dir, ok := project.NearestAbove(rustCrates(v), p)
	if !ok {
		return ""
	}
	return dir
}

// rustCrates returns the manifests of the workspace's crates by their folders.
func rustCrates(v project.View) map[string]string {
	type key struct{}
	crates := v.Memoize(key{}, func() any {
		crates := map[string]string{}
		for _, f := range v.Paths() {
			if path.Base(f) == "Cargo.toml" {
				crates[path.Dir(f)] = f
			}
		}
		return crates
	}).(map[string]string)
	return crates
}

// usesInRust leaves out words by what is around them: a variable of a macro, as in $name, and for a field an operand,
// which is a variable. Macros may take the name of a field in most other places.
func usesInRust(sym project.Symbol, before, after byte) bool {
	if before == '$' {
		return false
	}
	isOperand := strings.IndexByte("|*&+-/%<>^!", before) >= 0 && before != 0 && after != ':'
	return sym.Kind != selectors.KindField || !isOperand
}

// inRustModule reports whether a file belongs to the module that a symbol's file is, or to a module below it (The Rust
// Reference, "Visibility and privacy"). Files that a directive or an attribute names may belong to any.
func inRustModule(v project.View, sym project.Symbol, p string) bool {
	if p == sym.Path {
		return true
	}
	stem := strings.TrimSuffix(path.Base(sym.Path), ".rs")
	below := path.Dir(sym.Path)
	switch stem {
	case "mod", "lib", "main":
	default:
		below = path.Join(below, stem)
	}
	return below == "." || strings.HasPrefix(p, below+"/") || namesRustFiles(v)
}

// namesRustFiles reports whether code of the workspace says where the files of modules are.
func namesRustFiles(v project.View) bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		for _, p := range v.Paths() {
			if path.Ext(p) == ".rs" && project.MatchesIn(v, p, namesFile) {
				return true
			}
		}
		return false
	}).(bool)
}

var namesFile = lazyregexp.New(`#!?\[[^\]]*\bpath\s*=|\binclude\s*!`)

// isPrivateInRust reports whether all declarations of a name in the symbol's file are items without "pub".
func isPrivateInRust(v project.View, sym project.Symbol) bool {
	if sym.Member || sym.Scope.Len() > 0 || sym.Path == "" {
		return false
	}
	type key struct{ path, name string }
	return v.Memoize(key{sym.Path, sym.Name}, func() any {
		item := regexp.MustCompile(
			`(?m)^(.*)\b(?:fn|struct|enum|union|trait|type|const|static(?:[ \t]+mut)?)[ \t]+(?:r#)?` +
				regexp.QuoteMeta(sym.Name) + `\b`,
		)
		found := item.FindAllSubmatch(project.ContentOf(v, sym.Path), -1)
		for _, m := range found {
			if isPublic.Match(m[1]) {
				return false
			}
		}
		return len(found) > 0
	}).(bool)
}

// isPublic matches the text before the keyword of an item that other modules may see, or that is in a macro.
var isPublic = lazyregexp.New(`\bpub\b|\bcrate\b|\$`)

// IsIncludedInRust reports whether a file of Rust includes a file as code, by its path (documentation of std::include).
func IsIncludedInRust(v project.View, p string) bool {
	type key struct{}
	included := v.Memoize(key{}, func() any {
		included := map[string]bool{}
		for _, file := range v.Paths() {
			if path.Ext(file) == ".rs" && project.MatchesIn(v, file, includesFile) {
				for _, m := range includesFile.FindAllSubmatch(project.ContentOf(v, file), -1) {
					included[path.Join(path.Dir(file), string(m[1]))] = true
				}
			}
		}
		return included
	}).(map[string]bool)
	return included[p]
}

// includesFile matches the inclusion of a file; its group is the path.
var includesFile = lazyregexp.New(`\binclude\s*!\s*[({\[]\s*r?"([^"\\]+)"`)
