package toolchain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/javabuild"
	"lanser/server/programs"
	"lanser/server/project"
	"lanser/server/sandbox"
)

// Host is what a session gets from the machine. It is determined when the session starts, and it is part
// of traces.
type Host struct {
	Interpreter  *bundle.Tool
	Roots        []bundle.Root
	ConfigDigest string
	Sandbox      string // level of confinement, see [sandbox.Level]
	Dir          string // where the server is installed
	Python       string // interpreter of the workspace, which the server uses
	// Unreadable are files and links of the workspace that refer to files which the server may not
	// read.
	Unreadable []string `json:",omitempty"`
	// Guessed are the folders in which headers are searched for files that nothing says how to compile,
	// relative to the root.
	Guessed []string `json:",omitempty"`
	// Notes are sentences about what the server uses of the machine, and Unused about what it does not use
	// though the workspace or the user has it, with the fix.
	Notes  []string `json:",omitempty"`
	Unused []string `json:",omitempty"`
	// Linked are folders with Python packages in development.
	Linked []string `json:",omitempty"`
	// LeftOut has a sentence for each repository in the workspace whose files are not part of it.
	LeftOut []string `json:",omitempty"`
	// MissingToolchain says which toolchain the workspace asks for that is not installed, and the command that
	// installs it; "" for none.
	MissingToolchain string `json:",omitempty"`
	// Projects is the folder with the projects that describe the workspace to the server; "" for none.
	Projects string `json:",omitempty"`
	// PID is the process id that servers got in older traces. Today they get none: they cannot see the
	// process of lanser, so they would assume that it is dead, and end.
	PID int

	Launch Launch `json:"-"`

	once  sync.Once
	names bundle.Roots
}

// Names returns the named folders for bundles, those of the workspace and of the host. It calls make
// only the first time.
func (h *Host) Names(make func() bundle.Roots) bundle.Roots {
	h.once.Do(func() { h.names = make() })
	return h.names
}

// Launch describes how a server is started. No answer depends on it.
type Launch struct {
	Argv, Env []string
	Policy    sandbox.Policy
	tmp       string // private temporary folder
}

// Clean removes the temporary folder of the server.
func (l Launch) Clean() {
	if l.tmp != "" {
		os.RemoveAll(l.tmp)
	}
}

// Prepare determines everything that the start of a server needs. It installs the server first if
// [Config.Install] is set. The caller must clean the launch, unless Prepare fails.
func (m *Machine) Prepare(ctx context.Context, srv *catalogue.Server, v project.View) (*Host, error) {
	h := &Host{}
	if err := m.prepare(ctx, srv, v, h); err != nil {
		h.Launch.Clean()
		return nil, err
	}
	return h, nil
}

// cacheOf returns the folder that a server may write. With trust it is another one, because build tools
// execute there what they have built: what a server of an untrusted workspace has written must not be taken for
// that.
func (m *Machine) cacheOf(srv *catalogue.Server) string {
	if m.cfg.Trust {
		return filepath.Join(m.cfg.Dirs.Cache, "trusted", srv.Name)
	}
	return filepath.Join(m.cfg.Dirs.Cache, srv.Name)
}

// prepare fills in h: it finds or installs the server, refuses configuration that could make it run code of an
// untrusted workspace, creates its folders, and computes its sandbox policy, environment and libraries. The order
// matters: nothing of the language's toolchain runs before the sandbox policy is known.
func (m *Machine) prepare(ctx context.Context, srv *catalogue.Server, v project.View, h *Host) error {
	found, err := m.findOrInstall(ctx, srv)
	if err != nil {
		return err
	}
	if err := m.checkTrust(srv, v.Paths()); err != nil {
		return err
	}
	cache := m.cacheOf(srv)
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot make the cache folder: %v", err)
	}
	run := &h.Launch
	run.tmp, err = os.MkdirTemp(cache, "tmp-")
	if err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot make a temporary folder: %v", err)
	}
	h.Dir, h.Sandbox = found.Dir, sandbox.Level()
	run.Argv = found.Argv
	run.Policy = m.policy(srv, found, cache)
	if !run.Policy.Enforce {
		h.Sandbox = "off"
	}
	if err := m.environ(srv, found, cache, run); err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot make the folder of the programs that %s may run: %v",
			srv.Name, err)
	}
	for i, arg := range run.Argv {
		run.Argv[i] = strings.ReplaceAll(arg, "{tmp}", run.tmp)
	}
	if srv.DescribesProjects() {
		h.Projects = filepath.Join(run.tmp, "projects")
		if err := m.describeProjects(h.Projects, srv.ProjectsFor(v)); err != nil {
			return fault.Wrap(fault.Permissions, err, "cannot write the projects of %s: %v", srv.Name, err)
		}
	}
	h.ConfigDigest, h.Guessed = m.ConfigDigest(srv, v), srv.GuessedFolders(v)
	if !m.cfg.Trust {
		for _, name := range m.programs.PassedOver(srv.Hashed) {
			h.Unused = append(h.Unused, name+" is not used: it names a file of the workspace, which a tool could run "+
				"or load; allow it with --trust")
		}
	}
	packages := m.pythonPackages(srv)
	if err := m.usePackages(srv, h, packages); err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot make the script that stands for python: %v", err)
	}
	if srv.Toolchain == catalogue.RustToolchain {
		run.Env = append(run.Env, m.rustTools(ctx, h, v, cache)...)
	}
	if err := m.probe(ctx, srv, found, packages, h); err != nil {
		return err
	}
	h.Unreadable = m.unreadable(srv, v, run.Policy)
	return nil
}

