package catalogue

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/project"
)

// HasNoFiles reports whether a project names the files that it has, and they are none: it refers to other projects.
func HasNoFiles(v project.View, config string) bool {
	var parsed struct {
		Files            *[]string
		Include, Extends *json.RawMessage
	}
	isRead := project.ReadJSONC(v, config, &parsed)
	return isRead && parsed.Files != nil && len(*parsed.Files) == 0 && parsed.Include == nil && parsed.Extends == nil
}

// OutsideProjects returns the files, of those given, that belong to no project: neither to one above
// them nor to one that such a project refers to. The server would read such a file with options that
// nobody has chosen. members has the files of each project, relative to the root of the workspace; nil
// is for a project whose files are not known, which may have any. The projects above the files that
// members lacks are returned too: without them the answer is preliminary.
func (s *Server) OutsideProjects(
	v project.View, files []string, members map[string]map[string]bool,
) (outside map[string]Standing, lacking []string) {
	folders := map[string]bool{}
	for _, name := range s.Projects {
		for dir := range project.FoldersNamed(v, name) {
			folders[dir] = true
		}
	}
	all := s.allProjects(v, folders)
	above := map[string][]string{"": all} // by the folder of the nearest project, "" for none
	outside = map[string]Standing{}
	for _, file := range files {
		dir, ok := project.NearestAbove(folders, file)
		if above[dir] == nil && ok {
			above[dir] = s.projectsFrom(v, folders, dir)
		}
		if !ok && (len(all) == 0 || len(all) >= project.MaxReferences || !s.isLoose(v, file)) {
			continue
		}
		isListed := project.Has(v, file) // an unlisted file is one of a project that certainly has it
		mayHave := func(config string) bool {
			list, known := members[config]
			return known && (list == nil && isListed || list[file])
		}
		if slices.ContainsFunc(above[dir], mayHave) {
			continue
		}
		for _, config := range above[dir] {
			if _, known := members[config]; !known && !slices.Contains(lacking, config) {
				lacking = append(lacking, config)
			}
		}
		reason := "no project above them, and none of a package, includes them"
		if ok {
			reason = above[dir][0] + " does not include them"
		}
		if ok && len(above[dir]) > 1 {
			reason += ", nor does another project above them or one that is referred to"
		}
		outside[file] = Standing{State: bundle.Excluded, Reason: reason}
	}
	slices.Sort(lacking)
	return outside, lacking
}

// renamedProject returns the standings of files of TypeScript in a workspace whose project files all have other names
// than those that the server looks for, such as tsconfig.build.json: it would read the files of their packages with
// options that nobody has chosen.
func (s *Server) renamedProject(v project.View) func(file string) Standing {
	packages := project.FoldersNamed(v, "package.json")
	byPackage := map[string]string{} // the first project file, by the folder of its package; "" for none
	for _, p := range v.Paths() {
		isProject, _ := path.Match("tsconfig*.json", path.Base(p)) // the pattern is well-formed
		isInFolder := path.Base(path.Dir(p)) == "tsconfig" && path.Ext(p) == ".json"
		switch dir, _ := project.NearestAbove(packages, p); {
		case IsBystander(p):
		case slices.Contains(s.Projects, path.Base(p)):
			return func(string) Standing { return Standing{} }
		case (isProject || isInFolder) && byPackage[dir] == "":
			byPackage[dir] = p
		}
	}
	return func(file string) Standing {
		dir, _ := project.NearestAbove(packages, file)
		if byPackage[dir] == "" || !strings.HasPrefix(s.LanguageID(file), "typescript") {
			return Standing{}
		}
		return Standing{
			State: bundle.Unserved,
			Reason: "no tsconfig.json is above them, and the server reads no project file of another name, such as " +
				byPackage[dir],
			Fix: "write a tsconfig.json that extends it",
		}
	}
}

// isLoose reports whether a TypeScript file below no project belongs to the root of a repository with several packages,
// and to none of these: a script, or the configuration of a tool. Nobody has chosen options for it, and the packages
// that it imports need not declare types.
func (s *Server) isLoose(v project.View, file string) bool {
	packages := project.FoldersNamed(v, "package.json")
	dir, ok := project.NearestAbove(packages, file)
	if !ok || !strings.HasPrefix(s.LanguageID(file), "typescript") {
		return false
	}
	var manifest struct{ Workspaces any }
	return project.Has(v, path.Join(dir, "pnpm-workspace.yaml")) ||
		project.ReadJSONC(v, path.Join(dir, "package.json"), &manifest) && manifest.Workspaces != nil
}

// allProjects returns the projects in folders, with those that they refer to.
func (s *Server) allProjects(v project.View, folders map[string]bool) []string {
	var files []string
	for dir := range folders {
		files = append(files, path.Join(dir, "x"))
	}
	return s.ProjectsOf(v, files)
}

// projectsFrom returns the projects of a folder and of the folders above it, with those that they refer
// to, that of the folder itself first.
func (s *Server) projectsFrom(v project.View, folders map[string]bool, dir string) (configs []string) {
	for ; ; dir = path.Dir(dir) {
		if folders[dir] {
			found := s.ProjectsOf(v, []string{path.Join(dir, "x")})
			own := func(config string) bool {
				return path.Dir(config) == dir && slices.Contains(s.Projects, path.Base(config))
			}
			if i := slices.IndexFunc(found, own); i > 0 {
				found[0], found[i] = found[i], found[0]
			}
			for _, config := range found {
				if !slices.Contains(configs, config) {
					configs = append(configs, config)
				}
			}
		}
		if dir == "." || len(configs) >= project.MaxReferences {
			return configs
		}
	}
}

// components are the extensions of single-file components, which a program of their framework
// compiles. TypeScript by itself cannot import them.
var components = []string{".vue", ".svelte", ".astro"}

// missingModule is the message for an import that the server cannot load, with the module's name.
var missingModule = lazyregexp.New(`^Cannot find module '([^']+)'`)

// Component returns the component of the workspace that a finding in a file cannot load, and that is
// there all the same: the finding is none of the framework's own compiler. It is "" for any other
// finding.
func (s *Server) Component(v project.View, file, code, message string) string {
	m := missingModule.FindStringSubmatch(message)
	if s.MissingModule == "" || code != s.MissingModule || m == nil || !slices.Contains(components, path.Ext(m[1])) ||
		slices.Contains(s.Components, path.Ext(m[1])) {
		return ""
	}
	if strings.HasPrefix(m[1], ".") {
		if p := path.Join(path.Dir(file), m[1]); project.Has(v, p) {
			return p
		}
		return ""
	}
	_, below, ok := strings.Cut(m[1], "/") // after an alias such as @
	for _, p := range v.Paths() {
		if ok && strings.HasSuffix("/"+p, "/"+below) {
			return p
		}
	}
	return ""
}
