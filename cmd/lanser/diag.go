package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/compare"
	"lanser/server/report"
	"lanser/server/settings"
)

// view is how a check is reported.
type view struct {
	format      string
	outputs     []string // FORMAT=FILE
	max         int
	minSeverity string
	color       string
	config      string
	noConfig    bool
	compare     bool
}

// addView adds the flags of reports.
func (v *view) addView(cmd *cobra.Command) {
	var names []string
	for _, f := range report.Formats {
		names = append(names, f.Name)
	}
	f := cmd.Flags()
	f.StringVar(&v.format, "format", "text", "print the report as `FORMAT`: "+strings.Join(names, ", ")+
		", or auto (github in its Actions, full at a terminal, else text)")
	f.StringArrayVar(&v.outputs, "output", nil, "also write the report to a file, as `FORMAT=FILE`; may be given again")
	f.IntVar(&v.max, "max-issues", 0, "show at most `N` findings, the worst; the others are counted, and count")
	f.StringVar(&v.minSeverity, "min-severity", "", "show findings from this `SEVERITY` on; the others are counted, and count")
	f.StringVar(&v.color, "color", "auto", "colours in text: auto, always or never")
	f.StringVar(&v.config, "config", "", "read the configuration in `FILE` (default: lanser.toml of the workspace)")
	f.BoolVar(&v.compare, "compare", false,
		"check nothing: compare the two bundles in the files that are named in place of paths, and tell the reward")
	f.BoolVar(&v.noConfig, "no-config", false, "read no configuration")
}

// prepareView checks the flags, and reads the configuration into the options of the request.
func (a *app) prepareView(ctx context.Context, v *view, o *api.Options) error {
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
			return fault.New(fault.Usage, "--output wants FORMAT=FILE, not %q", out).
				WithHint("as in --output sarif=report.sarif")
		} else if report.Named(name) == nil {
			return unknownFormat(name)
		}
		if _, _, err := outputPlace(root, file); err != nil {
			return err
		}
	}
	if v.max < 0 {
		return fault.New(fault.Usage, "--max-issues is counted from 1")
	}
	if v.minSeverity != "" && bundle.Severity(v.minSeverity) > 3 {
		return fault.New(fault.Usage, "unknown severity %q: want error, warning, information or hint", v.minSeverity)
	}
	if v.color != "auto" && v.color != "always" && v.color != "never" {
		return fault.New(fault.Usage, "unknown colour mode %q: want auto, always or never", v.color)
	}
	if v.noConfig {
		return nil
	}
	c, err := settings.Read(ctx, root, v.config)
	if err != nil {
		return err
	}
	c.Into(o)
	if c != nil && v.minSeverity == "" {
		v.minSeverity = string(c.MinSeverity)
	}
	if c != nil && v.max == 0 {
		v.max = int(c.MaxIssues)
	}
	return nil
}

func unknownFormat(name string) error {
	var names []string
	for _, f := range report.Formats {
		names = append(names, f.Name)
	}
	return fault.New(fault.Usage, "unknown format %q", name).WithHint("one of %s", strings.Join(names, ", "))
}

// compared returns the second of two bundles in files, compared with the first.
func (a *app) compared(files []string, failOn string) (*bundle.Bundle, error) {
	if len(files) != 2 {
		return nil, fault.New(fault.Usage, "--compare wants the files of two bundles, not %d", len(files)).
			WithHint("lanser diag --compare BEFORE AFTER")
	}
	var both []*bundle.Bundle
	for _, file := range files {
		n := len(both)
		err := a.bundles(file, func(b *bundle.Bundle) error {
			both = append(both, b)
			return nil
		})
		if err == nil && len(both) != n+1 {
			err = fault.New(fault.Usage, "%s holds %d bundles, and one is wanted", file, len(both)-n)
		}
		if err != nil {
			return nil, err
		}
	}
	return compare.Bundles(both[0], both[1], failOn)
}

// reportCheck prints a check, writes it to the files that are asked for, and ends the
// program with its exit code.
func (a *app) reportCheck(b *bundle.Bundle, v *view, root string) error {
	c := &report.Check{
		Bundle: b, Lanser: server.Version(), Max: v.max, MinSeverity: v.minSeverity, Prefix: prefix(root),
		Lines: codeOf(root),
	}
	if s, ok := b.Request.Options["fail-on"].(string); ok {
		c.FailOn = s
	}
	if err := a.writeReports(c, v, root); err != nil {
		return err
	}
	format := v.format
	if format == "auto" {
		format = detected(a.out)
	}
	switch {
	case a.json:
		return a.answer(b)
	case format == "text" || format == "full":
		c.Color = colored(v.color, a.out)
		if b.Error != nil {
			return a.answer(b)
		}
		if err := c.Text(unguarded(a.out), a.err, format == "full"); err != nil {
			return fault.From(err)
		}
		if b.ProcessReward != nil {
			visible.Fprintln(a.out, report.Reward(b.ProcessReward))
		}
	default:
		if err := report.Named(format).Write(unguarded(a.out), c); err != nil {
			return fault.From(err)
		}
		if b.Error != nil {
			visible.Fprintf(a.err, "lanser: %s\n", report.Line(b.Error))
		} else if format != "github" && format != "markdown" { // they say it themselves
			if err := c.Notes(a.err); err != nil {
				return fault.From(err)
			}
		}
	}
	if b.Local != nil && !a.json {
		a.noteSandbox(b.Local.Sandbox)
	}
	if format == "github" {
		if err := a.stepSummary(c, root); err != nil {
			visible.Fprintln(a.err, "lanser: the step summary was not written:", err)
		}
	}
	if b.Meta.ExitCode != 0 {
		return exitError(b.Meta.ExitCode)
	}
	return nil
}

