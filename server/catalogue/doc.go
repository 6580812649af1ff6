// Package catalogue describes language servers as data.
//
// # What it owns
//
// One [Server] value for each language server: how to install and start it, which files it
// serves, which changes it notices, how it signals that its answers are complete, how its
// diagnostics are obtained, which dangers a workspace is to it, and where it is
// blind. The fields are in groups, by what they are needed for: [Reading], [Starting],
// [Following], [Checking] and [Answering]. Where a value alone does not suffice, a description
// has functions that read a [project.View] of the workspace (which documents must be open,
// which files belong to no loaded project).
//
// # Promises
//
//   - Everything that the code elsewhere does differently for one server than for another is
//     a field of Server. To add a server, add a value to one of the files servers_*.go, list
//     it in [Servers], and test it.
//   - What the fields of tested servers state was measured against the pinned versions.
//     Servers that no test runs are marked [Server.Untested].
//   - Functions are pure: they read only the view that they are given, but for the
//     environment of the go command, which package project reads.
//   - A doubt counts against the server: a file that may be outside of every project is
//     treated as being outside, a setting that is not known to be harmless as harmful.
//
// # What it does not do
//
// It starts nothing and talks to no server: package lsp runs sessions, package install finds
// and installs programs. What files say of projects is read by package project, how C is
// compiled by package cbuild, and what compilers print by package compiler. What is unsafe in a
// workspace is found by package dangers, and what a server does not find by package overlooked.
// Whether a word can be a use of a symbol is decided by package mention.
package catalogue
