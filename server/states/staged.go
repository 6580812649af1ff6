package states

import (
	"context"
	"errors"
	"slices"
	"time"

	"lanser/index"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/compare"
	"lanser/server/plan"
)

// A check of what is staged is about two states that may both differ from the files on disk: the content of git's
// index, and the last commit. A state is laid over the files on disk, as a patch is, if servers see it then as it
// is. They do not if a file on disk has to be hidden from them, as one that is not in the index, or a header that
// other files include. Such a state is checked in a copy outside the workspace, as the revision of --since is.

// stagedCheck is the work of one check of what is staged. disk and staged are read once, so that both checks are about
// the same index.
type stagedCheck struct {
	*Comparer
	req    api.Request // without the option
	fixes  bool
	disk   *index.Snapshot
	staged *index.Staged
}

// maxStagedOverlay bounds the files of a state that is laid over those on disk: a server opens each of them. A state
// that differs in more is checked in a copy.
const maxStagedOverlay = 500

// compareStaged answers a request with the option staged. Where it fails, the bundle is nil or what the answer was
// to be.
func (e *Comparer) compareStaged(ctx context.Context, req api.Request, started time.Time) (*bundle.Bundle, error) {
	disk, err := e.Workspace.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	staged, err := e.Workspace.Staged(ctx, disk, req.Options.IndexFile, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	isData := dataNamed(disk, staged)
	isUnread := func(p string) bool { return !concernsAServer(p) && !isData(p) }
	staged.Changed = slices.DeleteFunc(staged.Changed, isUnread)
	staged.Edited = slices.DeleteFunc(staged.Edited, isUnread)
	staged.ChangedBesides = slices.DeleteFunc(staged.ChangedBesides, hasProse)
	staged.EditedBesides = slices.DeleteFunc(staged.EditedBesides, hasProse)
	s := &stagedCheck{Comparer: e, req: req, fixes: req.Options.Fixes, disk: disk, staged: staged}
	s.req.Options = req.Options.InnerQuestion(true)
	then, err := s.earlier(ctx, &req.Options)
	if err != nil {
		return nil, err
	}
	now, err := s.checkBoth(ctx, then)
	if err != nil {
		return nil, err
	}
	lines := compare.Lines{Filter: req.Options.Filter, Then: staged.Before, Now: staged.After, Has: staged.After.Has}
	return e.attachComparison(req, now, then, lines, started)
}

// concernsAServer reports whether the findings of a server can depend on the content of a file.
func concernsAServer(p string) bool {
	return slices.ContainsFunc(catalogue.Servers, func(srv *catalogue.Server) bool {
		return srv.BearsOnCheck(p) || srv.DocumentID(p) != ""
	})
}

// earlier returns the check to compare with: of a report, of HEAD, which is yet to be made, or nil for none. On a
// branch without a commit it is an empty check, so that all findings are new.
func (s *stagedCheck) earlier(ctx context.Context, o *api.Options) (*compare.Earlier, error) {
	if o.Baseline != "" {
		return s.Comparer.earlier(ctx, o)
	}
	if !o.OnlyNew() {
		return nil, nil
	}
	then := &compare.Earlier{Commit: s.staged.Head}
	if then.Commit != "" {
		then.Compared = bundle.Compared{Rev: "HEAD", Commit: then.Commit}
		then.Renamed = s.staged.Renamed
	}
	return then, nil
}

// checkBoth returns the check of what is staged, and adds the findings at HEAD to then, if that is to be checked. If
// both states are laid over the files on disk, only files are asked about that the staged change can affect, and none
// if nothing is staged. Otherwise all are.
func (s *stagedCheck) checkBoth(ctx context.Context, then *compare.Earlier) (*bundle.Bundle, error) {
	checksHead := then != nil && then.Compared.Rev != ""
	after := s.overlay(s.staged.After, s.staged.Edited)
	before := s.overlay(s.staged.Before, slices.Concat(s.staged.Edited, s.staged.Changed))
	bothLaid := after != nil && before != nil
	staged := len(s.staged.Changed) + len(s.staged.Submodules) + len(s.staged.ChangedBesides)
	if checksHead && staged == 0 {
		after, before, bothLaid = map[string]*string{}, map[string]*string{}, true // no file is asked about
	}
	if checksHead && bothLaid {
		if a, err := s.affected(before, after); err == nil {
			ctx = a.With(ctx)
		}
	}
	now, err := s.checkIndex(ctx, after)
	if err != nil || !checksHead {
		return now, err
	}
	if err := s.checkHead(ctx, before, then); err != nil {
		return nil, err
	}
	return now, nil
}

// affected returns what the staged change can affect, given both overlays.
func (s *stagedCheck) affected(before, after map[string]*string) (*plan.Affected, error) {
	was, err := Overlaid(s.disk, &api.Options{Overlay: before})
	if err != nil {
		return nil, err
	}
	is, err := Overlaid(s.disk, &api.Options{Overlay: after})
	if err != nil {
		return nil, err
	}
	a, _ := plan.AffectedByChange(was, is, s.staged.Changed, plan.StagedReason)
	return a, nil
}

// overlay returns the overlay that makes of the files on disk those of a state, which may differ in some paths. It is
// nil if servers would not see the state as it is: for a state that lacks a file of the disk, for a file that a server
// reads from the disk whatever is laid over it, for a submodule at another commit, for a link or a file outside of the
// workspace that differs, and beyond maxStagedOverlay. An empty overlay is not nil: the disk is in that state.
func (s *stagedCheck) overlay(state *index.Snapshot, paths []string) map[string]*string {
	if len(s.staged.Submodules)+len(s.staged.ChangedBesides)+len(s.staged.EditedBesides) > 0 {
		return nil
	}
	over := map[string]*string{}
	for _, p := range paths {
		if _, done := over[p]; done || !state.Has(p) && !s.disk.Has(p) {
			continue
		}
		if !state.Has(p) || len(over) == maxStagedOverlay {
			return nil
		}
		content, err := state.Content(p)
		if err != nil {
			return nil // the copy, or the server, reports what is wrong with the file
		}
		if now, err := s.disk.Content(p); err == nil && now.Digest() == content.Digest() {
			continue
		}
		text := string(content.Bytes())
		over[p] = &text
	}
	if after, err := Overlaid(s.disk, &api.Options{Overlay: over}); err != nil || readFromDisk(s.disk, after) {
		return nil
	}
	return over
}

// checkIndex checks what is staged, given its overlay, nil for a check in a copy. The bundle of a copy is made to name
// the workspace. What the copy could not be given, such as a submodule, is a doubt.
func (s *stagedCheck) checkIndex(ctx context.Context, over map[string]*string) (b *bundle.Bundle, err error) {
	req := s.req
	req.Options.Fixes = s.fixes
	if over != nil {
		req.Options.Overlay = over
		return s.Answer(ctx, req)
	}
	req.Paths = slices.Clone(req.Paths)
	for i, p := range req.Paths {
		req.Paths[i], err = s.Workspace.Rel(p)
		if err != nil {
			return nil, err
		}
	}
	extract := func(dir string) (*index.Extracted, error) { return s.staged.Extract(ctx, dir) }
	err = s.inCopy("the index", extract, func(copied Checker, files *index.Extracted) error {
		b, err = copied.Answer(ctx, req)
		if err != nil {
			return err
		}
		for _, why := range files.Doubts {
			b.Evidence.State = bundle.Worse(b.Evidence.State, bundle.Partial)
			b.Evidence.Note(why)
		}
		b.Local.Root = s.Workspace.Root()
		if b.Snapshot != nil {
			b.Snapshot.VCS = s.VCS(ctx)
		}
		return nil
	})
	return b, err
}

// checkHead checks the last commit, given its overlay, nil for a check in a copy, and adds its findings to then.
func (s *stagedCheck) checkHead(ctx context.Context, over map[string]*string, then *compare.Earlier) (err error) {
	req := s.req
	if over == nil {
		err = s.checkCommit(ctx, req, then)
	} else {
		req.Options.Overlay = over
		req.Paths = s.pathsAtCommit(req.Paths, s.staged.Before.Paths(), then.Renamed)
		if len(req.Paths) == 0 && len(s.req.Paths) > 0 {
			return nil // none of them existed
		}
		var b *bundle.Bundle
		b, err = s.Answer(ctx, req)
		err = then.Add(b, err, "the check of HEAD")
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		then.Doubts = append(then.Doubts, "there was no time to check HEAD: give it longer with --timeout")
		return nil
	}
	return err
}
