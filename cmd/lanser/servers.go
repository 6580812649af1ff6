package main

import (
	"context"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
	"lanser/server/sandbox"
	"lanser/server/toolchain"
)

// version is the module's version as the Go toolchain has recorded it.
// serverStatus is what servers list and doctor say of a server.
type serverStatus struct {
	Name      string   `json:"name"`
	Pinned    string   `json:"pinned"`
	Tested    bool     `json:"tested"`
	Languages []string `json:"languages"`
	Found     string   `json:"found"` // "pinned", "path" or "no"
	Argv      []string `json:"argv,omitempty"`
	Mend      string   `json:"mend,omitempty"`
}

func status(d install.Dirs, s *catalogue.Server, find *programs.Finder) serverStatus {
	out := serverStatus{Name: s.Name, Pinned: s.Version, Tested: !s.Untested, Found: "no"}
	for name := range s.LanguageIDs {
		out.Languages = append(out.Languages, name)
	}
	slices.Sort(out.Languages)
	found, err := install.Find(d, s, find)
	switch {
	case err != nil:
		out.Mend = fault.From(err).Hint
	case found.Pinned:
		out.Found, out.Argv = "pinned", found.Argv
	default:
		out.Found, out.Argv = "path", found.Argv
	}
	return out
}

func (a *app) servers() *cobra.Command {
	cmd := &cobra.Command{Use: "servers", Short: "list and install language servers", Args: usage(cobra.NoArgs)}
	list := &cobra.Command{
		Use: "list", Short: "list the language servers that are known, and which are installed", Args: usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			root, _, err := a.root()
			if err != nil {
				return err
			}
			d, err := install.UserDirs("")
			if err != nil {
				return err
			}
			find := programs.For(root)
			var all []serverStatus
			for _, s := range catalogue.Servers {
				all = append(all, status(d, s, find))
			}
			if a.json {
				return a.encode(all)
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			for _, s := range all {
				visible.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, s.Pinned, foundText(s)+untested(s), strings.Join(s.Languages, " "))
			}
			return w.Flush()
		},
	}
	var dry bool
	inst := &cobra.Command{
		Use: "install NAME...", Short: "install pinned language servers into the user's data folder", Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			d, find, err := a.installs()
			if err != nil {
				return err
			}
			for _, name := range names {
				s := catalogue.Named(name)
				if s == nil {
					return fault.New(fault.Usage, "unknown server %q", name).WithHint("'lanser servers list' names those that are known")
				}
				if dry {
					for _, step := range install.Plan(d, s) {
						visible.Fprintln(a.out, step)
					}
					continue
				}
				if err := install.Install(cmd.Context(), d, s, find, a.err); err != nil {
					return err
				}
				visible.Fprintf(a.out, "%s %s is installed in %s\n", s.Name, s.Version, d.Dir(s))
			}
			return nil
		},
	}
	inst.Flags().BoolVar(&dry, "dry-run", false, "only print the commands that would be run")
	verify := &cobra.Command{
		Use: "verify [NAME...]", Short: "check that the installed servers are the pinned ones; all tested ones by default",
		RunE: func(cmd *cobra.Command, names []string) error {
			d, find, err := a.installs()
			if err != nil {
				return err
			}
			if len(names) == 0 {
				for _, s := range catalogue.Servers {
					if !s.Untested {
						names = append(names, s.Name)
					}
				}
			}
			var worst *fault.Error
			for _, name := range names {
				s := catalogue.Named(name)
				if s == nil {
					return fault.New(fault.Usage, "unknown server %q", name).WithHint("'lanser servers list' names those that are known")
				}
				if err := install.Verify(cmd.Context(), d, s, find); err != nil {
					worst = fault.From(err)
					visible.Fprintf(a.out, "%s: %s\n", s.Name, worst)
					continue
				}
				visible.Fprintf(a.out, "%s: %s, as pinned\n", s.Name, s.Version)
			}
			if worst != nil {
				return exitError(worst.Code.Exit())
			}
			return nil
		},
	}
	dangers := &cobra.Command{
		Use: "dangers [NAME...]", Short: "by which files a workspace could have each server run or load something, and what prevents it",
		RunE: func(_ *cobra.Command, names []string) error { return a.dangers(names) },
	}
	cmd.AddCommand(list, inst, verify, dangers)
	return cmd
}

