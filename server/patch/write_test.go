package patch

import (
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

func TestEditsThatOverlapAreAnError(t *testing.T) {
	edits := []Edit{{Span: text.Span{Start: 0, End: 3}, New: "x"}, {Span: text.Span{Start: 2, End: 4}, New: "y"}}
	if diff, err := Diff("x.py", []byte("abcdef\n"), edits); err == nil {
		t.Errorf("they are the diff %q", diff)
	}
}

// What the package writes, it reads: a diff of edits has their result.
func TestAWrittenDiffAppliesWithTheSameResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"old", "b old", "c", "", "d\r", "ü old old"}), 1, 30)
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
		if d := cmp.Diff(map[string]string{path: want}, written(out)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	})
}
