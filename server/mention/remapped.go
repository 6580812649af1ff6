package mention

import (
	"regexp"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// Types of TypeScript may make other names of the keys of a type, so that its members are used by words that are no
// names of theirs:
//
//	type Getters<T> = { [K in keyof T as `get${Capitalize<string & K>}`]: () => T[K] }
//	function getters(): Getters<Person> { … }
//	getters().getName()

// A RemappedType is a type that makes names out of those of the members of another one.
type RemappedType struct {
	At    int    // in bytes
	Of    string // the last name of the other one, or of the parameter of the alias
	Alias string // the alias that is given the other one as an argument, "" for none
}

// RemappedTypes returns the types of a file that make names out of those of the members of others.
func RemappedTypes(c *text.Content) (out []RemappedType) {
	src := c.Bytes()
	for _, m := range remapsKeys.FindAllSubmatchIndex(src, -1) {
		of := string(src[m[2]:m[3]])
		t := RemappedType{At: m[0], Of: of[strings.LastIndexByte(of, '.')+1:]}
		head := src[max(0, m[0]-maxAliasHead):m[0]]
		if declared := declaresAliasOf.FindAllSubmatch(head, -1); len(declared) > 0 {
			last := declared[len(declared)-1]
			isBetween := func(r rune) bool { return strings.ContainsRune(" ,\n\t", r) }
			if slices.Contains(strings.FieldsFunc(string(last[2]), isBetween), of) {
				t.Alias = string(last[1])
			}
		}
		out = append(out, t)
	}
	return out
}

// GivesType reports whether a file gives an alias a type as an argument: Getters<Person>.
func GivesType(c *text.Content, alias, owner string) bool {
	given := `\b` + regexp.QuoteMeta(alias) + `\s*<[^;{}()]*\b` + regexp.QuoteMeta(owner) + `\b`
	return regexp.MustCompile(given).Match(c.Bytes())
}

// maxAliasHead bounds the text before a mapped type in which the alias that it belongs to is looked for, in bytes.
const maxAliasHead = 500

var (
	// remapsKeys matches a mapped type or a template that makes names of keys; a group is the type that has these.
	remapsKeys = lazyregexp.New("\\[\\s*[\\w$]+\\s+in\\s+(?:string\\s*&\\s*)?keyof\\s+(?:typeof\\s+)?([\\w$.]+)" +
		"[^\\]`]{0,100}?\\sas\\s[^`\\]]{0,200}`")
	// declaresAliasOf matches the head of an alias with parameters; the groups are its name and these.
	declaresAliasOf = lazyregexp.New(`\btype\s+([\w$]+)\s*<([^=]*)>\s*=`)
)
