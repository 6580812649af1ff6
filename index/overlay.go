package index

import (
	"slices"

	"lanser/selectors/fault"
)

// Overlay is the snapshot as it would be with other contents, which are held in
// memory only: path → content, nil for a file that is gone. Paths are as
// [Workspace.Rel] takes them. Nothing is remembered of it for later snapshots. The
// error is Permissions for a path outside the workspace.
func (s *Snapshot) Overlay(contents map[string][]byte) (*Snapshot, error) {
	o := &Snapshot{tree: newTree(len(s.files) + len(contents)), w: s.w, read: s.read, uses: s.uses, overlaid: map[string]bool{}}
	for p, f := range s.files {
		o.files[p] = f
	}
	for p, content := range contents {
		rel, err := s.w.Rel(p)
		if err != nil {
			return nil, err
		}
		if rel == "." {
			return nil, fault.New(fault.Usage, "%q names the workspace itself, not a file of it", p)
		}
		o.overlaid[rel] = true
		if content == nil {
			delete(o.files, rel)
			continue
		}
		f := &file{path: rel, overlaid: true}
		f.setContent(content)
		o.files[rel] = f
	}
	for p := range o.files {
		o.paths = append(o.paths, p)
	}
	slices.Sort(o.paths)
	return o, nil
}

// Overlaid lists the paths whose content is not that of the disk, sorted; those
// that are gone are among them.
func (s *Snapshot) Overlaid() []string {
	var out []string
	for p := range s.overlaid {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}
