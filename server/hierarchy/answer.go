// Package hierarchy answers what leads from a symbol to others: who calls it and what it calls, its supertypes and
// subtypes, what implements it, and what a change of it can break. An overview has some of each.
//
// It owns the walk through the server's hierarchy (hierarchy.go), level by level (levels.go), and what servers leave
// out of it: types by the headers of classes (headers.go) and by aliases (aliasbases.go), implementations in other
// builds and in functions (builds.go), calls by variables that hold a function (variables.go), and callees that a body
// names (callees.go). Every word of the name of each symbol on the way toward users is accounted for.
//
// It promises that the same answers of servers give the same edges, in the order of places, and that an answer that may
// lack one says so in its evidence.
//
// It does not answer about the words of one symbol: its references, its renaming and its imports are those of package
// symbol, on which it builds.
package hierarchy

import "lanser/server/symbol"

// Answer is the answer to a question about a symbol, with what leads from it to others.
//
// One goroutine uses an Answer, as a [symbol.Answer].
type Answer struct {
	symbol.Answer
}
