package report

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// Check is a bundle of diagnostics to report, with what its reader wants to see.
type Check struct {
	*bundle.Bundle
	Lanser string // version of the program
	// Lines returns the content of a file of the workspace as it is now, nil where it cannot
	// be read. It is used only where it agrees with the bundle.
	Lines func(path string) *text.Content
	// Prefix is the path from the folder that the reader's paths are relative to (the
	// repository, the CI job's folder) to the workspace, "" where they are the same.
	Prefix string
	// Max and MinSeverity limit what text, GitHub and Markdown show: at most so many findings,
	// the worst (0 for all), and none below a severity ("" for all). The number of those that
	// are not shown is reported, and the verdict is of all.
	Max         int
	MinSeverity string
	Color       bool // of text
	// FailOn is the least severity that fails the check (see [bundle.Diagnostic.Fails]).
	FailOn string

	contents map[string]*text.Content
}

// finished says whether the check finished, so that what it did not find is not there.
func (c *Check) finished() bool {
	return c.Error == nil && c.Evidence.Finished()
}

// allowed says whether the request allows a check that did not finish.
func (c *Check) allowed() bool { return c.Request.Options["allow-incomplete"] == true }

// findings returns the findings of the workspace as it is.
func (c *Check) findings() []bundle.Diagnostic {
	if c.Facts == nil {
		return nil
	}
	return c.Facts.Diagnostics
}

// facts returns the bundle's facts, empty ones for an error.
func (c *Check) facts() bundle.Facts {
	if c.Facts == nil {
		return bundle.Facts{}
	}
	return *c.Facts
}

// news returns the findings that a reader who knows the earlier check wants to see: all but
// the unchanged ones, where there was one.
func (c *Check) news() []bundle.Diagnostic {
	unchanged := func(d bundle.Diagnostic) bool { return d.BaselineState == bundle.Unchanged }
	return slices.DeleteFunc(slices.Clone(c.findings()), unchanged)
}

// fails says whether a finding makes the check fail.
func (c *Check) fails(d bundle.Diagnostic) bool { return d.Fails(c.FailOn) }

// shown returns the news that are shown, in order of place, and how many are not.
func (c *Check) shown() (list []bundle.Diagnostic, omitted int) {
	all := c.news()
	n := len(all)
	if c.MinSeverity != "" {
		least := bundle.Severity(c.MinSeverity)
		all = slices.DeleteFunc(all, func(d bundle.Diagnostic) bool { return bundle.Severity(d.Severity) > least })
	}
	if c.Max > 0 && len(all) > c.Max {
		all = worst(all, c.Max)
		slices.SortFunc(all, bundle.Diagnostic.Compare)
	}
	return all, n - len(all)
}

// worst returns the n worst findings, the worst first; equals stay in order of place.
func worst(ds []bundle.Diagnostic, n int) []bundle.Diagnostic {
	ds = slices.Clone(ds)
	slices.SortStableFunc(ds, func(a, b bundle.Diagnostic) int {
		return bundle.Severity(a.Severity) - bundle.Severity(b.Severity)
	})
	return ds[:min(n, len(ds))]
}

// path returns where a finding's file is for the reader, unescaped.
func (c *Check) path(uri string) string {
	if strings.Contains(uri, "://") {
		return uri
	}
	return path.Join(c.Prefix, unescaped(uri))
}

// content returns the file of a finding, nil where the finding's line is not in it as the
// finding has it.
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

// region returns a finding's range in a unit of columns, 1-based, the end column that of the
// character after the last. Where known is false, only the lines are right.
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
		if content != nil {
			converted, ok := text.Convert(content, p, enc, unit)
			if !ok {
				return r, false
			}
			*end.col = converted.Col + 1
		} else if p.Line != d.Range[0] || !ascii(d.Text) || p.Col > len(d.Text) {
			return r, false
		}
	}
	return r, true
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// label returns a finding's source and code.
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

// oneLine returns a message as one visible line.
func oneLine(s string) string { return visible.Text(bundle.Squeezed(s)) }

// unchecked is a file that a server was to check and did not.
type unchecked struct {
	Server, Path, Why string
}

func (c *Check) unchecked() (out []unchecked) {
	if c.Facts == nil {
		return nil
	}
	for _, k := range c.Facts.Checks {
		for _, u := range k.Unchecked {
			out = append(out, unchecked{Server: k.Server.Name, Path: c.path(u.URI), Why: oneLine(u.Why)})
		}
	}
	return out
}

// counts are numbers of findings by severity.
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

// Verdict returns the check in a line. It says "clean" only of a whole check that finished.
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

// change returns the difference to the earlier check in words.
func (c *Check) change() string {
	k := c.Facts.Compared
	than := "the earlier report"
	if k.Rev != "" {
		than = k.Rev
	}
	return fmt.Sprintf("%d new, %d updated, %d unchanged, %d gone since %s",
		k.New, k.Updated, k.Unchanged, k.Absent, visible.Text(than))
}

// remarks returns why the check is not complete and what was left out, one a line.
func (c *Check) remarks() (out []string) {
	if c.Facts != nil && c.Facts.LeftOut != nil {
		l := c.Facts.LeftOut
		add := func(n int, what, why string) {
			if n > 0 {
				out = append(out, counted(n, what)+" "+why)
			}
		}
		add(l.Files, "file", "excluded")
		add(l.Ignored, "finding", "set to be ignored")
		add(l.Filtered, "finding", "outside the lines that --filter lets through")
	}
	if c.Snapshot != nil && len(c.Snapshot.Overlaid) > 0 {
		files := strings.Join(c.Snapshot.Overlaid, ", ")
		out = append(out, visible.Sprintf("hypothetical: as if %s were as proposed", files))
	}
	if s := c.Evidence.State; s != bundle.Complete {
		out = append(out, visible.Sprintf("evidence: %s: %s", s, oneLine(strings.Join(c.Evidence.Reasons, "; "))))
	}
	return out
}
