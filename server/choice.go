package server

import (
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
)

// Which files are checked, what findings weigh, and which lines of a change they stand on.

// SeverityRule gives the findings that it fits another severity.
type SeverityRule struct {
	Path     string `json:"path,omitempty" jsonschema:"pattern of files as in exclude; any file by default"`
	Source   string `json:"source,omitempty" jsonschema:"the finding's source; any by default"`
	Code     string `json:"code,omitempty" jsonschema:"the finding's code; any by default"`
	Severity string `json:"severity" jsonschema:"error, warning, information, hint or ignore"`
}

// Ignore is the severity of what is left out.
const Ignore = "ignore"

// checkChoice says what is wrong with the options that choose among files and findings.
func (o Options) checkChoice() error {
	if _, err := newPatterns(o.Exclude...); err != nil {
		return err
	}
	if len(o.Severities) > maxPatterns {
		return fault.New(fault.Usage, "%d rules of severity are more than the %d that are read", len(o.Severities), maxPatterns)
	}
	for _, r := range o.Severities {
		if _, err := newPatterns(r.paths()...); err != nil {
			return err
		}
		if r.Severity != Ignore && bundle.Severity(r.Severity) > 3 {
			return fault.New(fault.Usage, "unknown severity %q: want error, warning, information, hint or ignore", r.Severity)
		}
	}
	return nil
}

// paths are the patterns of the rule: one, or none.
func (r SeverityRule) paths() []string {
	if r.Path == "" {
		return nil
	}
	return []string{r.Path}
}

// weights are the rules of a request with their patterns read.
type weights []struct {
	SeverityRule
	files patterns
}

// newWeights reads rules that [Options.Check] has found right.
func newWeights(rules []SeverityRule) weights {
	out := make(weights, len(rules))
	for i, r := range rules {
		out[i].SeverityRule = r
		out[i].files, _ = newPatterns(r.paths()...) // it was checked
	}
	return out
}

// weigh applies the first rule that fits a finding.
func (w weights) weigh(d *bundle.Diagnostic) {
	file := selectors.UnescapePath(d.URI)
	for _, r := range w {
		if (r.Source == "" || r.Source == d.Source) && (r.Code == "" || r.Code == d.Code) && (r.Path == "" || r.files.match(file)) {
			d.Severity = r.Severity
			return
		}
	}
}

// diffContext is how many lines around a change FilterContext lets through.
const diffContext = 3

// changedLines says which 0-based lines of after a filter lets through. Where there was
// nothing before, that is all of them.
func changedLines(before, after *text.Content, filter string) func(first, last int) bool {
	all := func(int, int) bool { return true }
	if before == nil || after == nil {
		return all
	}
	if before.Digest() == after.Digest() {
		return func(int, int) bool { return false }
	}
	if filter == FilterFile {
		return all
	}
	around := 0
	if filter == FilterContext {
		around = diffContext
	}
	passes := map[int]bool{}
	for _, h := range text.MapLines(before.Bytes(), after.Bytes()).Hunks() {
		for l := h.NewStart - around; l < h.NewEnd+around; l++ {
			passes[l] = true
		}
	}
	return func(first, last int) bool {
		for l := first; l <= last; l++ {
			if passes[l] {
				return true
			}
		}
		return false
	}
}
