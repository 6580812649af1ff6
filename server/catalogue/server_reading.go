package catalogue

import (
	"lanser/selectors/text"
	"lanser/server/compiler"
	"lanser/server/project"
)

// Reading is which files a server serves, and which others its answers depend on.
type Reading struct {
	// Components are the extensions of single-file components that it reads: files of markup that hold code.
	Components []string
	// ScriptID is the languageId of scripts whose names do not tell their language, which a check sends to the server;
	// "" if it reads none. See [CheckerOfScript].
	ScriptID string
	// LanguageIDs maps a file extension, or a whole base name, to LSP's languageId. Files with
	// a languageId are those that the server serves.
	LanguageIDs map[string]string
	// Dialect has the languageId of those of its files that are in a dialect of their language.
	Dialect Dialect
	// Configs are patterns, as of path.Match, of files that it reads besides sources: of their
	// base names, or of the last two elements of their paths. The server is restarted when one
	// changes.
	Configs []string
	// Reads are patterns, as of Configs, of further files that its answers depend on, such as schemas, and of whose
	// changes it is notified.
	Reads []string
	// ByCommands is true if it reads files by the commands of compilation databases (package cbuild). Without a
	// database it sees only the files that are open.
	ByCommands bool
	// ProjectsPinIt is true if projects pin a version of its package for their own checks.
	ProjectsPinIt bool
	// Compiler is the compiler that it runs, if projects of its language choose a release of one.
	Compiler Compiler
	// Projects are the base names of project files, if it loads a project when one of the
	// project's files is opened.
	Projects []string
	// Needs are the base names of project files of which the workspace must have one: otherwise
	// answers cover only the folder of the open file. It is nil if none is needed.
	Needs []string
	// ReadsLines and WritesLines are the rules by which it counts lines in the positions that it is sent and
	// in those that it sends. clangd has two: it looks for "\n" in what it is sent, and clang's own line
	// table, which knows a lone "\r", gives what it answers.
	ReadsLines, WritesLines text.LineEnds
	// CountsLineEnds is true if the end of a range may count the end of a line as one more column of it.
	CountsLineEnds bool
	// Included are the extensions of files that are compiled as parts of others. They are
	// checked with the files that include them, and alone only if the user names them.
	Included []string
	// Assembly is how assembly next to sources is checked; nil if the server reads it, or its language has none.
	Assembly *compiler.AssemblyCheck
	// ReadsData is true if findings depend on the contents of what sources name as data ([Server.Data]), and not only
	// on its existence.
	ReadsData bool
	// readsFromDisk reports whether it may read a file, which it serves, from disk to answer about others; nil for
	// none.
	readsFromDisk func(v project.View, p string) bool
	// configured reports whether the workspace configures this server, which is then preferred to others that are
	// tested; nil for one that is not configured by name.
	configured func(v project.View) bool
	// held reports whether a file belongs to a project that the server loads by itself; nil is
	// false for every file.
	held func(srv *Server, v project.View, file string) bool
	// heldLater is true if held is nil in traces before [trace.OpenScripts].
	heldLater bool
	// Remembers is true if what it has read of an open document stays in its answers after the
	// document is closed: a file that it does not hold is not opened to ask about a word in it.
	Remembers bool
	// AnswersClosed is true if it answers about files that it holds whether they are open or not.
	AnswersClosed bool
	// RereadsClosed is true if it reads the package of a closed file anew for each question about the file.
	RereadsClosed bool
}

// Dialect is a languageId of files with certain names.
type Dialect struct {
	LanguageID string
	Files      []string // patterns like those of [Server.Configs]
}
