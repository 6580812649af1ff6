package toolchain

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/catalogue"
	"lanser/server/programs"
)

// A virtual environment is a folder with a file pyvenv.cfg, an interpreter and a folder of packages
// (Python docs, library/venv). The interpreter of an environment outside of the workspace runs if the user
// has activated it: the user's own variable VIRTUAL_ENV names it. That of an environment in the workspace
// runs only if the user trusts the workspace. Otherwise the packages of such an environment are read: the
// server is given a script of ours as the interpreter, which has the user's python answer as the
// environment's own would. No file of the environment is executed.
//
// The same script adds the folders of PYTHONPATH where the variable names one of the workspace, as in "PYTHONPATH=src":
// python would import modules of them by itself, such as sitecustomize, so it is started without the variable.

// venvVar names the virtual environment that the user has activated.
const venvVar = "VIRTUAL_ENV"

// pythonPackages are the packages that a Python server reads.
type pythonPackages struct {
	interpreter string // of the environment, absolute; "" unless it may run
	// The following are of an environment whose packages are read without its interpreter.
	dir     string   // absolute
	sites   []string // folders of packages, absolute; the environment's own is the first
	version string   // of the environment's python; "" if it is not known
	system  bool     // the packages of the user's python count too
	// first are the folders of PYTHONPATH, absolute, if one of them is in the workspace.
	first []string

	used   string // what is used, for the evidence; "" if there is no environment
	unused string // what is not used, with the reason and the fix; "" for nothing
}

// read reports whether the packages of an environment are read without its interpreter.
func (p pythonPackages) read() bool { return p.sites != nil }

// pythonPackages returns the packages that a server reads.
func (m *Machine) pythonPackages(srv *catalogue.Server) (p pythonPackages) {
	if srv.Interpreters == nil {
		return p
	}
	p = m.environmentOf(srv)
	if folders, hasOwn := pythonPath(m.cfg.Root, m.cfg.CopyOf); hasOwn && !m.cfg.Trust {
		p.first = folders
	}
	return p
}

// pythonPath returns the folders of PYTHONPATH, absolute; hasOwn is true if one of them is in the workspace. Relative
// ones are relative to the root of the workspace, in which the tools of the language are run. In a copy of another
// workspace, the folders of that one are those of the copy.
func pythonPath(root, copyOf string) (folders []string, hasOwn bool) {
	for _, dir := range filepath.SplitList(os.Getenv(pythonPathVar)) {
		if dir == "" {
			continue
		}
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(root, dir)
		}
		for _, own := range []string{root, copyOf} {
			rel, inside := beneath.Local(own, filepath.Clean(dir))
			if own != "" && inside {
				dir, hasOwn = filepath.Join(root, filepath.FromSlash(rel)), true
				break
			}
		}
		folders = append(folders, filepath.Clean(dir))
	}
	return folders, hasOwn
}

// environmentOf returns the environment whose packages a server reads: the one that the user has activated, else that
// of the workspace.
func (m *Machine) environmentOf(srv *catalogue.Server) (p pythonPackages) {
	candidates := []string{}
	if active := filepath.Clean(os.Getenv(venvVar)); filepath.IsAbs(active) {
		if rel, inside := beneath.Local(m.cfg.Root, active); inside {
			candidates = append(candidates, rel)
		} else if python := filepath.Join(active, "bin", "python"); m.programs.Refuses(python) == "" {
			return pythonPackages{interpreter: python, used: "packages are those of " + venvVar}
		} else {
			p.unused = venvVar + " is not used: it has no bin/python that may be started; " +
				"activate another environment, or none"
		}
	}
	for _, interpreter := range srv.Interpreters {
		candidates = append(candidates, path.Dir(path.Dir(interpreter)))
	}
	for _, dir := range candidates {
		file := filepath.Join(m.cfg.Root, filepath.FromSlash(dir), "bin", "python")
		if m.cfg.Trust && isRegular(file) {
			return pythonPackages{interpreter: file, used: "packages are those of " + dir, unused: p.unused}
		}
		found, err := m.readEnvironment(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // there is no such environment
		}
		found.unused = p.unused
		if err != nil {
			found.unused = dir + " is not used: " + err.Error()
		}
		return found
	}
	return p
}

