package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/server/api"
	"lanser/server/catalogue"
)

// A shard is about some projects of the workspace: the folders with a manifest of any language, each with what lies
// below it and in no other. What is in none of them belongs to the workspace's own folder. Projects are dealt out by
// the size of their sources, the largest first, each to the shard that has least so far. That depends on nothing but
// the files, so that machines which know nothing of each other agree.

// shardFolders returns the folders of the projects that a shard is about, and how many projects there are.
func shardFolders(snap *index.Snapshot, projects catalogue.Projects, shard api.Shard) (own []string, all int) {
	sizes := map[string]int{}
	for _, p := range snap.Paths() {
		if catalogue.LanguageOf(p) == nil {
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

// keepShard returns the files that the request's shard is about: all if it names none.
func (p *planner) keepShard(files []string) []string {
	if p.shard.Of == 0 {
		return files
	}
	own, all := shardFolders(p.Snap, p.projects, p.shard)
	p.plan.Shard = fmt.Sprintf("shard %s checks %d of %d projects", p.shard, len(own), all)
	if len(own) > 0 {
		const most = 5
		p.plan.Shard += ": " + strings.Join(own[:min(len(own), most)], ", ")
		if len(own) > most {
			p.plan.Shard += fmt.Sprintf(" and %d more", len(own)-most)
		}
	}
	p.isOwn = func(file string) bool {
		_, is := slices.BinarySearch(own, p.projects.Around(file))
		return is
	}
	return slices.DeleteFunc(files, func(file string) bool { return !p.isOwn(file) })
}
