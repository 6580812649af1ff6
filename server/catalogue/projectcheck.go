package catalogue

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/compiler"
	"lanser/server/project"
	"lanser/server/trace"
)

// ProjectsOf returns the project files of the workspace that the given files belong to, those
// that they refer to, and those above the files that refer to others, sorted. The files belong to the nearest project
// file above them.
func (s *Server) ProjectsOf(v project.View, files []string) []string {
	named := map[string]string{} // by folder: the name that is preferred
	for _, name := range slices.Backward(s.Projects) {
		for _, p := range v.Paths() {
			if path.Base(p) == name {
				named[path.Dir(p)] = p
			}
		}
	}
	var found []string
	known := map[string]bool{}
	add := func(p string) {
		if !known[p] && len(known) < project.MaxReferences {
			known[p] = true
			found = append(found, p)
		}
	}
	for _, p := range files {
		if dir, ok := project.NearestAbove(named, p); ok {
			add(named[dir])
		}
	}
	for _, config := range named {
		isBelow := func(p string) bool { return beneath.Inside(path.Dir(config), p) }
		if project.RefersToOthers(v, config) && slices.ContainsFunc(files, isBelow) {
			add(config)
		}
	}
	for i := 0; i < len(found); i++ { // found grows
		for _, p := range project.ReferencesOf(v, found[i]) {
			add(p)
		}
	}
	slices.Sort(found)
	return found
}

// LoneProject is a project file without any file of its language next to it or below it.
type LoneProject struct {
	Config string
	Like   string // a path that a file of the project could have, by which its server is chosen
}

// LoneProjects returns the project files of the workspace whose compiler can be asked about them, and that have no
// files of their own, sorted. Installed packages are not the workspace's own. A manifest of cargo in a folder of a
// workspace without any Rust is data, such as the input of a test. The files of a workspace of cargo whose members are
// workspaces themselves are these members' own.
func LoneProjects(v project.View, format trace.Format) (out []LoneProject) {
	hasRust := slices.ContainsFunc(v.Paths(), isRust)
	for _, config := range v.Paths() {
		dir := path.Dir(config)
		isManifest := path.Base(config) == compiler.Cargo.Manifest && (hasRust || dir == ".")
		isAlone := isManifest && (isLone(v, dir, isRust) ||
			format.Has(trace.NestedWorkspaces) && compiler.Cargo.IsEmptyWorkspace(v, config, isRust))
		if format.Has(trace.LoneManifests) && isAlone {
			out = append(out, LoneProject{Config: config, Like: path.Join(dir, "src/lib.rs")})
		}
		at := slices.Index(typescript.Projects, path.Base(config))
		if at < 0 || slices.Contains(strings.Split(config, "/"), "node_modules") {
			continue
		}
		if at > 0 && project.Has(v, path.Join(dir, typescript.Projects[0])) || !isLone(v, dir, isTypeScript) {
			continue
		}
		out = append(out, LoneProject{Config: config, Like: path.Join(dir, "index"+[]string{".ts", ".js"}[at])})
	}
	return out
}

// isLone reports whether no file that a project in a folder may include lies in the folder.
func isLone(v project.View, dir string, isSource func(p string) bool) bool {
	return !slices.ContainsFunc(v.Paths(), func(p string) bool {
		isOwn := beneath.Inside(dir, p) && !slices.Contains(strings.Split(p, "/"), "node_modules")
		return isOwn && isSource(p)
	})
}

func isTypeScript(p string) bool { return typescript.LanguageID(p) != "" }

func isRust(p string) bool { return path.Ext(p) == ".rs" }

