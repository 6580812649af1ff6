// Package symbol answers what is asked about the words of one symbol: its references, how it is renamed, what the
// language says of it, and what a file uses of others.
//
// It owns these operations: each asks the server for its list (references.go), has the words of the symbol's name
// accounted for (package uses), and writes the facts of a bundle. Package hierarchy builds on them where an operation
// leads through several symbols (further.go).
//
// It promises that the same answers of servers give the same facts, in the order of places, and that an answer that may
// lack a use says so in its evidence.
//
// It does not resolve selectors, choose the server or lease the first session; it does not compare answers or remember
// whole ones. That is the engine's.
package symbol

import "lanser/server/uses"

// Answer is the answer to a question about a symbol while sessions are asked.
//
// One goroutine uses an Answer. The goroutines that put several questions to a server at a time use its
// [uses.Question] alone.
type Answer struct {
	uses.Finder
}
