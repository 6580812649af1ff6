package index

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"lanser/index/store"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// Snapshot is the workspace at one moment. It is safe for concurrent use. It
// implements [selectors.Source].
type Snapshot struct {
	*tree
	w *Workspace
	// read is the bytes of a file.
	read func(*file) ([]byte, error)
	// grew hears of bytes that were read and are kept; nil for nobody.
	grew func(n int)

	uses                *sync.Map       // paths whose content was asked for
	overlaid            map[string]bool // paths whose content is held in memory only, or gone
	libraryDeclarations sync.Map        // language#module → *declarations, of libraries
	renamed             sync.Map        // docVersion and path → where it is now
	libraries           sync.Map        // URI below a named root → *library
	pinned              atomic.Bool     // an earlier version was looked at
	lastSource          struct {        // the source that fingerprints were last made of
		sync.Mutex
		path string
		src  []byte
	}
}

// tree is the files of the workspace at one moment, and what follows from them alone.
// Snapshots between which nothing has changed share it.
type tree struct {
	files      map[string]*file
	paths      []string // sorted
	hardLinked []string // those that have other names, which a watch does not see
	listing    *listing // its files outside the folders, as they were when it was made

	modules         sync.Once
	byLang          map[selectors.Lang]*moduleTable
	langFiles       map[selectors.Lang][]string
	tables          sync.Mutex   // guards the building of tables
	decls           sync.Map     // language#module → *declarations
	digests         sync.Map     // name of a scope → digest
	memoized        sync.Map     // key → func() any, see [Snapshot.Once]
	occurrences     sync.Map     // scope and word → *Occurrences
	occurrenceCount atomic.Int64 // number of places in occurrences
	kept            sync.Map     // what [Snapshot.Keep] has kept
}

func newTree(n int) *tree {
	return &tree{files: make(map[string]*file, n), paths: make([]string, 0, n)}
}

func newSnapshot(w *Workspace, t *tree, read func(*file) ([]byte, error)) *Snapshot {
	return &Snapshot{tree: t, w: w, read: read, uses: new(sync.Map)}
}

// Snapshot brings the view of the workspace up to date.
func (w *Workspace) Snapshot(ctx context.Context) (*Snapshot, error) {
	if w.recorded != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return w.recordedSnapshot()
	}
	w.folder.Renew()
	if t := w.current(); t != nil {
		return newSnapshot(w, t, w.readDisk), ctx.Err()
	}
	w.snapshotMu.Lock()
	defer w.snapshotMu.Unlock()
	if t := w.current(); t != nil { // somebody else took it
		return newSnapshot(w, t, w.readDisk), ctx.Err()
	}
	l, err := w.list(ctx)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loadManifest()
	w.setWatch(l.watch) // what changes from here on is seen
	t := newTree(len(l.paths))
	stamps := w.stampBeneath(l.paths, true)
	for i, p := range l.paths {
		st := stamps[i]
		if st == nil {
			continue // deleted but tracked, a link or behind one, a submodule
		}
		f := w.known[p]
		if f == nil || f.stamp != st.stamp || !f.stampReliable.Load() {
			f = &file{path: p, stamp: st.stamp}
		}
		t.files[p] = f
		t.paths = append(t.paths, p)
		if st.links > 1 {
			t.hardLinked = append(t.hardLinked, p)
		}
	}
	w.known, w.lastStamps = t.files, stampList{paths: l.paths, stamps: stamps}
	w.cacheTree(t, l)
	return newSnapshot(w, t, w.readDisk), ctx.Err()
}

// Files is what [Snapshot.Files] of a snapshot would be that were taken now, if that is
// known without taking it; else nil.
func (w *Workspace) FilesVersion() any {
	if t := w.current(); t != nil {
		return t
	}
	return nil
}

// Current says whether the snapshot is known to be the workspace as it is now, without
// a look at its files; false means nothing.
func (s *Snapshot) Current() bool {
	return s.overlaid == nil && s.tree == s.w.current()
}

// Alone says whether nothing but the files of the workspace was looked at so far.
func (s *Snapshot) UsedOnlyListedFiles() bool { return s.overlaid == nil && s.usedOnlyFiles() }

// plain says whether nothing but the files of the tree was looked at so far.
func (s *Snapshot) usedOnlyFiles() bool {
	plain := !s.pinned.Load()
	s.libraries.Range(func(any, any) bool { plain = false; return false })
	return plain
}

// Files identifies the files: it is equal only for snapshots with the same paths and
// contents, and not for all of those.
func (s *Snapshot) FilesVersion() any { return s.tree }