// describeProjects writes the files of projects, path → content, to a new folder.
func (m *Machine) describeProjects(dir string, files map[string]string) error {
	workspace := (&url.URL{Path: filepath.ToSlash(m.cfg.Root)}).EscapedPath()
	for p, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		content = strings.ReplaceAll(content, javabuild.Workspace, html.EscapeString(workspace))
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return os.MkdirAll(dir, 0o700) // a workspace without any code has no project
}

// findOrInstall locates a server, and installs it first if [Config.Install] is set.
func (m *Machine) findOrInstall(ctx context.Context, srv *catalogue.Server) (install.Found, error) {
	found, err := m.Find(srv)
	if err == nil || !m.cfg.Install {
		return found, err
	}
	if err := install.Install(ctx, m.cfg.Dirs, srv, m.programs, m.cfg.Log); err != nil {
		return found, err
	}
	return m.Find(srv)
}

// ConfigDigest returns the digest of everything that a server's answers depend on except the
// workspace and the server's version: options, settings, variables, the compilation database. It
// contains the contents of files on this machine, but not their paths.
func (m *Machine) ConfigDigest(srv *catalogue.Server, v project.View) string {
	hashed := map[string]string{}
	var file map[string]string
	if srv.Toolchain == catalogue.GoToolchain {
		file, _ = project.ReadGoEnvFile() // A file that cannot be read has no settings.
	}
	for _, name := range srv.Hashed {
		if v, ok := m.programs.Lookup(m.cfg.Trust, name); ok {
			hashed[name] = v
		} else if v, ok := file[name]; ok {
			hashed[name] = v
		}
	}
	parts := []any{srv.Name, srv.OptionsFor(m.cfg.Trust), srv.Settings, hashed}
	if dirs := srv.GuessedFolders(v); len(dirs) > 0 {
		parts = append(parts, dirs)
	}
	if m.cfg.Trust && srv.Interpreters != nil {
		parts = append(parts, "the workspace's interpreter")
	}
	if p := m.pythonPackages(srv); p.read() {
		parts = append(parts, "the packages of the workspace's environment", p.version)
	}
	if dirs := m.ownPythonPath(srv); len(dirs) > 0 {
		parts = append(parts, "the folders of "+pythonPathVar, dirs)
	}
	if d := srv.DatabaseDigest(v); d != "" {
		parts = append(parts, d)
	}
	raw, _ := json.Marshal(parts) // cannot fail: the catalogue is plain data
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// probe asks the tools of the language for the interpreter and for the folders that bundles name.
// Without such a tool, files in these folders keep their file URIs.
func (m *Machine) probe(
	ctx context.Context, srv *catalogue.Server, found install.Found, packages pythonPackages, h *Host,
) error {
	interpreter, env, policy := packages.interpreter, h.Launch.Env, &h.Launch.Policy
	h.Roots = append(
		h.Roots,
		bundle.Root{Scheme: "server", Dir: found.Dir},
		bundle.Root{Scheme: "sysroot", Prefix: "usr", Dir: "/usr"},
		bundle.Root{Scheme: "cache", Dir: m.cacheOf(srv)}, // of generated code
	)
	ask := func(v any, argv ...string) error {
		if argv[0] != interpreter {
			argv[0] = m.programs.Look(argv[0])
		}
		if argv[0] == "" {
			return exec.ErrNotFound
		}
		out, err := output(ctx, argv, env, m.cfg.Root, *policy)
		if err != nil {
			return err
		}
		return json.Unmarshal(out, v)
	}
	switch srv.Toolchain {
	case catalogue.GoToolchain:
		v, err := askGo(ask)
		if errors.Is(err, exec.ErrNotFound) {
			return fault.New(fault.NoServer, "%s needs the go command, which is not on PATH", srv.Name).
				WithHint("install Go, or put it on PATH")
		}
		if err != nil && ctx.Err() != nil {
			return fault.Wrap(fault.Timeout, ctx.Err(), "'go env', which %s needs, did not finish in time", srv.Name).
				WithHint("give it longer with --timeout")
		}
		if err != nil {
			return fault.New(fault.NoServer, "%s needs the go command, and 'go env' fails here: %s", srv.Name,
				strings.Join(strings.Split(err.Error(), "\n"), ": ")).WithHint("run 'go env' in the workspace")
		}
		h.Interpreter = &bundle.Tool{Name: "go", Version: v.GOVERSION}
		h.Roots = append(
			h.Roots,
			bundle.Root{Scheme: "goroot", Dir: v.GOROOT},
			bundle.Root{Scheme: "gomod", Dir: v.GOMODCACHE},
		)
		if srv.ModuleIndex != nil {
			writeBelow(m.cacheOf(srv), srv.ModuleIndex(v.GOMODCACHE))
		}
		policy.Executable = append(policy.Executable, v.GOROOT)
		policy.Readable = append(policy.Readable, v.GOMODCACHE, v.GOENV)
		for _, dir := range filepath.SplitList(v.GOPATH) {
			policy.Readable = append(policy.Readable, filepath.Join(dir, "src"))
		}
	case catalogue.PythonToolchain:
		if v, ok := askPython(ask, interpreter, "python3", "python"); ok {
			v = packages.applyTo(v)
			h.Interpreter = &bundle.Tool{Name: "python", Version: v.Version}
			h.Roots = append(
				h.Roots,
				bundle.Root{Scheme: "pystdlib", Dir: v.Stdlib},
				bundle.Root{Scheme: "site", Dir: v.Purelib},
			)
			policy.Readable = append(policy.Readable, m.outside(v.Reads)...)
		}
	}
	if h.Interpreter == nil && srv.CheckNeeds != "" {
		h.Interpreter = m.toolVersion(ctx, h, srv.CheckNeeds)
	}
	if c := srv.Compiler; c.Package != "" && c.Version != srv.Version {
		h.Interpreter = &bundle.Tool{Name: c.Package, Version: c.Version}
	}
	for i, dir := range headerFolders(m.programs, m.cfg.Trust, m.cfg.Root, srv.Env) {
		h.Roots = append(h.Roots, bundle.Root{Scheme: "cpath", Prefix: fmt.Sprintf("%d/", i), Dir: dir})
	}
	if slices.Contains(srv.Env, pythonPathVar) {
		h.Roots = append(h.Roots, m.pythonPathRoots()...)
	}
	for _, lib := range srv.Libraries {
		dir := filepath.Join(found.Dir, "node_modules", filepath.FromSlash(lib.Dir))
		if lib.Dir == "" {
			dir = filepath.Dir(found.Argv[0])
		}
		h.Roots = append(h.Roots, bundle.Root{Scheme: lib.Scheme, Prefix: lib.Prefix, Dir: dir})
	}
	return nil
}

// pythonPathVar is the variable that lists additional folders with Python modules.
const pythonPathVar = "PYTHONPATH"

// pythonPathRoots returns the roots of the folders in PYTHONPATH. Each is named by its number.
func (m *Machine) pythonPathRoots() (roots []bundle.Root) {
	folders, _ := pythonPath(m.cfg.Root, m.cfg.CopyOf)
	for i, dir := range folders {
		if _, inside := beneath.Local(m.cfg.Root, dir); !inside {
			root := bundle.Root{Scheme: "pythonpath", Prefix: fmt.Sprintf("%d/", i), Dir: dir}
			roots = append(roots, root)
		}
	}
	return roots
}

// headerVars are the variables that list folders with headers of C and C++.
var headerVars = []string{"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"}

// headerFolders returns the folders outside of a workspace with headers of C and C++ that the user's environment
// names in some of the variables passed, in the order in which a compiler gets them.
func headerFolders(find *programs.Finder, trust bool, root string, passed []string) (dirs []string) {
	for _, name := range headerVars {
		value, _ := find.Lookup(trust, name)
		for _, dir := range filepath.SplitList(value) {
			_, inside := beneath.Local(root, dir)
			if slices.Contains(passed, name) && filepath.IsAbs(dir) && !inside {
				dirs = append(dirs, filepath.Clean(dir))
			}
		}
	}
	return dirs
}

// ownPythonPath returns the folders of PYTHONPATH that a server gets of the workspace, relative to its root.
func (m *Machine) ownPythonPath(srv *catalogue.Server) (dirs []string) {
	for _, dir := range m.pythonPackages(srv).first {
		if rel, inside := beneath.Local(m.cfg.Root, dir); inside {
			dirs = append(dirs, rel)
		}
	}
	return dirs
}

// rustTools returns variables with the cargo and rustc that rust-analyzer must run: the programs of
// the user's default toolchain, or of the installed one that the workspace names. rustup's proxies would
// also run a toolchain in a folder of the workspace. rust-analyzer prefers the proxy in the folder bin of
// CARGO_HOME, so it gets a CARGO_HOME without that folder.
func (m *Machine) rustTools(ctx context.Context, h *Host, v project.View, cache string) (vars []string) {
	rustc := m.programs.Look("rustc")
	if rustc == "" {
		return nil // rust-analyzer reports itself what is missing.
	}
	out, err := output(ctx, []string{rustc, "--print", "sysroot"}, h.Launch.Env, "/", h.Launch.Policy)
	if err != nil {
		return nil
	}
	sysroot := m.rustSysroot(h, v, strings.TrimSpace(string(out)))
	h.Launch.Policy.Executable = append(h.Launch.Policy.Executable, sysroot)
	h.Roots = append(
		h.Roots,
		bundle.Root{Scheme: "sysroot", Prefix: "rust", Dir: filepath.Join(sysroot, "lib", "rustlib", "src", "rust")},
		bundle.Root{Scheme: "sysroot", Prefix: "rust-toolchain", Dir: sysroot},
	)
	if m.linkCargoHome(h, cache) == nil {
		vars = append(vars, "CARGO_HOME="+filepath.Join(cache, cargoFolder))
	}
	for name, program := range map[string]string{"RUSTC": "rustc", "CARGO": "cargo"} {
		p := filepath.Join(sysroot, "bin", program)
		if !isRegular(p) {
			p = m.programs.Look(program)
			if p == "" {
				continue
			}
		}
		vars = append(vars, name+"="+p)
		if program == "rustc" {
			h.Interpreter = m.rustVersion(ctx, h, p)
		}
	}
	return vars
}

// rustToolchainVar is the variable by which the user selects a toolchain of rustup. It outranks the toolchain file of a
// workspace.
const rustToolchainVar = "RUSTUP_TOOLCHAIN"

// rustSysroot returns the folder of the toolchain that is used in place of the default one, whose folder is given: that
// which the workspace names, if it is installed beside the default one by rustup. Otherwise it returns the default one,
// and the host says what is missing. A toolchain that rustup has not installed is used whatever the workspace names.
func (m *Machine) rustSysroot(h *Host, v project.View, sysroot string) string {
	channel, file := catalogue.RustChannel(v)
	installed := filepath.Dir(sysroot)
	_, isChosen := m.programs.Lookup(m.cfg.Trust, rustToolchainVar)
	if channel == "" || isChosen || filepath.Base(installed) != "toolchains" {
		return sysroot
	}
	entries, err := os.ReadDir(installed)
	if err != nil {
		return sysroot
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	name := catalogue.RustToolchainNamed(channel, filepath.Base(sysroot), names)
	if name == "" {
		h.MissingToolchain = fmt.Sprintf("%s asks for the toolchain %s, which is not installed; "+
			"rustup toolchain install %s", file, channel, channel)
		return sysroot
	}
	return filepath.Join(installed, name)
}

// rustVersion returns rustc's version for the environment of bundles, nil if rustc does not run.
func (m *Machine) rustVersion(ctx context.Context, h *Host, rustc string) *bundle.Tool {
	out, err := output(ctx, []string{rustc, "--version"}, h.Launch.Env, "/", h.Launch.Policy)
	if fields := strings.Fields(string(out)); err == nil && len(fields) > 1 {
		return &bundle.Tool{Name: "rustc", Version: fields[1]}
	}
	return nil
}

// versionNumber is a version in what a program prints about itself.
var versionNumber = lazyregexp.New(`\d+(?:\.\d+)+`)

// toolVersion returns a program with the version that it prints; nil if it is not there.
func (m *Machine) toolVersion(ctx context.Context, h *Host, name string) *bundle.Tool {
	program := m.programs.Look(name)
	if program == "" {
		return nil
	}
	out, err := output(ctx, []string{program, "--version"}, h.Launch.Env, "/", h.Launch.Policy)
	if err != nil {
		return nil
	}
	return &bundle.Tool{Name: name, Version: string(versionNumber.Find(out))}
}

// VersionOf returns the version that a program on PATH prints about itself; "" if there is no such program.
func (m *Machine) VersionOf(ctx context.Context, h *Host, name string) string {
	if tool := m.toolVersion(ctx, h, name); tool != nil {
		return tool.Version
	}
	return ""
}

// cargoParts are the files and folders of the user's CARGO_HOME that cargo may read. They include
// neither programs nor credentials.
var cargoParts = []string{"registry", "git", "config.toml", "config"}

// cargoFolder is the CARGO_HOME of rust-analyzer, relative to its cache folder.
const cargoFolder = "cargo-home"

// linkCargoHome creates a CARGO_HOME in the cache folder that consists of links to the user's CARGO_HOME.
// The server can write the cache folder, so it is changed only beneath that folder: a link that the
// server has put there must not lead to files of the user.
func (m *Machine) linkCargoHome(h *Host, cache string) error {
	own := cargoHome()
	if own == "" {
		return errors.New("no home folder")
	}
	root, err := os.OpenRoot(cache)
	if err != nil {
		return err
	}
	defer root.Close()
	if info, err := root.Lstat(cargoFolder); err == nil && !info.IsDir() {
		if err := root.Remove(cargoFolder); err != nil {
			return err
		}
	}
	if err := root.MkdirAll(cargoFolder, 0o700); err != nil {
		return err
	}
	for _, part := range cargoParts {
		to, link := filepath.Join(own, part), filepath.Join(cargoFolder, part)
		h.Launch.Policy.Readable = append(h.Launch.Policy.Readable, to)
		if was, err := root.Readlink(link); err == nil && was == to {
			continue
		}
		if err := root.RemoveAll(link); err != nil {
			return err
		}
		if err := root.Symlink(to, link); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	for _, dir := range []string{own, filepath.Join(cache, cargoFolder)} {
		h.Roots = append(h.Roots, bundle.Root{Scheme: "cargo", Dir: filepath.Join(dir, "registry", "src")})
	}
	return nil
}

// cargoHome returns the user's CARGO_HOME (The Cargo Book, "Cargo Home"); "" if it is unknown.
func cargoHome() string {
	if dir := os.Getenv("CARGO_HOME"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".cargo")
}

// output runs a program in the sandbox and returns its standard output. The error has what it prints as errors.
func output(ctx context.Context, argv, env []string, dir string, policy sandbox.Policy) ([]byte, error) {
	out, errOut, err := outputs(ctx, argv, env, dir, policy)
	if err != nil && len(errOut) > 0 {
		err = errors.Join(err, errors.New(strings.TrimSpace(string(errOut))))
	}
	return out, err
}

// outputs runs a program in the sandbox and returns what it prints, and what it prints as errors.
func outputs(
	ctx context.Context, argv, env []string, dir string, policy sandbox.Policy,
) (printed, errorsPrinted []byte, err error) {
	p, err := sandbox.Command(argv, env, policy)
	if err != nil {
		return nil, nil, err
	}
	var out, errOut boundedBuffer
	p.Dir, p.Stdout, p.Stderr = dir, &out, &errOut
	if err := p.Start(); err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, p.Kill)
	err = p.Wait()
	if stop() {
		p.Kill()
	}
	return out.Bytes(), errOut.Bytes(), err
}

// maxOutput is the maximum number of bytes that are kept of each output stream of a program.
const maxOutput = 64 << 20

// boundedBuffer keeps the first maxOutput bytes that are written to it, and discards the rest.
type boundedBuffer struct{ bytes.Buffer }

func (b *boundedBuffer) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), max(maxOutput-b.Len(), 0))])
	return len(p), nil
}
