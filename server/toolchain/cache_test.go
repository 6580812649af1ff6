package toolchain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lanser/index/beneath"
	"lanser/index/indextest"
	"lanser/server/catalogue"
	"lanser/server/compiler"
	"lanser/server/install"
	"lanser/server/sandbox"
)

// known is the pattern of what a build tool keeps about a package.
const known = "debug/.fingerprint/{package}-*"

// A server can write its cache folder. Links that it leaves there do not lead an unconfined process to files of the
// user.
func TestLinksInAServersCacheAreNotFollowed(t *testing.T) {
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
			check := &compiler.BuildCheck{Output: "CARGO_TARGET_DIR", Known: []string{known}}
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
func TestOnlyTheBuildToolsRecordsOfAPackageAreRemoved(t *testing.T) {
	cache := indextest.Files(t, map[string]string{
		"target/debug/.fingerprint/a-1/x":  "",
		"target/debug/.fingerprint/b-1/x":  "",
		"target/debug/.fingerprint/ab-1/x": "",
	})
	h := &Host{Launch: Launch{
		Env:    []string{"CARGO_TARGET_DIR=" + filepath.Join(cache, "target")},
		Policy: sandbox.Policy{Writable: []string{cache}},
	}}
	check := &compiler.BuildCheck{Output: "CARGO_TARGET_DIR", Known: []string{known}}
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

// A copy of the workspace has no content that a server may not read, and is in a folder that no server can write.
func TestACopyOfTheWorkspaceHasNoContentFromOutside(t *testing.T) {
	user := indextest.Files(t, map[string]string{"secret": "secret\n"})
	root := indextest.Files(t, map[string]string{
		"Cargo.toml": "[package]\n", "in.toml": "inside\n", ".cargo/own": "own\n",
	})
	for name, to := range map[string]string{
		".cargo/config.toml": filepath.Join(user, "secret"), ".cargo/rel": "../in.toml",
		"sub/Cargo.toml":  "../Cargo.toml",
		"dots/Cargo.toml": "../../" + filepath.Base(user) + "/secret", ".cargo/endless": "/dev/zero",
	} {
		mkdir(t, filepath.Dir(filepath.Join(root, name)))
		symlink(t, to, filepath.Join(root, name))
	}
	m := New(Config{Root: root, Top: func() string { return "" }, Dirs: install.Dirs{Cache: indextest.Files(t, nil)}})
	srv := catalogue.Named("rust-analyzer")
	c, err := m.newCopy(srv)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := beneath.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	fill := copier{m: m, copy: c, written: []string{"Cargo.toml"}, repository: folder}
	for name, want := range map[string]string{
		"Cargo.toml": "[package]\n", ".cargo/own": "own\n", ".cargo/rel": "inside\n", "sub/Cargo.toml": "[package]\n",
		".cargo/config.toml": "a link", "dots/Cargo.toml": "a link", ".cargo/endless": "a link", "in.toml": "a link",
	} {
		mkdir(t, filepath.Dir(fill.in(name)))
		if err := fill.file(filepath.Join(root, name), fill.in(name), false); err != nil {
			t.Fatal(err)
		}
		got := "a link"
		if _, err := os.Readlink(fill.in(name)); err != nil {
			raw, err := os.ReadFile(fill.in(name))
			if err != nil {
				t.Fatal(err)
			}
			got = string(raw)
		}
		if got != want {
			t.Errorf("%s is %q in the copy, want %q", name, got, want)
		}
	}
	if _, inCache := beneath.Local(filepath.Join(m.cfg.Dirs.Cache, srv.Name), c.own); inCache {
		t.Errorf("the server can write %s", c.own)
	}
	for dir, want := range map[string]string{
		c.Root: c.own, c.own: c.own, filepath.Dir(c.own): "", m.cfg.Dirs.Cache: "",
	} {
		if got := m.copyAround(dir); got != want {
			t.Errorf("the copy around %s is %q, want %q", dir, got, want)
		}
	}
}

// A symbolic link into .git would have a server quote the repository's configuration, and with it passwords.
func TestNoServerStartsWhereALinkLeadsIntoGit(t *testing.T) {
	for name, tt := range map[string]struct{ link, to, want string }{
		"to the configuration":       {"a.py", ".git/config", "a.py"},
		"to the folder":              {"sub/deep/g", "../../.git", "sub/deep/g"},
		"of a nested repository":     {"a.py", "nested/.git/config", "a.py"},
		"by another link":            {"a.py", "z/config", "a.py"},
		"to hooks":                   {"hooks", ".git/hooks", ""},
		"to a file of git-annex":     {"data.json", ".git/annex/objects/data.json", ""},
		"to a file":                  {"a.py", "b.py", ""},
		"to nothing":                 {"a.py", ".git/nothing", ""},
		"to the folder of npm alone": {"node_modules/a.py", "../.git/config", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indextest.Files(t, map[string]string{
				".git/config": "[core]\n", ".git/hooks/pre-commit": "",
				".git/annex/objects/data.json": "{}", "nested/.git/config": "", "b.py": "x = 1\n",
				"sub/deep/c.txt": "", "node_modules/b.js": "",
			})
			links := map[string]string{tt.link: tt.to}
			if strings.HasPrefix(tt.to, "z/") {
				links["z"] = "nested/.git"
			}
			for link, to := range links {
				if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
					t.Skip(err)
				}
			}
			file, why, err := Refuses(catalogue.Named("pyright"), dir, "", []string{"b.py"})
			if err != nil || file != tt.want || (why == "") != (tt.want == "") {
				t.Errorf("%q (%s), %v, want %q", file, why, err, tt.want)
			}
		})
	}
}

// Build tools execute what they find in their cache. A server of an untrusted workspace cannot write to the cache of
// a trusted one.
func TestATrustedServerHasItsOwnCache(t *testing.T) {
	dirs := install.Dirs{Cache: indextest.Files(t, nil)}
	trusted, untrusted := New(Config{Dirs: dirs, Trust: true}), New(Config{Dirs: dirs})
	for _, srv := range catalogue.Servers {
		for _, other := range catalogue.Servers {
			a, b := trusted.cacheOf(srv), untrusted.cacheOf(other)
			if _, below := beneath.Local(b, a); below {
				t.Errorf("%s can write the trusted cache %s", other.Name, a)
			}
		}
	}
}
