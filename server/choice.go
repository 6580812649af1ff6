package server

import (
	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Which files are checked, what findings weigh, and which lines of a change they stand on.

// weights are the rules of a request with their patterns read.
type weights []struct {
	api.SeverityRule
	files api.Patterns
}

// newWeights reads rules that [api.Options.Check] has found right.
func newWeights(rules []api.SeverityRule) weights {
	out := make(weights, len(rules))
	for i, r := range rules {
		out[i].SeverityRule = r
		out[i].files, _ = r.Patterns() // the options were checked
	}
	return out
}

// weigh applies the first rule that fits a finding.
func (w weights) weigh(d *bundle.Diagnostic) {
	file := selectors.UnescapePath(d.URI)
	for _, r := range w {
		if (r.Source == "" || r.Source == d.Source) && (r.Code == "" || r.Code == d.Code) && (r.Path == "" || r.files.Match(file)) {
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
	if filter == api.FilterFile {
		return all
	}
	around := 0
	if filter == api.FilterContext {
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
