package index

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"lanser/index/beneath"
	"lanser/index/git"
	"lanser/index/store"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
)

// Markers are the files that make a folder a workspace root if there is no repository. The tools of the
// languages use the same files.
var Markers = []string{
	"go.work",
	"go.mod",
	"pyproject.toml",
	"pyrightconfig.json",
	"setup.py",
	"setup.cfg",
	"tsconfig.json",
	"jsconfig.json",
	"package.json",
}

// NoProject is the reason that [FindRoot] gives for a root that is only the current folder.
const NoProject = "no repository and no project file above it"

// FindRoot returns the workspace root for a folder, and the reason for it. The root is the repository that
// contains the folder, if git uses that repository ([git.Repository]) or its root is the folder itself; otherwise
// the nearest folder upwards with one of [Markers]; otherwise the folder itself.
func FindRoot(dir string) (root, reason string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	if root := git.Find(dir); root != "" && (root == dir || git.Repository(context.Background(), dir) != "") {
		return root, "the git repository that holds " + relOr(root, dir), nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, m := range Markers {
			if info, err := os.Stat(filepath.Join(at, m)); err == nil && info.Mode().IsRegular() {
				return at, "the nearest folder with " + m, nil
			}
		}
		if at == filepath.Dir(at) {
			return dir, NoProject, nil
		}
	}
}

// relOr names dir for people: relative to root, or as the current folder if it is the root.
func relOr(root, dir string) string {
	if rel, err := filepath.Rel(root, dir); err == nil && rel != "." {
		return rel
	}
	return "this folder"
}

// Workspace is a folder that questions are asked about. It is safe for concurrent use.
type Workspace struct {
	root    string          // absolute, symbolic links resolved
	folder  *beneath.Folder // root; empty for a recorded workspace
	gitDir  string          // the repository's root, "" for none
	runner  *git.Runner
	objects *git.ObjectReader // nil for a recorded workspace
	// withoutReexports, withoutScripts and gone are those of [Options].
	withoutReexports bool
	// formerSuggestions is that of [Options].
	formerSuggestions bool
	// formerSelectors is that of [Options].
	formerSelectors bool
	// formerNames is that of [Options].
	formerNames bool
	// formerArguments is that of [Options].
	formerArguments bool
	// formerRelocation is that of [Options].
	formerRelocation bool
	// resolvesInErrors is [Options.ResolvesInErrors].
	resolvesInErrors bool
	withoutScripts   bool
	gone             []string
	// refused is the reason why git is not used for the repository; nil if it is used. Without git the
	// workspace is a plain tree of files.
	refused error

	store       *store.Store
	libraries   Libraries
	world       World
	watches     bool
	listed      []string // Options.Listed
	copyOf      string   // Options.CopyOf
	recorded    Recorded // nil unless the workspace is replayed from a trace
	outside     outsideCache
	lastOverlay lastOverlay
	parsed      atomic.Int64 // files that were parsed, for tests

	// Locks are taken in the order snapshotMu, mu, file.mu.

	snapshotMu sync.Mutex // locked while a snapshot is taken; guards the next two fields
	listing    *listing
	listCount  int // how often the files were listed

	mu                sync.Mutex       // guards the fields below, except those with a lock of their own
	watch             *watch           // watches the folders of tree; nil if nothing is watched
	tree              *tree            // tree of the last snapshot; nil if something may have changed since
	vcs               *vcsState        // git's last answer
	lastStamps        git.StampList    // stamps that the last snapshot found
	unlistedChanges   int              // number of changes to unlisted source files
	known             map[string]*file // path → the version that the last snapshot found
	manifestLoaded    bool             // known was filled from the manifest of the last run
	readSinceManifest atomic.Int64     // number of files read since the manifest was written
	revisions         revisionCache
	renames           renameCache
	gitFiles          []string // result of findGitFiles, absolute paths
}

