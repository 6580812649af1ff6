package catalogue

import (
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/dangers"
	"lanser/server/project"
)

// The servers of data and markup ([project.DataLanguages]). Each knows one file at a time: a name in another file is
// never taken for the same. Those from VS Code answer a pull for an open document after reading its settings and, for
// JSON, its schema (their source: utils/validation.js), so that the reply is final. If that fails they log an error and
// reply without findings, which [Server.FailedCheck] finds out. Those of YAML and Docker push findings without a
// version, see [Server.ClearsOnClose].

// fromVSCode describes one of the servers that are taken from VS Code. The further packages are those that decide which
// findings there are.
func fromVSCode(name string, languageIDs map[string]string, settings map[string]any, also ...PinnedPackage) *Server {
	command := "vscode-" + name + "-language-server"
	return &Server{
		Name:    name,
		Version: "4.10.0",
		Reading: Reading{
			LanguageIDs: languageIDs,
		},
		Starting: Starting{
			Install: Install{
				Manager: "npm",
				Package: "vscode-langservers-extracted@4.10.0",
				Sum: "sha512-EFf9uQI4dAKbzMQFjDvVm1xJq1DXAQvBEuEfPGrK/xzfsL5xWTfIuRr90NgfmqwO+" +
					"IEt6vLZm9EOj6R66xIifg==",
				Also:    also,
				Entry:   "vscode-langservers-extracted/bin/" + command,
				Command: command,
			},
			Args:     []string{"--stdio"},
			Options:  map[string]any{"provideFormatter": false},
			Settings: settings,
			Env:      []string{"NODE_OPTIONS"},
		},
		Following: Following{
			Notices:    NoticesAll, // it reads no other file, but for schemas
			dependents: onlyItself,
		},
		Checking: Checking{
			OpenForDiagnostics: true,
			FailedCheck:        lazyregexp.New(`^Error while (?:computing diagnostics|validating)`),
		},
		Answering: Answering{
			OneFile: true,
			Unseen:  unseenOutsideOfFile,
		},
	}
}

// withNodeOptions is the danger that all servers have that node runs.
var withNodeOptions = dangers.Danger{
	Files: "variables such as NODE_OPTIONS that name a file of the workspace",
	Could: "have node load it",
	Stop:  dangers.StopEnv,
	By:    "of NODE_OPTIONS only bounds of memory are kept",
}

// unseenOutsideOfFile is [Server.unseen] of a server that looks for a name in the symbol's own file alone.
func unseenOutsideOfFile(srv *Server, _ project.View, target string) func(file string) string {
	return func(file string) string {
		if file == target {
			return ""
		}
		return srv.Name + " reads one file at a time"
	}
}

// The VS Code servers. Options of json make the server read no schemas but those in files: for others it asks the
// client, which refuses.
var (
	jsonServer = fromJSON()
	cssServer  = fromCSS()
	htmlServer = fromHTML()
)

// fromJSON describes the server of JSON.
func fromJSON() *Server {
	srv := fromVSCode("json", map[string]string{".json": "json", ".jsonc": "jsonc"}, nil,
		PinnedPackage{
			Name: "vscode-json-languageservice@5.7.2",
			Sum: "sha512-WtKRDtJfFEmLrgtu+ODexOHm/6/krRF0k6t+uvkKIKW1Jh9ZIyxZQwJJwB3qhrEgvAxa37zbUg+" +
				"vn+UyUK/U2w==",
		},
		PinnedPackage{
			Name: "jsonc-parser@3.3.1",
			Sum: "sha512-HUgH65KyejrUFPvHFPbqOY0rsFip3Bo5wb4ngvdi1EpCYWUQDC5V+Y7mZws+" +
				"DLkr4M//zQJoanu1SP+87Dv1oQ==",
		})
	srv.Dialect = Dialect{LanguageID: "jsonc", Files: jsonWithComments}
	srv.Options["handledSchemaProtocols"] = []any{"file"}
	srv.Weights = []Weighting{
		{Code: "65536", Severity: "information"},                // a schema that cannot be loaded, and is not fetched
		{Source: "jsonc", Code: "519", Severity: "information"}, // a trailing comma
	}
	srv.dependents = nil // others may be its schema
	srv.readsFromDisk = mentionedInOthers
	srv.Offers = []string{"diagnosticProvider", "hoverProvider"}
	srv.Why = "json answers after reading the file and its schema"
	srv.Dangers = []dangers.Danger{
		{
			Files: "*.json ($schema, $ref)",
			Could: "have a URL fetched",
			Stop:  dangers.StopSetting,
			By:    "handledSchemaProtocols",
		},
		{
			Files: "*.json ($schema, $ref)",
			Could: "have a file outside of the workspace read as a schema",
			Stop:  dangers.StopSandbox,
			By:    "it reads the workspace and its own installation",
		},
		{Files: ".vscode/settings.json", Could: "name schemas", Stop: dangers.StopServer, By: "it reads no such file"},
		withNodeOptions,
	}
	return srv
}

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

