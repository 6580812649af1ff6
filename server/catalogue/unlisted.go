package catalogue

import (
	"bytes"
	"path"
	"slices"

	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/cbuild"
	"lanser/server/project"
)

// Unlisted selects sources that are not in the list of a workspace's files, because .gitignore names them or because
// they are links, and that the builds of its projects include all the same. Generated code is the ordinary case.
type Unlisted struct {
	v        project.View
	projects Projects
	listed   map[*project.Language]bool // languages of listed files
	configs  map[string]bool            // folders with a project file of TypeScript
	hasJS    bool                       // a project of TypeScript may include JavaScript
	// hidden are the names, such as ".next", of folders that begin with a dot and that a configuration or an import
	// names.
	hidden map[string]bool
}

// UnlistedIn returns what selects the unlisted sources of a workspace.
func UnlistedIn(v project.View) *Unlisted {
	u := &Unlisted{
		v: v, projects: ProjectsOf(v),
		listed: map[*project.Language]bool{}, configs: map[string]bool{}, hidden: map[string]bool{},
	}
	for _, p := range v.Paths() {
		u.addHidden(p)
		u.listed[project.LanguageOf(p)] = true
		if typescript.IsConfig(p) && path.Base(p) != "package.json" {
			u.hasJS = u.hasJS || bytes.Contains(project.ContentOf(v, p), []byte("Js\""))
		}
		if slices.Contains(typescript.Projects, path.Base(p)) {
			u.configs[path.Dir(p)] = true
		}
	}
	return u
}

// hiddenFolder matches a folder whose name begins with a dot in a path that a configuration or an import names.
var hiddenFolder = lazyregexp.New(`["'/](\.[A-Za-z][\w.-]*)(?:/|["'])`)

// addHidden enters the folders whose names begin with a dot and that a file names, if it is a configuration or a source
// of TypeScript. Python has none: pyright leaves out such folders even if it is told to include them.
func (u *Unlisted) addHidden(p string) {
	if typescript.LanguageID(p) == "" && !typescript.IsConfig(p) {
		return
	}
	content := project.ContentOf(u.v, p)
	for _, m := range hiddenFolder.FindAllSubmatch(content, maxImports) {
		u.hidden[string(m[1])] = true
	}
}

// skips reports whether a folder of a name has no code of a build.
func (u *Unlisted) skips(folder string) bool { return isBystander(folder) && !u.hidden[folder] }

// Skip reports whether no file below a folder can be selected.
func (u *Unlisted) Skip(dir string) bool { return u.skips(path.Base(dir)) }

// Keep reports whether [Unlisted.Select] needs to know of a file.
func (u *Unlisted) Keep(p string) bool {
	l := project.LanguageOf(p)
	if l == nil || u.projects.Any() && !u.projects.has(l, p, u.skips) || !u.projects.Any() && !u.listed[l] {
		return false
	}
	switch l.ID {
	case "go", "gomod", "python":
		return true
	case "javascript", "typescript":
		_, ok := project.NearestAbove(u.configs, p)
		return ok && (u.hasJS || l.ID == "typescript")
	}
	return false
}

// Select returns those of the kept files that a build may include. Which of them a project of TypeScript includes, only
// its compiler knows.
func (u *Unlisted) Select(kept []string) (out []string) {
	modules := map[string]bool{} // that are not listed
	for _, p := range kept {
		if path.Base(p) == "go.mod" {
			modules[path.Dir(p)] = true
		}
	}
	notOwn, pyrightStands := project.NotOwnCode(u.v), pyright.Standings(u.v)
	for _, p := range kept {
		_, isOther := project.NearestAbove(modules, p)
		switch {
		case path.Base(p) == "go.mod", notOwn(p) != "", path.Ext(p) == ".go" && (isOther || project.IgnoredByGo(p)):
		case pyright.LanguageID(p) != "" && pyrightStands(p).State == bundle.Excluded:
		default:
			out = append(out, p)
		}
	}
	return out
}

// Compiled returns the files of the workspace's folder that compilation databases list, and the list of its files does
// not have, sorted.
func (u *Unlisted) Compiled() (out []string) {
	for _, srv := range Servers {
		for _, database := range srv.Databases(u.v) {
			for p := range cbuild.Listed(u.v, database) {
				if srv.LanguageID(p) != "" && !project.Has(u.v, p) {
					out = append(out, p)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
