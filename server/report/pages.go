package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// The formats for people in a browser.

// maxMarkdown bounds the Markdown, in bytes: GitHub takes 1 MiB of a step summary.
const maxMarkdown = 1000 << 10

// writeMarkdown is a heading with the verdict, the findings by file and, folded, what is
// gone and what was not checked. What code chose is plain words, or in a code span, where
// neither Markdown nor GitHub's and GitLab's links (mentions, issues, addresses) reach. It
// keeps below the 1 MiB that GitHub takes of a step summary: findings beyond are counted.
func writeMarkdown(w io.Writer, c *Check) error {
	var out bytes.Buffer
	mark := "✅"
	switch {
	case !c.finished():
		mark = "⚠️"
	case slices.ContainsFunc(c.findings(), c.fails):
		mark = "❌"
	}
	visible.Fprintf(&out, "## %s Diagnostics: %s\n", mark, md(c.Verdict()))
	shown, omitted := c.shown()
	last := ""
	for i, d := range shown {
		var one bytes.Buffer
		if p := c.path(d.URI); p != last {
			visible.Fprintf(&one, "\n%s\n\n", bold(p))
			last = p
		}
		state := ""
		if d.BaselineState != "" {
			state = " (" + md(d.BaselineState) + ")"
		}
		visible.Fprintf(&one, "- %d:%d %s%s %s %s\n", d.Range[0]+1, d.Range[1]+1, bold(d.Severity), state, md(d.Message), span(label(d)))
		if out.Len()+one.Len() > maxMarkdown {
			omitted += len(shown) - i
			break
		}
		out.Write(one.Bytes())
	}
	if omitted > 0 {
		visible.Fprintf(&out, "\n%s not shown.\n", counted(omitted, "more finding"))
	}
	fold := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		visible.Fprintf(&out, "\n<details><summary>%s</summary>\n\n", md(title))
		for i, l := range lines {
			if i == 100 {
				visible.Fprintf(&out, "- and %d more\n", len(lines)-i)
				break
			}
			visible.Fprintf(&out, "- %s\n", md(l))
		}
		visible.Fprintf(&out, "\n</details>\n")
	}
	var lines []string
	for _, u := range c.unchecked() {
		lines = append(lines, u.Path+" by "+u.Server+": "+u.Why)
	}
	fold(counted(len(lines), "file")+" not checked", lines)
	lines = nil
	for _, d := range c.facts().Absent {
		lines = append(lines, c.at(d.URI, d.Range)+": "+oneLine(d.Message))
	}
	fold(counted(len(lines), "finding")+" gone", lines)
	lines = nil
	for _, k := range c.facts().Checks {
		lines = append(lines, checkLine(k))
	}
	fold("What was checked", append(lines, c.remarks()...))
	_, err := w.Write(out.Bytes())
	return err
}

// checkLine is what one server did.
func checkLine(k bundle.Check) string {
	return visible.Sprintf("%s %s: %d of %d files, %s", k.Server.Name, k.Server.Version, k.Files-len(k.Unchecked), k.Files, k.State)
}

// words are texts in which Markdown and its readers find nothing to act on: neither markup
// nor a mention, a reference, an emoji or an address.
var (
	words  = regexp.MustCompile(`^(\pL|\d+ \pL)[\pL\pN .,;:()/"'…+=%?_-]*$`)
	linked = regexp.MustCompile(`(?i)://|www\.|mailto:|xmpp:|GH-\d|:[\w+-]*[a-z+-][\w+-]*:|\b[0-9a-f]{7,}\b`)
)

// md is a text that Markdown shows as it is, on one line.
func md(s string) string {
	s = oneLine(s)
	if s == "" || words.MatchString(s) && !linked.MatchString(s) {
		return strings.ReplaceAll(s, "_", `\_`)
	}
	return span(s)
}

// bold is a text as [md] has it, in bold type; two marks with nothing between are no mark.
func bold(s string) string {
	if s = md(s); s == "" {
		return ""
	}
	return "**" + s + "**"
}

// span is a text on one line as a code span, whose fence is longer than any in it; nothing
// for no text.
func span(s string) string {
	if s = oneLine(s); s == "" {
		return ""
	}
	fence, pad := "`", ""
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		pad = " "
	}
	return fence + pad + s + pad + fence
}

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

var page = template.Must(template.New("page").Parse(pageSource))

// inlineHash is the source of a Content-Security-Policy that lets an inline text run.
func inlineHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

type pageFile struct {
	Path     string
	Findings []pageFinding
}

type pageFinding struct {
	bundle.Diagnostic
	State   string // new, unchanged, updated, absent; "" without a comparison
	Message string
	Lines   []excerptLine
	Related []string
	At      string
	Search  string
}

// writeHTML is one file that needs nothing else: overview, filter, findings by file with
// their code, what changed since the earlier check. It works without a network and by
// keyboard, and lets nothing but its own script and style run.
func writeHTML(w io.Writer, c *Check) error {
	var files []*pageFile
	all := slices.Concat(c.findings(), c.facts().Absent)
	slices.SortStableFunc(all, bundle.Diagnostic.Compare)
	for _, d := range all {
		p := visible.Text(c.path(d.URI))
		if len(files) == 0 || files[len(files)-1].Path != p {
			files = append(files, &pageFile{Path: p})
		}
		f := pageFinding{Diagnostic: d, State: d.BaselineState, Message: visible.Lines(d.Message), At: c.at(d.URI, d.Range)}
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
		f.Search = strings.ToLower(strings.Join([]string{p, d.Source, d.Code, f.Message, d.Container}, " "))
		files[len(files)-1].Findings = append(files[len(files)-1].Findings, f)
	}
	type bar struct {
		Name  string
		Count int
	}
	n := count(c.findings())
	bars := []bar{{"error", n.Errors}, {"warning", n.Warnings}, {"other", n.Others}}
	var trend []bar
	if k := c.facts().Compared; k != nil {
		trend = []bar{{bundle.New, k.New}, {bundle.Updated, k.Updated}, {bundle.Unchanged, k.Unchanged}, {bundle.Absent, k.Absent}}
	}
	class := "clean"
	switch {
	case !c.finished():
		class = "incomplete"
	case slices.ContainsFunc(c.findings(), c.fails):
		class = "failed"
	case len(c.findings()) > 0:
		class = "passed"
	}
	var checks []string
	for _, k := range c.facts().Checks {
		checks = append(checks, checkLine(k))
	}
	head := ""
	if s := c.Snapshot; s != nil && s.VCS != nil {
		head = s.VCS.Head
		if s.VCS.Dirty {
			head += " and changes that are not committed"
		}
	}
	return page.Execute(w, map[string]any{
		"Verdict": c.Verdict(), "Class": class, "Files": files, "Bars": bars, "Trend": trend, "Unchecked": c.unchecked(), "Checks": checks, "Remarks": c.remarks(),
		"BundleID": c.BundleID, "Head": head, "Lanser": c.Lanser, "Total": len(all),
		"Policy": template.HTMLAttr(`content="default-src 'none'; style-src ` + inlineHash(pageStyle) + `; script-src ` + inlineHash(pageScript) + `; base-uri 'none'; form-action 'none'"`), //nolint:gosec // hashes of our own
		"Style":  template.CSS(pageStyle), "Script": template.JS(pageScript),
	})
}
