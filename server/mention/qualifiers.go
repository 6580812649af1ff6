package mention

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/cbuild"
	"lanser/server/project"
)

// Qualifiers returns the names before a word of C++ or Rust that "::" joins to it, the nearest first and without their
// arguments: [B A] for name in A::B<C>::name. It returns none if there is another thing among them, such as a
// decltype, a variable of a macro or "<T as Trait>".
func Qualifiers(c *text.Content, at text.Span) (names []string) {
	left := c.Bytes()[max(0, at.Start-maxQualifiers):at.Start]
	for {
		left = bytes.TrimRight(left, " \t\r\n")
		rest, isQualified := bytes.CutSuffix(left, []byte("::"))
		if !isQualified {
			return names
		}
		left = bytes.TrimRight(rest, " \t\r\n")
		hasArguments := bytes.HasSuffix(left, []byte(">"))
		if hasArguments {
			left = bytes.TrimSuffix(beforeArguments(left), []byte("::"))
		}
		m := endsInName.FindSubmatch(left)
		if m == nil && len(names) > 0 && !hasArguments && !endsExpression.Match(left) {
			return names // the root is before it, as in ::std
		}
		if m == nil || bytes.HasSuffix(left[:len(left)-len(m[1])], []byte("$")) {
			return nil
		}
		names = append(names, string(m[1]))
		left = left[:len(left)-len(m[1])]
	}
}

// mayQualify reports whether a word of Go may mean a function, variable or constant of a package: there is no dot
// before it, or the name of an import is before the dot, under which the file can know the package. A dot at the end of
// another line may be that of a comment.
func mayQualify(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	left, isSelected := bytes.CutSuffix(bytes.TrimRight(c.Bytes()[:at.Start], " \t"), []byte("."))
	if !isSelected || len(left) == 0 || strings.IndexByte(" \t\r\n/.", left[len(left)-1]) >= 0 {
		return true
	}
	m := endsInName.FindSubmatch(left)
	if m == nil || bytes.HasSuffix(left[:len(left)-len(m[1])], []byte(".")) {
		return false // the member of an expression
	}
	names := importNames(v, p)
	name := string(m[1])
	if names == nil || names[name] {
		return true
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", project.ContentOf(v, sym.Path), parser.PackageClauseOnly)
	return names[""] && (sym.Path == "" || err != nil || f.Name.Name == name)
}

// importNames returns the names that a Go file gives to its imports, with "" if it gives none to one of them; nil if
// the file cannot be parsed.
func importNames(v project.View, p string) map[string]bool {
	f := project.ImportsOfGo(v, p)
	if f == nil {
		return nil
	}
	out := map[string]bool{}
	for _, i := range f.Imports {
		out[nameOfImport(i)] = true
	}
	return out
}

// nameOfImport returns the name that an import declaration gives to the package; "" if it gives none.
func nameOfImport(i *ast.ImportSpec) string {
	if i.Name == nil {
		return ""
	}
	return i.Name.Name
}

// maxQualifiers bounds the text before a word in which its qualifiers are looked for, in bytes.
const maxQualifiers = 500

// endsInName matches a text that ends in an identifier, which is its group.
var endsInName = lazyregexp.New(`([\pL_][\pL\pN_]*)$`)

// endsExpression matches a text that ends in something that can be qualified.
var endsExpression = lazyregexp.New(`[)\]>$]$`)

// beforeArguments returns what precedes the arguments in angle brackets that a text ends with; nothing if they have no
// beginning in it.
func beforeArguments(left []byte) []byte {
	round, angle := 0, 0
	for i := len(left) - 1; i >= 0; i-- {
		switch left[i] {
		case ')', ']':
			round++
		case '(', '[':
			round--
		case ';', '{', '}':
			return nil
		case '>':
			if round == 0 && (i == 0 || left[i-1] != '-') {
				angle++
			}
		case '<':
			if round == 0 {
				angle--
			}
			if angle == 0 {
				return bytes.TrimRight(left[:i], " \t\r\n")
			}
		}
		if round < 0 {
			return nil
		}
	}
	return nil
}

// IsOwnTrait reports whether the members of a class template of the standard library of C++ are declared in the
// library: no class of the workspace is a base of it, as a class may be of std::conjunction, unless the workspace
// specializes it.
func IsOwnTrait(name string) bool {
	isAlias := strings.HasSuffix(name, "_t") || strings.HasSuffix(name, "_v")
	return ownTraits()[name] || ownTrait.MatchString(name) && !isAlias
}

// ownTrait matches the names of type traits (ISO C++, "Header <type_traits> synopsis"), whose bases are instances of
// std::integral_constant, and of transformations of types.
var ownTrait = lazyregexp.New(`^(?:is|has|remove|add|make)_\w+$`)

var ownTraits = project.NameSet(
	"iterator_traits allocator_traits pointer_traits char_traits numeric_limits integral_constant hash tuple_size " +
		"tuple_element variant_size variant_alternative ratio rank extent alignment_of decay conditional enable_if " +
		"common_type underlying_type result_of invoke_result initializer_list",
)

// IsTemplateParameter reports whether a file has a parameter of a template of C++ with the name.
func IsTemplateParameter(v project.View, p, name string) bool {
	type key struct{ parameter string }
	return project.ReadOnce(v, p, key{name}, func(src []byte) bool {
		parameter := regexp.MustCompile(`\b(?:class|typename)\b[\s.]*` + regexp.QuoteMeta(name) + `\s*[,>=]`)
		return parameter.Match(src)
	})
}

// TakesIn reports whether the declaration of a class of C++ has members of the name from elsewhere: "using Base::name".
func TakesIn(c *text.Content, class text.Span, name string) bool {
	return regexp.MustCompile(`\busing\b[^;=]*::\s*` + regexp.QuoteMeta(name) + `\b`).MatchString(c.Slice(class))
}

// RenamesTo reports whether a file of Rust gives something the name by "as".
func RenamesTo(c *text.Content, name string) bool {
	return regexp.MustCompile(`\bas\s+` + regexp.QuoteMeta(name) + `\b`).Match(c.Bytes())
}

// IsMacro reports whether a symbol of C may be a macro: its file defines one of the name.
func IsMacro(v project.View, sym project.Symbol) bool {
	type key struct{ path, name string }
	return sym.Path == "" || v.Memoize(key{path: sym.Path, name: sym.Name}, func() any {
		defines := regexp.MustCompile(cbuild.Defines + regexp.QuoteMeta(sym.Name) + `\b`)
		return defines.Match(project.ContentOf(v, sym.Path))
	}).(bool)
}

// IsEnumerator reports whether a declaration of C is that of an enumerator.
func IsEnumerator(c *text.Content, name text.Span) bool {
	depth := 0
	for i := name.Start - 1; i >= 0; i-- {
		switch c.Bytes()[i] {
		case ')', ']':
			depth++
		case '(', '[':
			depth--
		case ';', '}':
			return false
		case '{':
			return depth == 0 && opensEnum.Match(c.Bytes()[max(0, i-maxReceiver):i])
		}
	}
	return false
}

// opensEnum matches the text before the body of an enumeration.
var opensEnum = lazyregexp.New(`\benum\b[^;{}()=]*$`)
