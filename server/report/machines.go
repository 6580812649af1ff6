package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// The formats that other tools read. Each head says what they honour of it.

// maxAnnotations is how many annotations of each level GitHub shows of a step.
const maxAnnotations = 10

// writeGitHub is workflow commands of GitHub Actions. It shows 10 errors, 10 warnings and
// 10 notices a step: the worst come first, what is beyond is plain text, and the verdict
// is an annotation of its own where the check did not finish. Columns are told only where
// a finding lies on one line; ends of lines in messages are %0A.
func writeGitHub(w io.Writer, c *Check) error {
	e := &errWriter{w: w}         // of commands
	lines := visible.NewWriter(e) // of what the runner must not obey
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
		visible.Fprintf(e, "::%s %s,title=%s::%s\n", level, place, commandProperty(visible.Text(label(d))), commandData(visible.Lines(orUnsaid(d.Message))))
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

// uncheckedText names the files that were not checked, a line each.
func (c *Check) uncheckedText() string {
	var out strings.Builder
	c.notChecked(&out)
	return strings.TrimSuffix(out.String(), "\n")
}

func gitHubLevel(severity string) string {
	switch severity {
	case "error", "warning":
		return severity
	}
	return "notice"
}

var (
	commandEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func commandData(s string) string     { return commandEscapes.Replace(s) }
func commandProperty(s string) string { return propertyEscapes.Replace(s) }

// gitLabIssue is an entry of GitLab's Code Quality report.
type gitLabIssue struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
		} `json:"lines"`
	} `json:"location"`
}

// writeGitLab is GitLab Code Quality: one JSON array, without a byte order mark, paths
// relative to the project, fingerprints unique (equal ones are shown as one). GitLab
// compares the reports of two branches itself, so all findings are in it. Files that were
// not checked are issues named lanser/unchecked.
func writeGitLab(w io.Writer, c *Check) error {
	issues := []gitLabIssue{}
	add := func(description, check, fingerprint, severity, path string, line int) {
		i := gitLabIssue{Description: description, CheckName: check, Fingerprint: fingerprint, Severity: severity}
		i.Location.Path, i.Location.Lines.Begin = path, line
		issues = append(issues, i)
	}
	for _, d := range c.findings() {
		add(orUnsaid(visible.Lines(d.Message)), ruleID(d), d.Fingerprint, map[string]string{"error": "major", "warning": "minor"}[d.Severity], c.path(d.URI), d.Range[0]+1)
		if last := &issues[len(issues)-1]; last.Severity == "" {
			last.Severity = "info"
		}
	}
	for _, u := range c.unchecked() {
		sum := sha256.Sum256([]byte("unchecked\x00" + u.Server + "\x00" + u.Path))
		add("not checked by "+u.Server+": "+u.Why, "lanser/unchecked", hex.EncodeToString(sum[:16]), "critical", u.Path, 1)
	}
	if c.Error != nil {
		sum := sha256.Sum256([]byte("error\x00" + c.Error.Message))
		add(c.Verdict(), "lanser/error", hex.EncodeToString(sum[:16]), "blocker", ".", 1)
	}
	raw, err := json.MarshalIndent(issues, "", " ")
	if err == nil {
		_, err = w.Write(append(raw, '\n'))
	}
	return err
}

