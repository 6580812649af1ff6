package server

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
	"lanser/server/sandbox"
)

// Variables of the user's by which servers may do more than they may by default.
const (
	// networkVar, if it is "on", lets a server reach the network for what its description names.
	networkVar = "LANSER_NETWORK"
	// readVar lists more folders that servers may read, as PATH lists folders.
	readVar = "LANSER_READ"
)

// policy is what a server may do: read the workspace, the repository that holds it, its own
// installation, the toolchains of its language and what the user names; execute toolchains
// and installations; write its cache. What only a toolchain can tell is added when it has
// been asked.
func (e *Engine) policy(srv *catalogue.Server, found install.Found, cache string) sandbox.Policy {
	p := sandbox.Policy{
		Writable: []string{cache}, Workspace: e.ws.Root(), Trust: e.cfg.Trust, Network: srv.Network != "" && os.Getenv(networkVar) == "on",
		Enforce: e.cfg.Sandbox != "off", Memory: e.cfg.MaxMemory,
	}
	p.Executable = append(p.Executable, programs.Toolchain(found.Argv[0])...)
	if found.Pinned && programs.Within(e.dirs.Data, found.Dir) {
		p.Executable = append(p.Executable, found.Dir)
	}
	if wholePath(srv, found) {
		p.Executable = append(p.Executable, filepath.SplitList(e.programs.Path())...)
	}
	for _, tool := range srv.Tools {
		if file := e.programs.Look(tool); file != "" {
			p.Executable = append(p.Executable, programs.Toolchain(file)...)
		}
	}
	p.Readable = append(p.Readable, e.named(srv)...)
	for _, name := range srv.Env { // as CC names a compiler
		if file, ok := e.programs.Lookup(e.cfg.Trust, name); ok && filepath.IsAbs(file) && e.programs.Refuses(file) == "" {
			p.Executable = append(p.Executable, programs.Toolchain(file)...)
		}
	}
	if e.cfg.standsFor != "" { // a copy of an earlier state has links to what was not in git
		p.Readable = append(p.Readable, e.cfg.standsFor, e.cfg.standsForTop)
	}
	if top := e.top(); top != "" {
		p.Readable = append(p.Readable, top)
	}
	p.Readable = append(p.Readable, e.above(srv)...)
	return p
}

// top is the folder of the repository that holds the workspace, "" for none.
func (e *Engine) top() string { return cmp.Or(e.cfg.top, e.ws.Top()) }

// named lists what a server may read because the user's environment or configuration has it.
func (e *Engine) named(srv *catalogue.Server) (paths []string) {
	paths = filepath.SplitList(os.Getenv(readVar))
	for _, name := range srv.ReadVars {
		paths = append(paths, os.Getenv(name))
	}
	config, configErr := os.UserConfigDir()
	home, homeErr := os.UserHomeDir()
	for _, file := range srv.UserFiles {
		if below, ok := strings.CutPrefix(file, "~/"); ok && homeErr == nil {
			paths = append(paths, filepath.Join(home, below))
		} else if !ok && configErr == nil {
			paths = append(paths, filepath.Join(config, file))
		}
	}
	return slices.DeleteFunc(paths, func(p string) bool { return !filepath.IsAbs(p) })
}

// above lists the files above the workspace that a server looks for there: the module, the
// project or the compilation database that the workspace is a part of.
func (e *Engine) above(srv *catalogue.Server) (files []string) {
	names := slices.Concat(srv.Needs, srv.Projects, srv.Database, []string{"go.work", "package.json", "pyproject.toml"})
	for _, c := range srv.Configs {
		if !strings.ContainsAny(c, "*/") {
			names = append(names, c)
		}
	}
	for dir := filepath.Dir(e.ws.Root()); ; dir = filepath.Dir(dir) {
		for _, name := range names {
			file := filepath.Join(dir, filepath.FromSlash(name))
			if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() {
				files = append(files, file)
			}
		}
		if dir == filepath.Dir(dir) {
			return files
		}
	}
}

// outside are the paths that lie outside the workspace: those in it may be read anyhow.
func (e *Engine) outside(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return !filepath.IsAbs(p) || programs.Within(e.ws.Root(), p) })
}

// passed are the user's variables that every server gets beside [programs.Basic].
var passed = []string{
	"SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
}

// environ makes the whole environment of a server: an allowlist of the user's, with
// everything that is written pointed into its cache, and a PATH of the programs that it
// needs.
func (e *Engine) environ(srv *catalogue.Server, found install.Found, cache string, h *host) error {
	set := map[string]string{"TMPDIR": h.run.tmp, "XDG_CACHE_HOME": cache}
	for name, dir := range srv.CacheVars {
		set[name] = filepath.Join(cache, dir)
	}
	for name, value := range srv.SetEnv {
		set[name] = value
	}
	if !h.run.policy.Network {
		for name, value := range srv.OfflineEnv {
			set[name] = value
		}
	}
	wrappers, err := e.programs.Wrappers(filepath.Join(e.dirs.Cache, "programs"), wrapped(srv)...)
	if err != nil {
		return err
	}
	h.run.policy.Executable = append(h.run.policy.Executable, wrappers)
	set["PATH"] = wrappers
	if wholePath(srv, found) || e.cfg.Trust { // what a trusted workspace runs may need anything
		dirs := []string{e.programs.PathOf(srv.Tools...), e.programs.Path()}
		set["PATH"] = strings.Trim(strings.Join(dirs, string(os.PathListSeparator)), string(os.PathListSeparator))
	}
	h.run.env = e.programs.Environ(e.cfg.Trust, slices.Concat(passed, srv.Env), set)
	return nil
}

