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
func Diff(path string, before []byte, edits []Edit) (string, error) {
	old := string(before)
	changes := make([]udiff.Edit, len(edits))
	for i, e := range edits {
		changes[i] = udiff.Edit{Start: e.Span.Start, End: e.Span.End, New: e.New}
	}
	changed, err := udiff.Apply(old, changes)
	if err != nil {
		return "", err
	}
	diff, err := udiff.ToUnified("a/"+path, "b/"+path, old, udiff.Lines(old, changed), diffContext)
	if err != nil || diff == "" {
		return "", err
	}
	return withQuotedNames(diff, path), nil
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
