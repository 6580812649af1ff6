package toolchain

import (
	"context"
	"path"
	"slices"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
	"lanser/server/project"
	"lanser/server/sandbox"
)

// Diagnosis describes which language servers would answer for a workspace, and what prevents
// others from answering. It is the output of 'lanser doctor --json'.
type Diagnosis struct {
	Workspace  string              `json:"workspace"`
	Reason     string              `json:"reason"` // how the workspace was chosen
	Files      int                 `json:"files"`
	Sandbox    string              `json:"sandbox"` // full, partial or none
	Guarantees []sandbox.Guarantee `json:"guarantees"`
	// Trusted says why servers may run code of the workspace, as in "by --trust"; "" if they may not.
	Trusted    string            `json:"trusted,omitempty"`
	Data       string            `json:"data"`
	Cache      string            `json:"cache"`
	PassedOver []string          `json:"passedOver,omitempty"` // ignored folders of PATH and variables
	Git        *RefusedGit       `json:"git,omitempty"`        // nil if git works or there is no repository
	Servers    []DiagnosedServer `json:"servers"`              // in the order of the catalogue
	// RemoteCache is the cache that the environment names; nil if it names none.
	RemoteCache *RemoteCache `json:"remoteCache,omitempty"`
	// Gaps are the causes for which 'lanser diag' will not come to a verdict; nil if that is not known.
	Gaps []CheckGap `json:"foretold,omitempty"`
}

// CheckGap is a group of files that a check owes and will not check, with the cause.
type CheckGap struct {
	bundle.Coverage
	// OnlyWithErrors is true if the flags of the files' compiler are guessed. A file then counts as checked if no
	// error is found in it, because an error may be due to the guess.
	OnlyWithErrors bool `json:"onlyWithErrors,omitempty"`
}

// RefusedGit describes why git refuses the repository of the workspace.
type RefusedGit struct {
	Refused string `json:"refused"`
	Fix     string `json:"mend,omitempty"` // how to correct it
}

// RemoteCache describes the cache of answers that machines share (package remote).
type RemoteCache struct {
	Address string `json:"address,omitempty"` // without a password; "" if what the environment names is no address
	Writes  bool   `json:"writes"`            // answers are also written to it
	Problem string `json:"problem,omitempty"` // why it cannot be used; "" if it answers
}

// DiagnosedServer describes a language server that would answer for files of the workspace.
type DiagnosedServer struct {
	Files    int      `json:"files"`              // that the server would answer for
	Projects []string `json:"projects,omitempty"` // project files, such as go.mod
	Needs    []string `json:"-"`                  // without one of these project files, answers are partial
	Refused  string   `json:"refused,omitempty"`  // why the server is not started without --trust
	// Compiler is the compiler that the server runs, such as "TypeScript 5.9.3", if projects choose its
	// release. Uses are the releases that the projects of its files use, such as "5.4.5 (yarn.lock)".
	Compiler string `json:"compiler,omitempty"`
	// Linter is true for a server that adds findings to those of other servers, in projects that configure it.
	Linter bool     `json:"linter,omitempty"`
	Uses   []string `json:"uses,omitempty"`
	// Notes are sentences about the packages that the server reads, and about those that it does not read.
	Notes []string `json:"notes,omitempty"`
	ServerStatus
}

// ServerStatus describes whether a language server is installed.
type ServerStatus struct {
	Name      string    `json:"name"`
	Pinned    string    `json:"pinned"` // version
	Tested    bool      `json:"tested"`
	Languages []string  `json:"languages"`
	Found     Installed `json:"found"`
	Argv      []string  `json:"argv,omitempty"`
	Fix       string    `json:"mend,omitempty"` // how to install it
}

// Installed says where a language server is installed.
type Installed string

// The values of Installed.
const (
	InstalledPinned Installed = "pinned" // the pinned version, in the user's data folder
	InstalledOnPath Installed = "path"   // on PATH, in an unknown version
	NotInstalled    Installed = "no"
)

// Status returns the status of a language server. It is installed in dirs, or find finds it.
func Status(dirs install.Dirs, srv *catalogue.Server, find *programs.Finder) ServerStatus {
	out := ServerStatus{Name: srv.Name, Pinned: srv.Version, Tested: !srv.Untested, Found: NotInstalled}
	for name := range srv.LanguageIDs {
		out.Languages = append(out.Languages, name)
	}
	slices.Sort(out.Languages)
	found, err := install.Find(dirs, srv, find)
	if err != nil {
		out.Fix = fault.From(err).Hint
		return out
	}
	out.Found, out.Argv = InstalledOnPath, found.Argv
	if found.Pinned {
		out.Found = InstalledPinned
	}
	return out
}

