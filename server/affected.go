package server

import (
	"context"
	"maps"
	"path"
	"slices"

	"lanser/index"
	"lanser/server/api"
	"lanser/server/catalogue"
	"lanser/server/patch"
)

// affectedTrace is the first format version of traces in which a check of a patch leaves files out.
const affectedTrace = 5

// affected says for each server about which files a check of a change has to ask it: those whose findings the
// change can affect; nil for all. The others have the findings that they had.
type affected struct {
	files  map[*catalogue.Server]func(p string) bool
	reason string // why the others are not asked about
}

// The reasons of the files that a check of a patch, and of what is staged, does not ask about.
const (
	patchReason  = "the patch changes nothing that they depend on"
	stagedReason = "what is staged changes nothing that they depend on"
)

// affectedBy returns what the patch of a request can change; nil if all files are to be asked about, as they were
// in older traces. An error is left to the check, which meets it too.
func (e *Engine) affectedBy(ctx context.Context, o *api.Options) *affected {
	if e.cfg.wholePatches || e.scip != nil || !o.OnlyNew() {
		return nil
	}
	disk, err := e.ws.Snapshot(ctx)
	if err != nil {
		return nil
	}
	if e.cfg.Trace != nil {
		defer func() { e.cfg.Trace.Files(disk.Digests(), disk.Bytes) }()
	}
	options := *o
	after, err := overlaid(disk, &options)
	if err != nil {
		return nil
	}
	before := disk
	if len(o.Overlay) > 0 {
		options.Patch = ""
		before, err = overlaid(disk, &options)
		if err != nil {
			return nil
		}
	}
	patched, err := patch.Apply(before, o.Patch, catalogue.IsText)
	if err != nil {
		return nil
	}
	return affectedByChange(before, after, slices.Collect(maps.Keys(patched)), patchReason)
}

// affectedByChange returns what the change of files between two states can change; nil if all files are to be
// asked about.
func affectedByChange(before, after *index.Snapshot, changed []string, reason string) *affected {
	for _, p := range changed {
		if !before.Has(p) || !after.Has(p) || !ownCode[path.Ext(p)] {
			return nil
		}
	}
	a := &affected{files: map[*catalogue.Server]func(p string) bool{}, reason: reason}
	for _, srv := range catalogue.Servers {
		a.files[srv] = srv.Dependents(before, after, changed)
	}
	return a
}

// ownCode are the extensions of code that the servers of other languages never read. Others are embedded, included
// or imported as data, and any file may come to be embedded once it is there.
var ownCode = map[string]bool{".go": true, ".py": true, ".pyi": true, ".rs": true}

// has reports whether the change can affect what a server finds in a file.
func (a *affected) has(srv *catalogue.Server, p string) bool {
	in, known := a.files[srv]
	return !known || in == nil || in(p)
}

type affectedKey struct{}

// with returns a context whose checks ask about affected files alone.
func (a *affected) with(ctx context.Context) context.Context {
	if a == nil {
		return ctx
	}
	return context.WithValue(ctx, affectedKey{}, a)
}

// affectedIn returns what [affected.with] has put into a context, nil for nothing.
func affectedIn(ctx context.Context) *affected {
	a, _ := ctx.Value(affectedKey{}).(*affected)
	return a
}
