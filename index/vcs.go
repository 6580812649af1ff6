package index

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lanser/index/beneath"
	"lanser/index/git"
)

// VCS asks git for the state of the workspace. It returns nil without a repository, and without a commit.
func (w *Workspace) VCS(ctx context.Context) *git.State {
	if w.gitDir == "" {
		return nil
	}
	if w.refused != nil { // the refusal is recorded in traces as git's answer
		return w.askVCS(ctx)
	}
	if v, ok := w.cachedVCS(); ok {
		return v
	}
	state := w.newVCSState(ctx) // before git is asked, so that no change in between is missed
	v := w.askVCS(ctx)
	if state != nil && v != nil {
		state.result = v
		w.mu.Lock()
		w.vcs = state
		w.mu.Unlock()
	}
	return v
}

// statusQuestion is the name in traces of the question for the state of the workspace (see askGit). It is the
// git command that once answered it.
const statusQuestion = "status --porcelain=v2 --branch -z --untracked-files=normal --ignore-submodules=all -- ."

// askVCS asks git for the state of the workspace, or takes it from a trace. It returns nil if git gives none.
func (w *Workspace) askVCS(ctx context.Context) *git.State {
	w.mu.Lock()
	lastStamps := w.lastStamps // a copy, because the comparison advances its position
	w.mu.Unlock()
	question := strings.Join(append(w.recordedFilters(), statusQuestion), " ")
	status, err := w.askGit(question, func() ([]byte, error) {
		v, err := w.runner.State(ctx, w.root, &lastStamps)
		if err != nil {
			return nil, err
		}
		return formatStatus(v), nil
	})
	if err != nil {
		return nil
	}
	return readStatus(status)
}

// formatStatus formats v as the part of git status --porcelain=v2 --branch -z that readStatus reads.
func formatStatus(v *git.State) []byte {
	if v.Dirty {
		return []byte("# branch.oid " + v.Head + "\x00changed\x00")
	}
	return []byte("# branch.oid " + v.Head + "\x00")
}

// readStatus parses git status --porcelain=v2 --branch -z, whose full output is in older traces. It returns
// nil for a repository without a commit.
func readStatus(raw []byte) *git.State {
	var v git.State
	for entry := range strings.SplitSeq(string(raw), "\x00") {
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

// recordedFilters returns the options that precede the question for the state in older traces: git commands
// once had to switch filters off. Outside a trace there are none.
func (w *Workspace) recordedFilters() (args []string) {
	const question = `config --name-only --get-regexp ^filter\..*\.(clean|process)$`
	out, err := w.askGit(question, func() ([]byte, error) { return nil, nil })
	if err != nil {
		return nil
	}
	for name := range strings.Lines(string(out)) {
		args = append(args, "-c", strings.TrimSpace(name)+"=")
	}
	return args
}

// indexFile is the position of git's index in the list of [Workspace.findGitFiles].
const indexFile = 2

// findGitFiles lists git's own files that its answers about the workspace depend on; nil if git does not
// say where they are.
func (w *Workspace) findGitFiles(ctx context.Context) []string {
	w.mu.Lock()
	known := w.gitFiles
	w.mu.Unlock()
	if known != nil {
		return known
	}

	args := []string{"rev-parse", "--path-format=absolute"}
	for name := range strings.FieldsSeq("HEAD packed-refs index config config.worktree info/exclude info/attributes") {
		args = append(args, "--git-path", name)
	}

	out, err := w.runner.Output(ctx, w.root, args...)
	if err != nil {
		return nil
	}

	// The files of git-config(1) and gitattributes(5), whether they exist or not.
	files := strings.Split(strings.TrimSpace(string(out)), "\n")
	files = append(files, "/etc/gitconfig", "/etc/gitattributes")
	if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".gitconfig"))
	}
	if named := os.Getenv("GIT_CONFIG_GLOBAL"); named != "" {
		files = append(files, named)
	}
	if config, err := os.UserConfigDir(); err == nil {
		files = append(files, filepath.Join(config, "git", "config"), filepath.Join(config, "git", "attributes"))
	}

	w.mu.Lock()
	w.gitFiles = files
	w.mu.Unlock()
	return files
}

// vcsState is an answer of git about a tree, with the stamps of git's own files that it depends on.
type vcsState struct {
	tree   *tree
	files  []string
	stamps []*beneath.LinkedStamp
	result *git.State
}

// cachedVCS returns git's last answer, if neither the workspace nor git's own files have changed since.
func (w *Workspace) cachedVCS() (*git.State, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.vcs
	if v == nil || v.tree != w.currentLocked() || !sameStamps(beneath.StampFiles("/", v.files), v.stamps) {
		return nil, false
	}
	return v.result, true
}

// sameStamps reports whether all stamps are equal; nil is the stamp of a file that does not exist.
func sameStamps(a, b []*beneath.LinkedStamp) bool {
	return slices.EqualFunc(a, b, func(a, b *beneath.LinkedStamp) bool {
		if a == nil || b == nil {
			return a == b
		}
		return *a == *b
	})
}

// newVCSState stamps what git's answer will depend on, before git is asked. It returns nil if that is
// not known, or if a change is too recent for stamps to be relied on.
func (w *Workspace) newVCSState(ctx context.Context) *vcsState {
	w.mu.Lock()
	t := w.currentLocked()
	w.mu.Unlock()
	if t == nil {
		return nil
	}
	files := w.findGitFiles(ctx)
	if files == nil {
		return nil
	}
	files, ok := headFiles(files)
	if !ok {
		return nil
	}
	v := &vcsState{tree: t, files: files, stamps: beneath.StampFiles("/", files)}
	if tooRecent(v.stamps) {
		return nil
	}
	return v
}

// headFiles adds the file of the current branch to git's files, of which the first is HEAD and the second is
// packed-refs in the common folder (the one that all working trees of a repository share, gitrepository-layout(5)).
// ok is false if the commit of HEAD depends on other files.
func headFiles(files []string) (all []string, ok bool) {
	head, err := beneath.ReadFile(files[0], git.MaxFile)
	if err != nil {
		return nil, false
	}
	ref, ok := strings.CutPrefix(strings.TrimSpace(string(head)), "ref: ")
	if !ok {
		return files, true // a detached HEAD contains a commit id
	}

	// Without a file for each branch (the reftable format), there is nothing to stamp.
	common := filepath.Dir(files[1])
	if _, err := os.Lstat(filepath.Join(common, "reftable")); err == nil || strings.Contains(ref, "..") {
		return nil, false
	}
	file := filepath.Join(common, filepath.FromSlash(ref))
	if raw, err := beneath.ReadFile(file, git.MaxFile); err == nil && strings.HasPrefix(string(raw), "ref:") {
		return nil, false // the branch is a symbolic ref to another one
	}
	return append(append([]string{}, files...), file), true
}

// tooRecent reports whether a file changed so recently that a later change may leave the same stamp.
func tooRecent(stamps []*beneath.LinkedStamp) bool {
	limit := time.Now().Add(-coarsestFileTime).UnixNano()
	for _, st := range stamps {
		if st != nil && max(st.MTime, st.CTime) > limit {
			return true
		}
	}
	return false
}

// RepositoryRoot returns the root of the git repository that contains the workspace; "" if there is none, or
// if it is not used.
func (w *Workspace) RepositoryRoot() string {
	if !w.usesGit() {
		return ""
	}
	return w.gitDir
}
