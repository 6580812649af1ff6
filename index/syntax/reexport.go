//go:build cgo

package syntax

import (
	"context"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/lazyregexp"
)

// Reexport is a name under which a file of Python or TypeScript offers what another file declares.
type Reexport struct {
	Name     string // in this file; [All] for every name of the module
	Module   string // as the source spells it, ".core" or "./core"; "" for this file
	Original string // of the declaration, [All] if Name is; "" for the module itself
	// Within are the modules of Rust, outermost first, that are written in the file and hold the re-export.
	Within []string
	// Inside is true for a declaration of Rust that makes the name known in a part of the crate alone, as
	// "pub(crate) use" and "use" do.
	Inside bool
	// File is the path of the file of a module of Rust, as an attribute of its declaration has it; "" for none.
	File string
}

// All is the name in a [Reexport] of all names of a module.
const All = "*"

// Reexports returns the re-exports of a file, in source order. In Python these are all imports outside of functions and
// classes. In TypeScript and JavaScript they are the exports of imported names, of other modules ("export … from"), and
// the default export, under the name "default". In Rust they are the declarations "use" outside of functions, without
// those of all names that are not "pub", and modules whose file an attribute names. Files of other languages have none.
// The error is that of [Parse].
func Reexports(ctx context.Context, file string, src []byte) (out []Reexport, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		switch l.Scheme {
		case "py":
			out = pythonImports(root, src, nil)
		case "ts":
			out = typeScriptExports(root, src)
		case "rs":
			out = rustExports(root, src, nil)
		}
		return nil
	})
	return out, err
}

// pythonImports appends the imports of a node's statements, including those in if and try statements, to out.
func pythonImports(n *sitter.Node, src []byte, out []Reexport) []Reexport {
	for _, c := range named(n) {
		switch c.Type() {
		case "function_definition", "class_definition", "decorated_definition", "expression_statement":
		case "import_from_statement":
			module := c.ChildByFieldName("module_name")
			from := Reexport{Module: content(module, src)}
			for _, imported := range named(c) {
				if imported.Equal(module) {
					continue
				}
				from.Name, from.Original = pythonName(imported, src)
				out = append(out, from)
			}
		case "import_statement":
			for _, imported := range named(c) {
				name, module := pythonName(imported, src)
				if imported.Type() == "aliased_import" { // a plain one makes the first part of the path known
					out = append(out, Reexport{Name: name, Module: module})
				}
			}
		default:
			out = pythonImports(c, src, out)
		}
	}
	return out
}

// pythonName returns the name that an entry of an import binds in the file, and the imported name: c and b for
// "b as c".
func pythonName(n *sitter.Node, src []byte) (name, original string) {
	switch n.Type() {
	case "wildcard_import":
		return All, All
	case "aliased_import":
		return content(n.ChildByFieldName("alias"), src), content(n.ChildByFieldName("name"), src)
	}
	return content(n, src), content(n, src)
}

// typeScriptExports returns what the statements of a module export without declaring it, and its default export.
func typeScriptExports(root *sitter.Node, src []byte) (out []Reexport) {
	imported := map[string]Reexport{} // by the local name
	for _, c := range named(root) {
		if c.Type() != "import_statement" {
			continue
		}
		module := strings.Trim(content(c.ChildByFieldName("source"), src), "\"'`")
		for _, r := range importedNames(c, src) {
			r.Module = module
			imported[r.Name] = r
		}
	}
	for _, c := range named(root) {
		if c.Type() != "export_statement" {
			continue
		}
		module := strings.Trim(content(c.ChildByFieldName("source"), src), "\"'`")
		if name := defaultName(c, src); name != "" {
			r, isImported := imported[name]
			if !isImported {
				r = Reexport{Original: name}
			}
			r.Name = "default"
			out = append(out, r)
			continue
		}
		isAll := module != ""
		for _, part := range named(c) {
			switch part.Type() {
			case "export_clause":
				isAll = false
				for _, one := range named(part) {
					r := Reexport{Module: module, Original: content(one.ChildByFieldName("name"), src)}
					if from, ok := imported[r.Original]; ok && module == "" {
						r = from
					}
					r.Name = content(one.ChildByFieldName("alias"), src)
					if r.Name == "" {
						r.Name = content(one.ChildByFieldName("name"), src)
					}
					out = append(out, r)
				}
			case "namespace_export":
				isAll = false
				out = append(out, Reexport{Name: content(part.NamedChild(0), src), Module: module})
			}
		}
		if isAll {
			out = append(out, Reexport{Name: All, Module: module, Original: All})
		}
	}
	return out
}

