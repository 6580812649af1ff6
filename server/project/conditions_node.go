package project

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
)

// An import of JavaScript can mean several files, of which each runtime or bundler takes one: by the conditions of
// "exports" and "imports" in a package.json ("browser", "node", "test"), by its field "browser", and by an ending of
// the file's name such as .native (Node.js, "Conditional exports"; React Native, "Platform-specific extensions"). A
// server takes one of them, and knows nothing of the others.

// OtherCondition returns why a word of the file user may mean the symbol, although a server says that its declaration
// is in the file at: for another runtime, the same import leads to the symbol's file. It returns "" if no import does.
func OtherCondition(v View, sym Symbol, user, at string) string {
	if sym.Lang != "ts" || sym.Path == "" || at == sym.Path || sym.Member || sym.Scope.Len() > 0 || !Has(v, at) {
		return ""
	}
	dir := nodePackage(v, at)
	manifest := path.Join(dir, "package.json")
	p := ReadPackageJSON(v, manifest)
	for _, entry := range p.targets() {
		star, isTarget := entry.leadsTo(dir, at, "")
		_, isOther := entry.leadsTo(dir, sym.Path, star)
		// Only other packages are led by "exports", and those that name the package.
		isLed := !entry.exported || nodePackage(v, user) != dir || bytes.Contains(ContentOf(v, user), []byte(p.Name))
		if isTarget && isOther && isLed {
			return manifest + " leads to " + sym.Path + " instead of " + at + " under another condition"
		}
	}
	if withoutPlatform(at) == withoutPlatform(sym.Path) && isOfPlatforms(v, at) {
		return "for another platform, " + sym.Path + " is imported instead of " + at
	}
	return ""
}

// importTargets are the files to which one entry of a package.json leads, each under other conditions. A path may
// contain a star, as "./dist/*.js" does: it matches any part of the imported path.
type importTargets struct {
	files    []string
	exported bool // by "exports"
}

// targets returns the entries of a package.json that lead to several files; none if there is no such file.
func (p *packageJSON) targets() (out []importTargets) {
	if p == nil {
		return nil
	}
	for _, files := range conditionalTargets(p.Exports) {
		out = append(out, importTargets{files: files, exported: true})
	}
	for _, files := range slices.Concat(conditionalTargets(p.Imports), p.browserTargets()) {
		out = append(out, importTargets{files: files})
	}
	return out
}

// conditionalTargets returns the entries of "exports" or "imports" that lead to several files.
func conditionalTargets(field any) (out [][]string) {
	entries, _ := field.(map[string]any)
	isMap := false
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") {
			out, isMap = append(out, targetsOf(entries[name], nil)), true
		}
	}
	if !isMap {
		out = append(out, targetsOf(field, nil))
	}
	return slices.DeleteFunc(out, func(files []string) bool { return len(files) < 2 })
}

// targetsOf adds the files of a value in "exports" to a list: a path, an object by conditions, or a list of both.
func targetsOf(value any, found []string) []string {
	switch value := value.(type) {
	case string:
		if strings.HasPrefix(value, "./") {
			found = append(found, value)
		}
	case []any:
		for _, one := range value {
			found = targetsOf(one, found)
		}
	case map[string]any:
		for _, condition := range slices.Sorted(maps.Keys(value)) {
			found = targetsOf(value[condition], found)
		}
	}
	return found
}

// browserTargets returns what the field "browser" puts in the place of files: of the package's main file, or of those
// that it names.
func (p *packageJSON) browserTargets() (out [][]string) {
	switch browser := p.Browser.(type) {
	case string:
		main := p.Main
		if main == "" {
			main = "./index.js"
		}
		out = append(out, []string{main, browser})
	case map[string]any:
		for _, from := range slices.Sorted(maps.Keys(browser)) {
			if to, ok := browser[from].(string); ok {
				out = append(out, []string{from, to})
			}
		}
	}
	return out
}

// leadsTo reports whether an entry of the package in the folder dir leads to a file, and returns the text that the star
// of the entry matches. If star is not "", the entry's star must match exactly that text. The endings of TypeScript and
// JavaScript are ignored: "./dist/a.js" leads to dist/a.ts.
func (t importTargets) leadsTo(dir, file, star string) (found string, ok bool) {
	file = withoutScriptEnding(file)
	for _, target := range t.files {
		prefix, suffix, hasStar := strings.Cut(withoutScriptEnding(path.Join(dir, target)), "*")
		if !hasStar && file == prefix {
			return "", true
		}
		rest, isBelow := strings.CutPrefix(file, prefix)
		rest, isAlike := strings.CutSuffix(rest, suffix)
		if hasStar && isBelow && isAlike && rest != "" && (star == "" || star == rest) {
			return rest, true
		}
	}
	return "", false
}

// withoutScriptEnding returns the path of a file without the ending that its language gives it.
func withoutScriptEnding(p string) string {
	if !isScriptFile.MatchString(p) {
		return p
	}
	return path.Join(path.Dir(p), StemOf(p))
}

// isOfPlatforms reports whether bundlers choose between files of a package by the endings of their names: the package
// or the workspace requires React Native or Expo.
func isOfPlatforms(v View, file string) bool {
	return slices.ContainsFunc(FoldersAbove(file), func(dir string) bool {
		p := ReadPackageJSON(v, path.Join(dir, "package.json"))
		return p != nil && slices.ContainsFunc([]string{"react-native", "react-native-web", "expo"}, p.declares)
	})
}

// withoutPlatform returns the path of a file without the endings of its language and of a platform of React Native.
func withoutPlatform(p string) string {
	p = withoutScriptEnding(p)
	switch path.Ext(p) {
	case ".native", ".ios", ".android", ".web", ".windows", ".macos":
		return strings.TrimSuffix(p, path.Ext(p))
	}
	return p
}
