package index

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/index/git"
	"lanser/selectors/fault"
)

// Commit returns the id of the commit that a revision names. A revision is anything that git resolves to a
// commit, or "REV..." for the best common ancestor of REV and HEAD, where a branch began. The error is Usage,
// and quotes git.
func (w *Workspace) Commit(ctx context.Context, rev string) (string, error) {
	if w.gitDir == "" {
		return "", fault.New(fault.Usage, "revision %q: the workspace is not in a git repository", rev).
			WithHint("compare with an earlier report instead: --baseline FILE")
	}
	base, since := strings.CutSuffix(rev, "...")
	out, err := w.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", base+"^{commit}")
	if refused := notAsked(fault.Usage, fmt.Sprintf("revision %q", base), err); refused != nil {
		return "", refused
	}
	if err == nil && since {
		out, err = w.git(ctx, "merge-base", strings.TrimSpace(string(out)), "HEAD")
		if err != nil {
			return "", fault.New(fault.Usage, "git finds no common ancestor of %q and HEAD", base).WithHint(fetchHint)
		}
	}

	if commit := strings.TrimSpace(string(out)); err == nil && commit != "" {
		return commit, nil
	}

	// rev-parse with --quiet says nothing; rev-list gives a reason.
	if _, why := w.git(ctx, "rev-list", "-n1", "--end-of-options", base); why != nil {
		err = why
	}
	reason := ""
	if err != nil && !strings.Contains(err.Error(), "unknown revision") { // which the message says already
		reason = ": " + oneLine(err.Error())
	}
	return "", fault.New(fault.Usage, "git knows no commit %q%s", base, reason).WithHint(fetchHint)
}

// fetchHint says how to get history that the clone lacks.
const fetchHint = "see 'git log'; a shallow clone lacks history: git fetch --unshallow, " +
	"or fetch-depth: 0 of actions/checkout, GIT_DEPTH: 0 of GitLab"

// At returns the workspace at a commit of [Workspace.Commit], read from git's objects.
func (w *Workspace) At(ctx context.Context, commit string) (*Snapshot, error) {
	return w.revision(ctx, commit)
}

// RenamedSince maps the paths of files at a commit to their paths now, for the tracked files that git finds
// to be renamed since.
func (w *Workspace) RenamedSince(ctx context.Context, commit string) map[string]string {
	return w.renamedSince(ctx, commit)
}

// Extracted is a copy of the repository as it was at a commit.
type Extracted struct {
	Root   string   // folder of the workspace within the copy
	Listed []string // the workspace's files in the commit, sorted, relative to Root
	Doubts []string // sentences: how the copy differs from the repository at the commit
	Gone   []string // files that the change removes which the copy was made for
}

// Extract writes the repository as it was at a commit to an empty folder: the content of git's objects,
// without filters. Files that the ignore rules exclude (installed packages, generated code) are not in git;
// symbolic links in the copy lead to those on disk. What a sparse checkout leaves out of the working tree is left out
// of the copy too. In a compilation database, the path of the repository is replaced by dir. Nothing is written through
// a link.
func (w *Workspace) Extract(ctx context.Context, commit, dir string) (*Extracted, error) {
	entries, err := w.commitEntries(ctx, commit)
	var out *Extracted
	if err == nil {
		out, err = w.extract(ctx, entries, dir)
	}
	if err != nil {
		return nil, notExtracted("the files of commit "+commit[:min(12, len(commit))], err)
	}
	return out, nil
}

// notExtracted returns the error for files that cannot be extracted.
func notExtracted(what string, err error) error {
	return fault.Wrap(fault.Permissions, err, "%s cannot be extracted: %v", what, err).
		WithHint("a partial clone lacks objects: run git fetch --refetch, or clone without --filter")
}

