package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// The page is one template, with a style and a script that are written into it.

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// page is the template of the whole page.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageSource))
})

// inlineHash returns the source of a Content-Security-Policy that allows one inline text. The policy is a second
// defence after the template's escapes: a script that code of the repository has brought into the page does not run.
func inlineHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// pageFile is a file with its findings.
type pageFile struct {
	Path     string
	Findings []pageFinding
}

// pageFinding is a finding as the page shows it. All texts are visible; the template escapes HTML.
type pageFinding struct {
	bundle.Diagnostic
	State   string // new, unchanged, updated, absent; "" without a comparison
	Message string
	Lines   []excerptLine
	Related []string // "path:line:col: message"
	At      string   // "path:line:col", 1-based
	Search  string   // in lower case: what the filter of the page looks into
	Fixes   []pageFix
}

// pageFix is a fix of a finding.
type pageFix struct{ Title, Diff string }

// writeHTML writes the format html: a single page with an overview, a filter, the findings of each file with
// their code, and the difference to the earlier check. It needs no network and can be used by keyboard. Its
// Content-Security-Policy allows its own script and style only.
func writeHTML(w io.Writer, c *Check) error {
	var checks []string
	for _, k := range c.servers() {
		checks = append(checks, checkLine(k))
	}

	head := ""
	if s := c.Snapshot; s != nil && s.VCS != nil {
		head = s.VCS.Head
		if s.VCS.Dirty {
			head += " and changes that are not committed"
		}
	}

	withHints := *c
	withHints.MinSeverity = hint // the page shows them
	policy := `content="default-src 'none'; style-src ` + inlineHash(pageStyle) +
		`; script-src ` + inlineHash(pageScript) + `; base-uri 'none'; form-action 'none'"`
	files, bars, trend, total := c.pageFiles(), c.pageBars(), c.pageTrend(), len(c.findings())+len(c.facts().Absent)
	return page().Execute(w, map[string]any{
		"Verdict": c.Verdict(), "Class": c.pageClass(), "Files": files, "Bars": bars, "Trend": trend,
		"Unchecked": c.uncheckedByReason(), "NotChecked": len(c.unchecked()), "Checks": checks,
		"Remarks":  withHints.remarks(true),
		"BundleID": c.BundleID, "Head": head, "Lanser": c.Lanser, "Total": total,
		"Policy": template.HTMLAttr(policy), //nolint:gosec // hashes of our own
		"Style":  template.CSS(pageStyle), "Script": template.JS(pageScript),
	})
}

// pageFiles returns all findings by file, including those that are absent now. Hints and old findings are among them,
// because the reader can filter the page.
func (c *Check) pageFiles() []*pageFile {
	var files []*pageFile
	all := slices.Concat(c.findings(), c.facts().Absent)
	slices.SortStableFunc(all, bundle.Diagnostic.Compare)
	for _, d := range all {
		p := visible.Text(c.path(d.URI))
		if len(files) == 0 || files[len(files)-1].Path != p {
			files = append(files, &pageFile{Path: p})
		}
		last := files[len(files)-1]
		last.Findings = append(last.Findings, c.pageFinding(d, p))
	}
	return files
}

// pageFinding returns a finding as the page shows it. A finding that is absent now has no code around it.
func (c *Check) pageFinding(d bundle.Diagnostic, path string) pageFinding {
	f := pageFinding{
		Diagnostic: d, State: d.BaselineState, Message: visible.Lines(d.Message), At: c.at(d.URI, d.Range),
	}
	f.Source, f.Code = visible.Text(d.Source), visible.Text(d.Code)
	if d.BaselineState != bundle.Absent {
		f.Lines = c.excerpt(d)
	}
	if len(f.Lines) == 0 && d.Text != "" {
		f.Lines = []excerptLine{{Number: d.Range[0] + 1, Before: d.Text}}
	}
	for i := range f.Lines {
		l := &f.Lines[i]
		l.Before, l.Marked, l.After = visible.Line(l.Before), visible.Line(l.Marked), visible.Line(l.After)
	}

	for _, r := range d.Related {
		f.Related = append(f.Related, c.at(r.URI, r.Range)+": "+oneLine(r.Message))
	}
	for _, fix := range d.Fixes {
		diff := strings.Join(diffLines(fix.Diff), "\n")
		f.Fixes = append(f.Fixes, pageFix{Title: oneLine(fix.Title), Diff: visible.Lines(diff)})
	}
	f.Search = strings.ToLower(strings.Join([]string{path, d.Source, d.Code, f.Message, d.Container}, " "))
	return f
}

// pageBar is a number to show as a bar.
type pageBar struct {
	Name  string
	Count int
}

// pageBars returns the findings by severity.
func (c *Check) pageBars() (bars []pageBar) {
	n := count(c.findings())
	for _, severity := range bundle.Severities() {
		if n[severity] > 0 || bundle.Severity(severity) <= bundle.Severity("warning") {
			bars = append(bars, pageBar{Name: severity, Count: n[severity]})
		}
	}
	return bars
}

// pageTrend returns the findings by their state; nil without an earlier check.
func (c *Check) pageTrend() []pageBar {
	k := c.facts().Compared
	if k == nil {
		return nil
	}
	return []pageBar{
		{Name: bundle.New, Count: k.New},
		{Name: bundle.Updated, Count: k.Updated},
		{Name: bundle.Unchanged, Count: k.Unchanged},
		{Name: bundle.Absent, Count: k.Absent},
	}
}

// pageClass returns the class of the verdict, which sets its colour. A check that passes with findings is not "clean".
func (c *Check) pageClass() string {
	switch {
	case !c.finished():
		return "incomplete"
	case slices.ContainsFunc(c.findings(), c.fails):
		return "failed"
	case len(c.findings()) > 0:
		return "passed"
	}
	return "clean"
}
