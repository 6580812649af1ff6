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

// A check has four lists, of which each format takes those that its readers have a use for:
//
//   - Findings. Formats for people show those that are new, up to a limit (shown). Formats whose readers compare
//     reports themselves have those that are reported (reported), and most others those of them that are new (news).
//     Only HTML and the formats of bundles (json, jsonl) have hints in any case.
//   - Absent findings, which an earlier check had (absent).
//   - Files that should have been checked and were not (unchecked). Every format must show that they exist.
//   - Files that the check does not owe (uncovered, spec section 3, coverage). They are mentioned, and are no
//     failure. Where each would be an entry of its own, those that the project itself leaves out are not mentioned
//     (unserved), because many repositories leave out more files than they have findings.

// Check is a bundle of diagnostics, and how to report it. It is not safe for concurrent use, because it caches the
// files that it reads. The bundle is not changed.
type Check struct {
	*bundle.Bundle
	Lanser string // version of the program
	// Lines returns the current content of a file of the workspace, nil if it cannot be read. The
	// content is only used if it agrees with the bundle.
	Lines func(path string) *text.Content
	// Prefix is the path of the workspace relative to the folder to which paths in reports are
	// relative (the repository, or the CI job's folder), "" if they are the same.
	Prefix string
	// Max and MinSeverity limit the findings in the formats for people (text, GitHub, Markdown): at
	// most Max of them, the worst (0 means all), and none below a severity. The number of hidden
	// findings is reported, and the verdict covers all findings. Every format but HTML and those of
	// bundles leaves out hints, unless MinSeverity or FailOn is "hint".
	Max         int
	MinSeverity string
	Color       bool // of text
	// FailOn is the least severity that fails the check (see [bundle.Diagnostic.Fails]). It decides what a report marks
	// as a failure. The exit code is in the bundle already.
	FailOn string

	contents map[string]*text.Content // cache of Lines, by path
}

// finished reports whether the check finished, so that there are no other findings.
func (c *Check) finished() bool {
	return c.Error == nil && c.Evidence.Finished()
}

// allowed reports whether the request accepts a check that did not finish. Such a check must still not look clean, but
// it is a warning rather than an error.
func (c *Check) allowed() bool { return c.Request.AllowsIncomplete() }

// unlessAllowed returns the severity of what was not verified: the first one, or the second if the user accepts that a
// check does not finish.
func (c *Check) unlessAllowed(severity, lenient string) string {
	if c.allowed() {
		return lenient
	}
	return severity
}

// findings returns the current findings of the workspace.
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

// reported returns the findings that reports list: without hints, such as unused and deprecated names, unless
// they are asked for.
func (c *Check) reported() []bundle.Diagnostic { return c.withoutHints(c.findings()) }

// absent returns the findings that are absent now and that reports list.
func (c *Check) absent() []bundle.Diagnostic { return c.withoutHints(c.facts().Absent) }

// withoutHints removes the hints from a list, unless they are asked for.
func (c *Check) withoutHints(list []bundle.Diagnostic) []bundle.Diagnostic {
	if c.wantsHints() {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), isHint)
}

// wantsHints reports whether hints are asked for, by MinSeverity or because they fail the check.
func (c *Check) wantsHints() bool { return c.MinSeverity == hint || c.FailOn == hint }

// hint is the lowest severity.
const hint = "hint"

// isHint reports whether a finding has the lowest severity.
func isHint(d bundle.Diagnostic) bool { return d.Severity == hint }

// unchanged reports whether an earlier check had a finding too.
func unchanged(d bundle.Diagnostic) bool { return d.BaselineState == bundle.Unchanged }

// news returns the reported findings without those that are unchanged since the earlier check, if there was one.
func (c *Check) news() []bundle.Diagnostic {
	return slices.DeleteFunc(slices.Clone(c.reported()), unchanged)
}

