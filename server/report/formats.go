package report

import (
	"encoding/json"
	"io"
	"slices"

	"lanser/selectors/visible"
)

// A new format is a row of Formats and a file with the function that writes it. The function gets the whole check and
// must write, besides the findings, what the check did not do (see [Check]). It may not take "nothing found" for
// clean: [Check.finished] comes first. Its comment says which parts of the format its readers use, what the unit of a
// column is, and what the readers limit.

// Format is a format in which reports of checks can be written.
type Format struct {
	Name string
	Help string // one line
	// Notes is true if the format contains what [Check.Notes] writes. With another format, a command writes the notes
	// to standard error, where people see them in the log of the job.
	Notes bool
	write func(w io.Writer, c *Check) error
}

// Write writes a check. The error is that of w, or of the encoder of the format.
func (f *Format) Write(w io.Writer, c *Check) error { return f.write(w, c) }

// Formats are all formats, in the order of help. The function that writes a format documents which parts of it
// its readers use.
var Formats = []Format{
	{Name: "text", Help: "a line a finding: path:line:col: severity: message [source code]", write: writeText},
	{Name: "full", Help: "text with the lines of code", write: writeFull},
	{
		Name: "json", Help: "the bundle, without what differs between two runs",
		write: guarded(visible.JSONWriter, writeJSON),
	},
	{
		Name: "jsonl", Help: "a JSON object a line: findings, unchecked files, and at the end a summary",
		write: guarded(visible.JSONWriter, writeJSONL),
	},
	{
		Name: "sarif", Help: "SARIF 2.1.0, for GitHub code scanning and others",
		write: guarded(visible.JSONWriter, writeSARIF),
	},
	{
		Name: "github", Help: "workflow commands of GitHub Actions: annotations, the worst first, and a summary",
		Notes: true, write: writeGitHub,
	},
	{Name: "azure", Help: "logging commands of Azure Pipelines: issues of the step", Notes: true, write: writeAzure},
	{Name: "teamcity", Help: "service messages of TeamCity: code inspections", Notes: true, write: writeTeamCity},
	{Name: "gitlab", Help: "GitLab Code Quality", write: guarded(visible.JSONWriter, writeGitLab)},
	{Name: "junit", Help: "JUnit XML: a suite a file, a case a finding", write: guarded(visible.NewWriter, writeJUnit)},
	{Name: "checkstyle", Help: "Checkstyle XML", write: guarded(visible.NewWriter, writeCheckstyle)},
	{Name: "rdjson", Help: "reviewdog's JSON", write: guarded(visible.JSONWriter, writeRDJSON)},
	{Name: "rdjsonl", Help: "reviewdog's JSON, a finding a line", write: guarded(visible.JSONWriter, writeRDJSONL)},
	{
		Name: "markdown", Notes: true, Help: "for comments and step summaries",
		write: guarded(visible.NewWriter, writeMarkdown),
	},
	{
		Name: "html", Help: "one file for a browser: overview, filter, code, what changed",
		write: guarded(visible.NewWriter, writeHTML),
	},
}

// guarded returns a format whose whole output is written through package visible, as the last defence against
// text that controls a terminal or a CI system. The other formats escape the parts of their output themselves.
func guarded(guard func(io.Writer) *visible.Writer, write func(io.Writer, *Check) error) func(io.Writer, *Check) error {
	return func(w io.Writer, c *Check) error { return write(guard(w), c) }
}

// Named returns the format with a name, nil for none.
func Named(name string) *Format {
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &Formats[i]
}

// encode writes a value as a line of JSON.
func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// writeIndented writes a value as indented JSON.
func writeIndented(w io.Writer, v any) error {
	raw, err := json.MarshalIndent(v, "", " ")
	if err == nil {
		_, err = w.Write(append(raw, '\n'))
	}
	return err
}

// errWriter remembers the first error, and writes nothing after it. The functions of package visible return no error,
// so that a writer of a report asks for it at the end.
type errWriter struct {
	w   io.Writer
	err error
}

// Write writes to the writer below, unless an earlier write failed.
func (e *errWriter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.w.Write(p)
	e.err = err
	return n, err
}
