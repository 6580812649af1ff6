package selectors

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// People write names with the arguments of types and functions, as code, compilers and documentation have them:
// Stack[int].push of Go, Box<int>::get of C++, ns::f(const std::string &). A name path is divided outside of their
// brackets. What the code declares with arguments, as the specialization Box<char>, is meant by the same arguments
// alone; otherwise arguments of types are left out, and the parameters choose among the overloads of a function.

// WithoutArguments returns a selector of a name as people type it as versions before 20 of traces have it: without the
// arguments of types.
func WithoutArguments(s Selector) Selector {
	if n, ok := s.(Named); ok {
		n.Names = withoutTypeArguments(n.Names)
		return n
	}
	return s
}

// withoutTypeArguments returns a name path without the arguments of types; it is the same one if it has none.
func withoutTypeArguments(names []string) []string {
	out := slices.Clone(names)
	for i, name := range out {
		if strings.HasPrefix(name, "operator") {
			continue
		}
		for {
			shorter := argumentForm.ReplaceAllString(name, "$1")
			if shorter == name {
				break
			}
			name = shorter
		}
		out[i] = name
	}
	return out
}

// withoutTypes returns the selector without the arguments of types in its names; ok is false if it has none.
func (r resolver) withoutTypes(s Symbolic) (bare Symbolic, ok bool) {
	if r.now.FormerArguments() {
		return s, false
	}
	bare = s
	bare.Names = withoutTypeArguments(s.Names)
	return bare, !slices.Equal(bare.Names, s.Names)
}

// argumentsEnd returns the offset behind the arguments that begin at an offset of a selector, which is that offset if
// there are none: brackets right behind a name, or behind other arguments, that are closed before end.
func argumentsEnd(s string, at, end int) int {
	if at >= end || !strings.ContainsRune("(<[", rune(s[at])) || !isAfterName(s[:at]) {
		return at
	}
	var open []byte
	for i := at; i < min(end, at+maxArguments); i++ {
		switch c := s[i]; c {
		case '(', '[':
			open = append(open, c)
		case '<':
			if isAfterName(s[:i]) {
				open = append(open, c)
			}
		case ')', ']', '>':
			if len(open) == 0 || c != closing[open[len(open)-1]] {
				return at
			}
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			return i + 1
		}
	}
	return at
}

// maxArguments bounds the length of arguments in brackets, in bytes: the time that a selector takes does not grow with
// the square of its length.
const maxArguments = 500

var closing = map[byte]byte{'(': ')', '[': ']', '<': '>'}

// isAfterName reports whether arguments may begin at the end of a text.
func isAfterName(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_)]>", r))
}

// withParameters returns the overloads of C++ or Java that a call as people write it, such as f(const char *, int),
// selects by its types. If no overload has exactly these types, it compares them without namespaces, and then without
// const and references: f(string) selects f(const std::string &). If that selects none, it returns all declarations.
// called is the selector without the types.
func (r resolver) withParameters(decls []Decl, call, called Symbolic) []Decl {
	last := len(call.Names) - 1
	list := call.Names[last][len(called.Names[last]):]
	if r.now.FormerArguments() || len(distinct(decls)) < 2 {
		return decls
	}
	want := parameterTypes(list)
	isSame := []func(a, b string) bool{
		func(a, b string) bool { return a == b }, sameButForNamespaces,
		func(a, b string) bool { return sameButForNamespaces(unqualified(a), unqualified(b)) },
	}
	matching := make([][]Decl, len(isSame))
	for _, d := range decls {
		c, err := r.now.Content(d.Path)
		if err != nil || d.Lang != "cpp" && d.Lang != "java" {
			continue
		}
		header := c.Slice(text.Span{Start: d.Name.End, End: max(d.Name.End, d.Sig.End, d.Body.Start)})
		start := strings.IndexByte(header, '(')
		if start < 0 {
			continue
		}
		end := argumentsEnd("f"+header, start+1, len(header)+1) - 1
		if end <= start {
			continue
		}
		has := parameterTypes(header[start:end])
		for i, same := range isSame {
			if slices.EqualFunc(has, want, same) {
				matching[i] = append(matching[i], d)
			}
		}
	}
	for _, out := range matching {
		if len(out) > 0 {
			return out
		}
	}
	return decls
}

