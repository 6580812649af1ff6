package report

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// Check is a bundle of diagnostics that is to be reported, with what the reader wants to
// see of it.
type Check struct {
	*bundle.Bundle
	Lanser string // version of the program
	// Lines is the content of a file of the workspace as it is now, nil where it cannot be
	// had. It is used only where it agrees with the bundle.
	Lines func(path string) *text.Content
	// Prefix is the path from the folder that the reader's paths are relative to (the
	// repository, the CI job's folder) to the workspace, "" where they are the same.
	Prefix string
	// Max and MinSeverity cut what text, GitHub and Markdown show: at most so many
	// findings, the worst first (0 for all), and none below a severity ("" for all). They
	// are told how many are not shown, and the verdict is of all.
	Max         int
	MinSeverity string
	Color       bool // of text
	// FailOn is the severity from which on findings fail the check.
	FailOn string

	contents map[string]*text.Content
}

// Format is a way to write a check.
type Format struct {
	Name string
	Help string // one line
	// guard is the last defence in front of the output; nil for a format that has its own.
	guard func(io.Writer) *visible.Writer
	write func(w io.Writer, c *Check) error
}

// Write writes a check.
func (f *Format) Write(w io.Writer, c *Check) error {
	if f.guard != nil {
		w = f.guard(w)
	}
	return f.write(w, c)
}

// Formats are all formats by name, in the order of help.
var Formats = []Format{
	{"text", "a line a finding: path:line:col: severity: message [source code]", nil, writeText},
	{"full", "text with the lines of code", nil, writeFull},
	{"json", "the bundle, without what differs between two runs", visible.JSONWriter, writeJSON},
	{"jsonl", "a JSON object a line: findings, unchecked files, and at the end a summary", visible.JSONWriter, writeJSONL},
	{"sarif", "SARIF 2.1.0, for GitHub code scanning and others", visible.JSONWriter, writeSARIF},
	{"github", "workflow commands of GitHub Actions: annotations, the worst first, and a summary", nil, writeGitHub},
	{"gitlab", "GitLab Code Quality", visible.JSONWriter, writeGitLab},
	{"junit", "JUnit XML: a suite a file, a case a finding", visible.NewWriter, writeJUnit},
	{"checkstyle", "Checkstyle XML", visible.NewWriter, writeCheckstyle},
	{"rdjson", "reviewdog's JSON", visible.JSONWriter, writeRDJSON},
	{"rdjsonl", "reviewdog's JSON, a finding a line", visible.JSONWriter, writeRDJSONL},
	{"markdown", "for comments and step summaries", visible.NewWriter, writeMarkdown},
	{"html", "one file for a browser: overview, filter, code, what changed", visible.NewWriter, writeHTML},
}

// Named is the format of a name; nil for none.
func Named(name string) *Format {
	if i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name }); i >= 0 {
		return &Formats[i]
	}
	return nil
}

// finished says whether the check finished, so that what it did not find is not there.
func (c *Check) finished() bool {
	return c.Error == nil && c.Evidence.Finished()
}

// allowed says that the reader takes a check that did not finish for one that did.
func (c *Check) allowed() bool { return c.Request.Options["allow-incomplete"] == true }

// findings are those of the workspace as it is.
func (c *Check) findings() []bundle.Diagnostic {
	if c.Facts == nil {
		return nil
	}
	return c.Facts.Diagnostics
}

// news are the findings that a reader who knows the earlier state wants to see: all,
// where there is none.
func (c *Check) news() []bundle.Diagnostic {
	return slices.DeleteFunc(slices.Clone(c.findings()), func(d bundle.Diagnostic) bool { return d.BaselineState == bundle.Unchanged })
}

// fails says whether a finding makes the check fail.
func (c *Check) fails(d bundle.Diagnostic) bool { return d.Fails(c.FailOn) }

// shown is what of news is to be shown, in order of place, and how many are not.
func (c *Check) shown() (list []bundle.Diagnostic, omitted int) {
	all := c.news()
	n := len(all)
	if c.MinSeverity != "" {
		all = slices.DeleteFunc(all, func(d bundle.Diagnostic) bool { return bundle.Severity(d.Severity) > bundle.Severity(c.MinSeverity) })
	}
	if c.Max > 0 && len(all) > c.Max {
		all = worst(all, c.Max)
		slices.SortFunc(all, bundle.Diagnostic.Compare)
	}
	return all, n - len(all)
}

// worst is the n worst findings, the worst first; equals stay in order of place.
func worst(ds []bundle.Diagnostic, n int) []bundle.Diagnostic {
	ds = slices.Clone(ds)
	slices.SortStableFunc(ds, func(a, b bundle.Diagnostic) int { return bundle.Severity(a.Severity) - bundle.Severity(b.Severity) })
	return ds[:min(n, len(ds))]
}

// path is where a finding's file is for the reader, escapes undone.
func (c *Check) path(uri string) string {
	if strings.Contains(uri, "://") {
		return uri
	}
	return path.Join(c.Prefix, unescaped(uri))
}

// content is a file of the workspace, if a line of it is as a finding has it.
func (c *Check) content(d bundle.Diagnostic) *text.Content {
	if c.Lines == nil || strings.Contains(d.URI, "://") {
		return nil
	}
	p := unescaped(d.URI)
	content, known := c.contents[p]
	if !known {
		content = c.Lines(p)
		if c.contents == nil {
			c.contents = map[string]*text.Content{}
		}
		c.contents[p] = content
	}
	if content == nil {
		return nil
	}
	said, cut := strings.CutSuffix(d.Text, "…")
	is := strings.ToValidUTF8(content.Line(d.Range[0]), "\ufffd")
	if is == d.Text || cut && strings.HasPrefix(is, said) {
		return content
	}
	return nil
}

