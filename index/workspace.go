package index

import (
	"context"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"lanser/index/beneath"
	"lanser/index/store"
	"lanser/selectors/fault"
)

// Markers are the files that make a folder a root where there is no repository,
// as the languages' own tools have it.
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

// NoProject is the reason for a root that is only the folder where one stands.
const NoProject = "no repository and no project file above it"

// FindRoot is the workspace root for a folder and the reason for it: the
// repository that holds it, if git uses that one ([Repository]) or it is the folder
// itself, else the nearest folder above with one of [Markers], else the folder itself.
func FindRoot(dir string) (root, reason string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	if root := findGit(dir); root != "" && (root == dir || Repository(context.Background(), dir) != "") {
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

func relOr(root, dir string) string {
	if rel, err := filepath.Rel(root, dir); err == nil && rel != "." {
		return rel
	}
	return "this folder"
}

// Workspace is a folder that questions are asked about. It is safe for
// concurrent use.
type Workspace struct {
	root   string          // absolute, symbolic links resolved
	folder *beneath.Folder // root; empty where the workspace is recorded
	gitDir string          // the repository's root, "" for none
	runner *gitRunner
	// refused is why git is not asked about the repository; nil where it is. Without git
	// the workspace is a tree of files.
	refused error

	store       *store.Store
	libraries   Libraries
	world       World
	watches     bool
	listed      []string // Options.Listed
	copyOf      string   // Options.CopyOf
	recorded    Recorded // nil where the folder is read
	outside     outsideCache
	lastOverlay lastOverlay
	parsed      atomic.Int64 // files that were parsed, for tests

	snapshotMu sync.Mutex // held while a snapshot is taken; it guards what follows
	listing    *listing
	listCount  int // how often the files were listed

	mu                sync.Mutex
	watch             *watch           // of the folders that hold tree; nil where nothing is watched
	tree              *tree            // what the last snapshot found, if nothing has changed since
	vcs               *vcsState        // what git said of tree
	lastStamps        stampList        // what the last snapshot has seen
	unlistedChanges   int              // how often something happened to a source that is not listed
	known             map[string]*file // by path; what the last snapshots have read
	manifestLoaded    bool             // known holds what the last run left
	readSinceManifest atomic.Int64     // files that were read since the manifest was written
	revisions         revisionCache
	gitFiles          []string // files of git's own that its word on the workspace depends on, absolute
}

// Options are what a workspace works with beside its files.
type Options struct {
	// Cache is the folder of the store; "" keeps nothing. It must lie outside
	// the workspace.
	Cache string
	// Libraries finds modules outside the workspace; nil finds none.
	Libraries Libraries
	// Watch has the folders of the workspace watched once a second question is asked,
	// where the system can (package doc).
	Watch bool
	// Listed are the files of the workspace, sorted, where it is a copy of what a
	// repository was: neither git nor the ignore rules are asked. Nil for others.
	Listed []string
	// CopyOf is the workspace that this one is a copy of, "" for none: what the copy
	// lacks is linked to there, and is read as a part of that workspace.
	CopyOf string
	// World stands between the workspace and the rest of the machine; nil for nobody.
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
		w.gitDir = findGit(abs)
	}
	w.runner = newGit(abs, w.gitDir)
	if w.gitDir != "" {
		w.refused = w.runner.refusal(context.Background(), abs)
	}
	return w, nil
}

func newWorkspace(root string, o Options) *Workspace {
	w := &Workspace{
		root: root, folder: new(beneath.Folder), known: map[string]*file{}, store: store.Open(o.Cache),
		libraries: o.Libraries, world: o.World,
		watches: o.Watch, listed: o.Listed, copyOf: o.CopyOf, outside: outsideCache{enabled: o.Watch},
	}
	w.revisions.whole = o.World != nil && !o.Watch
	if w.world == nil {
		w.world = directWorld{}
	}
	return w
}

// Replay opens a workspace that is recorded. Root is where it was, which need not be
// there; nothing of it is read. inGit is what [Workspace.InGit] was.
func Replay(root string, inGit bool, r Recorded, o Options) *Workspace {
	w := newWorkspace(root, o)
	w.recorded = r
	if inGit {
		w.gitDir = root // what git said is recorded too
	}
	return w
}

// InGit says whether the workspace is in a git repository, which may be one that git is
// not asked about ([Workspace.Refused]).
func (w *Workspace) InGit() bool { return w.gitDir != "" }

// Refused returns why git is not asked about the repository that the workspace is in: it
// belongs to another user whom this one does not trust, or there is no git to run. Nil
// where it is asked, or there is none. The error is a [fault.Error].
func (w *Workspace) GitRefusal() error {
	if w.gitDir != "" && w.refused == nil && w.recorded == nil && !w.runner.found() {
		return noGit()
	}
	return w.refused
}

// asksGit says whether the files of the workspace are those that git lists.
func (w *Workspace) usesGit() bool { return w.gitDir != "" && w.refused == nil }

// Abs is the real path of a workspace. The error is a [fault.Error].
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

// Close keeps what was learnt for the next run.
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
	w.folder.Close()
	w.store.Close()
}

// Parsed is the number of files that were parsed so far.
func (w *Workspace) Parsed() int { return int(w.parsed.Load()) }

// Root is the absolute path of the workspace.
func (w *Workspace) Root() string { return w.root }

// Folder opens the files of the workspace that are not in its list.
func (w *Workspace) Folder() *beneath.Folder { return w.folder }

// Rel turns a path or file URI path into the slash-separated path within the
// workspace. A path that leaves it is Permissions.
func (w *Workspace) Rel(p string) (string, error) {
	if !filepath.IsAbs(p) {
		p = filepath.Join(w.root, filepath.FromSlash(p))
	}
	p = filepath.Clean(p)
	if rel, ok := beneath.Local(w.root, p); ok { // what is listed lies behind no link
		if t := w.current(); t != nil && t.files[rel] != nil {
			return rel, nil
		}
	}
	if resolved, err := w.world.Ask("resolve "+p, func() ([]byte, error) {
		resolved, err := filepath.EvalSymlinks(p)
		return []byte(resolved), err
	}); err == nil {
		p = string(resolved)
	}
	rel, ok := beneath.Local(w.root, p)
	if !ok {
		return "", fault.New(fault.Permissions, "%s is outside the workspace", p).
			WithHint("choose the workspace that holds it with --workspace")
	}
	return rel, nil
}

// list lists the files of the workspace, sorted. The caller holds w.taking.
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
	if w.listCount++; w.listCount > 1 { // one question alone would not earn it
		w.listing = w.newListing(ctx, files, since)
	}
	if w.listing == nil {
		return &listing{paths: files}, nil
	}
	return w.listing, nil
}

func (w *Workspace) listNow(ctx context.Context) ([]string, error) {
	if w.listed != nil {
		return w.listed, nil
	}
	if !w.usesGit() {
		if files, ok := walkPlain(w.folder); ok {
			sort.Strings(files)
			return files, nil
		}
	}
	var files []string
	var err error
	if w.runner.found() {
		files, err = w.runner.files(ctx, w.root, w.usesGit())
		if err != nil && w.usesGit() && ctx.Err() == nil && !fault.Is(err, fault.Timeout) {
			files, err = w.runner.files(ctx, w.root, false) // a broken repository is still a tree of files
		}
	} else {
		files, err = plainFiles(ctx, w.folder)
	}
	if err != nil {
		if fault.Is(err, fault.Timeout) {
			return nil, err
		}
		return nil, fault.Wrap(fault.Permissions, err, "cannot list the workspace: %v", err)
	}
	sort.Strings(files)
	return files, nil
}
