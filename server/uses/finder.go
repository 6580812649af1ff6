// Package uses finds the uses of one symbol: it says of every word of the symbol's name in the workspace whether it is
// a use, and who says so.
//
// It owns the way from a server's list of references to the ledger of an answer (spec section 4). A [Question] is what
// nothing changes, and has the methods that read nothing else. A [Reading] is the bundle that the question's answer is
// written into, and turns what servers say into its terms. A [Finder] is a reading with what is known of the symbol.
//
// Uses are found in these steps:
//
//  1. [Finder.LookForNames] finds the target's name in the text of the workspace. It needs no server, and comes before
//     the session is leased: the files with the name are among those that must be open for the question (opening.go).
//  2. The server is asked for its list, by who asks (packages symbol and hierarchy).
//  3. [Finder.Declarations] are the names of the symbol's declarations. Another word is the symbol if the server's
//     definition at it is one of these names.
//  4. [Finder.Account] gives every word of the name its entry in the ledger. A rule decides where the language alone
//     tells (ruledout.go and package mention). For all other words the server is asked for the definition, or it is
//     remembered (definer.go, definitions.go). Names by which the symbol is known elsewhere are followed (names.go).
//  5. What the ledger confirms is returned, sums and possible uses go into the evidence.
//
// What a server cannot tell has a file for each kind: keys of objects, literals, macros, members that are given by
// name, names that are put together, alternatives of an import, old-style definitions of C.
//
// It promises that the same answers of servers give the same ledger, in the order of places, and that a word of which
// nobody can say what it is is a possible use, and a doubt.
//
// It does not know the operations, which ask for uses and make facts of them: packages symbol and hierarchy do.
package uses

import (
	"slices"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/memory"
	"lanser/server/shell"
	"lanser/server/trace"
)

// Finder finds the uses of the symbol that a question is about: it is the reading of the answer, and what is known of
// the symbol and of its words while sessions are asked.
//
// One goroutine uses a Finder. The goroutines that put several questions to a server at a time use its [Question]
// alone.
type Finder struct {
	Reading
	Scope   Scope          // that the answer depends on
	Defined memory.Defined // by the session, at words that were asked about
	names   *names         // of the symbol, where they were looked for
	// declared are the files that declare the target's name, see [Finder.LookForDeclarations].
	declared []string
	// Own are the names of the symbol's declarations, once known. If the target declares nothing itself (Target.Decl is
	// nil), its own word comes last, even if it is all that is known.
	Own   []ledger.Place
	ownBy *lsp.Session     // that Own was asked of
	Open  []string         // documents that are opened for the question
	ahead *definitionAhead // nil where nothing was asked ahead
	// Unseen is [lsp.Readiness.Unseen], until the words of the files are accounted for: a file that the server does not
	// search is no doubt if each word of the name in it has an entry. What is left is a doubt at the end.
	Unseen []string
	Hiding []string    // files that may hide a declaration, until their words are accounted for
	shell  shellTarget // of the target that was last asked about
	Aside  bool        // the target is not that of the request, but one of a hierarchy further away ([Finder.About])
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

// ShellSymbol returns the target as a symbol of the shell; nil if it is none. It is worked out once for each target.
func (a *Finder) ShellSymbol() *shell.Symbol {
	if a.shell.target != a.Target {
		a.shell = shellTarget{target: a.Target}
		if a.Format.Has(trace.StringKeys) {
			a.shell.symbol = shell.At(a.Snap, a.TargetWord())
		}
	}
	return a.shell.symbol
}

// Retarget begins an answer about a target; what was found for the target before stays in the bundle. The question is
// copied, so that a caller may put back the one before.
func (a *Finder) Retarget(t *selectors.Target) {
	q := *a.Question
	q.Target = t
	a.Question, a.names, a.Own, a.Unseen = &q, nil, nil, nil
}

// Absorb adds the ledger and the doubts of an answer about a symbol further away: sums are added, reasons are listed
// once, and the state is the worse of the two. It takes over the scope, the documents and the definitions to be
// remembered, which began with those of a.
func (a *Finder) Absorb(about *Finder) {
	a.Scope, a.Documents, a.Defined = about.Scope, about.Documents, about.Defined
	to, from := a.Bundle.Evidence.Ledger, about.Bundle.Evidence.Ledger
	if to == nil {
		a.Bundle.Evidence.Ledger = from
	} else if from != nil {
		to.Add(from, maxListed)
	}
	for _, why := range about.Bundle.Evidence.Reasons {
		if !slices.Contains(a.Bundle.Evidence.Reasons, why) {
			a.Bundle.Evidence.Note(why)
		}
	}
	a.Bundle.Evidence.State = bundle.Worse(a.Bundle.Evidence.State, about.Bundle.Evidence.State)
}

// About returns an empty finder for a symbol further away: its facts and its evidence are its own. The scope, the
// documents that were read and the definitions to be remembered go on from those of a, and unseen are the reasons for
// which the server may not see all files.
func (a *Finder) About(t *selectors.Target, unseen []string) Finder {
	q := *a.Question
	q.Target = t
	b := *a.Bundle
	b.Evidence, b.Facts = bundle.Evidence{State: bundle.Complete, Reasons: []string{}}, nil
	about := *a
	about.Question, about.Bundle, about.names, about.ahead, about.Own, about.Unseen = &q, &b, nil, nil, nil, unseen
	about.Hiding = nil // those of the symbol that is asked about: its own words tell
	about.Aside = true
	return about
}
