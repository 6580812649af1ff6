package main

import (
	"cmp"
	"path/filepath"
	"slices"

	"lanser/index"
	"lanser/selectors"
	"lanser/server/catalogue"
	"lanser/server/hook"
	"lanser/server/install"
)

// Which workspace a hook event is about, and which of the edited files belong to it. Agents name files by absolute
// paths, often through links, and may work in several projects during one session.

// root returns the workspace of an event: the project around the agent's folder or, if there is none, around a file
// that the agent has edited. If there is no project, root is the folder. An event that names no folder is about the
// folder of the process. The choice is also set in the app, which opens doors and reads settings there.
func (r *hookRun) root(event hook.Event) (root string, isProject bool, err error) {
	if r.app.workspace != "" || event.Dir == "" {
		root, err = r.app.realRoot()
		return root, true, err
	}
	folders := []string{event.Dir}
	for _, file := range event.Files {
		if !filepath.IsAbs(file) {
			file = filepath.Join(event.Dir, file)
		}
		folders = append(folders, filepath.Dir(file))
	}
	for _, folder := range folders {
		dir, why, err := index.FindRoot(folder)
		if err == nil && why != index.NoProject {
			r.app.workspace = dir
			root, err = r.app.realRoot()
			return root, true, err
		}
	}
	return event.Dir, false, nil
}

// isCode reports whether a file is in a language that a known server is for. An edit of any other file needs no remark
// that it is not checked.
func isCode(file string) bool { return len(catalogue.For(filepath.Base(file))) > 0 }

// answerOutside answers an event in a folder that belongs to no project. Once in a session, it tells the model that its
// edits there are not checked.
func (r *hookRun) answerOutside(event hook.Event, folder string) error {
	if event.Kind != hook.Tool || !slices.ContainsFunc(event.Files, isCode) {
		return nil
	}
	dirs, err := install.UserDirs("")
	if err != nil {
		return err
	}
	session, err := hook.Open(dirs.Cache, folder, r.agent.Name+" "+event.Session)
	if err != nil {
		return err
	}
	err = session.Note("not verified: " + folder + " is no repository and has no project file, so edits are not " +
		"checked; run: lanser diag --workspace DIR")
	if err != nil {
		return err
	}
	return r.deliver(session, event, folder, false)
}

// noteUnserved notes for the model, once in a session, that its edits outside of the workspace are not checked.
func (r *hookRun) noteUnserved(session *hook.Session, event hook.Event, root string) error {
	isOutside := func(file string) bool { return isCode(file) && len(r.relative([]string{file}, event.Dir, root)) == 0 }
	if event.Kind != hook.Tool || !slices.ContainsFunc(event.Files, isOutside) {
		return nil
	}
	return session.Note("not verified: edits outside of the workspace " + root + " are not checked; " +
		"run: lanser diag --workspace DIR")
}

// relative returns those of the edited files that lie in the workspace, as URIs of bundles: relative to the workspace,
// with slashes and escaped. Relative paths are relative to dir, or to the workspace if dir is "".
func (r *hookRun) relative(edited []string, dir, root string) (files []string) {
	for _, file := range edited {
		if !filepath.IsAbs(file) {
			file = filepath.Join(cmp.Or(dir, root), file)
		}
		rel, err := relativeTo(root, root, resolved(file))
		if err == nil && filepath.IsLocal(filepath.FromSlash(rel)) {
			files = append(files, selectors.EscapePath(rel))
		}
	}
	return files
}

// resolved returns the absolute path of a file with the symbolic links of its folder resolved, as far as it exists:
// the tool may have removed it. Agents name files through links, such as /tmp on macOS, and the root of a workspace has
// none: with a link /l to /w, /l/new/a.go → /w/new/a.go, whether /w/new exists or not.
func resolved(file string) string {
	dir, rest := filepath.Split(filepath.Clean(file))
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		if dir == filepath.Dir(dir) {
			return file
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}
