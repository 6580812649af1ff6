package index

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"lanser/selectors/fault"
	"lanser/server/programs"
)

// gitRunner runs git for one workspace. Nothing else in the program starts it (a test reads the
// source for that).
//
// A repository is not trusted: its configuration, attributes, index and .git file are the
// workspace's. They can name programs for git to run, in twenty ways: filters, hooks,
// monitors, converters, transports, pagers. Switching each of them off by name is not
// enough, for a name may hold what -c and a pattern cannot express. So:
//
//   - Only plumbing is run that has no use for them: it reads the index, refs and objects,
//     and lists folders. What a file of the working tree holds is read and hashed here
//     (worktree.go), never by git, which would apply filters.
//   - No transport is allowed. A missing object of a partial clone stays missing.
//   - What can be switched off is switched off all the same, below.
//
// Git's own refusal of a repository of another user is heeded ([gitRunner.refusal]).
type gitRunner struct {
	top     string // the folder that holds .git, links resolved; "" for none
	finder  *programs.Finder
	timeout time.Duration // of each run; 0 stands for gitTime
}

// patient is g for what may take long.
func (g *gitRunner) withLongTimeout() *gitRunner {
	p := *g
	p.timeout = 20 * gitTimeout
	return &p
}

func newGit(root, top string) *gitRunner {
	if top != "" {
		root = top // what the repository holds beside the workspace is trusted no more
	}
	return &gitRunner{top: top, finder: programs.For(root)}
}

// gitTime bounds each run of git: a configuration may include a file that never ends.
var gitTimeout = 30 * time.Second

// maxGitOutput bounds what is read of a list that git prints, in bytes.
const maxGitOutput = 512 << 20

// off is the configuration that goes before the repository's.
var safeOptions = []string{
	"--no-pager", "--no-optional-locks", "--no-replace-objects",
	"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "core.untrackedCache=false",
	"-c", "core.excludesFile=" + os.DevNull, "-c", "core.quotePath=false", "-c", "core.bigFileThreshold=16m",
	"-c", "core.pager=cat", "-c", "core.sshCommand=false", "-c", "core.askPass=false", "-c", "core.gitProxy=",
	"-c", "core.alternateRefsCommand=false", "-c", "credential.helper=", "-c", "protocol.allow=never",
	"-c", "diff.external=", "-c", "diff.autoRefreshIndex=false", "-c", "diff.trustExitCode=false",
	"-c", "log.showSignature=false", "-c", "gpg.program=false", "-c", "submodule.recurse=false",
	"-c", "safe.bareRepository=explicit",
}

