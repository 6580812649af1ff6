//go:build unix

package toolchain

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lanser/index/beneath"
	"lanser/index/indextest"
)

func TestAnyNodePackageIsReadWithinBounds(t *testing.T) {
	outside := indextest.Files(
		t,
		map[string]string{"index.d.ts": "export const secret: 1\n", "package.json": `{"types": "index.d.ts"}`},
	)
	for name, tt := range map[string]struct {
		make func(dir string) error
		want string
	}{
		"plain": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"types": "t.d.ts"}`), 0o600)
		}, "node_modules/x/t.d.ts"},
		"its description is a named pipe": {
			func(dir string) error { return syscall.Mkfifo(filepath.Join(dir, "package.json"), 0o600) },
			"node_modules/x/index.d.ts",
		},
		"its description never ends": {
			func(dir string) error { return os.Symlink("/dev/zero", filepath.Join(dir, "package.json")) },
			"node_modules/x/index.d.ts",
		},
		"its description leads out": {func(dir string) error {
			return os.Symlink(filepath.Join(outside, "package.json"), filepath.Join(dir, "package.json"))
		}, "node_modules/x/index.d.ts"},
		"its types lead out by name": {func(dir string) error {
			description := `{"types": "../../..` + outside + `/index.d.ts"}`
			return os.WriteFile(filepath.Join(dir, "package.json"), []byte(description), 0o600)
		}, "node_modules/x/index.d.ts"},
		"its types are a named pipe": {func(dir string) error {
			os.Remove(filepath.Join(dir, "index.d.ts"))
			return syscall.Mkfifo(filepath.Join(dir, "index.d.ts"), 0o600)
		}, ""},
		"its types are a link to themselves": {func(dir string) error {
			os.Remove(filepath.Join(dir, "index.d.ts"))
			return os.Symlink("index.d.ts", filepath.Join(dir, "index.d.ts"))
		}, ""},
		"its description is nested without bound": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "package.json"), []byte(strings.Repeat("[", 1<<20)), 0o600)
		}, "node_modules/x/index.d.ts"},
	} {
		t.Run(name, func(t *testing.T) {
			root := indextest.Files(t, map[string]string{
				"node_modules/x/index.d.ts": "export const a: 1\n",
				"node_modules/x/t.d.ts":     "export const a: 1\n",
			})
			if err := tt.make(filepath.Join(root, "node_modules", "x")); err != nil {
				t.Fatal(err)
			}
			folder, err := beneath.Open(root)
			if err != nil {
				t.Fatal(err)
			}
			defer folder.Close()
			got := ""
			for _, f := range (&Libraries{root: root}).nodePackage(t.Context(), "x", folder) {
				got += f.URI
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
