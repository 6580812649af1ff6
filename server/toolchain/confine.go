package toolchain

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
	"lanser/server/project"
	"lanser/server/sandbox"
)

// Environment variables that allow servers more than the default.
const (
	// NetworkVar, if it is "on", allows a server to use the network if its description says what for.
	NetworkVar = "LANSER_NETWORK"
	// ReadVar lists additional folders that servers may read, separated as in PATH.
	ReadVar = "LANSER_READ"
)

// policy returns what a server may do: read the workspace, the repository that contains it, its own
// installation, the toolchains of its language and the folders that the user names; execute toolchains
// and installations; write its cache. Folders that only a toolchain knows are added later.
func (m *Machine) policy(srv *catalogue.Server, found install.Found, cache string) sandbox.Policy {
	p := sandbox.Policy{
		Writable: []string{
			cache,
		}, Workspace: m.cfg.Root, Trust: m.cfg.Trust, Network: srv.Network != "" && os.Getenv(NetworkVar) == "on",
		Enforce: m.cfg.Sandbox != "off", Memory: m.cfg.MaxMemory,
	}
	p.Executable = append(p.Executable, programs.Toolchain(found.Argv[0])...)
	if found.Pinned && programs.Within(m.cfg.Dirs.Data, found.Dir) {
		p.Executable = append(p.Executable, found.Dir)
	}
	if wholePath(srv, found) {
		p.Executable = append(p.Executable, filepath.SplitList(m.programs.Path())...)
	}
	for _, tool := range srv.Tools {
		if file := m.programs.Look(tool); file != "" {
			p.Executable = append(p.Executable, programs.Toolchain(file)...)
		}
	}
	p.Readable = append(p.Readable, m.named(srv)...)
	for _, name := range srv.Env { // for example, CC is the path of a compiler
		if file, ok := m.programs.Lookup(m.cfg.Trust, name); ok && filepath.IsAbs(file) &&
			m.programs.Refuses(file) == "" {
			p.Executable = append(p.Executable, programs.Toolchain(file)...)
		}
	}
	if m.cfg.CopyOf != "" { // A copy of an earlier state has links to files that are not in git.
		p.Readable = append(p.Readable, m.cfg.CopyOf, m.cfg.CopyOfTop)
	}
	if top := m.cfg.Top(); top != "" {
		p.Readable = append(p.Readable, top)
	}
	p.Readable = append(p.Readable, m.above(srv)...)
	if !m.cfg.Trust { // a script outside may name an interpreter inside
		inside := func(file string) bool { return programs.Within(m.cfg.Root, file) }
		p.Executable = slices.DeleteFunc(p.Executable, inside)
	}
	return p
}

// named lists the files and folders that a server may read because the user's environment or
// configuration refers to them.
func (m *Machine) named(srv *catalogue.Server) (paths []string) {
	paths = filepath.SplitList(os.Getenv(ReadVar))
	for _, name := range srv.ReadVars {
		paths = append(paths, filepath.SplitList(os.Getenv(name))...)
	}
	for _, name := range srv.ReadFlags {
		paths = append(paths, foldersOfFlags(os.Getenv(name))...)
	}
	config, configErr := os.UserConfigDir()
	home, homeErr := os.UserHomeDir()
	for _, file := range srv.UserFiles {
		if filepath.IsAbs(file) {
			paths = append(paths, file)
		} else if below, ok := strings.CutPrefix(file, "~/"); ok && homeErr == nil {
			paths = append(paths, filepath.Join(home, below))
		} else if !ok && configErr == nil {
			paths = append(paths, filepath.Join(config, file))
		}
	}
	return slices.DeleteFunc(paths, func(p string) bool { return !filepath.IsAbs(p) })
}

// foldersOfFlags returns the folders that flags of a C compiler name, attached to the flag or behind it.
func foldersOfFlags(flags string) (folders []string) {
	isNext := false
	for _, flag := range programs.SplitQuoted(flags) {
		folder := flag
		for _, prefix := range []string{"-I", "-L", "-isystem", "-iquote", "-idirafter", "-isysroot", "--sysroot="} {
			if after, ok := strings.CutPrefix(flag, prefix); ok {
				folder = after
			}
		}
		if isNext || folder != flag && folder != "" {
			folders = append(folders, folder)
		}
		isNext = folder == ""
	}
	return folders
}

// above lists the files in parent folders of the workspace that a server looks for: the files of the
// module, the project or the compilation database that the workspace belongs to.
func (m *Machine) above(srv *catalogue.Server) (files []string) {
	manifests := []string{"go.work", "package.json", "pyproject.toml"}
	names := slices.Concat(srv.Needs, srv.Projects, srv.DatabasePlaces(), manifests)
	for _, c := range srv.Configs {
		if !strings.ContainsAny(c, "*/") {
			names = append(names, c)
		}
	}
	for dir := filepath.Dir(m.cfg.Root); ; dir = filepath.Dir(dir) {
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

// outside returns the absolute paths outside the workspace. Those in the workspace may be read anyway.
func (m *Machine) outside(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths),
		func(p string) bool { return !filepath.IsAbs(p) || programs.Within(m.cfg.Root, p) })
}

