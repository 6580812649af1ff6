package catalogue

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/server/bundle"
	"lanser/server/cbuild"
	"lanser/server/project"
	"lanser/server/trace"
)

// Standing says why a file is not checked. The zero value is for a file that the server checks.
type Standing struct {
	State  string // of the bundle, other than Checked; "" for a file that is to be checked
	Reason string // the same for all files that have it in common, without the file's own name
	Fix    string // what the user can do to have the file checked; "" for nothing
	// With is true for a file that is checked with the files that include it, and not by itself.
	With bool
	// Refused is why the project leaves a file out if the server refuses to answer for it: the
	// configuration may leave it out in a way that only the server knows. It is "" where a refusal
	// is no such word.
	Refused string
	// Never is true for a file that the server is not asked about even if the request names it.
	Never bool
	// Guessed is true for a file that the server can read all the same, though it must guess how
	// the file is compiled: where it finds no error, there is none.
	Guessed bool
	// Plain is true for a guessed file of a workspace without any description of a build: the flags that are guessed
	// are those by which people compile it.
	Plain bool
}

// Standings returns a function of a file that the server serves: what the project's own
// configuration says of it. The function is good for the view alone, and not safe for concurrent use.
func (srv *Server) Standings(v project.View) func(file string) Standing {
	if srv.standing == nil {
		return func(string) Standing { return Standing{} }
	}
	return srv.standing(srv, v)
}

// SettingsBelow returns the files with settings of the server that it does not read, as they lie below the workspace's
// own folder, sorted.
func (srv *Server) SettingsBelow(v project.View) []string {
	if srv.settingsBelow == nil {
		return nil
	}
	return srv.settingsBelow(v)
}

// CheckFolders returns the folders below the workspace's own whose settings a check uses, because the workspace has
// none: whoever runs the server's command line there gets the findings of these settings. They are sorted.
func (srv *Server) CheckFolders(v project.View) []string {
	if srv.checkFolders == nil || !srv.format.Has(trace.SettingsBelow) {
		return nil
	}
	return srv.checkFolders(srv, v)
}

// goStanding is [Server.standing] of gopls: the go command's rules about which files belong to
// packages, and to this build.
func goStanding(srv *Server, v project.View) func(file string) Standing {
	ignored := ignoredByModules(v)
	return func(file string) Standing {
		if ignored(file) {
			return Standing{State: bundle.Excluded, Reason: "ignore of go.mod leaves them out"}
		}
		if project.IgnoredByGo(file) {
			return Standing{
				State:  bundle.Excluded,
				Reason: "the go command takes no packages from testdata and vendor, nor from names that begin with _ or a dot",
			}
		}
		if path.Ext(file) == ".go" && !srv.builds(v, file) {
			return Standing{
				State:  bundle.Excluded,
				Reason: leftOutOfBuild + srv.Platform(v),
				Fix:    "check other builds with --platforms, as in --platforms windows/amd64, or GOFLAGS=-tags=…",
			}
		}
		return Standing{}
	}
}

// leftOutOfBuild is the reason for files of other builds, before the platform.
const leftOutOfBuild = "build constraints leave them out of the build for "

// cStanding is [Server.standing] of clangd: what a compilation database lists is checked as the
// build compiles it, and what that includes is checked with it.
func cStanding(srv *Server, v project.View) func(file string) Standing {
	dbs, hasFlags := srv.Databases(v), cbuild.HasFlags(srv.BuildView(v))
	unreadable := cbuild.UnreadableDatabases(srv.BuildView(v))
	listed := map[string]map[string]bool{}
	broken := func(file string) (dir string, isNearest bool) {
		dir, isBroken := project.NearestAbove(unreadable, file)
		readable, ok := project.NearestAbove(dbs, file)
		return dir, isBroken && (!ok || beneath.Inside(readable, dir))
	}
	withBroken := func(dir string) Standing {
		why := cbuild.PassedOver(srv.BuildView(v), path.Join(dir, cbuild.DatabaseName))
		return Standing{
			State: bundle.UncheckedState, Reason: why,
			Fix: "have the build write it again here, with absolute paths",
		}
	}
	source := func(file string) Standing {
		if dir, isNearest := broken(file); isNearest {
			return withBroken(dir)
		}
		dir, ok := project.NearestAbove(dbs, file)
		switch {
		case ok && listed[dir] == nil:
			listed[dir] = cbuild.Listed(v, dbs[dir])
			fallthrough
		case ok:
			if !listed[dir][file] {
				return Standing{State: bundle.Excluded, Reason: dbs[dir] + " does not list them"}
			}
		case !hasFlags(file):
			why := cmp.Or(cbuild.FixedElsewhere(srv.BuildView(v), file), noDatabase)
			return Standing{
				State: bundle.Unserved, Reason: why, Guessed: true, Plain: !describesBuild(v),
				Fix: writeDatabase,
			}
		}
		return Standing{}
	}
	var reached, guessed map[string]bool
	return func(file string) Standing {
		if !srv.IsIncluded(file) {
			return source(file)
		}
		if reached == nil {
			reached = srv.Reached(v, func(p string) bool { return source(p).State == "" })
			guessed = srv.Reached(v, func(p string) bool { return source(p).Guessed })
		}
		if reached[file] {
			return Standing{With: true}
		}
		if dir, isNearest := broken(file); isNearest {
			return withBroken(dir)
		}
		if dir, ok := project.NearestAbove(dbs, file); ok {
			return Standing{State: bundle.Excluded, Reason: "no file that " + dbs[dir] + " lists includes them"}
		}
		if guessed[file] {
			return Standing{State: bundle.Unserved, Reason: noDatabase, Fix: writeDatabase, With: true, Guessed: true}
		}
		return Standing{
			State: bundle.Unserved, Reason: "no file that is checked includes them", Fix: writeDatabase, Guessed: true,
		}
	}
}

