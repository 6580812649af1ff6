package report

import (
	"io"
	"strings"
	"unicode/utf8"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// Limits of TeamCity on the values of service messages, in characters.
const (
	maxInspectionName    = 255
	maxInspectionMessage = 4000
)

// writeTeamCity writes the format teamcity: service messages, which become code inspections. Each rule is
// declared before its first finding. Inspections have a line (1-based) and no column. TeamCity does not fail
// a build because of inspections, so a check that did not finish is a build problem, unless that is
// allowed.
func writeTeamCity(w io.Writer, c *Check) error {
	e := &errWriter{w: w}         // of messages
	lines := visible.NewWriter(e) // of plain text, in which the server must not see a message
	shown, omitted := c.shown()
	declared := map[string]bool{}
	for _, d := range shown {
		if strings.Contains(d.URI, "://") {
			c.line(lines, d)
			continue
		}

		id := teamCityValue(visible.Text(ruleID(d)), maxInspectionName)
		if !declared[id] {
			declared[id] = true
			category := teamCityValue(visible.Text(d.Source), maxInspectionName)
			visible.Fprintf(e, "##teamcity[inspectionType id='%s' name='%s' category='%s' description='%s']\n",
				id, id, category, id)
		}

		message := teamCityValue(visible.Lines(orUnsaid(d.Message)), maxInspectionMessage)
		visible.Fprintf(e, "##teamcity[inspection typeId='%s' message='%s' file='%s' line='%d' SEVERITY='%s']\n",
			id, message, teamCityValue(visible.Text(c.path(d.URI)), maxInspectionMessage), d.Range[0]+1,
			teamCitySeverity(d))
	}

	if !c.finished() && !c.allowed() {
		visible.Fprintf(e, "##teamcity[buildProblem description='%s' identity='lanser']\n",
			teamCityValue(c.Verdict()+"\n"+c.uncheckedText(), maxInspectionMessage))
	}

	if e.err != nil {
		return e.err
	}
	return c.notes(lines, omitted)
}

// teamCitySeverity returns the severity of an inspection.
func teamCitySeverity(d bundle.Diagnostic) string {
	switch d.Severity {
	case "error":
		return "ERROR"
	case "warning":
		return "WARNING"
	case "information":
		return "WEAK WARNING"
	}
	return "INFO"
}

// teamCityEscapes are the escapes of values in service messages.
var teamCityEscapes = strings.NewReplacer("|", "||", "'", "|'", "[", "|[", "]", "|]", "\n", "|n", "\r", "|r")

// teamCityValue returns at most limit characters of a text as the value of a service message. Escapes do not count.
func teamCityValue(s string, limit int) string {
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit-1]) + "…"
	}
	return teamCityEscapes.Replace(s)
}