// Limits of what is read of an environment.
const (
	maxVenvConfig = 64 << 10 // of pyvenv.cfg and of a .pth file, in bytes
	maxPthFiles   = 200
)

// readEnvironment reads a virtual environment of the workspace. The error is fs.ErrNotExist if the folder
// is none. A copy of an earlier state of the workspace has the environment of the workspace itself.
func (m *Machine) readEnvironment(dir string) (p pythonPackages, err error) {
	root := cmp.Or(m.cfg.CopyOf, m.cfg.Root)
	folder, err := beneath.Open(root)
	if err != nil {
		return p, err
	}
	defer folder.Close()
	raw, err := folder.ReadFile(path.Join(dir, "pyvenv.cfg"), maxVenvConfig)
	if errors.Is(err, beneath.ErrOutside) {
		return p, errors.New("it lies outside of the workspace; activate it, or allow it with --trust")
	}
	if err != nil {
		return p, fs.ErrNotExist
	}
	config := readVenvConfig(raw)
	p.version = pythonVersion.FindString(cmp.Or(config["version_info"], config["version"]))
	p.system = config["include-system-site-packages"] == "true"
	site := sitePackages(folder, dir, p.version)
	if site == "" {
		return pythonPackages{}, errors.New("it has no folder site-packages; create it again")
	}
	if m.programs.Look("python3") == "" && m.programs.Look("python") == "" {
		return pythonPackages{}, errors.New(
			"without --trust its packages are read with your own python; put one on PATH",
		)
	}
	p.dir = filepath.Join(root, filepath.FromSlash(dir))
	p.sites = []string{filepath.Join(root, filepath.FromSlash(site))}
	for _, rel := range linkedFolders(folder, root, site) {
		p.sites = append(p.sites, filepath.Join(root, filepath.FromSlash(rel)))
	}
	p.used = "packages are those of " + dir + ", whose python is not run without --trust"
	return p, nil
}

// readVenvConfig returns the lines "key = value" of a pyvenv.cfg, with keys in lower case.
func readVenvConfig(raw []byte) map[string]string {
	config := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if key, value, ok := strings.Cut(line, "="); ok {
			config[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
	return config
}

// pythonVersion is the version at the beginning of version_info, as in "3.12.3.final.0".
var pythonVersion = lazyregexp.New(`^\d{1,3}\.\d{1,3}(?:\.\d{1,3})?`)

// sitePackages returns the folder of an environment's packages, relative to the root of folder; "" for none.
func sitePackages(folder *beneath.Folder, dir, version string) (found string) {
	candidates := []string{path.Join(dir, "Lib", "site-packages")} // on Windows
	entries, err := folder.ReadDir(path.Join(dir, "lib"))
	for _, e := range entries {
		if err == nil && strings.HasPrefix(e.Name(), "python3") {
			candidates = append(candidates, path.Join(dir, "lib", e.Name(), "site-packages"))
		}
	}
	for _, site := range candidates {
		if info, err := folder.Stat(site); err != nil || !info.IsDir() {
			continue
		}
		own := strings.TrimPrefix(path.Base(path.Dir(site)), "python")
		if found == "" || strings.HasPrefix(version+".", own+".") {
			found = site
		}
	}
	return found
}

// linkedFolders returns the folders of the workspace that the .pth files of a folder of packages name, as
// those of packages installed in development mode do. Lines that are code are passed over.
func linkedFolders(folder *beneath.Folder, root, site string) (out []string) {
	entries, err := folder.ReadDir(site)
	if err != nil {
		return nil
	}
	files := 0
	for _, e := range entries {
		if path.Ext(e.Name()) != ".pth" || files == maxPthFiles {
			continue
		}
		files++
		raw, err := folder.ReadFile(path.Join(site, e.Name()), maxVenvConfig)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(raw)) {
			line = strings.TrimSpace(line)
			isCode := strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "import\t")
			if line == "" || line[0] == '#' || isCode {
				continue
			}
			if !filepath.IsAbs(line) {
				line = filepath.Join(root, filepath.FromSlash(site), filepath.FromSlash(line))
			}
			rel, inside := beneath.Local(root, filepath.Clean(line))
			if !inside || slices.Contains(out, rel) {
				continue
			}
			if info, err := folder.Stat(rel); err == nil && info.IsDir() {
				out = append(out, rel)
			}
		}
	}
	return out
}

