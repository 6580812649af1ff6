package toolchain

import (
	"errors"
	"testing"
)

func TestTheErrorOfCargoIsOneLineWithItsPlaceAndCauses(t *testing.T) {
	for name, tt := range map[string]struct{ printed, want string }{
		"no error": {"killed\nmore", "killed"},
		"a place": {
			"exit status 101\nerror: unclosed table, expected `]`\n --> b/Cargo.toml:5:14\n  |\n5 | [dependencies\n" +
				"  |              ^\n",
			"unclosed table, expected `]` (b/Cargo.toml:5:14)",
		},
		"an error below another": {
			"error: failed to load manifest for workspace member `/w/b`\nreferenced by workspace at `/w/Cargo.toml`\n" +
				"error: invalid type: integer `1`, expected SemVer version\n --> ../b/Cargo.toml:3:11\n  |\n3 | version = 1\n",
			"failed to load manifest for workspace member `/w/b`: referenced by workspace at `/w/Cargo.toml`: " +
				"invalid type: integer `1`, expected SemVer version (../b/Cargo.toml:3:11)",
		},
		"the same error twice": {
			"error: can't find bin `b` at path `/w/b.rs`\n --> /w/Cargo.toml\n" +
				"error: can't find bin `b` at path `/w/b.rs`\n",
			"can't find bin `b` at path `/w/b.rs`",
		},
		"one cause of two lines": {
			"error: failed to parse manifest at `/w/Cargo.toml`\n\nCaused by:\n  no targets\n  one must be present\n",
			"failed to parse manifest at `/w/Cargo.toml`: no targets; one must be present",
		},
		"the first and the last cause": {
			"error: failed to get `a`\n\nCaused by:\n  failed to load source\n\nCaused by:\n  unable to update /a\n\n" +
				"Caused by:\n  No such file or directory (os error 2)\n",
			"failed to get `a`: failed to load source: No such file or directory (os error 2)",
		},
		"advice": {
			"error: no matching package named `a` found\nlocation searched: crates.io index\n" +
				"required by package `m v0.1.0 (/w)`\nnote: offline mode may cause this\nhelp: retry without it\n",
			"no matching package named `a` found",
		},
		"a list": {
			"error: rustc 1.95.0 is not supported by the following packages:\n  m@0.1.0 requires rustc 1.999\n\nEither",
			"rustc 1.95.0 is not supported by the following packages: m@0.1.0 requires rustc 1.999",
		},
		"a feature that a package does not have": {
			"error: failed to select a version for `a`.\n    ... required by package `b v0.1.0 (/w/b)`\n" +
				"versions that meet the requirements `*` (locked to 0.1.0) are: 0.1.0\n\n" +
				"package `b` depends on `a` with feature `nope` but `a` does not have that feature.\n" +
				" available features: extra\n\n\nfailed to select a version for `a` which could resolve this conflict",
			"failed to select a version for `a`.: package `b` depends on `a` with feature `nope` but `a` does not " +
				"have that feature",
		},
		"a cause with an excerpt": {
			"error: failed to parse lock file at: /w/Cargo.lock\n\nCaused by:\n" +
				"  TOML parse error at line 1, column 13\n" +
				"    |\n  1 | version = [\n    |             ^\n  unclosed array, expected `]`\n",
			"failed to parse lock file at: /w/Cargo.lock: TOML parse error at line 1, column 13; " +
				"unclosed array, expected `]`",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := firstError(errors.New(tt.printed)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
