// Package selectors owns how places in code are named: the selector value, its
// string form, its JSON form (PositionSpec, spec section 2), and how a selector
// is resolved against the structure of a workspace.
//
// # Grammar
//
//	selector  := cursor | range | symbolic
//	cursor    := path "@L" INT ":C" INT [ params ]
//	range     := path "@R(" INT "," INT "->" INT "," INT ")" [ params ]
//	symbolic  := scheme "://" module "#" qualname [ ":" role ] [ params ]
//	qualname  := name { "." name | ":" name }
//	role      := "def" | "sig" | "body" | "doc"
//	params    := "?" key "=" value { "&" key "=" value }
//	path      := relative path | absolute path | "file://" URI path
//	scheme    := "go" | "py" | "ts"            ("python", "js", … are read as these)
//
// In paths, modules and names the characters that the grammar uses, and space,
// are percent-encoded. Lines and columns are 1-based; ends are exclusive; the
// unit of a column is [Cursor.Indexing], which the string form does not carry.
// The module "*" means anywhere in the workspace, and then the name path
// matches as a suffix. Names may be joined by ":" too, but a role after ":" is the
// role: the method def of C is "C.def".
//
// # Promises
//
// Parsing what Format wrote gives the same value (fuzzed); no input panics.
// Resolution never picks one of several silently: it answers with one symbol,
// or with a typed error that carries candidates, each with a selector that
// picks it, or the nearest names.
//
// # Not done here
//
// No I/O: the structure comes through [Source]. The AST-path, anchor and
// symbolId forms of the paper are recognised and refused by name; docVersion is
// carried, and resolution refuses one that is not the present content.
package selectors
