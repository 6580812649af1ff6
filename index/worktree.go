package index

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// state finds out whether the workspace at root is as its last commit: the commit's tree
// is compared with the index by git, and the index with the files here, because git would
// run the repository's filters on any whose times do not tell. As git has it,
//
//   - a file whose size, times and inode are those in the index is unchanged, unless it
//     was written when the index was, or later;
//   - one whose size is another is changed, even if only its line ends are;
//   - else its bytes decide, by git's hash of them; where they hold CRLF and the attributes
//     or core.autocrlf say so, of them with LF.
//
// Other filters (such as Git LFS, ident, working-tree-encoding) are not applied: a file
// that has one counts as changed once its times do not tell. Submodules, and files marked
// as assumed unchanged or to be skipped, are passed over.
//
// The error is for a repository without a commit, too. looked is what was just seen of the
// files, so that they are not looked at twice for one answer.
func (g *gitRunner) state(ctx context.Context, root string, looked *stampList) (*VCS, error) {
	out, err := g.output(ctx, root, "rev-parse", "--path-format=absolute", "--git-path", "index", "HEAD")
	if err != nil {
		return nil, err
	}
	lines := strings.TrimSuffix(string(out), "\n")
	cut := strings.LastIndexByte(lines, '\n')
	if cut < 0 || !isObjectID(lines[cut+1:]) {
		return nil, errors.New("git rev-parse names no index and commit")
	}
	v := &VCS{Head: lines[cut+1:]}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type found struct {
		dirty bool
		err   error
	}
	staged := make(chan found, 1)
	go func() {
		dirty, err := g.staged(ctx, root, v.Head)
		staged <- found{dirty, err}
	}()
	dirty, err := g.edited(ctx, root, lines[:cut], looked)
	if dirty || err != nil {
		cancel()
		<-staged
		v.Dirty = dirty
		return v, err
	}
	s := <-staged
	v.Dirty = s.dirty
	return v, s.err
}

func isObjectID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// staged reports whether the index differs from a commit.
func (g *gitRunner) staged(ctx context.Context, root, commit string) (bool, error) {
	out, err := g.output(
		ctx,
		root,
		"diff-index",
		"--cached",
		"--name-only",
		"-z",
		"--no-renames",
		"--no-ext-diff",
		"--no-textconv",
		"--ignore-submodules=all",
		commit,
		"--",
		".",
	)
	return len(out) > 0, err
}

// edited reports whether a file of the workspace differs from the index, or is neither in
// it nor ignored.
func (g *gitRunner) edited(ctx context.Context, root, index string, looked *stampList) (bool, error) {
	written, err := os.Stat(index)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	t := &worktree{g: g, root: root, lastStamps: looked}
	if written != nil {
		t.written = written.ModTime().UnixNano()
	}
	untracked, err := t.list(ctx, "--sparse")
	if isOlder(err) {
		untracked, err = t.list(ctx)
	}
	if err != nil || untracked {
		return untracked, err
	}
	return t.changed(ctx)
}

// list reads the entries of the index, unless there is a file that is neither in it nor
// ignored.
func (t *worktree) list(ctx context.Context, args ...string) (untracked bool, err error) {
	args = append(
		[]string{
			"ls-files",
			"-z",
			"-t",
			"-s",
			"--debug",
			"-o",
			"--directory",
			"--no-empty-directory",
			"--exclude-standard",
		},
		args...,
	)
	err = t.g.run(ctx, t.root, nil, func(r *bufio.Reader) error {
		return readIndexList(r, func(e *indexEntry) error {
			untracked = e == nil
			if untracked {
				return errEnough
			}
			t.entries = append(t.entries, *e)
			return nil
		})
	}, args...)
	return untracked, err
}

// worktree is the files of a workspace beside what git's index says of them.
type worktree struct {
	g          *gitRunner
	root       string
	written    int64 // when the index was written, in nanoseconds
	entries    []indexEntry
	lastStamps *stampList        // what the last snapshot has seen of the files; nil for nothing
	config     map[string]string // see setting; nil until it is needed
}

// changed reports whether any file differs from its entry.
func (t *worktree) changed(ctx context.Context) (bool, error) {
	if t.behindLink() {
		return true, nil
	}
	stamps := t.stamps()
	var doubtful []uncertainFile
	for i := range t.entries {
		e := &t.entries[i]
		switch {
		case e.unmerged() || e.intentToAdd():
			return true, nil
		case e.skipped():
		case stamps[i] == nil && e.mode != linkMode:
			return true, nil // it is gone, or something else
		case stamps[i] == nil:
			if to, err := os.Readlink(filepath.Join(t.root, filepath.FromSlash(e.path))); err != nil ||
				e.hashOf([]byte(to)) != e.id {
				return true, nil
			}
		case e.size != 0 && uint32(stamps[i].size) != e.size: // it is 0 where git has not looked
			return true, nil
		case !t.sameStamp(e, stamps[i]):
			doubtful = append(doubtful, uncertainFile{indexEntry: e, now: stamps[i]})
		}
	}
	return t.compareContents(ctx, doubtful)
}

// behindLink reports whether a folder of a file that git tracks is a symbolic link now:
// then the file is gone, whatever the link leads to.
func (t *worktree) behindLink() bool {
	real := map[string]bool{".": true}
	for i := range t.entries {
		if t.entries[i].skipped() {
			continue
		}
		for dir := path.Dir(t.entries[i].path); !real[dir]; dir = path.Dir(dir) {
			info, err := os.Lstat(filepath.Join(t.root, filepath.FromSlash(dir)))
			if err == nil && info.Mode()&os.ModeSymlink != 0 {
				return true
			}
			real[dir] = true
		}
	}
	return false
}

