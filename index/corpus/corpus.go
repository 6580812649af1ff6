// Package corpus is test support: code bases that nobody here wrote, fetched at
// test time from the registries by pinned version into a cache outside the
// repository, and copied from there for each test.
//
// A corpus that cannot be had fails the test: nothing is skipped.
package corpus

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	copyInto(t, filepath.Join(npmPackage(t, RxJSVersion), "src"), filepath.Join(dir, "src"))
	return dir
}

// Mail is Python's package email under the name mailpkg.
func Mail(t testing.TB) string {
	t.Helper()
	dir := temp(t)
	archive, err := zip.OpenReader(filepath.Join(npmPackage(t, PyodideVersion), "python_stdlib.zip"))
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

var npm sync.Mutex // one fetch at a time within a test binary

// npmPackage is the unpacked package in the cache. Several test binaries may
// fetch it at once: each unpacks aside, and the first to rename wins.
func npmPackage(t testing.TB, version string) string {
	t.Helper()
	npm.Lock()
	defer npm.Unlock()
	cache := cacheDir(t)
	dir := filepath.Join(cache, strings.ReplaceAll(version, "/", "+"))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	aside, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(aside)
	cmd := exec.Command("npm", "pack", "--silent", "--pack-destination", aside, version)
	cmd.Dir = aside
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("npm pack %s: %v\n%s", version, err, out)
	}
	archives, _ := filepath.Glob(filepath.Join(aside, "*.tgz"))
	if len(archives) != 1 {
		t.Fatalf("npm pack %s made %v\n%s", version, archives, out)
	}
	untar(t, archives[0], filepath.Join(aside, "out"))
	if err := os.Rename(filepath.Join(aside, "out", "package"), dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, statErr := os.Stat(dir); statErr != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// NPM is the unpacked npm package, by name@version. It must not be changed.
func NPM(t testing.TB, version string) string { return npmPackage(t, version) }

// Module is a Go module as the module cache keeps it, by path@version. It must
// not be changed.
func Module(t testing.TB, version string) string { return goModule(t, version) }

var apt sync.Mutex // one fetch at a time within a test binary

// Debian is the unpacked upstream source of a Debian source package, by
// name=version. It must not be changed. The package lists are kept apart from the
// system's, whose sources they are made from.
func Debian(t testing.TB, version string) string {
	t.Helper()
	apt.Lock()
	defer apt.Unlock()
	cache := cacheDir(t)
	dir := filepath.Join(cache, "debian-"+strings.NewReplacer(":", "+", "=", "_").Replace(version))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	aside, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(aside)
	options := debianSources(t, filepath.Join(cache, "debian-lists"))
	get := exec.Command("apt-get", append(options, "source", "--download-only", "--tar-only", "-q", version)...)
	get.Dir = aside
	if out, err := get.CombinedOutput(); err != nil {
		t.Fatalf("apt-get source %s: %v\n%s", version, err, out)
	}
	archives, _ := filepath.Glob(filepath.Join(aside, "*.tar.*"))
	into := filepath.Join(aside, "out")
	if err := os.Mkdir(into, 0o755); err != nil || len(archives) == 0 {
		t.Fatalf("apt-get source %s brought no archive: %v", version, err)
	}
	untar := exec.Command("tar", "-x", "--strip-components=1", "--no-same-owner", "-C", into, "-f", archives[0])
	if out, err := untar.CombinedOutput(); err != nil {
		t.Fatalf("tar %s: %v\n%s", archives[0], err, out)
	}
	if err := os.Rename(into, dir); err != nil {
		if _, statErr := os.Stat(dir); statErr != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// DebianPackage is the unpacked Debian package, by name=version, as it would be
// installed. It must not be changed.
func DebianPackage(t testing.TB, version string) string {
	t.Helper()
	apt.Lock()
	defer apt.Unlock()
	cache := cacheDir(t)
	dir := filepath.Join(cache, "deb-"+strings.NewReplacer(":", "+", "=", "_").Replace(version))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	aside, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(aside)
	download := func() ([]byte, error) {
		get := exec.Command("apt-get", "download", "-q", version)
		get.Dir = aside
		return get.CombinedOutput()
	}
	out, err := download()
	if err != nil { // the lists are not there yet, or old
		if out, err := exec.Command("apt-get", "update", "-q").CombinedOutput(); err != nil {
			t.Fatalf("apt-get update: %v\n%s", err, out)
		}
		out, err = download()
	}
	archives, _ := filepath.Glob(filepath.Join(aside, "*.deb"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("apt-get download %s: %v\n%s", version, err, out)
	}
	if out, err := exec.Command("dpkg-deb", "-x", archives[0], filepath.Join(aside, "out")).CombinedOutput(); err != nil {
		t.Fatalf("dpkg-deb: %v\n%s", err, out)
	}
	if err := os.Rename(filepath.Join(aside, "out"), dir); err != nil {
		if _, statErr := os.Stat(dir); statErr != nil {
			t.Fatal(err)
		}
	}
	return dir
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
	options := []string{"-oDir::State::Lists=" + filepath.Join(dir, "lists"), "-oDir::Etc::sourcelist=/dev/null", "-oDir::Etc::sourceparts=" + parts}
	if have, _ := filepath.Glob(filepath.Join(dir, "lists", "*Sources*")); len(have) == 0 {
		if out, err := exec.Command("apt-get", append(options, "update", "-q")...).CombinedOutput(); err != nil {
			t.Fatalf("apt-get update: %v\n%s", err, out)
		}
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
