package api

import (
	"slices"

	"lanser/selectors/fault"
	"lanser/server/bundle"
)

// SeverityRule changes the severity of the findings that it matches.
type SeverityRule struct {
	Path     string `json:"path,omitempty" jsonschema:"pattern of files as in exclude; any file by default"`
	Source   string `json:"source,omitempty" jsonschema:"the finding's source; any by default"`
	Code     string `json:"code,omitempty" jsonschema:"the finding's code; any by default"`
	Severity string `json:"severity" jsonschema:"error, warning, information, hint or ignore"`
}

// Ignore is the severity of findings that are left out.
const Ignore = "ignore"

// Patterns returns the patterns of the rule's files: one, or none for any file.
func (r SeverityRule) Patterns() (Patterns, error) {
	if r.Path == "" {
		return nil, nil
	}
	return NewPatterns(r.Path)
}

func (r SeverityRule) check() error {
	if _, err := r.Patterns(); err != nil {
		return err
	}
	if r.Severity != Ignore && !slices.Contains(bundle.Severities(), r.Severity) {
		return fault.New(fault.Usage, "unknown severity %q: want error, warning, information, hint or ignore",
			r.Severity)
	}
	return nil
}
