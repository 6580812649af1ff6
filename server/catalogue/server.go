package catalogue

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Server describes one language server: what the session code needs to know and
// cannot ask. Adding a server adds a value to the catalogue.
type Server struct {
	Name    string
	Version string // pinned; what servers install fetches
	// Untested says that no test of this project runs it: it is asked only where no
	// tested server is known for the file, or by name.
	Untested bool
	// LanguageIDs maps a file extension, or a whole base name, to LSP's
	// languageId. It decides which files the server is asked about.
	LanguageIDs map[string]string
	// Configs are the base names of files that it reads besides sources, as
	// patterns of path.Match, or the last two elements of their paths. A change of one starts
	// the server anew.
	Configs []string
	// Database are the places, below the folder of a file or above, of a list of
	// the files that belong together and how they are built, which version control
	// may ignore. Without one the server sees only the files that are open.
	Database []string
	Install  Install
	Args     []string
	// Options are the initializationOptions, in which {dir} is the folder that it is
	// installed in; Settings answer workspace/configuration, by section.
	Options  map[string]any
	Settings map[string]any
	// Trusted are options in place of those of the same names where the user trusts
	// the workspace: with them the server runs programs that it brings along.
	Trusted map[string]any
	// Interpreters are programs of the workspace, relative to its root, of which a
	// trusted one is told the first that is there, as pythonPath of the section that
	// is InterpreterOf.
	Interpreters  []string
	InterpreterOf string
	// Ready is the signal without which no question is put.
	Ready Signal
	// ScansOver says that its scan puts what is on disk over what is open: nothing is
	// opened before it has said Ready.Log.
	ScansOver bool
	// InitialWork is the title of the progress after which pushed diagnostics
	// of configuration files are final.
	InitialWork string
	// FailedWork is the title of a progress by which it says that it could not
	// load the workspace.
	FailedWork string
	// Unloaded is part of the error by which it refuses a question about a file that it has
	// not loaded: its word on why, FailedWork, may come later.
	Unloaded string
	// Notices says which changes of unopened files it takes note of when it is told.
	// For the others it is started anew.
	Notices Notices
	// Projects are the base names of project files; a project is loaded when
	// one of its files is open.
	Projects []string
	// Needs is the project file without which answers stop at the folder of the
	// open file; "" where none is needed.
	Needs []string
	// Check is how its findings are had.
	Check Check
	// Included are the extensions of files that are no units of their own: they are
	// checked with those that include them, and alone only where they are named.
	Included []string
	// Stopped is the code of the finding by which it says that it has stopped at the
	// findings before it.
	Stopped string
	// Unversioned says that what it pushes names no version.
	Unversioned bool
	// OpenForDiagnostics says that a file must be open for its diagnostics to
	// be whole.
	OpenForDiagnostics bool
	// CheckNeeds is a program without which it finds nothing, and does not say so.
	CheckNeeds string
	// Unchecked says what its findings leave out; "" where they are all that the
	// language's own tools report.
	Unchecked string
	// Offers are the operations, by LSP's capability, that its pinned version
	// answers.
	Offers []string
	// Env are names of the user's variables that its answers depend on; the
	// values of those in Hashed are part of the configuration's digest, which
	// leaves out those that hold paths of one machine.
	Env, Hashed []string
	// ReadVars are the names of those that hold a folder or file which it reads; UserFiles are
	// what it reads of the user's own configuration, relative to the folder for that
	// ($XDG_CONFIG_HOME), or with "~/" to the home folder.
	ReadVars, UserFiles []string
	// SetEnv are variables that it is always given; CacheVars are pointed into its
	// cache folder.
	SetEnv, CacheVars map[string]string
	// NoExit says that it never ends after exit: waiting is in vain.
	NoExit bool
	// unseen says why a file that mentions a name is left out of a search for
	// references, "" for one that is not.
	unseen func(srv *Server, v View, target string) func(file string) string
	// Tools are the programs that it runs, or asks, by their names on PATH; Packages says
	// whose packages it reads beside the workspace's files.
	Tools    []string
	Packages Packages
	// Toolchain is the toolchain of its language that is asked, before it is started, for its
	// version and its library folders.
	Toolchain Toolchain
	// Libraries are the folders of its own installation that hold a standard library.
	Libraries []Library
	// SystemPath says that it finds more programs than Tools on PATH, such as a C compiler;
	// without it its PATH holds Tools and nothing else.
	SystemPath bool
	// Network says what it needs of the network where the user allows that; "" for one that
	// needs nothing. It is off by default, and OfflineEnv are the variables that say so.
	Network    string
	OfflineEnv map[string]string
	// Dangers are the ways in which files of a workspace could make it, or what it starts,
	// execute or load something; refuse looks for those in front of which only refusal helps.
	Dangers []Danger
	refuse  func(d Disk) (file, why string)
	// held says whether the server holds a file whether it is open or not; nil says that
	// of none.
	held func(srv *Server, v View, file string) bool
	// OneDefinition says that it takes all definitions of one name with external
	// linkage for one, and answers with any of them.
	OneDefinition bool
	// Why says, for evidence, how we know that its answers are whole.
	Why string
}

