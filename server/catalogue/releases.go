package catalogue

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// Compiler is a compiler of which each project chooses a release, as a package of npm.
type Compiler struct {
	Name    string // as people call it, such as "TypeScript"
	Package string // of npm; "" if the projects of a language choose no release
	Version string // that the server runs, pinned
}

// Major returns the major version of the compiler.
func (c Compiler) Major() uint64 { return majorOf(c.Version) }

// Release is the release of a compiler that a project uses.
type Release struct {
	Version string // "" if no file of the project says which
	File    string // that says so, relative to the root of the workspace
	// Range is what File says if that is a range of versions, and nothing says which of them is
	// installed. Version is one of the range then.
	Range string
}

// String returns the release as messages name it, such as "5.4.5 (package-lock.json)".
func (r Release) String() string {
	if r.Range != "" {
		return `"` + r.Range + `" (` + r.File + ")"
	}
	return r.Version + " (" + r.File + ")"
}

// Releases finds the releases of compilers that the projects of a workspace use. It reads files that
// the view does not list, so it must be used for one request only. It is not safe for concurrent use.
type Releases struct {
	v     project.View
	known map[releaseKey]Release
}

type releaseKey struct{ pkg, dir string }

// NewReleases returns the releases of a workspace.
func NewReleases(v project.View) *Releases { return &Releases{v: v, known: map[releaseKey]Release{}} }

// ServersFor returns the servers for a file in order of preference, with the release of the compiler
// that the file's project uses. If several of the servers run releases of that compiler, only those
// remain that run the project's major version, or the nearest to it.
func (r *Releases) ServersFor(file string) ([]*Server, Release) {
	all := ForProject(r.v, file)
	i := slices.IndexFunc(all, func(s *Server) bool { return s.Compiler.Package != "" })
	if i < 0 {
		return all, Release{}
	}
	pkg := all[i].Compiler.Package
	release := r.Of(pkg, file)
	return Fitting(all, pkg, release), release
}

// Fitting returns those of the servers that run the major version of a compiler's package that a project
// uses, or the nearest to it. It returns all servers if the release is not known.
func Fitting(servers []*Server, pkg string, release Release) []*Server {
	if release.Version == "" {
		return servers
	}
	servers = slices.DeleteFunc(slices.Clone(servers), func(s *Server) bool { return s.Compiler.Package != pkg })
	major := nearestMajor(servers, majorOf(release.Version))
	return slices.DeleteFunc(servers, func(s *Server) bool { return s.Compiler.Major() != major })
}

// nearestMajor returns the major version, of those that the compilers of servers have, that is nearest
// to the wanted one: the next later one if there are two.
func nearestMajor(servers []*Server, want uint64) (nearest uint64) {
	distance := func(major uint64) uint64 {
		if major >= want {
			return 2 * (major - want)
		}
		return 2*(want-major) + 1
	}
	for i, s := range servers {
		if major := s.Compiler.Major(); i == 0 || distance(major) < distance(nearest) {
			nearest = major
		}
	}
	return nearest
}

// Of returns the release of a compiler's package that the project of a file uses. The nearest
// package.json at or above the file that requires the package decides: by the lock file of the project,
// else by what is installed, else by the range in the package.json itself.
func (r *Releases) Of(pkg, file string) Release { return r.at(pkg, path.Dir(file)) }

func (r *Releases) at(pkg, dir string) Release {
	key := releaseKey{pkg, dir}
	if known, ok := r.known[key]; ok {
		return known
	}
	release := r.required(pkg, dir)
	if release.Version == "" && dir != "." {
		release = r.at(pkg, path.Dir(dir))
	}
	r.known[key] = release
	return release
}

// required returns the release that the package.json of a folder itself requires.
func (r *Releases) required(pkg, dir string) Release {
	manifest := path.Join(dir, "package.json")
	wanted := project.ReadPackageJSON(r.v, manifest).Requires(pkg)
	if wanted == "" {
		return Release{}
	}
	if release := r.locked(pkg, dir, wanted); release.Version != "" {
		return release
	}
	for above := dir; ; above = path.Dir(above) {
		file := path.Join(above, "node_modules", pkg, "package.json")
		if raw, err := r.v.ReadFile(file); err == nil {
			var installed struct{ Version string }
			if json.Unmarshal(raw, &installed) == nil && isVersion(installed.Version) {
				return Release{Version: installed.Version, File: file}
			}
		}
		if above == "." {
			break
		}
	}
	version := inRange(wanted, pinnedVersions(pkg))
	if version == "" {
		return Release{}
	}
	if version == wanted {
		return Release{Version: version, File: manifest}
	}
	return Release{Version: version, File: manifest, Range: wanted}
}

