package mention

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// ImplicitCalls says, as a clause, that the language calls a function where nobody writes its name, as it does with
// the methods behind operators and loops; "" for other symbols. Language servers do not list such calls, and no
// search for the name finds them. isMember tells whether the function belongs to a type, and trait names the trait of
// Rust that it implements.
func ImplicitCalls(d *selectors.Decl, isMember bool, trait string) string {
	if d.Kind != selectors.KindMethod && d.Kind != selectors.KindDef {
		return ""
	}
	name := d.Names[len(d.Names)-1]
	switch d.Lang {
	case "py":
		switch {
		case !isMember && name != "__getattr__" && name != "__dir__": // those a module may have too (PEP 562)
		case !specialMethod.MatchString(name):
		case slices.Contains([]string{"__init__", "__new__", "__post_init__"}, name):
			return "Python calls " + name + " where its class is called: see the references of the class"
		default:
			return "Python calls " + name +
				" for operators, statements and built-in functions, which do not write the name"
		}
	case "rs":
		if implicitTraits()[trait] {
			return "Rust calls methods of " + trait +
				" for operators, loops, conversions, formats and at the end of scopes, which do not write the name"
		}
	case "cpp":
		if strings.HasPrefix(name, "~") || implicitInCPP()[name] {
			return "C++ calls " + name + " for loops, coroutines and at the end of scopes, " +
				"which do not write the name"
		}
	case "ts":
		if isMember && implicitInTS()[name] {
			return "JavaScript calls " + name +
				" for operators, templates, loops and await, which do not write the name"
		}
	}
	return ""
}

// DerivedCalls says, as a clause, that derive calls a method of a trait that a type of Rust implements, for the fields
// of that type in other types; "" if none of them derives the trait.
func DerivedCalls(v project.View, owner, trait string) string {
	if !derivable()[trait] || owner == "" {
		return ""
	}
	type key struct{ owner, trait string }
	return v.Memoize(key{owner, trait}, func() any {
		derives := regexp.MustCompile(`#\[derive\([^)]*\b` + trait + `\b[^)]*\)\](?:\s*#\[[^\]]*\])*\s*` +
			`(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum)\s+(\w+)[^{;(]*[{(][^}]*?\b` + regexp.QuoteMeta(owner) + `\b`)
		for _, p := range v.Paths() {
			if project.SchemeOf(p) != "rs" {
				continue
			}
			if m := derives.FindSubmatch(project.ContentOf(v, p)); m != nil {
				return fmt.Sprintf("%s in %s derives %s, which calls it for a field without its name", m[1], p, trait)
			}
		}
		return ""
	}).(string)
}

// derivable are the traits of Rust that derive implements by calling the same methods of the fields, and that
// [ImplicitCalls] does not doubt anyway.
var derivable = project.NameSet("Clone Default Hash Ord Eq")

// OperatorCalls is [ImplicitCalls] for an operator of C++ that code with templates declares or uses.
func OperatorCalls(d *selectors.Decl) string {
	return "C++ templates, such as std::sort, call " + d.Names[len(d.Names)-1] +
		" of types that they are given, without its name"
}

// IsOperator reports whether a declaration is that of an operator of C++, such as operator< or operator bool.
func IsOperator(d *selectors.Decl) bool {
	return d.Lang == "cpp" && operatorName.MatchString(d.Names[len(d.Names)-1])
}

// HasTemplates reports whether a file of C++ declares a template or includes a header of the standard library, all of
// which have templates: their names have no extension.
func HasTemplates(src []byte) bool { return template.Match(src) }

// Unnamed says, as a clause, that code uses a member of a type of TypeScript without a name, as a call does with the
// signature in "interface Find { (id: number): User }"; "" for other symbols.
func Unnamed(d *selectors.Decl) string {
	if d.Lang != "ts" {
		return ""
	}
	switch d.Names[len(d.Names)-1] {
	case "()":
		return "values of the type are called by their own names, of which language servers list none"
	case "new()":
		return "new makes objects of values of the type by their own names, of which language servers list none"
	case "[]":
		return "keys of values of the type are written without a name, and language servers list none"
	}
	return ""
}

var (
	operatorName = lazyregexp.New(`^operator(?:\W|$)`)
	template     = lazyregexp.New(`(?m)\btemplate\s*<|^\s*#\s*include\s*<\w+>|^\s*import\s+std\b`)
)

// specialMethod matches the names of Python's special methods ("The Python Language Reference", section 3.3).
var specialMethod = lazyregexp.New(`^__\w+__$`)

// implicitTraits are traits of Rust's standard library whose methods are called without their names.
var implicitTraits = project.NameSet(
	"Add Sub Mul Div Rem Neg Not BitAnd BitOr BitXor Shl Shr " +
		"AddAssign SubAssign MulAssign DivAssign RemAssign BitAndAssign BitOrAssign BitXorAssign ShlAssign ShrAssign " +
		"Index IndexMut Deref DerefMut Drop Fn FnMut FnOnce PartialEq PartialOrd Iterator IntoIterator FromIterator " +
		"DoubleEndedIterator From TryFrom FromStr " +
		"Display Debug LowerHex UpperHex Octal Binary LowerExp UpperExp Pointer Future " +
		"IntoFuture RangeBounds Sum Product Extend Termination Try",
)

// implicitInCPP are names of functions that the statements of C++ call: loops over ranges, structured bindings and
// coroutines.
var implicitInCPP = project.NameSet(
	"begin end await_ready await_suspend await_resume await_transform yield_value return_value return_void " +
		"initial_suspend final_suspend unhandled_exception get_return_object",
)

// implicitInTS are names of methods that the expressions of JavaScript call.
var implicitInTS = project.NameSet("toString valueOf toJSON then [Symbol.iterator] [Symbol.asyncIterator] " +
	"[Symbol.toPrimitive] [Symbol.hasInstance] [Symbol.dispose] [Symbol.asyncDispose]")
