package index

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"lanser/index/git"
	"lanser/index/parallel"
	"lanser/index/store"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/memo"
	"lanser/selectors/text"
)

// Snapshot is the workspace at one moment. It is immutable and safe for concurrent use, and implements
// [selectors.Source].
type Snapshot struct {
	*tree
	w *Workspace
	// read returns the bytes of a file: from the disk, from git's objects, or from a trace.
	read func(*file) ([]byte, error)
	// grew is called with the number of bytes that were read and are kept in memory; may be nil.
	grew func(n int)

	uses                *sync.Map       // paths of the files whose content was used; a trace records these
	overlaid            map[string]bool // paths whose content exists in memory only, or that an overlay removes
	libraryDeclarations sync.Map        // language#module → *declarations, of library modules
	renamed             sync.Map        // docVersion and path → the path now
	libraries           sync.Map        // URI below a named root → *library
	pinned              atomic.Bool     // an earlier version of a file was used
	// lastSource is the last result of source. Most callers ask for the declarations of one file in a row.
	lastSource struct {
		sync.Mutex
		path string
		src  []byte
	}
}

// tree is the files of the workspace at one moment with everything that is computed from them alone.
// Snapshots share it while nothing changes, so nothing in it may depend on a question. The maps and slices of
// the first group are filled before the tree is shared, and only read from then on. The other fields are
// caches that any goroutine may fill.
type tree struct {
	version    *filesVersion
	files      map[string]*file
	paths      []string         // sorted
	hardLinked []string         // files with further hard links, whose changes a watch may miss
	listing    *listing         // what the list of files depends on
	leftOut    []string         // why files of repositories in the workspace are not listed
	deleted    []string         // listed by git and not on disk
	unlisted   map[string]*file // of [Snapshot.WithUnlisted]

	modules         sync.Once
	byLang          map[selectors.Lang]*moduleTable
	langFiles       map[selectors.Lang][]string
	tables          sync.Mutex   // serializes the building of module tables
	decls           sync.Map     // language#module → *declarations
	localDecls      sync.Map     // path → []selectors.Decl, of LocalDecls
	digests         sync.Map     // scope name → digest
	memoized        memo.Table   // see [Snapshot.Memoize]
	occurrences     sync.Map     // word → *Occurrences
	occurrenceCount atomic.Int64 // number of positions in occurrences
	kept            sync.Map     // what [Snapshot.Keep] has stored
}

// filesVersion identifies a tree without keeping it in memory: callers hold versions for as long as they
// remember answers. It has a size, because pointers to values without one may be equal.
type filesVersion struct{ _ byte }

// newTree returns an empty tree with room for n files.
func newTree(n int) *tree {
	return &tree{version: new(filesVersion), files: make(map[string]*file, n), paths: make([]string, 0, n)}
}

// newSnapshot returns a snapshot of a tree, of which nothing was used yet.
func newSnapshot(w *Workspace, t *tree, read func(*file) ([]byte, error)) *Snapshot {
	return &Snapshot{tree: t, w: w, read: read, uses: new(sync.Map)}
}

// Snapshot returns the workspace as it is now. If a watch proves that nothing has changed since the last
// call, the new snapshot shares the tree of the last one, and no file is looked at. The error is that of ctx,
// or a [fault.Error] if the files cannot be listed.
func (w *Workspace) Snapshot(ctx context.Context) (*Snapshot, error) {
	if w.recorded != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return w.recordedSnapshot()
	}

	w.folder.Reopen()
	if t := w.current(); t != nil {
		return newSnapshot(w, t, w.readDisk), ctx.Err()
	}
	w.snapshotMu.Lock()
	defer w.snapshotMu.Unlock()
	if t := w.current(); t != nil { // another goroutine took it meanwhile
		return newSnapshot(w, t, w.readDisk), ctx.Err()
	}
	l, err := w.list(ctx)
	if err != nil {
		return nil, err
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	w.loadManifest()
	// From here on the watch reports all changes. It must begin before the files are stamped: a change in
	// between would be in neither.
	w.setWatch(l.watch)
	t := w.stampedTree(l)
	w.cacheTree(t, l)
	return newSnapshot(w, t, w.readDisk), ctx.Err()
}