// Diagnose examines the workspace at root, or the files at paths of it, of which a folder means all below. It starts no
// language server. With trust it does not report which servers are refused without trust. The error is NotFound for a
// path that no file of the workspace has, and Permissions for one outside.
func Diagnose(ctx context.Context, root string, trust bool, paths ...string) (*Diagnosis, error) {
	ws, err := index.Open(root, index.Options{})
	if err != nil {
		return nil, err
	}
	defer ws.Close()
	snap, err := ws.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	dirs, err := install.UserDirs(ws.Root())
	if err != nil {
		return nil, err
	}
	find := install.Finder(dirs, ws.Root())
	files, err := filesAt(ws, snap, paths)
	if err != nil {
		return nil, err
	}
	d := &Diagnosis{
		Workspace: ws.Root(), Files: len(files), Sandbox: sandbox.Level(), Guarantees: sandbox.Guarantees(),
		Data: dirs.Data, Cache: dirs.Cache, PassedOver: passedOver(find),
	}
	if refused := ws.GitRefusal(); refused != nil {
		e := fault.From(refused)
		d.Git = &RefusedGit{Refused: e.Message, Fix: e.Hint}
	}
	status := map[*catalogue.Server]ServerStatus{}
	for _, srv := range catalogue.Servers {
		status[srv] = Status(dirs, srv, find)
	}
	machine := New(Config{Root: ws.Root(), Dirs: dirs, Trust: trust, Top: ws.RepositoryRoot})
	served := filesByServer(snap, files, status)
	for _, srv := range catalogue.Servers {
		if served.files[srv] == 0 {
			continue
		}
		one := DiagnosedServer{
			Files: served.files[srv], Projects: served.projects(srv, snap), Uses: served.uses[srv],
			Needs: slices.Concat(srv.Needs, srv.DatabasePlaces()), ServerStatus: status[srv], Linter: srv.Linter != nil,
		}
		if c := srv.Compiler; c.Package != "" {
			one.Compiler = c.Name + " " + c.Version
		}
		packages := machine.pythonPackages(srv)
		for _, note := range []string{packages.used, packages.unused} {
			if note != "" {
				one.Notes = append(one.Notes, note)
			}
		}
		if srv.CheckNeeds != "" && find.Look(srv.CheckNeeds) == "" {
			one.Notes = append(one.Notes, srv.CheckNeeds+" is not installed, and diag does not check these files "+
				"without it; lanser servers install "+srv.Name)
		}
		one.Notes = append(one.Notes, ownLinter(srv, snap)...)
		one.Notes = append(one.Notes, unusedSettings(srv, snap)...)
		if pin := srv.Pinned(snap); pin.Version != "" {
			one.Notes = append(one.Notes, "the project pins "+srv.Name+" "+pin.String()+
				": findings of "+srv.Version+" may differ")
		}
		if !trust {
			one.Refused = refusal(srv, ws, snap)
		}
		d.Servers = append(d.Servers, one)
	}
	return d, nil
}

// unusedSettings returns which settings of a server lie in folders below the workspace's own, and how they are used.
func unusedSettings(srv *catalogue.Server, v project.View) (notes []string) {
	checked := srv.CheckFolders(v)
	for _, file := range srv.SettingsBelow(v) {
		if slices.Contains(checked, path.Dir(file)) {
			continue // a check uses them
		}
		if len(notes) == maxOwnNotes {
			return append(notes, "and the settings of more folders are not used")
		}
		notes = append(notes, "it does not use the settings in "+file+", as "+srv.Name+" only reads those of the "+
			"workspace's folder; lanser diag --workspace "+path.Dir(file)+" uses them")
	}
	return notes
}

// ownLinter returns which version of a linter each project has installed, for a linter that projects bring along.
func ownLinter(srv *catalogue.Server, v project.View) (notes []string) {
	if !srv.IsCommand() || srv.Linter.Command.Own == "" {
		return nil
	}
	for _, dir := range srv.CommandFolders(v) {
		note := "in " + dir + " it is not installed: " + project.NodeInstallation(v, dir)
		if _, version, ok := srv.OwnProgram(v, dir); ok {
			note = "in " + dir + " it is the project's own " + version
		}
		notes = append(notes, note)
		if len(notes) == maxOwnNotes {
			return append(notes, "and in more folders")
		}
	}
	return notes
}

