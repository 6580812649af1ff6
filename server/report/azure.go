package report

import (
	"fmt"
	"io"
	"strings"

	"lanser/selectors/text"
	"lanser/selectors/visible"
)

// writeAzure writes the format azure: logging commands of Azure Pipelines (task.logissue), which become
// issues of the step. The agent knows errors and warnings only, so that other findings are plain text. A
// check that did not finish is an issue of its own. Line and column are those of the start, 1-based; the
// column is left out where it is not known. The agent decodes %AZP25, %0D, %0A, and in properties %3B and
// %5D.
func writeAzure(w io.Writer, c *Check) error {
	e := &errWriter{w: w}         // of commands
	lines := visible.NewWriter(e) // of plain text, in which the agent must not see a command
	shown, omitted := c.shown()
	if !c.finished() {
		level := "error"
		if c.allowed() {
			level = "warning"
		}
		visible.Fprintf(e, "##vso[task.logissue type=%s;code=lanser]%s\n",
			level, azureData(c.Verdict()+"\n"+c.uncheckedText()))
	}

	for _, d := range shown {
		if strings.Contains(d.URI, "://") || d.Severity != "error" && d.Severity != "warning" {
			c.line(lines, d)
			continue
		}

		r, known := c.region(d, text.UTF16)
		place := fmt.Sprintf("sourcepath=%s;linenumber=%d", azureProperty(visible.Text(c.path(d.URI))), r[0])
		if known {
			place += fmt.Sprintf(";columnnumber=%d", r[1])
		}
		code, message := azureProperty(visible.Text(ruleID(d))), azureData(visible.Lines(orUnsaid(d.Message)))
		visible.Fprintf(e, "##vso[task.logissue type=%s;%s;code=%s]%s\n", d.Severity, place, code, message)
	}

	if e.err != nil {
		return e.err
	}
	return c.notes(lines, omitted)
}

// The escapes of logging commands, in their messages and in the values of their properties.
var (
	azureEscapes         = strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A")
	azurePropertyEscapes = strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A", ";", "%3B", "]", "%5D")
)

// azureData and azureProperty escape a message, and the value of a property: a line end in one would end the command,
// and what follows would be a line of the log, in which code could write a command of its own.
func azureData(s string) string     { return azureEscapes.Replace(s) }
func azureProperty(s string) string { return azurePropertyEscapes.Replace(s) }
