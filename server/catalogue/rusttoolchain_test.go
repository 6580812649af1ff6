package catalogue_test

import (
	"testing"

	"lanser/server/catalogue"
)

// A toolchain of rustup is selected by its name, and none by a path.
func TestTheToolchainThatAWorkspaceNames(t *testing.T) {
	for name, tt := range map[string]struct {
		files         written
		channel, file string
	}{
		"none": {
			written{"a.rs": ""},
			"", "",
		},
		"TOML": {
			written{"rust-toolchain.toml": "[toolchain]\nchannel = \"nightly\"\n"},
			"nightly", "rust-toolchain.toml",
		},
		"a plain name": {
			written{"rust-toolchain": "1.95.0\n"},
			"1.95.0", "rust-toolchain",
		},
		"of a date": {
			written{"rust-toolchain": "nightly-2026-01-02\n"},
			"nightly-2026-01-02", "rust-toolchain",
		},
		"TOML by the plain name": {
			written{"rust-toolchain": "[toolchain]\nchannel = \"beta\"\n", "rust-toolchain.toml": ""},
			"beta", "rust-toolchain",
		},
		"a path": {
			written{"rust-toolchain.toml": "[toolchain]\npath = \"tools\"\n"},
			"", "rust-toolchain.toml",
		},
		"a path as a name": {
			written{"rust-toolchain": "../tools\n"},
			"", "rust-toolchain",
		},
		"a flag": {
			written{"rust-toolchain": "--config=x\n"},
			"", "rust-toolchain",
		},
		"of a folder below": {
			written{"sub/rust-toolchain": "nightly\n"},
			"", "",
		},
		"what is not a name": {
			written{"rust-toolchain": "nightly\nstable\n"},
			"", "rust-toolchain",
		},
	} {
		t.Run(name, func(t *testing.T) {
			channel, file := catalogue.RustChannel(tt.files)
			if channel != tt.channel || file != tt.file {
				t.Errorf("%q of %q, want %q of %q", channel, file, tt.channel, tt.file)
			}
		})
	}
}

// The toolchain for the platform of the default one is taken.
func TestTheInstalledToolchainOfAChannel(t *testing.T) {
	installed := []string{
		"1.95.0-x86_64-unknown-linux-gnu", "nightly-2026-01-02-x86_64-unknown-linux-gnu",
		"nightly-i686-unknown-linux-gnu",
		"nightly-x86_64-unknown-linux-gnu", "stable-x86_64-unknown-linux-gnu",
	}
	for channel, want := range map[string]string{
		"nightly":                        "nightly-x86_64-unknown-linux-gnu",
		"nightly-2026-01-02":             "nightly-2026-01-02-x86_64-unknown-linux-gnu",
		"nightly-i686-unknown-linux-gnu": "nightly-i686-unknown-linux-gnu",
		"1.95.0":                         "1.95.0-x86_64-unknown-linux-gnu",
		"1.95":                           "",
		"beta":                           "",
	} {
		if got := catalogue.RustToolchainNamed(channel, "stable-x86_64-unknown-linux-gnu", installed); got != want {
			t.Errorf("%s: %q, want %q", channel, got, want)
		}
	}
}
