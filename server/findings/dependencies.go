package findings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"lanser/index"
	"lanser/selectors"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/plan"
	"lanser/server/project"
)

// Where a dependency is not installed, a server reports each import of it, and much that follows from that. A check
// reports it once, with the command that installs it, and lists the files that import it as unchecked (spec section 3,
// "Coverage"). [Answer.mergeDependencies] does that in this order, in which each step needs what the ones before found:
//
//  1. add enters each finding that reports a missing dependency, and the files that need it;
//  2. follows drops the findings that may be there only because of these, and enters the files in which they are;
//  3. group merges the dependencies of one manifest if there are many;
//  4. one finding for each dependency, and one state for each file that needs one, are the result.
//
// A dependency has a key: the manifest that declares it, and what is missing. It is used in all of the maps below.

// missingDependency is a dependency that is not installed, with the findings that report it.
type missingDependency struct {
	*project.Dependency
	uses []bundle.Diagnostic
}

// dependencies sorts the findings of one server by the missing dependencies that they report.
type dependencies struct {
	a       *Answer
	srv     *catalogue.Server
	view    dependencyView
	ignored plan.SeverityRules
	known   map[string]bool // whether a place exists, by its key
	missing map[string]*missingDependency
	// needs are the missing dependencies of a file, by its URI. A file whose project reports a missing
	// dependency as a warning does not count.
	needs map[string]map[string]bool
	// imports are what a file imports of missing dependencies, by its URI.
	imports map[string][]string
	// globals are the missing dependencies that declare global names, by the folder of the project for
	// which an error reports that.
	globals map[string]map[string]bool
	// options are the missing dependencies that hold options of a project, by the URI of the configuration
	// that names them.
	options  map[string]map[string]bool
	projects map[string]bool // the folders of all projects
	// unloaded are the URIs of files of projects of which nothing is loaded.
	unloaded map[string]bool
	affected func(file string) bool // [catalogue.Server.Affected] of the files in needs; nil before it is used
}

// newDependencies returns a sorter without findings for the files of an answer. A project lies in a folder with one of
// the manifests that the server reads.
func (a *Answer) newDependencies(srv *catalogue.Server) *dependencies {
	ds := &dependencies{
		a: a, srv: srv, ignored: plan.NewSeverityRules(a.Request.Options.Severities),
		known: map[string]bool{}, missing: map[string]*missingDependency{}, needs: map[string]map[string]bool{},
		imports: map[string][]string{},
		globals: map[string]map[string]bool{}, options: map[string]map[string]bool{}, projects: map[string]bool{},
		unloaded: map[string]bool{},
	}
	deleted := sync.OnceValue(func() []string { return append(a.deletedFiles(a.Disk), a.Removed...) })
	ds.view = dependencyView{Snapshot: a.Snap, deleted: deleted}
	for _, p := range a.Snap.Paths() {
		if base := path.Base(p); slices.Contains(srv.Projects, base) || slices.Contains(srv.Needs, base) {
			ds.projects[path.Dir(p)] = true
		}
	}
	return ds
}

// mergeDependencies replaces the findings that report missing dependencies by one finding for each
// dependency. It drops findings that may be there only because of them, and returns the states of the
// files that import them. With no dependency missing, the findings are returned as they are.
func (a *Answer) mergeDependencies(
	s *lsp.Session, found []bundle.Diagnostic,
) (kept []bundle.Diagnostic, unchecked []bundle.Coverage) {
	ds := a.newDependencies(s.Server())
	kept = []bundle.Diagnostic{}
	for _, d := range found {
		if !ds.add(d) {
			kept = append(kept, d)
		}
	}
	if len(ds.missing) == 0 {
		return found, nil
	}
	a.Unnamed = true // it may be installed while no file of the workspace changes
	kept = slices.DeleteFunc(kept, func(d bundle.Diagnostic) bool { return ds.repeats(d) || ds.follows(d) })
	ds.dropUnloaded()
	ds.group()
	for _, key := range slices.Sorted(maps.Keys(ds.missing)) {
		kept = append(kept, ds.missing[key].finding(a, s))
	}
	for _, uri := range slices.Sorted(maps.Keys(ds.needs)) {
		unchecked = append(unchecked, ds.state(uri))
	}
	return kept, unchecked
}