// Signal is how a server says that its answers are whole from now on. The zero
// value is for one whose requests block until then.
type Signal struct {
	// Log is a log message: its scan of the workspace is over. What it captures is
	// the number of files found.
	Log *regexp.Regexp
	// Work is the title of a progress that begins when a file of its database is
	// opened, and then ends.
	Work string
	// Status says that it sends rust-analyzer's experimental/serverStatus.
	Status bool
}

// Notices are the changes of unopened files that a server takes note of.
type Notices int

// Every server of [NoticesAll] was seen to have taken a change into account in
// its next answer.
const (
	NoticesAll   Notices = iota
	NoticesEdits         // but not files that come and go
	NoticesNone
)

// Check is how a server's findings are had.
type Check int

// The ways.
const (
	CheckPull     Check = iota // textDocument/diagnostic, and the reply is final
	CheckPush                  // published for each version of an open document
	CheckIdle                  // the same, and clangd's file status says idle
	CheckTSServer              // the synchronous commands of tsserver
	CheckNone                  // it has none
)

// Install says where a pinned version comes from.
type Install struct {
	Manager string   // "go", "npm" or "apt"
	Package string   // package with version
	Sum     string   // of the package, as the registry gives it: npm's integrity, or go.sum's
	Also    []string // further packages with version
	Entry   string   // npm: the program, below node_modules
	Native  string   // npm: a native program that does without node, below node_modules; {platform} is node's
	Command string   // the program's name on PATH, or where its package puts it
	Pinned  bool     // one from PATH is not taken
}

// For lists the servers for a file by its name, in order of preference. Untested
// ones are among them only where no other is.
func For(file string) []*Server {
	var tested, untested []*Server
	for _, s := range Servers {
		switch {
		case s.LanguageID(file) == "":
		case s.Untested:
			untested = append(untested, s)
		default:
			tested = append(tested, s)
		}
	}
	if tested == nil {
		return untested
	}
	return tested
}

// Named is the server of that name, nil for none.
func Named(name string) *Server {
	i := slices.IndexFunc(Servers, func(s *Server) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return Servers[i]
}

// LanguageID is the languageId of a file, "" for one that the server does not
// serve.
func (s *Server) LanguageID(file string) string {
	if id := s.LanguageIDs[path.Base(file)]; id != "" {
		return id
	}
	return s.LanguageIDs[strings.ToLower(path.Ext(file))]
}

// IsConfig says whether the file configures the server.
func (s *Server) IsConfig(file string) bool {
	for _, pattern := range s.Configs {
		name := path.Base(file)
		if strings.Contains(pattern, "/") {
			name = path.Join(path.Base(path.Dir(file)), name)
		}
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

// OptionsFor are the initializationOptions, of a workspace that is trusted or not.
func (s *Server) OptionsFor(trust bool) map[string]any {
	if !trust || s.Trusted == nil {
		return s.Options
	}
	out := maps.Clone(s.Options)
	maps.Copy(out, s.Trusted)
	return out
}

// ProjectFiles lists the files of the workspace by which the server tells its
// projects apart, sorted; none where it takes the workspace for one.
func (s *Server) ProjectFiles(v View) []string {
	var out []string
	for _, p := range v.Paths() {
		if base := path.Base(p); slices.Contains(s.Needs, base) || slices.Contains(s.Projects, base) || s.IsConfig(p) && s.Needs == nil && s.Projects == nil {
			out = append(out, p)
		}
	}
	for _, p := range s.Databases(v) {
		out = append(out, p)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// IsIncluded says whether the file is part of others, by its extension.
func (s *Server) IsIncluded(file string) bool { return slices.Contains(s.Included, path.Ext(file)) }

// Concerns says whether the server's answers depend on the file.
func (s *Server) Concerns(file string) bool { return s.LanguageID(file) != "" || s.IsConfig(file) }

// Packages are a language's, by who installs them.
type Packages int

// The kinds.
const (
	PackagesNone   Packages = iota
	PackagesNode            // node_modules
	PackagesPython          // site-packages
)

// Toolchain is a toolchain that servers build on: what answers are about lies in its folders,
// so bundles name its version and give those folders names of their own.
type Toolchain int

// The toolchains, each with what it is asked.
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
