//go:build cgo

package syntax

import (
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/text"
)

// pyOutside is the kind of global and nonlocal statements until finishPython has moved the names that they list to
// their scope. No declaration has this kind in an outline.
const pyOutside = selectors.Kind("global")

// readPython returns the declarations of one match: a class or function, a parameter, or the names that a statement
// binds.
func readPython(m *match) []raw {
	switch m.kind {
	case "class", "def":
		return append([]raw{pyDefinition(m)}, pyMade(m)...)
	case "param":
		return pyParameter(m)
	case "global", "nonlocal":
		r := m.declare(pyOutside, m.part["name"])
		r.scope, r.typed = pyScope(m.node), m.kind == "global"
		return []raw{r}
	}

	pattern := m.part["pattern"]
	if m.kind == "alias" {
		for pattern.NamedChildCount() > 0 && !isAny(pattern, "identifier") {
			pattern = pattern.NamedChild(0) // type X[T] = … binds X
		}
	}

	if m.kind == "capture" && isAny(pattern, "dotted_name") {
		if pattern.NamedChildCount() != 1 {
			return nil // a dotted name in a pattern is a value, not a binding
		}
		pattern = pattern.NamedChild(0)
	}

	var out []raw
	for _, leaf := range pyTargets(pattern, nil) {
		if r, ok := pyBinding(m, leaf); ok {
			out = append(out, r)
		}
	}

	return append(out, pyMade(m)...)
}

// pyDefinition returns the declaration of a class or function. Its range begins with the first decorator, its header
// does not.
func pyDefinition(m *match) raw {
	kind := selectors.KindClass
	if m.kind == "def" {
		kind = selectors.KindDef
	}
	r := m.declare(kind, m.part["name"])
	r.Function = m.kind == "def"
	r.scope = pyScope(m.node)
	if r.Function && isAny(r.scope, "class_definition") {
		r.Kind = selectors.KindMethod
	}
	header := r.Def.Start
	if p := m.node.Parent(); isAny(p, "decorated_definition") {
		r.Def = span(p)
		for i := range int(p.NamedChildCount()) {
			if d := p.NamedChild(i); d.Type() == "decorator" {
				pyDecorate(&r, strings.TrimSpace(strings.TrimPrefix(d.Content(m.src), "@")))
			}
		}
	}

	r.Sig = trimEnd(m.src, text.Span{Start: header, End: r.Body.Start})
	if b := m.part["body"]; b.NamedChildCount() > 0 {
		if s := b.NamedChild(0); isAny(s, "expression_statement") && isAny(s.NamedChild(0), "string") {
			r.Doc = span(s.NamedChild(0))
		}
	}
	return r
}

// pyDecorate sets what a decorator says about a function: the overloads of one function, and the accessors of one
// property, are one symbol.
func pyDecorate(r *raw, decorator string) {
	_, last, found := strings.Cut(decorator, ".")
	switch {
	case decorator == "overload" || found && last == "overload":
		r.Merge = "overload"
	case decorator == "property" || strings.HasSuffix(decorator, "cached_property"):
		r.Merge, r.Main, r.Kind = "property", 1, selectors.KindField
	case found && (last == "setter" || last == "getter" || last == "deleter"):
		r.Merge, r.Kind = "property", selectors.KindField
	}
}

// pyParameter returns the declaration of a function's parameter; none for self and cls, and for the parameters of a
// lambda.
func pyParameter(m *match) []raw {
	fn := m.node.Parent()
	if !isAny(fn, "function_definition") {
		return nil
	}
	param := m.part["pattern"]
	name := param
	for isAny(name, "typed_parameter", "default_parameter", "typed_default_parameter", "list_splat_pattern",
		"dictionary_splat_pattern") {
		name = name.NamedChild(0)
		if name == nil {
			return nil
		}
	}

	if !isAny(name, "identifier") || isSelfName(name.Content(m.src)) {
		return nil
	}
	r := m.declare(selectors.KindVar, name)
	r.node, r.scope, r.Def = param, fn, span(param)
	r.Sig, r.typed = r.Def, isAny(param, "typed_parameter", "typed_default_parameter")
	return []raw{r}
}

// isSelfName reports whether a parameter has one of the names that PEP 8 prescribes for the instance and the class.
func isSelfName(s string) bool { return s == "self" || s == "cls" }

// pySelf returns the name of the parameter through which a method accesses its instance or class; "" for a function
// that is no method, and for a static method.
func pySelf(fn *sitter.Node, src []byte) string {
	if !isAny(pyScope(fn), "class_definition") {
		return ""
	}
	if d := fn.Parent(); isAny(d, "decorated_definition") &&
		strings.Contains(string(src[d.StartByte():fn.StartByte()]), "@staticmethod") {
		return ""
	}
	params := fn.ChildByFieldName("parameters")
	if params == nil || params.NamedChildCount() == 0 {
		return ""
	}
	first := params.NamedChild(0)
	if isAny(first, "typed_parameter") {
		first = first.NamedChild(0)
	}
	if !isAny(first, "identifier") {
		return ""
	}
	return first.Content(src)
}

// pyTargets lists the identifiers and attributes that an assignment to n binds.
func pyTargets(n *sitter.Node, out []*sitter.Node) []*sitter.Node {
	if isAny(n, "identifier", "attribute") {
		return append(out, n)
	}
	if isAny(n, "pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern",
		"parenthesized_expression", "tuple", "list", "list_splat") {
		for _, c := range children(n) {
			if c.IsNamed() {
				out = pyTargets(c, out)
			}
		}
	}
	return out
}

