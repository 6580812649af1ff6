package catalogue

import "lanser/selectors/text"

// View is the workspace at one moment, as far as a server is concerned.
// index.Snapshot implements it.
type View interface {
	Root() string    // absolute
	Paths() []string // slash-separated, relative to the root, sorted
	Files() any      // identifies paths and contents: equal only for views of the same
	Content(path string) (*text.Content, error)
	// Once is what work finds out from the files alone, worked out once for them.
	Once(key any, work func() any) any
	// Disk is where a file outside the workspace is, which a question is about;
	// ok is false for one of the workspace.
	Disk(path string) (file string, ok bool)
	// ReadFile reads a file of the workspace's folder that may be none of its list.
	ReadFile(path string) ([]byte, error)
}
