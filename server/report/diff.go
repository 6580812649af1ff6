package report

import (
	"strings"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// renameText returns the diff of a rename. What is said about it comes first, so that git apply takes the whole text:
// git skips everything before the first header of a file.
// Lines are exact, except for characters that cannot be seen and for what would act on the reader's terminal or CI
// system: such a diff is refused by git apply, and the bundle contains the exact one. The headers of files, which some
// CI systems show as headings, are lanser's own.
func renameText(b *bundle.Bundle) string {
	var out strings.Builder
	if l := b.Evidence.Ledger; l != nil {
		visible.Fprintf(&out, "%s; nothing is written: pass this diff to git apply\n", sums(l))
	}
	lines := strings.SplitAfter(*b.Edits.Diff, "\n")
	for i, line := range lines {
		isOld := i+2 < len(lines) && strings.HasPrefix(line, "--- a/") && strings.HasPrefix(lines[i+2], "@@ -")
		isNew := i+1 < len(lines) && strings.HasPrefix(line, "+++ b/") && strings.HasPrefix(lines[i+1], "@@ -")
		if isOld || isNew {
			out.WriteString(line[:len("--- ")] + visible.Text(strings.TrimSuffix(line[len("--- "):], "\n")) + "\n")
			continue
		}
		if line != "" && strings.IndexByte(" +-@\\", line[0]) < 0 { // of a bundle that somebody else made
			out.WriteString(visible.Marked(line) + "\n")
			continue
		}
		out.WriteString(visible.Guarded(line))
	}
	return out.String()
}