// Once is what work finds out, which must follow from the files and the key alone: it is
// worked out once for them.
func (s *Snapshot) Memoize(key any, work func() any) any {
	v, ok := s.memoized.Load(key)
	if !ok {
		v, _ = s.memoized.LoadOrStore(key, sync.OnceValue(work))
	}
	return v.(func() any)()
}

// parallel runs do for 0 to n-1 on all cores, each taking runs of them.
func parallel(n, run int, do func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), (n+run-1)/run)
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				from := int(next.Add(int64(run))) - run
				if from >= n {
					return
				}
				for i := from; i < min(from+run, n); i++ {
					do(i)
				}
			}
		})
	}
	wg.Wait()
}

// Root is the absolute path of the workspace.
func (s *Snapshot) Root() string { return s.w.root }

// Paths lists the files, sorted.
func (s *Snapshot) Paths() []string { return s.paths }

// Has says whether the file belongs to the snapshot.
func (s *Snapshot) Has(path string) bool { return s.files[path] != nil }

// bytes is the content of a file, the same whenever it is asked for: a file that
// is another when it is read again is ContentModified. The caller holds f.mu.
func (s *Snapshot) bytes(f *file) ([]byte, error) {
	if f.content != nil {
		return f.content.Bytes(), nil
	}
	if f.readErr != nil {
		return nil, f.readErr
	}
	b, err := s.read(f)
	if err != nil {
		f.readErr = err
		return nil, err
	}
	d := text.Digest(b)
	if f.digest != "" && f.digest != d {
		f.readErr = fault.New(fault.ContentModified, "%s changed while it was read", f.path)
		f.stampReliable.Store(false)
		return nil, f.readErr
	}
	f.digest = d
	return b, nil
}

// Content is the content of a file of the snapshot. The error is NotFound for a
// path that does not belong to it, Permissions for one that cannot be read.
func (s *Snapshot) Content(path string) (*text.Content, error) {
	f, err := s.file(path)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.content == nil {
		b, err := s.bytes(f)
		if err != nil {
			return nil, err
		}
		f.content = text.New(b)
	}
	return f.content, nil
}

// digestOf is the digest of a file, without keeping its content.
func (s *Snapshot) digestOf(f *file) (string, error) {
	s.uses.Store(f.path, true)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.digest == "" {
		if _, err := s.bytes(f); err != nil {
			return "", err
		}
	}
	return f.digest, f.readErr
}

func (s *Snapshot) file(path string) (*file, error) {
	if f := s.files[path]; f != nil {
		s.uses.Store(path, true)
		return f, nil
	}
	if f, ok := s.libraryFile(path); ok {
		return f, nil
	}
	return nil, s.missing(path)
}

func (s *Snapshot) missing(path string) error {
	e := fault.New(fault.NotFound, "no file %s in the workspace", path)
	if _, err := s.w.world.Ask("is there "+path, func() ([]byte, error) {
		_, err := s.w.folder.Direct().Lstat(path)
		return nil, err
	}); err == nil {
		e.Message = fmt.Sprintf("%s is ignored by the workspace's .gitignore rules, or is a link", path)
	}
	if near := selectors.Nearest(path, s.paths, 3); len(near) > 0 {
		return e.WithHint("did you mean %s?", strings.Join(near, " or "))
	}
	return e
}

// Rel turns a path into one of the workspace, see [Workspace.Rel].
func (s *Snapshot) Rel(p string) (string, error) { return s.w.Rel(p) }

// Lang is the language of a file by its name; ok is false for one without an
// outline.
func (s *Snapshot) Lang(path string) (lang selectors.Lang, ok bool) { return syntax.LangOf(path) }

// Langs lists the languages that have outlines.
func (s *Snapshot) Langs() []selectors.Lang {
	var out []selectors.Lang
	for _, l := range syntax.Languages() {
		out = append(out, l.Scheme)
	}
	return out
}

// Language is a language that has outlines, for people.
type Language struct {
	Scheme, Title string
	Files         []string // extensions and base names, sorted
}

// Languages lists the languages in order of scheme.
func Languages() (out []Language) {
	for _, l := range syntax.Languages() {
		out = append(out, Language{Scheme: string(l.Scheme), Title: l.Title, Files: slices.Sorted(maps.Keys(l.Files))})
	}
	slices.SortFunc(out, func(a, b Language) int { return strings.Compare(a.Scheme, b.Scheme) })
	return out
}

// Outline is the outline of a file; an error like Content's, or Unsupported for
// a language without one.
func (s *Snapshot) Outline(path string) (*syntax.Outline, error) {
	f, err := s.file(path)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.encodedOutline != nil {
		return syntax.DecodeOutline(f.encodedOutline)
	}
	return s.outline(f)
}