// dangers prints the dangers of the servers that are named; of all tested ones by default.
func (a *app) dangers(names []string) error {
	all := map[string][]catalogue.Danger{}
	for _, s := range catalogue.Servers {
		if len(names) == 0 && len(s.Dangers) > 0 || slices.Contains(names, s.Name) {
			all[s.Name] = s.Dangers
		}
	}
	for _, name := range names {
		if _, known := all[name]; !known {
			return fault.New(fault.Usage, "unknown server %q", name).WithHint("'lanser servers list' names those that are known")
		}
	}
	if a.json {
		return a.encode(all)
	}
	for _, s := range catalogue.Servers {
		list, asked := all[s.Name]
		if !asked {
			continue
		}
		visible.Fprintln(a.out, s.Name)
		for _, d := range list {
			visible.Fprintf(a.out, "  %s\n    could %s\n    prevented by %s: %s\n", d.Files, d.Could, string(d.Stop), d.By)
		}
		if len(list) == 0 {
			visible.Fprintln(a.out, "  nothing is known: it was not looked at, and runs in the sandbox like the others")
		}
	}
	return nil
}

// installs are the user's folders, and what finds the programs that install: none of the
// workspace around the current folder.
func (a *app) installs() (install.Dirs, *programs.Finder, error) {
	d, err := install.UserDirs("")
	if err != nil {
		return d, nil, err
	}
	root, _, err := a.root()
	return d, programs.For(root), err
}

func untested(s serverStatus) string {
	if s.Tested {
		return ""
	}
	return ", untested"
}

func foundText(s serverStatus) string {
	switch s.Found {
	case "pinned":
		return "installed"
	case "path":
		return "on PATH, version not pinned"
	}
	return "not installed"
}

// doctor says what would answer here, and what is wrong.
func (a *app) doctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "tell what would answer in this workspace, why, and what is wrong", Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			missing, err := a.diagnose(cmd.Context())
			if err != nil {
				return err
			}
			if missing {
				return exitError(fault.NoServer.Exit())
			}
			return nil
		},
	}
}

// diagnose writes what would answer in the workspace, and says whether a server is
// missing.
func (a *app) diagnose(ctx context.Context) (missing bool, err error) {
	root, reason, err := a.root()
	if err != nil {
		return false, err
	}
	ws, err := index.Open(root, index.Options{})
	if err != nil {
		return false, err
	}
	defer ws.Close()
	snap, err := ws.Snapshot(ctx)
	if err != nil {
		return false, err
	}
	d, err := install.UserDirs(ws.Root())
	if err != nil {
		return false, err
	}
	files := map[string]int{}
	find := programs.For(ws.Root())
	for _, p := range snap.Paths() {
		if s := install.Choose(p, func(s *catalogue.Server) bool { return status(d, s, find).Found != "no" }); s != nil && (!s.Untested || status(d, s, find).Found != "no") {
			files[s.Name]++
		}
	}
	report := doctorReport{
		Workspace: ws.Root(), Reason: reason, Files: len(snap.Paths()), Sandbox: sandbox.Level(), Guarantees: sandbox.Guarantees(), Data: d.Data, Cache: d.Cache,
		PassedOver: passedOver(find),
	}
	if refused := ws.GitRefusal(); refused != nil {
		e := fault.From(refused)
		report.Git = &doctorGit{Refused: e.Message, Mend: e.Hint}
	}
	for _, s := range catalogue.Servers {
		if files[s.Name] > 0 {
			st := status(d, s, find)
			missing = missing || st.Found == "no"
			one := doctorServer{Files: files[s.Name], Projects: s.ProjectFiles(snap), needs: append(slices.Clone(s.Needs), s.Database...), serverStatus: st}
			if file, why, err := toolchain.Refuses(s, ws.Root(), ws.RepositoryRoot(), snap.Paths()); err == nil && why != "" && !a.trust {
				one.Refused = file + ": " + why
			}
			report.Servers = append(report.Servers, one)
		}
	}
	if err := a.writeDoctor(report); err != nil {
		return missing, fault.From(err)
	}
	return missing, nil
}