// fromCSS describes the server of CSS, SCSS and Less.
func fromCSS() *Server {
	settings := map[string]any{"css": map[string]any{}, "scss": map[string]any{}, "less": map[string]any{}}
	srv := fromVSCode("css", map[string]string{".css": "css", ".scss": "scss", ".less": "less"}, settings, pinnedCSS)
	srv.Offers = append([]string{"diagnosticProvider"}, basic...)
	srv.Why = "css answers after reading the file"
	srv.Dangers = []dangers.Danger{
		{
			Files: ".vscode/settings.json (css.customData)",
			Could: "name files that are read as descriptions of properties",
			Stop:  dangers.StopServer,
			By:    "it reads no such file: lanser sends the settings, which name none",
		},
		{
			Files: "*.css, *.scss (@import, @use, url)",
			Could: "have a URL fetched",
			Stop:  dangers.StopServer,
			By:    "it follows none",
		},
		withNodeOptions,
	}
	return srv
}

// pinnedCSS is the package that decides which findings there are in CSS, alone and in HTML.
var pinnedCSS = PinnedPackage{
	Name: "vscode-css-languageservice@6.3.10",
	Sum:  "sha512-eq5N9Er3fC4vA9zd9EFhyBG90wtCCuXgRSpAndaOgXMh1Wgep5lBgRIeDgjZBW9pa+332yC9+49cZMW8jcL3MA==",
}

// fromHTML describes the server of HTML, which checks the styles and scripts in a page.
func fromHTML() *Server {
	settings := map[string]any{
		"css": map[string]any{}, "html": map[string]any{}, "javascript": map[string]any{},
		"js/ts": map[string]any{"implicitProjectConfig": map[string]any{}}, // without it, checking scripts fails
	}
	srv := fromVSCode("html", map[string]string{".html": "html", ".htm": "html"}, settings, pinnedCSS,
		PinnedPackage{
			Name: "vscode-html-languageservice@5.6.2",
			Sum: "sha512-ulCrSnFnfQ16YzvwnYUgEbUEl/ZG7u2eV27YhvLObSHKkb8fw1Z9cgsnUwjTEeDIdJDoTDTDpxu" +
				"hQwoenoLNMg==",
		},
		PinnedPackage{
			Name: "typescript@4.9.5",
			Sum: "sha512-1FXk9E2Hm+QzZQ7z+McJiHL4NW1F2EzMu9Nq9i3zAaGqibafqYwCVU6WyWAuyQRRzOlxou8xZSyXLEN8" +
				"oKj24g==",
		})
	srv.standing = templateStanding(htmlTemplate)
	srv.Weights = []Weighting{
		{Source: "javascript", Severity: "warning"}, // it takes all scripts of a page for one, modules too
	}
	srv.Offers = append([]string{"diagnosticProvider"}, basic...)
	srv.Why = "html answers after reading the file"
	srv.Dangers = []dangers.Danger{
		{Files: "*.html (script)", Could: "be run", Stop: dangers.StopServer, By: "scripts are parsed"},
		{
			Files: ".vscode/settings.json (html.customData)",
			Could: "name files that are read as descriptions of elements",
			Stop:  dangers.StopServer,
			By:    "it reads no such file: lanser sends the settings, which name none",
		},
		withNodeOptions,
	}
	return srv
}

var (
	// htmlTemplate matches what makes a page out of a template: Go, Jinja, ERB, PHP and others.
	htmlTemplate = lazyregexp.New(`\{\{|\{%|<%|<\?(?:php|=)`)
	// yamlTemplate matches a line of YAML that begins with the action of a template, as those of Helm do.
	yamlTemplate = lazyregexp.New(`(?m)^\s*(?:\{\{|\{%|<%)`)
)

// templateStanding returns [Server.standing] of a language of which a program makes files out of templates: a template
// is no file of the language, and is not checked even if it is named.
func templateStanding(template *lazyregexp.Regexp) func(srv *Server, v project.View) func(file string) Standing {
	return func(_ *Server, v project.View) func(file string) Standing {
		return func(file string) Standing {
			if template.Match(project.ContentOf(v, file)) {
				return Standing{
					State: bundle.Excluded, Never: true,
					Reason: "they are templates, from which a program makes the files that can be checked",
				}
			}
			return Standing{}
		}
	}
}

