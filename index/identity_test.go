package index_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// function is a Go function of a generated file.
type function struct {
	name string
	body []string // statements
}

func (f function) String() string {
	return "func " + f.name + "(a, b int) int {\n\t" + strings.Join(f.body, "\n\t") + "\n\treturn a\n}\n"
}

func file(fs []function, comment bool, gap string) string {
	out := "package m\n"
	for _, f := range fs {
		out += gap
		if comment {
			out += "// " + f.name + " was commented.\n"
		}
		out += f.String()
	}
	return out
}

// functions draws some with different names and bodies.
func functions(t *rapid.T) []function {
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-zA-Z]{3,10}`), 2, 6, rapid.ID[string]).
		Draw(t, "names")
	statement := rapid.StringMatching(
		`(if a > [0-9]{2} \{ b \+= [0-9]{3} \}|a = b \* [0-9]{3} - a|for i := range [0-9]{2} \{ a \+= i \})`,
	)
	var out []function
	for i, n := range names {
		body := rapid.SliceOfN(statement, 4, 9).Draw(t, "body")
		out = append(out, function{n + fmt.Sprint(i), body})
	}
	return out
}

// workspace writes files into a folder and takes a snapshot of it.
func workspace(t failer, dir string, files map[string]string, cache string) (*index.Workspace, *index.Snapshot) {
	for p, src := range files {
		if err := os.WriteFile(filepath.Join(dir, p), []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return snapshotWith(t, dir, index.Options{Cache: cache})
}

func ids(s *index.Snapshot, p string) map[string]string {
	out := map[string]string{}
	for _, d := range s.FileDecls(p) {
		out[d.Names[0]] = d.ID()
	}
	return out
}

// A symbolId does not change with edits of bodies, comments and formatting, or with the position in the file.
func TestSymbolIDsSurviveEdits(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		fs := functions(t)
		dir := outer.TempDir()
		_, before := workspace(t, dir, map[string]string{"a.go": file(fs, false, "\n")}, "")
		want := ids(before, "a.go")
		fs = rapid.Permutation(fs).Draw(t, "order")
		for i := range fs {
			if rapid.Bool().Draw(t, "edited") {
				fs[i].body = append([]string{"a, b = b, a"}, fs[i].body[1:]...)
			}
		}
		gap := rapid.SampledFrom([]string{"\n", "\n\n\n", "\nvar _ = 1\n\n"}).Draw(t, "gap")
		_, after := workspace(t, dir, map[string]string{"a.go": file(fs, rapid.Bool().Draw(t, "comments"), gap)}, "")
		if got := ids(after, "a.go"); !mapsEqual(got, want) {
			t.Fatalf("before %v, after %v", want, got)
		}
	})
}

func mapsEqual(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// A function that was renamed or moved to another file, while code around it changed, is found by its old symbolId
// and by its old name with the docVersion, and the status says so. A function that was deleted is not found, and no
// other function is returned for it.
func TestARenamedFunctionIsFoundAndADeletedOneIsNot(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		fs := functions(t)
		dir, cache := outer.TempDir(), outer.TempDir()
		w, before := workspace(
			t,
			dir,
			map[string]string{"go.mod": "module ex.com/m\n", "a.go": file(fs, true, "\n"), "b.go": "package m\n"},
			cache,
		)
		i := rapid.IntRange(0, len(fs)-1).Draw(t, "which")
		was := before.FileDecls("a.go")[slices.IndexFunc(
			before.FileDecls("a.go"), func(d selectors.Decl) bool { return d.Names[0] == fs[i].name },
		)]
		before.Keep("a.go", before.FileDecls("a.go")...)
		content, err := before.Content("a.go")
		if err != nil {
			t.Fatal(err)
		}
		w.Close()

		renamed, status := fs[i], selectors.Renamed
		rest := slices.Delete(slices.Clone(fs), i, i+1)
		a, b := rest, []function{}
		deleted := rapid.Bool().Draw(t, "deleted")
		switch {
		case deleted:
		case rapid.Bool().Draw(t, "moved"): // by its name alone nobody would look for it under another name elsewhere
			b, status = append(b, renamed), selectors.Moved
		default:
			renamed.name = "entirely" + rapid.StringMatching(`[A-Z][a-z]{4,8}`).Draw(t, "name")
			a = append(a, renamed)
		}
		gap := rapid.SampledFrom([]string{"\n", "\n\n"}).Draw(t, "gap")
		_, after := workspace(
			t,
			dir,
			map[string]string{"a.go": file(a, false, gap), "b.go": file(b, false, gap)},
			cache,
		)
		sel := was.Selector()
		sel.DocVersion = content.Digest()
		for _, s := range []selectors.Selector{sel, selectors.ID{Hex: strings.TrimPrefix(was.ID(), "id:")}} {
			target, err := selectors.Resolve(context.Background(), after, s)
			switch {
			case deleted && err == nil:
				t.Fatalf("%s was deleted, and %s was found (score %v)", s, target.Decl.Selector(), target.Score)
			case deleted && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Ambiguous):
				t.Fatalf("%s: %v", s, err)
			case !deleted && err != nil:
				t.Fatalf("%s was renamed to %s: %v", s, renamed.name, err)
			case !deleted && (target.Decl.Names[0] != renamed.name ||
				(target.Status == selectors.Renamed) != (status == selectors.Renamed) ||
				target.Score < selectors.Threshold):
				t.Fatalf("%s was renamed to %s, and %s was found as %s", s, renamed.name, target.Decl.Selector(),
					target.Status)
			}
		}
	})
}

// If no line was changed, a cursor that is pinned to a version is mapped exactly, however many lines were inserted
// above it, in every unit of columns.
func TestCursorsOnUnchangedLinesAreMappedExactly(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,6} = "[é😀x]{0,4}" # [a-z]{8}`), 3, 20).Draw(t, "lines")
		above := rapid.SliceOfN(rapid.StringMatching(`# [A-Z]{6}`), 0, 5).Draw(t, "above")
		dir, cache := outer.TempDir(), outer.TempDir()
		w, before := workspace(t, dir, map[string]string{"a.py": strings.Join(lines, "\n") + "\n"}, cache)
		before.Keep("a.py")
		c, _ := before.Content("a.py")
		w.Close()
		_, after := workspace(
			t,
			dir,
			map[string]string{"a.py": strings.Join(append(slices.Clone(above), lines...), "\n") + "\n"},
			cache,
		)
		l := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
		if strings.Count(strings.Join(lines, "\n")+"\n", lines[l]+"\n") > 1 {
			return // which of the equal lines, nothing tells
		}
		enc := rapid.SampledFrom([]text.Encoding{text.UTF8, text.UTF16, text.CodePoint}).Draw(t, "unit")
		span, _ := c.LineSpan(l)
		col := c.PointOf(span.End, enc).Col + 1
		target, err := selectors.Resolve(
			context.Background(),
			after,
			selectors.Cursor{Path: "a.py", Line: l + 1, Col: col, Indexing: enc, DocVersion: c.Digest()},
		)
		if err != nil {
			t.Fatal(err)
		}
		if p := target.Content.PointOf(target.Span.Start, enc); p != (text.Point{Line: l + len(above), Col: col - 1}) ||
			target.Score != 1 {
			t.Fatalf("line %d column %d is found at %v with score %v below %d lines", l+1, col, p, target.Score,
				len(above))
		}
		if want := map[bool]selectors.Status{
			true: selectors.Exact, false: selectors.Moved,
		}[len(above) == 0]; target.Status != want {
			t.Fatalf("status %s, want %s", target.Status, want)
		}
	})
}

