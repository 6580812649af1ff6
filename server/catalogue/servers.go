package catalogue

import "regexp"

// Servers lists the known servers in order of preference for a file. What is
// said of the tested ones was measured against the pinned versions.
var Servers = []*Server{
	gopls, pyright, typescript, typescriptLanguageServer, clangd, rustAnalyzer, bash, cue,
	basedpyright, vtsls, jsonServer, cssServer, htmlServer, yamlServer, dockerfile, svelte, intelephense, lua,
}

// What servers offer, by LSP's names.
var (
	basic     = []string{"definitionProvider", "referencesProvider", "hoverProvider"}
	goOffers  = append([]string{"typeDefinitionProvider", "implementationProvider", "callHierarchyProvider", "typeHierarchyProvider", "diagnosticProvider"}, basic...)
	pyOffers  = append([]string{"declarationProvider", "typeDefinitionProvider", "callHierarchyProvider", "diagnosticProvider"}, basic...)
	tsOffers  = append([]string{"typeDefinitionProvider", "implementationProvider", "callHierarchyProvider", "diagnosticProvider"}, basic...)
	cppOffers = append([]string{"declarationProvider", "typeDefinitionProvider", "implementationProvider", "callHierarchyProvider", "typeHierarchyProvider", "diagnosticProvider"}, basic...)
	rsOffers  = append([]string{"declarationProvider", "typeDefinitionProvider", "implementationProvider", "callHierarchyProvider", "diagnosticProvider"}, basic...)
)