// mentionedInOthers is [Server.readsFromDisk] of JSON: a file that another one names may be its schema.
func mentionedInOthers(v project.View, p string) bool {
	name := path.Base(p)
	return slices.ContainsFunc(v.Paths(), func(other string) bool {
		isJSON := slices.Contains([]string{".json", ".jsonc"}, path.Ext(other))
		return isJSON && other != p && strings.Contains(string(project.ContentOf(v, other)), name)
	})
}

var yamlServer = &Server{
	Name:    "yaml",
	Version: "1.19.2",
	Reading: Reading{
		LanguageIDs:    map[string]string{".yaml": "yaml", ".yml": "yaml"},
		Reads:          []string{"*.json"}, // schemas that comments name
		CountsLineEnds: true,
		readsFromDisk:  func(_ project.View, p string) bool { return path.Ext(p) == ".json" },
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "yaml-language-server@1.19.2",
			Sum:     "sha512-9F3myNmJzUN/679jycdMxqtydPSDRAarSj3wPiF7pchEPnO9Dg07Oc+gIYLqXR4L+g+FSEVXXv2+mr54StLFOg==",
			Also: []PinnedPackage{{
				Name: "yaml@2.7.1",
				Sum:  "sha512-10ULxpnOCQXxJvBgxsn9ptjq6uviG/htZKk9veJGhlqn3w/DxQ631zFF+nlQXLwmImeS5amR2dl2U8sg6U9jsQ==",
			}},
			Entry:   "yaml-language-server/bin/yaml-language-server",
			Command: "yaml-language-server",
		},
		Args: []string{"--stdio"},
		Settings: map[string]any{
			"yaml": map[string]any{
				"validate":           true,
				"schemaStore":        map[string]any{"enable": false, "url": ""},
				"kubernetesCRDStore": map[string]any{"enable": false},
				"schemas":            map[string]any{},
				"customTags":         []any{},
			},
			"http": map[string]any{}, "[yaml]": map[string]any{}, "editor": map[string]any{}, "files": map[string]any{},
		},
		Env: []string{"NODE_OPTIONS"},
		Dangers: []dangers.Danger{
			{
				Files: "*.yaml (# yaml-language-server: $schema=)",
				Could: "have a URL fetched",
				Stop:  dangers.StopSandbox,
				By:    "it has no network",
			},
			{
				Files: "*.yaml (# yaml-language-server: $schema=)",
				Could: "have a file outside of the workspace read as a schema",
				Stop:  dangers.StopSandbox,
				By:    "it reads the workspace and its own installation",
			},
			{
				Files: "*.yaml (tags)",
				Could: "have objects made",
				Stop:  dangers.StopServer,
				By:    "tags that it does not know are reported",
			},
			withNodeOptions,
		},
	},
	Following: Following{
		Notices: NoticesAll,
	},
	Checking: Checking{
		Check:         CheckPush,
		Unversioned:   true,
		ClearsOnClose: true,
		standing:      templateStanding(yamlTemplate),
		Weights: []Weighting{
			// What a tag means is known to the program that reads the file.
			{Message: lazyregexp.New(`^Unresolved tag: `), Severity: "information"},
			// The server reports these as errors; nothing is fetched.
			{
				Message:  lazyregexp.New(`^(?:Unable to load schema|Problems? loading reference)`),
				Severity: "information",
			},
		},
	},
	Answering: Answering{
		OneFile: true,
		Unseen:  unseenOutsideOfFile,
		Offers:  []string{"definitionProvider", "hoverProvider"},
		Why:     "yaml publishes findings after each reading of an open file",
	},
}

