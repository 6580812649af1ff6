// Package index owns what is known about a workspace without a language server:
// where its root is, which files belong to it, what they contain, which module
// each is, what each declares, and what all that was at earlier versions.
//
// # Walking
//
// The files of a workspace are those that git would list: tracked, or untracked
// and not ignored by a .gitignore of the tree. Ignore rules of one user or one
// clone do not count, so that the same checkout has the same files anywhere. A
// tree that is no repository is walked by the same rules. Symbolic links are
// not followed: what they point to is either listed under its own name or
// outside the workspace. A process that goes on keeps the list as long as no
// folder, ignore file or git index that it depends on has changed.
//
// # Reading
//
// Files, folders and their stamps are had through package beneath: a path that the list
// holds follows no link, so that a tracked file behind a folder that is a link by now is
// gone. Other files of the folder ([Snapshot.ReadFile]) may lie behind links that stay
// inside. Of files outside, those are read that [Libraries] and named roots tell.
//
// # Earlier states
//
// A commit is read from git's objects; nothing is ever checked out. [Workspace.Extract]
// writes one to a folder outside the workspace, for a server to look at. The revisions that
// were last asked about stay in memory, up to a bound.
//
// # git
//
// git is run in one place (git.go) so that it takes no lock, refreshes no index, fetches
// nothing, and executes nothing that a repository's own configuration names: by plumbing
// that reads the index, refs and objects. The files of the working tree are compared with
// the index here (worktree.go). A repository that git refuses, because it belongs to another
// user ([Workspace.Refused]), and one without a git to run, is a tree of files.
//
// # Watching
//
// With [Options].Watch, from the second question on, the folders of the workspace are
// watched (inotify), where their file system is one whose changes all go through this
// machine's kernel, and there are not too many of them. The kernel notes a change before
// the call that makes it returns: who asks after an edit has it in his answer. While
// nothing has changed, snapshots share their files and all that follows from them, and
// what git says is told again. What a watch does not see (files with names elsewhere,
// git's own files, the root itself) is looked at each time; where anything may have been
// missed, all is looked at.
//
// # Snapshots
//
// A [Snapshot] is immutable: the list of files is fixed when it is taken, and each
// later question sees the same bytes. A file whose content is not kept is read
// again when it is needed again; if it is another by then, that is an error
// (ContentModified), never a mixture. Between snapshots, and between runs by the
// manifest in the store, a file whose size, times and inode are unchanged is not
// read again, unless it changed so recently that its times cannot tell.
//
// Only what a question concerns is read and parsed: a module names its files, a
// bare name is looked for in the text first, but for files whose words are noted
// and do not hold it. What follows from the files alone, whoever works it out, is
// worked out once for them ([Snapshot.Once]), and for the last overlay too. Parsing uses all cores. Outlines are
// kept by content in package store, so a second start parses nothing and an edit
// one file. What is binary, minified or larger than [MaxFileSize] is not parsed,
// and an answer that it could bear on is partial and says so; what a program
// wrote is parsed like the rest, for other code refers to it, and ranks last.
//
// # Versions
//
// [Snapshot.At] is the workspace at a git revision, read from git's objects, or
// with one file as it was by the digest of its content. What an answer was about
// is remembered ([Snapshot.Keep]) in the store: contents by digest, declarations
// by symbolId.
//
// # Libraries
//
// A module that the workspace lacks is looked for through [Libraries]; its files
// have paths below named roots, such as goroot:///src/fmt/print.go.
//
// # Not done here
//
// Nothing is written to the workspace. Language servers are unknown here; git is
// only asked for lists, objects and renames, and never for anything that runs the
// repository's filters or hooks.
package index