// importedNames returns the names that an import of TypeScript binds, with Name and Original set; the caller sets
// Module.
func importedNames(n *sitter.Node, src []byte) (out []Reexport) {
	for _, c := range named(n) {
		switch c.Type() {
		case "import_clause", "named_imports":
			out = append(out, importedNames(c, src)...)
		case "identifier":
			out = append(out, Reexport{Name: content(c, src), Original: "default"})
		case "namespace_import":
			out = append(out, Reexport{Name: content(c.NamedChild(0), src)})
		case "import_specifier":
			r := Reexport{Original: content(c.ChildByFieldName("name"), src)}
			r.Name = content(c.ChildByFieldName("alias"), src)
			if r.Name == "" {
				r.Name = r.Original
			}
			out = append(out, r)
		}
	}
	return out
}

// defaultName returns the name of the declaration or variable that a statement exports as default; "" for other
// statements, and for an expression without a name.
func defaultName(n *sitter.Node, src []byte) string {
	isDefault := false
	for _, c := range children(n) {
		isDefault = isDefault || c.Type() == "default"
	}
	if !isDefault {
		return ""
	}
	if value := n.ChildByFieldName("value"); isAny(value, "identifier") {
		return content(value, src)
	}
	if d := n.ChildByFieldName("declaration"); d != nil {
		return content(d.ChildByFieldName("name"), src)
	}
	return ""
}

// content returns the text of a node; "" for nil.
func content(n *sitter.Node, src []byte) string {
	if n == nil {
		return ""
	}
	return n.Content(src)
}

// rustExports returns what a node of a file, which is in the modules within, makes public of other modules, and the
// modules with a path in an attribute (The Rust Reference, "Use declarations" and "The path attribute").
func rustExports(n *sitter.Node, src []byte, within []string) (out []Reexport) {
	path := ""
	for _, c := range named(n) {
		switch c.Type() {
		case "use_declaration":
			first := c.NamedChild(0)
			isShared := first.Type() == "visibility_modifier"
			for _, r := range rustUses(c.ChildByFieldName("argument"), src, nil, nil) {
				r.Within, r.Inside = within, !isShared || content(first, src) != "pub"
				if isShared || r.Name != All {
					out = append(out, r)
				}
			}
		case "mod_item":
			name := content(c.ChildByFieldName("name"), src)
			if body := c.ChildByFieldName("body"); body != nil {
				out = append(out, rustExports(body, src, append(slices.Clip(within), name))...)
			} else if path != "" && len(within) == 0 {
				out = append(out, Reexport{Name: name, File: path})
			}
		case "attribute_item":
			if m := pathAttribute.FindStringSubmatch(content(c, src)); m != nil {
				path = m[1]
			}
			continue
		case "line_comment", "block_comment":
			continue
		}
		path = ""
	}
	return out
}

// pathAttribute matches the attribute of a module that names its file.
var pathAttribute = lazyregexp.New(`^#\[\s*path\s*=\s*"([^"\\]+)"\s*\]$`)

// rustUses appends the names that a part of a use declaration binds to out. path are the parts of the path before it.
func rustUses(n *sitter.Node, src []byte, path []string, out []Reexport) []Reexport {
	if n == nil {
		return out
	}
	with := func(more *sitter.Node) []string {
		written := strings.Join(strings.Fields(content(more, src)), "")
		return append(slices.Clip(path), strings.Split(strings.TrimPrefix(written, "::"), "::")...)
	}
	switch n.Type() {
	case "use_list":
		for _, c := range named(n) {
			out = rustUses(c, src, path, out)
		}
		return out
	case "scoped_use_list":
		before := path
		if p := n.ChildByFieldName("path"); p != nil {
			before = with(p)
		}
		return rustUses(n.ChildByFieldName("list"), src, before, out)
	case "use_wildcard":
		module := path
		if n.NamedChildCount() > 0 {
			module = with(n.NamedChild(0))
		}
		return append(out, Reexport{Name: All, Module: strings.Join(module, "::"), Original: All})
	}
	as := ""
	if n.Type() == "use_as_clause" {
		as = content(n.ChildByFieldName("alias"), src)
		n = n.ChildByFieldName("path")
	}
	whole := with(n)
	last := len(whole) - 1
	if whole[last] == "self" && last > 0 { // the module of a list, as in a::b::{self}
		whole = whole[:last]
		last--
	}
	if as == "" {
		as = whole[last]
	}
	return append(out, Reexport{Name: as, Module: strings.Join(whole[:last], "::"), Original: whole[last]})
}