// sameButForNamespaces reports whether two types differ at most in what is in front of their names: string is
// std::string, and a::T is not b::T.
func sameButForNamespaces(a, b string) bool {
	if qualifiedName.ReplaceAllString(a, "_") != qualifiedName.ReplaceAllString(b, "_") {
		return false
	}
	isEnd := func(a, b string) bool {
		rest, ok := strings.CutSuffix(a, b)
		return ok && (rest == "" || strings.HasSuffix(rest, ":") || strings.HasSuffix(rest, "."))
	}
	return slices.EqualFunc(qualifiedName.FindAllString(a, -1), qualifiedName.FindAllString(b, -1),
		func(a, b string) bool { return isEnd(a, b) || isEnd(b, a) })
}

// unqualified returns a type without const and references.
func unqualified(t string) string {
	return strings.TrimSpace(strings.ReplaceAll(constWord.ReplaceAllString(t, ""), "&", ""))
}

// parameterTypes returns the types in a list of parameters in brackets, each as its words and signs without spaces in
// between. The names and default values of parameters are left out.
func parameterTypes(list string) (types []string) {
	list = strings.TrimSuffix(strings.TrimPrefix(list, "("), ")")
	depth, start := 0, 0
	for i := 0; i <= len(list); i++ {
		if i < len(list) {
			switch list[i] {
			case '(', '[', '<', '{':
				depth++
			case ')', ']', '>', '}':
				depth--
			}
			if list[i] != ',' || depth > 0 {
				continue
			}
		}
		if t := parameterType(list[start:i]); t != "" && t != "void" {
			types = append(types, t)
		}
		start = i + 1
	}
	return types
}

// parameterType returns the type of a parameter: "const char*" for "const char *name = 0".
func parameterType(parameter string) string {
	parameter, _, _ = strings.Cut(parameter, "=")
	parameter = pointerName.ReplaceAllString(parameter, "($1)")
	parts := slices.DeleteFunc(typePart.FindAllString(parameter, -1), func(p string) bool { return p == "final" })
	if len(parts) == 0 {
		return ""
	}
	last := len(parts) - 1
	isName := last > 0 && typeWord.MatchString(parts[last]) && !builtInType.MatchString(parts[last])
	isTyped := func(p string) bool { return p != "::" && !qualifierOfType.MatchString(p) }
	if isName && parts[last-1] != "::" && slices.ContainsFunc(parts[:last], isTyped) {
		parts = parts[:last]
	}
	var b strings.Builder
	for i, p := range parts {
		if i > 0 && typeWord.MatchString(p) && typeWord.MatchString(parts[i-1]) {
			b.WriteByte(' ')
		}
		b.WriteString(p)
	}
	return b.String()
}

var (
	typePart        = lazyregexp.New(`[\pL_][\pL\pN_]*|::|[^\s\pL_]`)
	pointerName     = lazyregexp.New(`\(\s*([*&]+)\s*\w*\s*\)`) // of a function: int (*by)(int)
	qualifiedName   = lazyregexp.New(`[\pL_][\pL\pN_]*(?:(?:::|\.)[\pL_][\pL\pN_]*)*`)
	constWord       = lazyregexp.New(`\bconst\b ?`)
	typeWord        = lazyregexp.New(`^[\pL_]`)
	builtInType     = lazyregexp.New(`^(?:int|char|bool|short|long|float|double|signed|unsigned|const|auto|void)$`)
	qualifierOfType = lazyregexp.New(`^(?:const|volatile|typename|struct|class|enum|union)$`)
)
