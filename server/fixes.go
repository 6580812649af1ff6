package server

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"lanser/server/bundle"
	"lanser/server/lsp"
	"lanser/server/patch"
)

// fixes returns the quick fixes of a finding as diffs, in the server's order. A fix counts only if it applies to the
// text that was checked and changes nothing outside of the workspace's files. Of fixes with the same diff, the first
// counts.
func (e *Engine) fixes(a *answer, proposed []lsp.Fix, s *lsp.Session) (out []bundle.Fix) {
	for _, f := range proposed {
		diff, ok := e.diffOf(a, s, f.Edits)
		known := func(other bundle.Fix) bool { return other.Diff == diff }
		if ok && diff != "" && !slices.ContainsFunc(out, known) {
			out = append(out, bundle.Fix{Title: a.roots.Scrub(f.Title), Preferred: f.Preferred, Diff: diff})
		}
	}
	return out
}

// diffOf returns edits of files, which are sorted by file, as one unified diff; ok is false if they do not count.
func (e *Engine) diffOf(a *answer, s *lsp.Session, edits []lsp.TextEdit) (diff string, ok bool) {
	var all strings.Builder
	for len(edits) > 0 {
		n := slices.IndexFunc(edits, func(other lsp.TextEdit) bool { return other.URI != edits[0].URI })
		if n < 0 {
			n = len(edits)
		}
		one, ok := e.fileDiff(a, s, edits[:n])
		if !ok {
			return "", false
		}
		all.WriteString(one)
		edits = edits[n:]
	}
	return all.String(), true
}

// fileDiff returns the edits of one file as a unified diff, "" if they change nothing.
func (e *Engine) fileDiff(a *answer, s *lsp.Session, edits []lsp.TextEdit) (diff string, ok bool) {
	doc := e.documentOf(a, edits[0].URI)
	if doc.path == "" || doc.content == nil || !a.snap.Has(doc.path) {
		return "", false
	}
	var changes []patch.Edit
	for _, edit := range edits {
		span, inside := s.Span(doc.content, edit.Range)
		if !inside {
			return "", false
		}
		changes = append(changes, patch.Edit{Span: span, New: edit.NewText})
	}
	return diffOfChanges(doc, changes)
}

// diffOfChanges returns changes of a file of the workspace as a unified diff, "" if they change nothing; ok is false if
// they overlap. New lines end as those of the file do.
func diffOfChanges(doc place, changes []patch.Edit) (diff string, ok bool) {
	before := doc.content.Bytes()
	windows := bytes.Contains(before, []byte("\r\n"))
	for i := range changes {
		if windows && !strings.Contains(changes[i].New, "\r\n") {
			changes[i].New = strings.ReplaceAll(changes[i].New, "\n", "\r\n")
		}
	}
	diff, err := patch.Diff(doc.path, before, changes)
	return diff, err == nil
}

// noteUnaskedFixes says that the servers were not asked for the fixes of all findings.
func (a *answer) noteUnaskedFixes(s *lsp.Session) {
	if n := s.UnaskedFixes(); n > 0 {
		a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, fmt.Sprintf(
			"%s was not asked for fixes of %d findings: there are too many", s.Server().Name, n,
		))
	}
}
