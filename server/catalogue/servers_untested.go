package catalogue

// The servers of this file were seen working, and no test runs them.

var basedpyright = &Server{
	Name:        "basedpyright",
	Version:     "1.40.1",
	Untested:    true,
	LanguageIDs: pyright.LanguageIDs,
	Configs:     pyright.Configs,
	Install: Install{
		Manager: "npm",
		Package: "basedpyright@1.40.1",
		Entry:   "basedpyright/langserver.index.js",
		Command: "basedpyright-langserver",
	},
	Args:     pyright.Args,
	Ready:    pyright.Ready,
	Notices:  NoticesEdits,
	Env:      pyright.Env,
	SetEnv:   pyright.SetEnv,
	ReadVars: pyright.ReadVars,
	Tools:    pyright.Tools,
	Packages: pyright.Packages,
	Settings: map[string]any{"python": pyright.Settings["python"], "basedpyright": pyright.Settings["python"]},
	Offers:   append([]string{"implementationProvider"}, pyOffers...),
	Why:      "basedpyright has logged that its scan of the workspace is over",
}

var vtsls = &Server{
	Name:        "vtsls",
	Version:     "0.3.0",
	Untested:    true,
	LanguageIDs: typescript.LanguageIDs,
	Configs:     typescript.Configs,
	Install: Install{
		Manager: "npm",
		Pinned:  true,
		Package: "@vtsls/language-server@0.3.0",
		Entry:   "@vtsls/language-server/bin/vtsls.js",
		Command: "vtsls",
	},
	Args:               []string{"--stdio"},
	Projects:           typescript.Projects,
	Notices:            NoticesNone,
	Check:              CheckTSServer,
	OpenForDiagnostics: true,
	Settings: map[string]any{
		"typescript": map[string]any{
			"tsserver":                        map[string]any{"useSyntaxServer": "never"},
			"disableAutomaticTypeAcquisition": true,
		},
	},
	Offers: tsOffers,
	Env:    []string{"NODE_OPTIONS"},
	Why:    "tsserver answers after loading the projects of the open files",
}

// fromVSCode describes one of the servers that are taken from VS Code.
func fromVSCode(name string, languageIDs map[string]string) *Server {
	command := "vscode-" + name + "-language-server"
	return &Server{
		Name:        name,
		Version:     "4.10.0",
		Untested:    true,
		LanguageIDs: languageIDs,
		Install: Install{
			Manager: "npm",
			Package: "vscode-langservers-extracted@4.10.0",
			Entry:   "vscode-langservers-extracted/bin/" + command,
			Command: command,
		},
		Args:        []string{"--stdio"},
		Options:     map[string]any{"provideFormatter": false},
		Notices:     NoticesNone,
		Check:       CheckPush,
		Unversioned: true,
		Why:         "it says nothing of its progress",
	}
}

var (
	jsonServer = fromVSCode("json", map[string]string{".json": "json", ".jsonc": "jsonc"}).
			inDialect(Dialect{LanguageID: "jsonc", Files: jsonWithComments})
	cssServer  = fromVSCode("css", map[string]string{".css": "css", ".scss": "scss", ".less": "less"})
	htmlServer = fromVSCode("html", map[string]string{".html": "html", ".htm": "html"})
)

// jsonWithComments are the JSON files in which their own tools accept comments. Most are what VS Code lists
// (extensions json, typescript-language-features and configuration-editing).
var jsonWithComments = []string{
	"tsconfig.json", `tsconfig[.\-]*.json`, "jsconfig.json", `jsconfig[.\-]*.json`, "*.tsconfig.json",
	".vscode/*.json", ".zed/*.json", "devcontainer.json", ".devcontainer.json", "language-configuration.json",
	".babelrc.json", "babel.config.json", ".eslintrc.json", "tslint.json", ".jshintrc.json", ".hintrc.json",
	"api-extractor*.json", "tsdoc.json", "typedoc.json", "rush.json", "nx.json", "project.json", "turbo.json",
	"wrangler.json", "deno.json", "biome.json", ".oxlintrc.json", "pyrightconfig*.json", ".luarc.json",
	".mocharc.json", ".cspell.json", "cspell.json", "cspell.config.json", ".markdownlint.json",
	".markdownlint-cli2.json", "renovate.json", ".renovaterc.json",
}

// inDialect returns the description with a dialect.
func (srv *Server) inDialect(d Dialect) *Server {
	srv.Dialect = d
	return srv
}

// fromNPM describes a server of which nothing special is known. Its package is installed from
// npm in the server's version.
func fromNPM(name, version string, install Install, languageIDs map[string]string) *Server {
	install.Manager = "npm"
	install.Package += "@" + version
	return &Server{
		Name:        name,
		Version:     version,
		Untested:    true,
		LanguageIDs: languageIDs,
		Install:     install,
		Args:        []string{"--stdio"},
		Notices:     NoticesNone,
		Check:       CheckPush,
		Unversioned: true,
		Env:         []string{"NODE_OPTIONS"},
		Why:         "it says nothing of its progress",
	}
}

var yamlServer = fromNPM("yaml", "1.19.2", Install{
	Package: "yaml-language-server",
	Entry:   "yaml-language-server/bin/yaml-language-server",
	Command: "yaml-language-server",
}, map[string]string{".yaml": "yaml", ".yml": "yaml"})

var dockerfile = fromNPM("dockerfile", "0.15.0", Install{
	Package: "dockerfile-language-server-nodejs",
	Entry:   "dockerfile-language-server-nodejs/bin/docker-langserver",
	Command: "docker-langserver",
}, map[string]string{"Dockerfile": "dockerfile", ".dockerfile": "dockerfile"})

var svelte = fromNPM("svelte", "0.18.4", Install{
	Package: "svelte-language-server",
	Entry:   "svelte-language-server/bin/server.js",
	Command: "svelteserver",
}, map[string]string{".svelte": "svelte"}).refusing(refuseSvelte)

var intelephense = fromNPM("intelephense", "1.18.5", Install{
	Package: "intelephense",
	Entry:   "intelephense/lib/intelephense.js",
	Command: "intelephense",
}, map[string]string{".php": "php"})

var lua = &Server{
	Name:        "lua",
	Version:     "3",
	Untested:    true,
	LanguageIDs: map[string]string{".lua": "lua"},
	Configs:     []string{".luarc.json", ".luarc.jsonc"},
	Install:     Install{Manager: "path", Command: "lua-language-server"},
	refuse:      refuseLua,
	Notices:     NoticesNone,
	Check:       CheckPush,
	Unversioned: true,
	Why:         "it says nothing of its progress",
}
