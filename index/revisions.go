package index

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"lanser/index/git"
	"lanser/selectors/fault"
)

// revisionCache caches the revisions that requests used last. The zero value is an empty cache. It is safe for
// concurrent use.
type revisionCache struct {
	keepAll bool // nothing is dropped

	mu   sync.Mutex
	kept []*cachedRevision // the most recently used last
}

// cachedRevision is an entry of a revisionCache.
type cachedRevision struct {
	commit   string
	snapshot *Snapshot
	size     *atomic.Int64 // an estimate of the memory that the snapshot takes, in bytes; it grows as files are read
}

// maxRevisions bounds the memory of the revisions in the cache, in bytes: about five revisions of 4,000 files. The
// last one stays even if it is larger. A revision that a question still uses lives on without the cache.
const maxRevisions = 16 << 20

// The estimate of a revision's memory, as measured.
const (
	fileWeight    = 600 // bytes for each file
	contentWeight = 4   // bytes for each byte of content that was read: it is kept and parsed
)

// get returns the cached revision of a commit, nil if there is none.
func (c *revisionCache) get(commit string) *Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.kept, func(r *cachedRevision) bool { return r.commit == commit })
	if i < 0 {
		return nil
	}
	r := c.kept[i]
	c.kept = append(slices.Delete(c.kept, i, i+1), r)
	return r.snapshot
}

// put adds a revision to the cache and drops the least recently used ones above the bound.
func (c *revisionCache) put(commit string, s *Snapshot, size *atomic.Int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = slices.DeleteFunc(c.kept, func(r *cachedRevision) bool { return r.commit == commit })
	c.kept = append(c.kept, &cachedRevision{commit: commit, snapshot: s, size: size})
	total, first := int64(0), len(c.kept)-1
	for i := len(c.kept) - 1; i >= 0; i-- {
		total += c.kept[i].size.Load()
		if total > maxRevisions && !c.keepAll {
			break
		}
		first = i
	}
	c.kept = slices.Clone(c.kept[first:])
}

// clear empties the cache.
func (c *revisionCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = nil
}

// revision returns the workspace at a commit, read from git's objects. rev is anything that git resolves to a
// commit. The error is VersionSkew, or what git is not used for.
func (w *Workspace) revision(ctx context.Context, rev string) (*Snapshot, error) {
	if w.gitDir == "" {
		return nil, fault.New(fault.VersionSkew, "docVersion git:%s: the workspace is no git repository", rev).
			WithHint("drop docVersion")
	}
	out, err := w.askGit("rev-parse --verify --quiet --end-of-options "+rev+"^{commit}", func() ([]byte, error) {
		commit, err := w.objects.Commit(rev)
		return []byte(commit + "\n"), err
	})
	if refused := notAsked(fault.VersionSkew, "docVersion git:"+rev, err); refused != nil {
		return nil, refused
	}
	commit := strings.TrimSpace(string(out))
	if err != nil || commit == "" {
		return nil, fault.New(fault.VersionSkew, "git knows no commit %q", rev).
			WithHint("see 'git log'; a shallow clone lacks history: git fetch --unshallow, or fetch-depth: 0")
	}
	if s := w.revisions.get(commit); s != nil {
		return s, nil
	}
	out, err = w.git(ctx, "ls-tree", "-r", "-z", commit)
	if err != nil {
		return nil, fault.Wrap(fault.VersionSkew, err, "cannot list the commit %s: %v", rev, err)
	}

	s, size := w.objectSnapshot(readTree(out))
	w.revisions.put(commit, s, size)
	return s, nil
}

