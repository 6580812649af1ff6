package programs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A version manager puts stand-ins on PATH: programs of the usual names that look for a
// file of the current folder (.python-version, .tool-versions, .nvmrc, rust-toolchain.toml)
// and start the program that it names, which may lie in that folder.

// managers are programs that stand-ins are links to.
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

// standIns reports whether a folder of PATH holds a version manager's stand-ins.
func standIns(dir string) bool {
	return filepath.Base(dir) == "shims" || filepath.Base(filepath.Dir(dir)) == "shims"
}

// standsIn reports whether a program is a version manager's stand-in.
func standsIn(file string) bool {
	if standIns(filepath.Dir(file)) {
		return true
	}
	resolved, err := filepath.EvalSymlinks(file)
	if err != nil {
		return false
	}
	base := filepath.Base(resolved)
	return standIns(filepath.Dir(resolved)) || base != filepath.Base(file) && slices.Contains(managers, base) ||
		sameAsManager(file)
}

// sameAsManager reports whether a program is a hard link of, or the same file as, rustup next
// to it: that is how rustup installs its stand-ins.
func sameAsManager(file string) bool {
	own, err := os.Stat(file)
	if err != nil || filepath.Base(file) == "rustup" {
		return false
	}
	manager, err := os.Stat(filepath.Join(filepath.Dir(file), "rustup"))
	return err == nil && os.SameFile(own, manager)
}

// questions are what a stand-in is asked for the program that it stands for: arguments, and
// where below what is printed the program lies.
var questions = map[string]struct {
	args  []string
	below string
}{
	"python3": {[]string{"-I", "-c", "import sys; print(sys.executable)"}, ""},
	"python":  {[]string{"-I", "-c", "import sys; print(sys.executable)"}, ""},
	"node":    {[]string{"-p", "process.execPath"}, ""},
	"go":      {[]string{"env", "GOROOT"}, "bin/go"},
	"rustc":   {[]string{"--print", "sysroot"}, "bin/rustc"},
}

// cousins are programs that lie next to one that can be asked.
var cousins = map[string]string{"cargo": "rustc", "npm": "node", "gofmt": "go", "rust-analyzer": "rustc"}

// asked holds the answers of stand-ins: they cost up to a tenth of a second each.
var asked sync.Map // file, its stamp, PATH and workspace → path

// realProgram is the program that a stand-in starts where no file chooses a version, with
// the given PATH.
func (f *Finder) realProgram(file, name, path string) string {
	info, err := os.Stat(file)
	if err != nil {
		return ""
	}
	key := [4]string{file, info.ModTime().String(), path, f.root}
	if v, ok := asked.Load(key); ok {
		return v.(string)
	}
	p := f.askStandIn(file, name, path)
	asked.Store(key, p)
	return p
}

const standInTime = 10 * time.Second

func (f *Finder) askStandIn(file, name, path string) string {
	with := name
	if c, ok := cousins[name]; ok {
		with, file = c, filepath.Join(filepath.Dir(file), c)
	}
	q, ok := questions[with]
	if !ok {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), standInTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, q.args...)
	cmd.Dir = string(filepath.Separator)
	cmd.Env = f.standInEnviron(path)
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

// standInEnviron is the user's environment without what names a file of the workspace or a
// folder to look for a version in, and with another PATH.
func (f *Finder) standInEnviron(path string) []string {
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