// outline is the outline of a file from the store, or by parsing. The caller
// holds f.mu.
func (s *Snapshot) outline(f *file) (*syntax.Outline, error) {
	var src []byte
	if f.digest == "" {
		b, err := s.bytes(f)
		if err != nil {
			return nil, err
		}
		src = b
	}
	key := outlineKey(f)
	if packed, ok := s.w.store.Get(key); ok {
		if o, err := syntax.DecodeOutline(packed); err == nil {
			f.encodedOutline = packed
			return o, nil
		}
	}
	if src == nil {
		b, err := s.bytes(f)
		if err != nil {
			return nil, err
		}
		src = b
	}
	// The parse belongs to the file, not to one request: it is kept.
	o, err := syntax.Parse(context.Background(), f.path, src)
	if errors.Is(err, syntax.ErrStuck) { // for this process only: the budget is no property of the content
		o = &syntax.Outline{Skipped: "more than the grammar can read"}
		f.encodedOutline = o.Append(nil)
		return o, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unsupported, err, "%v", err)
	}
	s.w.parsed.Add(1)
	f.encodedOutline = o.Append(nil)
	s.w.store.Put(key, f.encodedOutline)
	return o, nil
}

// outlineKey is what an outline depends on: the content, the grammar that reads
// it, and the versions of what makes outlines.
func outlineKey(f *file) store.Key {
	return store.NewKey(
		"outline",
		fmt.Sprint(syntax.FormatVersion, ".", syntax.FeatureVersion),
		syntax.Reader(f.path),
		f.digest,
	)
}

// Still says whether every file that keep chooses is as it was read: then what
// was found in them held when the snapshot was taken.
func (s *Snapshot) Unchanged(keep func(path string) bool) bool {
	var read []string // whose content the answer depends on, as it is on disk
	for _, p := range s.paths {
		if f := s.files[p]; keep(p) && !f.overlaid && f.knownDigest() != "" {
			read = append(read, p)
		}
	}
	for i, st := range s.w.stampBeneath(read, true) {
		f := s.files[read[i]]
		if st == nil || st.stamp != f.stamp {
			return false
		}
		if !f.stampReliable.Load() { // the stamp is too young to tell
			b, err := s.w.readDisk(&file{path: f.path, stamp: f.stamp})
			if err != nil || text.Digest(b) != f.knownDigest() {
				return false
			}
		}
	}
	return true
}

// knownDigest is the digest of the file, "" before it was read.
func (f *file) knownDigest() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.digest
}

// Index reads and parses every file that has an outline, or finds it in the
// store.
func (s *Snapshot) Index(ctx context.Context) error {
	var files []string
	for _, p := range s.paths {
		if _, ok := syntax.LangOf(p); ok {
			files = append(files, p)
		}
	}
	parallel(len(files), 8, func(i int) {
		if ctx.Err() == nil {
			s.ensureOutline(files[i])
		}
	})
	return ctx.Err()
}

// known makes sure of a file's outline without reading it where it is at hand.
func (s *Snapshot) ensureOutline(path string) {
	f := s.files[path]
	s.uses.Store(path, true)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.encodedOutline == nil {
		_, _ = s.outline(f) // its error counts where it is used
	}
}

// Digest is the digest of the files that keep chooses, by path and content. A
// file that cannot be read counts by its path and that fact.
func (s *Snapshot) Digest(keep func(path string) bool) string {
	return s.digest(keep)
}

// DigestOf is Digest for what has a name, which means the same files in every snapshot
// of one list of files: it is worked out once for it.
func (s *Snapshot) DigestOf(scope string, keep func(path string) bool) string {
	plain := s.usedOnlyFiles()
	if v, ok := s.digests.Load(scope); ok && plain {
		return v.(string)
	}
	d := s.digest(keep)
	if plain {
		s.digests.Store(scope, d)
	}
	return d
}

func (s *Snapshot) digest(keep func(path string) bool) string {
	var kept []string
	for _, p := range s.paths {
		if keep(p) {
			kept = append(kept, p)
		}
	}
	s.libraries.Range(func(path, _ any) bool {
		if keep(path.(string)) {
			kept = append(kept, path.(string))
		}
		return true
	})
	slices.Sort(kept)
	digests := make([]string, len(kept))
	parallel(len(kept), 16, func(i int) {
		f, err := s.file(kept[i])
		if err != nil {
			return
		}
		if d, err := s.digestOf(f); err == nil {
			digests[i] = d
		} else {
			digests[i] = "unreadable"
		}
	})
	h := sha256.New()
	for i, p := range kept {
		fmt.Fprintf(h, "%q %s\n", p, digests[i])
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