// objectSnapshot returns the workspace with the files among some entries of git, whose contents are read from git's
// objects when they are used. size counts the bytes that the snapshot holds in memory, which may grow.
func (w *Workspace) objectSnapshot(entries []entry) (s *Snapshot, size *atomic.Int64) {
	size = new(atomic.Int64)
	s = newSnapshot(w, newTree(0), func(f *file) ([]byte, error) {
		b, err := w.readBlob(f)
		size.Add(contentWeight * int64(len(b)))
		return b, err
	})
	s.grew = func(n int) { size.Add(contentWeight * int64(n)) }
	for _, e := range entries {
		if e.isFile() { // neither a link nor a submodule
			s.files[e.path] = &file{path: e.path, blob: e.id}
			s.paths = append(s.paths, e.path)
			size.Add(fileWeight + 2*int64(len(e.path)))
		}
	}
	slices.Sort(s.paths)
	return s, size
}

// notAsked returns an error that says what could not be found out, if git was not asked at all: because it is not
// used for the repository, because there is no git program, or because it gave no answer in time. It returns nil for
// any other error, which is an answer of git.
func notAsked(code fault.Code, what string, err error) error {
	var known *fault.Error
	if !errors.As(err, &known) {
		return nil
	}
	if known.Code == fault.Timeout {
		code = fault.Timeout
	}
	return fault.Wrap(code, err, "%s: %s", what, known.Message).WithHint("%s", known.Hint)
}

// entry is a file of a commit, with the mode and the object id that git prints. In the list of links that
// [Workspace.Extract] creates, id is the target.
type entry struct{ path, mode, id string }

// readTree parses the output of git ls-tree -z. Entries that git would not check out are left out: someone may have
// made a tree by hand that contains .git/config.
func readTree(raw []byte) (out []entry) {
	for line := range strings.SplitSeq(string(raw), "\x00") {
		head, p, ok := strings.Cut(line, "\t") // "MODE TYPE ID\tPATH"
		fields := strings.Fields(head)
		if ok && len(fields) == 3 && git.IsObjectID(fields[2]) && isCheckedOut(p) {
			// Clone, so that the many ids do not keep the whole output in memory.
			out = append(out, entry{path: p, mode: fields[0], id: strings.Clone(fields[2])})
		}
	}
	return out
}

// isCheckedOut reports whether git would create a file at the path: not above the folder, and not in .git in any
// case of letters (verify_path in git's read-cache.c).
func isCheckedOut(p string) bool {
	return path.Clean(p) == p && filepath.IsLocal(filepath.FromSlash(p)) && p != "." &&
		!strings.Contains(strings.ToLower("/"+p+"/"), "/.git/")
}

// readBlob returns the content of a file of a revision.
func (w *Workspace) readBlob(f *file) ([]byte, error) {
	out, err := w.askGit("cat-file blob "+f.blob, func() ([]byte, error) { return w.objects.Blob(f.blob) })
	if err != nil {
		return nil, fault.Wrap(fault.Permissions, err, "cannot read %s from git: %v", f.path, err)
	}
	return out, nil
}

// maxPrefetch bounds the contents that are read at once, in bytes.
const maxPrefetch = 64 << 20

// prefetch reads many files of a revision with one git process: the files that are not too large to be read, up to
// maxPrefetch. The others are read one by one when they are needed. Files that are not of a revision are ignored.
func (s *Snapshot) prefetch(files []string) {
	var want []*file
	var ids []string
	for _, p := range files {
		if f := s.files[p]; f != nil && f.blob != "" && f.content == nil {
			want = append(want, f)
			ids = append(ids, f.blob)
		}
	}

	if len(want) < 2 {
		return
	}
	list := sha256.Sum256([]byte(strings.Join(ids, "\n") + "\n")) // stands for the list in the name of the question
	out, err := s.w.askGit(
		fmt.Sprintf("cat-file --batch %x", list[:8]),
		func() ([]byte, error) { return s.w.runner.Batch(context.Background(), s.w.root, ids, maxPrefetch) },
	)
	if err != nil {
		return // each is read by itself
	}

	byID := git.ParseBatch(out)
	for _, f := range want {
		if b, ok := byID[f.blob]; ok {
			f.mu.Lock()
			if f.content == nil {
				f.setContent(b)
			}
			f.mu.Unlock()
		}
	}

	if s.grew != nil {
		s.grew(len(out))
	}
}
