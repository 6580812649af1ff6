package toolchain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/project"
	"lanser/server/sandbox"
)

// A build tool reads files on disk, and may have to write next to them. To check files of a proposed change,
// or to write a lock file, it works in a copy of the workspace in the user's cache. The build tool can write
// its own copy while it runs, and neither it nor a server can write the folder of all copies: links that they
// leave in a copy lead nobody who is not confined to files of the user. The copy has the folders of the
// workspace, links to its files, and the contents of files that are proposed or that the build tool writes.
// No folder is a link, because a path with ".." would lead from it out of the copy.

// Copy is a copy of a workspace.
type Copy struct {
	Root string // absolute, stands for the root of the workspace
	top  string // stands for the folder of the repository
	own  string // the folder that is removed
}

// To returns a text with the paths of the workspace, and of its repository, as those of the copy. From
// returns a text of the copy with the paths of the workspace.
func (c *Copy) To(m *Machine, text string) string { return strings.ReplaceAll(text, m.top(), c.top) }

// From is the inverse of [Copy.To].
func (c *Copy) From(m *Machine, text string) string { return strings.ReplaceAll(text, c.top, m.top()) }

// Remove removes the copy.
func (c *Copy) Remove() { os.RemoveAll(c.own) }

// maxCopied bounds the files and folders of a copy.
const maxCopied = 200_000

// CopyWorkspace makes a copy of the workspace for the server that h was prepared for. The files in
// changed have the contents that v has, or are left out if v has none; all others are as on disk. The
// caller must remove the copy. The error is Permissions.
func (m *Machine) CopyWorkspace(
	srv *catalogue.Server, h *Host, v project.View, changed []string,
) (*Copy, error) {
	c, err := m.newCopy(srv)
	if err != nil {
		return nil, fault.Wrap(fault.Permissions, err, "cannot make a copy of the workspace: %v", err)
	}
	fill := copier{m: m, copy: c, writesListed: srv.BuildCheck == nil}
	if build := srv.BuildCheck; build != nil {
		fill.written = []string{build.Manifest, build.LockFile}
	}
	fill.repository, err = beneath.Open(m.top())
	if err == nil {
		defer fill.repository.Close()
		err = fill.files(v, changed)
	}
	if err == nil {
		err = fill.others(changed)
	}
	if err != nil {
		c.Remove()
		return nil, fault.Wrap(fault.Permissions, err, "cannot make a copy of the workspace: %v", err)
	}
	if m.cfg.Trust {
		return c, nil
	}
	file, why, err := Refuses(srv, c.Root, c.top, v.Paths())
	if err == nil && why != "" {
		err = fault.New(fault.Permissions,
			"the compiler is not run, for the workspace is not trusted: %s: %s", file, why)
	}
	if err != nil {
		c.Remove()
		return nil, err
	}
	return c, nil
}

// copyMaxAge is the age from which a copy was left by a process that did not end properly.
const copyMaxAge = 24 * time.Hour

// copies returns the folder of all copies.
func (m *Machine) copies() string { return filepath.Join(m.cfg.Dirs.Cache, "copies") }

// copyAround returns the folder of the copy that contains an absolute path, "" for none.
func (m *Machine) copyAround(dir string) string {
	parent, err := filepath.EvalSymlinks(m.copies())
	if err != nil {
		return ""
	}
	rel, ok := beneath.Local(parent, dir)
	if !ok || rel == "." {
		return ""
	}
	name, _, _ := strings.Cut(rel, "/")
	return filepath.Join(parent, name)
}

// policyIn returns the policy of a program that runs in a folder, absolute, as the server that h was prepared for: in a
// copy of the workspace it may also read the files of the copy.
func (m *Machine) policyIn(dir string, h *Host) sandbox.Policy {
	policy := h.Launch.Policy
	if own := m.copyAround(dir); own != "" {
		policy.Readable = append(slices.Clone(policy.Readable), own)
	}
	return policy
}

