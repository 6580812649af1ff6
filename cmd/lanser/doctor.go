package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/remote"
	"lanser/server/settings"
	"lanser/server/toolchain"
)

// doctor returns the command that prints which servers would answer, and what is wrong. It starts no language server.
// Except whether the remote cache answers, it reports what it finds in files and installed programs. The exit code is
// that of a question without a server (67) if a server is missing that would answer for files of the workspace.
func (a *app) doctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor [PATH...]", Short: "show which servers would answer in this workspace, and what is wrong",
		Long: "Shows which servers would answer in this workspace, or for the files at the paths, and what is wrong.",
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := a.paths(args)
			if err != nil {
				return err
			}
			d, err := a.diagnose(cmd.Context(), paths)
			if err != nil {
				return err
			}
			if a.json {
				err = a.encode(d)
			} else {
				err = writeDiagnosis(a.out, d)
			}
			if err != nil {
				return fault.From(err)
			}
			if d.Missing() {
				return exitError(fault.NoServer.Exit())
			}
			return nil
		},
	}
}

// diagnose returns the diagnosis of the workspace, with what would keep a check from a verdict. If that cannot be
// determined, the diagnosis says why instead of failing, because people run this command when something does not work.
//
// Of paths, only the files at them count, as in a check of these paths.
func (a *app) diagnose(ctx context.Context, paths []string) (*toolchain.Diagnosis, error) {
	root, reason, err := a.root()
	if err != nil {
		return nil, err
	}
	real, err := index.RealRoot(root)
	if err != nil {
		return nil, err
	}
	trust, by, err := a.trusts(real)
	if err != nil {
		return nil, err
	}
	d, err := toolchain.Diagnose(ctx, root, trust, paths...)
	if err != nil {
		return nil, err
	}
	d.Reason, d.Trusted = reason, by
	d.RemoteCache = remoteCache()
	d.Gaps, err = a.gaps(ctx, root, trust, paths)
	if err != nil { // the reason, such as a mistake in lanser.toml, is itself what keeps a check from a verdict
		f := fault.From(err)
		failed := bundle.Coverage{State: bundle.UncheckedState, Owed: true, Reason: f.Message, Fix: f.Hint}
		d.Gaps = []toolchain.CheckGap{{Coverage: failed}}
	}
	return d, nil
}

// remoteCache describes the cache that the environment names, and asks it whether it can be used; nil without one.
func remoteCache() *toolchain.RemoteCache {
	shared, err := remote.FromEnvironment()
	if err != nil {
		return &toolchain.RemoteCache{Problem: fault.From(err).Message}
	}
	if shared == nil {
		return nil
	}
	d := &toolchain.RemoteCache{Address: shared.Address(), Writes: shared.Writes()}
	if err := shared.Reach(); err != nil {
		d.Problem = err.Error()
	}
	return d
}

// writeRemoteCache prints what the diagnosis says about the remote cache.
func writeRemoteCache(w io.Writer, c *toolchain.RemoteCache) {
	if c == nil {
		visible.Fprintf(w, "remote\tnone (%s is not set)\n", remote.Var)
		return
	}
	if c.Address == "" {
		visible.Fprintf(w, "remote\t%s\n", c.Problem)
		return
	}
	use := "read"
	if c.Writes {
		use = "read and written"
	}
	state := "it answers"
	if c.Problem != "" {
		state = "IT CANNOT BE USED: " + c.Problem
	}
	visible.Fprintf(w, "remote\t%s, %s; %s\n", c.Address, use, state)
}

// gaps returns what would keep 'lanser diag' from a verdict about the workspace, with the settings of
// its lanser.toml: files that the check owes (spec section 3, coverage) and could not check, by cause.
func (a *app) gaps(ctx context.Context, root string, trust bool, paths []string) ([]toolchain.CheckGap, error) {
	req := api.Request{Paths: paths}
	c, err := settings.Read(ctx, root, "")
	if err != nil {
		return nil, err
	}
	c.Into(&req.Options)
	e, err := server.New(server.Config{Root: root, Trust: trust})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return e.Gaps(ctx, req)
}

// countOf returns the name of the only file of a group, or the number of its files: "main.cc", or "12 C++ files".
func countOf(c bundle.Coverage) string {
	if len(c.Files) == 1 {
		return selectors.UnescapePath(c.Files[0])
	}
	return fmt.Sprintf("%d %ss", len(c.Files), c.Language)
}

