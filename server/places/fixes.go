package places

import (
	"bytes"
	"slices"
	"strings"

	"lanser/server/bundle"
	"lanser/server/lsp"
	"lanser/server/patch"
)

// fixes returns the quick fixes of a finding as diffs, in the server's order. A fix counts only if it applies to the
// text that was checked and changes nothing outside of the workspace's files.
func (r *Reader) fixes(proposed []lsp.Fix) (out []bundle.Fix) {
	for _, f := range proposed {
		if diff, ok := r.diffOf(f.Edits); ok {
			out = r.AddFix(out, f.Title, f.Preferred, diff)
		}
	}
	return out
}

// AddFix adds a fix to those of a finding, unless it changes nothing. Of fixes with the same diff, the first counts.
func (r *Reader) AddFix(fixes []bundle.Fix, title string, isPreferred bool, diff string) []bundle.Fix {
	known := func(other bundle.Fix) bool { return other.Diff == diff }
	if diff == "" || slices.ContainsFunc(fixes, known) {
		return fixes
	}
	return append(fixes, bundle.Fix{Title: r.Roots.Scrub(title), Preferred: isPreferred, Diff: diff})
}

// diffOf returns edits of files, which are sorted by file, as one unified diff; ok is false if they do not count.
func (r *Reader) diffOf(edits []lsp.TextEdit) (diff string, ok bool) {
	var all strings.Builder
	for len(edits) > 0 {
		n := slices.IndexFunc(edits, func(other lsp.TextEdit) bool { return other.URI != edits[0].URI })
		if n < 0 {
			n = len(edits)
		}
		one, ok := r.fileDiff(edits[:n])
		if !ok {
			return "", false
		}
		all.WriteString(one)
		edits = edits[n:]
	}
	return all.String(), true
}

// fileDiff returns the edits of one file as a unified diff, "" if they change nothing.
func (r *Reader) fileDiff(edits []lsp.TextEdit) (diff string, ok bool) {
	doc := r.Document(edits[0].URI)
	if doc.Path == "" || doc.Content == nil || !r.Snap.Has(doc.Path) {
		return "", false
	}
	var changes []patch.Edit
	for _, edit := range edits {
		span, inside := r.Session.Span(doc.Content, edit.Range)
		if !inside {
			return "", false
		}
		changes = append(changes, patch.Edit{Span: span, New: edit.NewText})
	}
	return doc.DiffOf(changes)
}

// DiffOf returns changes of a file of the workspace as a unified diff, "" if they change nothing; ok is false if
// they overlap. New lines end as those of the file do.
func (p Place) DiffOf(changes []patch.Edit) (diff string, ok bool) {
	before := p.Content.Bytes()
	windows := bytes.Contains(before, []byte("\r\n"))
	for i := range changes {
		if windows && !strings.Contains(changes[i].New, "\r\n") {
			changes[i].New = strings.ReplaceAll(changes[i].New, "\n", "\r\n")
		}
	}
	diff, err := patch.Diff(p.Path, before, changes)
	return diff, err == nil
}
