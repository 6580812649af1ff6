package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
)

// A test that needs a real server or a witness fails without it, rather than being skipped, so that a green run has
// compared everything. Therefore this program installs both. Servers have pinned versions and go to the user's data
// folder, as with 'lanser servers install'. Witnesses come from Debian, in any version, and need root.

// witnessPackages maps programs to the Debian packages that contain them. Tests compare answers
// with their output, view reports with them, and unpack code bases.
var witnessPackages = map[string]string{
	"ctags": "universal-ctags", "xz": "xz-utils", "unshare": "util-linux",
	"nvim": "neovim", "shellcheck": "shellcheck",
	"xmllint": "libxml2-utils", "chromium": "chromium", "strace": "strace", "clang": "clang",
}

// witnessModules maps files to the Debian packages that contain them: Python modules, and Rust's toolchain with the
// sources of its standard library, which a toolchain of rustup on PATH may lack (see indextest.DebianRust).
var witnessModules = map[string]string{
	"/usr/lib/python3/dist-packages/clang/cindex.py": "python3-clang",
	"/usr/bin/rustc": "rustc-web", "/usr/bin/cargo": "cargo-web",
	"/usr/lib/rustlib/src/rust/library/std/src/lib.rs": "rust-web-src",
}

// rustLibrary is the manifest of Rust's standard library. rust-analyzer asks cargo, offline, for its dependencies.
const rustLibrary = "/usr/lib/rustlib/src/rust/library/Cargo.toml"

// rustCrates names the dependencies of Rust's standard library in the lists of what a step needs.
const rustCrates = "the crates that Rust's standard library depends on"

// lackingCompiler returns what this machine lacks to compile the parsers, and how to get it; "" if nothing is missing.
// It is computed once, because each step asks and the answer takes a run of the go command.
var lackingCompiler = sync.OnceValue(findLackingCompiler)

// findLackingCompiler is [lackingCompiler], computed anew.
func findLackingCompiler() string {
	out, err := exec.Command("go", "env", "CC", "CGO_ENABLED").Output()
	if err != nil {
		return "the go command: " + err.Error()
	}
	compiler, enabled, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	program, _, _ := strings.Cut(compiler, " ") // CC may contain flags
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Sprintf("a C compiler (%s is not installed; install gcc, or set CC to another)", program)
	}
	if enabled != "1" {
		return "CGO_ENABLED=1 (the parsers are C code)"
	}
	return ""
}

// missingServers returns the language servers that tests run whose pinned version is not installed, and
// the user's folders.
func missingServers() ([]*catalogue.Server, install.Dirs, error) {
	dirs, err := install.UserDirs("")
	if err != nil {
		return nil, dirs, err
	}
	find, err := finder(dirs)
	if err != nil {
		return nil, dirs, err
	}
	var missing []*catalogue.Server
	for _, s := range catalogue.Servers {
		if s.Untested && s.Dangers == nil { // otherwise tests try them
			continue
		}
		if found, err := install.Find(dirs, s, find); err != nil || !found.Pinned ||
			install.Lacks(dirs, s) != "" {
			missing = append(missing, s)
		}
	}
	return missing, dirs, nil
}

// finder returns a finder of programs that ignores those in this repository, as the engine does for its workspace.
func finder(dirs install.Dirs) (*programs.Finder, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	return install.Finder(dirs, cwd), nil
}

// namesOf returns a function that lists the servers that find returns as "name version". If find
// fails, the list contains the error.
func namesOf(find func() ([]*catalogue.Server, install.Dirs, error)) func() []string {
	return func() (names []string) {
		missing, _, err := find()
		if err != nil {
			return []string{err.Error()}
		}
		for _, s := range missing {
			names = append(names, s.Name+" "+strings.TrimPrefix(s.FullVersion(), "v"))
		}
		return names
	}
}

// servers installs the missing pinned language servers, which the tests need.
func servers(ctx context.Context) error {
	missing, dirs, err := missingServers()
	if err != nil || len(missing) == 0 {
		return err
	}
	find, err := finder(dirs)
	if err != nil {
		return err
	}
	fmt.Println("The tests use real language servers. These are missing and will be installed:")
	for _, s := range missing {
		folder := dirs.Dir(s)
		if s.Install.Manager == "apt" {
			folder = "the system, by apt-get"
		}
		fmt.Printf("  %s %s → %s\n", s.Name, strings.TrimPrefix(s.FullVersion(), "v"), folder)
	}

	for _, s := range missing {
		if err := install.Install(ctx, dirs, s, find, os.Stdout); err != nil {
			return err
		}
	}
	return nil
}

// missingWitnesses returns what [missingPackages] does, and [rustCrates] unless cargo has them.
func missingWitnesses() []string {
	missing := missingPackages()
	if lacksRustCrates() {
		missing = append(missing, rustCrates)
	}
	return missing
}

// missingPackages returns the Debian packages of witnessPackages whose program is not on PATH, and
// those of witnessModules whose file is missing.
func missingPackages() (missing []string) {
	for _, program := range slices.Sorted(maps.Keys(witnessPackages)) {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, witnessPackages[program])
		}
	}
	for _, file := range slices.Sorted(maps.Keys(witnessModules)) {
		if _, err := os.Stat(file); err != nil {
			missing = append(missing, witnessModules[file])
		}
	}
	return missing
}

// lacksRustCrates reports whether cargo would have to download dependencies of the standard library. Without cargo it
// reports true.
func lacksRustCrates() bool {
	argv := []string{"metadata", "--offline", "--locked", "--format-version=1", "--manifest-path", rustLibrary}
	return exec.Command("/usr/bin/cargo", argv...).Run() != nil
}

// witnesses installs the Debian packages that are missing, and then fetches the crates.
func witnesses(ctx context.Context) error {
	if missing := missingPackages(); len(missing) > 0 {
		fmt.Println("The tests compare answers and reports with other programs. These Debian packages are missing\n" +
			"and apt-get will install them as root:")
		fmt.Println("  " + strings.Join(missing, " "))
		install := append([]string{"apt-get", "install", "-q", "-y", "--no-install-recommends"}, missing...)
		for _, argv := range [][]string{{"apt-get", "update", "-q"}, install} {
			if err := quietly(ctx, argv...); err != nil {
				return err
			}
		}
	}
	if !lacksRustCrates() {
		return nil
	}
	fmt.Println("rust-analyzer reads Rust's standard library. Cargo will fetch " + rustCrates + ".")
	return quietly(ctx, "/usr/bin/cargo", "fetch", "--locked", "--manifest-path", rustLibrary)
}

// quietly runs a command; the error contains its output.
func quietly(ctx context.Context, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", argv, err, out)
	}
	return nil
}

// missingModule returns a function that lists tool if its module is not in Go's module cache.
// tool is the argument of 'go run' with a version.
func missingModule(tool, module string) func() []string {
	return func() []string {
		_, version, _ := strings.Cut(tool, "@")
		out, err := exec.Command("go", "env", "GOMODCACHE").Output()
		if err == nil {
			_, err = os.Stat(filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(module)+"@"+version))
		}
		if err != nil {
			return []string{tool}
		}
		return nil
	}
}
