package project

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"

	"github.com/tailscale/hujson"

	"lanser/index/manifest"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// View is a snapshot of the workspace. index.Snapshot implements it.
type View interface {
	Root() string      // absolute
	Paths() []string   // slash-separated, relative to the root, sorted
	FilesVersion() any // identifies paths and contents: two views with equal values have the same
	Content(path string) (*text.Content, error)
	// Memoize returns the result of work, which depends on the files alone and is called once for
	// each key.
	Memoize(key any, work func() any) any
	// Disk returns the path on disk of a file outside of the workspace that a question is about;
	// ok is false for a file of the workspace.
	Disk(path string) (file string, ok bool)
	// ReadFile reads a file of the workspace's folder that Paths may not list.
	ReadFile(path string) ([]byte, error)
}

// ContentOf returns the content of a file; nil if the view does not have it.
func ContentOf(v View, file string) []byte {
	if !Has(v, file) {
		return nil
	}
	c, err := v.Content(file)
	if err != nil {
		return nil
	}
	return c.Bytes()
}

// ReadOnce returns what read finds in a file, which is computed once for each key and content. A file that cannot be
// read is empty.
func ReadOnce[T any](v View, file string, key any, read func(src []byte) T) T {
	if !Has(v, file) {
		return read(nil)
	}
	c, err := v.Content(file)
	if err != nil {
		return read(nil)
	}
	return c.Memoize(key, func() any { return read(c.Bytes()) }).(T)
}

// MatchesIn reports whether a file matches an expression.
func MatchesIn(v View, file string, re *lazyregexp.Regexp) bool {
	type key struct{ re *lazyregexp.Regexp }
	return ReadOnce(v, file, key{re}, re.Match)
}

// FoldersNamed returns the folders that have a file with a base name; none for "".
func FoldersNamed(v View, name string) map[string]bool {
	folders := map[string]bool{}
	for _, p := range v.Paths() {
		if name != "" && path.Base(p) == name {
			folders[path.Dir(p)] = true
		}
	}
	return folders
}

// Has reports whether the view has a file.
func Has(v View, p string) bool {
	_, ok := slices.BinarySearch(v.Paths(), p)
	return ok
}

// MaxNesting bounds the depth of brackets in a configuration file.
const MaxNesting = manifest.MaxNesting

// NearestAbove returns the nearest folder above a file that is a key of folders.
func NearestAbove[V any](folders map[string]V, p string) (string, bool) {
	for dir := path.Dir(p); ; dir = path.Dir(dir) {
		if _, ok := folders[dir]; ok {
			return dir, true
		}
		if dir == "." || dir == "/" {
			return "", false
		}
	}
}

// ReadJSONC decodes a file of JSON with comments; ok is false if it cannot be read.
func ReadJSONC(v View, file string, into any) (ok bool) {
	c, err := v.Content(file)
	if err != nil || text.Nesting(c.Bytes()) > MaxNesting { // hujson recurses at each bracket
		return false
	}
	standard, err := hujson.Standardize(bytes.Clone(c.Bytes()))
	return err == nil && json.Unmarshal(standard, into) == nil
}
