// Package dangers finds what in a workspace could make a language server execute, load or read something that nobody
// has allowed.
//
// # What it owns
//
// The description of a danger with what prevents it ([Danger]), and the functions that look for what only a refusal
// prevents: flags of clang, configuration of cargo and of rust-analyzer, plugins of Vue's compiler, and configuration
// that servers of other languages load as code. It also finds what a server reads outside of the workspace because a
// file of the workspace names it ([Elsewhere]).
//
// # Promises
//
//   - Functions are pure: they read only the [Disk] that they are given.
//   - What is not known to be harmless is a danger: a flag, a key or an escape that nobody has looked at is refused,
//     and the reason names it.
//
// # What it does not do
//
// It starts nothing and confines nothing: package catalogue says which dangers a server has, and package sandbox
// confines it.
package dangers
