package programs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A version manager puts shims on PATH: programs with the usual names that read a file in the
// current folder (.python-version, .tool-versions, .nvmrc, rust-toolchain.toml) and start the
// program that it names, which may lie in that folder.

// managers are programs to which shims are links.
var managers = []string{
	"rustup",
	"rustup-init",
	"volta-shim",
	"volta",
	"mise",
	"asdf",
	"proto",
	"proto-shim",
	"nodenv",
	"pyenv",
	"vfox",
	"aqua-proxy",
}

// isShimFolder reports whether a folder contains the shims of a version manager.
func isShimFolder(dir string) bool {
	return filepath.Base(dir) == "shims" || filepath.Base(filepath.Dir(dir)) == "shims"
}

// isShim reports whether a program is a shim of a version manager.
func isShim(file string) bool {
	if isShimFolder(filepath.Dir(file)) {
		return true
	}
	resolved, err := filepath.EvalSymlinks(file)
	if err != nil {
		return false
	}
	base := filepath.Base(resolved)
	return isShimFolder(filepath.Dir(resolved)) || base != filepath.Base(file) && slices.Contains(managers, base) ||
		sameAsManager(file)
}

// sameAsManager reports whether a program is a hard link to the program rustup in the same
// folder, which is how rustup installs its shims.
func sameAsManager(file string) bool {
	own, err := os.Stat(file)
	if err != nil || filepath.Base(file) == "rustup" {
		return false
	}
	manager, err := os.Stat(filepath.Join(filepath.Dir(file), "rustup"))
	return err == nil && os.SameFile(own, manager)
}

// targetQueries are the arguments with which a shim prints the path of the program that it runs,
// or of a folder that contains the program at the path below.
var targetQueries = map[string]struct {
	args  []string
	below string
}{
	"python3": {[]string{"-I", "-c", "import sys; print(sys.executable)"}, ""},
	"python":  {[]string{"-I", "-c", "import sys; print(sys.executable)"}, ""},
	"node":    {[]string{"-p", "process.execPath"}, ""},
	"go":      {[]string{"env", "GOROOT"}, "bin/go"},
	"rustc":   {[]string{"--print", "sysroot"}, "bin/rustc"},
}

// siblings maps programs to a program in the same folder for which there is a target query.
var siblings = map[string]string{"cargo": "rustc", "npm": "node", "gofmt": "go", "rust-analyzer": "rustc"}

// shimTargets caches the targets of shims, because a shim takes up to a tenth of a second. The
// key contains the shim, its modification time, PATH and the workspace.
var shimTargets sync.Map

// realProgram returns the program that a shim starts with the given PATH in a folder where no
// file chooses a version, "" if that is unknown.
func (f *Finder) realProgram(file, name, path string) string {
	info, err := os.Stat(file)
	if err != nil {
		return ""
	}
	key := [4]string{file, info.ModTime().String(), path, fmt.Sprint(f.spaces)}
	if v, ok := shimTargets.Load(key); ok {
		return v.(string)
	}
	p := f.queryShim(file, name, path)
	shimTargets.Store(key, p)
	return p
}

// shimTimeout is how long a shim may take.
const shimTimeout = 10 * time.Second

func (f *Finder) queryShim(file, name, path string) string {
	with := name
	if c, ok := siblings[name]; ok {
		with, file = c, filepath.Join(filepath.Dir(file), c)
	}
	q, ok := targetQueries[with]
	if !ok {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), shimTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, q.args...)
	cmd.Dir = string(filepath.Separator)
	cmd.Env = f.shimEnviron(path)
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	p := filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(q.below))
	if with != name {
		p = filepath.Join(filepath.Dir(p), name)
	}
	if !filepath.IsAbs(p) || !executable(p) {
		return ""
	}
	return p
}

// shimEnviron returns the user's environment with the given PATH, without variables that name a
// file of the workspace or a folder in which the shim would look for a version.
func (f *Finder) shimEnviron(path string) []string {
	env := []string{"PATH=" + path}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		value, ok := f.Lookup(false, name)
		if ok && !strings.HasSuffix(name, "_DIR") &&
			!slices.Contains([]string{"PATH", "PWD", "OLDPWD", "PYTHONPATH", "NODE_OPTIONS"}, name) {
			env = append(env, name+"="+value)
		}
	}
	return append(
		env,
		"PYENV_DIR=/",
		"NODENV_DIR=/",
		"GOENV_DIR=/",
		"RBENV_DIR=/",
		"GOTOOLCHAIN=local",
		"RUSTUP_AUTO_INSTALL=0",
	)
}
