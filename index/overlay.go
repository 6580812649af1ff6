package index

import (
	"maps"
	"slices"
	"sync"

	"lanser/selectors/fault"
)

// Overlay returns the snapshot with other contents for some files, which exist in memory only. contents maps
// paths, as [Workspace.Rel] takes them, to contents; nil removes the file. Values computed for the last
// overlay are kept for as long as the files below it are unchanged, because an editor asks repeatedly with
// the same text. The error is Permissions for a path outside the workspace.
func (s *Snapshot) Overlay(contents map[string][]byte) (*Snapshot, error) {
	over := map[string]*file{} // nil for a removed file
	for p, content := range contents {
		rel, err := s.w.Rel(p)
		if err != nil {
			return nil, err
		}
		if rel == "." {
			return nil, fault.New(fault.Usage, "%q names the workspace itself, not a file of it", p)
		}
		over[rel] = nil
		if content != nil {
			f := &file{path: rel, overlaid: true}
			f.setContent(content)
			over[rel] = f
		}
	}

	o := newSnapshot(s.w, s.w.lastOverlay.treeWith(s.tree, over), s.read)
	o.uses, o.overlaid = s.uses, map[string]bool{}
	for p := range over {
		o.overlaid[p] = true
	}
	return o, nil
}

// lastOverlay caches the tree of the last overlay.
type lastOverlay struct {
	mu    sync.Mutex
	base  *tree
	files map[string]*file // nil for a removed file
	tree  *tree
}

// treeWith returns a tree with some files replaced, or removed where files has nil.
func (o *lastOverlay) treeWith(below *tree, files map[string]*file) *tree {
	o.mu.Lock()
	defer o.mu.Unlock()
	same := func(a, b *file) bool { return a == nil && b == nil || a != nil && b != nil && a.digest == b.digest }
	if o.base == below && maps.EqualFunc(o.files, files, same) {
		return o.tree
	}
	t := newTree(len(below.files) + len(files))
	maps.Copy(t.files, below.files)
	for p, f := range files {
		t.files[p] = f
		if f == nil {
			delete(t.files, p)
		}
	}
	t.paths = slices.Sorted(maps.Keys(t.files))
	o.base, o.files, o.tree = below, files, t
	return t
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
