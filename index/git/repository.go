package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

// Find returns the nearest folder that contains .git, from dir upwards; "" if there is none. The presence
// of .git decides, and not git: a broken repository is a repository too.
func Find(dir string) string {
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

// Repository returns the root of the git repository that contains dir; "" if there is none, or if git refuses
// to use it for this user ([index.Workspace.GitRefusal]).
func Repository(ctx context.Context, dir string) string {
	top := Find(dir)
	if top == "" || New(dir, Resolved(top)).Refusal(ctx, dir) != nil {
		return ""
	}
	return top
}

// Resolved returns the path of a folder with symbolic links resolved, or dir itself if that fails.
func Resolved(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

// Refusal returns the reason why the repository of g is not used for questions about dir, which is inside it;
// nil if it is used. The error is a [fault.Error].
//
// git itself judges a repository that belongs to another user, such as one in a parent folder that everybody
// can write: git refuses it unless the user's configuration lists it as safe. git is only asked if the owners
// of the files leave a doubt.
func (g *Runner) Refusal(ctx context.Context, dir string) error {
	if bare := bareBelow(Resolved(dir), g.Top); bare != "" {
		return fault.New(fault.Permissions,
			"%s looks like a bare git repository inside another one: neither is used", bare).
			WithHint("run lanser in %s", g.Top)
	}
	if file := g.irregularFile(); file != "" {
		return fault.New(fault.Permissions,
			"the repository %s is not used: %s is not a file that git can read to its end", g.Top, file)
	}

	if g.isOwn() {
		return nil
	}
	_, err := g.Output(ctx, g.Top, "rev-parse", "--git-dir")
	if err == nil {
		return nil
	}
	var known *fault.Error
	if errors.As(err, &known) {
		return known
	}
	words, fix := refusalWords(err.Error())
	refused := fault.New(fault.Permissions, "git does not use the repository %s: %s", g.Top, words)
	if fix != "" {
		return refused.WithHint("if you trust it: %s", fix)
	}
	return refused
}

// refusalWords returns git's reason for refusing a repository, and the command that git suggests as the
// remedy, "" if it suggests none.
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

// isOwn reports whether this user owns everything whose owner git checks: the folder, its .git, and the
// folder that .git refers to.
func (g *Runner) isOwn() bool {
	dotGit := filepath.Join(g.Top, ".git")
	own := ownedByUser(g.Top, os.Lstat) && ownedByUser(dotGit, os.Lstat) && ownedByUser(dotGit, os.Stat)
	info, err := os.Stat(dotGit)
	if err != nil || !own || info.IsDir() {
		return own
	}
	dir := FileTarget(dotGit, info)
	return dir == "" || ownedByUser(dir, os.Lstat) && ownedByUser(dir, os.Stat)
}

// MaxFile bounds a .git file, in bytes: it contains one path.
const MaxFile = 64 << 10

// FileTarget returns the folder that a .git file names, "" if it names none.
func FileTarget(file string, info os.FileInfo) string {
	if !info.Mode().IsRegular() || info.Size() > MaxFile {
		return ""
	}
	raw, err := beneath.ReadFile(file, MaxFile)
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

// bareBelow returns the first folder from dir upwards, below top, that looks like a bare repository; "" if
// there is none. git would use it in place of the repository at top (from 2.38 on, safe.bareRepository
// prevents that).
func bareBelow(dir, top string) string {
	for ; dir != top && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if looksBare(dir) {
			return dir
		}
	}
	return ""
}

// looksBare reports whether git would take a folder for a bare repository (setup.c, is_git_directory).
func looksBare(dir string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// Untracked reports whether git says that it does not track a file of the workspace at root. In case of doubt
// it returns false.
func Untracked(ctx context.Context, root, file string) bool {
	root = Resolved(root)
	top := Find(root)
	if top == "" {
		return false
	}
	g := New(root, top)
	if g.Refusal(ctx, root) != nil {
		return false
	}
	rel, ok := beneath.Local(root, file)
	if !ok {
		return false
	}
	out, err := g.List(ctx, root, "-z", "-c", "--", rel)
	return err == nil && len(out) == 0
}
