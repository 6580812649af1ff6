package catalogue

import (
	"encoding/json"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
	"lanser/server/trace"
)

// ProjectCheck describes how a compiler is asked what is wrong with a project file itself: a syntax
// error, an unknown option, a missing file that it names. Language servers publish such findings at
// no certain time, and some of them not at all.
type ProjectCheck struct {
	// Script is the compiler below the installation's node_modules, which node runs; "" is the
	// program of the server itself.
	Script string
	// Args precede the project file. The compiler then lists the project's files, and what is
	// wrong with the project, and checks no types.
	Args []string
	// Library is part of the name of a file that every project with a standard library lists.
	// Without it types are missing that the compiler needs, and reports only with ArgsWithoutLibrary.
	Library            string
	ArgsWithoutLibrary []string
	// Options are the arguments with which it prints the options that it takes from the project file, as JSON.
	Options []string
	// Full are the arguments with which it reports all that is wrong with the project's files, and writes nothing.
	Full []string
	// Source is the source that the server's own findings name.
	Source string
}

// typeScriptProjectCheck is the ProjectCheck of TypeScript's compilers. With --listFilesOnly they
// report what is wrong with the configuration and its options, and emit nothing.
func typeScriptProjectCheck(script, source string) *ProjectCheck {
	writeNothing := []string{
		"--pretty", "false", "--noEmit", "--emitDeclarationOnly", "false",
		"--incremental", "true", "--tsBuildInfoFile", os.DevNull, // the project's own file is neither read nor written
	}
	return &ProjectCheck{
		Script:             script,
		Args:               []string{"--pretty", "false", "--listFilesOnly", "-p"},
		Library:            "/lib.es5.d.ts",
		ArgsWithoutLibrary: slices.Concat(writeNothing, []string{"--noCheck", "-p"}),
		Options:            []string{"--showConfig", "-p"},
		Full:               slices.Concat(writeNothing, []string{"-p"}),
		Source:             source,
	}
}

