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

// state compares the workspace at root with the last commit. git compares the commit's tree with the index,
// and this package compares the index with the files: git would run the repository's filters on each file
// whose times leave a doubt. The rules are git's:
//
//   - A file is unchanged if its size, times and inode are those in the index, unless it was written at the
//     same time as the index or later.
//   - A file of another size is changed, even if only its line endings are.
//   - In all other cases git's hash of the file's bytes decides. If the file contains CRLF, and the attributes
//     or core.autocrlf say so, the bytes are hashed with LF instead.
//
// Other filters (such as Git LFS, ident and working-tree-encoding) are not applied: a file that has one
// counts as changed if its times leave a doubt. Submodules, and files marked as assumed unchanged or to be
// skipped, are ignored.
//
// A repository without a commit is an error too. lastStamps are the stamps that were just taken of the files,
// so that they are not taken twice for one answer.
func (g *gitRunner) state(ctx context.Context, root string, looked *stampList) (*VCS, error) {
	out, err := g.output(ctx, root, "rev-parse", "--path-format=absolute", "--git-path", "index", "HEAD")
	if err != nil {
		return nil, err
	}
	lines := strings.TrimSuffix(string(out), "\n")
	cut := strings.LastIndexByte(lines, '\n')
	if cut < 0 || !isObjectID(lines[cut+1:]) {
		return nil, errors.New("git rev-parse printed no index file and commit")
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

// edited reports whether a file of the workspace differs from the index, or is neither in the index nor
// ignored.
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

// list reads the entries of the index. It stops and reports true if a file is neither in the index nor
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

// worktree compares the files of a workspace with git's index.
type worktree struct {
	g          *gitRunner
	root       string
	written    int64 // time of the last write to the index, in nanoseconds
	entries    []indexEntry
	lastStamps *stampList        // stamps that the last snapshot found; may be nil
	config     map[string]string // cache of setting; nil until it is needed
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
			return true, nil // deleted, or not a regular file
		case stamps[i] == nil:
			if to, err := os.Readlink(filepath.Join(t.root, filepath.FromSlash(e.path))); err != nil ||
				e.hashOf([]byte(to)) != e.id {
				return true, nil
			}
		case e.size != 0 && uint32(stamps[i].size) != e.size: // the size is 0 in entries that git has not refreshed
			return true, nil
		case !t.sameStamp(e, stamps[i]):
			doubtful = append(doubtful, uncertainFile{indexEntry: e, now: stamps[i]})
		}
	}
	return t.compareContents(ctx, doubtful)
}

// behindLink reports whether a folder of a tracked file has become a symbolic link: git then counts the file
// as deleted, wherever the link leads.
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

// sameStamp reports whether the stamp proves that a file is as it is in the index.
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

// stamps returns the stamps of the entries' files, nil for everything but regular files.
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

// stampList holds the stamps that a snapshot found for its files.
type stampList struct {
	paths  []string // sorted
	stamps []*linkedStamp
	at     int // index at which next continues
}

// next returns the stamp of a path, which must sort after the paths of earlier calls; ok is false if the
// snapshot did not list the path.
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

// uncertainFile is a file whose stamp does not tell whether it has changed.
type uncertainFile struct {
	*indexEntry
	now *linkedStamp
}

// compareContents reports whether any of the files differs from its entry in its content or its executable
// bit.
func (t *worktree) compareContents(ctx context.Context, files []uncertainFile) (bool, error) {
	root, err := os.OpenRoot(t.root)
	if err != nil {
		return false, err
	}
	defer root.Close()
	var crlf []*indexEntry
	for _, d := range files {
		if d.mode == linkMode && t.setting(ctx, "core.symlinks") != "false" {
			return true, nil // the link has become a file
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

// setting returns a value of git's configuration, "" if it is not set.
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

// keepCRLF reports whether git keeps the CRLF of any of the files, which equal the index after CRLF is
// replaced by LF. Such a file differs from the index.
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

// converts reports whether git converts CRLF to LF in a file with the given attributes, see gitattributes(5).
// The caller has excluded binary files.
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
	if text == "unspecified" || text == "" { // the attribute's older name
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
