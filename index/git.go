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
		"-c", "diff.autoRefreshIndex=false", "-c", "log.showSignature=false", "-c", "safe.directory=*", // a job's container often has another user than the checkout
		"-c", "core.excludesFile=" + os.DevNull, "-c", "core.quotePath=false", "-c", "core.untrackedCache=false",
	}
	cmd := exec.CommandContext(ctx, "git", append(safe, args...)...)
	cmd.Dir = dir
	// GIT_DIR and its like, set inside a hook, would point git elsewhere.
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	cmd.Env = append(env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_LITERAL_PATHSPECS=1", "LC_ALL=C")
	return cmd
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
