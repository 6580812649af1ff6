package plan

import (
	"context"
	"path"

	"lanser/index"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/project"
)

// Affected says for each server about which files a check of a change has to ask it: those whose findings the change
// can affect; nil for all. The others have the findings that they had. It is passed in a context, as the engine makes
// the plan on behalf of who knows the change.
type Affected struct {
	files  map[*catalogue.Server]func(p string) bool
	reason string // why the others are not asked about
}

// The reasons of the files that a check of a patch, and of what is staged, does not ask about.
const (
	PatchReason  = "the patch changes nothing that they depend on"
	StagedReason = "what is staged changes nothing that they depend on"
)

// AffectedByChange returns what the change of files between two states can change; nil if all files are to be asked
// about, and then why. That is so if a file is added or removed, since imports may then lead elsewhere, and if one of
// them is no code of a language that keeps to itself.
func AffectedByChange(before, after *index.Snapshot, changed []string, reason string) (a *Affected, why string) {
	return affected(before, after, changed, reason, func(string) bool { return false })
}

// AffectedByCommits is [AffectedByChange] for a change that no trace holds: Go files may also come and go in folders
// that stay, where they are code of one package more or less.
func AffectedByCommits(before, after *index.Snapshot, changed []string, reason string) (a *Affected, why string) {
	return affected(before, after, changed, reason, func(p string) bool {
		return project.StaysInItsPackage(before, after, p)
	})
}

// affected is [AffectedByChange], where the files of mayCome may be added and removed.
func affected(
	before, after *index.Snapshot, changed []string, reason string, mayCome func(p string) bool,
) (a *Affected, why string) {
	for _, p := range changed {
		switch {
		case before.Has(p) != after.Has(p) && mayCome(p):
		case !before.Has(p):
			return nil, p + " was added"
		case !after.Has(p):
			return nil, p + " was removed"
		case !ownCode[path.Ext(p)]:
			return nil, "any file may depend on " + p
		}
	}
	a = &Affected{files: map[*catalogue.Server]func(p string) bool{}, reason: reason}
	for _, srv := range catalogue.Servers {
		a.files[srv] = srv.Dependents(before, after, changed)
	}
	return a, ""
}

// ownCode are the extensions of code that the servers of other languages never read. Others are embedded, included
// or imported as data, and any file may come to be embedded once it is there.
var ownCode = map[string]bool{
	".go": true, ".py": true, ".pyi": true, ".rs": true,
	".ts": true, ".mts": true, ".cts": true, ".tsx": true, ".js": true, ".mjs": true, ".cjs": true, ".jsx": true,
}

// has reports whether the change can affect what a server finds in a file.
func (a *Affected) has(srv *catalogue.Server, p string) bool {
	in, known := a.files[srv]
	return !known || in == nil || in(p)
}

// LeftOut returns the files that a finished check was not asked about because the change does not affect them, as URIs.
func (a *Affected) LeftOut(b *bundle.Bundle) map[string]bool {
	out := map[string]bool{}
	if a == nil || b.Facts == nil {
		return out
	}
	for _, c := range b.Facts.Checks {
		for _, group := range c.Coverage {
			for _, uri := range group.Files {
				out[uri] = out[uri] || group.State == bundle.Excluded && group.Reason == a.reason
			}
		}
	}
	return out
}

type affectedKey struct{}

// With returns a context whose checks ask about affected files alone.
func (a *Affected) With(ctx context.Context) context.Context {
	if a == nil {
		return ctx
	}
	return context.WithValue(ctx, affectedKey{}, a)
}

// AffectedIn returns what [Affected.With] has put into a context, nil for nothing.
func AffectedIn(ctx context.Context) *Affected {
	a, _ := ctx.Value(affectedKey{}).(*Affected)
	return a
}

type removedKey struct{}

// WithRemoved returns a context whose checks know that the workspace had files which it has no more: what imports one
// of them is wrong, and lacks no package.
func WithRemoved(ctx context.Context, files []string) context.Context {
	if len(files) == 0 {
		return ctx
	}
	return context.WithValue(ctx, removedKey{}, files)
}

// RemovedIn returns the files that [WithRemoved] has put into a context.
func RemovedIn(ctx context.Context) []string {
	files, _ := ctx.Value(removedKey{}).([]string)
	return files
}
