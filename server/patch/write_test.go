package patch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lanser/selectors/text"
)

// replaceAll returns the edits that replace each occurrence of a word.
func replaceAll(content, word, by string) (out []Edit) {
	for at := 0; ; {
		n := strings.Index(content[at:], word)
		if n < 0 {
			return out
		}
		at += n
		out = append(out, Edit{Span: text.Span{Start: at, End: at + len(word)}, New: by})
		at += len(word)
	}
}

func TestTheDiffOfEditsChangesNothingElse(t *testing.T) {
	for name, tt := range map[string]struct{ path, before, want string }{
		"a line": {"x.py", "a\nold\nb\n", "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n a\n-old\n+new\n b\n"},
		"the last line has no end": {
			"x.py", "old",
			"--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-old\n\\ No newline at end of file\n+new\n\\ No newline at end of file\n",
		},
		"a unique line between two that are alike": { // lines that stay are context, however rare they are
			"x.py", "old\nonly here\nold\n",
			"--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n-old\n+new\n only here\n-old\n+new\n",
		},
		"a name with a character that git quotes as an octal number": {
			"a\x01é.py", "old\n", "--- \"a/a\\001é.py\"\n+++ \"b/a\\001é.py\"\n@@ -1 +1 @@\n-old\n+new\n",
		},
		"a name that git quotes": {
			"a\t\"b.py", "old\n",
			"--- \"a/a\\t\\\"b.py\"\n+++ \"b/a\\t\\\"b.py\"\n@@ -1 +1 @@\n-old\n+new\n",
		},
		// The line of the second hunk in the new file counts those between the changes of the first.
		"two changes share a hunk, and another follows": {
			"x.py", "old\na\nold\n" + strings.Repeat("b\n", 9) + "old\n",
			"--- a/x.py\n+++ b/x.py\n" +
				"@@ -1,6 +1,6 @@\n-old\n+new\n a\n-old\n+new\n b\n b\n b\n" +
				"@@ -10,4 +10,4 @@\n b\n b\n b\n-old\n+new\n",
		},
		"nothing": {"x.py", "a\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Diff(tt.path, []byte(tt.before), replaceAll(tt.before, "old", "new"))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// A comparison of whole files gives up on one with many changes, and replaces the lines between them.
func TestADiffOfManyEditsChangesOnlyTheirLines(t *testing.T) {
	var before strings.Builder
	for i := range 400 {
		fmt.Fprintf(&before, "if err := old(); err != nil {\n\tfail(err)\n}\n%d\n\n", i%7)
	}
	diff, err := Diff("x.go", []byte(before.String()), replaceAll(before.String(), "old", "new"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.SplitAfter(diff, "\n")[2:] {
		if strings.HasPrefix(line, "-") && line != "-if err := old(); err != nil {\n" {
			t.Errorf("the diff removes %q", line)
		}
	}
}

func TestEditsThatOverlapAreAnError(t *testing.T) {
	edits := []Edit{{Span: text.Span{Start: 0, End: 3}, New: "x"}, {Span: text.Span{Start: 2, End: 4}, New: "y"}}
	if diff, err := Diff("x.py", []byte("abcdef\n"), edits); err == nil {
		t.Errorf("they are the diff %q", diff)
	}
}

// What the package writes, it reads: a diff of edits has their result.
func TestAWrittenDiffAppliesWithTheSameResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		far := strings.Repeat("e\n", 2*diffContext) // what comes after it is in another hunk
		all := []string{"old", "b old", "c", far, "", "d\r", "ü old old"}
		lines := rapid.SliceOfN(rapid.SampledFrom(all), 1, 30)
		before := strings.Join(lines.Draw(t, "lines"), "\n")
		path := rapid.SampledFrom([]string{"x.py", "a b/ü.py", "tab\t.py"}).Draw(t, "path")
		edits := replaceAll(before, "old", rapid.SampledFrom([]string{"new", "", "n\nm"}).Draw(t, "new"))
		diff, err := Diff(path, []byte(before), edits)
		if err != nil || diff == "" {
			if err != nil || len(edits) > 0 {
				t.Fatalf("%q, %v", diff, err)
			}
			return
		}
		out, err := Apply(memory{path: before}, diff, isCode)
		if err != nil {
			t.Fatalf("%v\n%s", err, diff)
		}
		want := before
		for i := len(edits) - 1; i >= 0; i-- {
			want = want[:edits[i].Span.Start] + edits[i].New + want[edits[i].Span.End:]
		}
		if d := cmp.Diff(map[string]string{path: want}, written(out.Contents)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		// Backwards it applies too, so that the line numbers of the new file are right.
		back, err := Apply(memory{path: want}, reversed(diff), isCode)
		if err != nil {
			t.Fatalf("%v\n%s", err, diff)
		}
		if d := cmp.Diff(map[string]string{path: before}, written(back.Contents)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	})
}

// reversed returns a diff of one file that takes back what a diff changes.
func reversed(diff string) string {
	lines := strings.SplitAfter(diff, "\n")
	for i, line := range lines {
		switch {
		case i < 2 || line == "":
		case line[0] == '@':
			sides := strings.Fields(line)
			lines[i] = "@@ -" + sides[2][1:] + " +" + sides[1][1:] + " @@\n"
		case line[0] == '-':
			lines[i] = "+" + line[1:]
		case line[0] == '+':
			lines[i] = "-" + line[1:]
		}
	}
	return strings.Join(lines, "")
}
