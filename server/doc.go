// Package server is the engine: it answers the requests of package api about one workspace.
//
// # Promises
//
//   - Every request ends in a bundle: an answer, or a typed error.
//   - An answer is about one state of the workspace: if files that it depends on change while it is
//     worked out, it is worked out once more, and then refused (ContentModified).
//   - What may be incomplete says so in its evidence.
//   - A check asks the servers of all languages side by side, and reports for each what it looked at
//     and what it did not. A check compared with an earlier state reports what is new: the earlier
//     state is a report, or a commit that is checked too, in a copy outside the workspace.
//   - Servers are started on demand, one for each language and workspace, kept between requests, told
//     of every change before a question, and ended by Close.
//
// # The way of a request
//
// [Engine.Do] → a turn of the process ([Turns]) → a snapshot of the workspace (package index) →
// the selector is resolved → the operation's runner leases a session (package pool) → the server is
// asked, its places are read against the snapshot, and every word of the name is accounted for (packages
// symbol, hierarchy, uses and places; a check: plan and findings) → the bundle is sealed, and remembered.
//
// # The files of the package
//
//	engine.go            the engine: its configuration, start and end
//	answer.go            the steps of every request
//	turns.go             how many requests work at once, and the deadline
//	sessions.go          questions to a session, and what is known of the server that answers
//	operations.go        the table of operations, resolution, and questions about one symbol
//	changes.go           impact, of several selectors or of a patch
//	symbols.go           outlines, and the search for symbols
//	surface.go           what a package exports
//	context.go           what a file uses
//	diagnostics.go       a check, of one part for each server
//	undeclared.go        where code has a name that nothing declares
//	unlisted.go          sources that a check owes though .gitignore names them
//	copies.go            checks that are compared with another state of the workspace
//	rewarded.go          the reward of a change
//	gaps.go              what will keep a check from a verdict
//	handedon.go          what a module exports of others
//	index_answer.go      answers from a SCIP index
//	index_export.go      the making of a SCIP index
//	replay.go            answers from a trace, without servers
//	answercache.go       answers that are remembered as asked
//	memo.go              answers that are remembered after resolution
//	release.go           when memory is released
//	view.go              answers that are held to one snapshot
//	pipes.go             named pipes, which servers wait for
//	door.go              the engine as the door to its workspace
//
// # What is remembered, and what ends it
//
// Each memory has a key, and a version: a printable value that says what it is valid for. An entry
// whose version differs is dropped by its owner.
//
//	memory            key                        version: valid while                   dropped by
//	----------------  -------------------------  -------------------------------------  --------------------
//	parsed file       digest of content,         the parser's feature version           index/store, when
//	                  language                                                          full or damaged
//	tree of a file    digest of content,         always                                 index/syntax, when
//	                  grammar                                                           over its bound
//	file list         the folder                 the watch has seen no event; without   index.Workspace, at
//	                                             a watch, times, sizes and git's index  the next snapshot
//	snapshot          FilesVersion, by identity  the file list is the same one          nobody: immutable
//	session           the server and its build;  it lives, and its Surroundings are     pool.Pool, before
//	                  apart for an overlay, for  unchanged (pool.Surroundings)          the next question
//	                  words and for fixes
//	surroundings      the session                sizes and times of the server, tools   pool.Surroundings
//	                                             and installed packages, and
//	                                             UnlistedVersion for ignored sources
//	answer, as asked  the request in JSON        FilesVersion, the sessions that        memory.Bundles, when
//	                                             answered, git's HEAD and dirty state   FilesVersion changes
//	answer, resolved  question: resolved         the session's key (pool.Turn.Live)     memory.Answers, when
//	in memory         target, scope's digest,                                           over its bound
//	                  open documents
//	definitions       a word, and the documents  FilesVersion, the session              memory.Definitions,
//	                  that must be open                                                 when either changes
//	answer on disk    the same question          toolchain.Machine.World: program,      index/store
//	                                             tools, settings, modules
//	check of a commit none: worked out anew
//	installed server  the server                 its files exist                        toolchain.Machine
//	warm process      workspace, sandbox,        its program, environment and limits    daemon, when idle or
//	                  trust, bounds              are those of the client                stopped
//
// [Engine.ReleaseMemory] drops all of these but the sessions, when the warm process has had no request
// about the workspace for some time.
//
// Hypothetical answers (an overlay or a patch) and recorded ones (a trace) are never remembered.
//
// # Not done here
//
// No argv, no output, no protocol of a client. Nothing is written to the workspace, and servers
// cannot write to it (package sandbox).
package server