// stampedTree returns the listed files that exist. A file whose stamp is unchanged is the same value as in the
// last tree, with all that is known of its content. The caller holds w.mu.
func (w *Workspace) stampedTree(l *listing) *tree {
	t := newTree(len(l.paths))
	t.leftOut = l.leftOut
	stamps := w.folder.Stamps(l.paths, true)
	for i, p := range l.paths {
		st := stamps[i]
		if st == nil {
			if _, err := w.folder.Direct().Lstat(p); errors.Is(err, fs.ErrNotExist) {
				t.deleted = append(t.deleted, p)
			}
			continue // tracked but deleted, a link, or behind a link
		}
		f := w.known[p]
		unchanged := f != nil && f.stamp == st.Stamp && f.stampReliable.Load()
		if !unchanged {
			f = &file{path: p, stamp: st.Stamp}
		}

		t.files[p] = f
		t.paths = append(t.paths, p)
		if st.Links > 1 {
			t.hardLinked = append(t.hardLinked, p)
		}
	}

	w.known, w.lastStamps = t.files, git.StampList{Paths: l.paths, Stamps: stamps}
	return t
}

// FilesVersion returns the [Snapshot.FilesVersion] of a snapshot taken now, if that is known without
// taking one; otherwise nil.
func (w *Workspace) FilesVersion() any {
	if t := w.current(); t != nil {
		return t.version
	}
	return nil
}

// Deleted returns the files that git tracks and that are not on disk, sorted; none in the replay of a trace.
func (s *Snapshot) Deleted() []string { return s.deleted }

// Current reports whether the snapshot is known to be the workspace as it is now, without a look at the
// files. False means that this is not known.
func (s *Snapshot) Current() bool {
	return s.overlaid == nil && s.tree == s.w.current()
}

// UsedOnlyListedFiles reports whether nothing but listed files of the workspace was read so far: no
// overlay, no library, and no earlier version.
func (s *Snapshot) UsedOnlyListedFiles() bool { return s.overlaid == nil && s.usedOnlyFiles() }

// usedOnlyFiles is UsedOnlyListedFiles for a snapshot that may be an overlay.
func (s *Snapshot) usedOnlyFiles() bool {
	if s.pinned.Load() {
		return false
	}
	noLibrary := true
	s.libraries.Range(func(any, any) bool {
		noLibrary = false
		return false
	})
	return noLibrary
}

// FilesVersion identifies paths and contents: snapshots with equal versions have the same files. Two
// snapshots with the same files may still have different versions. A version keeps no file in memory.
func (s *Snapshot) FilesVersion() any { return s.version }

// Memoize returns the result of work, which must depend on the files and the key alone, see [memo.Table.Of]. work runs
// once for all snapshots with the same files.
func (s *Snapshot) Memoize(key any, work func() any) any { return s.memoized.Of(key, work) }

// Root returns the absolute path of the workspace.
func (s *Snapshot) Root() string { return s.w.root }

// Paths lists the files, sorted. The caller must not change the slice: snapshots share it.
func (s *Snapshot) Paths() []string { return s.paths }

// pathsWhere lists the files chosen by keep, sorted.
func (s *Snapshot) pathsWhere(keep func(path string) bool) (kept []string) {
	for _, p := range s.paths {
		if keep(p) {
			kept = append(kept, p)
		}
	}
	return kept
}

// PathsEnding lists the files whose paths end with the elements of a relative path, sorted.
func (s *Snapshot) PathsEnding(path string) []string {
	return s.pathsWhere(func(p string) bool { return p == path || strings.HasSuffix(p, "/"+path) })
}

// PathsLike lists at most three files whose names are similar to the name of a file, and have its extension.
func (s *Snapshot) PathsLike(name string) []string {
	byName := map[string][]string{}
	var names []string
	extension := name[strings.LastIndexByte(name, '.')+1:]
	for _, p := range s.paths {
		base := p[strings.LastIndexByte(p, '/')+1:]
		isLike := strings.HasSuffix(base, "."+extension) && len(base) > len("x.py") || strings.EqualFold(base, name)
		if !isLike {
			continue
		}
		if byName[base] == nil {
			names = append(names, base)
		}
		byName[base] = append(byName[base], p)
	}
	var out []string
	for _, near := range selectors.Nearest(name, names, 3) {
		out = append(out, byName[near]...)
	}
	return out[:min(len(out), 3)]
}

// Has reports whether the file belongs to the snapshot.
func (s *Snapshot) Has(path string) bool { return s.files[path] != nil }

// IsLink reports whether a path is that of a symbolic link, or lies behind one.
func (s *Snapshot) IsLink(path string) bool {
	_, isLinked, err := s.w.locate(path)
	return err == nil && isLinked
}

