package index

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"lanser/selectors/fault"
)

// revisionCache keeps the revisions that were last asked about. Its zero value is empty.
type revisionCache struct {
	whole bool // nothing is dropped

	mu   sync.Mutex
	kept []*keptRevision // the last that was asked about at the end
}

type keptRevision struct {
	commit string
	snap   *Snapshot
	held   *atomic.Int64 // see heldBy
}

// maxRevisions bounds what the revisions of a workspace hold in memory, in bytes as
// [revisionSize] counts them: about five of 4,000 files. One that is larger stays until
// another is asked about. Those that a question is still about live on without the cache.
const maxRevisions = 16 << 20

// What a file of a revision takes, and what its bytes do once they are read, kept and
// parsed; as measured, in bytes.
const (
	fileWeight    = 600
	contentWeight = 4
)

func (c *revisionCache) get(commit string) *Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.kept, func(k *keptRevision) bool { return k.commit == commit })
	if i < 0 {
		return nil
	}
	k := c.kept[i]
	c.kept = append(slices.Delete(c.kept, i, i+1), k)
	return k.snap
}

// put keeps a revision, and drops those that were not asked about for longest where all
// are too large. held counts the bytes that the revision holds, which may grow.
func (c *revisionCache) put(commit string, s *Snapshot, held *atomic.Int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = slices.DeleteFunc(c.kept, func(k *keptRevision) bool { return k.commit == commit })
	c.kept = append(c.kept, &keptRevision{commit: commit, snap: s, held: held})
	size, first := int64(0), len(c.kept)-1
	for i := len(c.kept) - 1; i >= 0; i-- {
		size += c.kept[i].held.Load()
		if size > maxRevisions && !c.whole {
			break
		}
		first = i
	}
	c.kept = slices.Clone(c.kept[first:])
}