// writeGaps prints what would keep 'lanser diag' from a verdict, a line for each cause: groups of files of several
// languages that have a reason, a correction and a condition in common share one, which begins with
//
//	diag  will not give a verdict (exit code 66): 3 C files, main.cc: REASON; CORRECTION
//
// Where a server is missing, the check ends with another code if nothing else is checked either.
func writeGaps(w io.Writer, all []toolchain.CheckGap, isMissing bool) {
	code := "exit code 66"
	if isMissing {
		code = "exit code 66, or 67 if nothing else is checked"
	}
	for i, gap := range all {
		sameCause := func(other toolchain.CheckGap) bool {
			return other.Reason == gap.Reason && other.Fix == gap.Fix && other.OnlyWithErrors == gap.OnlyWithErrors
		}
		if slices.ContainsFunc(all[:i], sameCause) {
			continue
		}
		visible.Fprintf(w, "diag\twill not give a verdict (%s)", code)
		if gap.OnlyWithErrors {
			visible.Fprintf(w, " if it finds errors")
		}
		separator := ": "
		for _, other := range all[i:] {
			if sameCause(other) && len(other.Files) > 0 {
				visible.Fprintf(w, "%s%s", separator, countOf(other.Coverage))
				separator = ", "
			}
		}

		visible.Fprintf(w, ": %s", gap.Reason)
		if gap.Fix != "" {
			visible.Fprintf(w, "; %s", gap.Fix)
		}
		visible.Fprintf(w, "\n")
	}
	if len(all) == 0 {
		visible.Fprintf(w, "diag\tnothing is missing that it needs for a verdict\n")
	}
}

// maxProjects is the largest number of project files that are printed per server.
const maxProjects = 5

// firstOf returns the first maxProjects names of a list, and how many more there are.
func firstOf(names []string) string {
	more := len(names) - maxProjects
	if more <= 0 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxProjects], ", "), more)
}

// writeDiagnosis prints a diagnosis as text in two columns: what a line is about, and what is said about it. A line
// with an empty first column belongs to the line above it. The tabs that separate the columns are in the formats, and
// package visible escapes those in values.
func writeDiagnosis(out io.Writer, d *toolchain.Diagnosis) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	visible.Fprintf(w, "workspace\t%s (%s)\n", d.Workspace, d.Reason)
	visible.Fprintf(w, "files\t%d\n", d.Files)
	if d.Git != nil {
		visible.Fprintf(w, "git\tanswers contain no versions: %s\n", d.Git.Refused)
		if d.Git.Fix != "" {
			visible.Fprintf(w, "\t%s\n", d.Git.Fix)
		}
	}

	visible.Fprintf(w, "sandbox\t%s\n", d.Sandbox)
	for _, g := range d.Guarantees {
		verb := "servers cannot"
		if !g.Holds {
			verb = "SERVERS CAN (needs " + g.Needs + ")"
		}
		visible.Fprintf(w, "\t%s %s\n", verb, g.Cannot)
	}

	if d.Trusted != "" {
		visible.Fprintf(w, "trusted\t%s: servers may run code of the workspace\n", d.Trusted)
	}
	visible.Fprintf(w, "data\t%s\n", d.Data)
	visible.Fprintf(w, "cache\t%s\n", d.Cache)
	writeRemoteCache(w, d.RemoteCache)
	for _, p := range d.PassedOver {
		visible.Fprintf(w, "ignored\t%s\n", p)
	}

	for _, s := range d.Servers {
		writeServer(w, s)
	}

	if d.Gaps != nil {
		writeGaps(w, d.Gaps, d.Missing())
	}

	if len(d.Servers) == 0 {
		visible.Fprintf(w, "servers\tno server is known for the files here; "+
			"locate and symbols work without one ('lanser help languages')\n")
	}

	return w.Flush()
}

// writeServer prints what the diagnosis says about a server: the line with its name, how many files it is for and what
// would run, and below it a line each for its compiler, its projects and the notes. A server whose project file is
// missing, such as clangd without compile_commands.json, still answers, but not about the whole project.
func writeServer(w io.Writer, s toolchain.DiagnosedServer) {
	role := ""
	if s.Linter {
		role = "linter, "
	}
	files := "files"
	if s.Files == 1 {
		files = "file"
	}
	visible.Fprintf(w, "%s\t%s%d %s, %s", s.Name, role, s.Files, files, installedText(s.Found))
	if len(s.Argv) > 0 {
		visible.Fprintf(w, ": runs %s", strings.Join(s.Argv, " "))
	}
	visible.Fprintf(w, "\n")

	if s.Compiler != "" {
		visible.Fprintf(w, "\t%s", s.Compiler)
		if len(s.Uses) > 0 {
			visible.Fprintf(w, "; the project uses %s", firstOf(s.Uses))
		}
		visible.Fprintf(w, "\n")
	}
	if len(s.Projects) > 0 {
		visible.Fprintf(w, "\tprojects: %s\n", firstOf(s.Projects))
	} else if len(s.Needs) > 0 {
		visible.Fprintf(w, "\tno %s: answers will be partial\n", s.Needs[0])
	}
	for _, note := range s.Notes {
		visible.Fprintf(w, "\t%s\n", note)
	}
	if s.Fix != "" {
		visible.Fprintf(w, "\t%s\n", s.Fix)
	}
	if s.Refused != "" {
		visible.Fprintf(w, "\tnot started without --trust: %s\n", s.Refused)
	}
}
