package compare

import (
	"slices"
	"strings"

	"lanser/server/bundle"
)

// Files says how the files of an earlier check relate to those of a later. Files are named by
// the URIs of bundles.
type Files struct {
	Renamed map[string]string     // URI then → URI now
	Has     func(uri string) bool // reports whether the later state has a file; nil if that is unknown
	// Foreign says that the severities of the earlier check are those of another tool.
	Foreign bool
}

// uriNow returns the URI that the file of an earlier finding has now.
func (f Files) uriNow(d *bundle.Diagnostic) string {
	if to := f.Renamed[d.URI]; to != "" {
		return to
	}
	return d.URI
}

// isGone says whether the file of an earlier finding is known to exist no more.
func (f Files) isGone(d *bundle.Diagnostic) bool { return f.Has != nil && !f.Has(d.URI) }

// step is one way to match findings: those whose keys are equal. An empty key matches nothing.
type step struct {
	state    string
	old, new func(d *bundle.Diagnostic) string
}

// steps are the ways to match findings, the surest first. [Findings] documents them.
func (f Files) steps() []step {
	fingerprint := func(d *bundle.Diagnostic) string { return d.Fingerprint }
	// keyed makes a step of a key that an earlier finding has at the URI of its file now.
	keyed := func(state string, key func(uri string, d *bundle.Diagnostic) string) step {
		return step{
			state: state,
			old:   func(d *bundle.Diagnostic) string { return key(f.uriNow(d), d) },
			new:   func(d *bundle.Diagnostic) string { return key(d.URI, d) },
		}
	}
	byMessage := keyed(bundle.Unchanged, func(uri string, d *bundle.Diagnostic) string {
		return key(uri, d.Source, d.Code, bundle.Squeezed(d.Message))
	})
	withLine := byMessage.old
	byMessage.old = func(d *bundle.Diagnostic) string {
		if d.Text != "" {
			return ""
		}
		return withLine(d)
	}
	return []step{
		{state: bundle.Unchanged, old: fingerprint, new: fingerprint},
		keyed(bundle.Unchanged, func(uri string, d *bundle.Diagnostic) string { return key(uri, words(d)) }),
		byMessage,
		{state: bundle.Updated, new: words, old: func(d *bundle.Diagnostic) string {
			if !f.isGone(d) {
				return ""
			}
			return words(d)
		}},
		keyed(bundle.Updated, func(uri string, d *bundle.Diagnostic) string { return within(uri, d, d.Message) }),
		keyed(bundle.Updated, func(uri string, d *bundle.Diagnostic) string { return within(uri, d, d.Text) }),
	}
}

// Findings matches the findings of two checks. It returns those of the later one, each with
// its state, and those of the earlier one that are absent now; both are sorted, and the lists
// that it is given stay as they are.
//
// Each step matches what the steps before it have left:
//
//  1. equal fingerprint: unchanged;
//  2. same file (at its new path, where it was renamed), source, code, message and line:
//     unchanged, wherever in the file it is now;
//  3. the same without the line, if the earlier report does not contain the line, which reports
//     of other tools may omit: unchanged;
//  4. same source, code, message and line, where the file of the earlier finding does not
//     exist any more (it may continue in part under another name): updated;
//  5. same file, container, source, code and message: updated;
//  6. same file, container, source, code and line: updated.
//
// Findings of the later check that are left are new, and so are errors and warnings that were less severe. Where the
// severities of the earlier check are those of another tool, only hints were less severe for certain.
func Findings(before, after []bundle.Diagnostic, files Files) (now, absent []bundle.Diagnostic) {
	now = slices.SortedFunc(slices.Values(after), bundle.Diagnostic.Compare)
	absent = slices.SortedFunc(slices.Values(before), bundle.Diagnostic.Compare)
	matched := make([]bool, len(absent))
	for _, s := range files.steps() {
		files.match(s, now, absent, matched)
	}
	for i := range now {
		if now[i].BaselineState == "" {
			now[i].BaselineState = bundle.New
		}
	}
	left := absent[:0]
	for i, d := range absent {
		if !matched[i] {
			d.BaselineState = bundle.Absent
			left = append(left, d)
		}
	}
	return now, left
}

// isWorse reports whether a finding is an error or a warning now and was less severe, so that it may not have failed a
// check: a configuration has changed, such as the levels of lints, and the finding is new to who reads the report.
func (f Files) isWorse(before, now *bundle.Diagnostic) bool {
	if now.Severity != "error" && now.Severity != "warning" {
		return false
	}
	if f.Foreign {
		return before.Severity == "hint"
	}
	return bundle.Severity(now.Severity) < bundle.Severity(before.Severity)
}

// match gives a state to each finding of now that has none yet and has the key of an earlier
// finding, than which it is not worse. matched says of each earlier finding whether it was matched already.
func (f Files) match(s step, now, earlier []bundle.Diagnostic, matched []bool) {
	open := map[string][]int{} // indexes into earlier, in order
	for i := range earlier {
		if matched[i] {
			continue
		}
		if k := s.old(&earlier[i]); k != "" {
			open[k] = append(open[k], i)
		}
	}
	for i := range now {
		d := &now[i]
		if d.BaselineState != "" {
			continue
		}
		k := s.new(d)
		first := slices.IndexFunc(open[k], func(i int) bool { return !f.isWorse(&earlier[i], d) })
		if first >= 0 {
			matched[open[k][first]] = true
			open[k] = slices.Delete(open[k], first, first+1)
			d.BaselineState = s.state
		}
	}
}

// words returns the key of what a finding says and of its line, wherever it is.
func words(d *bundle.Diagnostic) string {
	return key(d.Source, d.Code, bundle.Squeezed(d.Message), bundle.Squeezed(d.Text))
}

// within returns the key of a finding in its container by a part of it: its message or its
// line. It is "" where the finding has no container or the part is empty.
func within(uri string, d *bundle.Diagnostic, part string) string {
	part = bundle.Squeezed(part)
	if d.Container == "" || part == "" {
		return ""
	}
	return key(uri, d.Source, d.Code, d.Container, part)
}

func key(parts ...string) string { return strings.Join(parts, "\x00") }

// Count returns how many findings have a state.
func Count(ds []bundle.Diagnostic, state string) int {
	n := 0
	for _, d := range ds {
		if d.BaselineState == state {
			n++
		}
	}
	return n
}