// dropUnloaded drops the missing dependencies of a project of which nothing is loaded, because something is wrong that
// no installation changes: that alone is reported.
func (ds *dependencies) dropUnloaded() {
	for cause, m := range ds.missing {
		if !m.Unloads || !m.Broken {
			continue
		}
		ds.a.LoadExplained = true
		for key, other := range ds.missing {
			if other.Unloads || path.Dir(other.File) != path.Dir(m.File) {
				continue
			}
			delete(ds.missing, key)
			for _, needed := range ds.needs {
				if needed[key] {
					delete(needed, key)
					needed[cause] = true
				}
			}
		}
	}
}

// deletedKey is the question about deleted files in traces. Those of earlier versions do not have it.
const deletedKey = "deleted files"

// dependencyView is a snapshot of which the deleted files of the workspace are gone too, and those that it had at the
// commit that a check is compared with: an import of one of them is an error of the code, and no package to install.
type dependencyView struct {
	*index.Snapshot
	deleted func() []string
}

// Gone returns the files that the workspace had.
func (v dependencyView) Gone() []string { return append(v.Snapshot.Gone(), v.deleted()...) }

// deletedFiles returns the files that git tracks and that are not on disk.
func (a *Answer) deletedFiles(disk *index.Snapshot) (paths []string) {
	if !a.Log.Knows(deletedKey) {
		return nil
	}
	raw, err := a.Log.Ask(deletedKey, func() ([]byte, error) { return json.Marshal(disk.Deleted()) })
	if err != nil || json.Unmarshal(raw, &paths) != nil {
		return nil
	}
	return paths
}

// add enters a finding; false is for one that does not report a missing dependency, and is kept. Kept are also findings
// about an import that the code can do without (in Python one in a try statement that handles its failure), about a
// package that is installed, which is an error of the code, and about a package that no manifest declares though others
// are installed: the project lacks the declaration. Where nothing is installed at all, the dependency that is entered
// is that fact, one for the project.
func (ds *dependencies) add(d bundle.Diagnostic) bool {
	dep := ds.srv.Dependency(ds.view, selectors.UnescapePath(d.URI), d.Code, d.Message)
	if dep != nil && dep.Hidden != nil && ds.a.hides(dep.Places) {
		dep = dep.Hidden
	}
	if dep == nil || ds.ignored.Severity(&d) == api.Ignore || ds.exists(dep.Places) ||
		d.Severity == "error" && ds.srv.IsOptional(ds.a.Snap, selectors.UnescapePath(d.URI), d.Range[0]) {
		return false
	}
	described := dep
	if dep.Whole != nil && !ds.exists(dep.Stores) {
		dep = dep.Whole
	} else if dep.Undeclared {
		return false
	}
	key := dep.File + "\n" + dep.Missing
	if ds.missing[key] == nil {
		ds.missing[key] = &missingDependency{Dependency: dep}
	}
	m := ds.missing[key]
	m.uses = append(m.uses, d)
	if d.Severity != "error" {
		return true
	}
	if described.Unloads {
		for _, file := range ds.a.Paths() {
			if slices.Contains(ds.srv.Needs, path.Base(file)) {
				continue // the server has read it
			}
			uri := selectors.EscapePath(file)
			if ds.project(uri) == path.Dir(described.File) {
				ds.unloaded[uri] = true
				enter(ds.needs, uri, key)
			}
		}
		return true
	}
	if described.Options {
		enter(ds.options, d.URI, key)
		return true
	}
	for _, uri := range ds.importers(d.URI, described.Import) {
		enter(ds.needs, uri, key)
		ds.imports[uri] = append(ds.imports[uri], described.Import)
	}
	if described.Global {
		enter(ds.globals, ds.project(d.URI), key)
	}
	return true
}

// repeats reports whether a finding that was kept, because the code can do without the import, reports a dependency
// that its file needs elsewhere: it is one use more.
func (ds *dependencies) repeats(d bundle.Diagnostic) bool {
	dep := ds.srv.Dependency(ds.view, selectors.UnescapePath(d.URI), d.Code, d.Message)
	if dep == nil {
		return false
	}
	key := dep.File + "\n" + dep.Missing
	if !ds.needs[d.URI][key] {
		return false
	}
	ds.missing[key].uses = append(ds.missing[key].uses, d)
	return true
}

