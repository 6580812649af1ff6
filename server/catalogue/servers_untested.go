package catalogue

import "lanser/server/dangers"

// The servers of this file were seen working, and no test runs them.

var vtsls = fromVtsls()

// fromVtsls describes vtsls, which runs TypeScript's own server as typescript-language-server does.
func fromVtsls() *Server {
	srv := fromNPM("vtsls", "0.3.0", Install{
		Pinned:  true,
		Package: "@vtsls/language-server",
		Entry:   "@vtsls/language-server/bin/vtsls.js",
		Command: "vtsls",
	}, typescript.LanguageIDs)
	srv.Configs, srv.Projects = typescript.Configs, typescript.Projects
	srv.Settings = map[string]any{
		"typescript": map[string]any{
			"tsserver":                        map[string]any{"useSyntaxServer": "never"},
			"disableAutomaticTypeAcquisition": true,
		},
	}
	srv.Check, srv.Unversioned, srv.OpenForDiagnostics = CheckTSServer, false, true
	srv.Offers, srv.Why = tsOffers, typescriptLanguageServer.Why
	return srv
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
