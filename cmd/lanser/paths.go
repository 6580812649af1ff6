package main

import (
	"path/filepath"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

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

// outside returns an error if a file to write lies inside the workspace, with code Permissions. The file need not
// exist; links in its folder, and the file itself if it is a link, are resolved, so that a link outside of the
// workspace cannot lead into it. root must be absolute and without links.
func outside(root, file string) error {
	abs, err := filepath.Abs(file)
	if err != nil {
		return fault.From(err)
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		abs = filepath.Join(dir, filepath.Base(abs))
	}
	if resolved, err := filepath.EvalSymlinks(abs); err == nil {
		abs = resolved
	}
	if _, inside := beneath.Local(root, abs); inside {
		return fault.New(fault.Permissions, "%s lies inside the workspace, where lanser never writes", file).
			WithHint("name a file outside of it, as in %s", filepath.Join("..", filepath.Base(file)))
	}
	return nil
}
