package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
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
			Lang: d.Lang, Module: d.Module, Names: d.Names, Kind: d.Kind, Overload: d.Overload, Path: d.Path,
			DocVersion: c.Digest(),
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
		return selectors.Version{}, fault.New(fault.VersionSkew, "the version %s is not at hand: "+
			"only versions that lanser has answered about on this machine are kept", docVersion).
			WithHint("pin with git:REV, or read the file again and drop docVersion")
	}

	if file == "" {
		raw, _ := s.w.kept("places "+docVersion, placesKey(docVersion))
		places := readPlaces(raw)
		if len(places) == 0 {
			return selectors.Version{}, fault.New(fault.VersionSkew,
				"the store does not say which file had the version %s", docVersion).
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

// maxEarlierVersions bounds the versions of a file that [Snapshot.EarlierVersion] looks at.
const maxEarlierVersions = 10

// EarlierVersion returns the docVersion of the latest version of a file in the history of HEAD, among the last few
// that differ, whose content is accepted; "" if there is none.
func (s *Snapshot) EarlierVersion(ctx context.Context, file string, accept func(content []byte) bool) string {
	if s.w.gitDir == "" || strings.ContainsAny(file, "\n\x00") {
		return ""
	}
	s.pinned.Store(true)
	listed, err := s.w.askGit("rev-list HEAD -- "+file, func() ([]byte, error) {
		head, err := s.w.objects.commit("HEAD")
		if err != nil {
			return nil, err
		}
		return s.w.renames.commitsOf(ctx, s.w, head, file)
	})
	if err != nil {
		return ""
	}
	for commit := range strings.FieldsSeq(string(listed)) {
		if !isObjectID(commit) {
			return ""
		}
		name := commit + ":./" + file
		content, err := s.w.askGit("cat-file blob "+name, func() ([]byte, error) { return s.w.objects.blob(name) })
		if err == nil && accept(content) {
			return "git:" + commit
		}
	}
	return ""
}
