// Package selectors owns how places in code are named: the selector value, its
// string form, its JSON form (PositionSpec, spec section 2), how a selector is
// resolved against the structure of a workspace, and how what was named in an
// earlier version is found in the present one.
//
// # Grammar
//
//	selector  := cursor | range | symbolic | astpath | anchor | symbolid
//	cursor    := path "@L" INT ":C" INT [ params ]
//	range     := path "@R(" INT "," INT "->" INT "," INT ")" [ params ]
//	symbolic  := scheme "://" module "#" qualname [ ":" role ] [ params ]
//	qualname  := name { "." name | ":" name }
//	role      := "def" | "sig" | "body" | "doc"
//	astpath   := "ast://" named { "/" named } { "/" indexed } [ params ]
//	named     := "[" kind "=" name "]"
//	indexed   := node-or-field "[" INT "]"     0-based, over all levels below
//	anchor    := "anchor://" path "#" '"' chars '"' [ params ]
//	symbolid  := "id:" 32*HEX
//	params    := "?" key "=" value { "&" key "=" value }
//	path      := relative path | absolute path | "file://" URI path
//	scheme    := "go" | "py" | "ts" | …        ("python", "js", … are read as these)
//
// These forms are canonical. [Parse] also reads what people type and what tools print:
//
//	place     := path ":" INT [ ":" INT ] | path "(" INT "," INT ")" | path "#L" INT [ "C" INT ] | path "@L" INT
//	named     := [ ( module | path ) ( "#" | "::" | "." ) ] qualname [ ":" role ] [ params ]
//
// as [Place] and [Named], which [Resolve] binds to a cursor or a symbol: see [Target.Selector]. In named,
// "::" and "." follow a path with a slash; a name without one is looked for in all languages. Names may be
// joined by "::" everywhere.
//
// In paths, modules and names the characters that the grammar uses, and space,
// are percent-encoded; a quote in an anchor may be written \" too. Lines and
// columns are 1-based; ends are exclusive; the unit of a column is
// [Cursor.Indexing], which the string form does not carry. The module "*" means
// anywhere in the workspace, and then the name path matches as a suffix; a symbol whose whole path it is
// is preferred, and tests, generated code and documents come last (see [Target.Passed]). Names
// may be joined by ":" too, but a role after ":" is the role: the method def of C
// is "C.def". Parameters are ctx, hash and near (anchors), overload (symbols), and
// docVersion (all but symbolIds).
//
// # Relocation
//
// With a docVersion the selector is resolved in that version and carried over to
// the present (spec section 2):
//
//  1. through an anchored diff, if every line of the place is unchanged;
//  2. by name: in the same module, in the file that the file became, in what the
//     container became;
//  3. by likeness: candidates of the same name elsewhere or with much the same
//     code, or stretches with much the same text, each with four [Features]. The
//     best is taken if its score reaches [Threshold] and it is clearly ahead.
//
// Text is looked for in the file, in those that it became, and in the file to which the declaration around it moved.
//
// A declaration that existed under its own name in the earlier version is no candidate, and
// neither is text in another role: a line that was another line of the earlier version or is more
// like another one, that declares other names, or that is in a block or declaration which the
// earlier version had too and which did not hold the place.
// An anchor without a docVersion is looked for in the last versions of its file in git's history:
// where its hash tells that it was made from one, it is carried over from there.
//
// Imports and braces are never searched by likeness, and a small member (a field, a local)
// only inside the present form of its container: too many others look like it.
//
// # Promises
//
// Parsing what Format wrote gives the same value (fuzzed); no input panics.
// Resolution never chooses among several silently: it returns one symbol, or a typed
// error with candidates, each with a selector that names it alone, or with the nearest
// names.
//
// # Not done here
//
// The package does no I/O: structure, earlier versions and git's renames come through
// [Source]. It does not ask language servers.
package selectors
