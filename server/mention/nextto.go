package mention

import (
	"slices"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/cbuild"
	"lanser/server/project"
)

// This file rules out, by what is next to a word of C++ or Rust, that it means a symbol, where no server says what it
// means: in code that no server reads or that its build leaves out, and in the examples of documentation.

// IsRuledOut reports whether a word certainly means something else than a symbol, whose name is at a place of its
// content declared; nil and the zero value if it is not known.
func IsRuledOut(
	v project.View, sym project.Symbol, declared *text.Content, name text.Span, c *text.Content, at text.Span,
) bool {
	if declared == nil || sym.Path == "" || sym.Scope.Len() > 0 {
		return false
	}
	switch sym.Lang {
	case "cpp":
		return isRuledOutInC(v, sym, declared, name, c, at)
	case "rs":
		isMacro := definesRustMacro.Match(declared.Bytes()[:name.Start])
		return isRuledOutInRust(v, sym, isMacro, c, at)
	}
	return false
}

// isRuledOutInC is [IsRuledOut] for C and C++. What belongs to no class is not selected, though a class may be named
// behind the dot, as in object.Base::f(). An enumerator is not called. Conditions of the preprocessor name macros, and
// a macro may be meant everywhere.
func isRuledOutInC(
	v project.View, sym project.Symbol, declared *text.Content, name text.Span, c *text.Content, at text.Span,
) bool {
	if IsMacro(v, sym) || MacroAround(c, at) != "" {
		return false
	}
	if cbuild.AsksMacro.MatchString(c.Line(cbuild.FirstLine(c, at.Start))) {
		return true
	}
	_, after := neighbours(c.Bytes(), at)
	isScope := after == ':' || after == '<'
	isSelected := cbuild.IsAfterObject(c.Bytes(), at) && !isScope
	return isSelected && !sym.Member && !IsEnumerator(declared, name) || after == '(' && IsEnumerator(declared, name)
}

// isRuledOutInRust is [IsRuledOut] for Rust: what belongs to no type is not selected, a macro is called with an
// exclamation mark, and nothing else is, and the attributes of the language name neither (The Rust Reference,
// "Attributes"), unless functions of the workspace are macros.
func isRuledOutInRust(v project.View, sym project.Symbol, isMacro bool, c *text.Content, at text.Span) bool {
	if hasMacroFunctions(v) {
		return false
	}
	src := c.Bytes()
	isCalled := callsMacro.Match(src[at.End:])
	_, after := neighbours(src, at)
	isInAttribute := ofLanguage.Match(src[max(0, at.Start-maxAttribute):at.Start]) && after != ':'
	return isCalled && !isMacro || IsSelected(c, at) && (!sym.Member || isMacro) || isInAttribute
}

var (
	definesRustMacro = lazyregexp.New(`\bmacro_rules!\s*$`)
	callsMacro       = lazyregexp.New(`^\s*!\s*[(\[{]`)
	// ofLanguage matches a text that ends in an attribute of the language that names no item of a program.
	ofLanguage = lazyregexp.New(
		`#!?\[\s*(?:(?:cfg|allow|warn|deny|forbid|expect|inline|deprecated|doc|repr|must_use|should_panic|feature|` +
			`target_feature|link)\s*\([^\])]*)?$`,
	)
)

var procMacro = lazyregexp.New(`proc_macro`)

// hasMacroFunctions reports whether functions of the workspace may be called like macros, or be attributes.
func hasMacroFunctions(v project.View) bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		return slices.ContainsFunc(v.Paths(), func(p string) bool {
			return project.SchemeOf(p) == selectors.Lang("rs") && project.MatchesIn(v, p, procMacro)
		})
	}).(bool)
}
