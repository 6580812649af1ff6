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
