package javabuild

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// topLevel matches the declaration of a type that begins a line.
var topLevel = lazyregexp.New(`(?m)^(?:[a-z-]+\s+|@\w+\s+)*(?:class|interface|enum|record)\s+([\w$]+)`)

// Affected returns a function of a file: whether it is one of some files, names a type of one of them, or one of a file
// that does, and so on. A member of a type can only be used in a file that names the type, or one that it is known by.
func Affected(v project.View, by []string) func(file string) bool {
	affected, names := map[string]bool{}, map[string]bool{}
	enter := func(file string) {
		affected[file] = true
		names[strings.TrimSuffix(path.Base(file), Ext)] = true
		for _, m := range topLevel.FindAllSubmatch(project.ContentOf(v, file), -1) {
			names[string(m[1])] = true
		}
	}
	for _, file := range by {
		enter(file)
	}
	var left []string
	for _, p := range v.Paths() {
		if path.Ext(p) == Ext && !affected[p] {
			left = append(left, p)
		}
	}
	for isDone := false; !isDone; {
		isDone = true
		left = slices.DeleteFunc(left, func(p string) bool {
			uses := slices.ContainsFunc(wordsOf(v, p), func(w string) bool { return names[w] })
			if uses {
				enter(p)
				isDone = false
			}
			return uses
		})
	}
	return func(file string) bool { return affected[file] }
}

// wordsOf returns the words of a file, each once, sorted.
func wordsOf(v project.View, file string) []string {
	type key struct{}
	return project.ReadOnce(v, file, key{}, func(src []byte) []string {
		var out []string
		for _, w := range bytes.FieldsFunc(src, func(r rune) bool { return !isNameRune(r) }) {
			out = append(out, string(w))
		}
		slices.Sort(out)
		return slices.Compact(out)
	})
}
