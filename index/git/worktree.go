package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"lanser/index/beneath"
	"lanser/index/parallel"
)

// State is the state of a working tree.
type State struct {
	Head  string // id of the current commit
	Dirty bool   // a tracked file differs from Head, or one is untracked
}

// State compares the workspace at root with the last commit. git compares the commit's tree with the index,
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
// so that they are not taken twice for one answer; it may be nil.
func (g *Runner) State(ctx context.Context, root string, lastStamps *StampList) (*State, error) {
	index, head, err := g.indexAndHead(ctx, root)
	if err != nil {
		return nil, err
	}

	// git compares the commit with the index while this process compares the index with the files.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type comparison struct {
		dirty bool
		err   error
	}
	staged := make(chan comparison, 1)
	go func() {
		dirty, err := g.staged(ctx, root, head)
		staged <- comparison{dirty, err}
	}()

	dirty, err := g.edited(ctx, root, index, lastStamps)
	if dirty || err != nil { // the other comparison cannot change the answer
		cancel()
		<-staged
		return &State{Head: head, Dirty: dirty}, err
	}
	other := <-staged
	return &State{Head: head, Dirty: other.dirty}, other.err
}

// indexAndHead returns the path of git's index and the id of the current commit.
func (g *Runner) indexAndHead(ctx context.Context, root string) (index, head string, err error) {
	out, err := g.Output(ctx, root, "rev-parse", "--path-format=absolute", "--git-path", "index", "HEAD")
	if err != nil {
		return "", "", err
	}
	lines := strings.TrimSuffix(string(out), "\n")
	lastBreak := strings.LastIndexByte(lines, '\n') // the path itself may contain line breaks
	if lastBreak < 0 || !IsObjectID(lines[lastBreak+1:]) {
		return "", "", errors.New("git rev-parse printed no index file and commit")
	}
	return lines[:lastBreak], lines[lastBreak+1:], nil
}

// IsObjectID reports whether s is the id of a git object in full: SHA-1 or SHA-256 in hexadecimal.
func IsObjectID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// staged reports whether the index differs from a commit.
func (g *Runner) staged(ctx context.Context, root, commit string) (bool, error) {
	out, err := g.Output(
		ctx, root,
		"diff-index", "--cached", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv",
		"--ignore-submodules=all", commit, "--", ".",
	)
	return len(out) > 0, err
}

