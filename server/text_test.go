package server_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

// occurrences lists every whole occurrence of name in text as a range in the
// encoding, counted without the product's own conversions.
func occurrences(file, text, name, enc string) []string {
	var out []string
	for i, line := range strings.Split(text, "\n") {
		for from := 0; ; {
			k := strings.Index(line[from:], name)
			if k < 0 {
				break
			}
			col := from + k
			if enc == "utf-16" {
				col = len(utf16.Encode([]rune(line[:from+k])))
			}
			out = append(out, fmt.Sprint(file, [4]int{i, col, i, col + len(name)}))
			from += k + len(name)
		}
	}
	return out
}

// With emoji and CJK before the name on its line, CRLF, a byte-order mark, no line break at the end, and paths that
// URIs must escape: in each language the references are exactly the occurrences of the name, in the server's own
// units.
func TestReferencesInUnusualFilesHaveExactPlaces(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers gopls, pyright and typescript")
	const bom = "\ufeff"
	goMod := "module ex.com/m\n\ngo 1.21\n"
	tests := []struct {
		name, selector, symbol string
		files                  map[string]string
	}{
		{"go emoji", "go://ex.com/m#targetName", "targetName", map[string]string{
			"go.mod":            goMod,
			"a.go":              "package m\n\nvar /* 😀漢字 */ targetName = 1\n\nvar s, t = \"😀😀\", /* 漢 */ targetName\n",
			"b [x] #y%20z/é.go": "package y\n", "c d.go": "package m\n\nvar u = \"漢😀\" + string(rune(targetName))",
		}},
		{"go crlf", "go://ex.com/m#targetName", "targetName", map[string]string{
			"go.mod": goMod, "a.go": "package m\r\n\r\nvar /* 😀 */ targetName = 1\r\nvar x = /* é */ targetName",
		}},
		{"go bom", "go://ex.com/m#targetName", "targetName", map[string]string{
			"go.mod": goMod, "a.go": bom + "package m; var targetName = 1\nvar x = targetName\n",
			"b.go": bom + "package m; var y = targetName\n",
		}},
		{"python emoji", "py://a#target_name", "target_name", map[string]string{
			"a.py":            "s = '😀漢字'; target_name = 1\nprint('😀', target_name)\n",
			"pkg [x]/b #c.py": "from a import target_name\nprint('漢😀', target_name)",
		}},
		{"python crlf", "py://a#target_name", "target_name", map[string]string{
			"a.py": "x = '😀'; target_name = 1\r\nprint('é', target_name)",
			"b.py": "import a\r\nprint('😀', a.target_name)\r\n",
		}},
		{"python bom", "py://a#target_name", "target_name", map[string]string{
			"a.py": bom + "target_name = 1\nprint(target_name)\n",
			"b.py": bom + "from a import target_name; print(target_name)\n",
		}},
		{"typescript emoji", "ts://src/[slug]/a%23b%20c#targetName", "targetName", map[string]string{
			"tsconfig.json":       "{}",
			"src/[slug]/a#b c.ts": "/* 😀漢字 */ export const targetName = 1;\nconsole.log('😀', targetName);\n",
			"src/d.ts":            "import { targetName } from './[slug]/a#b c'; const s = '漢😀' + targetName;",
		}},
		{"typescript crlf", "ts://a#targetName", "targetName", map[string]string{
			"a.ts": "const s = '😀'; export const targetName = 1;\r\nconsole.log('é', targetName)",
			"b.ts": "import { targetName } from './a';\r\nconst x = '😀' + targetName;\r\n",
		}},
		{"typescript bom", "ts://a#targetName", "targetName", map[string]string{
			"tsconfig.json": "{}", "a.ts": bom + "export const targetName = 1;\nconsole.log(targetName);\n",
			"b.ts": bom + "import { targetName } from './a'; console.log(targetName);\n",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			e := engine(t, dir)
			b := do(t, e, api.Request{Op: "refs", Selector: selector(tt.selector)})
			var want []string
			for f, content := range tt.files {
				want = append(want, occurrences(f, content, tt.symbol, b.Environment.PositionEncoding)...)
			}
			slices.Sort(want)
			var got []string
			for _, l := range b.Facts.References {
				got = append(got, fmt.Sprint(pathOf(t, "", l.URI), l.Range))
				if !strings.Contains(l.Text, tt.symbol) {
					t.Errorf("the text of %s is %q", l.URI, l.Text)
				}
			}
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("in %s (-all occurrences +lanser)\n%s", b.Environment.PositionEncoding, d)
			}
		})
	}
}