// Options configure a workspace.
type Options struct {
	// Cache is the folder of the store, which must be outside the workspace; "" stores nothing on disk.
	Cache string
	// Libraries finds modules outside the workspace; may be nil.
	Libraries Libraries
	// Watch allows the workspace to watch its folders from the second question on, see the package doc.
	Watch bool
	// Listed is the sorted list of files of a workspace that [Workspace.Extract] has written: neither git
	// nor the ignore rules are used then. It is nil for other workspaces.
	Listed []string
	// CopyOf is the root of the workspace that this one is a copy of, "" for none. Ignored files are links
	// to that workspace, and are read as parts of it.
	CopyOf string
	// Gone lists files that the workspace had before the change that a copy of it is made for, and has no more.
	Gone []string
	// WithoutReexports knows a name only in the module that declares it, as traces before version 11 do.
	WithoutReexports bool
	// ResolvesInErrors has the errors of [Workspace.Rel] name what a link leads to, as traces before version 16 do.
	ResolvesInErrors bool
	// WithoutScripts knows scripts by their names alone, as traces before version 16 do.
	WithoutScripts bool
	// FormerSuggestions has errors suggest the names that they do in traces before version 17.
	FormerSuggestions bool
	// FormerSelectors reads selectors as traces before version 18 do: names that a type has by embedding others are not
	// known.
	FormerSelectors bool
	// FormerNames has errors suggest the names that they do in traces before version 19.
	FormerNames bool
	// FormerArguments reads the arguments of types and functions in names as traces before version 20 do.
	FormerArguments bool
	// FormerRelocation carries places of earlier versions over as traces before version 19 do.
	FormerRelocation bool
	// World records or replays what the workspace learns from the machine; nil means direct access.
	World World
}

// Open opens the workspace at root. The error is a [fault.Error].
func Open(root string, o Options) (*Workspace, error) {
	abs, err := RealRoot(root)
	if err != nil {
		return nil, err
	}
	w := newWorkspace(abs, o)
	w.folder, err = beneath.Open(abs)
	if err != nil {
		return nil, fault.Wrap(fault.Permissions, err, "cannot open the workspace %s: %v", root, err)
	}
	if w.listed == nil {
		w.gitDir = git.Find(abs)
	}
	w.runner = git.New(abs, w.gitDir)
	w.objects = git.NewObjectReader(w.runner, abs)
	if w.gitDir != "" {
		w.refused = w.runner.Refusal(context.Background(), abs)
	}
	return w, nil
}

// newWorkspace returns the workspace of the options, before anything is read from root.
func newWorkspace(root string, o Options) *Workspace {
	w := &Workspace{
		root: root, folder: new(beneath.Folder), known: map[string]*file{}, store: store.Open(o.Cache),
		libraries: o.Libraries, world: o.World, withoutReexports: o.WithoutReexports, gone: o.Gone,
		resolvesInErrors: o.ResolvesInErrors, formerSelectors: o.FormerSelectors,
		formerNames: o.FormerNames, formerRelocation: o.FormerRelocation,
		formerArguments: o.FormerArguments,
		withoutScripts:  o.WithoutScripts, formerSuggestions: o.FormerSuggestions,
		watches: o.Watch, listed: o.Listed, copyOf: o.CopyOf, outside: outsideCache{enabled: o.Watch},
	}
	// While a trace is recorded or replayed, no revision is dropped from the cache: how often git is asked is
	// part of the trace.
	w.revisions.keepAll = o.World != nil && !o.Watch
	if w.world == nil {
		w.world = directWorld{}
	}
	return w
}

// Replay opens a recorded workspace. root is where the workspace was; nothing is read from there. inGit is
// the value that [Workspace.InGit] had.
func Replay(root string, inGit bool, r Recorded, o Options) *Workspace {
	w := newWorkspace(root, o)
	w.recorded = r
	if inGit {
		w.gitDir = root // git's answers are recorded too
	}
	return w
}

// InGit reports whether the workspace is in a git repository, even if git is not used for it
// ([Workspace.GitRefusal]).
func (w *Workspace) InGit() bool { return w.gitDir != "" }

// GitRefusal returns the reason why git is not used for the repository that contains the workspace: the
// repository belongs to another user whom this user does not trust, or there is no git program. It returns
// nil if git is used, and if there is no repository. The error is a [fault.Error].
func (w *Workspace) GitRefusal() error {
	if w.gitDir != "" && w.refused == nil && w.recorded == nil && !w.runner.Found() {
		return git.NoProgram()
	}
	return w.refused
}

