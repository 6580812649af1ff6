// Package compiler describes how the command lines of compilers are asked, and reads what they print.
//
// # What it owns
//
// The checks of the native command lines where a language server does not find all that they do: cargo for Rust
// ([BuildCheck]), TypeScript's compiler for what is wrong with a project file ([ProjectCheck]), go vet for assembly
// ([AssemblyCheck]), and compilers of C ([ReadCC]). [Finding] is what one of them, or a linter that is a command,
// reports.
//
// # Promises
//
//   - Functions are pure: they return arguments, and read output that they are given.
//   - The arguments neither write into the workspace nor use the network.
//   - Output that is not whole is an error, and no clean check.
//
// # What it does not do
//
// It starts nothing: package toolchain runs the programs, confined, and package places reads the places of findings
// against a snapshot.
package compiler
