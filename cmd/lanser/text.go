package main

import (
	"io"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/report"
)

// textFlags say how an answer is written that is neither a report nor, with --json, a bundle.
type textFlags struct {
	format string
	budget int // tokens; 0 for the default
}

// add adds the flag to cmd. The budget is an option of the operation, and has its flag from there.
func (how *textFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&how.format, "format", "text",
		"write `FORMAT`: text (grouped by file and function), grep (a line path:line:col: text for each place) or json")
}

// check reads the format json as the flag --json. The error has code Usage.
func (how *textFlags) check(a *app) error {
	switch how.format {
	case "text", "grep":
	case "json":
		a.json = true
	default:
		return fault.New(fault.Usage, "unknown format %q; the formats are text, grep and json", how.format)
	}
	return nil
}

// answerText writes answers as compact text. The error is an exitError with the worst exit code, nil for 0. There are
// several answers for a name that means several symbols, see [api.Meanings]; root is their workspace, from whose files
// the declarations of functions are taken. An answer without a list of places, such as an error or a hover, is printed
// by answer.
//
// The text is limited to how.budget tokens, by default to [report.Budget] unless it appears on a terminal, where the
// reader can scroll. What is left out is counted.
func (a *app) answerText(root string, answers []*bundle.Bundle, how textFlags, sites bool) error {
	if len(answers) == 1 && (answers[0].Error != nil || answers[0].Facts == nil || answers[0].Facts.Hover != nil &&
		answers[0].Facts.Overview == nil) {
		return a.answer(answers[0])
	}
	l := report.Layout{Flag: "--", Sites: sites, Max: how.budget * bundle.BytesPerToken}
	if how.budget == 0 && !isTerminal(a.out) { // the reader is probably a model, which pays for every token
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