// importers returns the files that import what a finding in a file reports as missing, by their URIs. gopls reports an
// import that it cannot load in one file of the package only: the others are those of its folder that hold the import
// path in quotes.
func (ds *dependencies) importers(uri, imported string) (uris []string) {
	uris = []string{uri}
	if !ds.srv.ReportsOnce {
		return uris
	}
	file := selectors.UnescapePath(uri)
	for _, p := range ds.a.Snap.Paths() {
		if p == file || path.Dir(p) != path.Dir(file) || path.Ext(p) != path.Ext(file) {
			continue
		}
		if c, err := ds.a.Snap.Content(p); err == nil && bytes.Contains(c.Bytes(), []byte(`"`+imported+`"`)) {
			uris = append(uris, selectors.EscapePath(p))
		}
	}
	return uris
}

// follows reports whether a finding may be there only because a dependency is missing. Its file needs the
// dependency then, also if it does not import it: it uses names that the dependency declares for all, or
// belongs to a project whose options the dependency holds.
func (ds *dependencies) follows(d bundle.Diagnostic) bool {
	if ds.unloaded[d.URI] {
		return !ds.srv.IsAboutSyntax(d.Source, d.Code)
	}
	if ds.needs[d.URI] != nil && ds.srv.MayFollow(d.Source, d.Code, d.Message, ds.imports[d.URI]) {
		return true
	}
	if ds.srv.IsAboutSyntax(d.Source, d.Code) {
		return false
	}
	missing := ds.optionsOf(d.URI)
	if d.Severity == "error" && ds.srv.MayFollowGlobally(d.Code) && ds.isAffected(d.URI) {
		missing = append(missing, slices.Collect(maps.Keys(ds.globals[ds.project(d.URI)]))...)
	}
	for _, key := range missing {
		enter(ds.needs, d.URI, key)
	}
	return len(missing) > 0
}

// isAffected reports whether the code of a file may depend on that of files with missing dependencies.
func (ds *dependencies) isAffected(uri string) bool {
	if ds.affected == nil {
		var by []string
		for _, importer := range slices.Sorted(maps.Keys(ds.needs)) {
			by = append(by, selectors.UnescapePath(importer))
		}
		ds.affected = ds.srv.Affected(ds.a.Snap, by)
	}
	return ds.affected(selectors.UnescapePath(uri))
}

// optionsOf returns the missing dependencies that hold options of the project of a file, such as a package with a
// tsconfig.json that the one of the project extends.
func (ds *dependencies) optionsOf(uri string) (missing []string) {
	if len(ds.options) == 0 {
		return nil
	}
	for _, config := range ds.srv.Configurations(ds.a.Snap, ds.project(uri)) {
		missing = append(missing, slices.Collect(maps.Keys(ds.options[selectors.EscapePath(config)]))...)
	}
	return missing
}

// maxSingle is the number of missing dependencies of one manifest up to which each is reported by itself.
const maxSingle = 3

// group replaces the missing dependencies of a manifest that one command installs by one entry, if they are many. The
// entry has the key of the first one, to which the files that need the others are moved. globals and options are not
// moved: nothing reads them after follows.
func (ds *dependencies) group() {
	groups := map[string][]string{} // keys of ds.missing
	for _, key := range slices.Sorted(maps.Keys(ds.missing)) {
		if m := ds.missing[key]; m.Name != "" && m.File != "" {
			groups[m.File+"\n"+m.Fix] = append(groups[m.File+"\n"+m.Fix], key)
		}
	}
	for _, keys := range groups {
		if len(keys) <= maxSingle {
			continue
		}
		merged := &missingDependency{Dependency: ds.missing[keys[0]].Dependency}
		var names []string
		for _, key := range keys {
			names = append(names, ds.missing[key].Name)
			merged.uses = append(merged.uses, ds.missing[key].uses...)
		}
		d := *merged.Dependency
		what := "are not installed"
		if d.Broken {
			what = "cannot be loaded"
		}
		d.Missing = fmt.Sprintf("%d dependencies of %s %s: %s, and %d more",
			len(keys), d.File, what, strings.Join(names[:maxSingle], ", "), len(keys)-maxSingle)
		merged.Dependency = &d
		for _, key := range keys {
			delete(ds.missing, key)
			ds.missing[keys[0]] = merged
			for _, needed := range ds.needs {
				if needed[key] {
					delete(needed, key)
					needed[keys[0]] = true
				}
			}
		}
	}
}

// project returns the folder of the project that a file belongs to; "" for none.
func (ds *dependencies) project(uri string) string {
	dir, _ := project.NearestAbove(ds.projects, selectors.UnescapePath(uri))
	return dir
}

// enter adds a value to the set of a key.
func enter(sets map[string]map[string]bool, key, value string) {
	if sets[key] == nil {
		sets[key] = map[string]bool{}
	}
	sets[key][value] = true
}

