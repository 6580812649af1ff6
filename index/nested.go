package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/git"
	"lanser/selectors/fault"
)

// Repositories in folders of the workspace, which are submodules or clones of their own, are parts of the
// workspace: each lists its files by its own index and ignore rules, if git uses it for this user
// ([git.Runner.refusal]). What is left out is reported ([Snapshot.LeftOut]).

// nestedRepository is a repository in a folder of the workspace.
type nestedRepository struct {
	dir    string // slash-separated, relative to the root of the workspace
	runner *git.Runner
}

// fileList is the files of a workspace with the repositories that list them.
type fileList struct {
	paths   []string // slash-separated, relative to the root; sorted
	nested  []nestedRepository
	leftOut []string // a sentence for each repository whose files are not listed
}

// maxNested bounds the nested repositories of a workspace.
const maxNested = 200

// addNested adds the files of the nested repositories in the given folders, and of those in them. The error is that
// of ctx or a Timeout; a repository that cannot be listed for another reason is left out of the list.
func (w *Workspace) addNested(ctx context.Context, list *fileList, dirs []string) error {
	for i := 0; i < len(dirs); i++ { // dirs grows
		if i == maxNested {
			why := fmt.Sprintf("more than %d repositories are in the workspace, such as %s", maxNested, dirs[i])
			list.leftOut = append(list.leftOut, why)
			break
		}

		dir := dirs[i]
		nested, why := w.openNested(ctx, dir)
		if why != "" {
			list.leftOut = append(list.leftOut, why)
			continue
		}

		files, inner, err := nested.runner.Files(ctx, nested.runner.Top, true)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case fault.Is(err, fault.Timeout):
			return err
		case err != nil:
			list.leftOut = append(list.leftOut, dir+" cannot be listed: "+oneLine(err.Error()))
			continue
		}
		list.nested = append(list.nested, nested)
		for _, f := range files {
			list.paths = append(list.paths, dir+"/"+f)
		}
		for _, f := range inner {
			dirs = append(dirs, dir+"/"+f)
		}
	}

	slices.Sort(list.paths)
	slices.Sort(list.leftOut)
	return nil
}

// openNested returns the repository in a folder of the workspace, or the reason why its files are not
// listed.
func (w *Workspace) openNested(ctx context.Context, dir string) (n nestedRepository, why string) {
	top := filepath.Join(w.root, filepath.FromSlash(dir))
	info, err := w.folder.Direct().Lstat(path.Join(dir, ".git"))
	if errors.Is(err, os.ErrNotExist) {
		return n, fmt.Sprintf("the submodule %s is not checked out: git submodule update --init %s", dir, dir)
	}
	if err != nil {
		return n, fmt.Sprintf("the repository %s cannot be opened: %s", dir, oneLine(err.Error()))
	}
	dotGit := filepath.Join(top, ".git")
	if path.Base(path.Dir(filepath.ToSlash(git.FileTarget(dotGit, info)))) == "worktrees" {
		return n, dir + " is a further working tree of a repository, and a workspace of its own"
	}
	n = nestedRepository{dir: dir, runner: w.runner.ForRepository(top)}
	if err := n.runner.Refusal(ctx, top); err != nil {
		return n, fmt.Sprintf("the repository %s is not used: %s", dir, oneLine(fault.From(err).Message))
	}
	return n, ""
}

// oneLine returns the first line of a text.
func oneLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// LeftOut returns a sentence for each repository in the workspace whose files are not part of the
// snapshot: submodules that are not checked out, repositories that git does not use for this user, and
// further working trees.
func (s *Snapshot) LeftOut() []string { return s.leftOut }