// writeJUnit is JUnit XML: a suite a file, a case a finding. Those that fail the check are
// failures, the others pass and say what they are on their output; a file that was not
// checked is an error. A check without findings is one passing case.
func writeJUnit(w io.Writer, c *Check) error {
	all := junit.Testsuites{Name: "lanser"}
	suites := map[string]*junit.Testsuite{}
	var order []string
	suite := func(p string) *junit.Testsuite {
		if suites[p] == nil {
			order = append(order, p)
			suites[p] = &junit.Testsuite{Name: p, Time: "0"}
		}
		return suites[p]
	}
	names := map[string]int{}
	unique := func(name string) string {
		if names[name]++; names[name] > 1 {
			return fmt.Sprintf("%s (%d)", name, names[name])
		}
		return name
	}
	for _, d := range c.news() {
		p := c.path(d.URI)
		tc := junit.Testcase{Classname: visible.Text(p), Time: "0", Name: visible.Text(unique(fmt.Sprintf("%s: %s", c.at(d.URI, d.Range), label(d))))}
		message := visible.Sprintf("%s: %s: ", c.at(d.URI, d.Range), d.Severity) + xmlText(d.Message)
		if c.fails(d) {
			tc.Failure = &junit.Result{Message: xmlText(oneLine(d.Message)), Type: visible.Text(d.Severity), Data: cdata(message)}
		} else {
			tc.SystemOut = &junit.Output{Data: cdata(message)}
		}
		suite(p).AddTestcase(tc)
	}
	for _, u := range c.unchecked() {
		suite(u.Path).AddTestcase(junit.Testcase{
			Classname: visible.Text(u.Path), Time: "0", Name: visible.Text(unique(u.Path + ": not checked by " + u.Server)),
			Error: &junit.Result{Message: xmlText(u.Why), Type: "unchecked", Data: cdata(u.Why)},
		})
	}
	slices.Sort(order)
	for _, p := range order {
		suites[p].Name = visible.Text(p)
		all.AddSuite(*suites[p])
	}
	if last := (junit.Testcase{Name: "diagnostics", Classname: "lanser", Time: "0"}); len(order) == 0 || !c.finished() {
		s := junit.Testsuite{Name: "lanser", Time: "0"}
		if !c.finished() && !c.allowed() {
			last.Error = &junit.Result{Message: xmlText(c.Verdict()), Type: "incomplete", Data: cdata(strings.Join(c.remarks(), "\n"))}
		} else {
			last.SystemOut = &junit.Output{Data: cdata(c.Verdict())}
		}
		s.AddTestcase(last)
		all.AddSuite(s)
	}
	for i := range all.Suites {
		all.Suites[i].ID = i
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	return all.WriteXML(w)
}

// xmlText is a text without the characters that XML 1.0 cannot hold.
func xmlText(s string) string { return visible.Lines(s) }

// cdata is a text for a CDATA section.
func cdata(s string) string { return strings.ReplaceAll(xmlText(s), "]]>", "]] >") }

type checkstyleFile struct {
	Name   string            `xml:"name,attr"`
	Errors []checkstyleError `xml:"error"`
}

type checkstyleError struct {
	Line     int    `xml:"line,attr"`
	Column   int    `xml:"column,attr,omitempty"`
	Severity string `xml:"severity,attr"`
	Message  string `xml:"message,attr"`
	Source   string `xml:"source,attr"`
}

// writeCheckstyle is Checkstyle's XML, which has no ends of ranges: line and column, from
// 1 on, of the start. Files that were not checked are errors of lanser.unchecked.
func writeCheckstyle(w io.Writer, c *Check) error {
	out := struct {
		XMLName xml.Name         `xml:"checkstyle"`
		Version string           `xml:"version,attr"`
		Files   []checkstyleFile `xml:"file"`
	}{Version: "4.3"}
	byPath := map[string][]checkstyleError{}
	for _, d := range c.news() {
		severity := map[string]string{"error": "error", "warning": "warning"}[d.Severity]
		if severity == "" {
			severity = "info"
		}
		r, known := c.region(d, text.UTF16)
		if !known {
			r[1] = 0
		}
		p := c.path(d.URI)
		byPath[p] = append(byPath[p], checkstyleError{r[0], r[1], severity, xmlText(orUnsaid(d.Message)), xmlText(strings.ReplaceAll(ruleID(d), "/", "."))})
	}
	for _, u := range c.unchecked() {
		byPath[u.Path] = append(byPath[u.Path], checkstyleError{1, 0, "error", xmlText("not checked by " + u.Server + ": " + u.Why), "lanser.unchecked"})
	}
	if !c.finished() && len(c.unchecked()) == 0 {
		byPath["."] = []checkstyleError{{1, 0, "error", xmlText(c.Verdict()), "lanser.incomplete"}}
	}
	paths := make([]string, 0, len(byPath))
	for p := range byPath {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		out.Files = append(out.Files, checkstyleFile{visible.Text(p), byPath[p]})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// rdPosition is 1-based; columns are bytes of UTF-8.
type rdPosition struct {
	Line   int `json:"line"`
	Column int `json:"column,omitempty"`
}

type rdRange struct {
	Start rdPosition  `json:"start"`
	End   *rdPosition `json:"end,omitempty"`
}

type rdLocation struct {
	Path  string   `json:"path"`
	Range *rdRange `json:"range,omitempty"`
}

type rdRelated struct {
	Message  string     `json:"message"`
	Location rdLocation `json:"location"`
}

type rdSource struct {
	Name string `json:"name"`
}

type rdCode struct {
	Value string `json:"value"`
}

type rdDiagnostic struct {
	Message  string      `json:"message"`
	Location rdLocation  `json:"location"`
	Severity string      `json:"severity"`
	Source   rdSource    `json:"source"`
	Code     *rdCode     `json:"code,omitempty"`
	Related  []rdRelated `json:"relatedLocations,omitempty"`
}

// writeRDJSON is reviewdog's JSON: positions are 1-based, columns bytes of UTF-8, ends
// exclusive. Files that were not checked are errors without a range.
func writeRDJSON(w io.Writer, c *Check) error {
	all, err := json.MarshalIndent(struct {
		Source      rdSource       `json:"source"`
		Diagnostics []rdDiagnostic `json:"diagnostics"`
	}{rdSource{"lanser"}, c.rd()}, "", " ")
	if err == nil {
		_, err = w.Write(append(all, '\n'))
	}
	return err
}

// writeRDJSONL is [writeRDJSON] with a finding a line.
func writeRDJSONL(w io.Writer, c *Check) error {
	for _, d := range c.rd() {
		if err := encode(w, d); err != nil {
			return err
		}
	}
	return nil
}

func (c *Check) rd() []rdDiagnostic {
	out := []rdDiagnostic{}
	for _, d := range c.news() {
		severity := map[string]string{"error": "ERROR", "warning": "WARNING"}[d.Severity]
		if severity == "" {
			severity = "INFO"
		}
		r := rdDiagnostic{Message: orUnsaid(visible.Lines(d.Message)), Severity: severity, Source: rdSource{d.Source}, Location: c.rdLocation(d)}
		if d.Code != "" {
			r.Code = &rdCode{d.Code}
		}
		for _, rel := range d.Related {
			r.Related = append(r.Related, rdRelated{orUnsaid(visible.Lines(rel.Message)), c.rdLocation(bundle.Diagnostic{URI: rel.URI, Range: rel.Range})})
		}
		out = append(out, r)
	}
	for _, u := range c.unchecked() {
		out = append(out, rdDiagnostic{
			Message: "not checked by " + u.Server + ": " + u.Why, Severity: "ERROR", Source: rdSource{"lanser"}, Code: &rdCode{"unchecked"}, Location: rdLocation{Path: u.Path},
		})
	}
	if !c.finished() && len(c.unchecked()) == 0 {
		out = append(out, rdDiagnostic{Message: c.Verdict(), Severity: "ERROR", Source: rdSource{"lanser"}, Code: &rdCode{"incomplete"}, Location: rdLocation{Path: path.Clean(c.Prefix)}})
	}
	return out
}

func (c *Check) rdLocation(d bundle.Diagnostic) rdLocation {
	r, known := c.region(d, text.UTF8)
	l := rdLocation{Path: c.path(d.URI), Range: &rdRange{Start: rdPosition{Line: r[0]}}}
	if known {
		l.Range.Start.Column, l.Range.End = r[1], &rdPosition{r[2], r[3]}
	}
	return l
}

// writeIndented writes a value as indented JSON.
func writeIndented(w io.Writer, v any) error {
	raw, err := json.MarshalIndent(v, "", " ")
	if err == nil {
		_, err = w.Write(append(raw, '\n'))
	}
	return err
}
