package report

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// maxMarkdown bounds the Markdown, in bytes: GitHub accepts 1 MiB of a step summary.
const maxMarkdown = 1000 << 10

// writeMarkdown writes the format markdown: a heading with the verdict, the findings by file
// and, folded, what is gone and what was not checked. Text that the code chose is plain words
// or a code span, in which neither Markdown nor the links of GitHub and GitLab (mentions,
// issues, addresses) act. The whole is less than the 1 MiB that GitHub accepts of a step
// summary: findings beyond are counted.
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
		by := ""
		if u.Server != "" {
			by = " by " + u.Server
		}
		lines = append(lines, u.Path+by+": "+u.Why)
	}
	fold(counted(len(lines), "file")+" not checked", lines)
	lines = nil
	for _, d := range c.facts().Absent {
		lines = append(lines, c.at(d.URI, d.Range)+": "+oneLine(d.Message))
	}
	fold(counted(len(lines), "finding")+" gone", lines)
	lines = nil
	for _, k := range c.servers() {
		lines = append(lines, checkLine(k))
	}
	fold("What was checked", append(lines, c.remarks()...))
	_, err := w.Write(out.Bytes())
	return err
}

// checkLine returns what one server did.
func checkLine(k bundle.Check) string {
	name := k.Server.Name
	if name == "" {
		name = "no server"
	}
	return visible.Sprintf("%s %s: %d of %d files, %s",
		name, k.Server.Version, k.Files-len(k.Unchecked), k.Files, k.State)
}

// Texts that match words and not linked hold nothing on which Markdown and its readers act:
// neither markup nor a mention, a reference, an emoji or an address.
var (
	words  = regexp.MustCompile(`^(\pL|\d+ \pL)[\pL\pN .,;:()/"'…+=%?_-]*$`)
	linked = regexp.MustCompile(`(?i)://|www\.|mailto:|xmpp:|GH-\d|:[\w+-]*[a-z+-][\w+-]*:|\b[0-9a-f]{7,}\b`)
)

// md returns a text that Markdown shows as it is, on one line.
func md(s string) string {
	s = oneLine(s)
	if s == "" || words.MatchString(s) && !linked.MatchString(s) {
		return strings.ReplaceAll(s, "_", `\_`)
	}
	return span(s)
}

// bold returns a text of [md] in bold type, nothing for no text: two marks with nothing between
// them are no mark.
func bold(s string) string {
	s = md(s)
	if s == "" {
		return ""
	}
	return "**" + s + "**"
}

// span returns a text on one line as a code span, whose fence is longer than any in it;
// nothing for no text.
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
