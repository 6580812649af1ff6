// Package indextest is test support: code bases that nobody here wrote, fetched at
// test time from the registries by pinned version into a cache outside the
// repository, and copied from there for each test.
//
// A code base that cannot be fetched fails the test. With -short nothing is fetched, and
// the tests that need a code base are skipped: see Needs.
package indextest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The pinned versions.
const (
	CobraVersion   = "github.com/spf13/cobra@v1.10.2"
	RxJSVersion    = "rxjs@7.8.2"
	PyodideVersion = "pyodide@0.23.4" // carries the sources of Python 3.11.2's standard library
)

// Needs skips the test under -short, where only Go and a C compiler may be assumed. The
// reason names what else the test needs: a language server, the network, a program, or time.
func Needs(t testing.TB, reason string) {
	t.Helper()
	if testing.Short() {
		t.Skip("not with -short: needs " + reason)
	}
}

// Cobra is a copy of github.com/spf13/cobra, whose modules are downloaded.
func Cobra(t testing.TB) string {
	t.Helper()
	dir := copyTree(t, goModule(t, CobraVersion))
	cmd := exec.Command("go", "mod", "download")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go mod download: %v\n%s", err, out)
	}
	return dir
}

// RxJS is a copy of the src folder of rxjs, in a folder src.
func RxJS(t testing.TB) string {
	t.Helper()
	dir := temp(t)
	copyInto(t, filepath.Join(NPM(t, RxJSVersion), "src"), filepath.Join(dir, "src"))
	return dir
}

// Mail is Python's package email under the name mailpkg.
func Mail(t testing.TB) string {
	t.Helper()
	dir := temp(t)
	archive, err := zip.OpenReader(filepath.Join(NPM(t, PyodideVersion), "python_stdlib.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, f := range archive.File {
		rel, ok := strings.CutPrefix(f.Name, "email/")
		if !ok || !strings.HasSuffix(rel, ".py") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "mailpkg", filepath.FromSlash(rel)), r)
		r.Close()
	}
	return dir
}

func goModule(t testing.TB, version string) string {
	t.Helper()
	Needs(t, version)
	out, err := exec.Command("go", "mod", "download", "-json", version).Output()
	if err != nil {
		t.Fatalf("go mod download %s: %v\n%s", version, err, out)
	}
	var m struct{ Dir string }
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	return m.Dir
}

var fetching sync.Mutex // one fetch at a time within a test binary

// fetched is the folder of that name in the cache, which fetch makes if it is not
// there yet: it works in a folder of its own and returns what is to be kept.
// Several test binaries may fetch at once: the first to rename wins.
func fetched(t testing.TB, name string, fetch func(aside string) string) string {
	t.Helper()
	Needs(t, name)
	fetching.Lock()
	defer fetching.Unlock()
	cache := cacheDir(t)
	dir := filepath.Join(cache, name)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	aside, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(aside)
	if err := os.Rename(fetch(aside), dir); err != nil {
		if _, statErr := os.Stat(dir); statErr != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a command in a folder, to success.
func run(t testing.TB, dir string, argv ...string) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", argv, err, out)
	}
}

// only is the one file of a pattern.
func only(t testing.TB, pattern string) string {
	t.Helper()
	files, _ := filepath.Glob(pattern) // the pattern is ours
	if len(files) != 1 {
		t.Fatalf("%s: %v", pattern, files)
	}
	return files[0]
}

// NPM is the unpacked npm package, by name@version. It must not be changed.
func NPM(t testing.TB, version string) string {
	t.Helper()
	return fetched(t, strings.ReplaceAll(version, "/", "+"), func(aside string) string {
		run(t, aside, "npm", "pack", "--silent", "--pack-destination", aside, version)
		untar(t, only(t, filepath.Join(aside, "*.tgz")), filepath.Join(aside, "out"))
		return only(t, filepath.Join(aside, "out", "*"))
	})
}

// NPMProject is a folder with what the package.json and package-lock.json of another
// lock, installed without running any of it.
func NPMProject(t testing.TB, from string) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(from, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(lock)
	return fetched(t, "npm-project-"+hex.EncodeToString(sum[:8]), func(aside string) string {
		dir := filepath.Join(aside, "project")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{"package.json", "package-lock.json"} {
			raw, err := os.ReadFile(filepath.Join(from, f))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, f), raw, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		run(t, dir, "npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund")
		return dir
	})
}

// Module is a Go module as the module cache keeps it, by path@version. It must
// not be changed.
func Module(t testing.TB, version string) string { return goModule(t, version) }

// Debian is the unpacked upstream source of a Debian source package, by
// name=version. It must not be changed. The package lists are kept apart from the
// system's, whose sources they are made from.
func Debian(t testing.TB, version string) string {
	t.Helper()
	return fetched(t, "debian-"+fileName(version), func(aside string) string {
		options := debianSources(t, filepath.Join(cacheDir(t), "debian-lists"))
		run(
			t,
			aside,
			append(
				append([]string{"apt-get"}, options...),
				"source",
				"--download-only",
				"--tar-only",
				"-q",
				version,
			)...,
		)
		into := filepath.Join(aside, "out")
		if err := os.Mkdir(into, 0o755); err != nil {
			t.Fatal(err)
		}
		run(
			t,
			aside,
			"tar",
			"-x",
			"--strip-components=1",
			"--no-same-owner",
			"-C",
			into,
			"-f",
			only(t, filepath.Join(aside, "*.tar.*")),
		)
		return into
	})
}