// maxOwnNotes bounds the folders of which [ownLinter] and [unusedSettings] tell.
const maxOwnNotes = 5

// Missing reports whether a server that would answer for files of the workspace is not installed. Linters only add
// to its answers.
func (d *Diagnosis) Missing() bool {
	return slices.ContainsFunc(d.Servers, func(s DiagnosedServer) bool { return s.Found == NotInstalled && !s.Linter })
}

// servedFiles are the files of a workspace by the servers that would answer for them.
type servedFiles struct {
	files    map[*catalogue.Server]int
	uses     map[*catalogue.Server][]string // releases of its compiler that projects use, each once
	releases *catalogue.Releases
}

// filesAt returns the files of the workspace at paths, sorted; all of them for no paths.
func filesAt(ws *index.Workspace, snap *index.Snapshot, paths []string) (files []string, err error) {
	if len(paths) == 0 {
		return snap.Paths(), nil
	}
	for _, p := range paths {
		rel, err := ws.Rel(p)
		if err != nil {
			return nil, err
		}
		n := len(files)
		for _, f := range snap.Paths() {
			if beneath.Inside(rel, f) {
				files = append(files, f)
			}
		}
		if len(files) == n {
			if _, err := snap.Content(rel); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// filesByServer returns which server would answer for each of some files of the workspace. Untested servers, and those
// of data and markup, about which a check is not asked by default, count only if they are installed.
func filesByServer(v project.View, files []string, status map[*catalogue.Server]ServerStatus) servedFiles {
	out := servedFiles{
		files: map[*catalogue.Server]int{}, uses: map[*catalogue.Server][]string{}, releases: catalogue.NewReleases(v),
	}
	installed := func(srv *catalogue.Server) bool { return status[srv].Found != NotInstalled }
	for _, srv := range catalogue.Servers {
		if srv.Linter != nil {
			out.files[srv] = srv.LintedFiles(v, files)
		}
	}
	for _, p := range files {
		known, release := out.releases.ServersFor(p)
		if checker := catalogue.CheckerOfScript(v, p, 0); len(known) == 0 && checker != nil {
			known = []*catalogue.Server{checker}
		}
		srv := install.Choose(known, installed)
		isOptional := srv != nil && (srv.Untested || project.DataLanguageOf(p) != nil)
		if srv == nil || isOptional && !installed(srv) {
			continue
		}
		out.files[srv]++
		if use := release.String(); release.Version != "" && !slices.Contains(out.uses[srv], use) {
			out.uses[srv] = append(out.uses[srv], use)
		}
	}
	return out
}

// projects returns the project files of a server, without those whose project uses another release of
// its compiler.
func (s servedFiles) projects(srv *catalogue.Server, v project.View) []string {
	if srv.Linter != nil {
		return srv.LinterProjects(v)
	}
	all := srv.ProjectFiles(v)
	if srv.Compiler.Package == "" {
		return all
	}
	return slices.DeleteFunc(all, func(p string) bool {
		release := s.releases.Of(srv.Compiler.Package, p)
		return !slices.Contains(catalogue.Fitting(catalogue.Servers, srv.Compiler.Package, release), srv)
	})
}

// refusal returns the file and the reason for which a server is not started in an untrusted
// workspace, "" if it is started.
func refusal(srv *catalogue.Server, ws *index.Workspace, snap *index.Snapshot) string {
	file, why, err := Refuses(srv, ws.Root(), ws.RepositoryRoot(), snap.Paths())
	if err != nil || why == "" {
		return ""
	}
	return file + ": " + why
}

// passedOver lists the entries of PATH and the variables that are ignored, with the reason.
func passedOver(find *programs.Finder) (out []string) {
	for _, d := range find.Folders() {
		if d.Skipped != "" && d.Skipped != programs.Absent {
			out = append(out, "PATH: "+d.Entry+": "+d.Skipped)
		}
	}
	var names []string
	for _, srv := range catalogue.Servers {
		names = append(names, srv.Env...)
	}
	for _, name := range find.PassedOver(names) {
		if name == venvVar || name == pythonPathVar {
			continue // see [Machine.pythonPackages]
		}
		out = append(out, name+": it names a file in the workspace, which a server would run or load")
	}
	return out
}
