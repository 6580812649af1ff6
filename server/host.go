package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/lsp"
	"lanser/server/programs"
	"lanser/server/sandbox"
)

// host is what the machine gives a session: found once, at its start.
type host struct {
	Interpreter  *bundle.Tool
	Roots        []bundle.Root
	ConfigDigest string
	Sandbox      string // level achieved
	Dir          string // that the server is installed in
	Python       string // the workspace's interpreter that the server is told of
	// Unreadable are files and links of the workspace that have the server read what it may
	// not read.
	Unreadable []string `json:",omitempty"`
	PID        int      // that the server was told in older traces; none is told today: it could not look at us, and end

	run   run
	names bundle.Roots // of the workspace and Roots, once asked for
}

// run is how a server is started; it is no part of what answers depend on.
type run struct {
	argv, env []string
	policy    sandbox.Policy
	tmp       string // private temporary folder
}

func (r run) clean() {
	if r.tmp != "" {
		os.RemoveAll(r.tmp)
	}
}

// start starts a server in the sandbox.
func (e *Engine) start(ctx context.Context, srv *catalogue.Server, v catalogue.View, disk *index.Snapshot) (*lsp.Session, *host, *surroundings, error) {
	h := &host{}
	raw, err := e.log.Ask("host of "+srv.Name, func() ([]byte, error) {
		if err := e.prepare(ctx, srv, v, h); err != nil {
			h.run.clean()
			return nil, err
		}
		return json.Marshal(h)
	})
	if err == nil {
		err = json.Unmarshal(raw, h)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	with := e.surround(srv, disk, h)
	sess, err := lsp.Start(ctx, lsp.Config{
		Server: srv, Dir: h.Dir, Trust: e.cfg.Trust, Interpreter: h.Python, Argv: h.run.argv, Env: h.run.env, Root: e.ws.Root(),
		Policy: h.run.policy, PID: h.PID, Tape: e.log.Tape(srv.Name, h.run.env),
	})
	if err != nil {
		h.run.clean()
		return nil, nil, nil, err
	}
	return sess, h, with, nil
}

// prepare finds out all that a server's start needs.
func (e *Engine) prepare(ctx context.Context, srv *catalogue.Server, v catalogue.View, h *host) error {
	found, err := e.find(ctx, srv)
	if err != nil {
		return err
	}
	if err := e.refused(srv, v); err != nil {
		return err
	}
	cache := filepath.Join(e.dirs.Cache, srv.Name)
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot make the cache folder: %v", err)
	}
	if h.run.tmp, err = os.MkdirTemp(cache, "tmp-"); err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot make a temporary folder: %v", err)
	}
	h.Dir, h.Sandbox = found.Dir, sandbox.Level()
	h.run.argv = found.Argv
	if h.run.policy = e.policy(srv, found, cache); !h.run.policy.Enforce {
		h.Sandbox = "off"
	}
	if err := e.environ(srv, found, cache, h); err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot make the folder of the programs that %s may run: %v", srv.Name, err)
	}
	h.ConfigDigest = e.configDigest(srv, v)
	for _, p := range srv.Interpreters {
		if file := filepath.Join(e.ws.Root(), filepath.FromSlash(p)); e.cfg.Trust && h.Python == "" && isRegular(file) {
			h.Python = file
			h.run.policy.Executable = append(h.run.policy.Executable, programs.Toolchain(file)...)
		}
	}
	if srv.Toolchain == catalogue.RustToolchain {
		h.run.env = append(h.run.env, e.rustTools(ctx, h, cache)...)
	}
	if err := e.probe(ctx, srv, found, h); err != nil {
		return err
	}
	h.Unreadable = e.unreadable(srv, v, h.run.policy)
	return nil
}

