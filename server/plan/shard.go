package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/server/api"
	"lanser/server/catalogue"
	"lanser/server/project"
)

// A shard is about some projects of the workspace: the folders with a manifest of any language, each with what lies
// below it and in no other. What is in none of them belongs to the workspace's own folder. Projects are dealt out by
// the size of their sources, the largest first, each to the shard that has least so far. That depends on nothing but
// the files, so that machines which know nothing of each other agree.

// shardFolders returns the folders of the projects that a shard is about, and how many projects there are.
func shardFolders(snap *index.Snapshot, projects catalogue.Projects, shard api.Shard) (own []string, all int) {
	sizes := map[string]int{}
	for _, p := range snap.Paths() {
		if project.LanguageOf(p) == nil {
			continue
		}
		size := beneath.MaxSize // of a file that is too large to be read
		if c, err := snap.Content(p); err == nil {
			size = len(c.Bytes())
		}
		sizes[projects.Around(p)] += size
	}
	folders := make([]string, 0, len(sizes))
	for dir := range sizes {
		folders = append(folders, dir)
	}
	slices.SortFunc(folders, func(a, b string) int { return cmp.Or(sizes[b]-sizes[a], strings.Compare(a, b)) })
	loads := make([]int, shard.Of)
	for _, dir := range folders {
		least := slices.Index(loads, slices.Min(loads))
		loads[least] += sizes[dir]
		if least == shard.Number-1 {
			own = append(own, dir)
		}
	}
	slices.Sort(own)
	return own, len(folders)
}

// Own is which files a shard is about. It is passed in a context where two states are compared: a project must be in
// the same shard in both, though sizes differ.
type Own struct {
	has  func(file string) bool
	says string // for people
}

// OwnOf returns what a shard of a state is about; nil for a check that is not divided. The error is Usage for an option
// that is no shard.
func OwnOf(snap *index.Snapshot, option string) (*Own, error) {
	shard, err := api.ParseShard(option)
	if err != nil || shard.Of == 0 {
		return nil, err
	}
	projects := catalogue.ProjectsOf(snap)
	folders, all := shardFolders(snap, projects, shard)
	own := &Own{says: fmt.Sprintf("shard %s checks %d of %d projects", shard, len(folders), all)}
	if len(folders) > 0 {
		const most = 5
		own.says += ": " + strings.Join(folders[:min(len(folders), most)], ", ")
		if len(folders) > most {
			own.says += fmt.Sprintf(" and %d more", len(folders)-most)
		}
	}
	own.has = func(file string) bool {
		_, is := slices.BinarySearch(folders, projects.Around(file))
		return is
	}
	return own, nil
}

// Has reports whether the shard is about a file of the workspace, which need not exist.
func (o *Own) Has(file string) bool { return o == nil || o.has(file) }

type ownKey struct{}

// With returns a context whose checks are about these files, whatever sizes the projects have there.
func (o *Own) With(ctx context.Context) context.Context {
	if o == nil {
		return ctx
	}
	return context.WithValue(ctx, ownKey{}, o)
}

// keepShard returns the files that the request's shard is about: all if it names none. The error is that of [OwnOf].
func (p *planner) keepShard(ctx context.Context, files []string) ([]string, error) {
	own, known := ctx.Value(ownKey{}).(*Own)
	if !known {
		var err error
		own, err = OwnOf(p.Snap, p.Request.Options.Shard)
		if err != nil {
			return nil, err
		}
	}
	if own == nil {
		return files, nil
	}
	p.plan.Shard, p.isOwn = own.says, own.has
	return slices.DeleteFunc(files, func(file string) bool { return !own.has(file) }), nil
}
