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

// lua is lua-language-server, which no registry that lanser uses has.
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

// emmylua is the other language server of Lua. It is a crate ("emmylua_ls"), and no registry that lanser uses has it
// built: 'cargo install --locked' took 8 minutes of processor time, too long for each run of the check, for a program
// of 21 MB. Tried by hand, it blocks questions until it has read the workspace, lists references to members (t.f, t:f,
// self.f, t["f"]) across required modules from the first question on, each as the whole expression and not as the
// name, and answers pulls with errors in the syntax and with undefined globals, which Lua itself does not refuse. It
// executes .emmyrc.lua, without any confinement of its own.
var emmylua = &Server{
	Name:     "emmylua",
	Version:  "0.25.1",
	Untested: true,
	Reading: Reading{
		LanguageIDs: map[string]string{".lua": "lua"},
		Configs:     []string{".emmyrc.json", ".emmyrc.lua", ".luarc.json"},
	},
	Starting: Starting{
		Install: Install{Manager: "path", Command: "emmylua_ls"},
		refuse:  dangers.RefuseEmmyLua,
	},
	Following: Following{
		Notices: NoticesNone,
	},
	Checking: Checking{
		Check:              CheckPull,
		OpenForDiagnostics: true,
		Weights:            []Weighting{{Source: "EmmyLua", Code: "undefined-global", Severity: "warning"}},
	},
	Answering: Answering{
		Why: "it answers after reading the workspace",
	},
}
