package server

import (
	"context"
	"path"

	"lanser/server/api"
	"lanser/server/catalogue"
)

// affectedTrace is the first format version of traces in which a check of a patch leaves files out.
const affectedTrace = 5

// affected says for each server about which files a check of a patch has to ask it: those whose findings the
// patch can change; nil for all. The others have the findings that they had.
type affected map[*catalogue.Server]func(p string) bool

// affectedReason is the reason of the files that a check of a patch does not ask about.
const affectedReason = "the patch changes nothing that they depend on"

// affectedBy returns what the patch of a request can change; nil if all files are to be asked about, as they were
// in older traces. An error is left to the check, which meets it too.
func (e *Engine) affectedBy(ctx context.Context, o *api.Options) affected {
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
	a, changed := affected{}, []string{}
	patched, err := patched(before, o.Patch)
	if err != nil {
		return nil
	}
	for p, content := range patched {
		if content == nil || !before.Has(p) || !ownCode[path.Ext(p)] {
			return nil
		}
		changed = append(changed, p)
	}
	for _, srv := range catalogue.Servers {
		a[srv] = srv.Dependents(before, after, changed)
	}
	return a
}

// ownCode are the extensions of code that the servers of other languages never read. Others are embedded, included
// or imported as data, and any file may come to be embedded once it is there.
var ownCode = map[string]bool{".go": true, ".py": true, ".pyi": true, ".rs": true}

// has reports whether the patch can change what a server finds in a file.
func (a affected) has(srv *catalogue.Server, p string) bool {
	in, known := a[srv]
	return !known || in == nil || in(p)
}

type affectedKey struct{}

// with returns a context whose checks ask about affected files alone.
func (a affected) with(ctx context.Context) context.Context {
	if a == nil {
		return ctx
	}
	return context.WithValue(ctx, affectedKey{}, a)
}

// affectedIn returns what [affected.with] has put into a context, nil for nothing.
func affectedIn(ctx context.Context) affected {
	a, _ := ctx.Value(affectedKey{}).(affected)
	return a
}