// wholePath reports whether a server may find and execute all programs on the user's PATH: one
// whose language needs them, and the user's own, of which nothing is known.
func wholePath(srv *catalogue.Server, found install.Found) bool {
	return srv.SystemPath || !found.Pinned
}

// wrapped are the programs that a server's PATH holds.
func wrapped(srv *catalogue.Server) []string {
	names := slices.Clone(srv.Tools)
	if srv.Install.Manager == "npm" && srv.Install.Native == "" {
		names = append(names, "node") // which its own script begins with
	}
	return names
}

// refused fails where files of a workspace that is not trusted would have the server run or
// load something, and nothing but leaving it alone prevents that.
func (e *Engine) refused(srv *catalogue.Server, v catalogue.View) error {
	if e.cfg.Trust {
		return nil
	}
	file, why, err := refuses(srv, e.ws.Root(), e.top(), v.Paths())
	switch {
	case err != nil:
		return fault.Wrap(fault.Permissions, err, "the workspace cannot be read: %v", err)
	case why == "":
		return nil
	}
	return fault.New(fault.Permissions, "%s is not started, for the workspace is not trusted: %s: %s", srv.Name, file, why).
		WithHint("look at the file; --trust starts it all the same")
}

// Refuses says why a server is not started in a workspace without trust: the file, and what
// it would have the server do; both are "" where it is started. Paths are the workspace's
// files.
func Refuses(srv *catalogue.Server, ws *index.Workspace, paths []string) (file, why string, err error) {
	return refuses(srv, ws.Root(), ws.Top(), paths)
}

func refuses(srv *catalogue.Server, root, top string, paths []string) (file, why string, err error) {
	d, err := openDisk(root, top, paths)
	if err != nil {
		return "", "", err
	}
	defer d.folder.Close()
	file, why = srv.Refuses(d)
	return file, why, nil
}

// disk is the workspace's folder, and what lies above it in its repository.
type disk struct {
	paths  []string
	folder *beneath.Folder // of the repository, else of the workspace
	prefix string          // from folder to the workspace, slash-separated
}

// openDisk opens the folder of a workspace, and that of the repository that holds it; top is
// "" for none.
func openDisk(root, top string, paths []string) (*disk, error) {
	base := cmp.Or(top, root)
	prefix, err := filepath.Rel(base, root)
	if err != nil {
		return nil, err
	}
	folder, err := beneath.Open(base)
	if err != nil {
		return nil, err
	}
	return &disk{paths: paths, folder: folder, prefix: filepath.ToSlash(prefix)}, nil
}

func (d *disk) Paths() []string { return d.paths }

func (d *disk) Above() int {
	if d.prefix == "." {
		return 0
	}
	return strings.Count(d.prefix, "/") + 1
}

func (d *disk) Folders() []string {
	return d.names(".", func(e fs.DirEntry) bool { return e.IsDir() || e.Type()&fs.ModeSymlink != 0 })
}

func (d *disk) List(dir string) []string {
	return d.names(dir, func(fs.DirEntry) bool { return true })
}

func (d *disk) Links(dir string) []string {
	return d.names(dir, func(e fs.DirEntry) bool { return e.Type()&fs.ModeSymlink != 0 })
}

func (d *disk) names(dir string, keep func(fs.DirEntry) bool) (names []string) {
	entries, err := d.folder.ReadDir(path.Join(d.prefix, dir))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if keep(e) {
			names = append(names, e.Name())
		}
	}
	return names
}

func (d *disk) Real(p string) string {
	real, err := filepath.EvalSymlinks(filepath.Join(d.folder.Dir(), filepath.FromSlash(path.Join(d.prefix, p))))
	if err != nil {
		return ""
	}
	return real
}

// unreadable lists the files and links of the workspace that have a server read what the
// sandbox keeps from it: its answers may lack what stands there.
func (e *Engine) unreadable(srv *catalogue.Server, v catalogue.View, p sandbox.Policy) (by []string) {
	if !p.Enforce || sandbox.Level() == sandbox.None {
		return nil
	}
	d, err := openDisk(e.ws.Root(), e.top(), v.Paths())
	if err != nil {
		return nil
	}
	defer d.folder.Close()
	for _, other := range srv.Elsewhere(d) {
		if other.Path != "" && !slices.Contains(by, other.By) && !p.MayRead(other.Path) {
			by = append(by, other.By)
		}
	}
	return by
}

// maxLooked bounds a file that is looked through before a server is started, in bytes.
const maxLooked = 16 << 20

func (d *disk) Read(p string) ([]byte, error) {
	p = path.Join(d.prefix, p)
	switch info, err := d.folder.Stat(p); {
	case err != nil && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fs.ErrNotExist
	}
	return d.folder.ReadFile(p, maxLooked)
}
