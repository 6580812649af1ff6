//go:build unix

package index_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/fault"
)

const secret = "PASSWORD = 'hunter2'\n"

// replaced makes a repository whose git index lists d/a.py and b.py, next to a folder with
// a secret, and then replaces what replace says.
func replaced(t *testing.T, replace func(root, outside string) error) (root string) {
	t.Helper()
	root = indextest.Files(t, map[string]string{"d/a.py": "x = 1\n", "b.py": "y = 1\n", "c.py": "z = 1\n"})
	outside := indextest.Files(t, map[string]string{"a.py": secret, "b.py": secret})
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}} {
		if out, err := exec.Command("git", append([]string{"-C", root}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if err := replace(root, outside); err != nil {
		t.Fatal(err)
	}
	return root
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestATrackedPathThatIsNoLongerAFileIsNotListed(t *testing.T) {
	for name, tt := range map[string]struct {
		path    string
		replace func(root, outside string) error
	}{
		"behind a link that leads out": {"d/a.py", func(root, outside string) error {
			return first(os.RemoveAll(filepath.Join(root, "d")), os.Symlink(outside, filepath.Join(root, "d")))
		}},
		"behind a relative link that leads out": {"d/a.py", func(root, outside string) error {
			rel, err := filepath.Rel(root, outside)
			return first(err, os.RemoveAll(filepath.Join(root, "d")), os.Symlink(rel, filepath.Join(root, "d")))
		}},
		"behind a link to itself": {"d/a.py", func(root, _ string) error {
			return first(os.RemoveAll(filepath.Join(root, "d")), os.Symlink("d", filepath.Join(root, "d")))
		}},
		"a link itself": {"b.py", func(root, outside string) error {
			return first(
				os.Remove(filepath.Join(root, "b.py")),
				os.Symlink(filepath.Join(outside, "b.py"), filepath.Join(root, "b.py")),
			)
		}},
		"a named pipe": {"b.py", func(root, _ string) error {
			return first(os.Remove(filepath.Join(root, "b.py")), syscall.Mkfifo(filepath.Join(root, "b.py"), 0o600))
		}},
		"below a file": {"d/a.py", func(root, _ string) error {
			return first(os.RemoveAll(filepath.Join(root, "d")), os.WriteFile(filepath.Join(root, "d"), nil, 0o600))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, replaced(t, tt.replace))
			for range 3 { // the list is kept from the second question on
				s, err := w.Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if s.Has(tt.path) || !s.Has("c.py") {
					t.Errorf("the files are %v", s.Paths())
				}
				if c, err := s.Content(tt.path); err == nil {
					t.Errorf("read %q", c.Bytes())
				}
				if b, err := s.ReadFile(tt.path); err == nil {
					t.Errorf("read %q", b)
				}
			}
		})
	}
}

// If a file of the snapshot is a link or a pipe by the time that it is read, reading it is an error. The link is not
// followed, and nobody waits for the pipe.
func TestAFileThatBecomesALinkOrPipeIsAnError(t *testing.T) {
	for name, replace := range map[string]func(root, outside string) error{
		"a link that leads out": func(root, outside string) error {
			return first(
				os.Rename(filepath.Join(root, "d"), filepath.Join(root, "e")),
				os.Symlink(outside, filepath.Join(root, "d")),
			)
		},
		"a link to where it is now": func(root, _ string) error {
			return first(
				os.Rename(filepath.Join(root, "d"), filepath.Join(root, "e")),
				os.Symlink("e", filepath.Join(root, "d")),
			)
		},
		"a named pipe": func(root, _ string) error {
			f := filepath.Join(root, "d", "a.py")
			return first(os.Remove(f), syscall.Mkfifo(f, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			outside := indextest.Files(t, map[string]string{"a.py": secret})
			root := replaced(t, func(string, string) error { return nil })
			w := open(t, root)
			s, err := w.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := replace(root, outside); err != nil {
				t.Fatal(err)
			}
			if c, err := s.Content("d/a.py"); !fault.Is(err, fault.ContentModified) {
				t.Errorf("%v, %v", c, err)
			}
		})
	}
}

func open(t *testing.T, root string) *index.Workspace {
	t.Helper()
	w, err := index.Open(root, index.Options{Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// A folder that is not a repository is listed without git, so lanser matches its ignore rules, which may be anything.
func TestAnyIgnoreRulesAreMatchedWithinBounds(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for name, tt := range map[string]struct {
		make func(file string) error
		want string
	}{
		"a rule": {func(f string) error {
			return os.WriteFile(f, []byte("/d\n"), 0o600)
		}, ".gitignore a.py b.py"},
		"a named pipe": {func(f string) error { return syscall.Mkfifo(f, 0o600) }, ".gitignore a.py b.py d/c.py"},
		"a folder":     {func(f string) error { return os.Mkdir(f, 0o700) }, "a.py b.py d/c.py"},
		"a device":     {func(f string) error { return os.Symlink("/dev/zero", f) }, ".gitignore a.py b.py d/c.py"},
		"a link":       {func(f string) error { return os.Symlink("d/c.py", f) }, ".gitignore a.py b.py d/c.py"},
		"long rules": {func(f string) error {
			return os.WriteFile(f, []byte(strings.Repeat("*a", 1<<15)+"b\n/d\n"), 0o600)
		}, ".gitignore a.py b.py"},
		"too many bytes": {func(f string) error {
			return os.WriteFile(f, []byte(strings.Repeat("a/*b*\n", 1<<20)), 0o600)
		}, ".gitignore a.py b.py d/c.py"},
	} {
		t.Run(name, func(t *testing.T) {
			root := indextest.Files(t, map[string]string{"a.py": "", "b.py": "", "d/c.py": "/a.py\n"})
			if err := tt.make(filepath.Join(root, ".gitignore")); err != nil {
				t.Fatal(err)
			}
			files, err := index.ListPlain(t.Context(), root)
			if err != nil || strings.Join(slices.Sorted(slices.Values(files)), " ") != tt.want {
				t.Errorf("%q, %v; want %q", files, err, tt.want)
			}
		})
	}
}

func TestTooManyIgnoreRulesAreAnError(t *testing.T) {
	root := indextest.Files(t, map[string]string{".gitignore": strings.Repeat("x\n", 30_000), "a.py": ""})
	if files, err := index.ListPlain(t.Context(), root); err == nil || !strings.Contains(err.Error(), "install git") {
		t.Errorf("%q, %v", files, err)
	}
}

// Reading and matching any rules ends, and there are no more rules than lines.
func FuzzIgnoreRules(f *testing.F) {
	for _, s := range []string{
		"*.o\n!a.o\n/d/\n", "**/a/**\n", "[a-\n", "\\\n\\ \n#\n\\#\n", "*a*a*a*a*a*b\n", "!\n/\n//\n ** \n",
		"\x00\xff\n",
	} {
		f.Add([]byte(s), "d/aaaaaaaaaa/c.o")
	}
	f.Fuzz(func(t *testing.T, raw []byte, file string) {
		rules, matched := index.MatchRules(raw, strings.Split(file, "/"))
		if rules > strings.Count(string(raw), "\n")+1 || matched && rules == 0 {
			t.Errorf("%d rules in %q, matched %v", rules, raw, matched)
		}
	})
}
