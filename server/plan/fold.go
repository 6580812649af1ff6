package plan

import (
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// FoldFindings removes the findings of linters that an earlier part reports too: in the same place, by the same rule or
// in the same words. A finding without an end is in the place of one that begins there. The earlier finding names the
// other source, takes over its fixes, and has the higher of the severities. Where a compiler reports errors, the
// findings of a linter that only repeat such errors are removed.
func FoldFindings(parts []*Part) {
	for i, later := range parts {
		if later.Server == nil || later.Server.Linter == nil {
			continue
		}
		f := later.Answered.Facts
		srv := later.Server
		repeats := srv.IsCommand() && srv.Linter.Command.Repeats != "" && hasErrors(parts[:i], srv)
		f.Diagnostics = slices.DeleteFunc(f.Diagnostics, func(d bundle.Diagnostic) bool {
			if repeats && d.Code == later.Server.Linter.Command.Repeats {
				return true
			}
			for _, earlier := range parts[:i] {
				if same := reportedBy(earlier.Answered.Facts.Diagnostics, d); same != nil {
					same.Also = append(same.Also, bundle.Rule{Source: d.Source, Code: d.Code})
					same.Fixes = append(same.Fixes, d.Fixes...)
					if bundle.Severity(d.Severity) < bundle.Severity(same.Severity) {
						same.Severity = d.Severity
					}
					return true
				}
			}
			return false
		})
	}
}

// hasErrors reports whether a language server found an error in a file of the kind that a linter checks, or could not
// check such a file.
func hasErrors(parts []*Part, linter *catalogue.Server) bool {
	reads := func(uri string) bool { return linter.LanguageID(selectors.UnescapePath(uri)) != "" }
	isError := func(d bundle.Diagnostic) bool { return d.Severity == "error" && reads(d.URI) }
	isUnchecked := func(group bundle.Coverage) bool {
		return group.State == bundle.UncheckedState && slices.ContainsFunc(group.Files, reads)
	}
	lacks := func(c bundle.Check) bool { return slices.ContainsFunc(c.Coverage, isUnchecked) }
	return slices.ContainsFunc(parts, func(c *Part) bool {
		f := c.Answered.Facts
		return c.Server != nil && c.Server.Linter == nil &&
			(slices.ContainsFunc(f.Diagnostics, isError) || slices.ContainsFunc(f.Checks, lacks))
	})
}

// reportedBy returns the finding of a list that says the same as d; nil if there is none.
func reportedBy(list []bundle.Diagnostic, d bundle.Diagnostic) *bundle.Diagnostic {
	i := slices.IndexFunc(list, func(o bundle.Diagnostic) bool {
		sameRule := ruleName(o.Code) != "" && ruleName(o.Code) == ruleName(d.Code)
		isPoint := d.Range[0] == d.Range[2] && d.Range[1] == d.Range[3]
		samePlace := o.Range == d.Range || isPoint && o.Range[0] == d.Range[0] && o.Range[1] == d.Range[1]
		return o.URI == d.URI && samePlace && (sameRule || sameWords(o.Message, d.Message))
	})
	if i < 0 {
		return nil
	}
	return &list[i]
}

// ruleName returns the name of a rule without the group or plugin that a linter writes before it, and without the
// differences of spelling: no-debugger, eslint(no-debugger) and lint/suspicious/noDebugger are the same rule.
func ruleName(code string) string {
	if _, inner, ok := strings.Cut(strings.TrimSuffix(code, ")"), "("); ok {
		code = inner
	}
	code = code[strings.LastIndexByte(code, '/')+1:]
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(code))
}

// sameWords reports whether two messages have the same first line, but for case and the full stop at its end.
func sameWords(a, b string) bool {
	first := func(s string) string {
		line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
		return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(line), "."))
	}
	return first(a) == first(b)
}
