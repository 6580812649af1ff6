package server

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/go-git/go-git/v5/utils/diff"
	"github.com/sergi/go-diff/diffmatchpatch"

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
	for _, p := range o.Exclude {
		if err := checkPattern(p); err != nil {
			return err
		}
	}
	for _, r := range o.Severities {
		if r.Path != "" {
			if err := checkPattern(r.Path); err != nil {
				return err
			}
		}
		if r.Severity != Ignore && bundle.Severity(r.Severity) > 3 {
			return fault.New(fault.Usage, "unknown severity %q: want error, warning, information, hint or ignore", r.Severity)
		}
	}
	return nil
}

// weigh applies the first rule that fits a finding.
func weigh(rules []SeverityRule, d *bundle.Diagnostic) {
	for _, r := range rules {
		if (r.Source == "" || r.Source == d.Source) && (r.Code == "" || r.Code == d.Code) && (r.Path == "" || matches(r.Path, selectors.UnescapePath(d.URI))) {
			d.Severity = r.Severity
			return
		}
	}
}

func checkPattern(p string) error {
	if !doublestar.ValidatePattern(p) || p == "" || strings.HasPrefix(p, "/") || strings.HasPrefix(p, "!") {
		return fault.New(fault.Usage, "%q is no pattern of paths", p).
			WithHint("patterns are relative to the workspace: * stands for a part of a name, ** for folders, {a,b} for either, [a-z] for a character")
	}
	return nil
}

// matches says whether a pattern fits a path or a folder above it. A pattern without a
// slash fits a name anywhere, as in .gitignore.
func matches(pattern, p string) bool {
	pattern = strings.TrimSuffix(pattern, "/")
	if !strings.Contains(pattern, "/") {
		pattern = "**/" + pattern
	}
	for ; p != "." && p != "/"; p = path.Dir(p) {
		if ok, err := doublestar.Match(pattern, p); ok && err == nil {
			return true
		}
	}
	return false
}

func excluded(patterns []string, p string) bool {
	for _, pattern := range patterns {
		if matches(pattern, p) {
			return true
		}
	}
	return false
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
	line := 0
	for _, d := range diff.Do(string(before.Bytes()), string(after.Bytes())) {
		n := strings.Count(strings.TrimSuffix(d.Text, "\n"), "\n") + 1
		from, to := line-around, line+around // of a gap: the lines beside it
		if d.Type != diffmatchpatch.DiffDelete {
			line += n
			to = line + around
		}
		if d.Type == diffmatchpatch.DiffEqual {
			continue
		}
		for l := from; l < to; l++ {
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
