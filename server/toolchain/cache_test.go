package toolchain

import (
	"os"
	"path/filepath"
	"testing"

	"lanser/index/indextest"
	"lanser/server/catalogue"
	"lanser/server/sandbox"
)

// known is the pattern of what a build tool keeps about a package.
const known = "debug/.fingerprint/{package}-*"

// A server can write its cache folder. Links that it leaves there lead nobody who is not confined to
// files of the user.
func TestLinksInAServersCacheLeadNowhere(t *testing.T) {
	for name, link := range map[string]func(t *testing.T, cache, user string){
		"the folder itself": func(t *testing.T, cache, user string) {
			symlink(t, user, filepath.Join(cache, "cargo-home"))
			symlink(t, user, filepath.Join(cache, "target"))
		},
		"a folder in it": func(t *testing.T, cache, user string) {
			mkdir(t, filepath.Join(cache, "cargo-home"))
			symlink(t, user, filepath.Join(cache, "cargo-home", "registry"))
			mkdir(t, filepath.Join(cache, "target"))
			symlink(t, filepath.Join(user, "debug"), filepath.Join(cache, "target", "debug"))
		},
		"the last folder": func(t *testing.T, cache, user string) {
			mkdir(t, filepath.Join(cache, "target", "debug"))
			dir := filepath.Join("debug", ".fingerprint")
			symlink(t, filepath.Join(user, dir), filepath.Join(cache, "target", dir))
		},
		"by dots": func(t *testing.T, cache, user string) {
			rel, err := filepath.Rel(cache, user)
			if err != nil {
				t.Fatal(err)
			}
			symlink(t, rel, filepath.Join(cache, "cargo-home"))
			symlink(t, rel, filepath.Join(cache, "target"))
		},
		"none": func(t *testing.T, cache, user string) {},
	} {
		t.Run(name, func(t *testing.T) {
			cache := indextest.Files(t, nil)
			user := indextest.Files(t, map[string]string{
				"registry/index": "downloads\n", "config.toml": "[net]\n", "git/db": "clones\n",
				"debug/.fingerprint/work-1/data": "work\n",
			})
			t.Setenv("CARGO_HOME", user)
			link(t, cache, user)
			before := indextest.TreeHash(t, user)
			m, h := New(Config{}), &Host{}
			h.Launch.Env = []string{"CARGO_TARGET_DIR=" + filepath.Join(cache, "target")}
			h.Launch.Policy = sandbox.Policy{Writable: []string{cache}}
			check := &catalogue.BuildCheck{Output: "CARGO_TARGET_DIR", Known: []string{known}}
			if err := m.ForgetBuilt(check, h, []string{"work"}); err != nil {
				t.Error(err)
			}
			if err := m.linkCargoHome(h, cache); err != nil {
				t.Error(err)
			}
			if after := indextest.TreeHash(t, user); after != before {
				t.Error("files of the user have changed")
			}
			to, err := os.Readlink(filepath.Join(cache, "cargo-home", "config.toml"))
			if err != nil || to != filepath.Join(user, "config.toml") {
				t.Errorf("config.toml leads to %q: %v", to, err)
			}
		})
	}
}

// What the build tool knows of a package is removed, and nothing else.
func TestWhatABuildToolKnowsIsRemoved(t *testing.T) {
	cache := indextest.Files(t, map[string]string{
		"target/debug/.fingerprint/a-1/x":  "",
		"target/debug/.fingerprint/b-1/x":  "",
		"target/debug/.fingerprint/ab-1/x": "",
	})
	h := &Host{Launch: Launch{
		Env:    []string{"CARGO_TARGET_DIR=" + filepath.Join(cache, "target")},
		Policy: sandbox.Policy{Writable: []string{cache}},
	}}
	check := &catalogue.BuildCheck{Output: "CARGO_TARGET_DIR", Known: []string{known}}
	if err := New(Config{}).ForgetBuilt(check, h, []string{"a"}); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(cache, "target", "debug", ".fingerprint", "*"))
	if err != nil || len(left) != 2 || filepath.Base(left[0]) != "ab-1" || filepath.Base(left[1]) != "b-1" {
		t.Errorf("%v, %v", left, err)
	}
	h.Launch.Policy.Writable = nil
	if err := New(Config{}).ForgetBuilt(check, h, []string{"a"}); err == nil {
		t.Error("a folder that the server cannot write was changed")
	}
}

func symlink(t *testing.T, to, file string) {
	t.Helper()
	if err := os.Symlink(to, file); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}
