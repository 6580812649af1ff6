package findings

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/project"
	"lanser/server/trace"
)

// Where a manifest is wrong, a server loads none of the packages that it is about, and refuses each of their files. The
// language's own command line reports the manifest and fails. So does a check: the finding in the manifest is its
// verdict, and the files that nobody could check because of it are not owed. With an unknown directive in go.mod, for
// instance, gopls refuses each Go file below it with "no package metadata", and the check reports line and message of
// go.mod.

// maxExplanation bounds the message of a finding in the reason of the files that it keeps from being checked, in
// code points.
const maxExplanation = 200

// explainUnloaded returns the states of files that the server refused because it has not loaded their packages, where a
// finding in a manifest says why. Findings in manifests that the check does not ask about are added. A file without
// such a finding has no state here: it stays unchecked for the server's reason, and the answer doubts what could not be
// loaded.
func (a *Answer) explainUnloaded(
	ctx context.Context, s *lsp.Session, reports []lsp.FileDiagnostics,
) (states []bundle.Coverage) {
	srv := s.Server()
	isUnloaded := func(r lsp.FileDiagnostics) bool {
		return r.Err != nil && srv.Unloaded != "" && strings.Contains(r.Err.Error(), srv.Unloaded)
	}
	if !slices.ContainsFunc(reports, isUnloaded) {
		return nil
	}
	a.addManifests(ctx, s, reports)
	a.Bundle.Facts.Diagnostics = a.workspaceFaults(s, a.Bundle.Facts.Diagnostics)
	hidden := a.hiddenModule(s)
	unexplained := false
	for _, r := range reports {
		if !isUnloaded(r) {
			continue
		}
		if hidden != nil {
			states = append(states, bundle.Coverage{
				State: bundle.UncheckedState, Reason: hidden.Missing, Files: []string{selectors.EscapePath(r.Path)},
			})
			continue
		}
		d := a.manifestFinding(srv.Needs, r.Path)
		if d == nil {
			d = a.packageFinding(srv.LoadSource, r.Path)
		}
		if d == nil {
			unexplained = true
			continue
		}
		line, _, _ := strings.Cut(d.Message, "\n")
		reason := fmt.Sprintf("%s%s:%d: %.*s", bundle.Unloadable, d.URI, d.Range[0]+1, maxExplanation, line)
		states = append(states, bundle.Coverage{
			State: bundle.UncheckedState, Reason: reason, Files: []string{selectors.EscapePath(r.Path)},
		})
	}
	a.LoadExplained, a.Unloaded = !unexplained, unexplained
	return states
}

// hiddenModule returns a module outside of the workspace that the build of all files includes, and that the server may
// not read, so that it has loaded nothing and does not say why; nil if there is none. It is reported as a finding, if
// the configuration that names it has no other error.
func (a *Answer) hiddenModule(s *lsp.Session) *project.Dependency {
	for _, dep := range s.Server().Outside(a.Snap) {
		if !a.hides(dep.Places) || a.manifestFinding(s.Server().Needs, dep.File) != nil {
			continue
		}
		found := bundle.Diagnostic{
			Severity: "error", Source: s.Server().Name, Message: dep.Missing + "; " + dep.Fix,
			Tags: []string{}, Related: []bundle.Related{},
		}
		(&missingDependency{Dependency: dep}).locate(a, s, &found)
		a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, found)
		a.Unnamed = true // the answer depends on a folder that is not of the workspace
		return dep
	}
	return nil
}

// timesAskedAgain bounds the questions of [Answer.askAgain]. Each has the server load the module anew.
const timesAskedAgain = 10

