// Package projecttest has a view of files in memory, as package project reads them, for tests.
package projecttest

import (
	"io/fs"
	"maps"
	"slices"

	"lanser/selectors/text"
)

// Files are a view of files with their contents, by their slash-separated paths. They implement View of package
// project.
type Files map[string]string

// Root returns a folder that does not exist.
func (f Files) Root() string { return "/nowhere" }

// Paths returns the paths of the files, sorted.
func (f Files) Paths() []string { return slices.Sorted(maps.Keys(f)) }

// FilesVersion returns nil: nothing is remembered.
func (f Files) FilesVersion() any { return nil }

// Memoize calls work, and remembers nothing.
func (f Files) Memoize(_ any, work func() any) any { return work() }

// Disk reports that no file is outside of the workspace.
func (f Files) Disk(string) (file string, ok bool) { return "", false }

// ReadFile returns the content of a file, or [fs.ErrNotExist].
func (f Files) ReadFile(path string) ([]byte, error) {
	if s, ok := f[path]; ok {
		return []byte(s), nil
	}
	return nil, fs.ErrNotExist
}

// Content returns the content of a file. One that is missing is empty, with [fs.ErrNotExist].
func (f Files) Content(path string) (*text.Content, error) {
	src, err := f.ReadFile(path)
	return text.New(src), err
}
