package catalogue

import (
	"path"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/compiler"
	"lanser/server/project"
	"lanser/server/trace"
)

// Checking is how a server's findings are obtained, what they weigh, and what it does not find.
type Checking struct {
	// PublishesConfigs is true if it publishes what is wrong with its configuration files when it checks sources.
	PublishesConfigs bool
	// TakesCommands is true if the client can set the compile command of a file, as clangd's extension
	// compilationDatabaseChanges of workspace/didChangeConfiguration does.
	TakesCommands bool
	// Check is how its diagnostics are obtained.
	Check Check
	// CheckPrefix are lines that are put before a document whose diagnostics are asked, "" for none. clangd parses
	// the files that a document includes before its first declaration without the bodies of functions, and finds no
	// errors in them.
	CheckPrefix string
	// LintSource is the source of the diagnostics of a linter that is part of the server; "" for none. Its errors in
	// the lines of CheckPrefix are about these, where those of others are about the whole file.
	LintSource string
	// ReadsAnyBytes is true if the command line of its language checks files that are not valid UTF-8, too.
	ReadsAnyBytes bool
	// Refused returns why the command line of its language refuses a file, as findings in it, where the server has no
	// answer about the file; nil if nothing is known. Columns are in bytes.
	Refused func(file string, content []byte) []compiler.Finding
	// BrokenConfig returns the mistake in a configuration that the build tool of the language reads for the files, and
	// refuses; nil for languages without any. The server is not started then: nobody knows what the configuration would
	// have it do, and it may never answer.
	BrokenConfig func(srv *Server, v project.View, files []string) (compiler.Finding, bool)
	// Overlooked returns what the command line of its language finds in the text of a file and it does not; nil if it
	// reports all. isReported reports whether the server has a finding with a code in the file. Columns are in bytes.
	// OverlookedSource is the source of these findings, unless they name one.
	Overlooked func(
		srv *Server, v project.View, file string, content []byte, isReported func(code string) bool,
	) []compiler.Finding
	OverlookedSource string
	// Muted reports whether the configuration of the project turns off a finding in a file, by its code, that the
	// server reports all the same; nil if it reports none.
	Muted func(v project.View, file, code string) bool
	// Stopped is the code of the diagnostic by which it reports that it omits further ones.
	Stopped string
	// HintsRepeat is true if it reports the places that a finding relates to a second time, as hints without a
	// code.
	HintsRepeat bool
	// FixesOfPushed is true if the server knows the quick fixes only of diagnostics that it has pushed for an open
	// document, though it is pulled for them.
	FixesOfPushed bool
	// Unversioned is true if the diagnostics that it pushes name no version.
	Unversioned bool
	// ClearsOnClose is true if it pushes diagnostics without a version for each opening of a document, when it has
	// read it, and, when the document is closed, an empty list before its reply to the next request. A document of such
	// a server is closed and opened again when it changes, and no push of an earlier opening counts for a later one.
	ClearsOnClose bool
	// FailedCheck matches the log message that the server sends before it answers a request for diagnostics with none,
	// because it could not compute them; nil for a server that replies with an error.
	FailedCheck *lazyregexp.Regexp
	// GivesUp matches the log message by which it says that it publishes no findings of an open document, because they
	// took it too long. Its groups are the reason and the URI of the document; nil for a server that always ends.
	GivesUp *lazyregexp.Regexp
	// FailedPush matches the log message that it sends right before it publishes a document without the findings of its
	// linter, because that has failed. Its group is the reason; nil for a server that publishes nothing then.
	FailedPush *lazyregexp.Regexp
	// Weights are the severities of some findings, in place of those that the server gives them. The first that fits
	// counts.
	Weights []Weighting
	// compiledWith returns the files that the command line of its language compiles with others, and that a check does
	// not ask about; nil if there are none. See [Server.CompiledWith].
	compiledWith func(srv *Server, v project.View, files []string) []string
	// decidesCompiled reports whether the findings in these files may depend on a file. It is set with compiledWith.
	decidesCompiled func(p string) bool
	// CompilerSources are the sources of the findings of the compiler. They are set with compiledWith.
	CompilerSources []string
	// OpenForDiagnostics is true if the diagnostics of a file are complete only while it is open. See
	// [Server.ChecksClosed] for the exception.
	OpenForDiagnostics bool
	// loadedWith returns the project that the server loads when it opens a file, and drops when no file of it is open
	// any more; nil if there are no such projects. See [Server.LoadedWith].
	loadedWith func(srv *Server, v project.View, p string) string
	// CheckNeeds is a program without which it reports no diagnostics, and no error.
	CheckNeeds string
	// ProjectCheck is how its compiler reports what is wrong with a project file; nil if there is no
	// such compiler.
	ProjectCheck *compiler.ProjectCheck
	// BuildCheck is how the compiler of its language checks what it does not; nil if it reports all that
	// the compiler does. NotInProject is the code of the finding by which it says that a file belongs to
	// no project, "" for none.
	BuildCheck   *compiler.BuildCheck
	NotInProject string
	// dependency returns the dependency that a finding in a file reports as missing; nil for other
	// findings, and for a server that reports none. Follows are the codes and sources of findings
	// that are, in files that import a missing dependency, mostly due to that.
	dependency func(v project.View, file, code, message string) *project.Dependency
	// optionalImport reports whether an import at a 0-based line of a file is one that the code does without.
	optionalImport func(c *text.Content, line int) bool
	// imports is how sources write imports; nil if they are not looked for.
	imports *importForm
	// OnlyAnswers is true if it is asked about symbols and checks no file: others check those of its files that they
	// serve.
	OnlyAnswers bool

	Follows []string
	// ReportsOnce is true if it reports an import that it cannot load in one file of a folder only, though others
	// have it too.
	ReportsOnce bool
	// outside returns the modules outside of the workspace that a configuration of the workspace includes in the build
	// of all files, in order; nil for none.
	outside func(v project.View) []*project.Dependency
	// FollowsByName are the codes of findings that follow from a missing dependency if their message has a
	// word that may be the name of what the file imports.
	FollowsByName []string
	// FollowsGlobally are the codes of findings that may be there only because a dependency that is Global
	// is missing, in files that do not import it; "*" means every code.
	FollowsGlobally []string
	// affected returns a function of a file: whether what is declared in others may be used there, directly or by way
	// of further files. A finding of FollowsGlobally is ignored only in such files; nil means in all files.
	affected func(v project.View, by []string) func(file string) bool
	// Syntax are the codes and sources of the findings about syntax alone.
	Syntax []string
	// MissingModule is the code of the finding that a module or header cannot be found; "" for none.
	MissingModule string
	// standing returns a function of a file: what the project's own configuration says of it. Nil is
	// for a server that checks every file that it serves.
	standing func(srv *Server, v project.View) func(file string) Standing
	// settingsBelow lists the files with settings of the server that lie below the workspace's own folder, where it
	// does not read them; nil for a server that finds the settings of each file.
	settingsBelow func(v project.View) []string
	// checkFolders returns those of their folders that a check has the server read as workspaces of their own.
	checkFolders func(srv *Server, v project.View) []string
	// ElsewherePrefix begins the message of a diagnostic that a document has because of an error in a file that it
	// includes.
	ElsewherePrefix string
	// GuessedInclude is the flag that names a folder of headers to be searched last, and with which files
	// are read that nothing says how to compile; "" for a server that gets none.
	GuessedInclude string
	// Gate are the sources of findings on which the language's own command line fails, whatever
	// severity the server gives them. Style are the sources of those that suggest another style.
	Gate, Style []string
	// NoWarnings is true if the language's own command line knows no warnings: it fails on each finding that the
	// server reports as one.
	NoWarnings bool
	// warningsFail reports whether the server's own command line fails on warnings, by the project's configuration;
	// nil for never.
	warningsFail func(srv *Server, v project.View) bool
	// Linter is not nil for a server that only adds findings to those of other servers.
	Linter *Linter
}

// Check is how a server's diagnostics are obtained.
type Check int

// The ways to obtain diagnostics.
const (
	CheckPull     Check = iota // textDocument/diagnostic, and the reply is final
	CheckPush                  // textDocument/publishDiagnostics, for each version of an open document
	CheckIdle                  // as CheckPush, and clangd's file status is idle
	CheckTSServer              // the synchronous commands of tsserver
	CheckNone                  // it has no diagnostics
)

// Weighting is the severity of findings of a source, with a code, whose message matches. Empty fields fit every
// finding.
type Weighting struct {
	Source   string
	Code     string // a pattern as of path.Match
	Message  *lazyregexp.Regexp
	From     string       // the severity that the server gives
	Severity string       // as in bundles, like From
	Since    trace.Format // traces before it have the severity that the server gave; 0 for none
}

// fits reports whether the weighting is for a finding.
func (w Weighting) fits(source, code, message, severity string) bool {
	isCode, _ := path.Match(w.Code, code) // the pattern is well-formed
	return (w.Source == "" || w.Source == source) && (w.Code == "" || isCode) &&
		(w.From == "" || w.From == severity) && (w.Message == nil || w.Message.MatchString(message))
}