// codeOf returns a function that reads regular files of the workspace. It reads nothing to
// which a path or a link leads outside: a bundle may come from anybody.
func codeOf(root string) func(p string) *text.Content {
	dir, err := beneath.Open(root)
	if err != nil {
		return nil // reports without the lines around findings
	}
	return func(p string) *text.Content {
		raw, err := dir.Direct().ReadFile(p, beneath.MaxSize)
		if err != nil {
			return nil
		}
		return text.New(raw)
	}
}

// writeReports writes the files that --output names. It makes all of them before it writes the
// first.
func (a *app) writeReports(c *report.Check, v *view, root string) error {
	type made struct {
		file string
		raw  []byte
	}
	var all []made
	for _, out := range v.outputs {
		name, file, _ := strings.Cut(out, "=")
		var buf bytes.Buffer
		if err := report.Named(name).Write(&buf, c); err != nil {
			return fault.From(err)
		}
		all = append(all, made{file: file, raw: buf.Bytes()})
	}
	for _, m := range all {
		if err := writeReport(root, m.file, m.raw); err != nil {
			return err
		}
	}
	return nil
}

// outputPlace returns where a report is written. In the workspace the file must be new, or one
// that git does not track: a report is no change of the code.
func outputPlace(root, file string) (abs string, device bool, err error) {
	bad := func(err error) (string, bool, error) {
		return "", false, fault.Wrap(fault.Permissions, err, "--output %s: %v", file, err)
	}
	abs, err = filepath.Abs(file)
	if err != nil {
		return bad(err)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return bad(err)
	}
	abs = filepath.Join(dir, filepath.Base(abs))
	info, err := os.Lstat(abs)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return abs, false, nil
	case err != nil:
		return bad(err)
	case info.Mode()&os.ModeCharDevice != 0: // such as /dev/null
		return abs, true, nil
	case !info.Mode().IsRegular():
		return bad(errors.New("it is there and no regular file"))
	case within(root, abs) && !index.Untracked(context.Background(), root, abs):
		return "", false, fault.New(fault.Permissions,
			"--output %s: it is there, in the workspace, and git does not say that it is none of its own", file).
			WithHint("remove it first, or name another file")
	}
	return abs, false, nil
}

// writeReport writes a report, all of it or nothing.
func writeReport(root, file string, raw []byte) error {
	bad := func(err error) error {
		return fault.Wrap(fault.Permissions, err, "--output %s: %v", file, err)
	}
	abs, device, err := outputPlace(root, file)
	if err != nil {
		return err
	}
	if device {
		if err := os.WriteFile(abs, raw, 0o600); err != nil {
			return bad(err)
		}
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(abs), "."+filepath.Base(abs)+"-*")
	if err != nil {
		return bad(err)
	}
	_, err = tmp.Write(raw)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), abs)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return bad(err)
	}
	return nil
}

// within says whether a file lies in the workspace at root.
func within(root, file string) bool {
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		resolved = root
	}
	_, inside := beneath.Local(resolved, file)
	return inside
}

// stepSummary appends to the file that GitHub shows as the summary of a step.
func (a *app) stepSummary(c *report.Check, root string) error {
	file := os.Getenv("GITHUB_STEP_SUMMARY")
	if file == "" {
		return nil
	}
	if within(root, file) {
		return errors.New("GITHUB_STEP_SUMMARY lies in the workspace")
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(report.Named("markdown").Write(f, c), f.Close())
}

// prefix returns the path to the workspace from the folder that a CI job's paths are relative
// to: the job's own folder, else the repository.
func prefix(root string) string {
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		return ""
	}
	for _, name := range []string{"GITHUB_WORKSPACE", "CI_PROJECT_DIR"} {
		if dir := os.Getenv(name); dir != "" {
			if dir, err := filepath.EvalSymlinks(dir); err == nil && within(dir, resolved) {
				rel, _ := filepath.Rel(dir, resolved) // it lies within
				return filepath.ToSlash(strings.TrimPrefix(rel, "."))
			}
		}
	}
	top := index.Repository(context.Background(), resolved)
	if top == "" {
		return ""
	}
	rel, _ := filepath.Rel(top, resolved) // it lies within
	return filepath.ToSlash(strings.TrimPrefix(rel, "."))
}

// detected returns the format that suits where the program runs.
func detected(out io.Writer) string {
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		return "github"
	}
	if isTerminal(out) {
		return "full"
	}
	return "text"
}

// colored says whether text has colours: as the flag says, else as NO_COLOR and FORCE_COLOR
// say, in this order, else whether out is a terminal.
func colored(flag string, out io.Writer) bool {
	switch {
	case flag != "auto":
		return flag == "always"
	case os.Getenv("NO_COLOR") != "":
		return false
	case os.Getenv("FORCE_COLOR") != "":
		return os.Getenv("FORCE_COLOR") != "0"
	}
	return isTerminal(out)
}

func isTerminal(w io.Writer) bool {
	f, ok := unguarded(w).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
