package api

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"lanser/selectors/fault"
)

// Patterns of files come from lanser.toml, which somebody else may have written. The
// matcher tries every combination of alternatives: {a,b}{a,b}… takes twice as long with
// each. So alternatives are written out beforehand, up to a bound; what is left matches in
// time that grows with the square of the path's length at worst.

// Bounds on patterns.
const (
	maxPattern      = 1024   // bytes of one
	maxPatterns     = 10_000 // of a request
	maxAlternatives = 1000   // that one stands for
	maxWrittenOut   = 20_000 // of a request, their alternatives written out
)

// Patterns choose files by their paths.
type Patterns []string

// NewPatterns reads patterns, as lanser.toml and --exclude have them. The error is Usage.
func NewPatterns(list ...string) (Patterns, error) {
	if len(list) > maxPatterns {
		return nil, fault.New(fault.Usage, "%d patterns are more than the %d that are read", len(list), maxPatterns).
			WithHint("name folders in place of their files: vendor/ or **/generated/**")
	}
	var out Patterns
	for _, p := range list {
		all, err := alternatives(p)
		if err != nil {
			return nil, err
		}
		out = append(out, all...)
		if len(out) > maxWrittenOut {
			return nil, fault.New(fault.Usage, "the patterns stand for more than %d, each {a,b} written out", maxWrittenOut).
				WithHint("name folders in place of their files: vendor/ or **/generated/**")
		}
	}
	return out, nil
}

// Match reports whether a pattern fits a path or a folder above it.
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

// alternatives are what a pattern stands for, each {a,b} written out. A pattern without a
// slash fits a name anywhere, as in .gitignore.
func alternatives(p string) ([]string, error) {
	shown := p
	if len(shown) > 100 {
		shown = shown[:100] + "…"
	}
	if len(p) > maxPattern {
		return nil, fault.New(fault.Usage, "the pattern %q has %d bytes, more than the %d that are read", shown, len(p), maxPattern).
			WithHint("write several patterns")
	}
	if !doublestar.ValidatePattern(p) || p == "" || strings.HasPrefix(p, "/") || strings.HasPrefix(p, "!") {
		return nil, fault.New(fault.Usage, "%q is no pattern of paths", shown).
			WithHint("patterns are relative to the workspace: * stands for a part of a name, ** for folders, {a,b} for either, [a-z] for a character")
	}
	whole := strings.TrimSuffix(p, "/")
	if !strings.Contains(whole, "/") {
		whole = "**/" + whole
	}
	out, ok := writtenOut(whole)
	if !ok {
		return nil, fault.New(fault.Usage, "the pattern %q stands for more than %d, each {a,b} written out", shown, maxAlternatives).
			WithHint("write several patterns, or use * in place of {a,b}")
	}
	return out, nil
}

// writtenOut lists what a valid pattern stands for; ok is false where that is too much.
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

// classEnd is where the class [a-z] that begins at an index ends.
func classEnd(p string, i int) int {
	for i++; i < len(p) && p[i] != ']'; i++ {
		if p[i] == '\\' {
			i++
		}
	}
	return i
}
