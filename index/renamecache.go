package index

import (
	"bufio"
	"bytes"
	"context"
	"slices"
	"strconv"
	"sync"
)

// renameCache caches git's last answers about renames: each takes git about a second in a large repository,
// and many selectors of one batch need the same ones. An answer depends on commits alone, or on a commit
// and git's index, which is identified by its stamp. The zero value is an empty cache. It is safe for
// concurrent use.
type renameCache struct {
	sinceCommit answerCache[indexedCommit, []byte]  // renames between a commit and the index
	inCommit    answerCache[string, []byte]         // renames that a commit makes, by its id
	removal     answerCache[fileIn, []byte]         // id of the commit that removed a file
	touching    answerCache[fileIn, []byte]         // ids of the last commits that changed a file
	ranges      answerCache[commitRange, *removals] // files that a range of commits removed
}

// indexedCommit identifies a comparison of a commit with git's index.
type indexedCommit struct {
	commit string
	index  stamp
}

// commitRange is the ancestors of the commit until, with itself, that are no ancestors of the commit since;
// an empty since excludes none.
type commitRange struct{ since, until string }

// fileIn is a file in the history of a range of commits.
type fileIn struct {
	commits commitRange
	file    string
}

// arguments returns the range as arguments of git rev-list.
func (c commitRange) arguments() []string {
	if c.since == "" {
		return []string{c.until}
	}
	return []string{"^" + c.since, c.until}
}

// answerCache caches the most recently used answers to questions of one kind. The zero value is an empty
// cache.
type answerCache[K comparable, V any] struct {
	mu   sync.Mutex
	kept []cachedAnswer[K, V] // the most recently used last
}

// cachedAnswer is an entry of an answerCache.
type cachedAnswer[K comparable, V any] struct {
	key   K
	value V
}

// maxAnswers bounds the number of answers in an answerCache.
const maxAnswers = 64

// get returns the cached answer for a key, or calls find for it. Errors are not cached. Concurrent calls
// wait for each other, because they mostly have the same key.
func (c *answerCache[K, V]) get(key K, find func() (V, error)) (V, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.kept, func(a cachedAnswer[K, V]) bool { return a.key == key })
	if i >= 0 {
		answer := c.kept[i]
		c.kept = append(slices.Delete(c.kept, i, i+1), answer)
		return answer.value, nil
	}

	value, err := find()
	if err != nil {
		return value, err
	}
	if len(c.kept) == maxAnswers {
		c.kept = slices.Delete(c.kept, 0, 1)
	}
	c.kept = append(c.kept, cachedAnswer[K, V]{key: key, value: value})
	return value, nil
}

