package toolchain

import (
	"os"
	"slices"
	"strings"

	"lanser/server/catalogue"
	"lanser/server/programs"
)

// Environment lists the environment variables that answers may depend on, as NAME=VALUE, sorted: those
// that servers get, and those that lanser and the tools that it runs read.
func Environment() []string {
	names := map[string]bool{
		"PATH":           true,
		"TMPDIR":         true,
		"XDG_CACHE_HOME": true,
		"XDG_DATA_HOME":  true,
	}
	for _, n := range slices.Concat(programs.Basic, Passed) {
		names[n] = true
	}
	for _, srv := range catalogue.Servers {
		for _, n := range slices.Concat(srv.Env, srv.Hashed) {
			names[n] = true
		}
	}
	var out []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if name == daemonVar {
			continue
		}
		if names[name] || slices.ContainsFunc(readFamilies, func(p string) bool { return strings.HasPrefix(name, p) }) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// daemonVar is the variable that says whether to use the warm process, which has nothing to do with its answers.
const daemonVar = "LANSER_DAEMON"

// readFamilies are prefixes of the names of variables that the tools of the languages and of the system
// read. The warm process gets these variables and no others.
var readFamilies = []string{
	"LANSER_",
	"GO",
	"CGO_",
	"PYTHON",
	"VIRTUAL_ENV",
	"NODE_",
	"CARGO",
	"RUST",
	"LC_",
	"LD_",
	"GIT_CONFIG",
	"SUDO_UID",
	"PYENV_",
	"NODENV_",
	"RBENV_",
	"ASDF_",
	"MISE_",
}