// pyBinding returns the declaration of a name that a statement binds: a variable, or a field of the class for an
// assignment to self.x in a method. ok is false for the attributes of other objects, and inside lambdas.
func pyBinding(m *match, target *sitter.Node) (raw, bool) {
	r := m.declare(selectors.KindVar, target)
	r.scope, r.typed = pyScope(m.node), m.part["typed"] != nil
	r.inner = text.Span{}
	if r.scope == nil {
		return r, false
	}
	if target.Type() == "attribute" {
		obj := target.ChildByFieldName("object")
		if !isAny(obj, "identifier") || !isAny(r.scope, "function_definition") ||
			obj.Content(m.src) != pySelf(r.scope, m.src) {
			return r, false
		}
		name := target.ChildByFieldName("attribute")
		r.Text, r.Name, r.Kind = name.Content(m.src), span(name), selectors.KindField
		r.scope = pyScope(r.scope)
	}

	if m.kind != "var" || !isAny(m.node, "assignment", "augmented_assignment") {
		r.Def = r.Name // a loop, a with, a pattern: the statement is not the declaration
	}
	if m.kind == "alias" {
		r.Kind, r.Def, r.typed = selectors.KindType, span(m.node), true
	}
	r.Sig = r.Def
	return r, true
}

// pyScope returns the node of the scope that a statement binds names in: a function, a class, or the root of the tree
// (a module, or an error if the file does not parse). It returns nil inside a lambda, and for the root itself.
func pyScope(n *sitter.Node) *sitter.Node {
	child := n
	for p := n.Parent(); p != nil; child, p = p, p.Parent() {
		switch p.Type() {
		case "lambda":
			return nil
		case "function_definition", "class_definition":
			if b := p.ChildByFieldName("body"); b != nil && b.StartByte() <= child.StartByte() {
				return p
			}
		}
		if p.Parent() == nil {
			return p
		}
	}
	return nil
}

// pyKey identifies a name in a scope.
type pyKey struct {
	scope uintptr // the id of the scope's node
	name  string
}

// finishPython moves globals and nonlocals to their scope, and makes all bindings of one variable in a scope one
// declaration: the one with a type annotation, otherwise the first. The members of a class that is assigned to a
// variable stay if its declaration does.
func finishPython(_ []byte, rs []raw) []raw {
	outside := pyOutsideScopes(rs)
	variable := map[pyKey]int{} // index in out
	defined := map[pyKey]bool{} // functions, classes and properties
	var out []raw
	for _, r := range rs {
		if r.Kind == pyOutside || r.scope == nil || r.Text == "_" && !r.Function {
			continue
		}
		if to := outside[pyKey{scope: r.scope.ID(), name: r.Text}]; to != nil {
			r.scope = to
		}

		k := pyKey{scope: r.scope.ID(), name: r.Text}
		if r.Kind != selectors.KindVar && r.Kind != selectors.KindField || r.Merge != "" {
			defined[k] = true
			out = append(out, r)
			continue
		}

		if i, seen := variable[k]; !seen {
			variable[k] = len(out)
			out = append(out, r)
		} else if r.typed {
			out[i] = r
		}
	}

	kept := map[uintptr]bool{}
	for _, r := range out {
		kept[r.node.ID()] = true
	}
	return pyMergeOverloads(dropShadowedFields(out, func(r raw) bool {
		if isAny(r.scope, "assignment") && !kept[r.scope.ID()] { // of a variable that is assigned more than once
			return true
		}
		return r.Kind == selectors.KindField && r.Merge == "" && defined[pyKey{scope: r.scope.ID(), name: r.Text}]
	}))
}

// pyOutsideScopes returns the scopes of the names in global and nonlocal statements, by the function that has the
// statement: the module for global, the next function outside for nonlocal.
func pyOutsideScopes(rs []raw) map[pyKey]*sitter.Node {
	outside := map[pyKey]*sitter.Node{}
	for _, r := range rs {
		if r.Kind != pyOutside || r.scope == nil {
			continue
		}
		isGlobal := r.typed // see readPython
		scope := pyScope(r.scope)
		for scope != nil && scope.Parent() != nil && (isGlobal || isAny(scope, "class_definition")) {
			scope = pyScope(scope)
		}
		outside[pyKey{scope: r.scope.ID(), name: r.Text}] = scope
	}
	return outside
}

// dropShadowedFields returns the declarations for which shadowed is false.
func dropShadowedFields(rs []raw, shadowed func(raw) bool) []raw {
	var out []raw
	for _, r := range rs {
		if !shadowed(r) {
			out = append(out, r)
		}
	}
	return out
}

// pyMergeOverloads makes the function that follows functions with @overload, and has their name, their implementation.
func pyMergeOverloads(rs []raw) []raw {
	last := map[pyKey]int{}
	for i, r := range rs {
		if !r.Function {
			continue
		}
		k := pyKey{scope: r.scope.ID(), name: r.Text}
		if j, ok := last[k]; ok && rs[j].Merge == "overload" && r.Merge == "" {
			rs[i].Merge, rs[i].Main = "overload", 1
		}
		last[k] = i
	}
	return rs
}
