//go:build unix

package beneath_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"lanser/index/beneath"
)

// hostile makes a folder with every kind of file that is not to be read, next to a secret.
func hostile(t *testing.T) (root string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(dir, "workspace")
	do := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	do(os.MkdirAll(filepath.Join(root, "d", "e"), 0o700))
	do(os.MkdirAll(filepath.Join(dir, "workspace-other"), 0o700))
	for file, content := range map[string]string{
		"a.txt": "a", "d/b.txt": "b", "d/e/c.txt": "c", "../secret": "secret", "../workspace-other/secret": "secret",
	} {
		do(os.WriteFile(filepath.Join(root, file), []byte(content), 0o600))
	}
	do(syscall.Mkfifo(filepath.Join(root, "fifo"), 0o600))
	for name, to := range map[string]string{
		"in": "d/b.txt", "in-absolute": filepath.Join(root, "d", "b.txt"), "in-folder": "d", "d/up": "../a.txt",
		"out": "../secret", "out-absolute": filepath.Join(dir, "secret"), "out-folder": "..",
		"out-sibling": "../workspace-other",
		"out-and-in":  "../workspace/a.txt", "chain": "out-folder/secret", "cycle": "cycle", "cycle-1": "cycle-2",
		"cycle-2": "cycle-1",
		"to-fifo": "fifo", "zero": "/dev/zero", "process": "/proc/self/environ", "magic": "/proc/self/root",
		"nowhere": "gone",
	} {
		do(os.Symlink(to, filepath.Join(root, name)))
	}
	socket, err := net.Listen("unix", filepath.Join(root, "s"))
	if err == nil { // the path may be too long for one
		t.Cleanup(func() { socket.Close() })
	}
	return root
}

// folders opens the folder as the kernel can, and as it is done without openat2.
func folders(t *testing.T, root string, test func(t *testing.T, f *beneath.Folder)) {
	t.Helper()
	for name, open := range map[string]func(string) (*beneath.Folder, error){
		"openat2": beneath.Open, "portable": beneath.OpenPortable,
	} {
		t.Run(name, func(t *testing.T) {
			f, err := open(root)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			test(t, f)
		})
	}
}

func TestOnlyRegularFilesBeneathTheRootAreRead(t *testing.T) {
	folders(t, hostile(t), func(t *testing.T, f *beneath.Folder) {
		for _, tt := range []struct {
			path, want, direct string // an error's words begin with "!"
		}{
			{"a.txt", "a", "a"},
			{"d/e/c.txt", "c", "c"},
			{"d/../a.txt", "a", "a"},
			{"in", "b", "!it is a link"},
			{"in-absolute", "b", "!it is a link"},
			{"in-folder/e/c.txt", "c", "!it is a link"},
			{"in-folder/../a.txt", "a", "!it is a link"},
			{"d/up", "a", "!it is a link"},
			{"out", "!it leads out", "!it is a link"},
			{"out-absolute", "!it leads out", "!it is a link"},
			{"out-folder/secret", "!it leads out", "!it is a link"},
			{"out-sibling/secret", "!it leads out", "!it is a link"},
			{"chain", "!it leads out", "!it is a link"},
			{"../secret", "!it leads out", "!it leads out"},
			{"d/../../secret", "!it leads out", "!it leads out"},
			{"/etc/passwd", "!it leads out", "!it leads out"},
			{"cycle", "!", "!it is a link"},
			{"cycle-1", "!", "!it is a link"},
			{"fifo", "!it is not a regular file", "!it is not a regular file"},
			{"to-fifo", "!it is not a regular file", "!it is a link"},
			{"s", "!", "!"},
			{"zero", "!", "!it is a link"},
			{"process", "!", "!it is a link"},
			{"magic/etc/passwd", "!", "!it is a link"},
			{"d", "!it is not a regular file", "!it is not a regular file"},
			{"nowhere", "!no such file", "!it is a link"},
			{"gone", "!no such file", "!no such file"},
			{"a\x00.txt", "!invalid argument", "!invalid argument"},
			{strings.Repeat("\x1b", 255), "!no such file", "!no such file"},
		} {
			check := func(how, want string, read func(string, int64) ([]byte, error)) {
				got, err := read(tt.path, 100)
				why, fails := strings.CutPrefix(want, "!")
				var path *fs.PathError
				if !fails && (err != nil || string(got) != want) {
					t.Errorf("%s %q: %q, %v; want %q", how, tt.path, got, err, want)
				} else if fails && (err == nil || !strings.Contains(err.Error(), why) || !errors.As(err, &path)) {
					t.Errorf("%s %q: %q, %v; want an error with %q", how, tt.path, got, err, why)
				}
			}
			check("read", tt.want, f.ReadFile)
			check("read without links", tt.direct, f.Direct().ReadFile)
		}
	})
}