// describesBuild reports whether the workspace has a file from which a build may learn flags of C and C++.
func describesBuild(v project.View) bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		return slices.ContainsFunc(v.Paths(), func(p string) bool {
			return slices.ContainsFunc(buildDescriptions, func(pattern string) bool {
				ok, _ := path.Match(pattern, path.Base(p)) // the patterns are well-formed
				return ok
			})
		})
	}).(bool)
}

// buildDescriptions match the base names of files by which builds compile C and C++.
var buildDescriptions = []string{
	"[Mm]akefile*", "GNUmakefile", "*.mk", "*.mak", "CMakeLists.txt", "*.cmake", "meson.build", "configure*", "SCons*",
	"wscript", "BUILD", "BUILD.bazel", "WORKSPACE*", "MODULE.bazel", "*.pr[oi]", "*.vcxproj", "*.sln", "*.xcodeproj",
	"*.ninja", "xmake.lua", "premake*.lua", "Kbuild*", "build.zig", "[Jj]ustfile", "*.sh", "*.bat", "Jamfile*",
	"*.gyp*",
	"*.gn", "BUCK", "Tup*", "nob.c", "setup.py", "pyproject.toml", "package.json", "Cargo.toml", "go.mod", "*.gemspec",
	"extconf.rb", "*.podspec", "Package.swift", "platformio.ini", "*.ino", "Dockerfile*", "*.nix", ".clangd",
}

const (
	noDatabase    = "no compile_commands.json or compile_flags.txt says how they are compiled"
	writeDatabase = "have the build write compile_commands.json, as cmake does with CMAKE_EXPORT_COMPILE_COMMANDS " +
		"and bear for make"
)

// maxGuessed bounds the folders that [Server.GuessedFolders] returns.
const maxGuessed = 20

// GuessedFolders returns the folders, relative to the root, in which a workspace that nothing says how to
// compile may have its headers: its root, and the folders include, inc and src of the root and of the
// folders in it. It returns none if the server gets none.
func (srv *Server) GuessedFolders(v project.View) (dirs []string) {
	if srv.GuessedInclude == "" || len(srv.Databases(v)) > 0 || len(project.FoldersNamed(v, cbuild.FlagsName)) > 0 {
		return nil
	}
	seen := map[string]bool{}
	add := func(dir string) {
		if !seen[dir] && len(dirs) < maxGuessed {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	}
	for _, p := range v.Paths() {
		if !srv.IsIncluded(p) {
			continue
		}
		add(".")
		parts := strings.Split(path.Dir(p), "/")
		for i, part := range parts[:min(len(parts), 2)] {
			if slices.Contains([]string{"include", "inc", "src"}, part) {
				add(path.Join(parts[:i+1]...))
			}
		}
	}
	return dirs
}

// Reached returns the files that files which are checked include, directly or through others. An
// include directive names a file if the file's path ends like the directive's.
func (srv *Server) Reached(v project.View, isChecked func(file string) bool) map[string]bool {
	byBase := map[string][]string{}
	var next []string
	for _, p := range v.Paths() {
		switch {
		case srv.LanguageID(p) == "":
		case srv.IsIncluded(p):
			byBase[path.Base(p)] = append(byBase[path.Base(p)], p)
		case isChecked(p):
			next = append(next, p)
		}
	}
	seen := map[string]bool{}
	for len(next) > 0 {
		p := next[0]
		next = next[1:]
		for _, name := range cbuild.Included(v, p) {
			for _, h := range byBase[path.Base(name)] {
				if !seen[h] && strings.HasSuffix("/"+h, path.Clean("/"+name)) {
					seen[h] = true
					next = append(next, h)
				}
			}
		}
	}
	return seen
}

// Weight returns the severity of a finding, given the one that the server reports: an error where
// the language's own gate fails on it, a hint where it suggests another style, and what Weights say.
func (srv *Server) Weight(source, code, message, severity string) string {
	for _, w := range srv.Weights {
		if srv.format.Has(w.Since) && w.fits(source, code, message, severity) {
			return w.Severity
		}
	}
	if slices.Contains(srv.Gate, source) || srv.NoWarnings && severity == "warning" {
		return "error"
	}
	if slices.Contains(srv.Style, source) {
		return "hint"
	}
	return severity
}

// WarningsFail reports whether the server's own command line fails on warnings in the workspace.
func (srv *Server) WarningsFail(v project.View) bool {
	return srv.warningsFail != nil && srv.warningsFail(srv, v)
}

// vetAnalyzers are the analyzers of go vet ('go tool vet help', Go 1.26), which gopls runs too and
// reports as warnings.
var vetAnalyzers = []string{
	"appends", "asmdecl", "assign", "atomic", "bools", "buildtag", "cgocall", "composites", "copylocks", "defers",
	"directive", "errorsas", "framepointer", "hostport", "httpresponse", "ifaceassert", "loopclosure", "lostcancel",
	"nilfunc", "printf", "shift", "sigchanyzer", "slog", "stdmethods", "stdversion", "stringintconv", "structtag",
	"testinggoroutine", "tests", "timeformat", "unmarshal", "unreachable", "unsafeptr", "unusedresult", "waitgroup",
}

// goModernizers are the analyzers of gopls that suggest newer constructs in place of correct code,
// and that it reports as warnings all the same (gopls, internal/settings/analysis.go).
var goModernizers = []string{"appendclipped", "bloop", "fmtappendf", "slicesdelete"}