// bytes returns the content of a file, the same for every call: if a file has changed when it is read again,
// the error is ContentModified. The caller holds f.mu.
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

	digest := text.Digest(b)
	if f.digest != "" && f.digest != digest {
		f.readErr = fault.New(fault.ContentModified, "%s changed while it was being read", f.path)
		f.stampReliable.Store(false) // the next snapshot makes a new version of the file
		return nil, f.readErr
	}
	f.digest = digest
	return b, nil
}

// Content returns the content of a file of the snapshot. The error is NotFound for a path that does not
// belong to it, and Permissions for a file that cannot be read.
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

// fileDigest returns the digest of a file without keeping the file's content.
func (s *Snapshot) fileDigest(f *file) (string, error) {
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

// file returns a file of the workspace or of a library by its path. A file of the workspace counts as used
// from then on.
func (s *Snapshot) file(path string) (*file, error) {
	if f := s.files[path]; f != nil {
		s.uses.Store(path, true)
		return f, nil
	}
	if f := s.unlisted[path]; f != nil {
		return f, nil
	}
	if f, ok := s.libraryFile(path); ok {
		return f, nil
	}
	return nil, s.missing(path)
}

// missing returns the error for a path that the snapshot does not contain. It says whether the file exists
// all the same, and which paths are spelled alike.
func (s *Snapshot) missing(path string) error {
	e := fault.New(fault.NotFound, "no file %s in the workspace", path)
	what, err := s.w.world.Ask("is there "+path, func() ([]byte, error) {
		info, err := s.w.folder.Direct().Lstat(path)
		if err != nil {
			return nil, err
		}
		return []byte(unlistedKind(info.Mode())), nil
	})
	if err == nil {
		e.Message = path + " is " + cmp.Or(string(what), "ignored by the workspace's .gitignore rules, or is a link")
	}

	if near := selectors.Nearest(path, s.paths, 3); len(near) > 0 {
		return e.WithHint("did you mean %s?", strings.Join(near, " or "))
	}
	return e
}

// unlistedKind says why a file that exists is not one of the workspace's, if its type is the reason; "" otherwise.
// Traces of earlier releases do not hold it.
func unlistedKind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case !mode.IsRegular():
		return "a named pipe, socket or device, which lanser does not open"
	}
	return ""
}

// Rel converts a path to a path within the workspace, see [Workspace.Rel]. The URI of a library file is
// returned as it is, after the library has been looked up.
func (s *Snapshot) Rel(p string) (string, error) {
	if selectors.IsLibrary(p) && !strings.HasPrefix(p, "file:") {
		return p, s.findLibrary(p)
	}
	return s.w.Rel(p)
}

// Lang returns the language of a file by its name, or of a script of the shell by its first line; ok is false if the
// language has no outlines.
func (s *Snapshot) Lang(path string) (lang selectors.Lang, ok bool) {
	return syntax.LangOf(s.asNamed(path))
}

