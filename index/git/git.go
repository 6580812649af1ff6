// Package git runs git. Nothing else in the program does.
//
// It owns which commands run and how: a [Runner] lists files, compares the working tree with the index and the index
// with a commit, and reads the history; an [ObjectReader] reads objects through one process. Of the working tree, it
// compares the files with the index itself (worktree.go), as git would apply the repository's filters.
//
// It promises that git takes no lock, refreshes no index, fetches nothing and executes nothing that the repository's
// configuration names: only plumbing commands run, which read the index, refs and objects. Each run is bounded in time,
// output and memory, and ends with this process. A repository that git refuses because it belongs to another user, or
// whose own files have no end, is not used ([Runner.Refusal]).
//
// It does not know workspaces, snapshots or traces, and caches nothing but the blobs that were read last.
package git

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
	"slices"
	"strings"
	"time"

	"lanser/selectors/fault"
	"lanser/server/programs"
)

// Runner runs git for one workspace. Nothing else in the program starts git; a test checks the source for that.
//
// A repository is not trusted: its configuration, attributes, index and .git file belong to whoever wrote the
// workspace. They can make git run programs in some twenty ways: filters, hooks, monitors, converters,
// transports, pagers. Switching each of them off by name is not enough, because some names cannot be
// expressed with -c or with a pattern. Therefore:
//
//   - Only plumbing commands run that have no use for such programs: they read the index, refs and objects,
//     and list folders. The content of files in the working tree is read and hashed here (worktree.go), and
//     never by git, which would apply filters.
//   - No transport is allowed. An object that a partial clone lacks is not fetched.
//   - Whatever can be switched off by an option or variable is switched off as well, see below.
//   - git reads no file that has no end, see obstacles.go, and its memory is bounded.
//
// If git refuses a repository that belongs to another user, the refusal is respected ([Runner.Refusal]).
type Runner struct {
	Top     string // the folder that contains .git, links resolved; "" for none
	finder  *programs.Finder
	timeout time.Duration // of each run; 0 means Timeout
	// obstacle is shared by the copies of a runner.
	obstacle *obstacle
	// indexFile is an index in place of the repository's; "" for that.
	indexFile string
}

// WithLongTimeout returns a copy of g for commands that may take long.
func (g *Runner) WithLongTimeout() *Runner {
	p := *g
	p.timeout = 20 * Timeout
	return &p
}

// ForRepository returns the runner for another repository, such as a submodule, whose working tree is top.
func (g *Runner) ForRepository(top string) *Runner {
	return &Runner{Top: top, finder: g.finder, timeout: g.timeout, obstacle: &obstacle{}}
}

// New returns the runner for a workspace at root, in the repository whose working tree is top, or in none for "".
func New(root, top string) *Runner {
	if top != "" {
		root = top // programs anywhere in the repository are trusted as little as those in the workspace
	}
	return &Runner{Top: top, finder: programs.For(root), obstacle: &obstacle{}}
}

// Timeout bounds each run of git, because a configuration may include a file that never ends.
var Timeout = 30 * time.Second

// maxGitOutput bounds how much of a list that git prints is read, in bytes.
const maxGitOutput = 512 << 20

// safeOptions precede every command, and override the repository's configuration.
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

