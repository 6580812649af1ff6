package toolchain

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
)

// Config is the workspace of a [Machine], and what the user allows.
type Config struct {
	Root string // the workspace, absolute
	// Top returns the folder of the repository that contains the workspace; "" for none.
	Top func() string
	// CopyOf is the workspace that Root is a copy of, and CopyOfTop is its repository; both are "" if
	// Root is not a copy. Links in a copy refer to them.
	CopyOf, CopyOfTop string

	Dirs      install.Dirs
	Install   bool      // install a missing server and continue
	Log       io.Writer // for the output of an installation; required if Install is set
	Sandbox   string    // "auto" (""), "require" or "off"
	Trust     bool      // servers may run programs of the workspace
	MaxMemory int64     // maximum memory of a server and its children in bytes; 0 for no limit
}

// Machine finds the programs and folders of this machine for one workspace. It is safe for concurrent use.
type Machine struct {
	cfg      Config
	programs *programs.Finder
	found    sync.Map // *catalogue.Server → its files, absolute
	digests  sync.Map // path, size and time of a program → the digest of its content
}

// New returns the machine for a workspace.
func New(cfg Config) *Machine {
	return &Machine{cfg: cfg, programs: install.Finder(cfg.Dirs, cfg.Root, cfg.CopyOf)}
}

// Look returns the absolute path of a program that may be run; "" for none.
func (m *Machine) Look(program string) string { return m.programs.Look(program) }

// Installed fails if a server is not installed. It caches the location of a server as long as the
// files exist, because a search takes longer than many answers.
func (m *Machine) Installed(srv *catalogue.Server) error {
	missing := func(file string) bool {
		_, err := os.Stat(file)
		return err != nil
	}
	if files, ok := m.found.Load(srv); ok && !slices.ContainsFunc(files.([]string), missing) {
		return nil
	}
	found, err := m.Find(srv)
	if err == nil {
		relative := func(arg string) bool { return !filepath.IsAbs(arg) }
		m.found.Store(srv, slices.DeleteFunc(found.Argv, relative))
	}
	return err
}

// Find locates an installed server. The error is NoServer.
func (m *Machine) Find(srv *catalogue.Server) (install.Found, error) {
	return install.Find(m.cfg.Dirs, srv, m.programs)
}
