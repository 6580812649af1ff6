//go:build unix

package settings

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
)

func TestAnyConfigurationIsReadWithinBounds(t *testing.T) {
	content := func(s string) func(string) error {
		return func(file string) error { return os.WriteFile(file, []byte(s), 0o600) }
	}
	for name, tt := range map[string]struct {
		make func(file string) error
		want string // of the error; "" for none
		read bool
	}{
		"plain":        {content("exclude = ['vendor/']\n"), "", true},
		"at the bound": {content("exclude = [" + strings.Repeat("'a',", 10_000) + "]\n"), "", true},
		"many patterns": {
			content("exclude = [" + strings.Repeat("'a',", 10_001) + "]\n"), "at most 10000 are allowed", false,
		},
		"many rules": {
			content(strings.Repeat("[[severity]]\nseverity = 'error'\n", 10_001)), "at most 10000 are allowed", false,
		},
		"many bytes": {content("# " + strings.Repeat("x", 1<<20)), "larger than 1048576 bytes", false},
		"nested arrays": {
			content("exclude = " + strings.Repeat("[", 500_000)), "nested more than 64 levels deep", false,
		},
		"nested tables": {
			content("a = " + strings.Repeat("{a=", 200_000)), "nested more than 64 levels deep", false,
		},
		"a long key": {content(strings.Repeat("a.", 500_000) + "a = 1\n"), "unknown setting", false},
		"a long pattern": {
			content("exclude = ['" + strings.Repeat("*a", 10_000) + "']\n"), "more than the limit of 1024", false,
		},
		"a pattern that takes": {
			content("exclude = ['" + strings.Repeat("{a,b}", 30) + "']\n"), "expands to more than", false,
		},
		"a named pipe": {func(f string) error { return syscall.Mkfifo(f, 0o600) }, "", false},
		"a device":     {func(f string) error { return os.Symlink("/dev/zero", f) }, "", false},
		"a link that leads out": {func(f string) error {
			return os.Symlink("/etc/passwd", f)
		}, "", false},
		"a folder":     {func(f string) error { return os.Mkdir(f, 0o700) }, "", false},
		"platforms":    {content("platforms = ['windows/amd64']\n"), "", true},
		"no platform":  {content("platforms = ['windows']\n"), "lanser.toml:1:14: unknown platform \"windows\"", false},
		"none":         {func(string) error { return nil }, "", false},
		"no UTF-8":     {content("exclude = ['\xff']\n"), "lanser.toml:1:", false},
		"control text": {content("a\x1b[2J = 1\n"), "lanser.toml:1:", false},
	} {
		t.Run(name, func(t *testing.T) {
			root := indextest.Files(t, map[string]string{"a.go": "package a\n"})
			if err := tt.make(filepath.Join(root, Name)); err != nil {
				t.Fatal(err)
			}
			c, err := Read(t.Context(), root, "")
			if tt.want == "" && err != nil ||
				tt.want != "" && (!fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), tt.want)) {
				t.Fatalf("%.300v, want %q", err, tt.want)
			}
			if err != nil && fault.From(err).Hint == "" && name != "a pattern that takes" {
				t.Errorf("%.300v: the error has no hint", err)
			}
			if (c != nil) != tt.read {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestPlatformsOfTheConfigurationAreAddedToThoseOfTheRequest(t *testing.T) {
	o := api.Options{Platforms: []string{"linux/arm64"}}
	(&File{Platforms: []platform{"windows/amd64", "linux/arm64"}}).Into(&o)
	if got := strings.Join(o.EachPlatform(), " "); got != "linux/arm64 windows/amd64" {
		t.Error(got)
	}
}

// Any lanser.toml is read within the bounds or refused.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		"exclude = ['vendor/']\n", "[[severity]]\npath='a/**'\nseverity='ignore'\n", "a = [[[[[[[[[[[[[[[[[[[[",
		"a.b.c = {d.e = 1}\n", "fail-on = 'none'\nmax-issues = 9223372036854775807\n", "exclude = ['{a,b}{a,b}']",
		"\x00", "max-issues=0x7f",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parse(Name, raw)
		if err != nil && !fault.Is(err, fault.Usage) {
			t.Error(err)
		} else if err == nil && len(c.Exclude)+len(c.Severity) > len(raw) {
			t.Errorf("%d patterns in %d bytes", len(c.Exclude)+len(c.Severity), len(raw))
		}
	})
}
