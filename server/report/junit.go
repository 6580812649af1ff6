package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"lanser/selectors/visible"
)

// writeJUnit writes the format junit: JUnit XML according to Jenkins' schema, with a suite for each file and a
// case for each finding. Readers show failures and errors. They distinguish cases by name, so names are unique.
// A finding that fails the check is a failure; another one is a case that passes, with the message as output. A
// file that was not checked is an error. Files that the check does not owe are a passing case for each reason,
// because the schema has no reason for skipped cases. A check without findings is one passing case.
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
		name := unique(fmt.Sprintf("%s: %s", c.at(d.URI, d.Range), label(d)))
		tc := junit.Testcase{Classname: visible.Text(p), Time: "0", Name: visible.Text(name)}
		message := visible.Sprintf("%s: %s: ", c.at(d.URI, d.Range), d.Severity) + xmlText(d.Message)
		if c.fails(d) {
			tc.Failure = &junit.Result{
				Message: xmlText(sentences(d.Message)), Type: visible.Text(d.Severity), Data: cdata(message),
			}
		} else {
			tc.SystemOut = &junit.Output{Data: cdata(message)}
		}
		suite(p).AddTestcase(tc)
	}

	for _, u := range c.unchecked() {
		suite(u.Path).AddTestcase(junit.Testcase{
			Classname: visible.Text(u.Path), Time: "0",
			Name:  visible.Text(unique(u.Path + ": " + u.by())),
			Error: &junit.Result{Message: xmlText(u.Why), Type: "unchecked", Data: cdata(u.Why)},
		})
	}

	for _, u := range c.unserved() {
		suite(u.Paths[0]).AddTestcase(junit.Testcase{
			Classname: "lanser", Time: "0", // readers recognise a case by its class and name: no number, no path
			Name:      visible.Text(unique(u.Language + "s not " + u.verb() + ": " + u.Why)),
			SystemOut: &junit.Output{Data: cdata(u.String())},
		})
	}

	slices.Sort(order)
	for _, p := range order {
		suites[p].Name = visible.Text(p)
		all.AddSuite(*suites[p])
	}

	if len(c.news()) == 0 || !c.finished() {
		last := junit.Testcase{Name: "diagnostics", Classname: "lanser", Time: "0"}
		s := junit.Testsuite{Name: "lanser", Time: "0"}
		if !c.finished() && !c.allowed() {
			last.Error = &junit.Result{
				Message: xmlText(c.Verdict()), Type: "incomplete", Data: cdata(strings.Join(c.remarks(false), "\n")),
			}
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

// xmlText returns a text without the characters that XML 1.0 cannot contain.
func xmlText(s string) string { return visible.Lines(s) }

// cdata changes a text for a CDATA section, which "]]>" would end and in which there are no escapes: a blank comes
// between.
func cdata(s string) string { return strings.ReplaceAll(xmlText(s), "]]>", "]] >") }