var dockerfile = &Server{
	Name:    "dockerfile",
	Version: "0.15.0",
	Reading: Reading{
		LanguageIDs: map[string]string{
			"Dockerfile": "dockerfile", "Containerfile": "dockerfile", ".dockerfile": "dockerfile",
		},
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "dockerfile-language-server-nodejs@0.15.0",
			Sum:     "sha512-iS3GUUAn1bC3sDdLyg6CUnIaVQfViJBh+FhWBPftK6kJkhUMxFG2sr25OqMVaZgRsVuJEoNpflgJN3FCbkA01A==",
			Also: []PinnedPackage{
				{
					Name: "dockerfile-language-service@0.16.1",
					Sum: "sha512-4tKDJHXl7BQMSi807TlyJ+4ApH5WkDai2PSFju/pjy7atRchJgn4UrmPlq8E0dVqyZwyTiNfapHxqsUQ" +
						"yQSMOg==",
				},
				{
					Name: "dockerfile-utils@0.16.3",
					Sum: "sha512-BslaqRR6PzCnhu+toDbkVAjq0B0CEgrCltk+enJ/xwCmvAHB1QqpO9QhXVIzMg/iSuD4tzS0Ex9n4Ik5" +
						"ffI7pA==",
				},
			},
			Entry:   "dockerfile-language-server-nodejs/bin/docker-langserver",
			Command: "docker-langserver",
		},
		Args: []string{"--stdio"},
		Env:  []string{"NODE_OPTIONS"},
		Dangers: []dangers.Danger{
			{
				Files: "Dockerfile (RUN)", Could: "have commands run",
				Stop: dangers.StopServer, By: "instructions are parsed",
			},
			withNodeOptions,
		},
	},
	Following: Following{
		Notices:    NoticesAll, // it reads no other file
		dependents: onlyItself,
	},
	Checking: Checking{
		Check:         CheckPush,
		Unversioned:   true,
		ClearsOnClose: true,
	},
	Answering: Answering{
		OneFile: true,
		Unseen:  unseenOutsideOfFile,
		Offers:  []string{"definitionProvider", "hoverProvider"},
		Why:     "dockerfile publishes findings after each reading of an open file",
	},
}

var tomlServer = &Server{
	Name:    "toml",
	Version: "1.9.6",
	Reading: Reading{
		LanguageIDs: map[string]string{".toml": "toml"},
		Reads:       []string{"*.json"}, // schemas
		readsFromDisk: func(_ project.View, p string) bool {
			return slices.Contains([]string{"tombi.toml", ".tombi.toml", "pyproject.toml"}, path.Base(p))
		},
	},
	Starting: Starting{
		Install: Install{
			Manager: "pypi",
			Package: "tombi==1.9.6",
			Wheels: &PinnedProgram{
				Name:    "tombi",
				Package: "tombi==1.9.6",
				Sums: map[string]string{
					"linux/arm64":   "c89299a7f9f5bfd7983e07888efce26d3432fe2eec4cd75030edbbe337453d63",
					"linux/amd64":   "d45b5278e5e9478e237d670f0868a8bafd11eeda3b76f67690b3df1d6b37dbe0",
					"darwin/amd64":  "55d285c3dfb03955212689eb93ae53be34cfa5b604a35d3593e882417711ae73",
					"darwin/arm64":  "587b8f73548fb2ddf74568580330c7098c2f8ee96203b4859f743a5ec269a931",
					"windows/amd64": "385ae98ba78dcf1ea62bd6dd1aa0fdacc42633d4ee28f8eb477ababa8ce26e9b",
				},
			},
			Command: "tombi",
		},
		Args: []string{"lsp", "--offline", "--no-cache"},
		Dangers: []dangers.Danger{
			{
				Files: "tombi.toml, .tombi.toml, pyproject.toml, comments (schemas)",
				Could: "have a URL fetched, or a file outside of the workspace read as a schema",
				Stop:  dangers.StopSandbox,
				By:    "it has no network, and is told to be offline; it reads the workspace",
			},
			{
				Files: "Cargo.toml, pyproject.toml",
				Could: "have a package manager run",
				Stop:  dangers.StopServer,
				By:    "it runs no program",
			},
		},
	},
	Following: Following{
		Notices: NoticesAll, // its configuration, too
	},
	Checking: Checking{
		OpenForDiagnostics: true,
		Weights: []Weighting{
			// A schema that cannot be loaded, and is not fetched.
			{Code: "schema-resolution", Severity: "information"},
			// What is no TOML. Other errors are of schemas, most of which the server has brought along: the programs
			// that read Cargo.toml or pyproject.toml accept more.
			{Code: "expected-*", Severity: "error"},
			{Code: "duplicate-*", Severity: "error"},
			{Code: "conflict-*", Severity: "error"},
			{Code: "forbidden-*", Severity: "error"},
			{Code: "invalid-*", Severity: "error"},
			{Code: "inline-table-*", Severity: "error"},
			{From: "error", Severity: "warning"},
		},
	},
	Answering: Answering{
		OneFile: true,
		Unseen:  unseenOutsideOfFile,
		Offers:  append([]string{"declarationProvider", "typeDefinitionProvider", "diagnosticProvider"}, basic...),
		Why:     "toml answers after reading the file and its schema",
	},
}
