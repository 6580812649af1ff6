package index

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/text"
)

// Renames returns the paths now of a file of an earlier version, if there is no file at its path any more. git
// says to which names it was renamed, between the version and the files of the workspace or by a commit in the
// history. If git knows none, the result is the file whose content is most like it.
func (s *Snapshot) Renames(ctx context.Context, docVersion, file string) []string {
	if s.Has(file) {
		return nil
	}
	key := docVersion + "\x00" + file
	if v, ok := s.renamed.Load(key); ok {
		return v.([]string)
	}
	out := s.findRenamed(ctx, docVersion, file)
	if ctx.Err() == nil {
		s.renamed.Store(key, out)
	}
	return out
}

// findRenamed is Renames without its cache.
func (s *Snapshot) findRenamed(ctx context.Context, docVersion, file string) (out []string) {
	add := func(p string) {
		if p != "" && s.Has(p) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}

	if s.w.gitDir != "" {
		rev, ok := strings.CutPrefix(docVersion, "git:")
		if !ok {
			rev = "HEAD" // the version of a digest has no place in the history
		}
		add(s.w.renamedSince(ctx, rev)[file])
		for _, p := range s.w.renamedInHistory(ctx, rev, file) {
			add(p)
			add(s.w.renamedSince(ctx, "HEAD")[p])
		}
	}

	if len(out) == 0 && docVersion != "" {
		if old, err := s.At(ctx, docVersion, file); err == nil {
			if c, err := old.Content(file); err == nil {
				add(s.mostLike(c, file, old))
			}
		}
	}
	return out
}

// renamed are the options with which git prints renames. They must not change, as they are part of the names of
// questions in traces (see askGit).
var renamed = []string{"--relative", "--name-status", "-z", "-M40%", "--diff-filter=R"}

// renamedSince maps the paths of files at a revision to their paths in the index, for the files that git finds to
// be renamed.
func (w *Workspace) renamedSince(ctx context.Context, rev string) map[string]string {
	question := slices.Concat(w.recordedFilters(),
		[]string{"diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all"}, renamed,
		[]string{"--end-of-options", rev})
	out, err := w.askGit(strings.Join(question, " "), func() ([]byte, error) {
		commit, err := w.objects.Commit(rev)
		if err != nil {
			return nil, err
		}
		return w.renames.renamesSince(ctx, w, commit)
	})
	return readRenames(out, err)
}

// maxRenames bounds the renames that a file is followed through.
const maxRenames = 5

// renamedInHistory returns the paths that a file of a revision was renamed to, the earliest first. The commits since
// the revision are looked at; for the current commit, all commits before it.
func (w *Workspace) renamedInHistory(ctx context.Context, rev, file string) (out []string) {
	for range maxRenames {
		commit, err := w.askGit("log -1 --format=%H --diff-filter=D -- "+file, func() ([]byte, error) {
			since, err := w.objects.Commit(rev)
			if err != nil {
				return nil, err
			}
			head, err := w.objects.Commit("HEAD")
			if err != nil {
				return nil, err
			}
			return w.renames.removalOf(ctx, w, since, head, file)
		})
		id := strings.TrimSpace(string(commit))
		if err != nil || id == "" {
			return out
		}

		question := slices.Concat([]string{"diff-tree", "-r"}, renamed, []string{id + "^", id})
		raw, err := w.askGit(strings.Join(question, " "), func() ([]byte, error) {
			return w.renames.renamesIn(ctx, w, id)
		})
		next := readRenames(raw, err)[file]
		if next == "" || slices.Contains(out, next) {
			return out
		}
		out = append(out, next)
		file = next
	}
	return out
}

// readRenames parses git's output with --name-status -z: a status, the old path and the new path of each file. An
// error of git counts as no renames.
func readRenames(raw []byte, err error) map[string]string {
	out := map[string]string{}
	if err != nil {
		return out
	}
	fields := strings.Split(string(raw), "\x00")
	for i := 0; i+2 < len(fields); i += 3 {
		out[fields[i+1]] = fields[i+2]
	}
	return out
}

// A file is taken for a renamed one if the two share at least minSimilarity of their lines, and if no other file
// comes closer than minLead to that: with two candidates, neither is certain.
const (
	minSimilarity = 0.5
	minLead       = 0.1
)

// mostLike returns the file that shares most of its lines with a content of an earlier version, at the path was; ""
// if no file is similar enough. Only files with the same extension are compared, and only those that the earlier
// version did not have yet, if it is a whole commit.
func (s *Snapshot) mostLike(c *text.Content, was string, old selectors.Version) string {
	want := lineSet(c.Bytes())
	best, second, found := 0.0, 0.0, ""
	for _, p := range s.paths {
		if path.Ext(p) != path.Ext(was) {
			continue
		}
		if whole, ok := old.Source.(*Snapshot); ok && old.Whole && whole.Has(p) {
			continue
		}

		f := s.files[p]
		s.uses.Store(p, true)
		f.mu.Lock()
		b, err := s.bytes(f)
		f.mu.Unlock()
		if err != nil || len(b) > 4*c.Len()+1000 || c.Len() > 4*len(b)+1000 {
			continue // the sizes alone rule it out
		}
		similarity := overlap(want, lineSet(b))
		if similarity > best {
			best, second, found = similarity, best, p
		} else if similarity > second {
			second = similarity
		}
	}

	if best < minSimilarity || best-second < minLead {
		return ""
	}
	return found
}

// overlap returns the share of the elements of two sets that both contain, from 0 to 1 (the Jaccard index).
func overlap(a, b map[string]bool) float64 {
	both := 0
	for line := range b {
		if a[line] {
			both++
		}
	}
	return float64(both) / float64(max(1, len(a)+len(b)-both))
}

// lineSet returns the lines of a file without surrounding spaces. Lines of up to three bytes, such as closing
// brackets, are in every file and left out.
func lineSet(b []byte) map[string]bool {
	out := map[string]bool{}
	for line := range bytes.Lines(b) {
		line = bytes.TrimSpace(line)
		if len(line) > 3 {
			out[string(line)] = true
		}
	}
	return out
}
