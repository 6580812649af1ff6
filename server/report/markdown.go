package report

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// maxMarkdown is the maximal size of the Markdown in bytes. GitHub accepts 1 MiB for a step summary.
const maxMarkdown = 1000 << 10

// writeMarkdown writes the format markdown: a heading with the verdict, the findings by file, and folded lists of
// the findings that are absent now and the files that were not checked. Text that comes from code is written as
// plain words or as a code span, so that neither Markdown nor links of GitHub and GitLab (mentions, issues,
// addresses) take effect. Findings beyond [maxMarkdown] are counted.
func writeMarkdown(w io.Writer, c *Check) error {
	var out bytes.Buffer
	mark := "✅"
	if !c.finished() {
		mark = "⚠️"
	} else if slices.ContainsFunc(c.findings(), c.fails) {
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

		visible.Fprintf(&one, "- %d:%d %s%s %s %s\n",
			d.Range[0]+1, d.Range[1]+1, bold(d.Severity), state, md(d.Message), span(label(d)))
		for _, f := range d.Fixes {
			writeMarkdownFix(&one, f)
		}
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
	for _, g := range c.uncheckedByReason() {
		lines = append(lines, g.String())
	}

	fold(counted(len(c.unchecked()), "file")+" not checked", lines)
	lines = nil
	for _, d := range c.absent() {
		lines = append(lines, c.at(d.URI, d.Range)+": "+sentences(d.Message))
	}

	fold(counted(len(lines), "finding")+" gone", lines)
	lines = nil
	for _, k := range c.servers() {
		lines = append(lines, checkLine(k))
	}

	fold("What was checked", append(lines, c.remarks(true)...))
	_, err := w.Write(out.Bytes())
	return err
}

// writeMarkdownFix writes a fix of a finding below it: the title, and the diff in a fence that is longer than any in
// the diff.
func writeMarkdownFix(out *bytes.Buffer, f bundle.Fix) {
	fence := "```"
	for strings.Contains(f.Diff, fence) {
		fence += "`"
	}
	visible.Fprintf(out, "  - fix: %s\n\n    %sdiff\n", md(f.Title), fence)
	for _, line := range diffLines(f.Diff) {
		visible.Fprintf(out, "    %s\n", visible.Code(line))
	}
	visible.Fprintf(out, "    %s\n", fence)
}

// checkLine describes the check of one server.
func checkLine(k bundle.Check) string {
	name := k.Server.Name
	if name == "" {
		name = "no server"
	}
	return visible.Sprintf("%s %s: %d of %d files, %s",
		name, k.Server.Version, k.Files-len(k.Unchecked), k.Files, k.State)
}

// A text that matches words and does not match linked contains nothing that Markdown or its readers interpret:
// no markup, mention, reference, emoji or address.
var (
	words  = lazyregexp.New(`^(\pL|\d+ \pL)[\pL\pN .,;:()/"'…+=%?_-]*$`)
	linked = lazyregexp.New(`(?i)://|www\.|mailto:|xmpp:|GH-\d|:[\w+-]*[a-z+-][\w+-]*:|\b[0-9a-f]{7,}\b`)
)

// md escapes a text so that Markdown shows it unchanged, on one line. Text of plain words stays as it is, so that
// messages are read as sentences; all other text becomes a code span. A list of allowed characters is safer than one of
// characters to escape, because GitHub, GitLab and others each interpret more than Markdown says.
func md(s string) string {
	s = oneLine(s)
	if s == "" || words.MatchString(s) && !linked.MatchString(s) {
		return strings.ReplaceAll(s, "_", `\_`)
	}
	return span(s)
}

// bold returns a text of [md] in bold type. It returns "" for "", because Markdown shows "****" as it is.
func bold(s string) string {
	s = md(s)
	if s == "" {
		return ""
	}
	return "**" + s + "**"
}

// span returns a text as a code span on one line, with a fence that is longer than any in the text; "" for "".
func span(s string) string {
	s = oneLine(s)
	if s == "" {
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
