// Package indextest is test support: it provides code bases by other authors. They are fetched from the
// registries at test time, by pinned version, into a cache outside the repository, and each test gets a copy
// of its own.
//
// A code base that cannot be fetched fails the test. With -short nothing is fetched, and tests that need a
// code base are skipped, see [Needs].
//
// Each registry is asked through its own client (go, npm, pip, cargo, apt-get), which verifies what it downloads. No
// script of a package is run. Functions that return a folder of the cache say that tests must not change it; the others
// return a copy, which the test may edit and which is removed when it ends.
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

// Needs skips the test under -short, where only Go and a C compiler may be assumed. The reason names what
// else the test needs: a language server, the network, a program, or time. It is part of the message of the skip.
func Needs(t testing.TB, reason string) {
	t.Helper()
	if testing.Short() {
		t.Skip("not with -short: needs " + reason)
	}
}

// DebianRust removes the folders of rustup from PATH, so that rust-analyzer runs Debian's toolchain. It has the sources
// of the standard library, which a toolchain of rustup has only if the user has added them. A package calls it in
// TestMain, because it changes the environment of the process.
func DebianRust() {
	folders := slices.DeleteFunc(filepath.SplitList(os.Getenv("PATH")), func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, "rustup"))
		return err == nil
	})
	os.Setenv("PATH", strings.Join(folders, string(filepath.ListSeparator))) // cannot fail: the value is that of PATH
}

// Cobra returns a copy of github.com/spf13/cobra, with its dependencies downloaded.
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