// same reports whether a file is certainly as it is in the index, by its stamp.
func (t *worktree) sameStamp(e *indexEntry, now *linkedStamp) bool {
	if e.mode == linkMode || now.executable != (e.mode == executableMode) || e.mtime.racy(t.written) ||
		uint32(now.size) != e.size {
		return false
	}
	if now.ctime != 0 && (!e.ctime.equals(now.ctime) || uint32(now.inode) != e.inode) {
		return false
	}
	return e.mtime.equals(now.mtime)
}

// stamps returns the stamps of the entries' files, nil for what is no regular file.
func (t *worktree) stamps() []*linkedStamp {
	out := make([]*linkedStamp, len(t.entries))
	var unseen []string
	var at []int
	for i := range t.entries {
		st, ok := t.lastStamps.next(t.entries[i].path)
		out[i] = st
		if !ok {
			unseen, at = append(unseen, t.entries[i].path), append(at, i)
		}
	}
	for i, st := range stampFiles(t.root, unseen) {
		out[at[i]] = st
	}
	return out
}

// stampList is what a snapshot has seen of its files.
type stampList struct {
	paths  []string // sorted
	stamps []*linkedStamp
	at     int // where next looks on
}

// next returns what was seen of a path, which comes after those that were asked for before.
func (l *stampList) next(p string) (st *linkedStamp, ok bool) {
	if l == nil {
		return nil, false
	}
	for l.at < len(l.paths) && l.paths[l.at] < p {
		l.at++
	}
	if l.at == len(l.paths) || l.paths[l.at] != p {
		return nil, false
	}
	return l.stamps[l.at], true
}

// doubt is a file whose stamp does not tell.
type uncertainFile struct {
	*indexEntry
	now *linkedStamp
}

// decide reports whether any of the files differs from its entry by what it holds, or by
// whether it can be executed.
func (t *worktree) compareContents(ctx context.Context, files []uncertainFile) (bool, error) {
	root, err := os.OpenRoot(t.root)
	if err != nil {
		return false, err
	}
	defer root.Close()
	var crlf []*indexEntry
	for _, d := range files {
		if d.mode == linkMode && t.setting(ctx, "core.symlinks") != "false" {
			return true, nil // a file now
		}
		if d.mode != linkMode && d.now.executable != (d.mode == executableMode) &&
			t.setting(ctx, "core.filemode") != "false" {
			return true, nil
		}
	}
	verdicts := make([]comparison, len(files))
	var over atomic.Bool
	parallel(len(files), 1, func(i int) {
		if over.Load() {
			return
		}
		verdicts[i] = compareBlob(ctx, root, files[i].indexEntry)
		if verdicts[i] != sameBlob && verdicts[i] != sameWithLF {
			over.Store(true)
		}
	})
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if over.Load() {
		return true, nil
	}
	for i, v := range verdicts {
		if v == sameWithLF {
			crlf = append(crlf, files[i].indexEntry)
		}
	}
	return t.keepCRLF(ctx, crlf)
}

// setting returns a value of git's configuration, "" for none.
func (t *worktree) setting(ctx context.Context, name string) string {
	if t.config == nil {
		t.config = map[string]string{}
		out, err := t.g.output(ctx, t.root, "config", "-z", "--get-regexp", `^core\.(autocrlf|eol|filemode|symlinks)$`)
		if err == nil {
			for entry := range bytes.SplitSeq(out, []byte{0}) {
				name, value, ok := strings.Cut(string(entry), "\n")
				if !ok {
					value = "true"
				}
				t.config[name] = canonicalBool(value)
			}
		}
	}
	return t.config[name]
}

func canonicalBool(value string) string {
	switch v := strings.ToLower(value); v {
	case "false", "no", "off", "0", "":
		return "false"
	case "true", "yes", "on", "1":
		return "true"
	default:
		return v
	}
}

// keepCRLF reports whether any of the files, which are as in the index but for CRLF in
// place of LF, is one whose line ends git leaves as they are: that one differs.
func (t *worktree) keepCRLF(ctx context.Context, files []*indexEntry) (bool, error) {
	if len(files) == 0 {
		return false, nil
	}
	var names bytes.Buffer
	for _, e := range files {
		names.WriteString(e.path)
		names.WriteByte(0)
	}
	attributes := map[string]map[string]string{}
	err := t.g.run(ctx, t.root, &names, func(r *bufio.Reader) (err error) {
		attributes, err = readAttributes(r)
		return err
	}, "check-attr", "-z", "--stdin", "text", "crlf", "eol", "ident", "filter", "working-tree-encoding")
	if err != nil {
		return false, err
	}
	for _, e := range files {
		if !converts(attributes[e.path], t.setting(ctx, "core.autocrlf")) {
			return true, nil
		}
	}
	return false, nil
}

// converts reports whether git turns CRLF into LF in a file with the given attributes, as
// gitattributes(5) has it. Binary files are none of those that are asked about.
func converts(attributes map[string]string, autocrlf string) bool {
	is := func(name string, values ...string) bool {
		for _, v := range values {
			if attributes[name] == v {
				return true
			}
		}
		return false
	}
	if !is("filter", "unspecified", "unset", "") || is("ident", "set") ||
		!is("working-tree-encoding", "unspecified", "unset", "") {
		return false
	}
	text := attributes["text"]
	if text == "unspecified" || text == "" { // what it was called once
		text = attributes["crlf"]
	}
	switch text {
	case "set", "auto", "input":
		return true
	case "unset":
		return false
	}
	return is("eol", "lf", "crlf") || autocrlf == "true" || autocrlf == "input"
}
