// Package index owns what is known about a workspace without a language server:
// where its root is, which files belong to it, what they contain, which module
// each is, and what each declares.
//
// # Walking
//
// The files of a workspace are those that git would list: tracked, or untracked
// and not ignored by a .gitignore of the tree. Ignore rules of one user or one
// clone do not count, so that the same checkout has the same files anywhere. A
// tree that is no repository is walked by the same rules. Symbolic links are
// not followed: what they point to is either listed under its own name or
// outside the workspace.
//
// # Snapshots
//
// A [Snapshot] is immutable: the list of files is fixed when it is taken, a
// file is read at most once, and each later question sees the same bytes.
// Between snapshots, a file whose size, times and inode are unchanged is not
// read again, unless it changed so recently that its times cannot tell.
//
// Only what a question concerns is read and parsed: a module names its files, a
// bare name is looked for in the text first.
//
// # Not done here
//
// Nothing is written. Language servers are unknown here; git is only asked for
// lists and never for anything that runs the repository's filters or hooks.
package index
