package catalogue

import "lanser/server/dangers"

// The servers of this file were seen working, and no test runs them.

var vtsls = &Server{
	Name:     "vtsls",
	Version:  "0.3.0",
	Untested: true,
	Reading: Reading{
		LanguageIDs: typescript.LanguageIDs,
		Configs:     typescript.Configs,
		Projects:    typescript.Projects,
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Pinned:  true,
			Package: "@vtsls/language-server@0.3.0",
			Entry:   "@vtsls/language-server/bin/vtsls.js",
			Command: "vtsls",
		},
		Args: []string{"--stdio"},
		Settings: map[string]any{
			"typescript": map[string]any{
				"tsserver":                        map[string]any{"useSyntaxServer": "never"},
				"disableAutomaticTypeAcquisition": true,
			},
		},
		Env: []string{"NODE_OPTIONS"},
	},
	Following: Following{
		Notices: NoticesNone,
	},
	Checking: Checking{
		Check:              CheckTSServer,
		OpenForDiagnostics: true,
	},
	Answering: Answering{
		Offers: tsOffers,
		Why:    "tsserver answers after loading the projects of the open files",
	},
}

// fromNPM describes a server of which nothing special is known. Its package is installed from
// npm in the server's version.
func fromNPM(name, version string, install Install, languageIDs map[string]string) *Server {
	install.Manager = "npm"
	install.Package += "@" + version
	return &Server{
		Name:     name,
		Version:  version,
		Untested: true,
		Reading: Reading{
			LanguageIDs: languageIDs,
		},
		Starting: Starting{
			Install: install,
			Args:    []string{"--stdio"},
			Env:     []string{"NODE_OPTIONS"},
		},
		Following: Following{
			Notices: NoticesNone,
		},
		Checking: Checking{
			Check:       CheckPush,
			Unversioned: true,
		},
		Answering: Answering{
			Why: "it says nothing of its progress",
		},
	}
}

var svelte = fromNPM("svelte", "0.18.4", Install{
	Package: "svelte-language-server",
	Entry:   "svelte-language-server/bin/server.js",
	Command: "svelteserver",
}, map[string]string{".svelte": "svelte"}).refusing(dangers.RefuseSvelte)

var lua = &Server{
	Name:     "lua",
	Version:  "3",
	Untested: true,
	Reading: Reading{
		LanguageIDs: map[string]string{".lua": "lua"},
		Configs:     []string{".luarc.json", ".luarc.jsonc"},
	},
	Starting: Starting{
		Install: Install{Manager: "path", Command: "lua-language-server"},
		refuse:  dangers.RefuseLua,
	},
	Following: Following{
		Notices: NoticesNone,
	},
	Checking: Checking{
		Check:       CheckPush,
		Unversioned: true,
	},
	Answering: Answering{
		Why: "it says nothing of its progress",
	},
}