// exists reports whether one of some places exists. Each is looked up once. In the replay of a trace that does not
// tell, it does: the trace is older than the question, and its findings were kept as they were.
func (ds *dependencies) exists(places []project.Place) bool {
	for _, p := range places {
		key := "does " + p.Scheme + ":" + p.Path + " exist"
		there, known := ds.known[key]
		if !known {
			there = true
			if ds.a.Log.Knows(key) {
				out, err := ds.a.Log.Ask(key, func() ([]byte, error) {
					if ds.a.Machine.Exists(ds.a.Host, p) {
						return []byte("yes"), nil
					}
					return nil, nil
				})
				there = err != nil || len(out) > 0
			}
			ds.known[key] = there
		}
		if there {
			return true
		}
	}
	return false
}

// hides reports whether one of some places exists where the server may not read. In the replay of a trace that does not
// tell, it may.
func (a *Answer) hides(places []project.Place) bool {
	return slices.ContainsFunc(places, func(p project.Place) bool {
		key := "is " + p.Scheme + ":" + p.Path + " hidden from the server"
		if !a.Log.Knows(key) {
			return false
		}
		out, err := a.Log.Ask(key, func() ([]byte, error) {
			if a.Machine.Hides(a.Host, p) {
				return []byte("yes"), nil
			}
			return nil, nil
		})
		return err == nil && len(out) > 0
	})
}

// maxUses bounds the places that the finding of a missing dependency refers to.
const maxUses = 10

// finding returns the finding that reports a missing dependency: in the manifest that declares it, else at
// its first use. It has the highest severity of the uses, and refers to the first of them.
func (m *missingDependency) finding(a *Answer, s *lsp.Session) bundle.Diagnostic {
	slices.SortFunc(m.uses, bundle.Diagnostic.Compare)
	d := m.uses[0]
	for _, use := range m.uses[1:] {
		if bundle.Severity(use.Severity) < bundle.Severity(d.Severity) {
			d.Severity = use.Severity
		}
	}
	d.Message = m.Missing + "; " + m.Fix
	d.Tags, d.Related = []string{}, []bundle.Related{}
	for i, use := range m.uses {
		if i == maxUses {
			break
		}
		at := bundle.Related{URI: use.URI, Range: use.Range, Message: "it is imported here"}
		d.Related = append(d.Related, at)
	}
	m.locate(a, s, &d)
	return d
}

// locate sets the place of a finding to the line that declares the dependency, if a manifest does.
func (m *missingDependency) locate(a *Answer, s *lsp.Session, d *bundle.Diagnostic) {
	c, err := a.Snap.Content(m.File)
	if m.File == "" || err != nil {
		return
	}
	span, _ := c.LineSpan(m.Line)
	line := c.Slice(span)
	span.Start += len(line) - len(strings.TrimLeft(line, " \t"))
	span.End = span.Start + len(strings.TrimSpace(line))
	p := places.Place{Content: c, Path: m.File, Span: span}
	p.Range = bundle.RangeOf(c, p.Span, a.Ranges(s))
	d.URI, d.Range, d.Text, d.Container = selectors.EscapePath(m.File), p.Range, p.Line(), ""
}

// state returns the state of a file that imports missing dependencies, such as "the module example.com/x v1.2.3 is not
// downloaded, and the module example.com/y v1.0.0 is not downloaded". If all of them are broken, which no installation
// changes, the reason begins with [bundle.Unimportable]: the finding is the verdict about the file.
func (ds *dependencies) state(uri string) bundle.Coverage {
	group := bundle.Coverage{State: bundle.UncheckedState, Files: []string{uri}}
	isBroken := func(key string) bool { return ds.missing[key].Broken }
	if !slices.ContainsFunc(slices.Collect(maps.Keys(ds.needs[uri])), func(key string) bool { return !isBroken(key) }) {
		group.Reason = bundle.Unimportable
	}
	isVerdict := group.Reason != "" // whose finding says what helps
	for i, key := range slices.Sorted(maps.Keys(ds.needs[uri])) {
		m := ds.missing[key]
		if i == bundle.MaxReasons {
			group.Reason += ", and more"
			break
		}
		if i > 0 {
			group.Reason += ", and "
		}
		group.Reason += m.Missing
		if !isVerdict && !slices.Contains(strings.Split(group.Fix, "; "), m.Fix) {
			group.Fix = strings.TrimPrefix(group.Fix+"; "+m.Fix, "; ")
		}
	}
	return group
}