// userVariables names the user's environment variables that git needs: the invoking user, and the location of
// the configuration in which the user may trust a folder of another user.
var userVariables = []string{"SUDO_UID", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"}

// environ returns the environment of git.
func (g *Runner) environ() []string {
	set := map[string]string{
		"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1",
		"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_PROTOCOL_FROM_USER": "0",
		"GIT_PAGER": "cat", "GIT_EDITOR": "false", "GIT_SEQUENCE_EDITOR": "false",
		"GIT_ASKPASS": "false", "GIT_SSH_COMMAND": "false",
	}
	if g.Top != "" {
		// The folder is given here because core.worktree can point anywhere. GIT_DIR would override it
		// too, but git does not check the owner of a repository that GIT_DIR names.
		set["GIT_WORK_TREE"] = g.Top
		set["GIT_CEILING_DIRECTORIES"] = filepath.Dir(g.Top)
	}
	if g.indexFile != "" {
		set["GIT_INDEX_FILE"] = g.indexFile
	}
	return g.finder.Environ(false, userVariables, set)
}

// program returns the path of git, "" for none.
func (g *Runner) program() string { return g.finder.Look("git") }

// Found reports whether there is a git program that may be started.
func (g *Runner) Found() bool { return g.program() != "" }

// NoProgram returns the error for a machine without a git program that may be started.
func NoProgram() error {
	return fault.New(fault.Unsupported,
		"no git program was found that may be started; this information is only in the git repository").
		WithHint("install git, or put its folder on PATH; " +
			"folders inside the workspace and folders that other users can write are ignored")
}

// errEnough ends the reading of git's output early.
var errEnough = errors.New("enough was read")

// Run runs git in a folder and passes its output to read. It kills git as soon as read returns an error;
// errEnough then counts as success.
func (g *Runner) Run(
	ctx context.Context,
	dir string,
	input io.Reader,
	read func(*bufio.Reader) error,
	args ...string,
) error {
	program := g.program()
	if program == "" {
		return NoProgram()
	}
	if err := g.obstacle.error(); err != nil {
		return err
	}
	limit := cmp.Or(g.timeout, Timeout)
	ctx, cancelTimeout := context.WithTimeoutCause(ctx, limit, errGitTimeout)
	defer cancelTimeout()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, program, append(append([]string{}, safeOptions...), args...)...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, g.environ(), input
	cmd.WaitDelay = time.Second // for a program of git's that outlives it and has its output open
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
	limitMemory(cmd.Process.Pid)
	if slices.ContainsFunc(args, readsRules) {
		looked := make(chan struct{})
		go func() {
			defer close(looked)
			g.findObstacle(ctx, cmp.Or(g.Top, dir), cmd.Process.Pid, cancel)
		}()
		defer func() {
			cancel(nil)
			<-looked
		}()
	}

	readErr := read(bufio.NewReaderSize(pipe, 64<<10))
	if readErr != nil {
		cancel(readErr)
	}
	err = cmd.Wait()
	var known *fault.Error
	switch {
	case errors.As(context.Cause(ctx), &known): // the command waits for a file
		return known
	case errors.Is(context.Cause(ctx), errGitTimeout):
		return fault.New(fault.Timeout, "git %s gave no answer in %s", args[0], limit).
			WithHint("see what the repository's configuration includes: 'git config --list --show-origin'")
	case errors.Is(readErr, errEnough):
		return nil // git was killed on purpose
	case err != nil && stderr.Len() > 0:
		// git's own words come before readErr, which mostly says that the output ended early
		return fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	case readErr != nil:
		return fmt.Errorf("git %s: %w", args[0], readErr)
	}
	return err
}

// readsRules reports whether a command of git reads ignore rules or attributes of the working tree.
func readsRules(command string) bool { return command == "ls-files" || command == "check-attr" }

// errGitTimeout is the cause of the context's end when git exceeds its time limit.
var errGitTimeout = errors.New("git gave no answer")

// Output runs git in a folder and returns its output, which is an error if it is longer than maxGitOutput.
func (g *Runner) Output(ctx context.Context, dir string, args ...string) (out []byte, err error) {
	err = g.Run(ctx, dir, nil, func(r *bufio.Reader) (err error) {
		out, err = io.ReadAll(io.LimitReader(r, maxGitOutput+1))
		if len(out) > maxGitOutput {
			return fmt.Errorf("it prints more than %d bytes", maxGitOutput)
		}
		return err
	}, args...)
	return out, err
}

// firstBytes keeps the first 8 KiB of what is written to it.
type firstBytes struct{ bytes.Buffer }

// Write keeps what fits. It never fails.
func (f *firstBytes) Write(b []byte) (int, error) {
	f.Buffer.Write(b[:min(len(b), max(0, 8<<10-f.Len()))])
	return len(b), nil
}

// Files lists the files of root by git's rules, slash-separated and relative to root, and the folders of the
// repositories in it, whose files it does not list. For a tree without a repository, git applies the ignore
// rules from an empty repository outside the tree.
func (g *Runner) Files(ctx context.Context, root string, isRepo bool) (files, nested []string, err error) {
	var out []byte
	// Tracked and untracked files. The only ignore rules are those of the tree: the ones of a clone
	// (info/exclude) or of a user (core.excludesFile) would make the list differ between machines.
	args := []string{"-z", "-c", "-o", "--exclude-per-directory=.gitignore", "--deduplicate"}
	if isRepo {
		out, err = g.List(ctx, root, args...)
		if err == nil {
			nested, err = g.submodules(ctx, root)
		}
	} else {
		out, err = g.plainList(ctx, root, args...)
	}
	if err != nil {
		return nil, nil, err
	}
	isSubmodule := map[string]bool{}
	for _, dir := range nested {
		isSubmodule[dir] = true
	}

	for f := range strings.SplitSeq(string(out), "\x00") {
		dir, isFolder := strings.CutSuffix(f, "/") // git lists a nested repository as a folder
		if isFolder && !isSubmodule[dir] && !strings.HasPrefix(f, "../") {
			nested = append(nested, dir)
		} else if f != "" && !isFolder && !isSubmodule[f] {
			files = append(files, f)
		}
	}
	return files, nested, nil
}

// List runs git ls-files and omits what a sparse checkout leaves out: to list that, git would expand the
// sparse index and write objects.
func (g *Runner) List(ctx context.Context, dir string, args ...string) ([]byte, error) {
	out, err := g.Output(ctx, dir, append([]string{"ls-files", "--sparse"}, args...)...)
	if IsOlder(err) {
		return g.Output(ctx, dir, append([]string{"ls-files"}, args...)...)
	}
	return out, err
}

// IsOlder reports whether git failed because it does not know --sparse. Such a git (before 2.36) has no
// sparse index that it could expand either.
func IsOlder(err error) bool {
	return err != nil && strings.Contains(err.Error(), "unknown option `sparse'")
}

// plainList runs git ls-files in a tree without a repository.
func (g *Runner) plainList(ctx context.Context, root string, args ...string) ([]byte, error) {
	empty, err := emptyRepository(root)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(empty)
	return g.Output(ctx, root, append([]string{"--git-dir=" + empty, "--work-tree=" + root, "ls-files"}, args...)...)
}

// systemTemp is the folder for temporary files on Unix.
const systemTemp = "/tmp"

// emptyRepository creates an empty bare repository in a temporary folder outside of the workspace at root.
func emptyRepository(root string) (dir string, err error) {
	parent := os.TempDir()
	if programs.Within(programs.Boundary(root), parent) { // TMPDIR names a folder of the workspace
		parent = systemTemp
	}
	if programs.Within(programs.Boundary(root), parent) {
		return "", fmt.Errorf("the folder for temporary files, %s, lies inside the workspace", parent)
	}
	dir, err = os.MkdirTemp(parent, "lanser-git-")
	if err != nil {
		return "", err
	}

	// What git requires of a repository: setup.c, is_git_directory.
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

// submodules returns the folders of the submodules of a repository, relative to dir.
func (g *Runner) submodules(ctx context.Context, dir string) (out []string, err error) {
	prefix := fmt.Sprintf("%o ", SubmoduleMode)
	read := func(r *bufio.Reader) error {
		return eachRecord(r, 0, func(record string) error {
			if _, p, ok := strings.Cut(record, "\t"); ok && strings.HasPrefix(record, prefix) {
				out = append(out, p)
			}
			return nil
		})
	}

	err = g.Run(ctx, dir, nil, read, "ls-files", "--sparse", "-s", "-z")
	if IsOlder(err) {
		out = nil
		err = g.Run(ctx, dir, nil, read, "ls-files", "-s", "-z")
	}
	return slices.Compact(out), err // a submodule in a conflict is listed several times
}

// WithIndex returns a copy of g that reads an index in place of the repository's.
func (g *Runner) WithIndex(file string) *Runner {
	p := *g
	p.indexFile = file
	return &p
}

// Waits returns the error for a file that git would wait for, if one was found; nil if none was.
func (g *Runner) Waits() error { return g.obstacle.error() }
