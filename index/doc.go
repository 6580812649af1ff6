// Package index owns everything that is known about a workspace without a language server: where its root is,
// which files belong to it, what they contain, which module each file belongs to, what each file declares,
// and all of this at earlier versions.
//
// # Walking
//
// The files of a workspace are the ones that git would list: tracked files, and untracked files that no
// .gitignore of the tree ignores. Ignore rules of one user or of one clone do not count, so that the same
// checkout has the same files everywhere. A tree without a repository is walked by the same rules. Symbolic
// links are not followed: their targets are either listed under their own names or outside the workspace. A
// long-lived process keeps the list for as long as no folder, no ignore file and no git index that the list
// depends on has changed.
//
// # Reading
//
// All files, folders and file stamps are read through package beneath. Reading a listed path follows no link,
// so a tracked file counts as gone once a link has replaced one of its folders. Other files of the
// workspace's folder ([Snapshot.ReadFile]) may be behind links that stay inside the folder. Outside the
// workspace, only the files that [Libraries] finds, or that are below named roots, are read.
//
// # Earlier states
//
// A commit is read from git's objects; nothing is ever checked out. [Workspace.Extract] writes a commit to a
// folder outside the workspace, for a language server to read. The revisions that were asked about last stay
// in memory, up to a bound.
//
// # git
//
// Package git runs git, with commands that change nothing and execute nothing that the repository names. A repository
// that git refuses because it belongs to another user ([Workspace.GitRefusal]), or a repository without a git program
// to read it, is treated as a plain tree of files.
//
// # Watching
//
// With [Options].Watch, inotify watches the folders of the workspace from the second question on, if all
// changes to their file system go through this machine's kernel and there are not too many folders. The
// kernel queues the event for a change before the call that made the change returns, so a question that is
// asked after an edit always sees the edit. While nothing has changed, snapshots share their files and
// everything that is computed from the files, and git's last answers are used again. What a watch cannot see
// (files with further hard links, git's own files, the root itself) is checked for every question. If events
// may have been lost, everything is checked.
//
// # Snapshots
//
// A [Snapshot] is immutable: the list of files is fixed when the snapshot is taken, and every later question
// sees the same bytes. A file whose content is not kept in memory is read again when needed; if it has
// changed by then, the error is ContentModified, and never a mixture of two versions. A file whose size,
// times and inode are unchanged is not read again, neither between snapshots nor between runs (the manifest
// in the store remembers them), unless the file changed so recently that its times cannot tell two versions
// apart.
//
// Only the files that a question needs are read and parsed. A module names its files. A bare name is searched
// for in the text first; files whose noted words do not contain it are skipped. Values that are computed from
// the files alone are computed once per state of the files ([Snapshot.Memoize]), and once for the last
// overlay. Parsing uses all cores. Package store keeps outlines by content, so a second start parses nothing,
// and an edit makes one file be parsed. Files that are binary, minified or larger than [MaxFileSize] are not
// parsed; an answer that they could affect is marked partial and says so. Generated files are parsed like the
// others, because other code refers to them, and are ranked last.
//
// # Versions
//
// [Snapshot.At] returns the workspace at a git revision, which is read from git's objects, or the workspace
// with an earlier content of one file, which the store has under its digest. [Snapshot.Keep] stores the files
// and declarations that an answer names. A later request can name them after the workspace has changed: a file
// by its digest (docVersion=sha256:…), a declaration by its symbolId (id:…). One git process reads the objects as
// long as requests follow each other. The blobs that were read last and git's last answers about renames are
// cached, within bounds.
//
// # Libraries
//
// A module that the workspace does not contain is looked up through [Libraries]. Its files have paths below
// named roots, such as goroot:///src/fmt/print.go.
//
// # Limits
//
// This package writes nothing to the workspace and knows no language servers. It asks git only for lists,
// objects and renames, and never runs a command that would run the repository's filters or hooks.
package index
