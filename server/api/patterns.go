package api

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"lanser/selectors/fault"
)

// Patterns of files come from lanser.toml, which may be hostile. The matcher tries every
// combination of alternatives, so that each further {a,b} doubles its time. Therefore alternatives
// are expanded in advance, up to a limit. An expanded pattern is matched in time that is at most
// quadratic in the length of the path.

// Limits of patterns.
const (
	maxPattern      = 1024   // bytes of one pattern
	maxPatterns     = 10_000 // of a request
	maxAlternatives = 1000   // patterns that one pattern expands to
	maxWrittenOut   = 20_000 // expanded patterns of a request
)

// Patterns select files by their paths.
type Patterns []string

// NewPatterns parses patterns as lanser.toml and --exclude have them. The error is Usage.
func NewPatterns(list ...string) (Patterns, error) {
	if len(list) > maxPatterns {
		return nil, fault.New(fault.Usage, "there are %d patterns, more than the limit of %d", len(list), maxPatterns).
			WithHint("name folders instead of their files: vendor/ or **/generated/**")
	}
	var out Patterns
	for _, p := range list {
		all, err := alternatives(p)
		if err != nil {
			return nil, err
		}
		out = append(out, all...)
		if len(out) > maxWrittenOut {
			f := fault.New(fault.Usage, "the patterns expand to more than %d, each {a,b} written out", maxWrittenOut)
			return nil, f.WithHint("name folders instead of their files: vendor/ or **/generated/**")
		}
	}
	return out, nil
}

// Match reports whether a pattern matches a path or a folder that contains it.
func (ps Patterns) Match(file string) bool {
	for p := file; p != "." && p != "/"; p = path.Dir(p) {
		for _, pattern := range ps {
			if doublestar.MatchUnvalidated(pattern, p) {
				return true
			}
		}
	}
	return false
}

// alternatives expands each {a,b} of a pattern. A pattern without a slash matches a name in any
// folder, as in .gitignore.
func alternatives(p string) ([]string, error) {
	shown := p
	if len(shown) > 100 {
		shown = shown[:100] + "…"
	}
	if len(p) > maxPattern {
		f := fault.New(fault.Usage, "the pattern %q has %d bytes, more than the limit of %d", shown, len(p), maxPattern)
		return nil, f.WithHint("write several patterns")
	}
	if !doublestar.ValidatePattern(p) || p == "" || strings.HasPrefix(p, "/") || strings.HasPrefix(p, "!") {
		return nil, fault.New(fault.Usage, "%q is not a pattern of paths", shown).
			WithHint("patterns are relative to the workspace: * matches a part of a name, ** folders, " +
				"{a,b} one of both, [a-z] a character")
	}
	whole := strings.TrimSuffix(p, "/")
	if !strings.Contains(whole, "/") {
		whole = "**/" + whole
	}
	out, ok := writtenOut(whole)
	if !ok {
		f := fault.New(fault.Usage, "the pattern %q expands to more than %d, each {a,b} written out",
			shown, maxAlternatives)
		return nil, f.WithHint("write several patterns, or use * instead of {a,b}")
	}
	return out, nil
}

// writtenOut expands a valid pattern; ok is false if it expands to too many.
func writtenOut(pattern string) (out []string, ok bool) {
	for todo := []string{pattern}; len(todo) > 0; {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		before, choices, after, found := firstChoice(p)
		if !found {
			out = append(out, p)
			continue
		}
		for _, c := range choices {
			todo = append(todo, before+c+after)
		}
		if len(out)+len(todo) > maxAlternatives {
			return nil, false
		}
	}
	return out, true
}

// firstChoice splits a pattern at its first {a,b}.
func firstChoice(p string) (before string, choices []string, after string, found bool) {
	depth, open, from := 0, 0, 0
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\':
			i++
		case c == '[':
			i = classEnd(p, i)
		case c == '{':
			if depth++; depth == 1 {
				open, from = i, i+1
			}
		case c == ',' && depth == 1:
			choices, from = append(choices, p[from:i]), i+1
		case c == '}' && depth > 0:
			if depth--; depth == 0 {
				return p[:open], append(choices, p[from:i]), p[i+1:], true
			}
		}
	}
	return p, nil, "", false
}

// classEnd returns the index of the end of the class [a-z] that begins at index i.
func classEnd(p string, i int) int {
	for i++; i < len(p) && p[i] != ']'; i++ {
		if p[i] == '\\' {
			i++
		}
	}
	return i
}
