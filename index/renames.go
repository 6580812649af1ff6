package index

import (
	"bufio"
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
		for _, p := range s.w.renamedInHistory(ctx, file) {
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
	question := slices.Concat(
		w.recordedFilters(),
		[]string{"diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all"},
		renamed,
		[]string{"--end-of-options", rev},
	)
	out, err := w.askGit(strings.Join(question, " "), func() ([]byte, error) {
		commit, err := w.runner.commit(ctx, w.root, rev)
		if err != nil {
			return nil, err
		}
		return w.runner.output(
			ctx,
			w.root,
			slices.Concat([]string{"diff-index", "--cached"}, plainDiff, renamed, []string{commit, "--"})...,
		)
	})
	return readRenames(out, err)
}

// commit returns the id of the commit that a revision names.
func (g *gitRunner) commit(ctx context.Context, dir, rev string) (string, error) {
	out, err := g.output(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	return strings.TrimSpace(string(out)), err
}

// renamedInHistory follows a file that was committed once through the commits
// that renamed it.
func (w *Workspace) renamedInHistory(ctx context.Context, file string) (out []string) {
	for range 5 {
		commit, err := w.askGit("log -1 --format=%H --diff-filter=D -- "+file, func() ([]byte, error) {
			return w.runner.removal(ctx, w.root, file)
		})
		id := strings.TrimSpace(string(commit))
		if err != nil || id == "" {
			return out
		}
		question := slices.Concat([]string{"diff-tree", "-r"}, renamed, []string{id + "^", id})
		raw, err := w.askGit(strings.Join(question, " "), func() ([]byte, error) {
			return w.runner.output(
				ctx,
				w.root,
				slices.Concat([]string{"diff-tree", "-r"}, plainDiff, renamed, []string{id + "^", id, "--"})...,
			)
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

// maxTouching bounds the commits that are looked at for the one that removed a file. It is
// nearly always the last that touched it.
const maxTouching = 50

// removal returns the id of the last commit that removed a file; nil for none.
func (g *gitRunner) removal(ctx context.Context, dir, file string) (id []byte, err error) {
	looked := 0
	err = g.run(ctx, dir, nil, func(r *bufio.Reader) error {
		for {
			commit, err := readRecord(r, '\n')
			if err != nil || looked == maxTouching || !isObjectID(commit) {
				return errEnough
			}
			looked++
			removed, err := g.output(ctx, dir, slices.Concat(
				[]string{"diff-tree", "-r"},
				plainDiff,
				[]string{
					"--no-renames",
					"--name-only",
					"-z",
					"--diff-filter=D",
					"--no-commit-id",
					commit,
					"--",
					file,
				},
			)...)
			if err != nil {
				return err
			}
			if len(removed) > 0 {
				id = []byte(commit)
				return errEnough
			}
		}
	}, "rev-list", "--no-merges", "HEAD", "--", file)
	return id, err
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
