package cbuild

import (
	"bytes"
	"maps"
	"slices"

	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// Clangd reads the sources that compilation databases list, and what these include. Of a document that was open once
// it keeps what it read, in place of what its index has: so an edited file is read again by opening it, with the
// sources that include it.

// IncludedFiles returns the files that sources may include, sorted.
func IncludedFiles(v project.View) []string { return slices.Sorted(maps.Keys(filesTogether(v).by)) }

// Reread returns the files, sorted, that clangd must read again after others have changed. ok is false for a
// header whose meaning can depend on the file that includes it: opened by itself, it can have another.
func Reread(v project.View, changed []string) (paths []string, ok bool) {
	together := filesTogether(v)
	sources, _ := databaseSources(v)
	isSource := map[string]bool{}
	for _, p := range sources {
		isSource[p] = true
	}
	add := func(from string) {
		for p := range project.Reach(together.by, from) {
			if isSource[p] {
				paths = append(paths, p)
			}
		}
	}

	isIncluded := false
	for _, p := range changed {
		before := len(paths)
		add(p)
		if isSource[p] && len(together.by[p]) == 0 || len(paths) == before && !together.byFlag {
			continue // nothing includes it
		}
		isIncluded = true
		if !isSource[p] && Language(p) != "" {
			if decidingMacros(v, p) != nil {
				return nil, false
			}
			paths = append(paths, p)
		}
	}

	if isIncluded && together.byFlag {
		paths = append(paths, sources...)
	} else if isIncluded {
		for p, isOpen := range together.open {
			if isOpen {
				add(p)
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), true
}

// decidingMacros returns the macros that a header's conditions test, if it has conditions besides those that keep it
// from being included twice and those on the language: then the file that includes it may decide what it means. Else
// it returns nil.
func decidingMacros(v project.View, header string) map[string]bool {
	type key struct{}
	return project.ReadOnce(v, header, key{}, func(src []byte) map[string]bool {
		tested, decides := map[string]bool{}, false
		for i, m := range conditional.FindAllSubmatch(src, -1) {
			word, rest := string(m[1]), bytes.TrimSpace(m[2])
			isGuard := i == 0 && (word == "ifndef" || bytes.HasPrefix(rest, []byte("!defined"))) &&
				definesAfter(src, rest)
			isOnLanguage := string(rest) == "__cplusplus" || string(rest) == "defined(__cplusplus)"
			decides = decides || !isGuard && !isOnLanguage
			for _, name := range macroName.FindAllSubmatch(m[2], -1) {
				tested[string(name[0])] = true
			}
		}
		if !decides {
			return nil
		}
		return tested
	})
}

// conditional matches a directive that begins a condition. Its groups are the directive and the condition.
var conditional = lazyregexp.New(`(?m)^[ \t]*(?:#|%:|\?\?=)[ \t]*(if|ifdef|ifndef|elif|elifdef|elifndef)\b(.*)$`)

// definesAfter reports whether a file defines the macro that a condition names.
func definesAfter(src, condition []byte) bool {
	name := macroOf(condition)
	for _, m := range defined.FindAllSubmatch(src, -1) {
		if string(m[1]) == name {
			return true
		}
	}
	return false
}

// macroOf returns the macro that the condition of a guard names, as in "NAME" and "!defined(NAME)".
func macroOf(condition []byte) string {
	return string(bytes.Trim(bytes.TrimPrefix(condition, []byte("!defined")), " \t\r()"))
}

// defined matches the definition of a macro. Its group is the name.
var defined = lazyregexp.New(`(?m)^[ \t]*(?:#|%:|\?\?=)[ \t]*define[ \t]+(\w+)`)
