package findings

import (
	"context"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/compiler"
	"lanser/server/lsp"
	"lanser/server/toolchain"
)

// A server judges a file as the project does that is the nearest one above it. A project that is compiled judges more:
//
//   - files with a project of their own that it includes from further up ([catalogue.Server.OuterProjects]);
//   - files of other projects, with other options, that its files import ([catalogue.Server.ReadsOthers]);
//   - the declaration files of packages, unless it sets skipLibCheck; they are judged if the compiler is of the release
//     that the project uses, as others differ in what they find there.
//
// The compiler's run of such a project as a whole shows what it finds there: a check reports that too.

// wholeProjects has the compiler check projects as a whole.
type wholeProjects struct {
	a       *Answer
	srv     *catalogue.Server
	host    *toolchain.Host
	files   []string                   // of the check
	members map[string]map[string]bool // as listed, by project file
	// packages are the projects that have files of packages.
	packages map[string]bool
	options  map[string]catalogue.ProjectOptions
}

// reports returns what the compiler says of all files of the projects that judge more than the server does. outer are
// those of them that may include files from further up. A proposed change is judged in a copy of the workspace: the
// compiler reads the disk.
func (w *wholeProjects) reports(ctx context.Context, outer []string) (out []projectReport) {
	_, judges := w.srv.OuterProjects(w.a.Disk, w.files)
	var copied *toolchain.Copy
	defer func() {
		if copied != nil {
			copied.Remove()
		}
	}()
	for _, config := range slices.Sorted(maps.Keys(w.members)) {
		has := func(file string) bool {
			isNew := !w.a.Disk.Has(file) // nobody has listed it
			return judges(config, file) && (w.members[config][file] || isNew)
		}
		isOuter := slices.Contains(outer, config) && slices.ContainsFunc(w.files, has)
		if !isOuter && !w.judgesPackages(ctx, config) && !w.judgesOthers(ctx, config) {
			continue
		}
		r := projectReport{config: config}
		r.out, r.err = w.a.Log.Ask("check the files of "+config, func() (printed []byte, err error) {
			m := w.a.Machine
			if !w.a.Request.Options.Hypothetical() {
				return m.CheckFiles(ctx, w.srv, w.host, w.a.Root(), config)
			}
			if copied == nil {
				copied, err = m.CopyWorkspace(w.srv, w.host, w.a.Snap, w.a.Snap.Overlaid())
				if err != nil {
					return nil, err
				}
			}
			printed, err = m.CheckFiles(ctx, w.srv, w.host, copied.Root, config)
			return []byte(copied.From(m, string(printed))), err
		})
		out = append(out, r)
	}
	return out
}

// judgesPackages reports whether a project has files of packages and checks them. They do not concern a check of some
// paths, nor what a change makes worse.
func (w *wholeProjects) judgesPackages(ctx context.Context, config string) bool {
	request := w.a.Request
	if !w.packages[config] || len(request.Paths) > 0 || request.Options.Hypothetical() {
		return false
	}
	release := catalogue.NewReleases(w.a.Snap).Of(w.srv.Compiler.Package, config)
	if how, _ := w.srv.Differs(release); how != "" {
		return false
	}
	options := w.optionsOf(ctx, config)
	return options != nil && !options.SkipsLibraries()
}

// judgesOthers reports whether a project has files of projects whose options are others.
func (w *wholeProjects) judgesOthers(ctx context.Context, config string) bool {
	read := w.srv.ReadsOthers(w.a.Disk, config, w.members[config], w.files)
	return slices.ContainsFunc(read, func(other string) bool {
		own, others := w.optionsOf(ctx, config), w.optionsOf(ctx, other)
		return own != nil && others != nil && !own.JudgesAs(others)
	})
}

// optionsOf returns the options of a project; nil if the compiler does not print them, because of a mistake in the
// project file, which is a finding.
func (w *wholeProjects) optionsOf(ctx context.Context, config string) catalogue.ProjectOptions {
	if options, ok := w.options[config]; ok {
		return options
	}
	out, err := w.a.Log.Ask("options of "+config, func() ([]byte, error) {
		return w.a.Machine.ProjectOptions(ctx, w.srv, w.host, config)
	})
	if err == nil {
		w.options[config] = catalogue.ReadOptions(out)
	}
	return w.options[config]
}

// isOfPackage reports whether a path, relative or absolute, is that of a file of an installed package.
func isOfPackage(file string) bool {
	return slices.Contains(strings.Split(filepath.ToSlash(file), "/"), "node_modules")
}

// wholeFindings returns what the reports on whole projects have besides what the server has found: in files of the
// check, and in files of packages. A project that was not built is no fault of the files.
func (a *Answer) wholeFindings(
	s *lsp.Session, files []string, reports []projectReport,
) (found, ofPackages []bundle.Diagnostic) {
	type place struct {
		uri  string
		line int
		code string
	}
	at := func(d bundle.Diagnostic) place { return place{uri: d.URI, line: d.Range[0], code: d.Code} }
	known := map[place]bool{}
	for _, d := range a.Bundle.Facts.Diagnostics {
		known[at(d)] = true
	}
	check := s.Server().ProjectCheck
	for _, r := range reports {
		if r.err != nil {
			a.Doubt(bundle.Partial, a.reason(r.err))
			continue
		}
		all, _ := check.Read(r.out)
		for _, f := range all {
			file, err := a.Snap.Rel(filepath.FromSlash(f.File))
			isOfFile := err == nil && slices.Contains(files, file) && path.Ext(file) != ".json"
			isPackage := f.File != "" && isOfPackage(f.File) && len(a.Request.Paths) == 0
			if !isOfFile && !isPackage || f.Code == compiler.NotBuilt {
				continue
			}
			d := a.Reader(s).ProjectFinding(r.config, f)
			if known[at(d)] {
				continue
			}
			known[at(d)] = true
			if isOfFile {
				d.Message += " (as " + selectors.EscapePath(r.config) + " compiles it)"
				found = append(found, d)
			} else {
				d.Message += " (" + selectors.EscapePath(r.config) + " does not set skipLibCheck)"
				ofPackages = append(ofPackages, d)
			}
		}
	}
	return found, ofPackages
}