func TestNoMoreIsReadThanIsAllowed(t *testing.T) {
	root := hostile(t)
	if err := os.WriteFile(filepath.Join(root, "large"), bytes.Repeat([]byte("x"), 1001), 0o600); err != nil {
		t.Fatal(err)
	}
	folders(t, root, func(t *testing.T, f *beneath.Folder) {
		if _, err := f.ReadFile("large", 1000); !errors.Is(err, beneath.ErrTooLarge) {
			t.Errorf("a file above the bound: %v", err)
		}
		if b, err := f.ReadFile("large", 1001); err != nil || len(b) != 1001 {
			t.Errorf("a file at the bound: %d bytes, %v", len(b), err)
		}
	})
	// Files of /proc say that they are empty.
	if _, err := beneath.ReadFile("/proc/self/maps", 10); !errors.Is(err, beneath.ErrTooLarge) {
		t.Errorf("a file that says it is empty: %v", err)
	}
	if _, err := beneath.ReadFile("/dev/zero", 10); !errors.Is(err, beneath.ErrNotRegular) {
		t.Errorf("a device: %v", err)
	}
	if _, err := beneath.ReadFile(filepath.Join(root, "fifo"), 10); !errors.Is(err, beneath.ErrNotRegular) {
		t.Errorf("a named pipe: %v", err)
	}
}

func TestFoldersBehindLinksAreNotListedDirectly(t *testing.T) {
	folders(t, hostile(t), func(t *testing.T, f *beneath.Folder) {
		for path, want := range map[string]string{
			"d": "b.txt e up", "in-folder": "!", "out-folder": "!", "..": "!", "a.txt": "!", "fifo": "!", "cycle": "!",
		} {
			got, err := names(f.Direct().ReadDir(path))
			if want == "!" && err == nil || want != "!" && got != want {
				t.Errorf("%s: %q, %v", path, got, err)
			}
		}
		if got, err := names(f.ReadDir("in-folder")); got != "b.txt e up" {
			t.Errorf("a link that stays inside: %q, %v", got, err)
		}
		if got, err := names(f.ReadDir("out-folder")); !errors.Is(err, beneath.ErrOutside) {
			t.Errorf("a link that leads out: %q, %v", got, err)
		}
		seen := 0
		err := fs.WalkDir(f.Direct(), ".", func(p string, d fs.DirEntry, err error) error {
			seen++
			return err
		})
		if err != nil || seen < 20 || seen > 40 {
			t.Errorf("the walk saw %d names: %v", seen, err)
		}
	})
}

func names(entries []fs.DirEntry, err error) (string, error) {
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return strings.Join(out, " "), err
}

func TestALinkItselfCanBeDescribed(t *testing.T) {
	folders(t, hostile(t), func(t *testing.T, f *beneath.Folder) {
		info, err := f.Direct().Lstat("out")
		if err != nil || info.Mode()&fs.ModeSymlink == 0 || info.Name() != "out" {
			t.Errorf("%v, %v", info, err)
		}
		if _, err := f.Direct().Lstat("in-folder/b.txt"); !errors.Is(err, beneath.ErrLink) {
			t.Errorf("behind a link: %v", err)
		}
		if _, err := f.Stat("out"); !errors.Is(err, beneath.ErrOutside) {
			t.Errorf("through a link that leads out: %v", err)
		}
		if info, err := f.Stat("in"); err != nil || !info.Mode().IsRegular() {
			t.Errorf("through a link that stays inside: %v, %v", info, err)
		}
	})
}