// clear empties the cache.
func (c *answerCache[K, V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = nil
}

// clear empties all caches.
func (c *renameCache) clear() {
	c.sinceCommit.clear()
	c.inCommit.clear()
	c.removal.clear()
	c.touching.clear()
	c.ranges.clear()
}

// renamesSince returns the renames between a commit and the index, as git prints them.
func (c *renameCache) renamesSince(ctx context.Context, w *Workspace, commit string) ([]byte, error) {
	ask := func() ([]byte, error) {
		args := slices.Concat([]string{"diff-index", "--cached"}, plainDiff, renamed, []string{commit, "--"})
		return w.runner.output(ctx, w.root, args...)
	}

	gitFiles := w.findGitFiles(ctx)
	if gitFiles == nil {
		return ask()
	}
	stamps := stampFiles("/", gitFiles[indexFile:indexFile+1])
	if stamps[0] == nil || tooRecent(stamps) { // another index may have the same stamp
		return ask()
	}
	return c.sinceCommit.get(indexedCommit{commit: commit, index: stamps[0].stamp}, ask)
}

// renamesIn returns the renames that a commit makes, as git prints them.
func (c *renameCache) renamesIn(ctx context.Context, w *Workspace, id string) ([]byte, error) {
	return c.inCommit.get(id, func() ([]byte, error) {
		args := slices.Concat([]string{"diff-tree", "-r"}, plainDiff, renamed, []string{id + "^", id, "--"})
		return w.runner.output(ctx, w.root, args...)
	})
}

// commitsOf returns the ids of the last commits that changed a file, the latest first, a line each.
func (c *renameCache) commitsOf(ctx context.Context, w *Workspace, head, file string) ([]byte, error) {
	return c.touching.get(fileIn{commits: commitRange{until: head}, file: file}, func() ([]byte, error) {
		count := strconv.Itoa(maxEarlierVersions)
		return w.runner.output(ctx, w.root, "rev-list", "--max-count", count, head, "--", file)
	})
}

// removals caches which files a range of commits removed. The list is read from git only after several
// requests for the same range, see [maxSingle].
type removals struct {
	mu       sync.Mutex
	asked    int               // number of requests
	read     bool              // git was asked for the list; it is not asked a second time, even if it failed
	removed  map[string]string // path → id of the last commit that removed it
	complete bool              // removed covers all commits of the range, not only the latest
}

// maxSingle is the number of requests for which git looks for one file in a range of commits. On the next
// one all removals in the range are read, which takes git about six times as long as one file.
const maxSingle = 4

// removalOf returns the id of the last commit that removed a file, among the ancestors of head that are no
// ancestors of since, or among all if since is head; nil if there is none.
func (c *renameCache) removalOf(ctx context.Context, w *Workspace, since, head, file string) ([]byte, error) {
	commits := commitRange{since: since, until: head}
	if since == head {
		commits.since = ""
	}
	known, _ := c.ranges.get(commits, func() (*removals, error) { return new(removals), nil })
	if id, ok := known.of(ctx, w, commits, file); ok {
		return id, nil
	}
	return c.removal.get(fileIn{commits: commits, file: file}, func() ([]byte, error) {
		return w.runner.removal(ctx, w.root, commits.arguments(), file)
	})
}

// of returns the id of the last commit that removed a file. ok is false if git must be asked about that file
// alone.
func (r *removals) of(ctx context.Context, w *Workspace, commits commitRange, file string) (id []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.asked > maxSingle && !r.read {
		removed, complete, err := w.runner.removals(ctx, w.root, commits.arguments(), maxHistory)
		if ctx.Err() == nil { // a git that fails, or takes too long, does so every time
			r.read = true
		}
		if err == nil {
			r.removed, r.complete = removed, complete
		}
	}

	if commit := r.removed[file]; commit != "" {
		return []byte(commit), true
	}
	return nil, r.complete
}

const (
	maxHistory      = 20_000   // commits whose removals are read at once
	maxHistoryBytes = 16 << 20 // bytes of git's list of what they removed
)

// removals returns the id of the last commit that removed each file, by path, for the latest commits of a
// range, at most most of them. complete is false if the range has more.
func (g *gitRunner) removals(
	ctx context.Context,
	dir string,
	commits []string,
	most int,
) (removed map[string]string, complete bool, err error) {
	var ids bytes.Buffer // a line each, the latest first
	complete = true
	listed := map[string]bool{}
	readIDs := func(r *bufio.Reader) error {
		return eachRecord(r, '\n', func(id string) error {
			if len(listed) == most {
				complete = false
				return errEnough
			}
			if isObjectID(id) {
				listed[id] = true
				ids.WriteString(id + "\n")
			}
			return nil
		})
	}
	// One commit more than is read shows that there are more.
	list := []string{"rev-list", "--no-merges", "--max-count", strconv.Itoa(most + 1)}
	err = g.run(ctx, dir, nil, readIDs, slices.Concat(list, commits, []string{"--"})...)
	if err != nil {
		return nil, false, err
	}

	removed = map[string]string{}
	commit, size := "", 0
	readRemoved := func(r *bufio.Reader) error { // the id of a commit, and then the paths that it removed
		return eachRecord(r, 0, func(record string) error {
			size += len(record)
			switch {
			case size > maxHistoryBytes:
				complete = false
				return errEnough
			case listed[record]: // rather than a file of that name
				commit = record
			case removed[record] == "": // the first commit that is listed is the latest
				removed[record] = commit
			}
			return nil
		})
	}
	compare := slices.Concat([]string{"diff-tree", "--stdin", "-r", "--relative"}, plainDiff, removedNames)
	err = g.run(ctx, dir, &ids, readRemoved, compare...)
	return removed, complete && err == nil, err
}

// removedNames are the options with which git prints the paths of removed files, each followed by a zero byte.
var removedNames = []string{"--no-renames", "--name-only", "-z", "--diff-filter=D"}

// maxTouching bounds the commits that are looked at for the one that removed a file. It is
// nearly always the last that touched it.
const maxTouching = 50

// removal returns the id of the last commit of a range that removed a file; nil for none.
func (g *gitRunner) removal(ctx context.Context, dir string, commits []string, file string) (id []byte, err error) {
	// git lists the commits while they are looked at, and is stopped at the first that is the one.
	find := func(r *bufio.Reader) error {
		for range maxTouching {
			commit, err := readRecord(r, '\n')
			if err != nil || !isObjectID(commit) {
				return errEnough
			}
			compare := slices.Concat([]string{"diff-tree", "-r"}, plainDiff, removedNames,
				[]string{"--no-commit-id", commit, "--", file})
			removed, err := g.output(ctx, dir, compare...)
			if err != nil {
				return err
			}
			if len(removed) > 0 {
				id = []byte(commit)
				return errEnough
			}
		}
		return errEnough
	}
	list := slices.Concat([]string{"rev-list", "--no-merges"}, commits, []string{"--", file})
	err = g.run(ctx, dir, nil, find, list...)
	return id, err
}