// extendedFiles returns the files of the workspace that project files extend, directly or not, and whose
// names do not show that they configure the server ([Server.IsConfig]), sorted.
func (s *Server) extendedFiles(v project.View) []string {
	if s.ProjectCheck == nil {
		return nil
	}
	type key struct{ srv *Server }
	return v.Memoize(key{s}, func() any {
		var queue, out []string
		known := map[string]bool{}
		for _, p := range v.Paths() {
			if s.IsConfig(p) && !slices.Contains(notExtending, path.Base(p)) {
				queue = append(queue, p)
				known[p] = true
			}
		}
		for i := 0; i < len(queue) && len(out) < project.MaxReferences; i++ { // queue grows
			for _, p := range project.Extends(v, queue[i]) {
				if !known[p] {
					known[p] = true
					queue, out = append(queue, p), append(out, p)
				}
			}
		}
		slices.Sort(out)
		return out
	}).([]string)
}

// Configurations returns the project files in a folder, and the files of the workspace that they extend, directly or
// not.
func (s *Server) Configurations(v project.View, dir string) (out []string) {
	for _, name := range s.Projects {
		if p := path.Join(dir, name); project.Has(v, p) {
			out = append(out, p)
		}
	}
	for i := 0; i < len(out) && len(out) < project.MaxReferences; i++ { // out grows
		for _, p := range project.Extends(v, out[i]) {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// notExtending are the configuration files that extend no other.
var notExtending = []string{"package.json"}

// circularTypeScriptConfig returns the mistake of the first project of files whose configuration extends itself, over
// others. The native server does not come to an end on it.
func circularTypeScriptConfig(srv *Server, v project.View, files []string) (compiler.Finding, bool) {
	done := map[string]bool{}
	for _, config := range srv.ProjectsOf(v, files) {
		circle := project.CircleOfExtends(v, []string{config}, done)
		if circle == nil {
			continue
		}
		at := compiler.Place{File: config}
		for i, line := range strings.Split(string(project.ContentOf(v, config)), "\n") {
			if column := strings.Index(line, `"extends"`); column >= 0 {
				start, end := utf8.RuneCountInString(line[:column]), len(`"extends"`)
				at.Line, at.EndLine, at.Column, at.EndColumn = i, i, start, start+end
				break
			}
		}
		return compiler.Finding{
			Severity: "error", Source: srv.ProjectCheck.Source, Code: "18000", At: at,
			Message: "Circularity detected while resolving configuration: " + strings.Join(circle, " -> "),
		}, true
	}
	return compiler.Finding{}, false
}

// overwriting are the codes of errors about files that the compiler would write over its own sources. It reports them
// only if it is to write files.
var overwriting = []string{"5055", "5056"}

// compilerRun matches a run of TypeScript's compiler in a script, with its arguments.
var compilerRun = lazyregexp.New(`(?:^|[\s/"'])(?:tsc|vue-tsc|tsgo)(?:\s[^&|;]*)?(?:$|[&|;])`)

// noInputs is the code of the error that a project has no files.
const noInputs = "18003"

// IsNotRun reports whether a finding in a project, by its code, is about something that nobody does: the project's own
// scripts only run the compiler so that it writes no files, or the project is one for others to extend, which names no
// files and has none.
func (s *Server) IsNotRun(v project.View, config, code string) bool {
	if code == noInputs {
		var parsed struct{ Files, Include, References *json.RawMessage }
		isRead := project.ReadJSONC(v, config, &parsed)
		names := parsed.Files != nil || parsed.Include != nil || parsed.References != nil
		return isRead && !names && isLone(v, path.Dir(config), isTypeScript)
	}
	if !slices.Contains(overwriting, code) {
		return false
	}
	writes := true
	for _, dir := range project.FoldersAbove(config) {
		var parsed struct {
			Scripts map[string]string `json:"scripts"`
		}
		if json.Unmarshal(project.ContentOf(v, path.Join(dir, "package.json")), &parsed) != nil {
			continue
		}
		for _, script := range parsed.Scripts {
			for _, run := range compilerRun.FindAllString(script, -1) {
				if !strings.Contains(strings.ToLower(run), "-noemit") {
					return false
				}
				writes = false
			}
		}
	}
	return !writes
}
