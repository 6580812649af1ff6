// Package dangerstest has a workspace in memory, as package dangers reads it, for tests.
package dangerstest

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Disk is a workspace in memory; files that begin with "../" lie above it. It implements Disk of package dangers.
type Disk map[string]string

// Paths returns the files of the workspace but those in the folder ignored.
func (d Disk) Paths() (out []string) {
	for _, p := range slices.Sorted(maps.Keys(d)) {
		if !strings.HasPrefix(p, "../") && !strings.HasPrefix(p, "ignored/") {
			out = append(out, p)
		}
	}
	return out
}

// Read returns the content of a file, or [fs.ErrNotExist].
func (d Disk) Read(p string) ([]byte, error) {
	content, ok := d[p]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(content), nil
}

// Folders returns the folders of the workspace, sorted.
func (d Disk) Folders() (out []string) {
	for p := range d {
		if dir, _, ok := strings.Cut(p, "/"); ok && dir != ".." && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	slices.Sort(out)
	return out
}

// Above returns 2.
func (d Disk) Above() int { return 2 }

// List returns the names in a folder, sorted.
func (d Disk) List(dir string) (out []string) {
	below := strings.TrimPrefix(dir+"/", "./")
	for p := range d {
		if rest, ok := strings.CutPrefix(p, below); ok {
			name, _, _ := strings.Cut(rest, "/")
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Links returns the links in a folder: files whose contents begin with "-> ".
func (d Disk) Links(dir string) (out []string) {
	for _, name := range d.List(dir) {
		if strings.HasPrefix(d[path.Join(dir, name)], "-> ") {
			out = append(out, name)
		}
	}
	return out
}

// Real returns where a link leads to.
func (d Disk) Real(p string) string { return strings.TrimPrefix(d[p], "-> ") }