// usesGit reports whether git lists the files of the workspace.
func (w *Workspace) usesGit() bool { return w.gitDir != "" && w.refused == nil }

// RealRoot returns the absolute path of a workspace with symbolic links resolved. The error is a
// [fault.Error].
func RealRoot(root string) (string, error) {
	abs, err := filepath.Abs(root)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return "", fault.Wrap(fault.Usage, err, "workspace %s: %v", root, err).
			WithHint("name a folder with --workspace")
	}
	if info, err := os.Stat(abs); err != nil || !info.IsDir() {
		return "", fault.New(fault.Usage, "workspace %s is not a folder", root).
			WithHint("name a folder with --workspace")
	}
	return abs, nil
}

// Close writes to disk what the next run can use, and releases files and watches. Snapshots of the workspace
// must not be used afterwards.
func (w *Workspace) Close() {
	w.Flush()
	w.snapshotMu.Lock()
	defer w.snapshotMu.Unlock()
	if w.listing != nil {
		w.listing.watch.close()
	}
	w.mu.Lock()
	w.watch, w.tree, w.watches = nil, nil, false
	w.mu.Unlock()
	w.listing = nil
	if w.objects != nil {
		w.objects.Close()
	}
	w.folder.Close()
	w.store.Close()
}

// ReleaseMemory drops everything that can be computed again: the files with their contents, outlines and
// words, the list of files and its watches, git's answers, and the open files of the store. What the next
// question can use is written to disk first. Snapshots that are still in use stay valid. Syntax trees are those of the
// process: other workspaces parse their files again.
func (w *Workspace) ReleaseMemory() {
	w.snapshotMu.Lock()
	defer w.snapshotMu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.recorded != nil {
		return // how often the recorded machine is asked is part of a trace
	}
	if w.watch != nil {
		w.drainWatch() // a file that was written since is read again, whatever its times are
	}
	if w.readSinceManifest.Swap(0) > 0 {
		w.store.Put(w.manifestKey(), w.manifest())
	}
	w.store.Close()

	if w.listing != nil {
		w.listing.watch.close()
	}
	w.listing, w.listCount = nil, 0
	w.watch, w.tree, w.vcs, w.lastStamps = nil, nil, nil, git.StampList{}
	w.known, w.manifestLoaded = map[string]*file{}, false
	w.gitFiles = nil
	w.revisions.clear()
	w.renames.clear()
	w.outside.clear()
	w.lastOverlay.clear()
	if w.objects != nil {
		w.objects.Close()
	}
	syntax.Forget()
}

// Parsed returns the number of files that were parsed so far.
func (w *Workspace) Parsed() int { return int(w.parsed.Load()) }

// Root returns the absolute path of the workspace.
func (w *Workspace) Root() string { return w.root }

// Folder returns the workspace's folder, to open files that are not listed.
func (w *Workspace) Folder() *beneath.Folder { return w.folder }

// Rel converts a path, which may be that of a file URI, to the slash-separated path within the workspace. Of a path
// that does not exist, the part that does is resolved. The error is Permissions for a path outside the workspace. The
// error shows the path that the user wrote, not the file behind a link, such as "../x is outside the workspace": paths
// of one machine do not belong in answers.
func (w *Workspace) Rel(p string) (string, error) {
	rel, _, err := w.locate(p)
	return rel, err
}

