package catalogue

import (
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

// contentOf returns the content of a file; nil if the view does not have it.
func contentOf(v View, file string) []byte {
	if !has(v, file) {
		return nil
	}
	c, err := v.Content(file)
	if err != nil {
		return nil
	}
	return c.Bytes()
}

// readOnce returns what read finds in a file, which is computed once for each key and content. A file that cannot be
// read is empty.
func readOnce[T any](v View, file string, key any, read func(src []byte) T) T {
	if !has(v, file) {
		return read(nil)
	}
	c, err := v.Content(file)
	if err != nil {
		return read(nil)
	}
	return c.Memoize(key, func() any { return read(c.Bytes()) }).(T)
}

// matchesIn reports whether a file matches an expression.
func matchesIn(v View, file string, re *lazyregexp.Regexp) bool {
	type key struct{ re *lazyregexp.Regexp }
	return readOnce(v, file, key{re}, re.Match)
}

// ReadsFromDisk returns why the server does not read a file of an overlay as it is there; "" if it does.
func (s *Server) ReadsFromDisk(v View, p string) string {
	switch {
	case !has(v, p):
		return p + " is on disk, and " + s.Name + " still sees it there"
	case s.LanguageID(p) == "":
		return s.Name + " reads " + p + " from disk, as it is there"
	case s.readsFromDisk != nil && s.readsFromDisk(v, p):
		return s.Name + " reads " + p + " from disk where it checks others by it"
	case s.IsIncluded(p):
		return s.Name + " reads the header " + p + " from disk where other files include it"
	}
	return ""
}
