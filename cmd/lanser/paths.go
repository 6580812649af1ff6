package main

import (
	"os"
	"path/filepath"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

// Paths on the command line are relative to the current folder. Paths in requests and bundles are relative to the
// workspace and have slashes. Only this file converts between them.

// relativeTo returns p, which is absolute or relative to cwd, as a slash-separated path relative
// to root. The path may lead out of root ("../x"), and no links are resolved. The error comes from a path on another
// drive of Windows.
func relativeTo(root, cwd, p string) (string, error) {
	if !filepath.IsAbs(p) {
		p = filepath.Join(cwd, p)
	}
	rel, err := filepath.Rel(root, p)
	return filepath.ToSlash(rel), err
}

// maxLinks is the number of symbolic links that Linux follows in a path.
const maxLinks = 40

// outside returns an error if a file to write lies inside the workspace, with code Permissions. The file need not
// exist; links in its folder, and the file itself if it is a link, are resolved, so that a link outside of the
// workspace cannot lead into it. root must be absolute and without links.
func outside(root, file string) error {
	abs, err := filepath.Abs(file)
	if err != nil {
		return fault.From(err)
	}
	for range maxLinks { // a link to a file that does not exist would make it
		if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
			abs = filepath.Join(dir, filepath.Base(abs))
		}
		to, err := os.Readlink(abs)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(abs), to)
		}
		abs = to
	}
	if _, inside := beneath.Local(root, abs); inside {
		return fault.New(fault.Permissions, "%s lies inside the workspace, where lanser never writes", file).
			WithHint("name a file outside of it, as in %s", filepath.Join("..", filepath.Base(file)))
	}
	return nil
}

// within reports whether a file lies in the folder root. Links in root are resolved; file must be absolute and without
// links for a reliable answer.
func within(root, file string) bool {
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		resolved = root
	}
	_, inside := beneath.Local(resolved, file)
	return inside
}

// pathBelow returns the path of a folder relative to dir, which contains it: "" if they are the same.
// Both are absolute and contain no symbolic links.
func pathBelow(dir, folder string) string {
	rel, _ := filepath.Rel(dir, folder) // cannot fail: folder lies in dir
	if rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

// paths returns paths on the command line, which are relative to the current folder, as paths
// relative to the workspace. With --workspace they are relative to it already. The engine
// checks whether they lie in the workspace. In the folder server of a repository, a.go → server/a.go and
// ../index → index.
func (a *app) paths(args []string) ([]string, error) {
	if a.workspace != "" {
		return args, nil
	}
	cwd, err := currentFolder()
	if err != nil {
		return nil, err
	}
	root, _, err := a.root()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(args))
	for i, p := range args {
		out[i], err = relativeTo(root, cwd, p)
		if err != nil {
			return nil, fault.From(err)
		}
	}
	return out, nil
}

// currentFolder returns the current folder. The error has code Usage: the folder may have been removed.
func currentFolder() (string, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return "", fault.Wrap(fault.Usage, err, "the current folder cannot be determined: %v", err).
			WithHint("name the workspace with --workspace")
	}
	return cwd, nil
}
