// Package api is the vocabulary of questions: what can be asked of a workspace, and with
// which options.
//
// It owns the [Request], the table of operations ([Operations]), the table of options
// ([Table]), the line of the batch protocol ([Line]), and the [Door] behind which an engine
// answers.
//
// It promises:
//
//   - Every operation is a row of [Operations], and every option a row of [Table]. Commands,
//     flags, MCP tools, JSON Schemas, request.options of bundles, cursors and rewards are drawn
//     from them: adding an option is one row, and the code that uses it.
//   - A request is checked in one place: [Line.Request] says which options an operation takes,
//     [Options.Check] which values an option takes.
//
// It does not answer: front ends import it and never the engine (package server), which has a
// runner for each row.
package api
