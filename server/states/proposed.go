package states

import (
	"context"
	"path"
	"slices"
	"sync"

	"lanser/index"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/patch"
)

// A proposed change is laid over the files on disk: the servers get the documents that it changes, and read the others.
// Some changes they cannot be shown so, because they read the files from the disk: a file that is removed or renamed, a
// configuration, a header, data that code imports. Such a change is checked in a copy of the workspace that has it.

// Proposed answers a check of the files with the overlay and the patch of a request, in a copy of the workspace where
// servers would not see the change otherwise. A trace holds one state of the files, so that what is recorded or
// replayed is never a copy: the check is doubted where it would need one ([UnseenData]).
func (e *Comparer) Proposed(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	if !req.Options.Hypothetical() || e.Recorded || e.FromIndex {
		return e.Answer(ctx, req)
	}
	disk, err := e.Workspace.Snapshot(ctx)
	if err != nil {
		return e.Answer(ctx, req)
	}
	after, specials, err := OverlaidApart(disk, &req.Options)
	specials = slices.DeleteFunc(specials, IsProse)
	if err != nil || len(specials) == 0 && !readFromDisk(disk, after) {
		return e.Answer(ctx, req) // which reports what is wrong with the patch
	}
	return e.inProposedCopy(ctx, req, after, specials)
}

// IsProse reports whether a change is of a link with the name of a text that code does not depend on.
func IsProse(s patch.Special) bool { return !s.IsSubmodule && hasProse(s.Path) }

// hasProse reports whether a file has the name of a text that code does not depend on.
func hasProse(p string) bool { return slices.Contains(prose, path.Ext(p)) }

// readFromDisk reports whether servers read from the disk what a change makes of its files.
func readFromDisk(disk, after *index.Snapshot) bool {
	isUnseen := func(srv *catalogue.Server) bool { return !srv.Untested && UnseenData(srv, disk, after) != "" }
	return slices.ContainsFunc(after.Overlaid(), func(p string) bool {
		isServed := false
		for _, srv := range catalogue.Servers {
			if srv.Untested || !srv.Concerns(p) {
				continue
			}
			if srv.ReadsFromDisk(after, p) != "" || srv.UnseenInChecks(disk, after, p) {
				return true
			}
			isServed = true
		}
		if disk.Has(p) && !after.Has(p) {
			return true
		}
		if isServed || slices.Contains(prose, path.Ext(p)) {
			return false
		}
		return !disk.Has(p) || slices.Contains(data, path.Ext(p))
	}) || slices.ContainsFunc(catalogue.Servers, isUnseen)
}

// prose are the extensions of texts that code does not depend on, and data those of files whose contents code may
// depend on though no tested server is responsible for them.
var (
	prose = []string{".md", ".rst", ".txt", ".adoc"}
	data  = []string{".json", ".def", ".inc", ".tbl", ".x"}
)

// UnseenFile returns a file that a server, when it checks others, does not see as a change has it: one that they import
// and that the change adds, or a script that they source. It returns "" if there is none.
func UnseenFile(srv *catalogue.Server, disk, after *index.Snapshot) string {
	for _, p := range after.Overlaid() {
		if srv.Concerns(p) && after.Has(p) && srv.UnseenInChecks(disk, after, p) {
			return p
		}
	}
	return ""
}

// UnseenData returns a file that a change gives another content, or removes or adds, which the sources of a server
// include, embed or import, though it is none of them: the server reads it from the disk, as it is there. It returns ""
// if there is none.
func UnseenData(srv *catalogue.Server, disk, after *index.Snapshot) string {
	var changed []string
	for _, p := range after.Overlaid() {
		switch {
		case srv.Concerns(p):
		case len(srv.Included) > 0 && slices.Contains(data, path.Ext(p)):
			return p
		case srv.ReadsData || disk.Has(p) != after.Has(p):
			changed = append(changed, p)
		}
	}
	if len(changed) == 0 {
		return ""
	}
	names := map[string]bool{}
	addDataNames(names, srv, after, after.Paths())
	for _, p := range srv.Data(changed, names) {
		return p
	}
	return ""
}

// addDataNames adds the names by which some sources of a server name files that are none of them.
func addDataNames(names map[string]bool, srv *catalogue.Server, s *index.Snapshot, sources []string) {
	for _, p := range sources {
		if !srv.Concerns(p) || !s.Has(p) {
			continue
		}
		c, err := s.Content(p)
		if err != nil {
			continue // the check reports the file
		}
		for _, name := range srv.DataNames(p, c.Bytes()) {
			names[name] = true
		}
	}
}

// dataNamed returns a function that reports whether a source includes, embeds or imports a file, as "go:embed a.txt"
// does. It looks at the sources of tested servers on disk, at HEAD and as they are staged. The first call reads them; a
// source that is the same in all states is read once.
func dataNamed(disk *index.Snapshot, staged *index.Staged) func(file string) bool {
	differ := slices.Concat(staged.Changed, staged.Edited)
	names := sync.OnceValue(func() map[*catalogue.Server]map[string]bool {
		names := map[*catalogue.Server]map[string]bool{}
		for _, srv := range catalogue.Servers {
			if srv.Untested {
				continue
			}
			names[srv] = map[string]bool{}
			addDataNames(names[srv], srv, disk, disk.Paths())
			addDataNames(names[srv], srv, staged.Before, differ)
			addDataNames(names[srv], srv, staged.After, differ)
		}
		return names
	})
	return func(file string) bool {
		for srv, of := range names() {
			isIncluded := len(srv.Included) > 0 && slices.Contains(data, path.Ext(file))
			if isIncluded || len(srv.Data([]string{file}, of)) > 0 {
				return true
			}
		}
		return false
	}
}

// inProposedCopy answers a request in a copy with the files of a snapshot, and some links and submodules changed. The
// bundle is made to name the workspace.
func (e *Comparer) inProposedCopy(
	ctx context.Context, req api.Request, after *index.Snapshot, specials []patch.Special,
) (b *bundle.Bundle, err error) {
	var others []index.Replacement
	for _, s := range specials {
		others = append(others, index.Replacement{
			Path: s.Path, IsSubmodule: s.IsSubmodule, Was: s.Was, Is: s.Is, SameAs: s.SameAs,
		})
	}
	inside := req
	inside.Options.Patch, inside.Options.Overlay, inside.Options.Frozen = "", nil, ""
	inside.Paths = slices.Clone(req.Paths)
	for i, p := range inside.Paths {
		inside.Paths[i], err = e.Workspace.Rel(p)
		if err != nil {
			return nil, err
		}
	}
	extract := func(dir string) (*index.Extracted, error) {
		x, err := e.Workspace.ExtractSnapshot(ctx, after, others, dir)
		if err != nil {
			return nil, refusal(err)
		}
		return x, nil
	}
	err = e.inCopy("the proposed change", extract, func(copied Checker, files *index.Extracted) error {
		b, err = copied.Answer(ctx, inside)
		if err != nil {
			return err
		}
		for _, why := range files.Doubts {
			b.Evidence.State = bundle.Worse(b.Evidence.State, bundle.Partial)
			b.Evidence.Note(why)
		}
		b.Local.Root = e.Workspace.Root()
		cmd := b.Request.Cmd
		b.Request = req.Bundle(e.Workspace.Root(), e.Platform).Request
		b.Request.Cmd = cmd
		if b.Snapshot != nil {
			b.Snapshot.VCS, b.Snapshot.Overlaid = e.VCS(ctx), after.Overlaid()
		}
		return b.Seal()
	})
	return b, err
}
