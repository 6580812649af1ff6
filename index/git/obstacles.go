package git

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

// gitFiles and commonGitFiles are files that git reads before it answers anything, in the folder of a working tree and
// in the one that all working trees share (gitrepository-layout(5)).
var (
	gitFiles       = []string{"HEAD", "index", "config.worktree", "info/sparse-checkout"}
	commonGitFiles = []string{
		"config", "packed-refs", "shallow", "info/exclude", "info/attributes", "info/grafts", "reftable/tables.list",
	}
	objectFiles = []string{"info/commit-graph", "pack/multi-pack-index"}
)

// maxRuleFolders bounds the folders in which ignore rules and attributes are looked for.
const maxRuleFolders = 50_000

// maxObjectFolders bounds the object stores of one repository that are looked at.
const maxObjectFolders = 100

// irregularFile returns the absolute path of the first of git's own files that git cannot read to its end: one that
// exists and is not a regular file, or a list of paths that is longer than any real one. It returns "" if there is
// none.
func (g *Runner) irregularFile() string {
	dir := filepath.Join(g.Top, ".git")
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return "" // git says what is wrong
	case info.Mode().IsRegular():
		dir = FileTarget(dir, info)
	case !info.IsDir():
		return dir
	}
	if dir == "" {
		return "" // git says so too
	}

	common := dir
	shared, ok := readGitFile(filepath.Join(dir, "commondir"))
	if !ok {
		return filepath.Join(dir, "commondir")
	}
	if shared != "" {
		common = pathFrom(dir, strings.TrimRight(shared, "\r\n"))
	}
	if file := firstIrregular(dir, gitFiles); file != "" {
		return file
	}
	if file := firstIrregular(common, commonGitFiles); file != "" {
		return file
	}
	head, _ := readGitFile(filepath.Join(dir, "HEAD"))
	if ref, ok := strings.CutPrefix(strings.TrimSpace(head), "ref:"); ok {
		ref = strings.TrimSpace(ref)
		for _, dir := range []string{dir, common} {
			if file := firstIrregular(dir, []string{ref}); file != "" {
				return file
			}
		}
	}
	return irregularObjects(filepath.Join(common, "objects"))
}

// irregularObjects is irregularFile for the files that describe an object store, and for the stores that it borrows
// objects from.
func irregularObjects(store string) string {
	stores := []string{store}
	for i := 0; i < len(stores) && i < maxObjectFolders; i++ { // stores grows
		if file := firstIrregular(stores[i], objectFiles); file != "" {
			return file
		}
		alternates := filepath.Join(stores[i], "info", "alternates")
		lines, ok := readGitFile(alternates)
		if !ok {
			return alternates
		}
		for line := range strings.Lines(lines) {
			line = strings.TrimRight(line, "\r\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				stores = append(stores, pathFrom(stores[i], line))
			}
		}
	}
	return ""
}

// firstIrregular returns the path of the first of the named files in a folder that is neither a regular file nor a
// folder; "" if there is none.
func firstIrregular(dir string, names []string) string {
	for _, name := range names {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
			return file
		}
	}
	return ""
}

// readGitFile returns the content of a file of git's that contains paths, "" for one that does not exist or cannot be
// read. ok is false if it is not a regular file, or longer than MaxFile.
func readGitFile(file string) (content string, ok bool) {
	info, err := os.Stat(file)
	if err != nil || info.IsDir() {
		return "", true
	}
	if !info.Mode().IsRegular() || info.Size() > MaxFile {
		return "", false
	}
	raw, err := beneath.ReadFile(file, MaxFile)
	return string(raw), err == nil || os.IsPermission(err)
}

// pathFrom returns a path that a file of git's names, relative to dir if it is not absolute.
func pathFrom(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}

// slowGit is how long a git command runs before what it may wait for is looked for.
const slowGit = time.Second

// obstacle is the file that git was found to wait for.
type obstacle struct {
	mu   sync.Mutex
	file string // absolute, "" for none
}

// error returns the error about the file, if git would still wait for it.
func (o *obstacle) error() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file == "" || firstIrregular(filepath.Dir(o.file), []string{filepath.Base(o.file)}) == "" {
		o.file = ""
		return nil
	}
	return waitsFor(o.file)
}

// waitsFor returns the error for a command that has no end because of a file.
func waitsFor(file string) error {
	return fault.New(fault.Permissions, "git is not used, as it would wait for %s, which is not a regular file", file)
}

// findObstacle waits until a command of git has run for slowGit, and then looks for a file in the tree at top that it
// waits for. If it finds one, it cancels the command with the error about the file as the cause.
func (g *Runner) findObstacle(ctx context.Context, top string, pid int, cancel context.CancelCauseFunc) {
	timer := time.NewTimer(slowGit)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
	}
	if file := irregularRules(ctx, top); file != "" && isWaiting(pid) {
		g.obstacle.mu.Lock()
		g.obstacle.file = file
		g.obstacle.mu.Unlock()
		cancel(waitsFor(file))
	}
}

// irregularRules returns the absolute path of a file with ignore rules or attributes in the tree at top that is not a
// regular file; "" if there is none. git follows no link in the place of such a file.
func irregularRules(ctx context.Context, top string) string {
	root, err := beneath.Open(top)
	if err != nil {
		return ""
	}
	defer root.Close()
	folders := []string{"."}
	for i := 0; i < len(folders) && i < maxRuleFolders && ctx.Err() == nil; i++ { // folders grows
		entries, err := root.Direct().ReadDir(folders[i])
		if err != nil {
			continue // git does not read what this user cannot read
		}
		for _, e := range entries {
			p := path.Join(folders[i], e.Name())
			isRules := e.Name() == ".gitignore" || e.Name() == ".gitattributes"
			isReadable := e.IsDir() || e.Type().IsRegular() || e.Type()&fs.ModeSymlink != 0
			if isRules && !isReadable {
				return filepath.Join(top, filepath.FromSlash(p))
			}
			if e.IsDir() && e.Name() != ".git" {
				folders = append(folders, p)
			}
		}
	}
	return ""
}
