package index

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// MaxFileSize is the size in bytes above which a file is not read: nobody wrote
// it by hand, and language servers skip such files too.
const MaxFileSize = 16 << 20

// file is one version of a file. Its content and outline are filled at most
// once.
type file struct {
	path  string
	stamp stamp

	read    sync.Once
	content *text.Content
	readErr error
	// settled says that equal stamps mean equal content: the version was read
	// well after its last change, beyond the coarsest file times in use.
	settled atomic.Bool

	parse    sync.Once
	outline  *syntax.Outline
	parseErr error
}

// stamp is what the file system says of a version.
type stamp struct {
	size  int64
	mtime int64 // ns
	ctime int64 // ns
	inode uint64
}

const coarsestTime = 2 * time.Second // of FAT

// Snapshot is the workspace at one moment. It is safe for concurrent use.
type Snapshot struct {
	root  string
	files map[string]*file
	paths []string // sorted

	modules sync.Once
	byLang  map[selectors.Lang]*moduleTable
	decls   sync.Map // language#module → *declarations
}

// Snapshot brings the view of the workspace up to date.
func (w *Workspace) Snapshot(ctx context.Context) (*Snapshot, error) {
	paths, err := w.list(ctx)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{root: w.root, files: make(map[string]*file, len(paths))}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range paths {
		info, err := os.Lstat(filepath.Join(w.root, filepath.FromSlash(p)))
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted but tracked, a link, a submodule
		}
		st := stampOf(info)
		f := w.known[p]
		if f == nil || f.stamp != st || !f.settled.Load() {
			f = &file{path: p, stamp: st}
		}
		s.files[p] = f
		s.paths = append(s.paths, p)
	}
	w.known = s.files
	return s, ctx.Err()
}

// Paths lists the files, sorted.
func (s *Snapshot) Paths() []string { return s.paths }

// Has says whether the file belongs to the snapshot.
func (s *Snapshot) Has(path string) bool { return s.files[path] != nil }

func (s *Snapshot) load(f *file) (*text.Content, error) {
	f.read.Do(func() {
		readAt := time.Now()
		if f.stamp.size > MaxFileSize {
			f.readErr = fault.New(fault.Permissions, "%s has %d bytes, more than the %d that are read", f.path, f.stamp.size, MaxFileSize)
			return
		}
		fd, err := os.Open(filepath.Join(s.root, filepath.FromSlash(f.path)))
		if err != nil {
			f.readErr = readFault(f.path, err)
			return
		}
		defer fd.Close()
		b, err := io.ReadAll(io.LimitReader(fd, MaxFileSize+1))
		if err != nil {
			f.readErr = readFault(f.path, err)
			return
		}
		f.content = text.New(b)
		f.settled.Store(readAt.UnixNano()-max(f.stamp.mtime, f.stamp.ctime) > int64(coarsestTime))
	})
	return f.content, f.readErr
}

func readFault(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.ContentModified, err, "%s vanished while it was read", path)
	}
	return fault.Wrap(fault.Permissions, err, "cannot read %s: %v", path, errors.Unwrap(err))
}

// Content is the content of a file of the snapshot. The error is NotFound for a
// path that does not belong to it, Permissions for one that cannot be read.
func (s *Snapshot) Content(path string) (*text.Content, error) {
	f := s.files[path]
	if f == nil {
		return nil, s.missing(path)
	}
	return s.load(f)
}

func (s *Snapshot) missing(path string) error {
	e := fault.New(fault.NotFound, "no file %s in the workspace", path)
	if _, err := os.Lstat(filepath.Join(s.root, filepath.FromSlash(path))); err == nil {
		e.Message = fmt.Sprintf("%s is ignored by the workspace's .gitignore rules, or is a link", path)
	}
	if near := selectors.Nearest(path, s.paths, 3); len(near) > 0 {
		return e.WithHint("did you mean %s?", strings.Join(near, " or "))
	}
	return e
}

// Lang is the language of a file by its name; ok is false for one without an
// outline.
func (s *Snapshot) Lang(path string) (lang selectors.Lang, ok bool) { return syntax.LangOf(path) }

// Outline is the outline of a file; an error like Content's, or Unsupported for
// a language without one.
func (s *Snapshot) Outline(path string) (*syntax.Outline, error) {
	f := s.files[path]
	if f == nil {
		return nil, s.missing(path)
	}
	content, err := s.load(f)
	if err != nil {
		return nil, err
	}
	f.parse.Do(func() {
		// The parse belongs to the file, not to one request: it is kept.
		f.outline, f.parseErr = syntax.Parse(context.Background(), path, content.Bytes())
	})
	if f.parseErr != nil {
		return nil, fault.Wrap(fault.Unsupported, f.parseErr, "%v", f.parseErr)
	}
	return f.outline, nil
}

// Digest is the digest of the files that keep chooses, by path and content. A
// file that cannot be read counts by its path and that fact.
func (s *Snapshot) Digest(keep func(path string) bool) string {
	h := sha256.New()
	for _, p := range s.paths {
		if !keep(p) {
			continue
		}
		digest := "unreadable"
		if c, err := s.load(s.files[p]); err == nil {
			digest = c.Digest()
		}
		fmt.Fprintf(h, "%q %s\n", p, digest)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// Containing lists the files among those that keep chooses whose text holds
// word, in order of path.
func (s *Snapshot) Containing(word string, keep func(path string) bool) []string {
	var out []string
	for _, p := range s.paths {
		if !keep(p) {
			continue
		}
		if c, err := s.load(s.files[p]); err == nil && bytes.Contains(c.Bytes(), []byte(word)) {
			out = append(out, p)
		}
	}
	return out
}