// hiddenHints returns a remark that counts the hints that are not reported; "" for none.
func (c *Check) hiddenHints() string {
	if c.wantsHints() {
		return ""
	}
	n := 0
	for _, d := range c.findings() {
		if isHint(d) && !unchanged(d) {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return counted(n, hint) + " not shown; --min-severity hint shows them"
}

// fails reports whether a finding makes the check fail.
func (c *Check) fails(d bundle.Diagnostic) bool { return d.Fails(c.FailOn) }

// shown returns the news to show, in order of position, and the number of those that are hidden by a limit. Severities
// are numbered from 0 for an error, so that a larger number is less severe.
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

// worst returns the n worst findings, the worst first. Equal ones stay in order of position.
func worst(ds []bundle.Diagnostic, n int) []bundle.Diagnostic {
	ds = slices.Clone(ds)
	slices.SortStableFunc(ds, func(a, b bundle.Diagnostic) int {
		return bundle.Severity(a.Severity) - bundle.Severity(b.Severity)
	})
	return ds[:min(n, len(ds))]
}

// path returns the unescaped path of a finding's file, relative to the reader's folder. A URI with a scheme, such as
// goroot:///src/fmt/print.go, is not a file of the reader's, and is returned unchanged.
func (c *Check) path(uri string) string {
	if strings.Contains(uri, "://") {
		return uri
	}
	return c.inReader(unescaped(uri))
}

// inReader returns the path of a file of the workspace relative to the reader's folder.
func (c *Check) inReader(p string) string { return path.Join(c.Prefix, p) }

// content returns the content of a finding's file, nil if the line in it differs from the text of
// the finding. The file may have changed since the check, or the bundle may be of another commit, and code that the
// finding is not about would mislead. Only the first line of the finding is compared, as the bundle has no more.
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
	start, isCut := strings.CutSuffix(d.Text, "…") // a bundle has only the start of a long line
	line := strings.ToValidUTF8(content.Line(d.Range[0]), "\ufffd")
	if line == d.Text || isCut && strings.HasPrefix(line, start) {
		return content
	}
	return nil
}

// region returns the 1-based range of a finding with columns in unit; the end is exclusive. If known is false, only the
// lines are correct: the file has changed since, and its text then was not ASCII, so that columns cannot be converted.
// The bundle has columns in the unit that was negotiated with the server, and each format prescribes its own. Without
// the file, a range that lies in its first line can still be converted if the text of that line is ASCII, because a
// column is the same number in every unit then.
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

// ascii reports whether a text is ASCII, so that its columns are the same in every unit.
func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// label returns a finding's source and code, those of other sources that report the same, and the platforms of the
// builds that have it, if not all do: "Pyright reportUndefinedVariable, Ruff F821", "compiler UndeclaredName on
// windows/amd64".
func label(d bundle.Diagnostic) string {
	s := rules(d)
	if len(d.Platforms) > 0 {
		s += " on " + strings.Join(d.Platforms, ", ")
	}
	return s
}

// rules returns a finding's source and code, and those of other sources that report the same.
func rules(d bundle.Diagnostic) string {
	all := make([]string, 0, 1+len(d.Also))
	for _, r := range append([]bundle.Rule{{Source: d.Source, Code: d.Code}}, d.Also...) {
		all = append(all, strings.TrimSpace(r.Source+" "+r.Code))
	}
	return strings.Join(all, ", ")
}

// ruleID returns source/code, which identifies a rule: codes of two servers may be equal, and mean different things.
func ruleID(d bundle.Diagnostic) string {
	if d.Code == "" {
		return d.Source
	}
	return d.Source + "/" + d.Code
}

// orUnsaid returns a message, or a placeholder if it is empty, because readers require a message.
func orUnsaid(message string) string {
	if message == "" {
		return "(the server says no more)"
	}
	return message
}

// oneLine returns a message as one visible line.
func oneLine(s string) string { return visible.Text(bundle.Squeezed(s)) }

// sentences returns a message on one line. Its lines stay apart: pyright and TypeScript explain an error in further
// lines, of which none ends with a full stop.
func sentences(message string) string {
	var out strings.Builder
	for line := range strings.Lines(message) {
		line = oneLine(line)
		if line == "" {
			continue
		}
		if s := out.String(); s != "" {
			if !strings.ContainsAny(s[len(s)-1:], ".:;,!?") {
				out.WriteString(";")
			}
			out.WriteString(" ")
		}
		out.WriteString(line)
	}
	return out.String()
}

// unchecked is a file that a server should have checked and did not.
type unchecked struct {
	Server   string // "" if there is none for the language
	Platform string // of the build that was to be checked, if the request names platforms
	Path     string
	Why      string // on one line
}

// by returns what happened, with the server if there is one, and the platform if the request names platforms.
func (u unchecked) by() string {
	if u.Server == "" {
		return "not checked"
	}
	s := "not checked by " + u.Server
	if u.Platform != "" {
		s += " for " + u.Platform
	}
	return s
}

// unchecked returns the files that were not checked and should have been.
func (c *Check) unchecked() (out []unchecked) {
	if c.Facts == nil {
		return nil
	}
	for _, k := range c.Facts.Checks {
		for _, u := range k.Unchecked {
			out = append(out, unchecked{
				Server: k.Server.Name, Platform: oneLine(k.Platform), Path: c.path(u.URI), Why: oneLine(u.Why),
			})
		}
	}
	return out
}

// counts are numbers of findings by severity.
type counts map[string]int

// count counts findings by severity.
func count(ds []bundle.Diagnostic) counts {
	n := counts{}
	for _, d := range ds {
		n[d.Severity]++
	}
	return n
}

// String returns the counts as in "2 errors, 1 warning".
func (n counts) String() string {
	var parts []string
	for _, severity := range bundle.Severities() {
		name := severity
		if severity == "information" {
			name = "information message"
		}
		if n[severity] > 0 {
			parts = append(parts, counted(n[severity], name))
		}
	}
	return strings.Join(parts, ", ")
}

// Verdict returns a summary on one line. It only says "clean" for a check that finished, with what the check covers. An
// error comes first, then a check that did not finish, then a comparison with an earlier check, and then what was
// found. The bundle may be one page of several: the numbers are those of all pages, as far as the bundle has them.
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
		return "nothing found, apart from the findings that are left out"
	case total == 0:
		return c.clean("")
	case total > n:
		return counted(total, "finding")
	case !c.wantsHints() && !slices.ContainsFunc(c.findings(), func(d bundle.Diagnostic) bool { return !isHint(d) }):
		return c.clean(" but for " + counted(n, hint))
	}
	return count(c.findings()).String()
}

