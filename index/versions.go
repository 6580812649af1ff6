package index

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"lanser/index/store"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// What is kept of versions that were answered about, so that their coordinates
// can be mapped later (spec section 2, docVersion): the content by digest, where
// that stood, and declarations by symbolId.
func contentKey(digest string) store.Key { return store.NewKey("content", "1", digest) }
func placesKey(digest string) store.Key  { return store.NewKey("places", "1", digest) }
func memoryKey(hex string) store.Key     { return store.NewKey("memory", "1", hex) }

// Keep remembers the content of a file that an answer is about, and the
// declarations whose symbolIds it gives out.
func (s *Snapshot) Keep(path string, decls ...selectors.Decl) {
	if !s.Has(path) {
		return
	}
	if _, done := s.kept.Load(path); !done {
		s.keepContent(path)
		s.kept.Store(path, true)
	}
	for _, d := range decls {
		id := d.ID()
		if _, done := s.kept.Load(keptID(id)); done {
			continue
		}
		c, err := s.Content(path)
		if err != nil {
			return
		}
		m := selectors.Memory{
			Lang: d.Lang, Module: d.Module, Names: d.Names, Kind: d.Kind, Overload: d.Overload, Path: d.Path, DocVersion: c.Digest(),
		}
		raw, _ := json.Marshal(m) // strings and ints
		key := memoryKey(strings.TrimPrefix(id, "id:"))
		if old, ok := s.w.store.Get(key); !ok || !bytes.Equal(old, raw) {
			s.w.store.Put(key, raw)
		}
		s.kept.Store(keptID(id), true)
	}
}

// keptID is a symbolId in [tree].kept, where there are paths too.
type keptID string

// keepContent remembers the content of a file.
func (s *Snapshot) keepContent(path string) {
	c, err := s.Content(path)
	if err != nil {
		return
	}
	st := s.w.store
	if !st.Has(contentKey(c.Digest())) {
		st.Put(contentKey(c.Digest()), c.Bytes())
	}
	raw, _ := st.Get(placesKey(c.Digest()))
	places := readPlaces(raw)
	if !slices.Contains(places, path) {
		raw, _ := json.Marshal(append(places, path)) // strings
		st.Put(placesKey(c.Digest()), raw)
	}
}

// kept is what the store holds under a key, which name tells.
func (w *Workspace) kept(name string, k store.Key) (raw []byte, ok bool) {
	raw, err := w.world.Ask("kept "+name, func() ([]byte, error) {
		raw, ok := w.store.Get(k)
		if !ok {
			return nil, errors.New("nothing")
		}
		return raw, nil
	})
	return raw, err == nil
}

func readPlaces(raw []byte) (out []string) {
	_ = json.Unmarshal(raw, &out) // what cannot be read is not known
	return out
}

// Remembered is a declaration by a symbolId that was given out earlier.
func (s *Snapshot) Remembered(hex string) (m selectors.Memory, ok bool) {
	raw, ok := s.w.kept("memory "+hex, memoryKey(hex))
	return m, ok && json.Unmarshal(raw, &m) == nil
}

// ByID is the declaration with a symbolId. Where it was last tells where to look
// first; else everything is looked through.
func (s *Snapshot) ByID(ctx context.Context, hex string) (found selectors.Decl, ok bool) {
	want := "id:" + hex
	if m, known := s.Remembered(hex); known && len(s.table(m.Lang).named(m.Module)) > 0 {
		decls, _, _ := s.Module(ctx, m.Lang, m.Module)
		for _, d := range decls {
			if d.ID() == want {
				return d, true
			}
		}
		return found, false // the module and the names are in the id
	}
	for _, lang := range s.Langs() {
		s.Each(ctx, lang, func(d selectors.Decl) bool {
			if d.ID() == want {
				found, ok = d, true
			}
			return !ok
		})
		if ok {
			break
		}
	}
	return found, ok
}

