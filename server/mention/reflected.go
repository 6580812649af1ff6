package mention

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// This file knows code of Go that looks a member up by a name which is not written there:
//
//	reflect.ValueOf(handler).MethodByName(name)
//	reflect.ValueOf(handler).MethodByName("Handle" + event)

// ReflectedLookups returns the lookups in a file of Go whose names are put together from a beginning or an end that is
// written and something else.
func ReflectedLookups(v project.View, p string) (found []Lookup) {
	for _, l := range reflectedIn(v, p) {
		if l.Prefix != "" || l.Suffix != "" {
			found = append(found, l)
		}
	}
	return found
}

// reflectedIn returns the lookups in a file of Go by names that are not written as a whole. One by a variable has
// neither beginning nor end.
func reflectedIn(v project.View, p string) []Lookup {
	type key struct{}
	if project.SchemeOf(p) != "go" {
		return nil
	}
	return project.ReadOnce(v, p, key{}, func(src []byte) (found []Lookup) {
		for _, m := range looksUpReflected.FindAllSubmatchIndex(src, -1) {
			rest := src[m[1]:min(len(src), m[1]+maxReceiver)]
			one := Lookup{At: m[0]}
			if parts := addedReflected.FindSubmatch(rest); parts != nil {
				one.Prefix = string(parts[1])
			} else if parts := formattedReflected.FindSubmatch(rest); parts != nil {
				one.Prefix, one.Suffix = string(parts[1]), string(parts[2])
			} else if writtenWhole.Match(rest) {
				continue
			} else if parts := endedReflected.FindSubmatch(rest); parts != nil {
				one.Suffix = string(parts[1])
			}
			found = append(found, one)
		}
		return found
	})
}

var (
	looksUpReflected = lazyregexp.NewWith([]string{"ByName("}, `\b(?:MethodByName|FieldByName)\(\s*`)
	// addedReflected, formattedReflected and endedReflected match names that have a written beginning or end.
	addedReflected     = lazyregexp.New("^[\"`](\\w+)[\"`]\\s*\\+")
	formattedReflected = lazyregexp.New("^fmt\\.Sprintf\\([\"`](\\w*)%[sv](\\w*)[\"`]")
	endedReflected     = lazyregexp.New("^[^\\n()]*\\+\\s*[\"`](\\w+)[\"`]\\s*\\)")
	writtenWhole       = lazyregexp.New("^[\"`]")
)

// mayBeLookedUp reports whether a string of Go is the name of an exported member, in a workspace that looks members up
// by names in variables. at is the place of the lookup.
func mayBeLookedUp(v project.View, sym project.Symbol, c *text.Content, at text.Span) bool {
	first, _ := utf8.DecodeRuneInString(sym.Name)
	isMember := sym.Lang == "go" && sym.Member && unicode.IsUpper(first) && !sym.WithoutLookups
	if !isMember || !isStringOfGo(c, at) {
		return false
	}
	type key struct{}
	return v.Memoize(key{}, func() any {
		for _, p := range v.Paths() {
			for _, l := range reflectedIn(v, p) {
				if l.Prefix == "" && l.Suffix == "" {
					return true
				}
			}
		}
		return false
	}).(bool)
}

// isStringOfGo reports whether a word is all of a string of Go that is no tag of a field.
func isStringOfGo(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	if at.Start == 0 || at.End >= len(src) || src[at.Start-1] != src[at.End] {
		return false
	}
	isTag := bytes.HasSuffix(src[:at.Start-1], []byte(":")) // formatted code has a space there
	return (src[at.End] == '"' || src[at.End] == '`') && !isTag
}
