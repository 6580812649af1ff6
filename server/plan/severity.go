package plan

import (
	"lanser/selectors"
	"lanser/server/api"
	"lanser/server/bundle"
)

// SeverityRules are the severity rules of a request, with their patterns compiled.
type SeverityRules []severityRule

type severityRule struct {
	api.SeverityRule
	files api.Patterns
}

// NewSeverityRules compiles rules that [api.Options.Check] has accepted.
func NewSeverityRules(rules []api.SeverityRule) SeverityRules {
	out := make(SeverityRules, len(rules))
	for i, r := range rules {
		out[i].SeverityRule = r
		out[i].files, _ = r.Patterns() // the options were checked
	}
	return out
}

// Severity returns the severity that the first rule that matches gives a finding: its own,
// where none matches.
func (rules SeverityRules) Severity(d *bundle.Diagnostic) string {
	file := selectors.UnescapePath(d.URI)
	for _, r := range rules {
		source, code := r.Source == "" || r.Source == d.Source, r.Code == "" || r.Code == d.Code
		if source && code && (r.Path == "" || r.files.Match(file)) {
			return r.Severity
		}
	}
	return d.Severity
}

// ApplySeverities gives the findings the severities that the request's rules set, and counts
// what is left out: files that were excluded, and findings that a rule ignores.
func ApplySeverities(b *bundle.Bundle, o *api.Options, excluded int) {
	f := b.Facts
	if len(o.Exclude)+len(o.Severities) == 0 {
		return
	}
	f.LeftOut = &bundle.LeftOut{Files: excluded}
	rules, kept := NewSeverityRules(o.Severities), []bundle.Diagnostic{}
	for _, d := range f.Diagnostics {
		d.Severity = rules.Severity(&d)
		if d.Severity == api.Ignore {
			f.LeftOut.Ignored++
		} else {
			kept = append(kept, d)
		}
	}
	f.Diagnostics = kept
}