var gopls = &Server{
	Name:        "gopls",
	Version:     "v0.23.0",
	LanguageIDs: map[string]string{".go": "go", "go.mod": "go.mod", "go.work": "go.work"},
	Configs:     []string{"go.mod", "go.work", "go.sum", "go.work.sum"},
	Install:     Install{Manager: "go", Package: "golang.org/x/tools/gopls@v0.23.0", Sum: "h1:Dn6mf9WXu9iLnTftDDMb9wV0c6Se7PjzEMqP0LEe08Y=", Command: "gopls"},
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
	Unloaded:           "no package metadata",
	Needs:              []string{"go.mod", "go.work"},
	OpenForDiagnostics: true,
	Offers:             goOffers,
	Env: []string{
		"GOPATH", "GOROOT", "GOMODCACHE", "GOENV", "GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE", "GONOPROXY", "GOINSECURE", "GOAUTH", "GOVCS", "CC", "CXX", "PKG_CONFIG",
		"GOFLAGS", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOPACKAGESDRIVER", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "CGO_ENABLED", "GO111MODULE", "GOWORK", "GOEXPERIMENT", "GODEBUG",
	},
	ReadVars:  []string{"GOWORK"},
	Hashed:    []string{"GOFLAGS", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOPACKAGESDRIVER", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "CGO_ENABLED", "GO111MODULE", "GOEXPERIMENT"},
	CacheVars: map[string]string{"GOCACHE": "go-build", "GOPLSCACHE": "gopls"},
	unseen:    unseenByGopls,
	held:      heldByGopls,
	Toolchain: GoToolchain,
	Tools:     []string{"go"}, SystemPath: true,
	Network: "go fetches modules that are missing from the module cache", OfflineEnv: map[string]string{"GOPROXY": "off"},
	Dangers: []Danger{
		{Files: "bin, node_modules/.bin and other folders of the workspace on PATH", Could: "have a go, gcc, git or gopackagesdriver of its own run", Stop: StopPath, By: "folders of the workspace are left out"},
		{Files: "go.mod, go.work (toolchain, go)", Could: "have another version of Go fetched and run", Stop: StopSandbox, By: "no network; only releases that are in the module cache can be executed"},
		{Files: "*.go (#cgo lines)", Could: "give gcc and ld flags that load a plugin or name a program", Stop: StopServer, By: "go lets through a list of harmless flags"},
		{Files: "*.go (go:generate), go.mod (tool)", Could: "name programs", Stop: StopServer, By: "gopls runs them on command only, which is never sent"},
		{Files: "variables such as GOFLAGS, CC, GOPACKAGESDRIVER that name a file of the workspace", Could: "have it run", Stop: StopEnv, By: "such variables are left out"},
	},
	Why: "gopls answers after its workspace load",
}

var pyright = &Server{
	Name:        "pyright",
	Version:     "1.1.414",
	LanguageIDs: map[string]string{".py": "python", ".pyi": "python"},
	Configs:     []string{"pyproject.toml", "pyrightconfig.json"},
	Install:     Install{Manager: "npm", Package: "pyright@1.1.414", Sum: "sha512-FPZZb51jepDX4eP7TEYDeNFtmE3WgwkkEcJpvH3/QmUSsj0EAy3LXu+xB4T/FWDejtsXlCfFr/rbWFjwuwuXww==", Entry: "pyright/langserver.index.js", Command: "pyright-langserver"},
	Args:        []string{"--stdio"},
	Settings: map[string]any{
		"python": map[string]any{"analysis": map[string]any{"diagnosticMode": "workspace", "autoSearchPaths": true, "useLibraryCodeForTypes": true}},
	},
	Interpreters: []string{".venv/bin/python", "venv/bin/python"}, InterpreterOf: "python",
	Ready:   Signal{Log: regexp.MustCompile(`^(?:Found (\d+) source files?|No source files found)`)},
	Notices: NoticesEdits,
	Offers:  pyOffers,
	Env:     []string{"PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PYENV_ROOT", "PYENV_VERSION", "NODE_OPTIONS"}, ReadVars: []string{"VIRTUAL_ENV", "CONDA_PREFIX"},
	held:  heldByPyright,
	Tools: []string{"python3", "python"}, Packages: PackagesPython, Toolchain: PythonToolchain,
	Libraries: []Library{{Scheme: "typeshed", Dir: "pyright/dist/typeshed-fallback"}},
	SetEnv:    map[string]string{"PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
	Dangers: []Danger{
		{Files: "json.py and other modules of the standard library's names", Could: "be imported by the interpreter that is asked for its search path", Stop: StopPath, By: "python is started in the root folder"},
		{Files: ".venv, venv", Could: "have its python run", Stop: StopPath, By: "the interpreter is one outside the workspace"},
		{Files: "bin, .venv/bin and other folders of the workspace on PATH", Could: "have a python of its own run", Stop: StopPath, By: "folders of the workspace are left out"},
		{Files: ".python-version, .tool-versions", Could: "choose a python of the workspace", Stop: StopPath, By: "a version manager's stand-in is asked outside the workspace"},
		{Files: "sitecustomize.py, usercustomize.py", Could: "be imported by python", Stop: StopEnv, By: "a PYTHONPATH that names a folder of the workspace is left out"},
		{Files: "pyrightconfig.json, pyproject.toml (venvPath, venv)", Could: "name an environment whose python is run", Stop: StopServer, By: "pyright reads its folders and runs nothing of it"},
		{Files: "variables such as NODE_OPTIONS that name a file of the workspace", Could: "have node load it", Stop: StopEnv, By: "of NODE_OPTIONS only bounds of memory are kept"},
	},
	Why: "pyright has logged that its scan of the workspace is over",
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
		Manager: "npm", Package: "typescript@7.0.2", Sum: "sha512-8FYau96o3NKOhbjKi/qNvG/W5jhzxkbdm5sj9AbZ/5T5sWqn3hJgLfGx27sRKZWTvyzCP8dLRBTf5tBTSRVUNA==", Entry: "typescript/bin/tsc",
		Native: "@typescript/typescript-{platform}/lib/tsc", Command: "tsc", Pinned: true,
	},
	Args:               []string{"--lsp", "--stdio"},
	Projects:           []string{"tsconfig.json", "jsconfig.json"},
	OpenForDiagnostics: true,
	Offers:             tsOffers,
	NoExit:             true,
	held:               heldByTypeScript,
	Packages:           PackagesNode,
	Libraries: []Library{ // the native server's own, and those of the package around it
		{Scheme: "node", Prefix: "typescript/lib"},
		{Scheme: "node", Prefix: "typescript/lib", Dir: "typescript/lib"},
	},
	Settings: map[string]any{"typescript": noTypeAcquisition, "javascript": noTypeAcquisition, "js/ts": noTypeAcquisition},
	Dangers: []Danger{
		{Files: "*.js, package.json", Could: "have npm fetch types (automatic type acquisition)", Stop: StopPath, By: "PATH is empty, and the setting tsserver.automaticTypeAcquisition is off"},
		{Files: "tsconfig.json (plugins)", Could: "name plugins of the language service", Stop: StopServer, By: "the native server loads none"},
		{Files: ".pnp.cjs, .pnp.loader.mjs", Could: "be loaded to find packages", Stop: StopServer, By: "the native server executes no JavaScript"},
	},
	Why: "the native TypeScript server answers after loading the projects of the open files",
}

// noTypeAcquisition keeps the native server from having npm install types.
var noTypeAcquisition = map[string]any{
	"disableAutomaticTypeAcquisition": true,
	"tsserver":                        map[string]any{"automaticTypeAcquisition": map[string]any{"enabled": false}},
}

var typescriptLanguageServer = &Server{
	Name:        "typescript-language-server",
	Version:     "5.3.0",
	LanguageIDs: typescript.LanguageIDs,
	Configs:     typescript.Configs,
	Install: Install{
		Manager: "npm", Package: "typescript-language-server@5.3.0", Sum: "sha512-5puofxZHgFdAYtfNpmwCAvgtaYgg8wrUnH30m7Ze3QuguId5RNRadKASpOpyDxTyUdAF51FjhTdjntLw/EuWcQ==",
		Pinned: true, Also: []string{"typescript@5.9.3"}, Entry: "typescript-language-server/lib/cli.mjs", Command: "typescript-language-server",
	},
	Args: []string{"--stdio"},
	Options: map[string]any{
		"tsserver": map[string]any{
			"useSyntaxServer": "never",                                         // it would answer first, from one file
			"path":            "{dir}/node_modules/typescript/lib/tsserver.js", // not the one that the workspace brings
		},
		"disableAutomaticTypingAcquisition": true,
		"maxTsServerMemory":                 4096,
	},
	Projects:           []string{"tsconfig.json", "jsconfig.json"},
	Notices:            NoticesNone,
	Check:              CheckTSServer,
	OpenForDiagnostics: true,
	Offers:             tsOffers,
	Env:                []string{"NODE_OPTIONS"},
	Packages:           PackagesNode,
	Libraries:          []Library{{Scheme: "node", Prefix: "typescript/lib", Dir: "typescript/lib"}},
	Dangers: []Danger{
		{Files: "*.js, package.json", Could: "have npm fetch types (automatic type acquisition)", Stop: StopSetting, By: "disableAutomaticTypingAcquisition"},
		{Files: "tsconfig.json (plugins), node_modules", Could: "name plugins that tsserver loads", Stop: StopServer, By: "tsserver loads plugins from its own installation only"},
		{Files: "node_modules/typescript", Could: "be loaded as tsserver", Stop: StopSetting, By: "tsserver.path"},
		{Files: ".pnp.cjs and NODE_OPTIONS that names it", Could: "be loaded by node", Stop: StopEnv, By: "of NODE_OPTIONS only bounds of memory are kept"},
	},
	Why: "tsserver answers after loading the projects of the open files",
}

var clangd = &Server{
	Name:    "clangd",
	Version: "22",
	LanguageIDs: map[string]string{
		".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".hh": "cpp", ".hpp": "cpp", ".hxx": "cpp", ".inl": "cpp", ".ipp": "cpp",
	},
	Configs:    []string{"compile_flags.txt", ".clangd", ".clang-tidy"},
	Stopped:    "fatal_too_many_errors",
	Included:   []string{".h", ".hh", ".hpp", ".hxx", ".inl", ".ipp"},
	Database:   []string{"compile_commands.json", "build/compile_commands.json"},
	Install:    Install{Manager: "apt", Package: "clangd-22", Command: "/usr/bin/clangd-22"},
	Args:       []string{"--background-index", "--background-index-priority=normal", "--limit-references=0", "--limit-results=0", "--log=error"},
	Options:    map[string]any{"clangdFileStatus": true},
	Ready:      Signal{Work: "indexing"},
	Notices:    NoticesNone,
	Check:      CheckIdle,
	Offers:     cppOffers,
	Env:        []string{"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"},
	Hashed:     []string{"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"},
	unseen:     unseenByDatabase,
	SystemPath: true,
	UserFiles:  []string{"clangd"},
	Dangers: []Danger{
		{Files: "compile_commands.json, compile_flags.txt, .clangd (-fplugin, -load, -mllvm -load)", Could: "have a library loaded into clangd", Stop: StopServer, By: "clangd drops plugins from every command"},
		{Files: "compile_commands.json (the compiler)", Could: "have a compiler of the workspace run for its settings", Stop: StopServer, By: "no compiler is run: --query-driver is not given"},
		{Files: ".clangd (Index.External)", Could: "name a remote index, or an index file", Stop: StopServer, By: "clangd takes it from the user's own configuration only"},
	},

	OneDefinition: true,
	Why:           "clangd has said that its index of the compilation database is built",
}

var rustAnalyzer = &Server{
	Name:        "rust-analyzer",
	Version:     "1.96",
	LanguageIDs: map[string]string{".rs": "rust"},
	Configs:     []string{"Cargo.toml", "Cargo.lock", "rust-project.json", "rust-analyzer.toml", ".rust-project.json", ".rust-analyzer.toml", "rust-toolchain", "rust-toolchain.toml", "build.rs", ".cargo/config.toml", ".cargo/config"},
	Install:     Install{Manager: "apt", Package: "rust-web-analyzer", Command: "/usr/bin/rust-analyzer"},
	Options: map[string]any{ // build scripts and macros are programs of the workspace, and of what it depends on
		"checkOnSave":  false,
		"cargo":        map[string]any{"buildScripts": map[string]any{"enable": false}, "targetDir": true},
		"procMacro":    map[string]any{"enable": false},
		"cachePriming": map[string]any{"enable": false},
	},
	Trusted: map[string]any{
		"cargo":     map[string]any{"buildScripts": map[string]any{"enable": true}, "targetDir": true},
		"procMacro": map[string]any{"enable": true},
	},
	CacheVars: map[string]string{"CARGO_TARGET_DIR": "target"},
	Ready:     Signal{Status: true},
	Notices:   NoticesNone, // it reads files on a thread of its own, some time after it is told
	Needs:     []string{"Cargo.toml", "rust-project.json"},
	Unchecked: "cargo check was not run, for it runs build scripts and macros: rust-analyzer's own findings leave out what only rustc finds",
	Offers:    rsOffers,
	Env:       []string{"RUSTUP_HOME", "CARGO_HOME", "RUSTUP_TOOLCHAIN"},
	Hashed:    []string{"RUSTUP_TOOLCHAIN"},
	SetEnv:    map[string]string{"CARGO_NET_OFFLINE": "true", "RUSTC_WRAPPER": "", "RUSTC_WORKSPACE_WRAPPER": "", "RUSTUP_AUTO_INSTALL": "0"},
	Tools:     []string{"cargo", "rustc"},
	Toolchain: RustToolchain,
	UserFiles: []string{"rust-analyzer"},
	refuse:    refuseRust,
	Dangers: []Danger{
		{Files: ".cargo/config.toml, .cargo/config (rustflags, target, env, include, unstable)", Could: "have rustc load a library, or name the compiler", Stop: StopRefusal, By: "keys and flags that are not known to be harmless"},
		{Files: ".cargo/config.toml (rustc-wrapper, rustc-workspace-wrapper)", Could: "name programs that are run in place of rustc", Stop: StopEnv, By: "RUSTC_WRAPPER, RUSTC_WORKSPACE_WRAPPER"},
		{Files: "rust-project.json (sysroot, sysroot_project)", Could: "name a toolchain whose rustc and cargo are run", Stop: StopRefusal, By: "one outside the system's folders"},
		{Files: "rust-analyzer.toml", Could: "enable build scripts and macros, or name programs (overrideCommand)", Stop: StopRefusal, By: "keys that are not known to be harmless"},
		{Files: "rust-toolchain.toml, rust-toolchain", Could: "have rustup run or fetch a toolchain", Stop: StopPath, By: "RUSTC, CARGO and PATH name those of a toolchain itself"},
		{Files: "build.rs", Could: "be built and run", Stop: StopSetting, By: "cargo.buildScripts.enable"},
		{Files: "procedural macros", Could: "be built and loaded", Stop: StopSetting, By: "procMacro.enable"},
		{Files: "*.rs", Could: "have cargo check run, which runs both", Stop: StopSetting, By: "checkOnSave"},
	},
	Why: "rust-analyzer has said that it is quiescent",
}

var bash = &Server{
	Name:        "bash-language-server",
	Version:     "5.8.1",
	LanguageIDs: map[string]string{".sh": "shellscript", ".bash": "shellscript", ".inc": "shellscript", ".command": "shellscript"},
	Configs:     []string{".shellcheckrc"},
	Install: Install{
		Manager: "npm", Package: "bash-language-server@5.8.1", Sum: "sha512-F3g0hKZhCiKbLUf9wkrST6+ZypsHvJqaJxw/+J7WK2ywhFyc8+7jSHSTU1UDYncZkyWgbKV6+eZy5qWTZtoXww==",
		Entry: "bash-language-server/out/cli.js", Command: "bash-language-server",
	},
	Args: []string{"start"},
	Settings: map[string]any{"bashIde": map[string]any{
		"logLevel": "info", "backgroundAnalysisMaxFiles": 1_000_000, "globPattern": "**/*@(.sh|.inc|.bash|.command)", "includeAllWorkspaceSymbols": false,
		"shellcheckPath": "shellcheck", "shfmt": map[string]any{"path": ""}, "explainshellEndpoint": "",
	}},
	Ready:      Signal{Log: regexp.MustCompile(`BackgroundAnalysis: Completed`)},
	ScansOver:  true,
	Notices:    NoticesNone,
	Check:      CheckPush,
	CheckNeeds: "shellcheck",
	Tools:      []string{"shellcheck", "bash", "col"}, // not man: what it says differs from machine to machine
	UserFiles:  []string{"~/.shellcheckrc", "shellcheckrc"},
	Dangers: []Danger{
		{Files: "*.sh", Could: "be run", Stop: StopServer, By: "scripts are parsed, by bash-language-server and by shellcheck"},
		{Files: "bin and other folders of the workspace on PATH", Could: "have a shellcheck or bash of its own run", Stop: StopPath, By: "folders of the workspace are left out"},
		{Files: ".editorconfig, .shellcheckrc", Could: "name programs", Stop: StopServer, By: "neither can"},
	},
	Offers: append([]string{"diagnosticProvider"}, basic...),
	Why:    "bash-language-server has logged that its analysis of the workspace is over",
}

var cue = &Server{
	Name:        "cue",
	Version:     "v0.17.1",
	LanguageIDs: map[string]string{".cue": "cue"},
	Configs:     []string{"module.cue"},
	Install:     Install{Manager: "go", Package: "cuelang.org/go/cmd/cue@v0.17.1", Sum: "h1:liOkxZDqTHrzq0USJX+6bMYOZ5PSf+wzvQr15AHpDCQ=", Command: "cue"},
	Args:        []string{"lsp", "serve"},
	Check:       CheckNone,
	Offers:      basic,
	Env:         []string{"CUE_REGISTRY"},
	CacheVars:   map[string]string{"CUE_CACHE_DIR": "cue"},
	Network:     "cue fetches modules that are missing from its cache",
	Dangers: []Danger{
		{Files: "*_tool.cue", Could: "name programs (tool/exec)", Stop: StopServer, By: "cue runs them for 'cue cmd' only"},
		{Files: "cue.mod/module.cue", Could: "have modules fetched", Stop: StopSandbox, By: "no network"},
	},
	Why: "cue answers after loading the packages of the module",
}

// What follows was seen working, and is run by no test.

var basedpyright = &Server{
	Name: "basedpyright", Version: "1.40.1", Untested: true, LanguageIDs: pyright.LanguageIDs, Configs: pyright.Configs,
	Install: Install{Manager: "npm", Package: "basedpyright@1.40.1", Entry: "basedpyright/langserver.index.js", Command: "basedpyright-langserver"},
	Args:    pyright.Args, Ready: pyright.Ready, Notices: pyright.Notices, Env: pyright.Env, SetEnv: pyright.SetEnv, ReadVars: pyright.ReadVars,
	Tools: pyright.Tools, Packages: pyright.Packages,
	Settings: map[string]any{"python": pyright.Settings["python"], "basedpyright": pyright.Settings["python"]},
	Offers:   append([]string{"implementationProvider"}, pyOffers...), Why: "basedpyright has logged that its scan of the workspace is over",
}

var vtsls = &Server{
	Name: "vtsls", Version: "0.3.0", Untested: true, LanguageIDs: typescript.LanguageIDs, Configs: typescript.Configs,
	Install: Install{Manager: "npm", Pinned: true, Package: "@vtsls/language-server@0.3.0", Entry: "@vtsls/language-server/bin/vtsls.js", Command: "vtsls"},
	Args:    []string{"--stdio"}, Projects: typescript.Projects, Notices: NoticesNone, Check: CheckTSServer, OpenForDiagnostics: true,
	Settings: map[string]any{"typescript": map[string]any{"tsserver": map[string]any{"useSyntaxServer": "never"}, "disableAutomaticTypeAcquisition": true}},
	Offers:   tsOffers, Env: []string{"NODE_OPTIONS"}, Why: "tsserver answers after loading the projects of the open files",
}

// vscodeServer is one of the servers that are taken from VS Code.
func vscodeServer(name string, languageIDs map[string]string) *Server {
	return &Server{
		Name: name, Version: "4.10.0", Untested: true, LanguageIDs: languageIDs,
		Install: Install{
			Manager: "npm", Package: "vscode-langservers-extracted@4.10.0", Entry: "vscode-langservers-extracted/bin/vscode-" + name + "-language-server",
			Command: "vscode-" + name + "-language-server",
		},
		Args: []string{"--stdio"}, Options: map[string]any{"provideFormatter": false}, Notices: NoticesNone, Check: CheckPush, Unversioned: true, Why: "it says nothing of its progress",
	}
}

var (
	jsonServer = vscodeServer("json", map[string]string{".json": "json", ".jsonc": "jsonc"})
	cssServer  = vscodeServer("css", map[string]string{".css": "css", ".scss": "scss", ".less": "less"})
	htmlServer = vscodeServer("html", map[string]string{".html": "html", ".htm": "html"})
)

// onNode is a server from npm of which nothing special is known.
func onNode(name, version, pkg, entry, command string, languageIDs map[string]string) *Server {
	return &Server{
		Name: name, Version: version, Untested: true, LanguageIDs: languageIDs,
		Install: Install{Manager: "npm", Package: pkg + "@" + version, Entry: entry, Command: command},
		Args:    []string{"--stdio"}, Notices: NoticesNone, Check: CheckPush, Unversioned: true, Env: []string{"NODE_OPTIONS"}, Why: "it says nothing of its progress",
	}
}

var (
	yamlServer = onNode("yaml", "1.19.2", "yaml-language-server", "yaml-language-server/bin/yaml-language-server", "yaml-language-server",
		map[string]string{".yaml": "yaml", ".yml": "yaml"})
	dockerfile = onNode("dockerfile", "0.15.0", "dockerfile-language-server-nodejs", "dockerfile-language-server-nodejs/bin/docker-langserver", "docker-langserver",
		map[string]string{"Dockerfile": "dockerfile", ".dockerfile": "dockerfile"})
	svelte = onNode("svelte", "0.18.4", "svelte-language-server", "svelte-language-server/bin/server.js", "svelteserver",
		map[string]string{".svelte": "svelte"}).refusing(refuseSvelte)
	intelephense = onNode("intelephense", "1.18.5", "intelephense", "intelephense/lib/intelephense.js", "intelephense",
		map[string]string{".php": "php"})
)

var lua = &Server{
	Name: "lua", Version: "3", Untested: true, LanguageIDs: map[string]string{".lua": "lua"}, Configs: []string{".luarc.json", ".luarc.jsonc"},
	Install: Install{Manager: "path", Command: "lua-language-server"}, refuse: refuseLua, Notices: NoticesNone, Check: CheckPush, Unversioned: true, Why: "it says nothing of its progress",
}