// A file that is not valid UTF-8 is never asked about at a wrong place.
func TestPlacesInFilesThatAreNotUTF8AreExactOrRefused(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server typescript")
	dir := indextest.Files(t, map[string]string{
		"a.ts": "export const target = 1;\n", "b.ts": "/* \xff */ import { target } from './a';\n",
	})
	e := engine(t, dir)
	if b, err := e.Do(context.Background(), api.Request{Op: "refs", Selector: selector("ts://b#target")}); !fault.Is(
		err,
		fault.Indexing,
	) {
		t.Errorf("in the file: %v, %v", err, b.Facts)
	}
	b := do(t, e, api.Request{Op: "refs", Selector: selector("ts://a#target")})
	got, want := places(b.Facts.References), []string{"a.ts[0 13 0 19]", "b.ts[0 17 0 23]"}
	if d := cmp.Diff(want, got); d != "" || b.Evidence.State != bundle.Complete {
		t.Errorf("in the other file: %s %v (-want +got)\n%s", b.Evidence.State, b.Evidence.Reasons, d)
	}
	d := do(t, e, api.Request{Op: "diag"})
	if d.Meta.ExitCode != 0 {
		t.Errorf("the check says %d, %s %v", d.Meta.ExitCode, d.Evidence.State, d.Evidence.Reasons)
	}
}

func TestTheLimitCutsTheListAndNotTheVerdict(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n",
		"a.go": "package m\n\n// Unreachable has a warning before the error.\n" +
			"func Unreachable() int { return 1; return 2 }\n\nfunc f() { missing() }\n",
	})
	e := engine(t, dir)
	for limit, want := range map[int]int{0: 1, 1: 1} {
		b := do(t, e, api.Request{Op: "diag", Options: api.Options{Limit: limit}})
		if b.Meta.ExitCode != want || limit > 0 && (len(b.Facts.Diagnostics) != limit || b.Meta.Truncated == 0) {
			t.Errorf(
				"limit %d: exit %d, %d findings, %d cut: %v",
				limit,
				b.Meta.ExitCode,
				len(b.Facts.Diagnostics),
				b.Meta.Truncated,
				b.Facts.Diagnostics,
			)
		}
	}
	b := do(t, e, api.Request{Op: "diag", Options: api.Options{FailOn: "none"}})
	if b.Meta.ExitCode != 0 {
		t.Errorf("with fail-on none: exit %d", b.Meta.ExitCode)
	}
}

// Occurrences in files that the server does not scan are classified one by one, at every level of calls.
func TestAHierarchyThroughFilesThatTheServerDoesNotScanIsComplete(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	e := engine(t, indextest.Files(t, map[string]string{
		"pyrightconfig.json": `{"include": ["a.py"]}`, "a.py": "def target():\n    pass\n",
		"b.py": "from a import target\n\n\ndef use():\n    target()\n",
	}))
	for depth := 1; depth <= 3; depth++ {
		b := do(t, e, api.Request{
			Op: "calls", Selector: selector("py://a#target"), Options: api.Options{In: true, Depth: depth},
		})
		doubts := strings.Contains(strings.Join(b.Evidence.Reasons, "\n"), "pyright scans 1 of 2 files")
		if len(b.Facts.Calls) != 1 || b.Evidence.State != bundle.Complete || doubts {
			t.Errorf("depth %d: calls %v; evidence %v", depth, b.Facts.Calls, b.Evidence)
		}
	}
}