// maxProjects bounds the project files that are printed of a server.
const maxProjects = 5

type doctorReport struct {
	Workspace  string              `json:"workspace"`
	Reason     string              `json:"reason"`
	Files      int                 `json:"files"`
	Sandbox    string              `json:"sandbox"` // full, partial or none
	Guarantees []sandbox.Guarantee `json:"guarantees"`
	Data       string              `json:"data"`
	Cache      string              `json:"cache"`
	PassedOver []string            `json:"passedOver,omitempty"` // folders of PATH and variables, with the reason
	Git        *doctorGit          `json:"git,omitempty"`        // nil where git is asked, or there is no repository
	Servers    []doctorServer      `json:"servers"`
}

// doctorGit is why the repository that the workspace is in is not asked.
type doctorGit struct {
	Refused string `json:"refused"`
	Mend    string `json:"mend,omitempty"`
}

type doctorServer struct {
	Files    int      `json:"files"`
	Projects []string `json:"projects,omitempty"` // files that say what belongs together
	needs    []string // one of which it cannot do without
	Refused  string   `json:"refused,omitempty"` // why it is not started without --trust
	serverStatus
}

// passedOver lists what of the user's environment is not used, and why.
func passedOver(find *programs.Finder) (out []string) {
	for _, d := range find.Folders() {
		if d.Skipped != "" && d.Skipped != programs.Absent {
			out = append(out, "PATH: "+d.Entry+": "+d.Skipped)
		}
	}
	var names []string
	for _, s := range catalogue.Servers {
		names = append(names, s.Env...)
	}
	for _, name := range find.PassedOver(names) {
		out = append(out, name+": it names a file of the workspace, which a server would run or load")
	}
	return out
}

func (a *app) writeDoctor(r doctorReport) error {
	if a.json {
		return a.encode(r)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	visible.Fprintf(w, "workspace\t%s (%s)\n", r.Workspace, r.Reason)
	visible.Fprintf(w, "files\t%d\n", r.Files)
	if r.Git != nil {
		visible.Fprintf(w, "git\tanswers say nothing of versions: %s\n", r.Git.Refused)
		if r.Git.Mend != "" {
			visible.Fprintf(w, "\t%s\n", r.Git.Mend)
		}
	}
	visible.Fprintf(w, "sandbox\t%s\n", r.Sandbox)
	for _, g := range r.Guarantees {
		verb := "servers cannot"
		if !g.Holds {
			verb = "SERVERS CAN (needs " + g.Needs + ")"
		}
		visible.Fprintf(w, "\t%s %s\n", verb, g.Cannot)
	}
	visible.Fprintf(w, "data\t%s\n", r.Data)
	visible.Fprintf(w, "cache\t%s\n", r.Cache)
	for _, p := range r.PassedOver {
		visible.Fprintf(w, "not used\t%s\n", p)
	}
	for _, s := range r.Servers {
		visible.Fprintf(w, "%s\t%d files, %s", s.Name, s.Files, foundText(s.serverStatus))
		if len(s.Argv) > 0 {
			visible.Fprintf(w, ": runs %s", strings.Join(s.Argv, " "))
		}
		visible.Fprintf(w, "\n")
		switch n := len(s.Projects); {
		case n > maxProjects:
			visible.Fprintf(w, "\tprojects by %s and %d more\n", strings.Join(s.Projects[:maxProjects], ", "), n-maxProjects)
		case n > 0:
			visible.Fprintf(w, "\tprojects by %s\n", strings.Join(s.Projects, ", "))
		case len(s.needs) > 0:
			visible.Fprintf(w, "\tno %s: answers will be partial\n", s.needs[0])
		}
		if s.Mend != "" {
			visible.Fprintf(w, "\t%s\n", s.Mend)
		}
		if s.Refused != "" {
			visible.Fprintf(w, "\tnot started without --trust: %s\n", s.Refused)
		}
	}
	if len(r.Servers) == 0 {
		visible.Fprintln(w, "servers\tnone is known for the files here; locate and symbols answer from syntax (lanser help languages)")
	}
	return w.Flush()
}
