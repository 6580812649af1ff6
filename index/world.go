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

// World records what a workspace reads besides its listed files, or replays what was recorded, see package
// trace.
type World interface {
	// Ask returns the result of look, or a recorded one. The key identifies the question.
	Ask(key string, look func() ([]byte, error)) ([]byte, error)
	// ReadFile returns the content of a file that is not listed, by its absolute path.
	ReadFile(path string, look func() ([]byte, error)) ([]byte, error)
}

// Recorded is the recorded state of a workspace, from which it is replayed.
type Recorded interface {
	// Files returns the files that the next snapshot found, path → digest; the digest is "" if nothing
	// depended on the content.
	Files() (map[string]string, error)
	// File returns the content of a file, by its path and the digest that it had.
	File(path, digest string) ([]byte, error)
}

// directWorld is the World that records and replays nothing.
type directWorld struct{}

// Ask and ReadFile look at the machine.
func (directWorld) Ask(_ string, look func() ([]byte, error)) ([]byte, error) { return look() }

func (directWorld) ReadFile(_ string, look func() ([]byte, error)) ([]byte, error) { return look() }

// git runs git in the workspace.
func (w *Workspace) git(ctx context.Context, args ...string) ([]byte, error) {
	return w.askGit(strings.Join(args, " "), func() ([]byte, error) { return w.runner.Output(ctx, w.root, args...) })
}

// askGit returns the result of look, which asks git. The question is its key in traces. When version 1 of the
// format was defined, each question was one git command; questions that are answered differently today keep
// that command as their key.
func (w *Workspace) askGit(question string, look func() ([]byte, error)) ([]byte, error) {
	return w.world.Ask("git "+question, func() ([]byte, error) {
		if w.refused != nil {
			return nil, w.refused
		}
		return look()
	})
}

// unreadable is the prefix of the value that takes the place of a digest for a file that could not be read;
// the error's code and message follow.
const unreadable = "unreadable:"

// Digests returns the files of the snapshot, path → digest. The digest is "" for files whose content no
// answer of this snapshot depends on so far.
func (s *Snapshot) Digests() map[string]string {
	out := make(map[string]string, len(s.paths))
	for _, p := range s.paths {
		out[p] = ""
		if _, used := s.uses.Load(p); used {
			out[p] = s.files[p].recordedDigest()
		}
	}
	return out
}

// recordedDigest returns the digest of a file, or, if the file could not be read, the error as a text after
// unreadable. [Workspace.recordedSnapshot] reads it.
func (f *file) recordedDigest() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.readErr == nil {
		return f.digest
	}
	e := fault.From(f.readErr)
	return unreadable + string(e.Code) + ":" + e.Message
}

// Bytes returns the content of a file that has a digest in [Snapshot.Digests], nil if it cannot be read.
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

// recordedSnapshot returns the next snapshot of a recorded workspace.
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

// Folder returns the workspace's folder, to open files that are not listed.
func (s *Snapshot) Folder() *beneath.Folder { return s.w.folder }

// ReadFile reads a file of the workspace's folder, whether it is listed or not.
func (s *Snapshot) ReadFile(path string) ([]byte, error) {
	return s.w.readOutside(filepath.Join(s.w.root, filepath.FromSlash(path)))
}

// OutsideContent returns the content of a file that is not listed, by its absolute path. The caller must only
// ask for files in the workspace's folder or below a named root. dir, unless it is "", is the folder that
// the file must be in when links are resolved.
func (s *Snapshot) OutsideContent(file, dir string) (*text.Content, error) {
	return s.w.outside.content(file, s.w.stat, func() ([]byte, error) {
		rel, ok := beneath.Local(dir, file)
		if dir == "" || !ok {
			return s.w.readOutside(file)
		}
		return s.w.world.ReadFile(file, func() ([]byte, error) { return beneath.ReadIn(dir, rel, MaxFileSize) })
	})
}

// stat describes a file by its absolute path.
func (w *Workspace) stat(file string) (fs.FileInfo, error) {
	if rel, ok := beneath.Local(w.root, file); ok {
		return w.folder.Stat(rel)
	}
	return os.Stat(file)
}

// readOutside reads a file that is not listed, by its absolute path.
func (w *Workspace) readOutside(file string) ([]byte, error) {
	return w.world.ReadFile(file, func() ([]byte, error) {
		rel, inside := beneath.Local(w.root, file)
		if !inside {
			return w.readOutsideRoot(file)
		}
		b, err := w.folder.ReadFile(rel, MaxFileSize)
		// In a copy, an ignored file is a link into the original workspace.
		if w.copyOf != "" && errors.Is(err, beneath.ErrOutside) {
			if resolved, linkErr := filepath.EvalSymlinks(file); linkErr == nil {
				return w.readOutsideRoot(resolved)
			}
		}
		return b, err
	})
}

// readOutsideRoot reads a file that is not below the workspace's folder. In a copy, a file of the original
// workspace is read as a part of that workspace.
func (w *Workspace) readOutsideRoot(file string) ([]byte, error) {
	if w.copyOf == "" {
		return beneath.ReadFile(file, MaxFileSize)
	}
	if rel, ok := beneath.Local(w.copyOf, file); ok {
		return beneath.ReadIn(w.copyOf, rel, MaxFileSize)
	}
	return beneath.ReadFile(file, MaxFileSize)
}

// outsideCache keeps the contents of unlisted files that answers refer to, for as long as their stamps are
// unchanged.
type outsideCache struct {
	enabled bool // contents are cached only if the files are those of this machine
	mu      sync.Mutex
	files   map[string]*file
	size    int // of all files, in bytes
}

// maxOutside bounds the cached contents of files outside the workspace, in bytes.
const maxOutside = 64 << 20

// clear empties the cache.
func (o *outsideCache) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files, o.size = nil, 0
}

// content returns the content of a file, from the cache or from read.
func (o *outsideCache) content(
	path string,
	stat func(string) (fs.FileInfo, error),
	read func() ([]byte, error),
) (*text.Content, error) {
	var now beneath.Stamp
	stampedAt := time.Now().UnixNano()
	if o.enabled {
		info, err := stat(path)
		if err != nil {
			return nil, err
		}
		now = beneath.StampOf(info)
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
	isReliable := stampedAt-max(now.MTime, now.CTime) > int64(coarsestFileTime) // see file.stampReliable
	if o.enabled && isReliable {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.size += len(b)
		if o.size > maxOutside || o.files == nil { // rare, so simply drop everything
			o.files, o.size = map[string]*file{}, len(b)
		}
		o.files[path] = &file{stamp: now, content: c}
	}

	return c, nil
}
