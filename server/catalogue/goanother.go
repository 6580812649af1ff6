package catalogue

import (
	"go/build"
	"maps"
	"path"
	"slices"
	"strings"

	"lanser/server/project"
)

// Build is what decides which files a build of Go code has. The zero value is the build that the server loads by
// itself.
type Build struct {
	system, arch string
	tags         string // separated by commas, sorted
}

// IsOwn reports whether it is the build that the server loads by itself.
func (b Build) IsOwn() bool { return b == Build{} }

// String describes the build: "linux/amd64 with the tags integration".
func (b Build) String() string {
	if b.tags == "" {
		return b.system + "/" + b.arch + " without tags"
	}
	return b.system + "/" + b.arch + " with the tags " + b.tags
}

// ForBuildOf returns the server for a build that includes a file, where the server's own build leaves the file out
// because of tags: no server finds such a build by itself. Nil for every other file.
func (srv *Server) ForBuildOf(v project.View, p string) *Server {
	if srv.anotherBuild == nil || path.Ext(p) != ".go" {
		return nil
	}
	b, ok := srv.buildOf(v, p)
	if !ok || b.tags == srv.ownBuild(v).tags {
		return nil
	}
	return srv.inBuild(v, b)
}

// LoadsOtherBuilds reports whether there can be sessions of the server for other builds than its own.
func (srv *Server) LoadsOtherBuilds() bool { return srv.anotherBuild != nil }

// Builds reports whether the server's build has a file of Go.
func (srv *Server) Builds(v project.View, p string) bool { return srv.builds(v, p) }

// OtherBuilds returns the server for builds that have, between them, those of the files which its own build leaves
// out and which a build has together with the symbol, if they can see the symbol. The others of these files are
// left: no build of this toolchain has them.
func (srv *Server) OtherBuilds(v project.View, sym project.Symbol, files []string) (builds []*Server, left []string) {
	for _, p := range files {
		isOther := path.Ext(p) == ".go" && !project.IgnoredByGo(p) && !srv.builds(v, p) &&
			project.VisibleInGo(v, sym, p)
		if !isOther || slices.ContainsFunc(builds, func(b *Server) bool { return b.builds(v, p) }) {
			continue
		}
		if b, ok := srv.buildOf(v, p); ok {
			builds = append(builds, srv.inBuild(v, b))
		} else {
			left = append(left, p)
		}
	}
	return builds, left
}

// inBuild returns the server for another build.
func (srv *Server) inBuild(v project.View, b Build) *Server {
	type key struct {
		server string
		build  Build
	}
	return v.Memoize(key{srv.Name, b}, func() any {
		other := *srv
		other.Build = b
		other.Options = maps.Clone(srv.Options)
		maps.Copy(other.Options, srv.anotherBuild(b))
		return &other
	}).(*Server)
}

// ForPlatform returns the server for the build of another platform, such as "windows/amd64", with the tags of
// its own build. It returns the server itself for the platform of its own build, and nil if it loads one build
// alone.
func (srv *Server) ForPlatform(v project.View, platform string) *Server {
	if srv.anotherBuild == nil {
		return nil
	}
	b := srv.ownBuild(v)
	if platform == b.platform() {
		return srv
	}
	b.system, b.arch, _ = strings.Cut(platform, "/")
	return srv.inBuild(v, b)
}

// Platform returns the platform of the build that the server loads, such as "linux/amd64"; "" for a server that
// knows no builds.
func (srv *Server) Platform(v project.View) string {
	if srv.anotherBuild == nil {
		return ""
	}
	return srv.ownBuild(v).platform()
}

// AllPlatforms returns why a file is left out of the builds for several platforms, given why it is left out of the
// server's own. It returns the reason unchanged if that is not because of the build.
func (srv *Server) AllPlatforms(reason string, platforms []string) string {
	if !strings.HasPrefix(reason, leftOutOfBuild) {
		return reason
	}
	return strings.Join(append([]string{reason}, platforms...), ", ")
}

// IsPlatform reports whether a name is one of a platform of Go: an operating system and an architecture.
func IsPlatform(name string) bool {
	system, arch, ok := strings.Cut(name, "/")
	return ok && slices.Contains(project.GoSystems, system) && slices.Contains(project.GoArchs, arch)
}

func (b Build) platform() string { return b.system + "/" + b.arch }

// goplsOptions are the options by which gopls loads a build.
func goplsOptions(b Build) map[string]any {
	return map[string]any{
		"buildFlags": []string{"-tags=" + b.tags},
		"env":        map[string]string{"GOOS": b.system, "GOARCH": b.arch},
	}
}

