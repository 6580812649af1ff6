package catalogue

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"lanser/server/project"
)

// LanguageOfScript returns the language of a script whose name does not tell it, by its first line, as
// in "#!/usr/bin/env bash"; nil for no script.
func LanguageOfScript(content []byte) *project.Language {
	first, _, _ := bytes.Cut(content, []byte("\n"))
	m := project.Interpreters.FindSubmatch(first)
	if m == nil {
		return nil
	}
	for i, id := range []string{"shell", "python", "javascript"} { // as in [mention.interpreted]
		if len(m[i+1]) > 0 {
			i := slices.IndexFunc(project.Languages, func(l *project.Language) bool { return l.ID == id })
			return project.Languages[i]
		}
	}
	return nil
}

// LanguageIDs returns the names of the languages that a check can be required to cover: those of
// [project.Languages], then
// those of [project.DataLanguages].
func LanguageIDs() (ids []string) {
	for _, l := range slices.Concat(project.Languages, project.DataLanguages) {
		ids = append(ids, l.ID)
	}
	return ids
}

// bystanders are folders whose manifests declare no project of the repository: copies of others'
// code, and input of tests.
var bystanders = []string{"testdata", "vendor", "node_modules", "third_party", "fixtures", "__fixtures__"}

// Projects are the projects of a workspace: for each language the folders that have a manifest.
type Projects struct {
	folders map[*project.Language]map[string]bool
}

// ProjectsOf returns the projects of a workspace. Compilation databases are manifests too, though
// version control may ignore them.
func ProjectsOf(v project.View) Projects {
	out := Projects{folders: map[*project.Language]map[string]bool{}}
	add := func(l *project.Language, dir string) {
		if out.folders[l] == nil {
			out.folders[l] = map[string]bool{}
		}
		out.folders[l][dir] = true
	}
	for _, p := range v.Paths() {
		if slices.ContainsFunc(strings.Split(path.Dir(p), "/"), isBystander) {
			continue
		}
		for _, l := range project.Languages {
			if l.IsManifest(p) {
				add(l, path.Dir(p))
			}
		}
	}
	for _, srv := range Servers {
		for dir := range srv.Databases(v) {
			for _, l := range project.Languages {
				if srv.LanguageID(l.Example()) != "" {
					add(l, dir)
				}
			}
		}
	}
	return out
}

// IsBystander reports whether a file is a copy of others' code or input of tests, by the names of the folders that it
// is in.
func IsBystander(file string) bool {
	return slices.ContainsFunc(strings.Split(path.Dir(file), "/"), func(folder string) bool {
		return slices.Contains(bystanders, folder)
	})
}

func isBystander(folder string) bool {
	return slices.Contains(bystanders, folder) || len(folder) > 1 && folder[0] == '.'
}

// Any reports whether the workspace has a project of any language.
func (ps Projects) Any() bool { return len(ps.folders) > 0 }

// Around returns the folder of the innermost project, of any language, that a file lies in; "." if it lies in none.
func (ps Projects) Around(file string) string {
	innermost := "."
	for _, folders := range ps.folders {
		dir, ok := project.NearestAbove(folders, file)
		if ok && dir != "." && (innermost == "." || len(dir) > len(innermost)) {
			innermost = dir
		}
	}
	return innermost
}

// Has reports whether a file lies in a project of its language.
func (ps Projects) Has(l *project.Language, file string) bool { return ps.has(l, file, isBystander) }

// Has reports whether a file lies in a project of its language, in no folder below that which skips accepts by its
// name.
func (ps Projects) has(l *project.Language, file string, skips func(folder string) bool) bool {
	dir, ok := project.NearestAbove(ps.folders[l], file)
	if !ok {
		return false
	}
	below := strings.TrimPrefix(path.Dir(file), strings.TrimPrefix(dir+"/", "./"))
	return !slices.ContainsFunc(strings.Split(below, "/"), skips)
}
