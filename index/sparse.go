package index

import (
	"bufio"
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"

	"lanser/index/git"
)

// sparseRules says which files a sparse checkout leaves out of the working tree.
type sparseRules struct {
	top     string          // the folder of the working tree
	skipped map[string]bool // path in git's index → whether git leaves it out of the working tree
	folders []string        // that a sparse index leaves out as a whole, each with a final slash
}

// sparseRules returns the rules of the repository; nil if its checkout is not sparse.
func (w *Workspace) sparseRules(ctx context.Context) (*sparseRules, error) {
	out, err := w.runner.List(ctx, w.gitDir, "-z", "-t", "-c")
	if err != nil {
		return nil, err
	}
	s := &sparseRules{top: w.gitDir, skipped: map[string]bool{}}
	sparse := false
	for record := range strings.SplitSeq(string(out), "\x00") {
		tag, p, ok := strings.Cut(record, " ")
		if !ok {
			continue
		}
		isSkipped := tag == "S"
		sparse = sparse || isSkipped
		if isSkipped && strings.HasSuffix(p, "/") {
			s.folders = append(s.folders, p)
		}
		s.skipped[p] = isSkipped
	}

	if !sparse {
		return nil, nil
	}
	return s, nil
}

// present returns the entries of a commit that a checkout of it would hold, in their order. A file that is
// not in the index now is left out if the rules of the sparse checkout say so. A git before 2.41 cannot be asked for
// the rules; then they are guessed from the folders that are checked out now.
func (w *Workspace) present(ctx context.Context, entries []entry) ([]entry, error) {
	s, err := w.sparseRules(ctx)
	if s == nil || err != nil {
		return entries, err
	}
	var unknown []string
	for _, e := range entries {
		if _, ok := s.skipped[e.path]; !ok && !s.inFolder(e.path) {
			unknown = append(unknown, e.path)
		}
	}

	// Without rules, files were left out one by one, with git update-index --skip-worktree.
	setting, err := w.git(ctx, "config", "--type=bool", "--get", "core.sparseCheckout")
	hasRules := err == nil && strings.TrimSpace(string(setting)) == "true"
	var matching map[string]bool
	if hasRules {
		matching, err = w.matchingRules(ctx, unknown)
		if err != nil {
			matching = s.guess(unknown)
		}
	}

	var out []entry
	for _, e := range entries {
		skipped, known := s.skipped[e.path]
		keep := matching[e.path] || !hasRules
		if known {
			keep = !skipped || isOnDisk(s.top, e.path)
		}
		if keep {
			out = append(out, e)
		}
	}
	return out, nil
}

// inFolder reports whether a path is in a folder that a sparse index leaves out as a whole.
func (s *sparseRules) inFolder(p string) bool {
	for _, dir := range s.folders {
		if strings.HasPrefix(p, dir) {
			return true
		}
	}
	return false
}

// isOnDisk reports whether a file of the index exists in the working tree below dir. It may exist though git leaves it
// out, as after git update-index --skip-worktree.
func isOnDisk(dir, p string) bool {
	_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(p)))
	return err == nil
}

// matchingRules returns which of the paths the rules of the sparse checkout include, as git says. git only
// reads its own files for that.
func (w *Workspace) matchingRules(ctx context.Context, paths []string) (map[string]bool, error) {
	matching := map[string]bool{}
	if len(paths) == 0 {
		return matching, nil
	}
	input := strings.NewReader(strings.Join(paths, "\x00") + "\x00")
	err := w.runner.Run(ctx, w.gitDir, input, func(r *bufio.Reader) error {
		for {
			p, err := git.ReadRecord(r, 0)
			if err != nil {
				return nil // the end
			}
			matching[p] = true
		}
	}, "sparse-checkout", "check-rules", "-z")
	return matching, err
}

// guess returns which of the paths a checkout would hold, by the nearest folder of each that the index
// knows. As in git's cone mode, a folder of which a file is checked out has all the files directly in it,
// and further folders only if nothing below it is left out.
func (s *sparseRules) guess(paths []string) map[string]bool {
	type contents struct{ hasPresent, hasLeftOut bool } // files at any depth below a folder
	folders := map[string]contents{}
	for p, skipped := range s.skipped {
		for dir := path.Dir(strings.TrimSuffix(p, "/")); ; dir = path.Dir(dir) {
			c := folders[dir]
			c.hasPresent = c.hasPresent || !skipped
			c.hasLeftOut = c.hasLeftOut || skipped
			folders[dir] = c
			if dir == "." {
				break
			}
		}
	}

	present := map[string]bool{}
	for _, p := range paths {
		dir := path.Dir(p)
		for dir != "." && folders[dir] == (contents{}) {
			dir = path.Dir(dir)
		}
		c := folders[dir]
		present[p] = c.hasPresent && (dir == path.Dir(p) || !c.hasLeftOut)
	}
	return present
}