// buildOf returns the build with a file of Go that differs least from the server's; ok is false if there is none, or
// if the server's own build has the file.
func (srv *Server) buildOf(v project.View, p string) (b Build, ok bool) {
	x := project.ConstraintOf(v, p)
	if x == nil || project.IgnoredByGo(p) || srv.builds(v, p) {
		return Build{}, false
	}
	ctxt := srv.buildContext(v)
	free := project.FreeTags(x, project.GoVersion(v, p))
	free = slices.DeleteFunc(free, notATag)
	if len(free) > project.MaxFreeTags {
		return Build{}, false
	}
	best, bestCost := ctxt, -1
	for _, system := range startingWith(ctxt.GOOS, project.GoSystems) {
		for _, arch := range startingWith(ctxt.GOARCH, project.GoArchs) {
			for set := range 1 << len(free) {
				candidate, cost := withTags(ctxt, free, set)
				cost *= 1000
				if system != ctxt.GOOS {
					cost += 10
				}
				if arch != ctxt.GOARCH {
					cost++
				}
				candidate.GOOS, candidate.GOARCH = system, arch
				if (bestCost < 0 || cost < bestCost) && x.Eval(func(tag string) bool { return isSet(candidate, tag) }) {
					best, bestCost = candidate, cost
				}
			}
		}
	}
	return buildIn(best), bestCost >= 0
}

// notATag reports whether a word of a constraint is set by the toolchain, or marks files that belong to no build.
func notATag(tag string) bool {
	return project.IsRelease(tag) || strings.HasPrefix(tag, "goexperiment.") ||
		slices.Contains([]string{"gc", "gccgo", "cgo", "ignore"}, tag)
}

// isSet reports whether a word of a constraint is true in a build.
func isSet(ctxt build.Context, tag string) bool {
	known := project.MatchesSystem(tag, ctxt.GOOS) || tag == ctxt.GOARCH || tag == "gc" ||
		tag == "cgo" && ctxt.CgoEnabled
	return known || slices.Contains(ctxt.BuildTags, tag) || slices.Contains(ctxt.ToolTags, tag) ||
		slices.Contains(ctxt.ReleaseTags, tag)
}

// withTags returns the build in which each of the free tags is set or not, by the bits of a number, and how many
// of them that changes.
func withTags(ctxt build.Context, free []string, set int) (out build.Context, changed int) {
	tags := slices.Clone(ctxt.BuildTags)
	for i, tag := range free {
		was, is := slices.Contains(tags, tag), set&(1<<i) != 0
		if was == is {
			continue
		}
		changed++
		if is {
			tags = append(tags, tag)
		} else {
			tags = slices.DeleteFunc(tags, func(t string) bool { return t == tag })
		}
	}
	ctxt.BuildTags = tags
	return ctxt, changed
}

func startingWith(first string, list []string) []string {
	return append([]string{first}, slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == first })...)
}

func buildIn(ctxt build.Context) Build {
	return Build{
		system: ctxt.GOOS, arch: ctxt.GOARCH,
		tags: strings.Join(slices.Compact(slices.Sorted(slices.Values(ctxt.BuildTags))), ","),
	}
}

// ownBuild is the build that the server loads.
func (srv *Server) ownBuild(v project.View) Build { return buildIn(srv.buildContext(v)) }

// buildContext is the build that the server loads for the workspace.
func (srv *Server) buildContext(v project.View) build.Context {
	type key struct {
		version string
		build   Build
	}
	return v.Memoize(key{project.GoEnvVersion(), srv.Build}, func() any {
		ctxt := project.GoContext(v.Root())
		if b := srv.Build; !b.IsOwn() {
			ctxt.CgoEnabled = ctxt.CgoEnabled && ctxt.GOOS == b.system && ctxt.GOARCH == b.arch
			ctxt.GOOS, ctxt.GOARCH = b.system, b.arch
			ctxt.BuildTags = strings.FieldsFunc(b.tags, func(r rune) bool { return r == ',' })
		}
		return ctxt
	}).(build.Context)
}

// builds reports whether the build constraints of a Go file include it in the build that the server loads.
func (srv *Server) builds(v project.View, p string) bool {
	if srv.Build.IsOwn() {
		return project.Built(v, p)
	}
	type key struct {
		version, path string
		build         Build
	}
	return v.Memoize(key{project.GoEnvVersion(), p, srv.Build}, func() any {
		return project.InGoBuild(v, srv.buildContext(v), p)
	}).(bool)
}

// OtherBuild returns a file that is not part of the server's build and may make a word of p the symbol in
// another, though it means another symbol in this one; "" for none.
func (srv *Server) OtherBuild(v project.View, sym project.Symbol, p string) string {
	if srv.otherBuild == nil || !sym.Member {
		return ""
	}
	return srv.otherBuild(v, sym, p)
}