// change describes the difference to the earlier check.
func (c *Check) change() string {
	k := c.Facts.Compared
	than := "the earlier report"
	if k.Rev != "" {
		than = k.Rev
	}
	counts := fmt.Sprintf("%d new, %d updated, %d unchanged, %d gone", k.New, k.Updated, k.Unchanged, k.Absent)
	if k.Rev == "" && k.Baseline == "" {
		return counts + " with the patch"
	}
	return counts + " since " + visible.Text(than)
}

// maybeNotGone returns the number of findings that may be absent only because a server stops at new errors. Most
// servers and linters do not look for warnings in code that does not compile: an edit that breaks a package removes its
// warnings.
func (c *Check) maybeNotGone() (n int) {
	hasNewError := slices.ContainsFunc(c.findings(), func(d bundle.Diagnostic) bool {
		return d.Severity == "error" && d.BaselineState == bundle.New
	})
	if !hasNewError {
		return 0
	}
	for _, d := range c.facts().Absent {
		if d.Severity != "error" {
			n++
		}
	}
	return n
}

// remarks returns why the check is not complete and what was excluded, one per line. A report with notes has them, so
// that nobody takes it for more than it is: what the request left out, what may only be hidden, files that are not
// covered, a state of the workspace that does not exist yet (--patch), and evidence that is not complete. A report that
// lists the unchecked files elsewhere has listed true: reasons that say no more of these are left out.
func (c *Check) remarks(listed bool) (out []string) {
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

	if hidden := c.hiddenHints(); hidden != "" {
		out = append(out, hidden)
	}
	if n := c.maybeNotGone(); n > 0 {
		out = append(out, fmt.Sprintf("%d of those that are gone may only be hidden: "+
			"most analyses do not run on code with errors, and there are new errors", n))
	}
	for _, u := range c.uncovered() {
		out = append(out, u.String())
	}

	if c.Snapshot != nil && len(c.Snapshot.Overlaid) > 0 { // the check was about a proposed change
		files := strings.Join(c.Snapshot.Overlaid, ", ")
		out = append(out, visible.Sprintf("hypothetical: as if %s were as proposed", files))
	}

	if s := c.Evidence.State; s != bundle.Complete {
		line := "evidence: " + oneLine(s)
		for i, why := range c.otherReasons(listed) { // each begins a line, with the word by which people look for it
			if i > 0 {
				out, line = append(out, line), "evidence"
			}
			line += ": " + oneLine(why)
		}
		out = append(out, line)
	}
	return out
}

// otherReasons returns the reasons of the evidence that say more than the findings, than the remarks on files that are
// not covered, and than the list of unchecked files, if the report has one.
func (c *Check) otherReasons(listed bool) (out []string) {
	var said []string
	for _, u := range c.uncovered() {
		why := ": " + u.Why
		if u.Fix != "" {
			why += "; " + u.Fix
		}
		said = append(said, why)
	}
	for _, d := range c.findings() { // a missing dependency has what helps
		said = append(said, ": "+oneLine(d.Message))
	}
	if listed {
		for _, u := range c.unchecked() {
			said = append(said, ": "+u.Why)
		}
	}
	for _, reason := range c.Evidence.Reasons {
		isSaid := func(why string) bool { return strings.HasSuffix(oneLine(reason), why) }
		if !strings.Contains(reason, "not checked") || !slices.ContainsFunc(said, isSaid) {
			out = append(out, reason)
		}
	}
	return out
}
