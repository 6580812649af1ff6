package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"lanser/index/git"
	"lanser/index/store"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// The keys of what the store has of earlier versions, so that their coordinates can be mapped to later ones (spec
// section 2, docVersion): the content of a file by its digest, the paths where that content was, and declarations by
// the digits of their symbolIds. "1" is the version of each format.
func contentKey(digest string) store.Key { return store.NewKey("content", "1", digest) }

func placesKey(digest string) store.Key { return store.NewKey("places", "1", digest) }

func memoryKey(hex string) store.Key { return store.NewKey("memory", "1", hex) }

// Keep stores the content of a file that an answer refers to, and the declarations whose symbolIds the answer
// contains. A path that the snapshot does not contain is ignored.
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
			Lang: d.Lang, Module: d.Module, Names: d.Names, Kind: d.Kind,
			Overload: d.Overload, Overloads: max(d.Overloads, 1),
			Path: d.Path, DocVersion: c.Digest(),
		}
		raw, _ := json.Marshal(m) // cannot fail: strings and ints
		key := memoryKey(strings.TrimPrefix(id, "id:"))
		if old, ok := s.w.store.Get(key); !ok || !bytes.Equal(old, raw) {
			s.w.store.Put(key, raw)
		}
		s.kept.Store(keptID(id), true)
	}
}

// keptID is a symbolId as a key of tree.kept, which has paths as keys too.
type keptID string

// keepContent stores the content of a file, and adds its path to the ones where that content was.
func (s *Snapshot) keepContent(path string) {
	c, err := s.Content(path)
	if err != nil {
		return
	}
	if key := contentKey(c.Digest()); !s.w.store.Has(key) {
		s.w.store.Put(key, c.Bytes())
	}

	key := placesKey(c.Digest())
	raw, _ := s.w.store.Get(key)
	places := readPlaces(raw)
	if !slices.Contains(places, path) {
		raw, _ := json.Marshal(append(places, path)) // cannot fail: strings
		s.w.store.Put(key, raw)
	}
}

// kept returns what the store has under a key. name identifies the key in traces.
func (w *Workspace) kept(name string, key store.Key) (raw []byte, ok bool) {
	raw, err := w.world.Ask("kept "+name, func() ([]byte, error) {
		raw, ok := w.store.Get(key)
		if !ok {
			return nil, errors.New("nothing")
		}
		return raw, nil
	})
	return raw, err == nil
}

// readPlaces parses a list of paths. A list that is missing or damaged is empty.
func readPlaces(raw []byte) (out []string) {
	_ = json.Unmarshal(raw, &out)
	return out
}

// Remembered returns the declaration that [Snapshot.Keep] has stored for a symbolId, which is given by its
// hexadecimal digits. ok is false if no earlier answer contained it.
func (s *Snapshot) Remembered(hex string) (m selectors.Memory, ok bool) {
	raw, ok := s.w.kept("memory "+hex, memoryKey(hex))
	return m, ok && json.Unmarshal(raw, &m) == nil
}

// ByID returns the declaration with a symbolId, which is given by its hexadecimal digits. If the symbolId is
// remembered and its module still exists, only that module is searched, otherwise the whole workspace.
func (s *Snapshot) ByID(ctx context.Context, hex string) (found selectors.Decl, ok bool) {
	want := "id:" + hex
	if m, known := s.Remembered(hex); known && len(s.table(m.Lang).named(m.Module)) > 0 {
		decls, _, _ := s.Module(ctx, m.Lang, m.Module)
		for _, d := range decls {
			if d.ID() == want {
				return d, true
			}
		}
		return found, false // no other module can have it: the id is made from the module and the names
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

// At returns the workspace at the version that a docVersion names: a commit (git:REV), or this snapshot with an
// earlier content of one file (sha256:…), which [Snapshot.Keep] has stored. file is the path of that file, "" if the
// version alone says it. The error is VersionSkew for a version that is unknown on this machine.
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
		return selectors.Version{}, fault.New(fault.VersionSkew, "the version %s is not available: "+
			"only versions that lanser has answered about on this machine are kept", docVersion).
			WithHint("pin with git:REV, or read the file again and drop docVersion")
	}

	if file == "" {
		var err error
		file, err = s.placeOf(docVersion)
		if err != nil {
			return selectors.Version{}, err
		}
	}
	return selectors.Version{Source: s.with(file, raw), Path: file}, nil
}

// placeOf returns the path of the file that had the content with a digest: one that still exists if possible, the
// first by name.
func (s *Snapshot) placeOf(docVersion string) (file string, err error) {
	raw, _ := s.w.kept("places "+docVersion, placesKey(docVersion))
	places := readPlaces(raw)
	if len(places) == 0 {
		return "", fault.New(fault.VersionSkew, "the store does not say which file had the version %s", docVersion).
			WithHint("pin with git:REV, or drop docVersion")
	}
	slices.Sort(places)
	if i := slices.IndexFunc(places, s.Has); i >= 0 {
		return places[i], nil
	}
	return places[0], nil
}

// with returns the snapshot with another content for one file. Unlike [Snapshot.Overlay], it is only for reading the
// earlier version of that file.
func (s *Snapshot) with(p string, content []byte) *Snapshot {
	o := &Snapshot{tree: newTree(len(s.files) + 1), w: s.w, read: s.read, uses: s.uses}
	maps.Copy(o.files, s.files)
	o.paths = s.paths
	if o.files[p] == nil {
		i, _ := slices.BinarySearch(s.paths, p)
		o.paths = slices.Insert(slices.Clone(s.paths), i, p)
	}

	f := &file{path: p}
	f.setContent(content)
	o.files[p] = f
	return o
}

// maxEarlierVersions bounds the versions of a file that [Snapshot.EarlierVersion] looks at. With 10, one anchor in six
// of files that change often was made from an earlier one still, and was looked for by its text alone.
const maxEarlierVersions = 50

// EarlierVersion returns the docVersion of the latest version of a file in the history of HEAD, among the last few
// that differ, whose content is accepted; "" if there is none.
func (s *Snapshot) EarlierVersion(ctx context.Context, file string, accept func(content []byte) bool) string {
	if s.w.gitDir == "" || strings.ContainsAny(file, "\n\x00") {
		return ""
	}
	s.pinned.Store(true)
	commits, err := s.w.askGit("rev-list HEAD -- "+file, func() ([]byte, error) {
		head, err := s.w.objects.Commit("HEAD")
		if err != nil {
			return nil, err
		}
		return s.w.renames.commitsOf(ctx, s.w, head, file)
	})
	if err != nil {
		return ""
	}
	for commit := range strings.FieldsSeq(string(commits)) {
		if !git.IsObjectID(commit) {
			return ""
		}
		name := commit + ":./" + file
		content, err := s.w.askGit("cat-file blob "+name, func() ([]byte, error) { return s.w.objects.Blob(name) })
		if err == nil && accept(content) {
			return "git:" + commit
		}
	}
	return ""
}
