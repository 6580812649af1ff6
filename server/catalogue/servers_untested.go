package catalogue

// The servers of this file were seen working, and no test runs them.

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

var svelte = fromNPM("svelte", "0.18.4", Install{
	Package: "svelte-language-server",
	Entry:   "svelte-language-server/bin/server.js",
	Command: "svelteserver",
}, map[string]string{".svelte": "svelte"}).refusing(refuseSvelte)

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