// One of several declarations of a name is relocated by its file and its code, because its number changes if another
// declaration is added before it.
func TestOneOfSeveralDeclarationsIsRelocatedByItsFileAndCode(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	write := func(files map[string]string) (*index.Workspace, *index.Snapshot) {
		t.Helper()
		w, s := workspace(t, dir, files, cache)
		t.Cleanup(w.Close)
		return w, s
	}
	w, before := write(map[string]string{
		"go.mod":   "module ex.com/m\n",
		"entry.go": "package m\n\nfunc init() { a() }\n",
		"text.go":  "package m\n\nfunc init() { b() }\n",
	})
	before.Keep("entry.go")
	c, err := before.Content("entry.go")
	if err != nil {
		t.Fatal(err)
	}
	w.Flush()
	_, after := write(map[string]string{
		"buffer.go": "package m\n\nfunc init() { c() }\n",
		"entry.go":  "package m\n\nvar x int\n\nfunc init() { a(x) }\n",
	})
	if target, err := resolve(t, after, "go://ex.com/m#init?overload=0"); err != nil || target.Path != "buffer.go" {
		t.Errorf("by number alone: %+v, %v", target, err)
	}
	target, err := resolve(t, after, "go://ex.com/m#init?docVersion="+c.Digest()+"&overload=0")
	if err != nil || target.Path != "entry.go" || target.Status != selectors.Moved {
		t.Errorf("by what it was: %+v, %v", target, err)
	}
}