// newCopy makes the folders of an empty copy. The copies of one workspace mostly have the same path, because
// the build tool keeps what it built by paths.
func (m *Machine) newCopy(srv *catalogue.Server) (*Copy, error) {
	parent := m.copies()
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	parent, err := filepath.EvalSymlinks(parent)
	if err != nil {
		return nil, err
	}
	entries, _ := os.ReadDir(parent) // what cannot be removed now is removed later
	for _, old := range entries {
		if info, err := old.Info(); err == nil && time.Since(info.ModTime()) > copyMaxAge {
			os.RemoveAll(filepath.Join(parent, old.Name()))
		}
	}
	sum := sha256.Sum256([]byte(srv.Name + " " + m.cfg.Root))
	own := filepath.Join(parent, hex.EncodeToString(sum[:8]))
	if os.Mkdir(own, 0o700) != nil { // another process has it
		own, err = os.MkdirTemp(parent, filepath.Base(own)+"-")
	}
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(m.top(), m.cfg.Root)
	if err != nil || !filepath.IsLocal(rel) {
		rel = "."
	}
	c := &Copy{top: filepath.Join(own, "w"), own: own}
	c.Root = filepath.Join(c.top, rel)
	if err := os.MkdirAll(c.Root, 0o700); err != nil {
		c.Remove()
		return nil, err
	}
	return c, nil
}

// top returns the folder of the repository, or the workspace if there is none.
func (m *Machine) top() string { return cmp.Or(m.cfg.Top(), m.cfg.Root) }

// maxLinked bounds a file that is copied in place of a link to it, in bytes.
const maxLinked = 64 << 20

// copier fills a copy.
type copier struct {
	m       *Machine
	copy    *Copy
	written []string // base names of files that are written, not linked
	// writesListed is true if all files of the view are written: linters pass over links.
	writesListed bool
	// repository is the folder that the files are read beneath: a link that leads out of it stays a link.
	repository *beneath.Folder
	n          int      // files and folders so far
	folders    []string // relative to the root of the workspace
}

// files copies the files of a view.
func (c *copier) files(v project.View, changed []string) error {
	made := map[string]bool{".": true}
	c.folders = append(c.folders, ".")
	for _, p := range v.Paths() {
		if dir := path.Dir(p); !made[dir] {
			if err := os.MkdirAll(c.in(dir), 0o700); err != nil {
				return err
			}
			for ; !made[dir]; dir = path.Dir(dir) {
				made[dir] = true
				c.folders = append(c.folders, dir)
			}
		}
		if !slices.Contains(changed, p) {
			from := filepath.Join(c.m.cfg.Root, filepath.FromSlash(p))
			if err := c.file(from, c.in(p), c.writesListed); err != nil {
				return err
			}
			continue
		}
		content, err := v.Content(p)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.in(p), content.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// in returns the path in the copy of a path in the workspace.
func (c *copier) in(p string) string { return filepath.Join(c.copy.Root, filepath.FromSlash(p)) }

// file links a file, or writes it if that is asked for or links cannot be made.
func (c *copier) file(from, to string, isWritten bool) error {
	if c.n++; c.n > maxCopied {
		return fault.New(fault.Incomplete, "the workspace has more than %d files", maxCopied)
	}
	isWritten = isWritten || slices.Contains(c.written, filepath.Base(from)) ||
		filepath.Base(filepath.Dir(from)) == ".cargo"
	if !isWritten && os.Symlink(from, to) == nil {
		return nil
	}
	rel, _ := beneath.Local(c.repository.Dir(), from) // "" is the folder itself, which is no file
	raw, err := c.repository.ReadFile(rel, maxLinked)
	if err != nil {
		return os.Symlink(from, to) // no file that can be read, as on disk
	}
	return os.WriteFile(to, raw, 0o600)
}

// others links what the view does not list: ignored files and folders, and what is next to the workspace in
// its repository.
func (c *copier) others(changed []string) error {
	for _, dir := range c.folders {
		err := c.folder(filepath.Join(c.m.cfg.Root, filepath.FromSlash(dir)), c.in(dir), func(name string) bool {
			return slices.Contains(changed, path.Join(dir, name))
		})
		if err != nil {
			return err
		}
	}
	none := func(string) bool { return false }
	from, to := c.m.cfg.Root, c.copy.Root
	for to != c.copy.top {
		from, to = filepath.Dir(from), filepath.Dir(to)
		if err := c.folder(from, to, none); err != nil {
			return err
		}
	}
	return nil
}

// folder links the entries of a folder that the copy does not have yet, except for those to skip.
func (c *copier) folder(from, to string, skip func(name string) bool) error {
	entries, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a folder of a proposed file
	}
	if err != nil {
		return err
	}
	for _, f := range entries {
		at := filepath.Join(to, f.Name())
		if _, err := os.Lstat(at); err == nil || f.Name() == ".git" || skip(f.Name()) {
			continue
		}
		if err := c.file(filepath.Join(from, f.Name()), at, false); err != nil {
			return err
		}
	}
	return nil
}
