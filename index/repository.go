package index

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

// findGit returns the folder above dir, or dir, that holds .git; "" for none. A marker
// decides, not git: a broken repository is one too.
func findGit(dir string) string {
	for {
		_, err := os.Lstat(filepath.Join(dir, ".git"))
		if err == nil {
			return dir
		}
		if !errors.Is(err, os.ErrNotExist) {
			return ""
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// Repository returns the folder of the git repository that holds dir, or is it; "" where
// there is none that git would use in the name of this user ([Workspace.Refused]).
func Repository(ctx context.Context, dir string) string {
	top := findGit(dir)
	if top == "" || newGit(dir, resolved(top)).refusal(ctx, dir) != nil {
		return ""
	}
	return top
}

// Top returns the folder of the git repository that holds the workspace, or is it; "" where
// there is none that is asked.
func (w *Workspace) RepositoryRoot() string {
	if !w.usesGit() {
		return ""
	}
	return w.gitDir
}

func resolved(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

// refusal returns why the repository of g is not used for questions about dir, which it
// holds; nil where it is. The error is a [fault.Error].
//
// A repository that belongs to another user, such as one in a folder above that everybody
// can write, is git's to judge: it refuses one unless the user's configuration names it as
// safe. Only where a look at the owners leaves a doubt is it asked.
func (g *gitRunner) refusal(ctx context.Context, dir string) error {
	if bare := bareBelow(resolved(dir), g.top); bare != "" {
		return fault.New(fault.Permissions, "%s looks like a bare git repository in another: neither is asked", bare).
			WithHint("ask in %s", g.top)
	}
	if g.isOwn() {
		return nil
	}
	_, err := g.output(ctx, g.top, "rev-parse", "--git-dir")
	if err == nil {
		return nil
	}
	var known *fault.Error
	if errors.As(err, &known) {
		return known
	}
	words, fix := refusalWords(err.Error())
	refused := fault.New(fault.Permissions, "git does not use the repository %s: %s", g.top, words)
	if fix != "" {
		return refused.WithHint("if you trust it: %s", fix)
	}
	return refused
}

// refusalWords returns git's reason for refusing a repository, and the command that it
// names as the remedy, "" for none.
func refusalWords(raw string) (words, fix string) {
	if _, after, ok := strings.Cut(raw, "fatal: "); ok {
		raw = after
	}
	words, rest, _ := strings.Cut(raw, "\n")
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "git config --global") {
			fix = line
		}
	}
	return words, fix
}

// isOwn reports whether this user owns all that git asks about: the folder, its .git, and
// where that leads.
func (g *gitRunner) isOwn() bool {
	dotGit := filepath.Join(g.top, ".git")
	own := ownedByUser(g.top, os.Lstat) && ownedByUser(dotGit, os.Lstat) && ownedByUser(dotGit, os.Stat)
	info, err := os.Stat(dotGit)
	if err != nil || !own || info.IsDir() {
		return own
	}
	dir := gitFileTarget(dotGit, info)
	return dir == "" || ownedByUser(dir, os.Lstat) && ownedByUser(dir, os.Stat)
}

// maxGitFile bounds a .git file, in bytes: it holds one path.
const maxGitFile = 64 << 10

// gitFileTarget returns the folder that a .git file names, "" for none.
func gitFileTarget(file string, info os.FileInfo) string {
	if !info.Mode().IsRegular() || info.Size() > maxGitFile {
		return ""
	}
	raw, err := beneath.ReadFile(file, maxGitFile)
	if err != nil {
		return ""
	}
	dir, ok := strings.CutPrefix(strings.TrimRight(string(raw), "\r\n"), "gitdir: ")
	if !ok {
		return ""
	}
	if filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(filepath.Dir(file), dir)
}

// bareBelow returns the folder from dir up to top, without that one, that looks like a
// bare repository; "" for none. git would take it for the repository that is asked about
// (from 2.38 on it has safe.bareRepository against that).
func bareBelow(dir, top string) string {
	for ; dir != top && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if looksBare(dir) {
			return dir
		}
	}
	return ""
}

func looksBare(dir string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// Untracked reports whether git says that a file in the workspace at root is none that it
// tracks. Any doubt means that it is not so.
func Untracked(ctx context.Context, root, file string) bool {
	root = resolved(root)
	top := findGit(root)
	if top == "" {
		return false
	}
	g := newGit(root, top)
	if g.refusal(ctx, root) != nil {
		return false
	}
	rel, ok := beneath.Local(root, file)
	if !ok {
		return false
	}
	out, err := g.list(ctx, root, "-z", "-c", "--", rel)
	return err == nil && len(out) == 0
}
