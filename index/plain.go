package index

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"lanser/index/beneath"
)

// Bounds on the ignore rules of a workspace, whose author is not trusted.
const (
	maxIgnoreFile  = 1 << 20 // bytes of one .gitignore
	maxIgnoreRules = 20_000  // rules in all files together
	maxIgnoreRule  = 1024    // bytes of one rule
)

// errTooManyRules is the error for a tree with more than maxIgnoreRules rules.
var errTooManyRules = errors.New("the .gitignore files of the workspace contain more rules than lanser reads " +
	"without git: install git")

// plainFiles walks the tree without git, by the same .gitignore files. The .gitignore of a folder is read
// before the folder's entries.
func plainFiles(ctx context.Context, root *beneath.Folder) ([]string, error) {
	var patterns []gitignore.Pattern
	var files []string
	err := fs.WalkDir(root.Direct(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrPermission) && p != "." {
				return fs.SkipDir
			}
			return err
		}

		var parts []string
		if p != "." {
			parts = strings.Split(p, "/")
		}

		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case len(patterns) > maxIgnoreRules:
			return errTooManyRules
		case d.Name() == ".git" || parts != nil && gitignore.NewMatcher(patterns).Match(parts, d.IsDir()):
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.IsDir():
			patterns = append(patterns, ignoreRules(root, p, parts)...)
		default:
			files = append(files, p)
		}
		return nil
	})
	return files, err
}

// ignoreRules returns the rules of a folder's own .gitignore.
func ignoreRules(root *beneath.Folder, dir string, domain []string) []gitignore.Pattern {
	raw, err := root.Direct().ReadFile(path.Join(dir, ".gitignore"), maxIgnoreFile)
	if err != nil {
		return nil // most folders have no .gitignore; git does not follow a link in its place either
	}
	return readIgnoreRules(raw, domain)
}

// readIgnoreRules parses a .gitignore. A rule that is longer than any path is left out: it matches nothing,
// and matching it is slow.
func readIgnoreRules(raw []byte, domain []string) (out []gitignore.Pattern) {
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && len(line) <= maxIgnoreRule && !strings.HasPrefix(line, "#") {
			out = append(out, gitignore.ParsePattern(line, domain))
		}
	}
	return out
}

// walkPlain lists a tree that has no ignore rules at all; ok is false if the tree has some, or more than
// maxFolders folders.
func walkPlain(root *beneath.Folder) (files []string, ok bool) {
	folders := []string{"."}
	for i := 0; i < len(folders); i++ {
		entries, err := root.Direct().ReadDir(folders[i])
		if err != nil || i > maxFolders {
			return nil, false
		}
		for _, e := range entries {
			p := path.Join(folders[i], e.Name())
			switch {
			case e.Name() == ".gitignore", e.Name() == ".git":
				return nil, false
			case e.IsDir():
				folders = append(folders, p)
			default:
				files = append(files, p)
			}
		}
	}
	return files, true
}