// DebianPackage is the unpacked Debian package, by name=version, as it would be
// installed. It must not be changed.
func DebianPackage(t testing.TB, version string) string {
	t.Helper()
	return fetched(t, "deb-"+fileName(version), func(aside string) string {
		if exec.Command("apt-cache", "show", version).Run() != nil {
			run(t, aside, "apt-get", "update", "-q") // the lists are not there yet
		}
		run(t, aside, "apt-get", "download", "-q", version)
		run(t, aside, "dpkg-deb", "-x", only(t, filepath.Join(aside, "*.deb")), filepath.Join(aside, "out"))
		return filepath.Join(aside, "out")
	})
}

func fileName(version string) string {
	return strings.NewReplacer(":", "+", "=", "_").Replace(version)
}

// debianSources are apt's options that make it read source packages, with lists
// that are fetched once.
func debianSources(t testing.TB, dir string) []string {
	t.Helper()
	parts := filepath.Join(dir, "parts")
	for _, d := range []string{parts, filepath.Join(dir, "lists", "partial")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files, _ := filepath.Glob("/etc/apt/sources.list.d/*.sources")
	lists, _ := filepath.Glob("/etc/apt/sources.list.d/*.list")
	for _, f := range append(append(files, lists...), "/etc/apt/sources.list") {
		raw, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		source := regexp.MustCompile(`(?m)^Types:.*$`).ReplaceAllString(string(raw), "Types: deb-src")
		source = regexp.MustCompile(`(?m)^deb\s`).ReplaceAllString(source, "deb-src ")
		if err := os.WriteFile(filepath.Join(parts, filepath.Base(f)), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	options := []string{
		"-oDir::State::Lists=" + filepath.Join(dir, "lists"),
		"-oDir::Etc::sourcelist=/dev/null",
		"-oDir::Etc::sourceparts=" + parts,
	}
	if have, _ := filepath.Glob(filepath.Join(dir, "lists", "*Sources*")); len(have) == 0 {
		run(t, dir, append(append([]string{"apt-get"}, options...), "update", "-q")...)
	}
	return options
}

func cacheDir(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	cache = filepath.Join(cache, "lanser-corpus")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	return cache
}

func untar(t testing.TB, archive, dir string) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg && filepath.IsLocal(h.Name) {
			write(t, filepath.Join(dir, filepath.FromSlash(h.Name)), tr)
		}
	}
}

// temp is a temporary folder by its real path.
func temp(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func copyTree(t testing.TB, from string) string {
	t.Helper()
	dir := temp(t)
	copyInto(t, from, dir)
	return dir
}

// Copy is a second copy of a folder, elsewhere.
func Copy(t testing.TB, from string) string { return copyTree(t, from) }

// Backwards is a copy whose files were made in the opposite order, so that folders list
// them in another one where a file system keeps that.
func Backwards(t testing.TB, from string) string {
	t.Helper()
	to := temp(t)
	var files []string
	err := filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range slices.Backward(files) {
		rel, err := filepath.Rel(from, p)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		write(
			t,
			filepath.Join(to, rel),
			bytes.NewReader(bytes.ReplaceAll(raw, []byte(from), []byte(to))),
		) // a database of compile commands names it
	}
	return to
}

func copyInto(t testing.TB, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		defer f.Close()
		write(t, filepath.Join(to, rel), f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, file string, r io.Reader) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, r); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Files makes a temporary folder with the given files, by slash-separated path.
func Files(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := temp(t)
	for p, content := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(p)), strings.NewReader(content))
	}
	return dir
}

// Write writes a file of a copy, by its slash-separated path.
func Write(t testing.TB, dir, name, content string) {
	t.Helper()
	write(t, filepath.Join(dir, filepath.FromSlash(name)), strings.NewReader(content))
}

// Frozen fails the test if anything below dir was changed by its end: names,
// kinds, permissions and contents are hashed.
func Frozen(t testing.TB, dir string) {
	t.Helper()
	before := TreeHash(t, dir)
	t.Cleanup(func() {
		if after := TreeHash(t, dir); after != before {
			t.Errorf("the workspace %s was changed", dir)
		}
	})
}

// Descriptors counts the open descriptors of this process, on Linux, less those of
// the store, which every process of the user adds to and which bounds itself.
func Descriptors(t testing.TB) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if file, err := os.Readlink("/proc/self/fd/" + e.Name()); err != nil || !strings.HasSuffix(file, ".seg") {
			n++
		}
	}
	return n
}

// TreeHash is the digest of everything below dir.
func TreeHash(t testing.TB, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		io.WriteString(h, p+"\x00"+info.Mode().String()+"\x00")
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			h.Write(b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}
