package server

import (
	"lanser/selectors"
	"lanser/server/api"
	"lanser/server/bundle"
)

// severityRules are the severity rules of a request, with their patterns compiled.
type severityRules []severityRule

type severityRule struct {
	api.SeverityRule
	files api.Patterns
}

// newSeverityRules compiles rules that [api.Options.Check] has accepted.
func newSeverityRules(rules []api.SeverityRule) severityRules {
	out := make(severityRules, len(rules))
	for i, r := range rules {
		out[i].SeverityRule = r
		out[i].files, _ = r.Patterns() // the options were checked
	}
	return out
}

// severity returns the severity that the first rule that matches gives a finding: its own,
// where none matches.
func (rules severityRules) severity(d *bundle.Diagnostic) string {
	file := selectors.UnescapePath(d.URI)
	for _, r := range rules {
		source, code := r.Source == "" || r.Source == d.Source, r.Code == "" || r.Code == d.Code
		if source && code && (r.Path == "" || r.files.Match(file)) {
			return r.Severity
		}
	}
	return d.Severity
}

// applySeverities gives the findings the severities that the request's rules set, and counts
// what is left out: files that were excluded, and findings that a rule ignores.
func (a *answer) applySeverities(excluded int) {
	o, f := a.Request.Options, a.Bundle.Facts
	if len(o.Exclude)+len(o.Severities) == 0 {
		return
	}
	f.LeftOut = &bundle.LeftOut{Files: excluded}
	rules, kept := newSeverityRules(o.Severities), []bundle.Diagnostic{}
	for _, d := range f.Diagnostics {
		d.Severity = rules.severity(&d)
		if d.Severity == api.Ignore {
			f.LeftOut.Ignored++
		} else {
			kept = append(kept, d)
		}
	}
	f.Diagnostics = kept
}
