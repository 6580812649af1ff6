// Package symbol answers what is asked about one symbol: its references, callers, types, implementations, what a change
// of it can break, how it is renamed, and what the language says of it.
//
// It owns the way from a leased session to the facts of a bundle: the server is asked, its places are read (package
// places), every word of the symbol's name is entered in a ledger (package ledger), the words that are left are put to
// the server one by one, in sessions for other builds where that is needed, and what nobody can say is a doubt.
//
// It promises that the same answers of servers give the same facts, in the order of places, and that an answer that may
// lack a use says so in its evidence.
//
// It does not resolve selectors, choose the server or lease the first session; it does not compare answers or remember
// whole ones. That is the engine's.
package symbol

import (
	"lanser/index"
	"lanser/selectors"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/memory"
	"lanser/server/pool"
)

// Question is what is asked about a symbol, and the snapshot that it is asked of. Nothing changes it once its
// selector is resolved: the parts of an answer share it.
type Question struct {
	Operation *api.Operation    // what is asked
	Request   api.Request       // with the options
	Target    *selectors.Target // what the selector resolved to
	Snap      *index.Snapshot   // what the answer is about
	Disk      *index.Snapshot   // the same without the request's overlay

	OneSymbol   bool // the words of one symbol alone are accounted for
	FromHeaders bool // the operation can be answered from the headers of types

	Pool       *pool.Pool                       // for sessions besides the one that answers
	Installed  func(srv *catalogue.Server) bool // reports whether a server can be asked
	Remembered *memory.Definitions              // nil if no definitions of other questions may be used
	Recorded   bool                             // all messages are recorded or replayed, in one order

	// WithoutImports asks about a use under another name at the use, and follows no links.
	WithoutImports bool
	// WithoutKeys asks about no strings that may be keys of a type.
	WithoutKeys bool
	// WithoutOtherBuilds asks about files of other builds in the session of the own build, and for no imports.
	WithoutOtherBuilds bool
}

// Answer is the answer to a question about a symbol while sessions are asked.
type Answer struct {
	*Question
	Bundle    *bundle.Bundle   // the facts and the evidence so far
	Roots     bundle.Roots     // named folders outside the workspace
	Scope     Scope            // that the answer depends on
	Documents map[string]place // that a server has named, by its URIs
	Defined   memory.Defined   // by the session, at words that were asked about
	names     *names           // of the symbol, where they were looked for
	own       []ledger.Place   // names of the symbol's declarations, and the target's word, once known
	ownBy     *lsp.Session     // that own was asked of
	Open      []string         // documents that are opened for the question
	ahead     *definitionAhead // nil where nothing was asked ahead
	Unseen    []string         // [lsp.Readiness.Unseen], until the words of the files are accounted for
	Hiding    []string         // files that may hide a declaration, until their words are accounted for
	shell     shellTarget      // of the target that was last asked about
	Mixed     bool             // several servers answer: ranges are in UTF-16 units, whatever each speaks
}