// A folder that turns into a link and back while it is read gives what was inside, or an
// error, and never what the link leads to.
func TestAFolderThatBecomesALinkIsNotFollowed(t *testing.T) {
	root := hostile(t)
	folders(t, root, func(t *testing.T, f *beneath.Folder) {
		d, kept := filepath.Join(root, "swap"), filepath.Join(root, "kept")
		os.RemoveAll(d)
		os.RemoveAll(kept)
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d, "secret"), []byte("inside"), 0o600); err != nil {
			t.Fatal(err)
		}
		var readers sync.WaitGroup
		done := make(chan struct{})
		for range 2 {
			readers.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					for how, read := range map[string]func(string, int64) ([]byte, error){
						"": f.ReadFile, "without links ": f.Direct().ReadFile,
					} {
						if b, err := read("swap/secret", 100); err == nil && string(b) != "inside" {
							t.Errorf("read %s%q", how, b)
						}
					}
				}
			})
		}
		for range 300 {
			for _, err := range []error{os.Rename(d, kept), os.Symlink("..", d), os.Remove(d), os.Rename(kept, d)} {
				if err != nil {
					t.Error(err)
				}
			}
		}
		close(done)
		readers.Wait()
	})
}

func TestAFolderThatIsReplacedIsOpenedAgain(t *testing.T) {
	root := filepath.Join(t.TempDir(), "w")
	write := func(content string) {
		if err := errors.Join(
			os.MkdirAll(root, 0o700), os.WriteFile(filepath.Join(root, "a"), []byte(content), 0o600),
		); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	folders(t, root, func(t *testing.T, f *beneath.Folder) {
		aside := root + "-aside"
		defer os.RemoveAll(aside)
		if err := os.Rename(root, aside); err != nil {
			t.Fatal(err)
		}
		f.Reopen()
		if b, err := f.ReadFile("a", 10); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("of a folder that is gone: %q, %v", b, err)
		}
		write("two")
		f.Reopen()
		if b, err := f.ReadFile("a", 10); string(b) != "two" {
			t.Errorf("of a folder that is there again: %q, %v", b, err)
		}
		if err := errors.Join(os.RemoveAll(root), os.Symlink(aside, root)); err != nil {
			t.Fatal(err)
		}
		f.Reopen()
		if b, err := f.ReadFile("a", 10); err == nil {
			t.Errorf("of a link in place of the folder: %q", b)
		}
		if err := os.Remove(root); err != nil {
			t.Fatal(err)
		}
		write("one")
	})
}

func ExampleFolder() {
	dir, _ := os.MkdirTemp("", "example-")
	defer os.RemoveAll(dir)
	_ = os.WriteFile(filepath.Join(dir, "a.go"), []byte("package a"), 0o600)
	_ = os.Symlink("/etc/passwd", filepath.Join(dir, "b.go"))
	f, err := beneath.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	a, _ := f.ReadFile("a.go", 1<<20)
	_, err = f.ReadFile("b.go", 1<<20)
	fmt.Printf("%s\n%v\n", a, err)
	// Output:
	// package a
	// open b.go: it leads out of the workspace
}

func TestAPathIsInsideAFolderByItsSteps(t *testing.T) {
	for _, tt := range []struct {
		dir, file, rel string
		ok             bool
	}{
		{dir: "/ws/a", file: "/ws/a/b.go", rel: "b.go", ok: true},
		{dir: "/ws/a", file: "/ws/a", rel: ".", ok: true},
		{dir: "/ws/a", file: "/ws/ab"},
		{dir: "/ws/a", file: "/ws"},
		{dir: "/ws/a", file: "/ws/a/../b"},
		{dir: "/ws/a", file: "/ws/a/..b", rel: "..b", ok: true},
	} {
		if rel, ok := beneath.Local(tt.dir, tt.file); rel != tt.rel || ok != tt.ok {
			t.Errorf("%s in %s: %q, %v", tt.file, tt.dir, rel, ok)
		}
	}
	for _, tt := range []struct {
		dir, path string
		want      bool
	}{{"a", "a/b", true}, {"a", "a", true}, {"a", "ab", false}, {"a/b", "a", false}, {".", "x/y", true}} {
		if got := beneath.Inside(tt.dir, tt.path); got != tt.want {
			t.Errorf("%s in %s: %v", tt.path, tt.dir, got)
		}
	}
}

func TestANamedPipeIsFound(t *testing.T) {
	if got := beneath.NamedPipe(hostile(t)); got != "fifo" {
		t.Errorf("%q", got)
	}
	if got := beneath.NamedPipe(t.TempDir()); got != "" {
		t.Errorf("%q", got)
	}
}
