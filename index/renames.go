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

// Renames lists where a file of an earlier version is now, when it is not there
// any more: where git says that it was renamed to, between the version and the
// files of the workspace or in the history; else where content is that is much
// like it.
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

func (s *Snapshot) findRenamed(ctx context.Context, docVersion, file string) (out []string) {
	add := func(p string) {
		if p != "" && s.Has(p) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}

	if s.w.gitDir != "" {
		rev, ok := strings.CutPrefix(docVersion, "git:")
		if !ok {
			rev = "HEAD"
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

// plainDiff has git compare by nothing but its objects, and look at so many pairs for
// renames as it does by itself. What is renamed is asked for as it has always been: that is
// part of the questions' names in traces (see askGit).
var (
	plainDiff = []string{"--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "-l1000"}
	renamed   = []string{"--relative", "--name-status", "-z", "-M40%", "--diff-filter=R"}
)

// renamedSince is where git finds the files of a revision among those of the index, if they
// have another name.
func (w *Workspace) renamedSince(ctx context.Context, rev string) map[string]string {
	question := slices.Concat(w.recordedFilters(),
		[]string{"diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all"}, renamed,
		[]string{"--end-of-options", rev})
	out, err := w.askGit(strings.Join(question, " "), func() ([]byte, error) {
		commit, err := w.objects.commit(rev)
		if err != nil {
			return nil, err
		}
		return w.renames.renamesSince(ctx, w, commit)
	})
	return readRenames(out, err)
}

// renamedInHistory follows a file of a revision through the commits that renamed it since, or,
// where the revision is today's, ever.
func (w *Workspace) renamedInHistory(ctx context.Context, rev, file string) (out []string) {
	for range 5 {
		commit, err := w.askGit("log -1 --format=%H --diff-filter=D -- "+file, func() ([]byte, error) {
			since, err := w.objects.commit(rev)
			if err != nil {
				return nil, err
			}
			head, err := w.objects.commit("HEAD")
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

// readRenames reads --name-status -z: status, old and new path.
func readRenames(raw []byte, err error) map[string]string {
	out := map[string]string{}
	if err != nil {
		return out
	}
	f := strings.Split(string(raw), "\x00")
	for i := 0; i+2 < len(f); i += 3 {
		out[f[i+1]] = f[i+2]
	}
	return out
}

// mostLike is the one file of the same extension that the earlier version had
// not, as far as that is known, and whose lines are for the most part those of the
// content; "" for none.
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
			continue
		}
		have, both := lineSet(b), 0
		for l := range have {
			if want[l] {
				both++
			}
		}

		like := float64(both) / float64(max(1, len(want)+len(have)-both))
		if like > best {
			best, second, found = like, best, p
		} else if like > second {
			second = like
		}
	}

	if best < 0.5 || best-second < 0.1 {
		return ""
	}
	return found
}

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