// Locked returns the release that the nearest lock file has for the package.json of a folder.
func (r *Releases) locked(pkg, dir, wanted string) Release {
	for above := dir; ; above = path.Dir(above) {
		manager := project.ReadPackageJSON(r.v, path.Join(above, "package.json")).ManagerName()
		locks := slices.Clone(project.LockFiles)
		if i := slices.IndexFunc(locks, func(l project.LockFile) bool { return l.Manager == manager }); i > 0 {
			locks = slices.Concat(locks[i:], locks[:i]) // that of the package manager comes first
		}
		for _, lock := range locks {
			file := path.Join(above, lock.Name)
			raw := project.ContentOf(r.v, file)
			if raw == nil {
				continue
			}
			type key struct{ file, pkg string }
			read := r.v.Memoize(key{file, pkg}, func() any { return lock.Read(raw, pkg) }).(project.Locked)
			below := strings.TrimPrefix(strings.TrimPrefix(dir, above), "/")
			if above == "." {
				below = dir
			}
			if below == "" {
				below = "."
			}
			if version := read(below, wanted); isVersion(version) {
				return Release{Version: version, File: file}
			}
		}
		if above == "." {
			return Release{}
		}
	}
}

// pinnedVersions returns the versions of a compiler that servers run.
func pinnedVersions(pkg string) (versions []string) {
	for _, s := range Servers {
		if s.Compiler.Package == pkg {
			versions = append(versions, s.Compiler.Version)
		}
	}
	return versions
}

// versionLiteral is a version, or the beginning of one, in a range.
var versionLiteral = lazyregexp.New(`\d+(?:\.\d+(?:\.\d+(?:-[0-9A-Za-z.-]+)?)?)?`)

// maxRange bounds the length of a range that is read, in bytes.
const maxRange = 256

// inRange returns a version of a range, as npm reads ranges: the highest of the known versions in it,
// else the highest that the range names itself. It is "" for what is no range, such as a tag.
func inRange(wanted string, known []string) string {
	if alias, ok := strings.CutPrefix(wanted, "npm:"); ok {
		wanted = alias[strings.LastIndexByte(alias, '@')+1:]
	}
	wanted = strings.TrimPrefix(wanted, "workspace:")
	if len(wanted) > maxRange {
		return ""
	}
	within, err := semver.NewConstraint(wanted)
	if err != nil {
		return ""
	}
	highest := func(versions []string, keep func(v *semver.Version) bool) (best *semver.Version) {
		for _, raw := range versions {
			v, err := semver.NewVersion(raw)
			if err == nil && keep(v) && (best == nil || v.GreaterThan(best)) {
				best = v
			}
		}
		return best
	}
	literals := versionLiteral.FindAllString(wanted, -1)
	best := highest(known, within.Check)
	if best == nil {
		best = highest(literals, within.Check)
	}
	if best == nil {
		best = highest(literals, func(*semver.Version) bool { return true })
	}
	if best == nil {
		return ""
	}
	return best.String()
}

// isVersion reports whether s is a whole version.
func isVersion(s string) bool {
	_, err := semver.StrictNewVersion(s)
	return err == nil
}

// majorOf returns the major version of a version, 0 for what is none.
func majorOf(version string) uint64 {
	v, err := semver.NewVersion(version)
	if err != nil {
		return 0
	}
	return v.Major()
}

// sameMinor reports whether two versions have the same major and minor version.
func sameMinor(a, b string) bool {
	v, errV := semver.NewVersion(a)
	w, errW := semver.NewVersion(b)
	return errV == nil && errW == nil && v.Major() == w.Major() && v.Minor() == w.Minor()
}

// Differs returns how the release that a project uses differs from the one that the server runs; "" if
// their major and minor versions are equal, or the project's is not known. apart is true if the major
// versions differ, so that no release of the project's major version is pinned.
func (s *Server) Differs(r Release) (how string, apart bool) {
	if r.Version == "" || s.Compiler.Package == "" || sameMinor(r.Version, s.Compiler.Version) {
		return "", false
	}
	how = "the project uses " + s.Compiler.Name + " " + r.String() + ", and " + s.Compiler.Version + " answers"
	return how, majorOf(r.Version) != s.Compiler.Major()
}
