package cbuild

import (
	"bytes"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// IsNeverBuilt reports whether a place of a file of C or C++ is in code that no build reads, whatever its macros are:
//
//	#if 0
//	old();
//	#else
//	new();
//	#endif
func IsNeverBuilt(v project.View, file string, at text.Span) bool {
	type key struct{}
	for _, s := range project.ReadOnce(v, file, key{}, neverBuilt) {
		if s.Contains(at) {
			return true
		}
	}
	return false
}

// branch is a conditional of the preprocessor that is open.
type branch struct {
	isNever bool // the code from start is never built
	isTaken bool // a branch before is built for certain
	start   int
}

// neverBuilt returns the ranges of a text that no build reads.
func neverBuilt(src []byte) (out []text.Span) {
	if !constantCondition.Match(src) {
		return nil
	}
	var open []branch
	end := func(at int) {
		if top := open[len(open)-1]; top.isNever {
			out = append(out, text.Span{Start: top.start, End: at})
		}
	}
	for at := 0; at < len(src); {
		next := len(src)
		if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		m := condition.FindSubmatch(src[at:next])
		switch word := string(submatch(m, 1)); {
		case m == nil:
		case word == "if" || word == "ifdef" || word == "ifndef":
			value := string(submatch(m, 2))
			open = append(open, branch{
				isNever: word == "if" && value == "0", isTaken: word == "if" && value == "1", start: next,
			})
		case len(open) == 0:
		case word == "endif":
			end(at)
			open = open[:len(open)-1]
		default:
			end(at)
			top := &open[len(open)-1]
			top.isNever, top.start = top.isTaken || word == "elif" && string(submatch(m, 2)) == "0", next
			top.isTaken = top.isTaken || word == "elif" && string(submatch(m, 2)) == "1"
		}
		at = next
	}
	return out
}

// submatch returns a group of a match, nil for none.
func submatch(m [][]byte, n int) []byte {
	if m == nil {
		return nil
	}
	return m[n]
}

var (
	constantCondition = lazyregexp.New(`(?m)^[ \t]*#[ \t]*(?:el)?if[ \t]+[01]`)
	// condition matches a line that begins, goes on with or ends a conditional; the second group is its value, if it
	// is constant.
	condition = lazyregexp.New(
		`^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\b(?:[ \t]+([01])[ \t]*(?:/[/*].*)?\r?\n?$)?`,
	)
)
