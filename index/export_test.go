package index

import (
	"context"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"lanser/index/beneath"
	"lanser/index/git"
)

// TrustTimes makes every stamp trusted that is older than now, until restore is
// called.
func TrustTimes() (restore func()) {
	was := coarsestFileTime
	coarsestFileTime = 0
	return func() { coarsestFileTime = was }
}

// Lists is how often the files of the workspace were listed.
func (w *Workspace) Lists() int { return w.listCount }

// SetGitTime bounds each run of git until restore is called.
func SetGitTime(d time.Duration) (restore func()) {
	was := git.Timeout
	git.Timeout = d
	return func() { git.Timeout = was }
}

// ListPlain lists a tree without git.
func ListPlain(ctx context.Context, root string) ([]string, error) {
	dir, err := beneath.Open(root)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return plainFiles(ctx, dir)
}

// MatchRules reads the rules of a .gitignore and matches them with a path.
func MatchRules(raw []byte, path []string) (rules int, matched bool) {
	patterns := readIgnoreRules(raw, nil)
	return len(patterns), gitignore.NewMatcher(patterns).Match(path, false)
}
