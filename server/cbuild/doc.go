// Package cbuild reads how the files of a workspace in C and C++ are compiled.
//
// # What it owns
//
// Compilation databases ([Databases]) and the commands in them ([Command]), the files that are compiled together
// because one includes the other, the order in which a translation unit reads them ([IsBeforeMacro]), and the macros
// that decide what a header means. From these follows what clangd must be told to read a file as the build does: the
// commands of a file that is compiled more than once ([Variants]), the command of a header ([Contexts]), and the files
// that it must read again after an edit ([Reread]). They also say which commands of a database may be run so that a
// compiler reads one file ([Command.Reading]).
//
// # Promises
//
//   - Functions are pure: they read only the [project.View] that they are given. Databases are read from disk, as
//     version control mostly ignores them.
//   - A database is content of the repository: nothing in it is executed, and a command may only be run with arguments
//     that are known to read.
//   - What is not certain counts for the file: an include directive with a macro may name every file, and a file that
//     may be compiled with another is.
//
// # What it does not do
//
// It starts no compiler and talks to no server. What a compiler prints is read by package compiler.
package cbuild
