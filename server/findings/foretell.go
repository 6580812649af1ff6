package findings

import (
	"context"
	"path"

	"lanser/selectors"
	"lanser/server/bundle"
)

// Foretell returns what will not be checked, as far as that is known without starting a server: the states of files
// that import what is not installed, that only a compiler reads, and that a build tool cannot check, and the files that
// it could not check at all. The answer has a host. A build tool describes its packages.
func (a *Answer) Foretell(ctx context.Context) (states []bundle.Coverage, failed []bundle.Unchecked) {
	states = append(a.missingImports(), a.compiledStates()...)
	if r := a.foretellBuild(ctx, a.Server, a.Paths()); r != nil {
		states, failed = append(states, r.outside...), r.failed
	}
	return states, failed
}

// missingImports returns the files that import dependencies which are not installed. They are those that
// the server would report for an import. The imports are read from the sources, and become findings in the words of the
// server, so that both are judged by the same rules ([dependencies]).
func (a *Answer) missingImports() (unchecked []bundle.Coverage) {
	ds := a.newDependencies(a.Server)
	loaded := map[[2]string]bool{} // by folder and import: what is missing in one file is missing in its folder
	for _, file := range a.Paths() {
		uri := selectors.EscapePath(file)
		for _, found := range a.Server.Imports(a.Snap, file) {
			key := [2]string{path.Dir(file), found.Message}
			d := bundle.Diagnostic{URI: uri, Severity: "error", Code: found.Code, Message: found.Message}
			loaded[key] = loaded[key] || ds.exists(found.Types) || !ds.add(d)
		}
	}
	ds.group()
	for _, file := range a.Paths() {
		if uri := selectors.EscapePath(file); ds.needs[uri] != nil {
			unchecked = append(unchecked, ds.state(uri))
		}
	}
	return unchecked
}

// compiledStates returns the states that files will have which the compiler is going to read.
func (a *Answer) compiledStates() (states []bundle.Coverage) {
	if len(a.Compiled()) == 0 {
		return nil
	}
	known := a.compilersIn(a.Snap)
	for _, file := range a.Compiled() {
		_, refused := known.runs(file)
		states = append(states, assemblyState(a.Server, file, refused))
	}
	return states
}