// commitEntries returns the entries of a commit, of the whole repository, that a checkout of it would contain.
func (w *Workspace) commitEntries(ctx context.Context, commit string) ([]entry, error) {
	tree, err := w.git(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	return w.present(ctx, readTree(tree))
}

// extract writes entries of the repository to an empty folder, as [Workspace.Extract] describes.
func (w *Workspace) extract(ctx context.Context, entries []entry, dir string) (*Extracted, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	x, err := w.newExtraction(root, dir)
	if err != nil {
		return nil, err
	}
	if err := x.writeEntries(ctx, entries); err != nil {
		return nil, err
	}
	if err := x.linkIgnored(ctx); err != nil {
		return nil, err
	}
	return x.out, x.makeLinks()
}

// newExtraction returns an extraction to an empty folder, of which nothing is written yet. root is that folder, opened.
func (w *Workspace) newExtraction(root *os.Root, dir string) (*extraction, error) {
	top := cmp.Or(w.gitDir, w.root)
	prefix, err := filepath.Rel(top, w.root)
	if err != nil {
		return nil, err
	}
	return &extraction{
		w: w, top: top, root: root, dir: dir, prefix: filepath.ToSlash(prefix),
		out: &Extracted{Root: filepath.Join(dir, prefix)},
	}, nil
}

// makeLinks creates the links after all files have been written, so that nothing is written through one, and completes
// the result.
func (x *extraction) makeLinks() error {
	for _, l := range x.links { // links come last: nothing is written after them
		_ = x.root.MkdirAll(path.Dir(l.path), 0o700)
		_ = x.root.Symlink(l.id, l.path) // a link that cannot be made is missing, as in a fresh clone
	}
	if err := os.MkdirAll(x.out.Root, 0o700); err != nil {
		return err
	}

	slices.Sort(x.out.Listed)
	if n := len(x.leftOut); n > 0 {
		x.doubt("%d files are too large to be extracted, such as %s", n, x.leftOut[0])
	}
	return nil
}

// extraction is the state of one [Workspace.Extract].
type extraction struct {
	w       *Workspace
	top     string   // the folder that is extracted: the repository, or the workspace that is in none
	root    *os.Root // the folder that is written to
	dir     string   // its path
	prefix  string   // the workspace's path within top, slash-separated; "." for all of it
	out     *Extracted
	links   []entry  // the links to create; the id is the target
	leftOut []string // the paths of files that are too large
}

// doubt adds a sentence on how the copy differs from the repository at the commit.
func (x *extraction) doubt(format string, args ...any) {
	x.out.Doubts = append(x.out.Doubts, fmt.Sprintf(format, args...))
}

// list adds those of the files to the result's list that belong to the workspace.
func (x *extraction) list(files []entry) {
	for _, f := range files {
		if rel, ok := strings.CutPrefix(f.path, x.prefix+"/"); ok {
			x.out.Listed = append(x.out.Listed, rel)
		} else if x.prefix == "." {
			x.out.Listed = append(x.out.Listed, f.path)
		}
	}
}

// writeEntries writes files of the repository, and of its submodules. A submodule whose commit is not in its
// repository is replaced by a link to the submodule on disk.
func (x *extraction) writeEntries(ctx context.Context, entries []entry) error {
	files, submodules := splitSubmodules(entries)
	x.list(files)
	if err := x.blobs(ctx, x.w.runner, files); err != nil {
		return err
	}

	for i := 0; i < len(submodules) && i < maxNested; i++ { // the list grows by submodules of submodules
		s := submodules[i]
		files, inner, err := x.submodule(ctx, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			x.doubt("the submodule %s as it was then cannot be read: %s", s.path, oneLine(err.Error()))
			x.linkToDisk(s.path)
			continue
		}
		x.list(files)
		submodules = append(submodules, inner...)
	}
	return nil
}

// The modes of entries of a commit, as git prints them.
const (
	modeExecutable = "100755"
	modeLink       = "120000"
	modeSubmodule  = "160000"
)

// splitSubmodules returns the files and links, and the submodules, of a commit.
func splitSubmodules(entries []entry) (files, submodules []entry) {
	for _, e := range entries {
		if e.mode == modeSubmodule {
			submodules = append(submodules, e)
		} else {
			files = append(files, e)
		}
	}
	return files, submodules
}

// maxExtractedLarge bounds the total size of extracted files that are larger than [MaxFileSize], such
// as pictures and archives, which no answer is about. maxExtracted bounds the total size of the other
// files. Both are in bytes. Only tests change them.
var (
	maxExtractedLarge int64 = 1 << 30
	maxExtracted      int64 = 8 << 30
)

// submodule writes the files of a submodule as they were at the commit that the outer repository names, and
// returns them and the submodules in it, by their paths in the outer repository. A submodule that is not
// checked out now has no files, as in the working tree.
func (x *extraction) submodule(ctx context.Context, s entry) (files, inner []entry, err error) {
	top := filepath.Join(x.w.gitDir, filepath.FromSlash(s.path))
	if git.Find(top) != top {
		return nil, nil, nil
	}
	g := x.w.runner.ForRepository(top)
	if git.Resolved(top) != top {
		return nil, nil, errors.New("it lies behind a link")
	}
	if err := g.Refusal(ctx, top); err != nil {
		return nil, nil, err
	}
	tree, err := g.Output(ctx, top, "ls-tree", "-r", "-z", "--full-tree", s.id)
	if err != nil {
		return nil, nil, err
	}
	entries := readTree(tree)
	for i := range entries {
		entries[i].path = path.Join(s.path, entries[i].path)
	}
	files, inner = splitSubmodules(entries)
	return files, inner, x.blobs(ctx, g, files)
}

// blobs writes files of a repository with two runs of git. Files beyond the bounds are left out.
func (x *extraction) blobs(ctx context.Context, g *git.Runner, files []entry) error {
	ids := make([]string, len(files))
	for i, f := range files {
		ids[i] = f.id
	}

	sizes, err := g.WithLongTimeout().Sizes(ctx, g.Top, ids)
	if err != nil {
		return err
	}

	remaining := map[bool]int64{true: maxExtractedLarge, false: maxExtracted} // bytes, by whether a file is large
	var chosen []entry
	ids = ids[:0]
	for i, f := range files {
		if sizes[i] < 0 {
			return fmt.Errorf("%s: git lacks the file's content", f.path)
		}
		isLarge := sizes[i] > MaxFileSize
		if sizes[i] > remaining[isLarge] {
			x.leftOut = append(x.leftOut, f.path)
			continue
		}
		remaining[isLarge] -= sizes[i]
		chosen = append(chosen, f)
		ids = append(ids, f.id)
	}

	made := map[string]bool{}
	return g.WithLongTimeout().Blobs(ctx, g.Top, ids, func(i int, size int64, content io.Reader) error {
		if err := x.write(chosen[i], size, content, made); err != nil {
			return fmt.Errorf("%s: %w", chosen[i].path, err)
		}
		return nil
	})
}

// maxLinkTarget bounds the target of a link, in bytes: PATH_MAX of Linux.
const maxLinkTarget = 4096

// write writes one file, or adds a link to x.links. A link that leads out of the repository is left out. made holds the
// folders that exist.
func (x *extraction) write(f entry, size int64, content io.Reader, made map[string]bool) error {
	if f.mode == modeLink {
		if size > maxLinkTarget {
			return nil
		}
		target, err := io.ReadAll(content)
		to := path.Join(path.Dir(f.path), string(target))
		isInside := !path.IsAbs(string(target)) && to != ".." && !strings.HasPrefix(to, "../")
		if isInside {
			x.links = append(x.links, entry{path: f.path, id: string(target)})
		}
		return err
	}

	if dir := path.Dir(f.path); !made[dir] {
		if err := x.root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		made[dir] = true
	}

	perm := fs.FileMode(0o600)
	if f.mode == modeExecutable {
		perm = 0o700
	}

	if path.Base(f.path) == database && size <= MaxFileSize {
		b, err := io.ReadAll(content)
		if err != nil {
			return err
		}
		content = bytes.NewReader(x.rewriteRoot(f.path, b))
	}

	out, err := x.root.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	return errors.Join(err, out.Close())
}

// database is the name of a compilation database, which contains absolute paths.
const database = "compile_commands.json"

// rewriteRoot returns the content of a file for the copy. In a compilation database, the path of the repository is
// replaced by that of the copy: otherwise clangd would read the headers on disk.
func (x *extraction) rewriteRoot(p string, b []byte) []byte {
	if path.Base(p) == database {
		return bytes.ReplaceAll(b, []byte(x.top), []byte(x.dir))
	}
	return b
}

// linkToDisk adds a link in the copy to the same path in the repository on disk. It is created by makeLinks.
func (x *extraction) linkToDisk(p string) {
	x.links = append(x.links, entry{path: p, id: filepath.Join(x.top, filepath.FromSlash(p))})
}

// linkIgnored links the files and folders that git ignores, if their parent folder existed at the commit.
func (x *extraction) linkIgnored(ctx context.Context) error {
	out, err := x.w.runner.List(ctx, x.w.gitDir, "-z", "-o", "-i", "--directory", "--exclude-per-directory=.gitignore")
	if err != nil {
		return err
	}
	repository, err := beneath.Open(x.w.gitDir)
	if err != nil {
		return err
	}
	defer repository.Close()
	for p := range strings.SplitSeq(string(out), "\x00") {
		p, isDir := strings.CutSuffix(p, "/")
		if p == "" || !x.exists(path.Dir(p)) || x.exists(p) {
			continue
		}
		if isDir {
			err = x.copyIgnoredFolder(p, repository)
		} else {
			err = x.copyIgnored(p, repository)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// exists reports whether the copy has a file or folder.
func (x *extraction) exists(p string) bool {
	_, err := x.root.Lstat(p)
	return err == nil
}

// copyIgnoredFolder links an ignored folder. A folder with a compilation database becomes a folder of links instead,
// because the database is rewritten.
func (x *extraction) copyIgnoredFolder(p string, repository *beneath.Folder) error {
	if _, err := repository.Direct().Lstat(path.Join(p, database)); err != nil {
		x.linkToDisk(p)
		return nil
	}
	entries, err := repository.Direct().ReadDir(p)
	if err != nil {
		return err
	}
	if err := x.root.MkdirAll(p, 0o700); err != nil {
		return err
	}
	for _, e := range entries {
		if err := x.copyIgnored(path.Join(p, e.Name()), repository); err != nil {
			return err
		}
	}
	return nil
}

// copyIgnored links one ignored file or folder. A compilation database is rewritten instead.
func (x *extraction) copyIgnored(p string, repository *beneath.Folder) error {
	if path.Base(p) != database {
		x.linkToDisk(p)
		return nil
	}
	b, err := repository.ReadFile(p, MaxFileSize)
	if err != nil {
		return nil // a pipe, a device or a link out of the repository is missing in the copy
	}
	return x.root.WriteFile(p, x.rewriteRoot(p, b), 0o600)
}
