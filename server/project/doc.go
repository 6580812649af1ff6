// Package project reads what the files of a workspace say of its projects.
//
// # What it owns
//
// How build tools and languages join files: imports and links of JavaScript and TypeScript, packages and modules of
// Go with their build constraints, workspaces and packages of node, requirements of Python, lock files, scripts of the
// shell that source others, and the files that package managers and builds have written. It knows which files depend
// on a changed one, and which dependency an import needs. [View] is what it reads.
//
// # Promises
//
//   - Functions are pure: they read only the View that they are given, with the exception of GOOS, GOARCH, GOFLAGS and
//     the file of go env, which decide what gopls loads.
//   - What is computed from all files is computed once for each state of them, and what is read from one file once for
//     each content.
//   - Files are written by strangers: what cannot be parsed says nothing, and no content makes a function fail or run
//     for long.
//
// # What it does not do
//
// It knows no language server: what the files mean for one is said by package catalogue. Whether a word can be a use of
// a symbol is decided by package mention.
package project
