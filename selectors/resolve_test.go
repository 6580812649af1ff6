package selectors_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	sel "lanser/selectors"
	"lanser/selectors/text"
)

var update = flag.Bool("update", false, "write what selectors resolve to into testdata/*.txtar")

// Each file below testdata has lines "SELECTOR -> RESULT", followed by a workspace in two versions: files below old/
// and new/, and in a file "renames" the renames that git reports. In a selector, {sha:PATH} is the digest of the file
// in the old version, and {id:NAME} the symbolId of a name in it, with ?overload=N for one of several declarations.
func TestSelectorsResolveOverAWorkspaceInMemory(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	cases := 0
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			now := workspace(a)
			var comment strings.Builder
			for line := range strings.Lines(string(a.Comment)) {
				spelled, want, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " -> ")
				if !ok {
					comment.WriteString(line)
					continue
				}
				cases++
				s, err := sel.Parse(filled(t, now, spelled), text.UTF16)
				if err != nil {
					t.Fatalf("%s: %v", spelled, err)
				}
				target, err := sel.Resolve(t.Context(), now, s)
				got := describe(target, err)
				if got != want && !*update {
					t.Errorf("%s\nis   %s (%v)\nwant %s", spelled, got, err, want)
				}
				comment.WriteString(spelled + " -> " + got + "\n")
			}
			if *update {
				a.Comment = []byte(comment.String())
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if cases < 20 {
		t.Errorf("only %d selectors are tried", cases)
	}
}

func workspace(a *txtar.Archive) *memory {
	old, now, renames := map[string]string{}, map[string]string{}, map[string]string{}
	for _, f := range a.Files {
		switch dir, name, _ := strings.Cut(f.Name, "/"); dir {
		case "old":
			old[name] = string(f.Data)
		case "new":
			now[name] = string(f.Data)
		case "renames":
			for line := range strings.Lines(string(f.Data)) {
				from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
				renames[from] = to
			}
		}
	}
	return newMemory(now, newMemory(old, nil, nil), renames)
}

var placeholder = regexp.MustCompile(`\{(sha|id):([^}]*)\}`)

// filled replaces the placeholders of a selector.
func filled(t *testing.T, now *memory, spelled string) string {
	return placeholder.ReplaceAllStringFunc(spelled, func(p string) string {
		m := placeholder.FindStringSubmatch(p)
		if c := now.old.files[m[2]]; m[1] == "sha" && c != nil {
			return c.Digest()
		}
		for hex, known := range now.memory {
			name := sel.FormatNames(known.Names)
			if known.Overloads > 1 {
				name = fmt.Sprintf("%s?overload=%d", name, known.Overload)
			}
			if m[1] == "id" && name == m[2] {
				return "id:" + hex
			}
		}
		t.Fatalf("%s: the old version has no such thing", p)
		return ""
	})
}

// An anchor without a docVersion whose hash fits an earlier version of its file is carried over from there: text in
// another role is not taken for its place, and its place is found among lines that are as like it as each other.
func TestAnAnchorIsCarriedOverFromTheVersionThatItWasMadeFrom(t *testing.T) {
	const path = "pool.toy"
	was := "class Pool\n    def get\n        take a connection from idle\n        count it\n" +
		"    def put\n        hand a connection back\n        count it twice\n    def close\n        end each connection\n"
	is := "class Pool\n    def get\n        take a connection from busy\n        count it\n" +
		"    def put\n        hand a connection back\n        take a connection from idle\n        count it twice\n" +
		"    def close\n        end each connection now\n"
	now := newMemory(map[string]string{path: is}, newMemory(map[string]string{path: was}, nil, nil), nil)
	old := now.old.files[path]
	for line, want := range map[int]string{
		1: "exact pool.toy:2:5 Pool.get", 2: "moved pool.toy:3:9", 3: "exact pool.toy:4:9 Pool.put",
		6: "moved pool.toy:8:9", 8: "moved pool.toy:10:9 Pool.close",
	} {
		code := strings.TrimSpace(old.Line(line))
		span, _ := old.LineSpan(line)
		span.Start = span.End - len(code)
		a, ok := sel.NewAnchor(path, old, span)
		if !ok {
			t.Fatalf("there is no anchor for %q", code)
		}
		target, err := sel.Resolve(t.Context(), now, a)
		if got := describe(target, err); got != want {
			t.Errorf("%q is %s (%v), want %s", code, got, err, want)
		}
	}
}
