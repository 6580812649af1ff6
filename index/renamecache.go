package index

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"lanser/index/beneath"
	"lanser/index/git"
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
	index  beneath.Stamp
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
		args := slices.Concat([]string{"diff-index", "--cached"}, git.PlainDiff, renamed, []string{commit, "--"})
		return w.runner.Output(ctx, w.root, args...)
	}

	gitFiles := w.findGitFiles(ctx)
	if gitFiles == nil {
		return ask()
	}
	stamps := beneath.StampFiles("/", gitFiles[indexFile:indexFile+1])
	if stamps[0] == nil || tooRecent(stamps) { // another index may have the same stamp
		return ask()
	}
	return c.sinceCommit.get(indexedCommit{commit: commit, index: stamps[0].Stamp}, ask)
}

// renamesIn returns the renames that a commit makes, as git prints them.
func (c *renameCache) renamesIn(ctx context.Context, w *Workspace, id string) ([]byte, error) {
	return c.inCommit.get(id, func() ([]byte, error) {
		args := slices.Concat([]string{"diff-tree", "-r"}, git.PlainDiff, renamed, []string{id + "^", id, "--"})
		return w.runner.Output(ctx, w.root, args...)
	})
}

// commitsOf returns the ids of the last commits that changed a file, the latest first, a line each.
func (c *renameCache) commitsOf(ctx context.Context, w *Workspace, head, file string) ([]byte, error) {
	return c.touching.get(fileIn{commits: commitRange{until: head}, file: file}, func() ([]byte, error) {
		count := strconv.Itoa(maxEarlierVersions)
		return w.runner.Output(ctx, w.root, "rev-list", "--max-count", count, head, "--", file)
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
		return w.runner.Removal(ctx, w.root, commits.arguments(), file)
	})
}

// of returns the id of the last commit that removed a file. ok is false if git must be asked about that file
// alone.
func (r *removals) of(ctx context.Context, w *Workspace, commits commitRange, file string) (id []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.asked > maxSingle && !r.read {
		removed, complete, err := w.runner.Removals(ctx, w.root, commits.arguments(), maxHistory)
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

// maxHistory bounds the commits whose removals are read at once.
const maxHistory = 20_000
