package toolchain

import (
	"path/filepath"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server/install"
)

// No folder outside of the workspace is used, whatever the files of a virtual environment contain.
func FuzzEnvironment(f *testing.F) {
	for _, seed := range [][2]string{
		{"version = 3.12.1\ninclude-system-site-packages = true\n", "../../../../src\n"},
		{"VERSION_INFO=3.12.1.final.0\n", "import sys\n# a comment\n../../../../..\n/etc\n"},
		{"", "src\x00\n\r\n.\n"},
		{"=\n==\nhome = /\n", strings.Repeat("../", 300) + "etc\n"},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	root, cache := f.TempDir(), f.TempDir()
	const site = ".venv/lib/python3.12/site-packages"
	indextest.Write(f, root, "src/a.py", "")
	indextest.Write(f, root, site+"/a.py", "")
	f.Fuzz(func(t *testing.T, config, pth []byte) {
		indextest.Write(t, root, ".venv/pyvenv.cfg", string(config))
		indextest.Write(t, root, site+"/x.pth", string(pth))
		m := New(Config{Root: root, Dirs: install.Dirs{Data: cache, Cache: cache}, Top: func() string { return "" }})
		p, err := m.readEnvironment(".venv")
		if err != nil || len(p.sites) == 0 || p.sites[0] != filepath.Join(root, filepath.FromSlash(site)) {
			t.Fatalf("%v: %q", err, p.sites)
		}
		for _, dir := range p.sites {
			if rel, err := filepath.Rel(root, dir); err != nil || !filepath.IsLocal(rel) {
				t.Errorf("%q lies outside of %q", dir, root)
			}
		}
		if p.version != "" && strings.Trim(p.version, "0123456789.") != "" {
			t.Errorf("the version %q", p.version)
		}
	})
}