// revision is the workspace at a commit, read from git's objects.
func (w *Workspace) revision(ctx context.Context, rev string) (*Snapshot, error) {
	if w.gitDir == "" {
		return nil, fault.New(fault.VersionSkew, "docVersion git:%s: the workspace is no git repository", rev).
			WithHint("drop docVersion")
	}
	out, err := w.askGit("rev-parse --verify --quiet --end-of-options "+rev+"^{commit}", func() ([]byte, error) {
		commit, err := w.objects.commit(rev)
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
	held := new(atomic.Int64)
	s := newSnapshot(w, newTree(0), func(f *file) ([]byte, error) {
		b, err := w.readBlob(f)
		held.Add(contentWeight * int64(len(b)))
		return b, err
	})
	s.grew = func(n int) { held.Add(contentWeight * int64(n)) }
	for _, e := range readTree(out) {
		if e.mode == "100644" || e.mode == "100755" {
			s.files[e.path] = &file{path: e.path, blob: e.id}
			s.paths = append(s.paths, e.path)
			held.Add(fileWeight + 2*int64(len(e.path)))
		}
	}

	slices.Sort(s.paths)
	w.revisions.put(commit, s, held)
	return s, nil
}

// notAsked returns the error of a question that git is not asked because of the
// repository or because there is no git; nil for another error.
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

// entry is a file of a commit: mode and id as git's; of a link that is to be made, id is
// where it leads.
type entry struct{ path, mode, id string }

// readTree reads what git ls-tree -z prints. What is no entry, or none that git would
// check out, is passed over: a tree can be made by hand that holds .git/config.
func readTree(raw []byte) (out []entry) {
	for line := range strings.SplitSeq(string(raw), "\x00") {
		head, p, ok := strings.Cut(line, "\t")
		if f := strings.Fields(head); ok && len(f) == 3 && isObjectID(f[2]) && isCheckedOut(p) {
			out = append(out, entry{path: p, mode: f[0], id: strings.Clone(f[2])})
		}
	}
	return out
}

// isCheckedOut reports whether git would make a file of the path.
func isCheckedOut(p string) bool {
	return path.Clean(p) == p && filepath.IsLocal(filepath.FromSlash(p)) && p != "." &&
		!strings.Contains(strings.ToLower("/"+p+"/"), "/.git/")
}

// readBlob reads a file of a revision.
func (w *Workspace) readBlob(f *file) ([]byte, error) {
	out, err := w.askGit("cat-file blob "+f.blob, func() ([]byte, error) { return w.objects.blob(f.blob) })
	if err != nil {
		return nil, fault.Wrap(fault.Permissions, err, "cannot read %s from git: %v", f.path, err)
	}
	return out, nil
}

// blobs has read read the blobs with the given ids, one after the other, with one git.
// Of what read leaves the rest is passed over; its error ends it all.
func (g *gitRunner) blobs(
	ctx context.Context,
	dir string,
	ids []string,
	read func(i int, size int64, content io.Reader) error,
) error {
	if len(ids) == 0 {
		return nil
	}
	input := strings.NewReader(strings.Join(ids, "\n") + "\n")
	return g.run(
		ctx,
		dir,
		input,
		func(r *bufio.Reader) error { return readBlobs(r, len(ids), read) },
		"cat-file",
		"--batch",
	)
}

// readBlobs reads what git cat-file --batch prints of n objects: "ID TYPE SIZE", the
// content, and a line end.
func readBlobs(r *bufio.Reader, n int, read func(i int, size int64, content io.Reader) error) error {
	for i := range n {
		_, size, err := readBlobHead(r)
		if err != nil {
			return err
		}
		content := &io.LimitedReader{R: r, N: size}
		if err := read(i, size, content); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return err
		}
		if end, err := r.ReadByte(); err != nil || content.N != 0 || end != '\n' {
			return errors.New("git cat-file ends in the middle of an object")
		}
	}
	return nil
}

// readBlobHead reads "ID TYPE SIZE".
func readBlobHead(r *bufio.Reader) (id string, size int64, err error) {
	head, err := readRecord(r, '\n')
	if err != nil {
		return "", 0, fmt.Errorf("git cat-file ends early: %w", err)
	}
	f := strings.Fields(head)
	if len(f) != 3 || !isObjectID(f[0]) {
		return "", 0, fmt.Errorf("git says: %.200s", head)
	}
	size, err = strconv.ParseInt(f[2], 10, 64)
	if err != nil || size < 0 {
		return "", 0, fmt.Errorf("git says: %.200s", head)
	}
	return f[0], size, nil
}

// sizes returns the sizes of blobs, in bytes; -1 for one that is not there.
func (g *gitRunner) sizes(ctx context.Context, dir string, ids []string) ([]int64, error) {
	sizes := make([]int64, len(ids))
	if len(ids) == 0 {
		return sizes, nil
	}
	input := strings.NewReader(strings.Join(ids, "\n") + "\n")
	err := g.run(ctx, dir, input, func(r *bufio.Reader) error {
		for i := range ids {
			line, err := readRecord(r, '\n')
			if err != nil {
				return fmt.Errorf("git cat-file ends early: %w", err)
			}
			_, sizes[i], err = readBlobHead(bufio.NewReader(strings.NewReader(line + "\n")))
			if err != nil {
				sizes[i] = -1
			}
		}
		return nil
	}, "cat-file", "--batch-check")
	return sizes, err
}

// maxPrefetch bounds what is read of a revision at once, in bytes.
const maxPrefetch = 64 << 20

// prefetch reads many files of a revision with one git: those that are not too large to be
// read, up to a bound. Others are read one by one, if they are.
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
	blobs := sha256.Sum256([]byte(strings.Join(ids, "\n") + "\n"))
	out, err := s.w.askGit(
		fmt.Sprintf("cat-file --batch %x", blobs[:8]),
		func() ([]byte, error) { return s.w.runner.batch(context.Background(), s.w.root, ids) },
	)
	if err != nil {
		return // each is read by itself
	}
	byID := map[string][]byte{}
	r := bufio.NewReader(bytes.NewReader(out))
	for {
		id, size, err := readBlobHead(r)
		if err != nil || size > int64(len(out)) {
			break
		}
		b := make([]byte, size)
		if _, err := io.ReadFull(r, b); err != nil {
			break
		}
		byID[id] = b
		if _, err := r.Discard(1); err != nil {
			break
		}
	}

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

// batch returns what git cat-file --batch prints of the blobs, in order, that are small
// enough for maxPrefetch.
func (g *gitRunner) batch(ctx context.Context, dir string, ids []string) ([]byte, error) {
	sizes, err := g.sizes(ctx, dir, ids)
	if err != nil {
		return nil, err
	}
	var small []string
	left := int64(maxPrefetch)
	for i, id := range ids {
		if sizes[i] >= 0 && sizes[i] <= min(MaxFileSize, left) {
			left -= sizes[i]
			small = append(small, id)
		}
	}

	var out bytes.Buffer
	err = g.blobs(ctx, dir, small, func(i int, size int64, content io.Reader) error {
		fmt.Fprintf(&out, "%s blob %d\n", small[i], size)
		_, err := io.Copy(&out, content)
		out.WriteByte('\n')
		return err
	})
	return out.Bytes(), err
}