// standInScript has python run code as the interpreter of a virtual environment would. Its first argument
// describes the environment, and its last is the code. For an environment in the workspace python is isolated (-I) and
// does not look for packages by itself (-S). The code can import what is loaded already, and nothing from a folder, so
// that nothing of the environment or of the workspace is executed.
const standInScript = `import json,os.path,sys;e=json.loads(sys.argv[1]);c=sys.argv[-1];` +
	`i=next((i for i,p in enumerate(sys.path) if p.endswith("-packages")),len(sys.path));` +
	`sys.path[i:i]=e["path"];sys.path[0:0]=e["first"];` +
	`sys.prefix=e["prefix"] or sys.prefix;v=e["version"];` +
	`sys.version_info=tuple(v)+("final",0) if v else sys.version_info;sys.argv=["-c"];` +
	`sys.path_hooks.clear();sys.path_importer_cache.clear();exec(c)`

// standIn returns the script that is given to a server in place of an interpreter: of that of an environment whose
// packages are read, or of one that would get a PYTHONPATH with folders of the workspace. It lies in the user's cache
// folder.
func (m *Machine) standIn(p pythonPackages) (file string, err error) {
	python := cmp.Or(p.interpreter, m.programs.Look("python3"), m.programs.Look("python"))
	about := struct {
		First   []string `json:"first"`
		Path    []string `json:"path"`
		Prefix  string   `json:"prefix"`
		Version []int    `json:"version"`
	}{First: append([]string{}, p.first...), Path: append([]string{}, p.sites...), Prefix: p.dir}
	if parts := strings.Split(p.version, "."); p.version != "" {
		for _, part := range append(parts, "0")[:3] {
			n, _ := strconv.Atoi(part) // cannot fail: see pythonVersion
			about.Version = append(about.Version, n)
		}
	}
	raw, err := json.Marshal(about)
	if err != nil {
		return "", err
	}
	argv := []string{python}
	if p.read() {
		argv = append(argv, "-I")
	}
	if p.read() && !p.system {
		argv = append(argv, "-S")
	}
	return programs.Script(filepath.Join(m.cfg.Dirs.Cache, "programs"), "python",
		slices.Concat(argv, []string{"-c", standInScript, string(raw)}))
}

// usePackages has a session use the packages of an environment.
func (m *Machine) usePackages(srv *catalogue.Server, h *Host, p pythonPackages) error {
	h.Python = p.interpreter
	hasPython := p.interpreter != "" || m.programs.Look("python3") != "" || m.programs.Look("python") != ""
	if p.read() || p.first != nil && hasPython {
		script, err := m.standIn(p)
		if err != nil {
			return err
		}
		h.Python = script
		h.Launch.Policy.Executable = append(h.Launch.Policy.Executable, filepath.Dir(script))
	}
	h.Linked = slices.Clone(p.first)
	if p.read() {
		h.Linked = append(h.Linked, p.sites[1:]...)
	}
	if p.interpreter != "" {
		h.Launch.Policy.Executable = append(h.Launch.Policy.Executable, programs.Toolchain(p.interpreter)...)
	}
	if p.used != "" {
		h.Notes = append(h.Notes, p.used)
	}
	if p.unused != "" {
		h.Unused = append(h.Unused, p.unused)
	}
	return nil
}

// applyTo returns what python says about itself, with the packages and the version of the environment.
func (p pythonPackages) applyTo(v pythonEnv) pythonEnv {
	if p.read() {
		v.Purelib, v.Version = p.sites[0], cmp.Or(p.version, v.Version)
	}
	return v
}
