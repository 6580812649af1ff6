package report

import (
	"fmt"
	"io"
	"strings"

	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// maxAnnotations is the number of annotations of each level that GitHub shows for a step.
const maxAnnotations = 10

// writeGitHub writes the format github: workflow commands of GitHub Actions. GitHub shows 10
// errors, 10 warnings and 10 notices for a step, so the worst findings come first, and further ones are plain
// text. If the check did not finish, the verdict is a further annotation. Columns are only written for a
// finding on a single line. In messages, the end of a line is %0A.
func writeGitHub(w io.Writer, c *Check) error {
	e := &errWriter{w: w}         // of commands
	lines := visible.NewWriter(e) // of plain text, in which the runner must not see a command
	shown, omitted := c.shown()
	room := map[string]int{}
	if !c.finished() {
		level := "error"
		if c.allowed() {
			level = "warning"
		}
		room[level]++
		visible.Fprintf(e, "::%s title=lanser::%s\n", level, commandData(c.Verdict()+"\n"+c.uncheckedText()))
	}

	var plain []bundle.Diagnostic
	for _, d := range worst(shown, len(shown)) {
		level := gitHubLevel(d.Severity)
		if strings.Contains(d.URI, "://") || room[level] == maxAnnotations {
			plain = append(plain, d)
			continue
		}

		room[level]++
		r, known := c.region(d, text.UTF16)
		place := fmt.Sprintf("file=%s,line=%d,endLine=%d", commandProperty(visible.Text(c.path(d.URI))), r[0], r[2])
		if known && r[0] == r[2] {
			place += fmt.Sprintf(",col=%d,endColumn=%d", r[1], r[3])
		}
		title, message := commandProperty(visible.Text(label(d))), commandData(visible.Lines(orUnsaid(d.Message)))
		visible.Fprintf(e, "::%s %s,title=%s::%s\n", level, place, title, message)
	}

	if len(plain) > 0 {
		visible.Fprintf(e, "::group::%s beyond those that GitHub shows\n", counted(len(plain), "finding"))
		for _, d := range plain {
			c.line(lines, d)
		}
		visible.Fprintf(e, "::endgroup::\n")
	}

	if e.err != nil {
		return e.err
	}
	return c.notes(lines, omitted)
}

// uncheckedText returns a line for each file that was not checked.
func (c *Check) uncheckedText() string {
	var out strings.Builder
	c.notChecked(&out)
	return strings.TrimSuffix(out.String(), "\n")
}

// gitHubLevel returns the command that annotates a severity.
func gitHubLevel(severity string) string {
	switch severity {
	case "error", "warning":
		return severity
	}
	return "notice"
}

// The escapes of workflow commands, in their data and in the values of their properties.
var (
	commandEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// commandData and commandProperty escape a message, and the value of a property. The runner takes a command from each
// line of the log that begins with one, so that a line end in a message must be escaped; a value ends at "," or "::".
func commandData(s string) string     { return commandEscapes.Replace(s) }
func commandProperty(s string) string { return propertyEscapes.Replace(s) }
