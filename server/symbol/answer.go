// Package symbol answers what is asked about one symbol: its references, callers, types, implementations, what a change
// of it can break, how it is renamed, and what the language says of it.
//
// It owns the way from a leased session to the facts of a bundle: the server is asked, its places are read (package
// places), every word of the symbol's name is entered in a ledger (package ledger), the words that are left are put to
// the server one by one, in sessions for other builds where that is needed, and what nobody can say is a doubt.
//
// A [Question] is what nothing changes, and has the methods that read nothing else. A [Reading] is the bundle that the
// question's answer is written into, and turns what servers say into its terms. A definer asks for the definitions at
// words and remembers them. An [Answer] is a reading with what is known of the symbol; an accounting is its way through
// the ledger.
//
// An answer about uses is made in five steps:
//
//  1. [Answer.LookForNames] finds the target's name in the text of the workspace. It needs no server, and comes before
//     the session is leased: the files with the name are among those that must be open for the question.
//  2. The server is asked for its list (references.go, hierarchy.go, headers.go), whose places are read.
//  3. The names of the symbol's declarations are found (declarations.go). Another word is the symbol if the server's
//     definition at it is one of these names.
//  4. Every word of the name gets its entry in the ledger (account.go, names.go). The definitions at words of which
//     neither the list nor a rule tells are asked for, or remembered (definer.go, definitions.go).
//  5. Confirmed words are added to the facts, sums and possible uses to the evidence.
//
// An operation that leads through several symbols takes these steps for each of them (levels.go).
//
// It promises that the same answers of servers give the same facts, in the order of places, and that an answer that may
// lack a use says so in its evidence.
//
// It does not resolve selectors, choose the server or lease the first session; it does not compare answers or remember
// whole ones. That is the engine's.
package symbol

import (
	"lanser/selectors"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/memory"
	"lanser/server/shell"
)

// Answer is the answer to a question about a symbol while sessions are asked: what was found so far, and on the way
// through the ledger what is known of the symbol.
//
// One goroutine uses an Answer. The goroutines that put several questions to a server at a time use its [Question]
// alone.
type Answer struct {
	Reading
	Scope   Scope          // that the answer depends on
	Defined memory.Defined // by the session, at words that were asked about
	names   *names         // of the symbol, where they were looked for
	// declared are the files that declare the target's name, see [Answer.LookForDeclarations].
	declared []string
	// own are the names of the symbol's declarations, once known. If the target declares nothing itself (Target.Decl is
	// nil), its own word comes last, even if it is all that is known.
	own   []ledger.Place
	ownBy *lsp.Session     // that own was asked of
	Open  []string         // documents that are opened for the question
	ahead *definitionAhead // nil where nothing was asked ahead
	// Unseen is [lsp.Readiness.Unseen], until the words of the files are accounted for: a file that the server does not
	// search is no doubt if each word of the name in it has an entry. What is left is a doubt at the end.
	Unseen []string
	Hiding []string    // files that may hide a declaration, until their words are accounted for
	shell  shellTarget // of the target that was last asked about
	aside  bool        // the target is not that of the request, but one of a hierarchy further away ([levels])
}

// shellTarget is a target that was read as a symbol of the shell.
type shellTarget struct {
	target *selectors.Target
	symbol *shell.Symbol // nil if it is none
}

// definitionAhead is the definition of the target's word, which the server was asked for together with the
// references of the target.
type definitionAhead struct {
	session *lsp.Session
	found   []lsp.Location
	err     error
}
