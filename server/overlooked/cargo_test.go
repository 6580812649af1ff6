package overlooked_test

import (
	"fmt"
	"testing"

	"lanser/server/overlooked"
	"lanser/server/project/projecttest"
)

// What cargo refuses, and what it does not look at, was measured with 'cargo check' of cargo 1.95.
func TestValuesThatCargoRefusesInItsConfigurationAreFound(t *testing.T) {
	const words = "expected a string or list of strings, but found "
	for _, tt := range []struct{ raw, want string }{
		{"", ""},
		{"[alias]\nb = 3\n[net]\nretry = \"x\"", ""},
		{"[build]\njobs = 4\nrustflags = [\"-g\"]\ntarget = []", ""},
		{"[target.'cfg(unix)']\nrunner = [\"sh\"]\nx = 3", ""},
		{"[target.'cfg(a/b)']\nlinker = 3", "2: `target.cfg(a/b).linker` expected a string, but found an integer"},
		{"[env]\nA = \"x\"\nB = {value = \"x\", force = true}", ""},
		{"[profile.dev]\nopt-level = 3\n[profile.dev.package.x]\n", ""},
		{"build = 3", "1: `build` expected a table, but found an integer"},
		{"# x\n[build]\njobs = true", "3: `build.jobs` expected an integer or string, but found a boolean"},
		{"[build]\nrustflags = 3", "2: `build.rustflags` " + words + "an integer"},
		{"[build]\nrustflags = [\"-g\", 3]", "2: `build.rustflags` " + words + "a list"},
		{"build.incremental = \"yes\"", "1: `build.incremental` expected a boolean, but found a string"},
		{"[build]\n\"target-dir\" = 3", "2: `build.target-dir` expected a string, but found an integer"},
		{"[env]\nA = 1\n", "2: `env.A` expected a string or table, but found an integer"},
		{"[env]\nA = {\n  value = \"x\", # of TOML 1.1\n}", ""},
		{"[env]\nA = {\n  value = 3,\n}", "2: `env.A.value` expected a string, but found an integer"},
		{"[env]\nA = {value = 3}", "2: `env.A.value` expected a string, but found an integer"},
		{
			"[profile.dev]\n[profile.release]\nlto = 3",
			"3: `profile.release.lto` expected a boolean or string, but found an integer",
		},
		{
			"[target.x86_64-unknown-linux-gnu]\nlinker = false",
			"2: `target.x86_64-unknown-linux-gnu.linker` expected a string, but found a boolean",
		},
		{"paths = \"x\"", "1: `paths` expected a list of strings, but found a string"},
		{"[build]\njobs = \"default\"", ""},
		{"[build]\njobs = -1", ""},
		{"[build]\njobs = 0", "2: `build.jobs` must not be 0"},
		{"[build]\njobs = \"4\"", "2: `build.jobs` has the value \"4\", and may be one of default"},
		{"[profile.test]\nopt-level = \"s\"\ndebug = \"full\"\nlto = \"x\"", ""},
		{"[profile.dev]\nopt-level = \"2\"", "2: `profile.dev.opt-level` has the value \"2\", and may be one of s, z"},
		{"[profile.dev]\nopt-level = 4", "2: `profile.dev.opt-level` must not be 4"},
		{"[profile.release]\nopt-level = 4\nstrip = \"x\"", ""},
		{"[profile.dev.package.m]\nopt-level = 9", "2: `profile.dev.package.m.opt-level` must not be 9"},
		{
			"[profile.test]\npanic = \"no\"",
			"2: `profile.test.panic` has the value \"no\", and may be one of unwind, abort, immediate-abort",
		},
		{"[profile.dev]\nstrip = true\ndebug = 3", "3: `profile.dev.debug` must not be 3"},
		{"[profile.dev]\ncodegen-units = 0", "2: `profile.dev.codegen-units` must not be 0"},
		{"[term]\ncolor = \"x\"", "2: `term.color` has the value \"x\", and may be one of auto, always, never"},
		{"[http]\nmultiplexing = \"x\"", "2: `http.multiplexing` expected a boolean, but found a string"},
		{"[net]\nretry = 1.5", "2: `net.retry` has the type float, which cargo does not support"},
		{"[net]\nretry = 2020-01-01", "2: `net.retry` has the type datetime, which cargo does not support"},
	} {
		got := ""
		v := projecttest.Files{"Cargo.toml": "[package]\n", ".cargo/config.toml": tt.raw}
		if f, ok := overlooked.BrokenCargo(v, 0); ok {
			got = fmt.Sprintf("%d: %s", f.At.Line+1, f.Message)
		}
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.raw, got, tt.want)
		}
	}
}
