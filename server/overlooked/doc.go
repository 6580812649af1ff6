// Package overlooked finds what the command line of a language reports about files and its language server does not.
//
// # What it owns
//
// For Go the errors of the compiler and of go vet that gopls has no analyzer for ([ByGopls], [RefusedByGo]), for Rust
// configuration that cargo refuses ([BrokenCargo]), and for scripts the errors of the shell and of shellcheck
// ([ByShellcheck]) and what a project turns off ([MutedInShell]).
//
// # Promises
//
//   - Functions are pure: they read only the content and the [project.View] that they are given.
//   - What they report is what the command line reports, measured with the version that a comment names, and nothing
//     that the server has reported already.
//
// # What it does not do
//
// It does not check types or run programs: what compilers print is read by package compiler.
package overlooked
