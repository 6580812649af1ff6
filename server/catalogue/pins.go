package catalogue

import (
	"path"
	"regexp"
	"strings"

	"lanser/server/project"
)

// Pinned returns the version of the server's own package that the workspace pins for its checks, with the
// file that does; the zero value if it pins none, or the one that is installed. A package.json counts with
// its lock file; for Python, lock files and exact requirements do.
func (s *Server) Pinned(v project.View) Release {
	if !s.ProjectsPinIt {
		return Release{}
	}
	release := NewReleases(v).Of(s.packageName(), "x")
	if release.Version == "" || release.Range != "" {
		release = pinnedForPython(v, s.Name)
	}
	if release.Version == strings.TrimPrefix(s.Version, "v") {
		return Release{}
	}
	return release
}

// packageName returns the name of the package that projects pin.
func (s *Server) packageName() string {
	if s.Install.Manager == "npm" {
		return strings.TrimSuffix(s.Install.Package, "@"+s.Version)
	}
	return s.Name
}

// pinnedForPython returns the version of a package that lock files of Python have, or that a requirement
// names exactly. Files nearer to the root come first, lock files before others.
func pinnedForPython(v project.View, name string) (found Release) {
	locked := regexp.MustCompile(`(?m)^name = "` + regexp.QuoteMeta(name) + `"\r?\nversion = "([^"]+)"`)
	exact := regexp.MustCompile(`(?m)(?:^[ \t]*|["'])` + regexp.QuoteMeta(name) +
		`(?:\[[\w,-]*\])?(?:\s*===?\s*|\s*=\s*"(?:==)?)(\d[\w.]*)`)
	best := 0
	for _, file := range v.Paths() {
		base := path.Base(file)
		form, rank := exact, 2*strings.Count(file, "/")+1
		switch {
		case base == "uv.lock" || base == "poetry.lock" || base == "pdm.lock":
			form, rank = locked, rank-1
		case base == "pyproject.toml" || strings.HasPrefix(base, "requirements") && path.Ext(base) == ".txt":
		default:
			continue
		}
		if found.Version != "" && rank >= best {
			continue
		}
		if m := form.FindSubmatch(project.ContentOf(v, file)); m != nil {
			found, best = Release{Version: string(m[1]), File: file}, rank
		}
	}
	return found
}