// RxJS returns a folder with a copy of the folder src of rxjs, without its project files: these have other names than
// tsconfig.json, so that a check would report the sources as not served.
func RxJS(t testing.TB) string {
	t.Helper()
	dir := temp(t)
	copyInto(t, filepath.Join(NPM(t, RxJSVersion), "src"), filepath.Join(dir, "src"))
	projects, err := filepath.Glob(filepath.Join(dir, "src", "tsconfig.*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range projects {
		if err := os.Remove(p); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Mail returns a folder with Python's package email under the name mailpkg.
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

// goModule returns the folder of a Go module, by path@version, in the module cache of the go command. Tests must
// not change it.
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

// fetching is locked during a fetch, so that two tests of a binary do not fetch one code base at the same time.
var fetching sync.Mutex

// cachedFetch returns the folder of the given name in the cache. If it does not exist yet, fetch creates it: fetch
// works in a temporary folder and returns the folder to keep. Several test binaries may fetch at the same time: the
// first one to rename its folder wins.
func cachedFetch(t testing.TB, name string, fetch func(aside string) string) string {
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

// run runs a command in a folder, and fails the test if the command fails.
func run(t testing.TB, dir string, argv ...string) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", argv, err, out)
	}
}

// onlyMatch returns the only file that matches a pattern. Archives and their folders have names that contain a version,
// so a test knows the pattern but not the name. Any other number of files fails the test.
func onlyMatch(t testing.TB, pattern string) string {
	t.Helper()
	files, _ := filepath.Glob(pattern) // the pattern is ours
	if len(files) != 1 {
		t.Fatalf("%s: %v", pattern, files)
	}
	return files[0]
}

// NPM returns the unpacked npm package, by name@version. Tests must not change it.
func NPM(t testing.TB, version string) string {
	t.Helper()
	return cachedFetch(t, strings.ReplaceAll(version, "/", "+"), func(aside string) string {
		run(t, aside, "npm", "pack", "--silent", "--pack-destination", aside, version)
		untar(t, onlyMatch(t, filepath.Join(aside, "*.tgz")), filepath.Join(aside, "out"))
		return onlyMatch(t, filepath.Join(aside, "out", "*"))
	})
}

// NPMProject returns a folder with the npm packages that the package.json and package-lock.json in from lock.
// They are installed without running their scripts.
func NPMProject(t testing.TB, from string) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(from, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(lock)
	return cachedFetch(t, "npm-project-"+hex.EncodeToString(sum[:8]), func(aside string) string {
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

// PyPI returns the unpacked source distribution of a Python project, by name==version with the SHA-256 of the
// archive in hex. Tests must not change it.
func PyPI(t testing.TB, version, sum string) string {
	t.Helper()
	return cachedFetch(t, "pypi-"+version, func(aside string) string {
		requirements := filepath.Join(aside, "requirements.txt")
		if err := os.WriteFile(requirements, []byte(version+" --hash=sha256:"+sum+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, aside, "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:",
			"--require-hashes", "--requirement", requirements, "--dest", aside)
		untar(t, onlyMatch(t, filepath.Join(aside, "*.tar.gz")), filepath.Join(aside, "out"))
		return onlyMatch(t, filepath.Join(aside, "out", "*"))
	})
}

// Crate returns the unpacked Rust crate, by name@version. Tests must not change it.
func Crate(t testing.TB, version string) string {
	t.Helper()
	name, number, _ := strings.Cut(version, "@")
	return cachedFetch(t, "crate-"+version, func(aside string) string {
		manifest := "[package]\nname = \"none\"\nversion = \"0.0.0\"\n" +
			"[dependencies]\n" + name + " = \"=" + number + "\"\n"
		Write(t, aside, "Cargo.toml", manifest)
		Write(t, aside, "src/lib.rs", "")
		run(t, aside, "cargo", "vendor", "--quiet", "--versioned-dirs", "out")
		dir := filepath.Join(aside, "out", name+"-"+number)
		if err := os.Remove(filepath.Join(dir, ".cargo-checksum.json")); err != nil {
			t.Fatal(err)
		}
		return dir
	})
}

// Module returns the folder of a Go module in the module cache, by path@version. Tests must not change it.
func Module(t testing.TB, version string) string { return goModule(t, version) }

// Debian returns the unpacked upstream source of a Debian source package, by name=version. Tests must not
// change it. The package lists are kept apart from the system's, whose sources.list they are made from.
func Debian(t testing.TB, version string) string {
	t.Helper()
	return cachedFetch(t, "debian-"+fileName(version), func(aside string) string {
		options := debianSources(t, filepath.Join(cacheDir(t), "debian-lists"))
		download := append([]string{"apt-get"}, options...)
		download = append(download, "source", "--download-only", "--tar-only", "-q", version)
		run(t, aside, download...)
		into := filepath.Join(aside, "out")
		if err := os.Mkdir(into, 0o755); err != nil {
			t.Fatal(err)
		}
		archive := onlyMatch(t, filepath.Join(aside, "*.tar.*"))
		run(t, aside, "tar", "-x", "--strip-components=1", "--no-same-owner", "-C", into, "-f", archive)
		return into
	})
}

// DebianPackage returns the unpacked Debian package, by name=version, with the files that it would install.
// Tests must not change it.
func DebianPackage(t testing.TB, version string) string {
	t.Helper()
	return cachedFetch(t, "deb-"+fileName(version), func(aside string) string {
		if exec.Command("apt-cache", "show", version).Run() != nil {
			run(t, aside, "apt-get", "update", "-q") // the package lists may be missing
		}
		run(t, aside, "apt-get", "download", "-q", version)
		run(t, aside, "dpkg-deb", "-x", onlyMatch(t, filepath.Join(aside, "*.deb")), filepath.Join(aside, "out"))
		return filepath.Join(aside, "out")
	})
}

// fileName returns the name and version of a Debian package as a name that can be used for a folder on every system.
func fileName(version string) string {
	return strings.NewReplacer(":", "+", "=", "_").Replace(version)
}

// debianSources returns the options with which apt reads source packages. Their lists are fetched once.
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
	// With lists of its own, apt changes nothing of the system and needs no root.
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

// cacheDir returns the folder below the user's cache folder in which code bases are kept between runs. It can be
// deleted at any time: what is missing is fetched again.
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

// Kept returns a file of the cache for what a test computes from the key. The file does not exist before the test has
// written it. Nothing removes it, so that the key must tell all that the result depends on.
func Kept(t testing.TB, key []byte) (file string) {
	t.Helper()
	dir := filepath.Join(cacheDir(t), "kept")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(key)
	return filepath.Join(dir, hex.EncodeToString(sum[:]))
}

// untar unpacks the regular files of a .tar.gz archive. Links, and names that lead out of the folder, are skipped,
// because archives are untrusted.
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

// temp returns a temporary folder by its path without links, as servers and bundles name files. On some systems the
// folder for temporary files is behind a link.
func temp(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// copyTree returns a temporary folder with a copy of a folder, which is removed when the test ends.
func copyTree(t testing.TB, from string) string {
	t.Helper()
	dir := temp(t)
	copyInto(t, from, dir)
	return dir
}

// Copy returns a second copy of a folder, elsewhere. Tests use it to show that an answer does not depend on the path of
// the workspace.
func Copy(t testing.TB, from string) string { return copyTree(t, from) }

// CopyReversed returns a copy whose files were created in the opposite order. File systems that list files in the
// order of creation list them in another order than the original.
func CopyReversed(t testing.TB, from string) string {
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
		// A compilation database contains the absolute path of the folder.
		moved := bytes.ReplaceAll(raw, []byte(from), []byte(to))
		write(t, filepath.Join(to, rel), bytes.NewReader(moved))
	}
	return to
}

// copyInto copies the files below a folder. It follows links to files, and copies neither permissions nor empty
// folders, because the module cache is read-only and tests edit their copies.
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

// write writes a file with what a reader returns, and the folders above it.
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

// Files returns a temporary folder with the given files, by slash-separated path. It is not a git repository.
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

// Program writes an executable file, with the folders above it. It does nothing when it is run; tests use it to show
// which of several programs of one name is found.
func Program(t testing.TB, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// FailIfChanged fails the test if anything below dir has changed when the test ends: names, file types, permissions and
// contents.
func FailIfChanged(t testing.TB, dir string) {
	t.Helper()
	before := TreeHash(t, dir)
	t.Cleanup(func() {
		if after := TreeHash(t, dir); after != before {
			t.Errorf("the workspace %s was changed", dir)
		}
	})
}

// Descriptors counts the open descriptors of this process, on Linux, for tests that nothing is left open. Those of the
// store are left out: all processes of the user add segments to the store, and the store itself bounds their number.
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

// TreeHash returns the digest of everything below dir: the path and the mode of each file, folder and link, and the
// content of regular files. Times are not part of it. Two folders have different digests, because paths are absolute.
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

// Git returns what git prints in a folder, without the line end.
func Git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// Commit commits all files of a repository.
func Commit(t testing.TB, dir, message string) {
	t.Helper()
	Git(t, dir, "add", "-A")
	identity := []string{"-c", "user.name=t", "-c", "user.email=t@example.com"}
	Git(t, dir, append(identity, "commit", "-q", "--allow-empty", "-m", message)...)
}