// askAgain returns reports with those of files replaced that the server has not loaded, or only in part
// ([catalogue.Server.HalfLoaded]). On a busy machine gopls answers about a file that was just opened before it knows
// why it cannot load the file's module. Such files, and the manifests, are asked about until the manifest of each file
// has an error, or all are loaded. Where neither comes about, a half-loaded file counts as refused.
func (a *Answer) askAgain(
	ctx context.Context, s *lsp.Session, reports []lsp.FileDiagnostics,
) []lsp.FileDiagnostics {
	srv := s.Server()
	isHalf := func(d lsp.Diagnostic) bool { return strings.Contains(string(d.Message), srv.HalfLoaded) }
	isHalfLoaded := func(r lsp.FileDiagnostics) bool { return slices.ContainsFunc(r.Items, isHalf) }
	isLacking := func(r lsp.FileDiagnostics) bool {
		return isHalfLoaded(r) || r.Err != nil && strings.Contains(r.Err.Error(), srv.Unloaded)
	}
	if srv.HalfLoaded == "" || !a.Format.Has(trace.BrokenConfig) {
		return reports
	}
	reports = withoutExplained(srv, reports)
	if !slices.ContainsFunc(reports, isLacking) {
		return reports
	}
	manifests := map[string]bool{} // by folder: whether it has an error
	for _, p := range a.Snap.Paths() {
		if slices.Contains(srv.Needs, path.Base(p)) {
			manifests[path.Dir(p)] = false
		}
	}
	isUnexplained := func(r lsp.FileDiagnostics) bool {
		dir, ok := project.NearestAbove(manifests, r.Path)
		return ok && isLacking(r) && !manifests[dir]
	}
	isError := func(d lsp.Diagnostic) bool { return d.Severity == int(protocol.DiagnosticSeverityError) }
	var files []string
	for _, r := range reports {
		if isLacking(r) || slices.Contains(srv.Needs, path.Base(r.Path)) {
			files = append(files, r.Path)
		}
	}
	out := slices.Clone(reports)
	for n := 0; n < timesAskedAgain && slices.ContainsFunc(out, isUnexplained); n++ {
		again, err := s.Diagnostics(ctx, a.Snap, files, func(int) {})
		if err != nil {
			return reports // the session's next question reports what is wrong with it
		}
		for i := range out {
			k := slices.IndexFunc(again, func(r lsp.FileDiagnostics) bool { return r.Path == out[i].Path })
			if k >= 0 {
				out[i] = again[k]
			}
			if slices.Contains(srv.Needs, path.Base(out[i].Path)) {
				manifests[path.Dir(out[i].Path)] = slices.ContainsFunc(out[i].Items, isError)
			}
		}
		out = withoutExplained(srv, out)
	}
	for i := range out {
		if isHalfLoaded(out[i]) && isUnexplained(out[i]) {
			out[i].Err = fault.New(fault.Incomplete,
				"%s has loaded no package metadata of what the file imports", srv.Name)
			out[i].Items = nil
		}
	}
	return out
}

// withoutExplained returns reports without the findings that the server lacks what a file imports, where the tool that
// loads packages has an error that says why: on the same line, or anywhere if the error lists the import among those of
// a cycle. That error is the finding.
func withoutExplained(srv *catalogue.Server, reports []lsp.FileDiagnostics) []lsp.FileDiagnostics {
	inCycles := map[string]bool{}
	for _, r := range reports {
		for _, d := range r.Items {
			if _, stack, ok := strings.Cut(string(d.Message), "import stack: ["); ok && d.Source == srv.LoadSource {
				stack, _, _ = strings.Cut(stack, "]")
				for imported := range strings.FieldsSeq(stack) {
					inCycles[imported] = true
				}
			}
		}
	}
	out := slices.Clone(reports)
	for i := range out {
		items := out[i].Items
		isExplained := func(d lsp.Diagnostic) bool {
			_, imported, isHalf := strings.Cut(string(d.Message), srv.HalfLoaded+" \"")
			imported, _, _ = strings.Cut(imported, "\"")
			explains := func(why lsp.Diagnostic) bool {
				return why.Source == srv.LoadSource && why.Range.Start.Line == d.Range.Start.Line
			}
			return isHalf && (inCycles[imported] || slices.ContainsFunc(items, explains))
		}
		out[i].Items = slices.DeleteFunc(slices.Clone(items), isExplained)
	}
	return out
}

// addManifests adds the findings in the manifests above the reported files that are not among these.
func (a *Answer) addManifests(ctx context.Context, s *lsp.Session, reports []lsp.FileDiagnostics) {
	var missing []string
	for _, p := range a.Snap.Paths() {
		isReported := func(r lsp.FileDiagnostics) bool { return r.Path == p }
		if slices.Contains(s.Server().Needs, path.Base(p)) && !slices.ContainsFunc(reports, isReported) {
			missing = append(missing, p)
		}
	}
	found, err := s.Diagnostics(ctx, a.Snap, missing, func(int) {})
	if err != nil {
		return // without an explanation the files stay owed
	}
	for _, r := range found {
		if r.Err == nil {
			diagnostics := a.Reader(s).Diagnostics(r)
			a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, diagnostics...)
			a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, a.overlooked(s, r.Path, diagnostics)...)
		}
	}
}

// packageFinding returns the first error of the tool that loads packages, by its source, in a file of the same folder:
// with a wrong build constraint in one file, for instance, the go command loads no file of the package. It returns nil
// if there is none.
func (a *Answer) packageFinding(source, file string) *bundle.Diagnostic {
	for i, d := range a.Bundle.Facts.Diagnostics {
		isSibling := path.Dir(selectors.UnescapePath(d.URI)) == path.Dir(file)
		if source != "" && d.Source == source && d.Severity == "error" && isSibling {
			return &a.Bundle.Facts.Diagnostics[i]
		}
	}
	return nil
}

// manifestFinding returns the first error in the manifest nearest to a file, or else in one further above; nil if there
// is none.
func (a *Answer) manifestFinding(names []string, file string) *bundle.Diagnostic {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		for i, d := range a.Bundle.Facts.Diagnostics {
			p := selectors.UnescapePath(d.URI)
			if d.Severity == "error" && path.Dir(p) == dir && slices.Contains(names, path.Base(p)) {
				return &a.Bundle.Facts.Diagnostics[i]
			}
		}
		if dir == "." {
			return nil
		}
	}
}
