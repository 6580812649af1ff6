package index

import (
	"maps"
	"slices"
	"sync"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

// Overlay returns the snapshot with other contents for some files, which exist in memory only. contents maps
// paths, as [Workspace.Rel] takes them, to contents; nil removes the file. Values computed for the last
// overlay are kept for as long as the files below it are unchanged, because an editor asks repeatedly with
// the same text. The error is Permissions for a path outside the workspace, and VersionSkew for one that is a symbolic
// link or lies behind one: no file can be made there.
func (s *Snapshot) Overlay(contents map[string][]byte) (*Snapshot, error) {
	return s.OverlayReplacing(contents, nil)
}

// OverlayReplacing is [Snapshot.Overlay] where some symbolic links are removed too, given by their paths in the
// workspace: files may be made in their places.
func (s *Snapshot) OverlayReplacing(contents map[string][]byte, links []string) (*Snapshot, error) {
	replaced := map[string]*file{} // nil for a removed file
	for p, content := range contents {
		rel, isLinked, err := s.w.locate(p)
		if inPlace := slices.ContainsFunc(links, func(link string) bool { return beneath.Inside(link, p) }); inPlace {
			rel, isLinked, err = p, false, nil
		}
		if err != nil {
			return nil, err
		}
		if rel == "." {
			return nil, fault.New(fault.Usage, "%q names the workspace itself, not a file of it", p)
		}
		if isLinked && !s.w.resolvesInErrors {
			return nil, fault.New(fault.VersionSkew, "%s is a symbolic link, or behind one: it leads to %s", p, rel)
		}
		replaced[rel] = nil
		if content != nil {
			f := &file{path: rel, overlaid: true}
			f.setContent(content)
			replaced[rel] = f
		}
	}

	o := newSnapshot(s.w, s.w.lastOverlay.treeWith(s.tree, replaced), s.read)
	o.uses = s.uses // a file that is used through the overlay counts as used in s too
	o.overlaid = map[string]bool{}
	for p := range replaced {
		o.overlaid[p] = true
	}
	return o, nil
}

// lastOverlay caches the tree of the last overlay.
type lastOverlay struct {
	mu    sync.Mutex
	base  *tree            // the tree that the overlay was laid on
	files map[string]*file // nil for a removed file
	tree  *tree            // the result
}

// treeWith returns the tree base with some files replaced, or removed where files has nil.
func (o *lastOverlay) treeWith(base *tree, files map[string]*file) *tree {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.base == base && maps.EqualFunc(o.files, files, sameContent) {
		return o.tree
	}
	t := newTree(len(base.files) + len(files))
	maps.Copy(t.files, base.files)
	for p, f := range files {
		t.files[p] = f
		if f == nil {
			delete(t.files, p)
		}
	}
	t.paths = slices.Sorted(maps.Keys(t.files))
	o.base, o.files, o.tree = base, files, t
	return t
}

// clear empties the cache.
func (o *lastOverlay) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.base, o.files, o.tree = nil, nil, nil
}

// sameContent reports whether two files of overlays have the same content, or are both removed.
func sameContent(a, b *file) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.digest == b.digest
}

// Overlaid lists the paths whose content is not the content on disk, sorted; removed files are among them.
func (s *Snapshot) Overlaid() []string {
	var out []string
	for p := range s.overlaid {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Gone returns the files that an overlay, or the change that a copy is made for, removes, in order.
func (s *Snapshot) Gone() []string {
	isHere := func(p string) bool { return s.Has(p) }
	return slices.DeleteFunc(append(slices.Clone(s.w.gone), s.Overlaid()...), isHere)
}