// A check of several languages names all of its servers, and has one unit of columns.
func TestACheckOfSeveralLanguagesHasOneUnitOfColumns(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nvar x = \"😀\" + missing\n",
		"b.py": "'😀', missing\n", "c.ts": "'😀' + missing;\n",
	})
	b := do(t, engine(t, dir), api.Request{Op: "diag"})
	want := map[string]bundle.Range{"a.go": {2, 15, 2, 22}, "b.py": {0, 6, 0, 13}, "c.ts": {0, 7, 0, 14}}
	for _, d := range b.Facts.Diagnostics {
		if strings.Contains(d.Message, "missing") && d.Range == want[d.URI] {
			delete(want, d.URI)
		}
	}
	if len(want) > 0 || b.Environment.PositionEncoding != "utf-16" ||
		b.Environment.Server.Name != "gopls pyright typescript" ||
		b.Evidence.State != bundle.Complete {
		t.Errorf("not found: %v in %v\n%+v %s", want, b.Facts.Diagnostics, b.Environment, b.Evidence.State)
	}
}

func TestConcurrentRequestsGetTheSameAnswers(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nvar target = 1\n\nvar user = target\n",
		"b.ts": "export const target = 1;\n",
	})
	e := engine(t, dir)
	requests := []api.Request{
		{Op: "refs", Selector: selector("go://*#target")},
		{Op: "refs", Selector: selector("ts://*#target")},
		{Op: "hover", Selector: selector("go://*#user")},
		{Op: "locate", Selector: selector("go://*#user")},
		{Op: "symbols", Paths: []string{"."}},
		{Op: "diag"},
	}
	want := make([]string, len(requests))
	for i, r := range requests {
		want[i] = do(t, e, r).BundleID
	}
	var wg sync.WaitGroup
	for range 4 {
		for i, r := range requests {
			wg.Go(func() {
				if b, err := e.Do(context.Background(), r); err != nil || b.BundleID != want[i] {
					t.Errorf("%s: %v, %s, want %s", r.Op, err, b.BundleID, want[i])
				}
			})
		}
	}
	wg.Wait()
}

// A request whose client is gone ends at once, and the next one is answered.
func TestACancelledRequestEndsAtOnce(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(
		t,
		map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nvar target = 1\n"},
	)
	e := engine(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if b, err := e.Do(ctx, api.Request{Op: "refs", Selector: selector("go://*#target")}); !fault.Is(
		err,
		fault.Cancelled,
	) ||
		b.Meta.ExitCode != 73 {
		t.Errorf("%v, exit %d", err, b.Meta.ExitCode)
	}
	do(t, e, api.Request{Op: "refs", Selector: selector("go://*#target")})
}

// A file that is too large to be read may contain the name or a use of it.
func TestAFileThatIsTooLargeLowersTheEvidence(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server typescript")
	dir := indextest.Files(
		t,
		map[string]string{"a.ts": "export const target = 1;\n", "big.ts": "", "tsconfig.json": "{}"},
	)
	if err := os.Truncate(filepath.Join(dir, "big.ts"), 17<<20); err != nil {
		t.Fatal(err)
	}
	e := engine(t, dir)
	b := do(t, e, api.Request{Op: "refs", Selector: selector("ts://a#target")})
	if b.Evidence.State != bundle.Partial ||
		!strings.Contains(strings.Join(b.Evidence.Reasons, "\n"), "big.ts has 17825792 bytes") {
		t.Errorf("refs: %s %v", b.Evidence.State, b.Evidence.Reasons)
	}
	b, err := e.Do(context.Background(), api.Request{Op: "locate", Selector: selector("ts://*#other")})
	if !fault.Is(err, fault.NotFound) || b.Evidence.State != bundle.Partial {
		t.Errorf("locate: %v, %s", err, b.Evidence.State)
	}
}
