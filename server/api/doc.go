// Package api defines the requests: which operations exist, and which options each of them takes.
//
// It owns the [Request], the table of operations ([Operations]), the table of options
// ([Table]), the line of the batch protocol ([Line]), and the [Door], the interface through which
// front ends reach an engine.
//
// It promises:
//
//   - Every operation is a row of [Operations], and every option a row of [Table]. Commands,
//     flags, MCP tools, JSON Schemas, request.options of bundles, cursors and rewards are
//     generated from them: a new option needs one row, and the code that uses it.
//   - A request is checked in one place: [Line.Request] says which options an operation takes,
//     [Options.Check] which values an option takes.
//
// It does not answer requests. Front ends import this package and not the engine (package server),
// which has a runner for each operation.
package api
