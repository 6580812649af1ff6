package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/compare"
	"lanser/server/report"
	"lanser/server/settings"
)

// reportFlags are the flags of diag that choose how a check is reported. They affect neither the check nor the exit
// code: what they hide still counts. lanser.toml may set some of them, see readConfig.
type reportFlags struct {
	format      string   // the name of one of report.Formats, or auto
	outputs     []string // FORMAT=FILE
	maxIssues   int      // 0 for no limit
	minSeverity string   // "" for the default of each format
	color       string   // auto, always or never
	config      string   // "" for lanser.toml in the workspace
	noConfig    bool
	compare     bool // report two bundles in files instead of a check
}

// runCheck makes cmd the command of the operation diagnostics: it checks, or compares, and
// writes reports. readOptions reads the operation's own flags into req.
//
// All flags and names of output files are checked before the check begins, which may take minutes. In a hook of git,
// GIT_INDEX_FILE names the index that is being committed, which is not always the one of the repository (git commit
// FILE); with --staged, the check reads that one.
func (a *app) runCheck(cmd *cobra.Command, req *api.Request, readOptions func(context.Context) error) {
	cmd.Long = `Reports errors and warnings of the workspace or of paths, from the language servers of all
their languages. 'lanser help ci' describes reports, comparisons and lanser.toml.`
	v := &reportFlags{}
	v.add(cmd)
	cmd.Flags().BoolVar(&v.compare, "compare", false,
		"instead of checking, compare the bundles in the two files given as arguments, and print the reward")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		err := readOptions(ctx)
		if err != nil {
			return err
		}
		if !v.compare { // with --compare, the arguments are the two files
			req.Paths, err = a.paths(args)
			if err != nil {
				return err
			}
		}
		if file := os.Getenv("GIT_INDEX_FILE"); req.Options.Staged && file != "" { // in a hook of git
			req.Options.IndexFile, err = filepath.Abs(file)
			if err != nil {
				return fault.From(err)
			}
		}
		if err := a.readConfig(ctx, v, &req.Options); err != nil {
			return err
		}
		if v.compare {
			return a.reportComparison(cmd.Context(), args, v, req.Options.FailOn)
		}
		door, err := a.door(ctx)
		if err != nil {
			return err
		}
		defer door.Close()
		update, stop := showProgress(unguarded(a.err), isTerminal(a.err))
		b, _ := door.Do(api.WithProgress(ctx, update), *req) // the error is in the bundle
		stop()
		return a.reportCheck(b, v, b.Local.Root)
	}
}

// reportComparison reports the second of two bundles in files, compared with the first. No server is asked. Code is
// shown from the files of the workspace, where they still agree with the bundle.
func (a *app) reportComparison(ctx context.Context, files []string, v *reportFlags, failOn string) error {
	b, err := a.compared(ctx, files, failOn)
	if err != nil {
		return err
	}
	root, _, err := a.root()
	if err != nil {
		return err
	}
	return a.reportCheck(b, v, root)
}

