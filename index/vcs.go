package index

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lanser/index/beneath"
)

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
	if w.refused != nil { // in a trace, this is what git says
		return w.askVCS(ctx)
	}
	if v, ok := w.cachedVCS(); ok {
		return v
	}
	state := w.newVCSState(ctx)
	v := w.askVCS(ctx)
	if state != nil && v != nil {
		state.result = v
		w.mu.Lock()
		w.vcs = state
		w.mu.Unlock()
	}
	return v
}

// statusQuestion is the name in traces of the question for the state (see askGit): git
// status answered it once.
const statusQuestion = "status --porcelain=v2 --branch -z --untracked-files=normal --ignore-submodules=all -- ."

func (w *Workspace) askVCS(ctx context.Context) *VCS {
	w.mu.Lock()
	looked := w.lastStamps
	w.mu.Unlock()
	question := strings.Join(append(w.recordedFilters(), statusQuestion), " ")
	status, err := w.askGit(question, func() ([]byte, error) {
		v, err := w.runner.state(ctx, w.root, &looked)
		if err != nil {
			return nil, err
		}
		return v.status(), nil
	})
	if err != nil {
		return nil
	}
	return readStatus(status)
}

// status is the part of git status --porcelain=v2 --branch -z that readStatus reads.
func (v *VCS) status() []byte {
	if v.Dirty {
		return []byte("# branch.oid " + v.Head + "\x00changed\x00")
	}
	return []byte("# branch.oid " + v.Head + "\x00")
}

// readStatus reads git status --porcelain=v2 --branch -z, of which traces hold the whole;
// nil for a repository without a commit.
func readStatus(raw []byte) *VCS {
	var v VCS
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

// recordedFilters returns what stood before a command of git in the name of its question
// where filters had to be switched off, which none has to be today: only a trace knows any.
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

// ownFiles lists the files of git's own that its word on the workspace depends on; nil
// where git does not tell them.
func (w *Workspace) findGitFiles(ctx context.Context) []string {
	w.mu.Lock()
	own := w.gitFiles
	w.mu.Unlock()
	if own != nil {
		return own
	}
	args := []string{"rev-parse", "--path-format=absolute"}
	for name := range strings.FieldsSeq("HEAD packed-refs index config config.worktree info/exclude info/attributes") {
		args = append(args, "--git-path", name)
	}
	out, err := w.runner.output(ctx, w.root, args...)
	if err != nil {
		return nil
	}
	own = strings.Split(strings.TrimSpace(string(out)), "\n")
	own = append(own, "/etc/gitconfig", "/etc/gitattributes")
	if home, err := os.UserHomeDir(); err == nil {
		own = append(own, filepath.Join(home, ".gitconfig"))
	}
	if named := os.Getenv("GIT_CONFIG_GLOBAL"); named != "" {
		own = append(own, named)
	}
	if config, err := os.UserConfigDir(); err == nil {
		own = append(own, filepath.Join(config, "git", "config"), filepath.Join(config, "git", "attributes"))
	}
	w.mu.Lock()
	w.gitFiles = own
	w.mu.Unlock()
	return own
}

// vcsState is what git said of a tree, and the files of git's own that it depends on.
type vcsState struct {
	tree   *tree
	files  []string
	stamps []*linkedStamp
	result *VCS
}

// rememberedVCS is what git said, if neither the workspace nor git's own files have
// changed since.
func (w *Workspace) cachedVCS() (*VCS, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.vcs
	if v == nil || v.tree != w.currentLocked() || !sameStamps(stampFiles("/", v.files), v.stamps) {
		return nil, false
	}
	return v.result, true
}

func sameStamps(a, b []*linkedStamp) bool {
	for i := range a {
		if (a[i] == nil) != (b[i] == nil) || a[i] != nil && *a[i] != *b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// gitState stamps what git's word on the workspace depends on, before git is asked; nil
// where it cannot be told, or is too young for its stamps to be trusted.
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
	v := &vcsState{tree: t, files: files, stamps: stampFiles("/", files)}
	if tooRecent(v.stamps) {
		return nil
	}
	return v
}

// headFiles adds the branch's own file to git's files, of which the first is HEAD, the
// second the common folder's packed-refs.
func headFiles(files []string) ([]string, bool) {
	head, err := beneath.ReadFile(files[0], maxGitFile)
	if err != nil {
		return nil, false
	}
	ref, ok := strings.CutPrefix(strings.TrimSpace(string(head)), "ref: ")
	if !ok {
		return files, true // it names a commit itself
	}
	common := filepath.Dir(files[1])
	if _, err := os.Lstat(filepath.Join(common, "reftable")); err == nil || strings.Contains(ref, "..") {
		return nil, false
	}
	file := filepath.Join(common, filepath.FromSlash(ref))
	if raw, err := beneath.ReadFile(file, maxGitFile); err == nil && strings.HasPrefix(string(raw), "ref:") {
		return nil, false // a name for another name
	}
	return append(append([]string{}, files...), file), true
}

// young says whether a stamp is so young that a later change may have the same.
func tooRecent(stamps []*linkedStamp) bool {
	limit := time.Now().Add(-coarsestFileTime).UnixNano()
	for _, st := range stamps {
		if st != nil && max(st.mtime, st.ctime) > limit {
			return true
		}
	}
	return false
}