// Passed are the user's variables that every server gets in addition to [programs.Basic].
var Passed = []string{
	"SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
}

// environ sets the environment of a server: an allowlist of the user's variables, variables that make
// the server write into its cache, and a PATH with only the programs that it needs.
func (m *Machine) environ(srv *catalogue.Server, found install.Found, cache string, run *Launch) error {
	set := map[string]string{"TMPDIR": run.tmp, "XDG_CACHE_HOME": cache}
	m.speakEnglish(set)
	for name, dir := range srv.CacheVars {
		set[name] = filepath.Join(cache, dir)
	}
	for name, value := range srv.SetEnv {
		set[name] = value
	}
	if !m.cfg.Trust {
		for name, value := range srv.UntrustedEnv {
			set[name] = value
		}
	}
	if !run.Policy.Network {
		for name, value := range srv.OfflineEnv {
			set[name] = value
		}
	}
	wrappers, err := m.programs.Wrappers(filepath.Join(m.cfg.Dirs.Cache, "programs"), wrapped(srv)...)
	if err != nil {
		return err
	}
	run.Policy.Executable = append(run.Policy.Executable, wrappers)
	set["PATH"] = wrappers
	if wholePath(srv, found) || m.cfg.Trust { // A trusted workspace may run any program.
		dirs := []string{m.programs.PathOf(srv.Tools...), m.programs.Path()}
		set["PATH"] = strings.Trim(strings.Join(dirs, string(os.PathListSeparator)), string(os.PathListSeparator))
	}
	run.Env = m.programs.Environ(m.cfg.Trust, slices.Concat(Passed, srv.Env), set)
	return nil
}

// speakEnglish has messages in English, whatever the user's language is: findings are the same for everybody. LC_ALL
// would come before the variable for messages, so that its value goes to the others; it is left empty, which counts as
// not set.
func (m *Machine) speakEnglish(set map[string]string) {
	set["LC_MESSAGES"] = "en_US.UTF-8"
	if all, ok := m.programs.Lookup(m.cfg.Trust, "LC_ALL"); ok {
		set["LC_ALL"], set["LANG"], set["LC_CTYPE"] = "", all, all
	}
}

// wholePath reports whether a server may find and execute all programs on the user's PATH. That is so
// if its language needs them, or if the user has installed the server, because its needs are unknown.
func wholePath(srv *catalogue.Server, found install.Found) bool {
	return srv.SystemPath || !found.Pinned
}

// wrapped returns the names of the programs on a server's PATH.
func wrapped(srv *catalogue.Server) []string {
	names := slices.Clone(srv.Tools)
	if srv.Install.Manager == "npm" && srv.Install.Native == "" || srv.Install.Manager == "project" {
		names = append(names, "node") // the interpreter of the server's script
	}
	return names
}

// MayStart fails if a server is not started because the workspace is not trusted.
func (m *Machine) MayStart(srv *catalogue.Server, paths []string) error {
	return m.checkTrust(srv, paths)
}

// checkTrust fails if files of an untrusted workspace would make the server run or load something that
// cannot be prevented in any other way than not starting the server.
func (m *Machine) checkTrust(srv *catalogue.Server, paths []string) error {
	if m.cfg.Trust {
		return nil
	}
	file, why, err := Refuses(srv, m.cfg.Root, m.cfg.Top(), paths)
	if err != nil {
		return fault.Wrap(fault.Permissions, err, "the workspace cannot be read: %v", err)
	}
	if why == "" {
		return nil
	}
	f := fault.New(fault.Permissions, "%s is not started, for the workspace is not trusted: %s: %s",
		srv.Name, file, why)
	return f.WithHint("look at the file; --trust starts it all the same")
}

// Refuses returns why a server is not started in an untrusted workspace: the file, and what it would
// make the server do; both are "" if it is started. Top is the folder of the repository that contains
// the workspace, "" for none; paths are the files of the workspace.
func Refuses(srv *catalogue.Server, root, top string, paths []string) (file, why string, err error) {
	d, err := openDisk(root, top, paths)
	if err != nil {
		return "", "", err
	}
	defer d.folder.Close()
	file, why = srv.Refuses(d)
	if why == "" {
		file = d.linkIntoGit()
	}
	if why == "" && file != "" {
		why = "it is a symbolic link into .git, whose configuration may hold passwords that findings would quote"
	}
	return file, why, nil
}

// unreadable lists the files and links of the workspace that refer to files which the sandbox does not
// allow the server to read. The answers may be incomplete because of them.
func (m *Machine) unreadable(srv *catalogue.Server, v project.View, p sandbox.Policy) (by []string) {
	if !p.Enforce || sandbox.Level() == sandbox.None {
		return nil
	}
	d, err := openDisk(m.cfg.Root, m.cfg.Top(), v.Paths())
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