// formatNames returns the names of all report formats, in the order of the help, for messages.
func formatNames() string {
	var names []string
	for _, f := range report.Formats {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// add adds the flags to cmd, but for compare, which only diag has.
func (v *reportFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&v.format, "format", "text", "print the report as `FORMAT`: "+formatNames()+
		", or auto (that of the CI system, full at a terminal, otherwise text)")
	f.StringArrayVar(&v.outputs, "output", nil, "also write the report to a file, as `FORMAT=FILE`; repeatable")
	f.IntVar(&v.maxIssues, "max-issues", 0,
		"show at most `N` findings, the worst ones; the others still count for the exit code")
	f.StringVar(&v.minSeverity, "min-severity", "",
		"show only findings from this `SEVERITY` (default information, in bundles and HTML all); all count for the exit code")
	f.StringVar(&v.color, "color", "auto", "colours in text: auto, always or never")
	f.StringVar(&v.config, "config", "", "read the configuration in `FILE` (default: lanser.toml in the workspace)")
	f.BoolVar(&v.noConfig, "no-config", false, "do not read a configuration")
}

// readConfig checks the flags and reads the configuration file into them and into the options
// of the request. Flags take precedence over the file: a setting is only used where its flag has the zero value. The
// error has code Usage for a flag, and names the line for a mistake in the file.
func (a *app) readConfig(ctx context.Context, v *reportFlags, o *api.Options) error {
	if v.format != "auto" && report.Named(v.format) == nil {
		return unknownFormat(v.format)
	}
	root, _, err := a.root()
	if err != nil {
		return err
	}
	for _, out := range v.outputs {
		name, file, ok := strings.Cut(out, "=")
		if !ok || file == "" {
			return fault.New(fault.Usage, "--output needs FORMAT=FILE, not %q", out).
				WithHint("for example --output sarif=report.sarif")
		}
		if report.Named(name) == nil {
			return unknownFormat(name)
		}
		if _, _, err := outputFile(root, file); err != nil {
			return err
		}
	}

	if v.maxIssues < 0 {
		return fault.New(fault.Usage, "--max-issues must not be negative")
	}
	if v.minSeverity != "" && bundle.Severity(v.minSeverity) > 3 {
		return fault.New(fault.Usage, "unknown severity %q; the severities are error, warning, information and hint",
			v.minSeverity)
	}
	if v.color != "auto" && v.color != "always" && v.color != "never" {
		return fault.New(fault.Usage, "unknown colour mode %q; the modes are auto, always and never", v.color)
	}
	if v.noConfig {
		return nil
	}
	c, err := settings.Read(ctx, root, v.config)
	if err != nil {
		return err
	}
	c.Into(o) // the settings of the check; those of the report follow
	if c != nil && v.minSeverity == "" {
		v.minSeverity = string(c.MinSeverity)
	}
	if c != nil && v.maxIssues == 0 {
		v.maxIssues = c.MaxIssues
	}
	return nil
}

// unknownFormat returns the error for a format of reports that does not exist.
func unknownFormat(name string) error {
	return fault.New(fault.Usage, "unknown format %q", name).WithHint("use one of %s", formatNames())
}

// compared returns the second of two bundles in files, compared with the first: each finding has a state such as new or
// unchanged, and the bundle has the reward of the step (spec section 6). failOn decides the exit code anew.
func (a *app) compared(ctx context.Context, files []string, failOn string) (*bundle.Bundle, error) {
	if len(files) != 2 {
		return nil, fault.New(fault.Usage, "--compare needs two files with a bundle each, not %d", len(files)).
			WithHint("lanser diag --compare BEFORE AFTER")
	}
	before, err := a.onlyBundle(ctx, files[0])
	if err != nil {
		return nil, err
	}
	after, err := a.onlyBundle(ctx, files[1])
	if err != nil {
		return nil, err
	}
	return compare.Bundles(before, after, failOn)
}

// onlyBundle returns the bundle of a file. The error has code Usage unless the file contains exactly one.
func (a *app) onlyBundle(ctx context.Context, file string) (*bundle.Bundle, error) {
	var all []*bundle.Bundle
	err := a.bundles(ctx, file, func(b *bundle.Bundle) error {
		all = append(all, b)
		return nil
	})
	if err == nil && len(all) != 1 {
		err = fault.New(fault.Usage, "%s contains %d bundles instead of one", file, len(all))
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// reportCheck prints the report of a check and writes the files that --output names. The error
// is an exitError with the bundle's exit code, nil for 0.
//
// Files are written for an error bundle, too, so that a CI job which uploads a report has one, and it says that
// nothing was verified. On standard output, the text formats print an error as every command does; formats for programs
// print a report that contains it. The step summary of GitHub is an addition: if it cannot be written, the
// check still counts.
func (a *app) reportCheck(b *bundle.Bundle, v *reportFlags, root string) error {
	c := &report.Check{
		Bundle: b, Lanser: server.Version(), Max: v.maxIssues, MinSeverity: v.minSeverity, Prefix: prefix(root),
		FailOn: b.Request.FailOn(),
	}
	lines, done := report.Files(root)
	defer done()
	c.Lines = lines
	if err := a.writeReports(c, v, root); err != nil {
		return err
	}

	format := v.format
	if format == "auto" {
		format = detected(a.out)
	}
	isText := format == "text" || format == "full"
	if a.json || isText && b.Error != nil {
		return a.answer(b)
	}
	var err error
	if isText {
		c.Color = colored(v.color, a.out)
		err = a.reportText(c, format == "full")
	} else {
		err = a.reportFormat(c, report.Named(format))
	}
	if err != nil {
		return fault.From(err)
	}

	if b.Local != nil {
		a.warnSandbox(b.Local.Sandbox)
	}
	if format == "github" {
		if err := a.stepSummary(c, root); err != nil {
			visible.Fprintln(a.err, "lanser: cannot write the step summary:", err)
		}
	}
	if b.Meta.ExitCode != 0 {
		return exitError(b.Meta.ExitCode)
	}
	return nil
}

// reportText prints a report for people, and the reward if one was asked for. full adds the code of each finding.
// Findings go to standard output and the verdict to standard error, so that a pipe has findings only.
func (a *app) reportText(c *report.Check, full bool) error {
	if err := c.Text(unguarded(a.out), a.err, full); err != nil {
		return err
	}
	if c.Bundle.ProcessReward != nil {
		visible.Fprintln(a.out, report.Reward(c.Bundle.ProcessReward))
	}
	return nil
}

// reportFormat prints a report for a program. What the format cannot contain goes to standard error.
func (a *app) reportFormat(c *report.Check, format *report.Format) error {
	if err := format.Write(unguarded(a.out), c); err != nil {
		return err
	}
	if c.Bundle.Error != nil {
		visible.Fprintf(a.err, "lanser: %s\n", report.Line(c.Bundle.Error))
		return nil
	}
	if format.Notes { // the report contains the notes
		return nil
	}
	return c.Notes(a.err)
}
