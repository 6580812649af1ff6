package main

import (
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/catalogue"
	"lanser/server/dangers"
	"lanser/server/install"
	"lanser/server/programs"
	"lanser/server/toolchain"
)

// servers returns the commands about the language servers of this machine. 'lanser doctor' is about those that a
// workspace needs. Package catalogue describes the servers; package install puts them in the user's data folder.
func (a *app) servers() *cobra.Command {
	cmd := &cobra.Command{Use: "servers", Short: "list and install language servers", Args: usage(cobra.NoArgs)}
	cmd.AddCommand(a.listServers(), a.installServers(), a.verifyServers(), &cobra.Command{
		Use:   "dangers [NAME...]",
		Short: "list the files by which a workspace could make servers run code, and the countermeasures",
		RunE:  func(_ *cobra.Command, names []string) error { return a.dangers(names) },
	})
	return cmd
}

// listServers returns the command that lists the known servers, in the order of the catalogue, with those of the user.
// The columns are name, pinned version, what would run, and languages.
func (a *app) listServers() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list the known language servers and whether they are installed", Args: usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			d, find, err := a.installation()
			if err != nil {
				return err
			}
			var all []toolchain.ServerStatus
			for _, s := range catalogue.Servers {
				all = append(all, toolchain.Status(d, s, find))
			}

			if a.json {
				return a.encode(all)
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			for _, s := range all {
				version := catalogue.Named(s.Name).FullVersion()
				visible.Fprintf(w, "%s\t%s\t%s%s\t%s\n",
					s.Name, version, installedText(s.Found), untested(s), strings.Join(s.Languages, " "))
			}
			return w.Flush()
		},
	}
}

// installServers returns the command that installs servers, one after the other; the first that fails ends the command,
// and those before it stay installed. With --dry-run nothing is downloaded or run.
func (a *app) installServers() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use: "install NAME...", Short: "install pinned versions of language servers into your data folder",
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			d, find, err := a.installation()
			if err != nil {
				return err
			}
			for _, name := range names {
				s := catalogue.Named(name)
				if s == nil {
					return unknownServer(name)
				}
				if dryRun {
					for _, step := range install.Plan(d, s) {
						visible.Fprintln(a.out, step)
					}
					continue
				}

				if err := install.Install(cmd.Context(), d, s, find, a.err); err != nil {
					return err
				}
				visible.Fprintf(a.out, "%s %s is installed in %s\n", s.Name, s.FullVersion(), d.Dir(s))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only print the commands that would run")
	return cmd
}

// verifyServers returns the command that compares the installed servers with the pinned versions. It looks at all of
// them, also after one that differs. It is for CI: answers depend on the version of the server, so two machines
// give the same bundle only if they have the same one (spec section 1).
func (a *app) verifyServers() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [NAME...]",
		Short: "check that installed servers have the pinned version; default: all tested servers",
		RunE: func(cmd *cobra.Command, names []string) error {
			d, find, err := a.installation()
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

			var last *fault.Error // the last difference; its code is the exit code
			for _, name := range names {
				s := catalogue.Named(name)
				if s == nil {
					return unknownServer(name)
				}
				if err := install.Verify(cmd.Context(), d, s, find); err != nil {
					last = fault.From(err)
					visible.Fprintf(a.out, "%s: %s\n", s.Name, last)
					continue
				}
				visible.Fprintf(a.out, "%s: %s, as pinned\n", s.Name, s.FullVersion())
			}

			if last != nil {
				return exitError(last.Code.Exit())
			}
			return nil
		},
	}
}

// dangers prints the dangers of the named servers, by default of all servers that have some: files by which a workspace
// could make the server run code, and what prevents it. A named server without known dangers is listed as not examined.
func (a *app) dangers(names []string) error {
	all := map[string][]dangers.Danger{}
	for _, s := range catalogue.Servers {
		if len(names) == 0 && len(s.Dangers) > 0 || slices.Contains(names, s.Name) {
			all[s.Name] = s.Dangers
		}
	}

	for _, name := range names {
		if _, known := all[name]; !known {
			return unknownServer(name)
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
			visible.Fprintf(a.out, "  %s\n    could %s\n    prevented by %s: %s\n",
				d.Files, d.Could, string(d.Stop), d.By)
		}
		if len(list) == 0 {
			visible.Fprintln(a.out, "  not examined; this server runs in the sandbox like the others")
		}
	}

	return nil
}

// installation returns the user's folders, and a finder of programs that ignores those in the workspace around the
// current folder. The user's folders must not be in that workspace either. A current folder that is no project, such as
// the home folder, may contain them: it is not a workspace then, but programs in it are still ignored.
func (a *app) installation() (install.Dirs, *programs.Finder, error) {
	root, why, err := a.root()
	if err != nil {
		return install.Dirs{}, nil, err
	}
	project := root
	if why == index.NoProject {
		project = ""
	}
	d, err := install.UserDirs(project)
	return d, install.Finder(d, root), err
}

// unknownServer returns the error for a server that is not in the catalogue.
func unknownServer(name string) error {
	return fault.New(fault.Usage, "unknown server %q", name).WithHint("'lanser servers list' lists the known servers")
}

// untested returns a remark for a server that lanser's tests do not cover, "" for the others.
func untested(s toolchain.ServerStatus) string {
	if s.Tested {
		return ""
	}
	return ", untested"
}

// installedText describes which version of a server would run. A program on PATH has no version here, because asking
// for it would start the program.
func installedText(i toolchain.Installed) string {
	switch i {
	case toolchain.InstalledPinned:
		return "installed"
	case toolchain.InstalledOnPath:
		return "on PATH, version not pinned"
	}
	return "not installed"
}
