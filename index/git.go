package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// gitCommand runs git read-only: no lock is taken, and nothing that the
// repository's own configuration names is executed.
func gitCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := gitProcess(ctx, dir, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && stderr.Len() > 0 {
		err = fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, err
}

func gitProcess(ctx context.Context, dir string, args ...string) *exec.Cmd {
	safe := []string{
		"--no-optional-locks", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull,
		"-c", "core.excludesFile=" + os.DevNull, "-c", "core.quotePath=false", "-c", "core.untrackedCache=false",
	}
	cmd := exec.CommandContext(ctx, "git", append(safe, args...)...)
	cmd.Dir = dir
	// GIT_DIR and its like, set inside a hook, would point git elsewhere.
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	cmd.Env = append(env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_LITERAL_PATHSPECS=1", "LC_ALL=C")
	return cmd
}

// VCS is what version control says of the workspace.
type VCS struct {
	Head  string // commit id
	Dirty bool   // a tracked file differs from Head, or one is untracked
}

// VCS asks git; nil where there is no repository or no commit.
func (w *Workspace) VCS(ctx context.Context) *VCS {
	if w.gitDir == "" {
		return nil
	}
	if v, ok := w.rememberedVCS(); ok {
		return v
	}
	state := w.gitState(ctx)
	v := w.askVCS(ctx)
	if state != nil && v != nil {
		state.said = v
		w.mu.Lock()
		w.vcs = state
		w.mu.Unlock()
	}
	return v
}

func (w *Workspace) askVCS(ctx context.Context) *VCS {
	args := append(w.withoutFilters(ctx),
		"status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal", "--ignore-submodules=all", "--", ".")
	status, err := w.git(ctx, args...)
	if err != nil {
		return nil
	}
	var v VCS
	for entry := range strings.SplitSeq(string(status), "\x00") {
		if head, ok := strings.CutPrefix(entry, "# branch.oid "); ok {
			v.Head = head
		} else if entry != "" && !strings.HasPrefix(entry, "# ") {
			v.Dirty = true
		}
	}
	if v.Head == "" || v.Head == "(initial)" {
		return nil
	}
	return &v
}

// ownFiles lists the files of git's own that its word on the workspace depends on; nil
// where git does not tell them.
func (w *Workspace) ownFiles(ctx context.Context) []string {
	w.mu.Lock()
	own := w.gitOwn
	w.mu.Unlock()
	if own != nil {
		return own
	}
	args := []string{"rev-parse", "--path-format=absolute"}
	for _, name := range []string{"HEAD", "packed-refs", "index", "config", "config.worktree", "info/exclude", "info/attributes"} {
		args = append(args, "--git-path", name)
	}
	out, err := gitCommand(ctx, w.root, args...)
	if err != nil {
		return nil
	}
	own = strings.Split(strings.TrimSpace(string(out)), "\n")
	own = append(own, "/etc/gitconfig", "/etc/gitattributes")
	if home, err := os.UserHomeDir(); err == nil {
		own = append(own, filepath.Join(home, ".gitconfig"))
	}
	if config, err := os.UserConfigDir(); err == nil {
		own = append(own, filepath.Join(config, "git", "config"), filepath.Join(config, "git", "attributes"))
	}
	w.mu.Lock()
	w.gitOwn = own
	w.mu.Unlock()
	return own
}

// withoutFilters disarms the clean filters that the repository's configuration
// defines: status would run them.
func (w *Workspace) withoutFilters(ctx context.Context) []string {
	out, err := w.git(ctx, "config", "--name-only", "--get-regexp", `^filter\..*\.(clean|process)$`)
	if err != nil {
		return nil
	}
	var args []string
	for name := range strings.Lines(string(out)) {
		args = append(args, "-c", strings.TrimSpace(name)+"=")
	}
	return args
}

// gitFiles lists the files by git's rules, slash-separated and relative to root.
// For a tree that is no repository, git reads the rules through an empty
// repository outside it.
func gitFiles(ctx context.Context, root string, isRepo bool) ([]string, error) {
	args := []string{"ls-files", "-z", "-c", "-o", "--exclude-per-directory=.gitignore", "--deduplicate"}
	if !isRepo {
		empty, err := os.MkdirTemp("", "lanser-git-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(empty)
		if _, err := gitCommand(ctx, empty, "init", "-q", "--bare", empty); err != nil {
			return nil, err
		}
		args = append([]string{"--git-dir=" + empty, "--work-tree=" + root}, args...)
	}
	out, err := gitCommand(ctx, root, args...)
	if err != nil {
		return nil, err
	}
	var files []string
	for f := range strings.SplitSeq(string(out), "\x00") {
		if f != "" && !strings.HasSuffix(f, "/") { // a nested repository is its own workspace
			files = append(files, f)
		}
	}
	return files, nil
}

// findGit is the root of the repository that dir belongs to, "" for none. A
// marker decides, not git: git would refuse a tree of another owner.
func findGit(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		} else if !errors.Is(err, os.ErrNotExist) {
			return ""
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}
