package plan

import (
	"fmt"
	"path"
	"slices"

	"lanser/index"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// A check may have platforms besides the one that Go code is built for here. Each has a session of its own, in
// which the files of its build are checked, whether the own build has them or not. A file counts as checked if one
// of the builds has it; if one of them could not be checked, so counts the file.

// platformServers returns the servers for the builds of the request's platforms, without that of a server's own.
func (p *planner) platformServers(srv *catalogue.Server) (out []*catalogue.Server) {
	for _, platform := range p.Request.Options.EachPlatform() {
		other := srv.ForPlatform(p.Snap, platform)
		if other == nil || other == srv {
			continue
		}
		if !slices.Contains(p.forPlatforms, other) {
			p.forPlatforms = append(p.forPlatforms, other)
		}
		out = append(out, other)
	}
	return out
}

// assignPlatforms decides in which builds for the request's platforms a file is checked. It reports whether the
// file is checked in these alone, because the server's own build leaves it out.
func (p *planner) assignPlatforms(srv *catalogue.Server, f *planFile) bool {
	if len(p.Request.Options.Platforms) == 0 || path.Ext(f.path) != ".go" {
		return false
	}
	var platforms []string
	has := false
	for _, other := range p.platformServers(srv) {
		platforms = append(platforms, other.Platform(p.Snap))
		copied := *f
		copied.standing = p.standing(other)(f.path)
		if copied.standing.State == "" {
			c := p.part(other)
			c.Asked = append(c.Asked, &copied)
			has = true
		}
	}
	if f.standing.State == bundle.Excluded && !has {
		f.standing.Reason = srv.AllPlatforms(f.standing.Reason, platforms)
	}
	return f.standing.State == bundle.Excluded && has
}

// MergePlatforms names the platforms of findings that not all builds have, and merges those that several have: findings
// are the same if place, severity, source, code and message are. A finding of all builds names no platform.
func MergePlatforms(b *bundle.Bundle, parts []*Part, snap *index.Snapshot) {
	key := func(d *bundle.Diagnostic) string {
		return fmt.Sprintf("%q %v %q %q %q %q", d.URI, d.Range, d.Severity, d.Source, d.Code, d.Message)
	}
	builds, platforms := 0, map[string][]string{}
	for _, c := range parts {
		if c.Server == nil || c.Server.Platform(snap) == "" || len(c.Asked) == 0 {
			continue
		}
		builds++
		for _, d := range c.Answered.Facts.Diagnostics {
			k, platform := key(&d), c.Server.Platform(snap)
			if !slices.Contains(platforms[k], platform) {
				platforms[k] = append(platforms[k], platform)
			}
		}
	}
	seen := map[string]bool{}
	b.Facts.Diagnostics = slices.DeleteFunc(b.Facts.Diagnostics, func(d bundle.Diagnostic) bool {
		k := key(&d)
		again := platforms[k] != nil && seen[k]
		seen[k] = true
		return again
	})
	for i := range b.Facts.Diagnostics {
		d := &b.Facts.Diagnostics[i]
		if list := platforms[key(d)]; len(list) < builds {
			slices.Sort(list)
			d.Platforms = list
		}
	}
}

// platform returns the platform that a part of a check is about; "" if the request names none.
func (c *Part) platform(snap *index.Snapshot, perPlatform bool) string {
	if c.Server == nil || !perPlatform {
		return ""
	}
	return c.Server.Platform(snap)
}
