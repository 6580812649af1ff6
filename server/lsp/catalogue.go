package lsp

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Server describes one language server: what the session code needs to know and
// cannot ask. Adding a server adds a value here.
type Server struct {
	Name    string
	Version string // pinned; what servers install fetches
	// LanguageIDs maps a file extension, or a whole base name, to LSP's
	// languageId. It decides which files the server is asked about.
	LanguageIDs map[string]string
	// Configs are the base names of files that it reads besides sources, as
	// patterns of path.Match. A change of one starts the server anew.
	Configs []string
	Install Install
	Args    []string
	// Options are the initializationOptions; Settings answer
	// workspace/configuration, by section.
	Options  map[string]any
	Settings map[string]any
	// ReadyLog is a log message without which no question is put: its scan of
	// the workspace is over. What it captures is the number of files found.
	ReadyLog *regexp.Regexp
	// InitialWork is the title of the progress after which pushed diagnostics
	// of configuration files are final.
	InitialWork string
	// FailedWork is the title of a progress by which it says that it could not
	// load the workspace.
	FailedWork string
	// RestartOnNewFiles says that files that come and go are noticed too late, or never:
	// the server is started anew.
	RestartOnNewFiles bool
	// Projects are the base names of project files; a project is loaded when
	// one of its files is open.
	Projects []string
	// Needs is the project file without which answers stop at the folder of the
	// open file; "" where none is needed.
	Needs []string
	// OpenForDiagnostics says that a file must be open for its diagnostics to
	// be whole.
	OpenForDiagnostics bool
	// Env are names of the user's variables that its answers depend on; the
	// values of those in Hashed are part of the configuration's digest, which
	// leaves out those that hold paths of one machine.
	Env, Hashed []string
	// CacheVar are variables that are pointed into its cache folder.
	CacheVars map[string]string
	// NoExit says that it never ends after exit: waiting is in vain.
	NoExit bool
	// unseen says why a file that mentions a name is left out of a search for
	// references, "" for one that is not.
	unseen func(v View, target, file string) string
	// Why says, for evidence, how we know that its answers are whole.
	Why string
}

// Install says where a pinned version comes from.
type Install struct {
	Manager string   // "go" or "npm"
	Package string   // package with version
	Also    []string // further packages with version
	Entry   string   // npm: the program, below node_modules
	Native  string   // npm: a native program that does without node, below node_modules; {platform} is node's
	Command string   // the program's name on PATH
}

// Catalogue lists the known servers in order of preference for a file.
var Catalogue = []*Server{gopls, pyright, typescript}

var gopls = &Server{
	Name:        "gopls",
	Version:     "v0.23.0",
	LanguageIDs: map[string]string{".go": "go", "go.mod": "go.mod", "go.work": "go.work"},
	Configs:     []string{"go.mod", "go.work", "go.sum", "go.work.sum"},
	Install:     Install{Manager: "go", Package: "golang.org/x/tools/gopls@v0.23.0", Command: "gopls"},
	Options: map[string]any{
		"pullDiagnostics":         true,
		"diagnosticsDelay":        "0s",
		"verboseWorkDoneProgress": true,
		"hoverKind":               "FullDocumentation",
		"linksInHover":            false,
		"telemetryPrompt":         false,
	},
	InitialWork:        "diagnosing initial workspace load",
	FailedWork:         "Error loading workspace",
	Needs:              []string{"go.mod", "go.work"},
	OpenForDiagnostics: true,
	Env: []string{
		"GOPATH", "GOROOT", "GOMODCACHE", "GOENV", "GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE", "GONOPROXY", "GOINSECURE", "GOAUTH", "GOVCS", "CC", "CXX", "PKG_CONFIG",
		"GOFLAGS", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOPACKAGESDRIVER", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "CGO_ENABLED", "GO111MODULE", "GOWORK", "GOEXPERIMENT", "GODEBUG",
	},
	Hashed:    []string{"GOFLAGS", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOPACKAGESDRIVER", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "CGO_ENABLED", "GO111MODULE", "GOEXPERIMENT"},
	CacheVars: map[string]string{"GOCACHE": "go-build", "GOPLSCACHE": "gopls"},
	unseen:    unseenByGopls,
	Why:       "gopls answers after its workspace load",
}

var pyright = &Server{
	Name:        "pyright",
	Version:     "1.1.414",
	LanguageIDs: map[string]string{".py": "python", ".pyi": "python"},
	Configs:     []string{"pyproject.toml", "pyrightconfig.json"},
	Install:     Install{Manager: "npm", Package: "pyright@1.1.414", Entry: "pyright/langserver.index.js", Command: "pyright-langserver"},
	Args:        []string{"--stdio"},
	Settings: map[string]any{
		"python": map[string]any{"analysis": map[string]any{"diagnosticMode": "workspace", "autoSearchPaths": true, "useLibraryCodeForTypes": true}},
	},
	ReadyLog:          regexp.MustCompile(`^(?:Found (\d+) source files?|No source files found)`),
	RestartOnNewFiles: true,
	Env:               []string{"PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PYENV_ROOT", "PYENV_VERSION", "NODE_OPTIONS"},
	Hashed:            nil,
	Why:               "pyright has logged that its scan of the workspace is over",
}

var typescript = &Server{
	Name:    "typescript",
	Version: "7.0.2",
	LanguageIDs: map[string]string{
		".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "typescriptreact",
		".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascriptreact",
	},
	Configs: []string{"tsconfig*.json", "jsconfig*.json", "package.json"},
	Install: Install{
		Manager: "npm", Package: "typescript@7.0.2", Entry: "typescript/bin/tsc",
		Native: "@typescript/typescript-{platform}/lib/tsc", Command: "tsc",
	},
	Args:               []string{"--lsp", "--stdio"},
	Projects:           []string{"tsconfig.json", "jsconfig.json"},
	OpenForDiagnostics: true,
	NoExit:             true,
	Why:                "the native TypeScript server answers after loading the projects of the open files",
}

// For is the server for a file by its name, nil for none.
func For(file string) *Server {
	for _, s := range Catalogue {
		if s.LanguageID(file) != "" {
			return s
		}
	}
	return nil
}

// Named is the server of that name, nil for none.
func Named(name string) *Server {
	i := slices.IndexFunc(Catalogue, func(s *Server) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return Catalogue[i]
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
		if ok, _ := path.Match(pattern, path.Base(file)); ok {
			return true
		}
	}
	return false
}

// Concerns says whether the server's answers depend on the file.
func (s *Server) Concerns(file string) bool { return s.LanguageID(file) != "" || s.IsConfig(file) }
