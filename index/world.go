package index

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// World stands between a workspace and what it finds out beside its list of files: it
// may note that down, or tell what was noted instead.
type World interface {
	// Ask is what look finds; the key names the question.
	Ask(key string, look func() ([]byte, error)) ([]byte, error)
	// ReadFile is the content of a file outside the list, by its absolute path.
	ReadFile(path string, look func() ([]byte, error)) ([]byte, error)
}

// Recorded is a workspace as it was, in place of a folder.
type Recorded interface {
	// Files is the list of files as the next snapshot found it, path to digest; ""
	// for one whose content nothing depended on.
	Files() (map[string]string, error)
	// File is the content of a file with the digest that it had.
	File(path, digest string) ([]byte, error)
}

// asIs is the world without anybody in between.
type directWorld struct{}

func (directWorld) Ask(_ string, look func() ([]byte, error)) ([]byte, error)      { return look() }
func (directWorld) ReadFile(_ string, look func() ([]byte, error)) ([]byte, error) { return look() }

// git runs git in the workspace.
func (w *Workspace) git(ctx context.Context, args ...string) ([]byte, error) {
	return w.askGit(strings.Join(args, " "), func() ([]byte, error) { return w.runner.output(ctx, w.root, args...) })
}

// askGit is what look finds by git. The question is the name that it has in traces. Format
// version 1 began when each question was one command of git; those that are answered by
// others today have kept their names.
func (w *Workspace) askGit(question string, look func() ([]byte, error)) ([]byte, error) {
	return w.world.Ask("git "+question, func() ([]byte, error) {
		if w.refused != nil {
			return nil, w.refused
		}
		return look()
	})
}

// unreadable begins what stands for the digest of a file that could not be read; its
// error's code and message follow.
const unreadable = "unreadable:"

// Found lists the files of the snapshot, path to digest; "" for those that no answer
// of it depends on so far.
func (s *Snapshot) Digests() map[string]string {
	out := make(map[string]string, len(s.paths))
	for _, p := range s.paths {
		digest := ""
		if _, used := s.uses.Load(p); used {
			f := s.files[p]
			f.mu.Lock()
			digest = f.digest
			if f.readErr != nil {
				e := fault.From(f.readErr)
				digest = unreadable + string(e.Code) + ":" + e.Message
			}
			f.mu.Unlock()
		}
		out[p] = digest
	}
	return out
}

// Bytes is the content of a file that [Snapshot.Found] gave a digest for; nil where it
// cannot be read.
func (s *Snapshot) Bytes(path string) []byte {
	f := s.files[path]
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := s.bytes(f)
	if err != nil {
		return nil
	}
	return b
}

// recordedSnapshot is the snapshot of a workspace that is recorded.
func (w *Workspace) recordedSnapshot() (*Snapshot, error) {
	now, err := w.recorded.Files()
	if err != nil {
		return nil, err
	}
	s := newSnapshot(w, newTree(len(now)), func(f *file) ([]byte, error) { return w.recorded.File(f.path, f.digest) })
	w.mu.Lock()
	defer w.mu.Unlock()
	for p, digest := range now {
		f := w.known[p]
		if f == nil || f.digest != digest {
			f = &file{path: p, digest: digest}
		}
		if rest, ok := strings.CutPrefix(digest, unreadable); ok {
			code, message, _ := strings.Cut(rest, ":")
			f = &file{path: p, readErr: fault.New(fault.Code(code), "%s", message)}
		}
		s.files[p] = f
		s.paths = append(s.paths, p)
	}
	slices.Sort(s.paths)
	w.known = s.files
	return s, nil
}

// Folder opens the files of the workspace that are not in its list.
func (s *Snapshot) Folder() *beneath.Folder { return s.w.folder }

// ReadFile reads a file of the workspace's folder, which may be none of its list.
func (s *Snapshot) ReadFile(path string) ([]byte, error) {
	return s.w.readOutside(filepath.Join(s.w.root, filepath.FromSlash(path)))
}

// Outside is the content of a file outside the list, by its absolute path: of the
// workspace's folder, or below a root that has a name. The caller asks for no other.
func (s *Snapshot) OutsideContent(file string) (*text.Content, error) {
	return s.w.outside.content(file, s.w.stat, func() ([]byte, error) { return s.w.readOutside(file) })
}

// stat describes a file by its absolute path.
func (w *Workspace) stat(file string) (fs.FileInfo, error) {
	if rel, ok := beneath.Local(w.root, file); ok {
		return w.folder.Stat(rel)
	}
	return os.Stat(file)
}

func (w *Workspace) readOutside(file string) ([]byte, error) {
	return w.world.ReadFile(file, func() ([]byte, error) {
		rel, inside := beneath.Local(w.root, file)
		if !inside {
			return w.readOutsideRoot(file)
		}
		b, err := w.folder.ReadFile(rel, MaxFileSize)
		if w.copyOf != "" && errors.Is(err, beneath.ErrOutside) {
			if resolved, linkErr := filepath.EvalSymlinks(file); linkErr == nil {
				return w.readOutsideRoot(resolved)
			}
		}
		return b, err
	})
}

// readElsewhere reads a file that is not below the workspace's folder; one of the workspace
// that this is a copy of is still read as a part of that.
func (w *Workspace) readOutsideRoot(file string) ([]byte, error) {
	if w.copyOf == "" {
		return beneath.ReadFile(file, MaxFileSize)
	}
	if rel, ok := beneath.Local(w.copyOf, file); ok {
		return beneath.ReadIn(w.copyOf, rel, MaxFileSize)
	}
	return beneath.ReadFile(file, MaxFileSize)
}

// outside keeps files of libraries that answers point to, while they are as they were.
type outsideCache struct {
	enabled bool // the files are those of this machine
	mu      sync.Mutex
	files   map[string]*file
	size    int // of all, in bytes
}

// maxOutside bounds what is kept of files outside the workspace, in bytes.
const maxOutside = 64 << 20

// content is that of a file, which read reads.
func (o *outsideCache) content(
	path string,
	stat func(string) (fs.FileInfo, error),
	read func() ([]byte, error),
) (*text.Content, error) {
	var now stamp
	looked := time.Now().UnixNano()
	if o.enabled {
		info, err := stat(path)
		if err != nil {
			return nil, err
		}
		now = stampOf(info)
		o.mu.Lock()
		f := o.files[path]
		o.mu.Unlock()
		if f != nil && f.stamp == now {
			return f.content, nil
		}
	}
	b, err := read()
	if err != nil {
		return nil, err
	}
	c := text.New(b)
	if o.enabled && looked-max(now.mtime, now.ctime) > int64(coarsestFileTime) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.size += len(b)
		if o.size > maxOutside || o.files == nil { // rare: all is forgotten
			o.files, o.size = map[string]*file{}, len(b)
		}
		o.files[path] = &file{stamp: now, content: c}
	}
	return c, nil
}