// region is a finding's range in another unit, 1-based, the end column that of the
// character after the last; known is false where the columns cannot be told.
func (c *Check) region(d bundle.Diagnostic, unit text.Encoding) (r [4]int, known bool) {
	enc, err := text.ParseEncoding(c.Environment.PositionEncoding)
	r = [4]int{d.Range[0] + 1, d.Range[1] + 1, d.Range[2] + 1, d.Range[3] + 1}
	if err != nil {
		return r, false
	}
	if enc == unit {
		return r, true
	}
	content := c.content(d)
	ends := []struct{ line, col *int }{{&r[0], &r[1]}, {&r[2], &r[3]}}
	for i, end := range ends {
		p := text.Point{Line: d.Range[2*i], Col: d.Range[2*i+1]}
		switch {
		case content != nil:
			converted, ok := text.Convert(content, p, enc, unit)
			if !ok {
				return r, false
			}
			*end.col = converted.Col + 1
		case p.Line != d.Range[0] || !ascii(d.Text) || p.Col > len(d.Text):
			return r, false
		}
	}
	return r, true
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// label is a finding's source and code.
func label(d bundle.Diagnostic) string {
	if d.Code == "" {
		return d.Source
	}
	return d.Source + " " + d.Code
}

// ruleID returns source/code, the name by which tools configure a rule.
func ruleID(d bundle.Diagnostic) string {
	if d.Code == "" {
		return d.Source
	}
	return d.Source + "/" + d.Code
}

// orUnsaid returns a message, or words in its place where it is empty: readers want some.
func orUnsaid(message string) string {
	if message == "" {
		return "(the server says no more)"
	}
	return message
}

// oneLine is a message as one visible line.
func oneLine(s string) string { return visible.Text(bundle.Squeezed(s)) }

// unchecked are the files that a server was to check and did not, with its name.
type unchecked struct {
	Server, Path, Why string
}

func (c *Check) unchecked() (out []unchecked) {
	if c.Facts == nil {
		return nil
	}
	for _, k := range c.Facts.Checks {
		for _, u := range k.Unchecked {
			out = append(out, unchecked{k.Server.Name, c.path(u.URI), oneLine(u.Why)})
		}
	}
	return out
}

// Counts of findings by severity.
type counts struct{ Errors, Warnings, Others int }

func count(ds []bundle.Diagnostic) (n counts) {
	for _, d := range ds {
		switch d.Severity {
		case "error":
			n.Errors++
		case "warning":
			n.Warnings++
		default:
			n.Others++
		}
	}
	return n
}

func (n counts) String() string {
	return counted(n.Errors, "error") + ", " + counted(n.Warnings, "warning") + ", " + counted(n.Others, "other")
}

// Verdict is the check in a line. It says "clean" only of a check that finished.
func (c *Check) Verdict() string {
	if c.Error != nil {
		return "not verified: " + oneLine(Line(c.Error))
	}
	n, f := len(c.findings()), c.Facts
	total := n + c.Meta.Truncated + c.From() // of all pages
	switch {
	case !c.finished() && c.allowed():
		return fmt.Sprintf("incomplete, as is allowed: the check did not finish (%s so far)", counted(total, "finding"))
	case !c.finished():
		return fmt.Sprintf("not verified: the check did not finish (%s so far)", counted(total, "finding"))
	case f.Compared != nil && f.Compared.New == 0:
		return "nothing new: " + c.change()
	case f.Compared != nil:
		return c.change()
	case total == 0 && f.LeftOut != nil && *f.LeftOut != (bundle.LeftOut{}):
		return "nothing found beside what is left out"
	case total == 0:
		return "clean: no diagnostics"
	case total > n:
		return counted(total, "finding")
	}
	return count(c.findings()).String()
}

// change is the difference to the earlier check in words.
func (c *Check) change() string {
	k := c.Facts.Compared
	than := "the earlier report"
	if k.Rev != "" {
		than = k.Rev
	}
	return fmt.Sprintf("%d new, %d updated, %d unchanged, %d gone since %s", k.New, k.Updated, k.Unchanged, k.Absent, visible.Text(than))
}

// doubts are why the check is not complete, and what was left out, one a line.
func (c *Check) remarks() (out []string) {
	if c.Facts != nil && c.Facts.LeftOut != nil {
		l := c.Facts.LeftOut
		for _, part := range []struct {
			n         int
			what, why string
		}{{l.Files, "file", "excluded"}, {l.Ignored, "finding", "set to be ignored"}, {l.Filtered, "finding", "outside the lines that --filter lets through"}} {
			if part.n > 0 {
				out = append(out, counted(part.n, part.what)+" "+part.why)
			}
		}
	}
	if c.Snapshot != nil && len(c.Snapshot.Overlaid) > 0 {
		out = append(out, visible.Sprintf("hypothetical: as if %s were as proposed", strings.Join(c.Snapshot.Overlaid, ", ")))
	}
	if s := c.Evidence.State; s != bundle.Complete {
		out = append(out, visible.Sprintf("evidence: %s: %s", s, oneLine(strings.Join(c.Evidence.Reasons, "; "))))
	}
	return out
}
