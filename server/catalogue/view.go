package catalogue

import "lanser/selectors/text"

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
