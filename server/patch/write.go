package patch

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"lanser/selectors/text"
)

// diffContext is the number of unchanged lines around a change in a diff, as many as git shows.
const diffContext = 3

// Edit replaces a span of a file's content. An empty span inserts.
type Edit struct {
	Span text.Span
	New  string
}

// Diff returns the edits of one file as a unified diff that git apply reads, "" if they change nothing.
// The error is for edits that overlap. path is relative to the folder in
// which the diff is to be applied, with slashes; spans are in bytes of
// before. Edits of one line become one change of the whole line, and those close to each other share a hunk.
// Lines that no edit touches stay, however many there are between two edits.
func Diff(path string, before []byte, edits []Edit) (string, error) {
	old := string(before)
	changes := make([]udiff.Edit, len(edits))
	for i, e := range edits {
		changes[i] = udiff.Edit{Start: e.Span.Start, End: e.Span.End, New: e.New}
	}
	if _, err := udiff.Apply(old, changes); err != nil {
		return "", err
	}
	udiff.SortEdits(changes)
	hunks := hunksOf(splitLines(old), lineChanges(old, changes))
	if hunks == "" {
		return "", nil
	}
	return withQuotedNames(fmt.Sprintf("--- a/%s\n+++ b/%s\n", path, path)+hunks, path), nil
}

// A lineChange replaces the lines from up to end, 0-based and end exclusive, by others.
type lineChange struct {
	from, end int
	added     []string
}

// lineChanges returns edits in order as changes of lines. Only the lines that edits touch are compared: a comparison of
// whole files gives up on those with many changes, and then replaces the lines between them too.
func lineChanges(old string, edits []udiff.Edit) (out []lineChange) {
	for len(edits) > 0 {
		start := strings.LastIndexByte(old[:edits[0].Start], '\n') + 1
		end, done := start, start
		var changed strings.Builder
		for ; len(edits) > 0 && (done == start || edits[0].Start < end); edits = edits[1:] {
			changed.WriteString(old[done:edits[0].Start] + edits[0].New)
			done = edits[0].End
			end = lineEnd(old, done)
		}
		changed.WriteString(old[done:end])
		first := strings.Count(old[:start], "\n")
		region := old[start:end]
		for _, e := range udiff.Lines(region, changed.String()) {
			from := first + strings.Count(region[:e.Start], "\n")
			removed := len(splitLines(region[e.Start:e.End]))
			out = append(out, lineChange{from: from, end: from + removed, added: splitLines(e.New)})
		}
	}
	return out
}

// lineEnd returns the offset after the line that contains the offset at.
func lineEnd(s string, at int) int {
	if n := strings.IndexByte(s[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(s)
}

// splitLines returns the lines of a text with their ends.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// hunksOf returns changes in order, of the lines of a file, as the hunks of a unified diff.
func hunksOf(lines []string, changes []lineChange) string {
	var out strings.Builder
	grown := 0 // by how many lines the changes before this hunk make the file longer
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].from-changes[n-1].end <= 2*diffContext {
			n++
		}
		from := max(0, changes[0].from-diffContext)
		end := min(len(lines), changes[n-1].end+diffContext)
		var body strings.Builder
		added, at := 0, from
		for _, c := range changes[:n] {
			writeLines(&body, ' ', lines[at:c.from])
			writeLines(&body, '-', lines[c.from:c.end])
			writeLines(&body, '+', c.added)
			added += len(c.added) - (c.end - c.from)
			at = c.end
		}
		writeLines(&body, ' ', lines[at:end])
		fmt.Fprintf(&out, "@@ -%s +%s @@\n%s", lineRange(from, end-from), lineRange(from+grown, end-from+added), &body)
		grown += added
		changes = changes[n:]
	}
	return out.String()
}

// writeLines writes lines of a hunk, each after a mark.
func writeLines(out *strings.Builder, mark byte, lines []string) {
	for _, line := range lines {
		out.WriteByte(mark)
		out.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// lineRange returns the lines of a side of a hunk as its header names them. from is 0-based.
func lineRange(from, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", from) // the line before
	case 1:
		return fmt.Sprint(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, count)
}

// withQuotedNames quotes the path in the first two lines of a diff as git does, if it has characters that git quotes.
func withQuotedNames(diff, path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		return diff
	}
	header := fmt.Sprintf("--- a/%s\n+++ b/%s\n", path, path)
	return fmt.Sprintf("--- %s\n+++ %s\n", quoted("a/"+path), quoted("b/"+path)) + strings.TrimPrefix(diff, header)
}

// quoted returns a name as git quotes it (quote.c). Git reads octal numbers, and fewer letters than Go.
func quoted(name string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, b := range []byte(name) {
		const escaped, letters = "\a\b\t\n\v\f\r\"\\", "abtnvfr\"\\"
		switch i := strings.IndexByte(escaped, b); {
		case i >= 0:
			out.WriteString("\\" + letters[i:i+1])
		case b < ' ' || b == 0x7f:
			fmt.Fprintf(&out, "\\%03o", b)
		default:
			out.WriteByte(b)
		}
	}
	return out.String() + `"`
}