// edited reports whether a file of the workspace differs from the index, or is neither in the index nor
// ignored.
func (g *Runner) edited(ctx context.Context, root, index string, lastStamps *StampList) (bool, error) {
	written, err := os.Stat(index)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	t := &worktree{g: g, root: root, lastStamps: lastStamps}
	if written != nil {
		t.written = written.ModTime().UnixNano()
	}
	untracked, err := t.list(ctx, "--sparse")
	if IsOlder(err) {
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
	args = slices.Concat(
		[]string{"ls-files", "-z", "-t", "-s", "--debug"},
		[]string{"-o", "--directory", "--no-empty-directory", "--exclude-standard"},
		args,
	)
	err = t.g.Run(ctx, t.root, nil, func(r *bufio.Reader) error {
		return ReadIndex(r, func(e *Entry) error {
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
	g          *Runner
	root       string
	written    int64 // time of the last write to the index, in nanoseconds
	entries    []Entry
	lastStamps *StampList        // stamps that the last snapshot found; may be nil
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
		case e.Unmerged() || e.IntentToAdd():
			return true, nil
		case e.skipped():
		case stamps[i] == nil && e.Mode != LinkMode:
			return true, nil // deleted, or not a regular file
		case stamps[i] == nil:
			if !t.sameTarget(e) {
				return true, nil
			}
		case e.size != 0 && uint32(stamps[i].Size) != e.size: // the size is 0 in entries that git has not refreshed
			return true, nil
		case !t.sameStamp(e, stamps[i]):
			doubtful = append(doubtful, uncertainFile{Entry: e, now: stamps[i]})
		}
	}
	return t.compareContents(ctx, doubtful)
}

// sameTarget reports whether the symbolic link of an entry leads where it did: its blob is its target.
func (t *worktree) sameTarget(e *Entry) bool {
	target, err := os.Readlink(filepath.Join(t.root, filepath.FromSlash(e.Path)))
	return err == nil && e.hashOf([]byte(target)) == e.ID
}

// behindLink reports whether a folder of a tracked file has become a symbolic link: git then counts the file
// as deleted, wherever the link leads.
func (t *worktree) behindLink() bool {
	checked := map[string]bool{".": true}
	for i := range t.entries {
		if t.entries[i].skipped() {
			continue
		}
		for dir := path.Dir(t.entries[i].Path); !checked[dir]; dir = path.Dir(dir) {
			info, err := os.Lstat(filepath.Join(t.root, filepath.FromSlash(dir)))
			if err == nil && info.Mode()&os.ModeSymlink != 0 {
				return true
			}
			checked[dir] = true
		}
	}
	return false
}

// sameStamp reports whether the stamp proves that a file is as it is in the index. It follows
// ie_match_stat of git's read-cache.c.
func (t *worktree) sameStamp(e *Entry, now *beneath.LinkedStamp) bool {
	if e.Mode == LinkMode || now.Executable != (e.Mode == executableMode) {
		return false
	}
	if e.mtime.racy(t.written) || uint32(now.Size) != e.size {
		return false
	}
	isUnix := now.CTime != 0 // other systems have neither this time nor inodes
	if isUnix && (!e.ctime.equals(now.CTime) || uint32(now.Inode) != e.inode) {
		return false
	}
	return e.mtime.equals(now.MTime)
}

// stamps returns the stamps of the entries' files, nil for everything but regular files.
func (t *worktree) stamps() []*beneath.LinkedStamp {
	out := make([]*beneath.LinkedStamp, len(t.entries))
	var unseen []string // paths that the last snapshot did not list, such as those of ignored files
	var indexes []int   // of the unseen paths in out
	for i := range t.entries {
		st, ok := t.lastStamps.next(t.entries[i].Path)
		out[i] = st
		if !ok {
			unseen = append(unseen, t.entries[i].Path)
			indexes = append(indexes, i)
		}
	}

	for i, st := range beneath.StampFiles(t.root, unseen) {
		out[indexes[i]] = st
	}
	return out
}

// StampList holds the stamps that a snapshot found for its files.
type StampList struct {
	Paths  []string // sorted
	Stamps []*beneath.LinkedStamp
	at     int // index at which next continues
}

// next returns the stamp of a path, which must sort after the paths of earlier calls; ok is false if the
// snapshot did not list the path.
func (l *StampList) next(p string) (st *beneath.LinkedStamp, ok bool) {
	if l == nil {
		return nil, false
	}
	for l.at < len(l.Paths) && l.Paths[l.at] < p {
		l.at++
	}
	if l.at == len(l.Paths) || l.Paths[l.at] != p {
		return nil, false
	}
	return l.Stamps[l.at], true
}

// uncertainFile is a file whose stamp does not tell whether it has changed.
type uncertainFile struct {
	*Entry
	now *beneath.LinkedStamp
}

// compareContents reports whether any of the files differs from its entry in its content or its executable
// bit.
func (t *worktree) compareContents(ctx context.Context, files []uncertainFile) (bool, error) {
	root, err := os.OpenRoot(t.root)
	if err != nil {
		return false, err
	}
	defer root.Close()
	for _, f := range files {
		if f.Mode == LinkMode && t.setting(ctx, "core.symlinks") != "false" {
			return true, nil // the link has become a file
		}
		otherBit := f.Mode != LinkMode && f.now.Executable != (f.Mode == executableMode)
		if otherBit && t.setting(ctx, "core.filemode") != "false" {
			return true, nil
		}
	}

	verdicts := make([]comparison, len(files))
	var differs atomic.Bool // some file does: the others need no look
	parallel.Do(len(files), 1, func(i int) {
		if differs.Load() {
			return
		}
		verdicts[i] = compareBlob(ctx, root, files[i].Entry)
		if verdicts[i] != sameBlob && verdicts[i] != sameWithLF {
			differs.Store(true)
		}
	})
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if differs.Load() {
		return true, nil
	}

	var crlf []*Entry
	for i, v := range verdicts {
		if v == sameWithLF {
			crlf = append(crlf, files[i].Entry)
		}
	}

	return t.keepCRLF(ctx, crlf)
}

// setting returns a value of git's configuration, "" if it is not set or if git cannot read its configuration.
func (t *worktree) setting(ctx context.Context, name string) string {
	if t.config != nil {
		return t.config[name]
	}
	t.config = map[string]string{}
	out, err := t.g.Output(ctx, t.root, "config", "-z", "--get-regexp", `^core\.(autocrlf|eol|filemode|symlinks)$`)
	if err != nil {
		return ""
	}
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		key, value, ok := strings.Cut(string(entry), "\n")
		if !ok {
			value = "true" // a key without "=" is a boolean that is on (git-config(1))
		}
		t.config[key] = canonicalBool(value)
	}
	return t.config[name]
}

// canonicalBool returns "true" or "false" for the spellings that git accepts of them, and any other value in lower
// case.
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
func (t *worktree) keepCRLF(ctx context.Context, files []*Entry) (bool, error) {
	if len(files) == 0 {
		return false, nil
	}
	var names bytes.Buffer
	for _, e := range files {
		names.WriteString(e.Path)
		names.WriteByte(0)
	}

	attributes := map[string]map[string]string{}
	err := t.g.Run(ctx, t.root, &names, func(r *bufio.Reader) (err error) {
		attributes, err = readAttributes(r)
		return err
	}, "check-attr", "-z", "--stdin", "text", "crlf", "eol", "ident", "filter", "working-tree-encoding")
	if err != nil {
		return false, err
	}
	for _, e := range files {
		if !converts(attributes[e.Path], t.setting(ctx, "core.autocrlf")) {
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

	hasFilter := !is("filter", "unspecified", "unset", "") || is("ident", "set") ||
		!is("working-tree-encoding", "unspecified", "unset", "")
	if hasFilter {
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

// Edited returns the paths of those tracked files of a working tree that differ from git's index and for which isAsked
// is true. git itself would run filters to find them.
func (g *Runner) Edited(ctx context.Context, root string, isAsked func(e *Entry) bool) ([]string, error) {
	index, err := g.Output(ctx, root, "rev-parse", "--path-format=absolute", "--git-path", "index")
	if err != nil {
		return nil, err
	}
	var files []Entry
	err = g.Entries(ctx, root, func(e *Entry) {
		if !e.skipped() && isAsked(e) {
			files = append(files, *e)
		}
	})
	if err != nil {
		return nil, err
	}
	return g.EditedOf(ctx, root, strings.TrimSuffix(string(index), "\n"), files)
}

// Entries calls yield with each entry of git's index below a folder.
func (g *Runner) Entries(ctx context.Context, dir string, yield func(e *Entry)) error {
	list := func(args ...string) error {
		return g.Run(ctx, dir, nil, func(r *bufio.Reader) error {
			return ReadIndex(r, func(e *Entry) error {
				yield(e)
				return nil
			})
		}, append([]string{"ls-files", "-z", "-t", "-s", "--debug"}, args...)...)
	}
	err := list("--sparse")
	if IsOlder(err) { // it has printed nothing
		return list()
	}
	return err
}

// EditedOf returns those of the files of some entries that are not on disk as they are in an index file. An error is
// that of ctx, or says why files cannot be compared.
func (g *Runner) EditedOf(ctx context.Context, root, index string, files []Entry) (edited []string, err error) {
	t := &worktree{g: g, root: root, entries: files}
	if written, err := os.Stat(index); err == nil {
		t.written = written.ModTime().UnixNano()
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	opened, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	stamps := t.stamps()
	differs := make([]bool, len(files))
	parallel.Do(len(files), 1, func(i int) {
		e := &t.entries[i]
		switch {
		case stamps[i] == nil && e.Mode == LinkMode:
			differs[i] = !t.sameTarget(e)
		case stamps[i] == nil || e.Mode == LinkMode:
			differs[i] = true
		case !t.sameStamp(e, stamps[i]):
			differs[i] = compareBlob(ctx, opened, e) == otherBlob
		}
	})
	for i := range files {
		if differs[i] {
			edited = append(edited, files[i].Path)
		}
	}
	return edited, ctx.Err()
}