// maxReferences bounds the project files that are reached by references.
const maxReferences = 500

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
		if !known[p] && len(known) < maxReferences {
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
		if refersToOthers(v, config) && slices.ContainsFunc(files, isBelow) {
			add(config)
		}
	}
	for i := 0; i < len(found); i++ { // found grows
		for _, p := range projectReferences(v, found[i]) {
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
// workspace without any Rust is data, such as the input of a test.
func LoneProjects(v project.View, format trace.Format) (out []LoneProject) {
	hasRust := slices.ContainsFunc(v.Paths(), isRust)
	for _, config := range v.Paths() {
		dir := path.Dir(config)
		isManifest := path.Base(config) == cargoCheck.Manifest && (hasRust || dir == ".")
		if format.Has(trace.LoneManifests) && isManifest && isLone(v, dir, isRust) {
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

// refersToOthers reports whether a project file refers to others, whether they exist or not.
func refersToOthers(v project.View, config string) bool {
	var parsed struct {
		References []json.RawMessage `json:"references"`
	}
	return project.ReadJSONC(v, config, &parsed) && len(parsed.References) > 0
}

// projectReferences returns the project files of the workspace that a project file refers to
// (TypeScript handbook, Project References: a folder, or a file).
func projectReferences(v project.View, config string) (out []string) {
	var parsed struct {
		References []struct {
			Path string `json:"path"`
		} `json:"references"`
	}
	if !project.ReadJSONC(v, config, &parsed) {
		return nil
	}
	for _, r := range parsed.References {
		to := path.Join(path.Dir(config), r.Path)
		for _, p := range []string{to, path.Join(to, "tsconfig.json")} {
			if path.Ext(p) == ".json" && project.Has(v, p) {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

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
		for i := 0; i < len(queue) && len(out) < maxReferences; i++ { // queue grows
			for _, p := range extends(v, queue[i]) {
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
	for i := 0; i < len(out) && len(out) < maxReferences; i++ { // out grows
		for _, p := range extends(v, out[i]) {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// notExtending are the configuration files that extend no other.
var notExtending = []string{"package.json"}

// extends returns the files of the workspace that a configuration extends: those that it names by a path.
// Packages are not files of the workspace.
func extends(v project.View, config string) (out []string) {
	var parsed struct {
		Extends json.RawMessage `json:"extends"`
	}
	if !project.ReadJSONC(v, config, &parsed) {
		return nil
	}
	var names []string
	if json.Unmarshal(parsed.Extends, &names) != nil {
		names = make([]string, 1)
		if json.Unmarshal(parsed.Extends, &names[0]) != nil {
			return nil
		}
	}
	for _, name := range names {
		if !strings.HasPrefix(name, ".") {
			continue
		}
		to := path.Join(path.Dir(config), name)
		for _, p := range []string{to, to + ".json"} {
			if project.Has(v, p) {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// circularTypeScriptConfig returns the mistake of the first project of files whose configuration extends itself, over
// others. The native server does not come to an end on it.
func circularTypeScriptConfig(srv *Server, v project.View, files []string) (CompilerFinding, bool) {
	done := map[string]bool{}
	for _, config := range srv.ProjectsOf(v, files) {
		circle := circleOfExtends(v, []string{config}, done)
		if circle == nil {
			continue
		}
		at := CompilerPlace{File: config}
		for i, line := range strings.Split(string(project.ContentOf(v, config)), "\n") {
			if column := strings.Index(line, `"extends"`); column >= 0 {
				start, end := utf8.RuneCountInString(line[:column]), len(`"extends"`)
				at.Line, at.EndLine, at.Column, at.EndColumn = i, i, start, start+end
				break
			}
		}
		return CompilerFinding{
			Severity: "error", Source: srv.ProjectCheck.Source, Code: "18000", At: at,
			Message: "Circularity detected while resolving configuration: " + strings.Join(circle, " -> "),
		}, true
	}
	return CompilerFinding{}, false
}

// circleOfExtends returns the configurations that a chain of them extends, until one is there for the second time; nil
// if none is. In done are those that lead to no circle.
func circleOfExtends(v project.View, chain []string, done map[string]bool) []string {
	last := chain[len(chain)-1]
	for _, next := range extends(v, last) {
		longer := append(slices.Clone(chain), next)
		if slices.Contains(chain, next) {
			return longer
		}
		if done[next] || len(chain) > maxReferences {
			continue
		}
		if circle := circleOfExtends(v, longer, done); circle != nil {
			return circle
		}
	}
	done[last] = true
	return nil
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
func (c *ProjectCheck) IsNotRun(v project.View, config, code string) bool {
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

// ProjectFinding is one thing that a compiler reports about a project.
type ProjectFinding struct {
	// File is the file as the compiler names it, relative to the root of the workspace or absolute;
	// "" is the project file as a whole.
	File      string
	Line, Col int // 0-based, in UTF-16 units
	Severity  string
	Code      string
	Message   string
}

// projectFinding is a line of the compiler's output that begins a finding.
var projectFinding = lazyregexp.New(`^(?:(.+)\((\d+),(\d+)\): )?(error|warning) TS(\d+): (.*)$`)

// Read returns the findings in the output of the compiler. lacksLibrary is true if there are none,
// and none of the files that are listed is of the standard library.
func (c *ProjectCheck) Read(out []byte) (found []ProjectFinding, lacksLibrary bool) {
	hasLibrary := false
	inFinding := false
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\r\n")
		if m := projectFinding.FindStringSubmatch(line); m != nil {
			row, _ := strconv.Atoi(m[2]) // "" is 0, as is a number that is too large
			col, _ := strconv.Atoi(m[3])
			found = append(found, ProjectFinding{
				File: m[1], Line: max(row-1, 0), Col: max(col-1, 0), Severity: m[4], Code: m[5], Message: m[6],
			})
			inFinding = true
			continue
		}
		if inFinding && strings.HasPrefix(line, "  ") {
			found[len(found)-1].Message += "\n" + line
			continue
		}
		inFinding = false
		hasLibrary = hasLibrary || strings.HasSuffix(strings.ReplaceAll(line, `\`, "/"), c.Library)
	}
	return found, len(found) == 0 && !hasLibrary
}

// NotBuilt is the code of the finding that a file of a project that another one refers to has no output yet.
const NotBuilt = "6305"