// find locates a server, and installs it first if that was asked for.
func (e *Engine) find(ctx context.Context, srv *catalogue.Server) (install.Found, error) {
	found, err := install.Find(e.dirs, srv, e.programs)
	if err == nil || !e.cfg.Install {
		return found, err
	}
	if err := install.Install(ctx, e.dirs, srv, e.programs, e.cfg.Log); err != nil {
		return found, err
	}
	return install.Find(e.dirs, srv, e.programs)
}

// configDigest covers what the answers of a server depend on beside the
// workspace and its version. Paths of this machine are left out: they count by
// what they hold.
func (e *Engine) configDigest(srv *catalogue.Server, v catalogue.View) string {
	hashed := map[string]string{}
	for _, name := range srv.Hashed {
		if v, ok := e.programs.Lookup(e.cfg.Trust, name); ok {
			hashed[name] = v
		}
	}
	parts := []any{srv.Name, srv.OptionsFor(e.cfg.Trust), srv.Settings, hashed}
	if e.cfg.Trust && srv.Interpreters != nil {
		parts = append(parts, "the workspace's interpreter")
	}
	if d := srv.DatabaseDigest(v); d != "" {
		parts = append(parts, d)
	}
	raw, _ := json.Marshal(parts) // the catalogue is plain data
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// probe asks the language's own tools for the interpreter and the folders that
// get names. Without the tool, what lies in those folders keeps its file URI.
func (e *Engine) probe(ctx context.Context, srv *catalogue.Server, found install.Found, h *host) error {
	interpreter, env, policy := h.Python, h.run.env, &h.run.policy
	h.Roots = append(h.Roots, bundle.Root{Scheme: "server", Dir: found.Dir}, bundle.Root{Scheme: "sysroot", Prefix: "usr", Dir: "/usr"})
	ask := func(v any, argv ...string) bool {
		if argv[0] != interpreter {
			argv[0] = e.programs.Look(argv[0])
		}
		if argv[0] == "" {
			return false
		}
		out, err := output(ctx, argv, env, e.ws.Root(), *policy)
		return err == nil && json.Unmarshal(out, v) == nil
	}
	switch srv.Toolchain {
	case catalogue.GoToolchain:
		var v struct{ GOROOT, GOMODCACHE, GOVERSION, GOPATH, GOENV string }
		if !ask(&v, "go", "env", "-json", "GOROOT", "GOMODCACHE", "GOVERSION", "GOPATH", "GOENV") {
			return fault.New(fault.NoServer, "%s needs the go command, which does not work here", srv.Name).WithHint("put go on PATH; 'go env' shows what is wrong")
		}
		h.Interpreter = &bundle.Tool{Name: "go", Version: v.GOVERSION}
		h.Roots = append(h.Roots, bundle.Root{Scheme: "goroot", Dir: v.GOROOT}, bundle.Root{Scheme: "gomod", Dir: v.GOMODCACHE})
		policy.Executable = append(policy.Executable, v.GOROOT)
		policy.Readable = append(policy.Readable, v.GOMODCACHE, v.GOENV)
		for _, dir := range filepath.SplitList(v.GOPATH) {
			policy.Readable = append(policy.Readable, filepath.Join(dir, "src"))
		}
	case catalogue.PythonToolchain:
		var v struct {
			Version, Stdlib, Purelib string
			Reads                    []string
		}
		const script = `import json,platform,site,sys,sysconfig as s;print(json.dumps({"Version":platform.python_version(),"Stdlib":s.get_path("stdlib"),"Purelib":s.get_path("purelib"),` +
			`"Reads":[sys.prefix,sys.base_prefix,sys.executable,site.getusersitepackages()]+site.getsitepackages()}))`
		if interpreter != "" && ask(&v, interpreter, "-I", "-c", script) || ask(&v, "python3", "-I", "-c", script) || ask(&v, "python", "-I", "-c", script) {
			h.Interpreter = &bundle.Tool{Name: "python", Version: v.Version}
			h.Roots = append(h.Roots, bundle.Root{Scheme: "pystdlib", Dir: v.Stdlib}, bundle.Root{Scheme: "site", Dir: v.Purelib})
			policy.Readable = append(policy.Readable, e.outside(v.Reads)...)
		}
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

// rustTools names the cargo and rustc that rust-analyzer is to run: those of the
// user's default toolchain themselves, for rustup's stand-ins would take the toolchain
// that the workspace names, which may be a folder of its own. rust-analyzer prefers the
// stand-in in the folder bin of CARGO_HOME, so it gets a CARGO_HOME without one.
func (e *Engine) rustTools(ctx context.Context, h *host, cache string) (vars []string) {
	rustc := e.programs.Look("rustc")
	if rustc == "" {
		return nil // rust-analyzer says itself what it misses
	}
	out, err := output(ctx, []string{rustc, "--print", "sysroot"}, h.run.env, "/", h.run.policy)
	if err != nil {
		return nil
	}
	sysroot := strings.TrimSpace(string(out))
	h.run.policy.Executable = append(h.run.policy.Executable, sysroot)
	h.Roots = append(h.Roots, bundle.Root{Scheme: "sysroot", Prefix: "rust", Dir: filepath.Join(sysroot, "lib", "rustlib", "src", "rust")})
	if home := filepath.Join(cache, "cargo-home"); e.linkCargoHome(h, home) == nil {
		vars = append(vars, "CARGO_HOME="+home)
	}
	for name, program := range map[string]string{"RUSTC": "rustc", "CARGO": "cargo"} {
		p := filepath.Join(sysroot, "bin", program)
		if !isRegular(p) {
			if p = e.programs.Look(program); p == "" {
				continue
			}
		}
		vars = append(vars, name+"="+p)
		if program == "rustc" {
			h.Interpreter = e.rustVersion(ctx, h, p)
		}
	}
	return vars
}

func (e *Engine) rustVersion(ctx context.Context, h *host, rustc string) *bundle.Tool {
	out, err := output(ctx, []string{rustc, "--version"}, h.run.env, "/", h.run.policy)
	if fields := strings.Fields(string(out)); err == nil && len(fields) > 1 {
		return &bundle.Tool{Name: "rustc", Version: fields[1]}
	}
	return nil
}

// cargoParts are what cargo reads of the user's own CARGO_HOME: not its programs, and not the
// user's credentials.
var cargoParts = []string{"registry", "git", "config.toml", "config"}

// linkCargoHome makes a CARGO_HOME of links to the user's own.
func (e *Engine) linkCargoHome(h *host, home string) error {
	own := cargoHome()
	if own == "" {
		return errors.New("no home folder")
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	for _, part := range cargoParts {
		to, link := filepath.Join(own, part), filepath.Join(home, part)
		h.run.policy.Readable = append(h.run.policy.Readable, to)
		if was, err := os.Readlink(link); err == nil && was == to {
			continue
		}
		if err := os.RemoveAll(link); err != nil {
			return err
		}
		if err := os.Symlink(to, link); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	for _, dir := range []string{own, home} {
		h.Roots = append(h.Roots, bundle.Root{Scheme: "cargo", Dir: filepath.Join(dir, "registry", "src")})
	}
	return nil
}

// cargoHome is where cargo keeps what it has fetched (The Cargo Book, "Cargo Home").
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

// output runs a program under the sandbox and returns what it prints.
func output(ctx context.Context, argv, env []string, dir string, policy sandbox.Policy) ([]byte, error) {
	p, err := sandbox.Command(argv, env, policy)
	if err != nil {
		return nil, err
	}
	var out, errOut bytes.Buffer
	p.Dir, p.Stdout, p.Stderr = dir, &out, &errOut
	if err := p.Start(); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, p.Kill)
	err = p.Wait()
	if stop() {
		p.Kill()
	}
	if err != nil {
		err = errors.Join(err, errors.New(strings.TrimSpace(errOut.String())))
	}
	return out.Bytes(), err
}
