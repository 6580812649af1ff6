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

// This file lists a tree of files without git.

// Bounds on the ignore rules of a workspace, which somebody else wrote.
const (
	maxIgnoreFile  = 1 << 20 // bytes of one .gitignore
	maxIgnoreRules = 20_000  // of all together
	maxIgnoreRule  = 1024    // bytes of one rule
)

var errTooManyRules = errors.New("its .gitignore files hold more rules than are read without git: install git")

// plainFiles walks without git, by the same .gitignore files. Those of a folder
// are read before what is in it.
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

// ignoreRules are those of a folder's own .gitignore.
func ignoreRules(root *beneath.Folder, dir string, domain []string) []gitignore.Pattern {
	raw, err := root.Direct().ReadFile(path.Join(dir, ".gitignore"), maxIgnoreFile)
	if err != nil {
		return nil // most folders have none; git follows no link there either
	}
	return readIgnoreRules(raw, domain)
}

// readIgnoreRules reads the rules of a .gitignore. One that is longer than any path is
// left out: it matches nothing, and takes long to.
func readIgnoreRules(raw []byte, domain []string) (out []gitignore.Pattern) {
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && len(line) <= maxIgnoreRule && !strings.HasPrefix(line, "#") {
			out = append(out, gitignore.ParsePattern(line, domain))
		}
	}
	return out
}

// walkPlain lists a tree that has no ignore rules at all; ok is false where it
// has some, or more folders than are walked.
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