// ofUser are the user's variables that git needs: which user is asking, and where the
// configuration is in which he trusts a folder of somebody else.
var userVariables = []string{"SUDO_UID", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"}

func (g *gitRunner) environ() []string {
	set := map[string]string{
		"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1",
		"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_PROTOCOL_FROM_USER": "0",
		"GIT_PAGER": "cat", "GIT_EDITOR": "false", "GIT_SEQUENCE_EDITOR": "false",
		"GIT_ASKPASS": "false", "GIT_SSH_COMMAND": "false",
	}
	if g.top != "" {
		// The folder decides, not core.worktree, which can lead anywhere. GIT_DIR would too,
		// but git does not ask whose a repository is that is named to it.
		set["GIT_WORK_TREE"] = g.top
		set["GIT_CEILING_DIRECTORIES"] = filepath.Dir(g.top)
	}
	return g.finder.Environ(false, userVariables, set)
}

// program returns the path of git, "" for none.
func (g *gitRunner) program() string { return g.finder.Look("git") }

func (g *gitRunner) found() bool { return g.program() != "" }

// noGit is the error where there is no git to run.
func noGit() error {
	return fault.New(fault.Unsupported, "no git is found that may be started, and this is in its repository alone").
		WithHint("install git, or put its folder on PATH: " +
			"folders of the workspace and those that other users can write are passed over")
}

// errEnough ends the reading of what git prints.
var errEnough = errors.New("enough was read")

// run runs git in a folder, and has read read what it prints. It ends git once read
// returns an error; errEnough is none.
func (g *gitRunner) run(
	ctx context.Context,
	dir string,
	input io.Reader,
	read func(*bufio.Reader) error,
	args ...string,
) error {
	program := g.program()
	if program == "" {
		return noGit()
	}
	limit := cmp.Or(g.timeout, gitTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errGitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append(append([]string{}, safeOptions...), args...)...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.WaitDelay = dir, g.environ(), input, time.Second
	ownProcessGroup(cmd)
	stderr := &firstBytes{}
	cmd.Stderr = stderr
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("git %s: %w", args[0], err)
	}
	early := read(bufio.NewReaderSize(pipe, 64<<10))
	if early != nil {
		cancel()
	}
	err = cmd.Wait()
	switch {
	case errors.Is(context.Cause(ctx), errGitTimeout):
		return fault.New(fault.Timeout, "git %s gave no answer in %s", args[0], limit).
			WithHint("see what the repository's configuration includes: 'git config --list --show-origin'")
	case errors.Is(early, errEnough):
		return nil
	case err != nil && stderr.Len() > 0:
		return fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	case early != nil:
		return fmt.Errorf("git %s: %w", args[0], early)
	}
	return err
}

var errGitTimeout = errors.New("git gave no answer")

// output runs git in a folder and returns what it prints.
func (g *gitRunner) output(ctx context.Context, dir string, args ...string) (out []byte, err error) {
	err = g.run(ctx, dir, nil, func(r *bufio.Reader) (err error) {
		out, err = io.ReadAll(io.LimitReader(r, maxGitOutput+1))
		if len(out) > maxGitOutput {
			return fmt.Errorf("it prints more than %d bytes", maxGitOutput)
		}
		return err
	}, args...)
	return out, err
}

// firstBytes keeps the first of what is written to it.
type firstBytes struct{ bytes.Buffer }

func (f *firstBytes) Write(b []byte) (int, error) {
	f.Buffer.Write(b[:min(len(b), max(0, 8<<10-f.Len()))])
	return len(b), nil
}

// files lists the files of root by git's rules, slash-separated and relative to it. For a
// tree that is no repository, git reads the rules through an empty repository outside it.
func (g *gitRunner) files(ctx context.Context, root string, isRepo bool) ([]string, error) {
	var out []byte
	var err error
	args := []string{"-z", "-c", "-o", "--exclude-per-directory=.gitignore", "--deduplicate"}
	if isRepo {
		out, err = g.list(ctx, root, args...)
	} else {
		out, err = g.plainList(ctx, root, args...)
	}
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

// list runs git ls-files, without what is left out of a sparse checkout: to list that, git
// would fill in a sparse index, and write objects.
func (g *gitRunner) list(ctx context.Context, dir string, args ...string) ([]byte, error) {
	out, err := g.output(ctx, dir, append([]string{"ls-files", "--sparse"}, args...)...)
	if isOlder(err) {
		return g.output(ctx, dir, append([]string{"ls-files"}, args...)...)
	}
	return out, err
}

// isOlder reports whether git fails because it has no --sparse, and no sparse index that it
// could fill in to begin with (before 2.36).
func isOlder(err error) bool {
	return err != nil && strings.Contains(err.Error(), "unknown option `sparse'")
}

// plainList runs git ls-files in a tree that is no repository.
func (g *gitRunner) plainList(ctx context.Context, root string, args ...string) ([]byte, error) {
	empty, err := emptyRepository()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(empty)
	return g.output(ctx, root, append([]string{"--git-dir=" + empty, "--work-tree=" + root, "ls-files"}, args...)...)
}

// emptyRepository makes a bare repository without anything in it.
func emptyRepository() (dir string, err error) {
	dir, err = os.MkdirTemp("", "lanser-git-")
	if err != nil {
		return "", err
	}
	for _, sub := range []string{"objects", "refs"} {
		err = errors.Join(err, os.Mkdir(filepath.Join(dir, sub), 0o700))
	}
	err = errors.Join(err, os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/main\n"), 0o600))
	if err != nil {
		os.RemoveAll(dir)
		return "", err
	}
	return dir, nil
}