// locate is [Workspace.Rel], and reports whether the path is a symbolic link or behind one.
func (w *Workspace) locate(p string) (rel string, isLinked bool, err error) {
	written := filepath.ToSlash(p)
	if runtime.GOOS == "windows" && selectors.DriveOfURI(p) != "" {
		p = p[1:] // C:/src/a.go
	}
	if !filepath.IsAbs(p) {
		p = filepath.Join(w.root, filepath.FromSlash(p))
	}
	p = filepath.Clean(p)
	rel, ok := beneath.Local(w.root, p)
	if ok { // a listed file is never behind a link
		if t := w.current(); t != nil && t.files[rel] != nil {
			return rel, false, nil
		}
	}

	resolved, err := w.world.Ask("resolve "+p, func() ([]byte, error) {
		resolved, err := resolveExisting(p, 40)
		return []byte(resolved), err
	})
	if err == nil { // otherwise a link leads to itself or to nothing, or a folder may not be searched
		p = string(resolved)
	}
	if inside, isInside := beneath.Local(w.root, p); isInside {
		return inside, inside != rel, nil
	}

	problem := fault.New(fault.Permissions, "%s is outside the workspace", written)
	if w.resolvesInErrors {
		problem.Message = p + " is outside the workspace"
	} else if ok {
		problem.Message = rel + " is a symbolic link, or behind one, that leads outside the workspace"
	}
	return "", ok, problem.WithHint("choose the workspace that holds it with --workspace")
}

// resolveExisting resolves the symbolic links of an absolute path, also those that lead to nothing, which are at most
// maxLinks. What follows the last folder that exists is kept.
func resolveExisting(p string, maxLinks int) (string, error) {
	resolved, err := filepath.EvalSymlinks(p)
	parent := filepath.Dir(p)
	if !errors.Is(err, fs.ErrNotExist) || parent == p {
		return resolved, err
	}
	above, err := resolveExisting(parent, maxLinks)
	if err != nil {
		return "", err
	}
	p = filepath.Join(above, filepath.Base(p))
	to, err := os.Readlink(p)
	if err != nil { // nothing is there
		return p, nil
	}
	if maxLinks == 0 {
		return "", fs.ErrInvalid
	}
	if !filepath.IsAbs(to) {
		to = filepath.Join(above, to)
	}
	return resolveExisting(to, maxLinks-1)
}

// list returns the current list of files: the cached one while it is valid, otherwise a new one. The caller holds
// w.snapshotMu.
func (w *Workspace) list(ctx context.Context) (*listing, error) {
	if w.listing != nil && w.listing.watch.valid() && w.listing.unchanged(w) {
		return w.listing, nil
	}
	since := time.Now()
	files, err := w.listNow(ctx)
	if err != nil {
		return nil, err
	}
	if w.listing != nil {
		w.mu.Lock()
		w.watch, w.tree = nil, nil
		w.mu.Unlock()
		w.listing.watch.close()
		w.listing = nil
	}

	w.listCount++
	if w.listCount > 1 { // for one question alone, it would cost more than it saves
		w.listing = w.newListing(ctx, files, since)
	}
	if w.listing == nil {
		return &listing{fileList: files}, nil
	}
	return w.listing, nil
}

// listNow lists the files of the workspace. In this order, it takes the list that was given, walks a tree that has
// no ignore rules, asks git, and applies the ignore rules itself. The error is Permissions, or Timeout if git gave
// no answer.
func (w *Workspace) listNow(ctx context.Context) (list fileList, err error) {
	if w.listed != nil {
		return fileList{paths: w.listed}, nil
	}
	if !w.usesGit() {
		if files, ok := walkPlain(w.folder); ok {
			sort.Strings(files)
			return fileList{paths: files}, nil
		}
	}

	var nested []string
	if w.runner.Found() {
		list.paths, nested, err = w.runner.Files(ctx, w.root, w.usesGit())
		isBroken := err != nil && w.usesGit() && ctx.Err() == nil && !fault.Is(err, fault.Timeout)
		if isBroken { // a broken repository is still a tree of files
			list.paths, nested, err = w.runner.Files(ctx, w.root, false)
		}
		if err != nil && w.runner.Waits() != nil { // git would wait, and this process does not
			list.paths, err = plainFiles(ctx, w.folder)
		}
	} else {
		list.paths, err = plainFiles(ctx, w.folder)
	}
	if err == nil {
		err = w.addNested(ctx, &list, nested)
	}
	if err != nil {
		if fault.Is(err, fault.Timeout) {
			return list, err
		}
		if ctx.Err() != nil {
			return list, ctx.Err() // that git was ended says nothing about the workspace
		}
		return list, fault.Wrap(fault.Permissions, err, "cannot list the workspace: %v", err)
	}
	return list, nil
}