// asNamed returns the path by whose name package syntax knows the language of a file: the file's own, or, of a script
// of the shell whose name does not tell its language, one that does. The content is read of files alone whose names
// tell nothing.
func (s *Snapshot) asNamed(path string) string {
	f := s.files[path]
	if f == nil {
		return path
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return s.nameOf(f)
}

// nameOf is [Snapshot.asNamed] for a file of the snapshot. The caller holds f.mu.
func (s *Snapshot) nameOf(f *file) string {
	if _, ok := syntax.LangOf(f.path); ok || s.w.withoutScripts || !text.MayBeScript(f.path) {
		return f.path
	}
	s.uses.Store(f.path, true)
	if f.name == "" {
		f.name = f.path
		if src, err := s.bytes(f); err == nil && text.IsShellScript(src) {
			f.name += shellExtension
		}
	}
	return f.name
}

// shellExtension is that of a script of the shell.
const shellExtension = ".sh"

// Langs lists the languages that have outlines.
func (s *Snapshot) Langs() []selectors.Lang {
	var out []selectors.Lang
	for _, l := range syntax.Languages() {
		out = append(out, l.Scheme)
	}
	return out
}

// Language describes a language that has outlines, for people.
type Language struct {
	Scheme, Title string
	Files         []string // extensions and base names, sorted
}

// Languages lists the languages that have outlines, sorted by scheme.
func Languages() (out []Language) {
	for _, l := range syntax.Languages() {
		out = append(out, Language{Scheme: string(l.Scheme), Title: l.Title, Files: slices.Sorted(maps.Keys(l.Files))})
	}
	slices.SortFunc(out, func(a, b Language) int { return strings.Compare(a.Scheme, b.Scheme) })
	return out
}

// Outline returns the outline of a file. The error is that of [Snapshot.Content], or Unsupported for a
// language without outlines.
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

// outline returns the outline of a file from the store, or by parsing the file. The caller holds f.mu.
func (s *Snapshot) outline(f *file) (*syntax.Outline, error) {
	var src []byte
	if f.digest == "" { // the key of the outline contains the digest
		b, err := s.bytes(f)
		if err != nil {
			return nil, err
		}
		src = b
	}

	key := outlineKey(s.nameOf(f), f.digest)
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

	// Not the context of the request: the outline is kept, and later requests use it.
	o, err := syntax.Parse(context.Background(), s.nameOf(f), src)
	if errors.Is(err, syntax.ErrStuck) {
		// The outline is not stored on disk, because the parser's budget is no property of the content.
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

// outlineKey is the key of an outline in the store: the content, the grammar, and the versions of the code
// that makes outlines. name is that by which package syntax knows the language of the file.
func outlineKey(name, digest string) store.Key {
	return store.NewKey(
		"outline",
		fmt.Sprint(syntax.FormatVersion, ".", syntax.FeatureVersion),
		syntax.Reader(name),
		digest,
	)
}

// Unchanged reports whether every file chosen by keep is still as it was when it was read. If so, what
// was found in these files was true when the snapshot was taken. Files that were not read do not count.
func (s *Snapshot) Unchanged(keep func(path string) bool) bool {
	read := s.pathsWhere(func(p string) bool { // files on disk whose content the answer depends on
		f := s.files[p]
		return keep(p) && !f.overlaid && f.knownDigest() != ""
	})

	for i, st := range s.w.folder.Stamps(read, true) {
		f := s.files[read[i]]
		if st == nil || st.Stamp != f.stamp {
			return false
		}
		if !f.stampReliable.Load() { // the stamp is too recent to tell two versions apart
			b, err := s.w.readDisk(&file{path: f.path, stamp: f.stamp})
			if err != nil || text.Digest(b) != f.knownDigest() {
				return false
			}
		}
	}
	return true
}

// knownDigest returns the digest of the file, "" before the file was read.
func (f *file) knownDigest() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.digest
}

// Index makes sure that the store has an outline of every file that can have one.
func (s *Snapshot) Index(ctx context.Context) error {
	files := s.pathsWhere(s.hasOutline)
	parallel.Do(len(files), 8, func(i int) {
		if ctx.Err() == nil {
			s.ensureOutline(files[i])
		}
	})
	return ctx.Err()
}

// hasOutline reports whether the language of a file has outlines.
func (s *Snapshot) hasOutline(path string) bool {
	_, ok := s.Lang(path)
	return ok
}

// ensureOutline computes the outline of a file if it is not known yet.
func (s *Snapshot) ensureOutline(path string) {
	f := s.files[path]
	s.uses.Store(path, true)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.encodedOutline == nil {
		_, _ = s.outline(f) // only fills the cache: an error is reported where the outline is used
	}
}

// DigestOf is Digest with a cache: scope names the choice that keep makes, which must be the same for all
// snapshots with the same files.
func (s *Snapshot) DigestOf(scope string, keep func(path string) bool) string {
	onlyFiles := s.usedOnlyFiles() // otherwise the digest covers more than the tree, which holds the cache
	if cached, ok := s.digests.Load(scope); ok && onlyFiles {
		return cached.(string)
	}
	digest := s.Digest(keep)
	if onlyFiles {
		s.digests.Store(scope, digest)
	}
	return digest
}

// Digest returns the digest of the paths and contents of the files chosen by keep, which may be library files
// that this snapshot has named. For a file that cannot be read, that fact takes the place of the content. The
// form is part of every bundle: sha256 over a line for each file, sorted by path, of the quoted path and the
// file's digest.
func (s *Snapshot) Digest(keep func(path string) bool) string {
	kept := s.pathsWhere(keep)
	s.libraries.Range(func(path, _ any) bool {
		if keep(path.(string)) {
			kept = append(kept, path.(string))
		}
		return true
	})
	slices.Sort(kept)
	digests := make([]string, len(kept))
	parallel.Do(len(kept), 16, func(i int) {
		f, err := s.file(kept[i])
		if err != nil {
			return
		}
		if d, err := s.fileDigest(f); err == nil {
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
