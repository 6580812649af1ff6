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

// Config says for which workspace the machine is asked, and what the user allows.
type Config struct {
	Root string // the workspace, absolute
	// Top returns the folder of the repository that holds the workspace; "" for none.
	Top func() string
	// CopyOf is the workspace that Root is a copy of, and CopyOfTop that one's repository; ""
	// where Root is no copy. Links of a copy lead there.
	CopyOf, CopyOfTop string

	Dirs      install.Dirs
	Install   bool      // install a missing server and go on
	Log       io.Writer // what an installation prints; required if Install is set
	Sandbox   string    // "auto" (""), "require" or "off"
	Trust     bool      // servers may run programs that the workspace brings along
	MaxMemory int64     // of a server and its children, in bytes; 0 sets no bound
}

// Machine answers what this machine offers for one workspace. It is safe for concurrent use.
type Machine struct {
	cfg      Config
	programs *programs.Finder
	found    sync.Map // *catalogue.Server → its files, absolute
}

// New returns the machine as a workspace sees it.
func New(cfg Config) *Machine { return &Machine{cfg: cfg, programs: programs.For(cfg.Root)} }

// Look returns the absolute path of a program that may be run; "" for none.
func (m *Machine) Look(program string) string { return m.programs.Look(program) }

// Installed fails where a server is not installed. A server that was found stays found while its
// files exist: searching for it anew takes longer than many an answer.
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
