// Package delta owns the comparison of two checks of one workspace: which findings are
// new, which were there before, which have gone.
//
// It promises that each finding of the earlier check is matched with at most one of the
// later, that what is matched is the same for the same two lists, whatever their order,
// and that what cannot be matched surely counts as new and as absent: a gate that lets
// only new findings fail is never passed for a doubt.
//
// It reads earlier reports (a bundle of ours, SARIF 2.1.0 of anybody's). It does not know
// whether the checks were complete; who compares says so.
package delta

import (
	"slices"
	"strings"

	"lanser/server/bundle"
)

// Files says how the files of the earlier check relate to those of the later. Paths are
// URIs of bundles.
type Files struct {
	Renamed map[string]string      // where a file of the earlier check is now
	Has     func(path string) bool // whether the later one has a file
}

// Compare matches findings in steps, each taking what the ones before have left:
//
//  1. of equal fingerprint: unchanged;
//  2. in the same file (under its new name, where it was renamed), with the same source,
//     code, message and line (message alone, where an earlier report from elsewhere tells no
//     line): unchanged, wherever it now stands;
//  3. with the same source, code, message and line, where the earlier file is gone
//     (or goes on under another name, in part): updated;
//  4. in the same file and container with the same source and code, and the same
//     message or the same line: updated.
//
// Findings of the later check that are left are new, those of the earlier absent. The
// lists that are given stay as they are.
func Compare(before, after []bundle.Diagnostic, files Files) (now, absent []bundle.Diagnostic) {
	now, absent = slices.SortedFunc(slices.Values(after), bundle.Diagnostic.Compare), slices.SortedFunc(slices.Values(before), bundle.Diagnostic.Compare)
	matched := make([]bool, len(absent))
	path := func(d *bundle.Diagnostic) string {
		if to := files.Renamed[d.URI]; to != "" {
			return to
		}
		return d.URI
	}
	steps := []struct {
		state    string
		old, new func(d *bundle.Diagnostic) string // what must be equal; "" matches nothing
	}{
		{bundle.Unchanged, fingerprint, fingerprint},
		{bundle.Unchanged, func(d *bundle.Diagnostic) string { return key(path(d), said(d)) }, func(d *bundle.Diagnostic) string { return key(d.URI, said(d)) }},
		{bundle.Unchanged, func(d *bundle.Diagnostic) string {
			if d.Text != "" {
				return ""
			}
			return key(path(d), d.Source, d.Code, bundle.Squeezed(d.Message))
		}, func(d *bundle.Diagnostic) string { return key(d.URI, d.Source, d.Code, bundle.Squeezed(d.Message)) }},
		{bundle.Updated, func(d *bundle.Diagnostic) string {
			if files.Has == nil || files.Has(d.URI) {
				return ""
			}
			return said(d)
		}, said},
		{bundle.Updated, func(d *bundle.Diagnostic) string { return within(path(d), d, d.Message) }, func(d *bundle.Diagnostic) string { return within(d.URI, d, d.Message) }},
		{bundle.Updated, func(d *bundle.Diagnostic) string { return within(path(d), d, d.Text) }, func(d *bundle.Diagnostic) string { return within(d.URI, d, d.Text) }},
	}
	for _, step := range steps {
		open := map[string][]int{} // of absent, in order
		for i := range absent {
			if k := step.old(&absent[i]); !matched[i] && k != "" {
				open[k] = append(open[k], i)
			}
		}
		for i := range now {
			d := &now[i]
			if d.BaselineState != "" {
				continue
			}
			if k := step.new(d); len(open[k]) > 0 {
				matched[open[k][0]] = true
				open[k] = open[k][1:]
				d.BaselineState = step.state
			}
		}
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

func fingerprint(d *bundle.Diagnostic) string { return d.Fingerprint }

// said is what a finding says, wherever it is.
func said(d *bundle.Diagnostic) string {
	return key(d.Source, d.Code, bundle.Squeezed(d.Message), bundle.Squeezed(d.Text))
}

// within is a finding by its container and either its message or its line; "" where there
// is no container or nothing else.
func within(path string, d *bundle.Diagnostic, part string) string {
	if part = bundle.Squeezed(part); d.Container == "" || part == "" {
		return ""
	}
	return key(path, d.Source, d.Code, d.Container, part)
}

func key(parts ...string) string { return strings.Join(parts, "\x00") }

// Count is how often each state is among findings.
func Count(ds []bundle.Diagnostic, state string) int {
	n := 0
	for _, d := range ds {
		if d.BaselineState == state {
			n++
		}
	}
	return n
}