// At is the workspace as a docVersion pins it.
func (s *Snapshot) At(ctx context.Context, docVersion, file string) (selectors.Version, error) {
	s.pinned.Store(true)
	if rev, ok := strings.CutPrefix(docVersion, "git:"); ok {
		old, err := s.w.revision(ctx, rev)
		if err != nil {
			return selectors.Version{}, err
		}
		return selectors.Version{Source: old, Whole: true, Path: file}, nil
	}
	raw, ok := s.w.kept("content "+docVersion, contentKey(docVersion))
	if !ok || text.Digest(raw) != docVersion {
		return selectors.Version{}, fault.New(fault.VersionSkew, "the version %s is not at hand: only versions that lanser has answered about on this machine are kept", docVersion).
			WithHint("pin with git:REV, or read the file again and drop docVersion")
	}
	if file == "" {
		raw, _ := s.w.kept("places "+docVersion, placesKey(docVersion))
		places := readPlaces(raw)
		if len(places) == 0 {
			return selectors.Version{}, fault.New(fault.VersionSkew, "where the version %s stood is not known", docVersion).
				WithHint("pin with git:REV, or drop docVersion")
		}
		slices.Sort(places)
		file = places[0]
		for _, p := range places { // the file that it is a version of, if that is still there
			if s.Has(p) {
				file = p
				break
			}
		}
	}
	return selectors.Version{Source: s.with(file, raw), Path: file}, nil
}

// with is the snapshot with another content for one file.
func (s *Snapshot) with(p string, content []byte) *Snapshot {
	o := &Snapshot{tree: newTree(len(s.files) + 1), w: s.w, read: s.read, uses: s.uses}
	o.paths = s.paths
	for known, f := range s.files {
		o.files[known] = f
	}
	if o.files[p] == nil {
		i, _ := slices.BinarySearch(s.paths, p)
		o.paths = slices.Insert(slices.Clone(s.paths), i, p)
	}
	f := &file{path: p}
	f.setContent(content)
	o.files[p] = f
	return o
}

