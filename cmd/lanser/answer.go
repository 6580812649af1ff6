package main

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/bundle"
	"lanser/server/report"
	"lanser/server/sandbox"
)

// An answer is printed in one of three forms:
//
//   - the bundle, as a line of JSON, with --json;
//   - text that depends on the facts, for errors and hovers ([report.Text]);
//   - compact text, grouped by file and function, for everything that lists places ([report.CompactAll]).
//
// Reports of checks have formats of their own, see reportCheck.

// answer prints a bundle. The error is an exitError with the bundle's exit code, nil for 0. The error of a bundle goes
// to standard error as well when the bundle is printed as JSON, so that a person sees it in a pipe.
func (a *app) answer(b *bundle.Bundle) error {
	if a.json {
		if err := a.writeJSON(b); err != nil {
			return fault.From(err)
		}
		if b.Error != nil {
			visible.Fprintf(a.err, "lanser: %s\n", report.Line(b.Error))
		}
	} else {
		report.Text(a.out, a.err, b)
	}

	if b.Local != nil {
		a.warnSandbox(b.Local.Sandbox)
	}
	if b.Meta.ExitCode != 0 {
		return exitError(b.Meta.ExitCode)
	}
	return nil
}

// writeJSON prints a bundle as a line of JSON, with --reproducible without the field local: the folder of the
// workspace, durations and process ids. They are not part of the bundleId, which is the same either way.
func (a *app) writeJSON(b *bundle.Bundle) error {
	if a.reproducible {
		b = b.Reproducible()
	}
	return a.encode(b)
}

// encode prints a value as a line of JSON. HTML is not escaped, as in canonical JSON (RFC 8785).
func (a *app) encode(v any) error {
	enc := json.NewEncoder(a.jsonOut())
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// warnSandbox prints a warning, at most one per run, if the sandbox of a server is incomplete. The other levels need
// none: full, off, which the user has chosen, and "", when no server was asked. The sandbox does not affect answers;
// without it, code of the workspace could do harm (spec section 8, rule 3).
func (a *app) warnSandbox(level string) {
	if a.warnedSandbox || level != sandbox.Partial && level != sandbox.None {
		return
	}
	a.warnedSandbox = true
	visible.Fprintf(a.err, "lanser: the sandbox of this machine is %s: a language server could %s ('lanser doctor')\n",
		level, strings.Join(sandbox.Missing(), ", "))
}

// textFlags choose the form of an answer, for all operations but diag (see reportFlags).
type textFlags struct {
	format string // text, grep or json
	budget int    // in tokens; 0 for the default, see answerText
}

// add defines the flag --format. The flag --budget is defined with the other options of the operation.
func (f *textFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.format, "format", "text",
		"write `FORMAT`: text (grouped by file and function), grep (a line path:line:col: text for each place) or json")
}

// check checks the flag. The format json sets a.json, as the flag --json does. The error has code Usage.
func (f *textFlags) check(a *app) error {
	switch f.format {
	case "text", "grep":
	case "json":
		a.json = true
	default:
		return fault.New(fault.Usage, "unknown format %q; the formats are text, grep and json", f.format)
	}
	return nil
}

// answerText prints answers as compact text. There are several for a name that means several symbols ([api.Meanings]).
// A single answer without a list of places, such as an error or a hover, is printed by answer. The code of functions
// is read from the files below root, the workspace. sites is the option of the same name. The error is an exitError
// with the worst exit code, nil for 0.
//
// The text has at most form.budget tokens. The default is [report.Budget], and no limit at a terminal, where the
// reader can scroll. The text says how many entries were left out.
func (a *app) answerText(root string, answers []*bundle.Bundle, form textFlags, sites bool) error {
	if len(answers) == 1 && (answers[0].Error != nil || answers[0].Facts == nil || answers[0].Facts.Hover != nil &&
		answers[0].Facts.Overview == nil) {
		return a.answer(answers[0])
	}
	l := report.Layout{Flag: "--", Sites: sites, Max: form.budget * bundle.BytesPerToken}
	if form.budget == 0 && !isTerminal(a.out) { // the reader is probably a model, which pays for every token
		l.Max = report.Budget * bundle.BytesPerToken
	}
	lines, done := report.Files(root)
	defer done()
	l.Lines = lines
	if _, err := io.WriteString(unguarded(a.out), report.CompactAll(answers, l)); err != nil {
		return fault.From(err)
	}
	exit := 0
	for _, b := range answers {
		if b.Local != nil {
			a.warnSandbox(b.Local.Sandbox)
		}
		exit = max(exit, b.Meta.ExitCode)
	}
	if exit != 0 {
		return exitError(exit)
	}
	return nil
}
