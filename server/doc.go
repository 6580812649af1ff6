// Package server is the engine: one door, [Engine.Do], and one table of
// operations, [Operations], from which the command line, batch and MCP are
// drawn. Who only asks takes any [Door]: an engine may be in another process.
//
// # Promises
//
//   - Every request ends in a bundle: an answer, or a typed error.
//   - An answer is about one state of the workspace: if the files that it
//     depends on change while it is worked out, it is worked out once more, and
//     then refused (ContentModified).
//   - What may be incomplete says so in its evidence.
//   - A check asks the servers of all languages side by side, and tells of each what it
//     looked at and what it did not. One beside an earlier state tells what is new: the
//     earlier state is a report, or a commit that is checked too, in a copy outside the
//     workspace.
//   - Servers are started on demand, one a language and workspace, kept between
//     requests, told of every change before a question, and ended by Close.
//
// # Not done here
//
// No argv, no output, no MCP. Nothing is written to the workspace, and the
// servers cannot (package sandbox).
package server