// revision is the workspace at a commit, read from git's objects. Files that
// were asked for stay in memory as long as the workspace is open.
func (w *Workspace) revision(ctx context.Context, rev string) (*Snapshot, error) {
	if w.gitDir == "" {
		return nil, fault.New(fault.VersionSkew, "docVersion git:%s: the workspace is no git repository", rev).WithHint("drop docVersion")
	}
	out, err := w.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	commit := strings.TrimSpace(string(out))
	if err != nil || commit == "" {
		return nil, fault.New(fault.VersionSkew, "git knows no commit %q", rev).
			WithHint("see 'git log'; a shallow clone lacks history: git fetch --unshallow, or fetch-depth: 0")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.revisions[commit]; s != nil {
		return s, nil
	}
	out, err = w.git(ctx, "ls-tree", "-r", "-z", commit)
	if err != nil {
		return nil, fault.Wrap(fault.VersionSkew, err, "cannot list the commit %s: %v", rev, err)
	}
	s := newSnapshot(w, newTree(0), w.readBlob)
	for entry := range strings.SplitSeq(string(out), "\x00") {
		head, p, _ := strings.Cut(entry, "\t")
		if f := strings.Fields(head); len(f) == 3 && (f[0] == "100644" || f[0] == "100755") {
			s.files[p] = &file{path: p, blob: f[2]}
			s.paths = append(s.paths, p)
		}
	}
	slices.Sort(s.paths)
	w.revisions[commit] = s
	return s, nil
}

func (w *Workspace) readBlob(f *file) ([]byte, error) {
	out, err := w.git(context.Background(), "cat-file", "blob", f.blob)
	if err != nil {
		return nil, fault.Wrap(fault.Permissions, err, "cannot read %s from git: %v", f.path, err)
	}
	return out, nil
}

// prefetch reads many files of a revision with one git.
func (s *Snapshot) prefetch(files []string) {
	var want []*file
	var ids bytes.Buffer
	for _, p := range files {
		if f := s.files[p]; f != nil && f.blob != "" && f.content == nil {
			want = append(want, f)
			fmt.Fprintln(&ids, f.blob)
		}
	}
	if len(want) < 2 {
		return
	}
	blobs := sha256.Sum256(ids.Bytes())
	out, err := s.w.world.Ask(fmt.Sprintf("git cat-file --batch %x", blobs[:8]), func() ([]byte, error) {
		cmd := gitProcess(context.Background(), s.w.root, "cat-file", "--batch")
		cmd.Stdin = &ids
		return cmd.Output()
	})
	if err != nil {
		return // each is read by itself
	}
	r := bufio.NewReader(bytes.NewReader(out))
	for _, f := range want {
		head, err := r.ReadString('\n')
		parts := strings.Fields(head)
		if err != nil || len(parts) != 3 {
			return
		}
		n, err := strconv.Atoi(parts[2])
		if err != nil {
			return
		}
		b := make([]byte, n+1)
		if _, err := io.ReadFull(r, b); err != nil {
			return
		}
		f.mu.Lock()
		if f.content == nil {
			f.setContent(b[:n:n])
		}
		f.mu.Unlock()
	}
}

// Renames lists where a file of an earlier version is now, when it is not there
// any more: where git says that it was renamed to, between the version and the
// files of the workspace or in the history; else where content is that is much
// like it.
func (s *Snapshot) Renames(ctx context.Context, docVersion, file string) []string {
	if s.Has(file) {
		return nil
	}
	key := docVersion + "\x00" + file
	if v, ok := s.renamed.Load(key); ok {
		return v.([]string)
	}
	out := s.findRenamed(ctx, docVersion, file)
	if ctx.Err() == nil {
		s.renamed.Store(key, out)
	}
	return out
}

func (s *Snapshot) findRenamed(ctx context.Context, docVersion, file string) (out []string) {
	add := func(p string) {
		if p != "" && s.Has(p) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	if s.w.gitDir != "" {
		rev, ok := strings.CutPrefix(docVersion, "git:")
		if !ok {
			rev = "HEAD"
		}
		add(s.w.renamedSince(ctx, rev)[file])
		for _, p := range s.w.renamedInHistory(ctx, file) {
			add(p)
			add(s.w.renamedSince(ctx, "HEAD")[p])
		}
	}
	if len(out) == 0 && docVersion != "" {
		if old, err := s.At(ctx, docVersion, file); err == nil {
			if c, err := old.Content(file); err == nil {
				add(s.mostLike(c, file, old))
			}
		}
	}
	return out
}

// renamedSince is where git finds the files of a revision among the tracked files, if
// they have another name.
func (w *Workspace) renamedSince(ctx context.Context, rev string) map[string]string {
	args := append(w.withoutFilters(ctx), "diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--relative", "--name-status", "-z", "-M40%", "--diff-filter=R", "--end-of-options", rev)
	return renames(w.git(ctx, args...))
}

// renamedInHistory follows a file that was committed once through the commits
// that renamed it.
func (w *Workspace) renamedInHistory(ctx context.Context, file string) (out []string) {
	for range 5 {
		commit, err := w.git(ctx, "log", "-1", "--format=%H", "--diff-filter=D", "--", file)
		id := strings.TrimSpace(string(commit))
		if err != nil || id == "" {
			return out
		}
		next := renames(w.git(ctx, "diff-tree", "-r", "--relative", "--name-status", "-z", "-M40%", "--diff-filter=R", id+"^", id))[file]
		if next == "" || slices.Contains(out, next) {
			return out
		}
		out = append(out, next)
		file = next
	}
	return out
}

// renames reads --name-status -z: status, old and new path.
func renames(raw []byte, err error) map[string]string {
	out := map[string]string{}
	if err != nil {
		return out
	}
	f := strings.Split(string(raw), "\x00")
	for i := 0; i+2 < len(f); i += 3 {
		out[f[i+1]] = f[i+2]
	}
	return out
}

// mostLike is the one file of the same extension that the earlier version had
// not, as far as that is known, and whose lines are for the most part those of the
// content; "" for none.
func (s *Snapshot) mostLike(c *text.Content, was string, old selectors.Version) string {
	want := lineSet(c.Bytes())
	best, second, found := 0.0, 0.0, ""
	for _, p := range s.paths {
		if path.Ext(p) != path.Ext(was) {
			continue
		}
		if whole, ok := old.Source.(*Snapshot); ok && old.Whole && whole.Has(p) {
			continue
		}
		f := s.files[p]
		s.uses.Store(p, true)
		f.mu.Lock()
		b, err := s.bytes(f)
		f.mu.Unlock()
		if err != nil || len(b) > 4*c.Len()+1000 || c.Len() > 4*len(b)+1000 {
			continue
		}
		have, both := lineSet(b), 0
		for l := range have {
			if want[l] {
				both++
			}
		}
		like := float64(both) / float64(max(1, len(want)+len(have)-both))
		if like > best {
			best, second, found = like, best, p
		} else if like > second {
			second = like
		}
	}
	if best < 0.5 || best-second < 0.1 {
		return ""
	}
	return found
}

func lineSet(b []byte) map[string]bool {
	out := map[string]bool{}
	for line := range bytes.Lines(b) {
		if line = bytes.TrimSpace(line); len(line) > 3 {
			out[string(line)] = true
		}
	}
	return out
}
