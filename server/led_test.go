package server_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/pool"
	"lanser/server/report"
)

var ledEdits = flag.Int("edits", 3, "after how many edits of each code base the answers of a led server are compared")

// ledBases are code bases with the servers that do not read changed files when they are notified, with what is added
// to a file by an edit, and whether files may come and go without a restart.
var ledBases = map[string]struct {
	added string
	moves bool
}{
	"pyright":                    {"\n\ndef zz_added%d(%s):\n    return %s\n", false},
	"typescript-language-server": {"\nexport function zzAdded%d(%s: number) { return %s; }\n", true},
	"clangd":                     {"\nint zz_added%d(int %s) { return %s; }\n", false},
	"rust-analyzer":              {"\npub fn zz_added%d(%s: u8) -> u8 { %s }\n", true},
	"intelephense":               {"\nfunction zz_added%d($%s) { return $%s; }\n", true},
	"bash-language-server":       {"\nzz_added%d() { local %s; echo \"$%s\"; }\n", false},
}

// After each of many edits, of sources that nobody has open, a server that was led to the new contents gives the bundle
// that a fresh server gives, and is still the same process. (3 edits of each code base in the gate; -edits 200 for
// more.)
func TestAfterEditsAServerThatWasLedAnswersLikeAFreshOne(t *testing.T) {
	t.Parallel()
	for _, cb := range tier {
		base, ok := ledBases[cb.server]
		if !ok {
			continue
		}
		t.Run(cb.server, func(t *testing.T) {
			t.Parallel()
			dir := cb.copy(t)
			files := sources(t, dir, cb.server)
			r := rand.New(rand.NewPCG(11, 13))
			spots := identifiers(t, dir, files, 4*(*ledEdits)+8)
			edited := slices.DeleteFunc(slices.Clone(files), func(p string) bool { return path.Ext(p) == ".h" })
			// What an earlier run has left on disk is of another text.
			write(t, dir, files[0], read(t, dir, files[0])+"\n")
			warm, err := server.New(server.Config{Root: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer warm.Close()
			options := api.Options{Server: cb.server}
			ask := func(e *server.Engine, sel string) (id, text string) {
				b, _ := e.Do(t.Context(), api.Request{Op: "refs", Selector: selector(sel), Options: options})
				return b.BundleID, report.Compact(b, report.Layout{Max: 4000})
			}
			place := func(at spotIn) string {
				return fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1)
			}
			ask(warm, place(spots[0]))
			process := warm.Running()[0].PID
			copied := ""
			for i := range *ledEdits {
				at := spots[(i*4)%len(spots)]
				what := editAtRandom(t, r, dir, edited, base.added, i)
				if base.moves && i%5 == 4 {
					what, copied = moveAtRandom(t, r, dir, edited, copied)
				}
				got, said := ask(warm, place(at))
				fresh, err := server.New(server.Config{Root: dir})
				if err != nil {
					t.Fatal(err)
				}
				want, freshly := ask(fresh, place(at))
				fresh.Close()
				if got != want {
					t.Errorf("after edit %d, %s: the uses of %s are\n%s\nand for a fresh server\n%s",
						i, what, place(at), said, freshly)
				}
				running := warm.Running()
				if cb.server != "clangd" && (len(running) != 1 || running[0].PID != process) {
					t.Fatalf("after edit %d, %s: the server was restarted", i, what)
				}
			}
		})
	}
}

// editAtRandom adds a function below, a line above, or takes a line away that another edit could have added, and says
// what it did.
func editAtRandom(t *testing.T, r *rand.Rand, dir string, files []string, added string, i int) string {
	t.Helper()
	f := files[r.IntN(len(files))]
	was := read(t, dir, f)
	name := fmt.Sprintf("value%d", r.IntN(3))
	if r.IntN(3) == 0 {
		head, rest, _ := strings.Cut(was, "\n")
		write(t, dir, f, head+"\n\n"+rest)
		return "a line in " + f
	}
	write(t, dir, f, was+fmt.Sprintf(added, i, name, name))
	return "a function in " + f
}

// moveAtRandom copies a file beside itself, or removes the copy of an earlier call, and says what it did. left is the
// path of the copy that is there afterwards, "" for none.
func moveAtRandom(t *testing.T, r *rand.Rand, dir string, files []string, copied string) (what, left string) {
	t.Helper()
	if copied != "" {
		if err := os.Remove(filepath.Join(dir, copied)); err != nil {
			t.Fatal(err)
		}
		return "without " + copied, ""
	}
	f := files[r.IntN(len(files))]
	to := strings.TrimSuffix(f, path.Ext(f)) + "_copy" + path.Ext(f)
	if slices.Contains(files, to) {
		return "nothing", ""
	}
	indextest.Write(t, dir, to, read(t, dir, f))
	return "a copy of " + f, to
}

// clangd is led to edited headers and to the sources that include them. A header that another file gives its meaning
// is read by a new server.
func TestAnEditedHeaderIsReadWithTheSourcesThatIncludeIt(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	dir := indextest.Files(t, map[string]string{
		"a.h":    "#pragma once\nint target(void);\n",
		"list.h": "int one(void);\n",
		"a.c":    "#include \"a.h\"\nint target(void) { return 1; }\n",
		"c.c":    "#include \"a.h\"\n#include \"list.h\"\nint c(void) { return CALL; }\n",
	})
	database(t, dir)
	e := thawed(t, dir)
	process := 0
	for _, step := range []struct {
		name     string
		edit     map[string]string
		want     []string
		restarts bool
	}{
		{"at first", nil, []string{"a.c:1", "a.h:1"}, true},
		{
			"a use in a header",
			map[string]string{"a.h": "#pragma once\nint target(void);\nint x = sizeof(target());\n"},
			[]string{"a.c:1", "a.h:1", "a.h:2"},
			false,
		},
		{
			"a macro for the sources",
			map[string]string{"a.h": "#pragma once\n\nint target(void);\n#define CALL target()\n"},
			[]string{"a.c:1", "a.h:2", "a.h:3", "c.c:2"},
			false,
		},
		{
			"a header that is no file by itself",
			map[string]string{"list.h": "int one(void); undeclared x;\n"},
			[]string{"a.c:1", "a.h:2", "a.h:3", "c.c:2"},
			true,
		},
		{
			"a header with conditions",
			map[string]string{"a.h": "#ifndef CALL\n#define CALL target()\n#endif\n#if 1\nint target(void);\n#endif\n"},
			[]string{"a.c:1", "a.h:1", "a.h:4", "c.c:2"},
			true,
		},
	} {
		for p, content := range step.edit {
			indextest.Write(t, dir, p, content)
		}
		b := do(t, e, api.Request{Op: "refs", Selector: selector("cpp://a.c#target")})
		var got []string
		for _, r := range b.Facts.References {
			got = append(got, fmt.Sprintf("%s:%d", r.URI, r.Range[0]))
		}
		slices.Sort(got)
		if d := cmp.Diff(step.want, slices.Compact(got)); d != "" {
			t.Errorf("%s (-want +got)\n%s", step.name, d)
		}
		now := slices.IndexFunc(e.Running(), func(r pool.Running) bool { return r.Name == "clangd" })
		if now < 0 || (e.Running()[now].PID != process) != step.restarts {
			t.Fatalf("%s: process %d before, and %v now", step.name, process, e.Running())
		}
		process = e.Running()[now].PID
	}
}

// BenchmarkEdited edits a file on disk and puts a question, through the engine and to a server that is led by hand: its
// client sends the new text, and waits for clangd to have read it. It reports the medians, and those of the same
// without an edit.
//
//	go test ./server -run '^$' -bench Edited -benchtime 50x
func BenchmarkEdited(b *testing.B) {
	for _, cb := range tier {
		base, ok := ledBases[cb.server]
		if !ok {
			continue
		}
		b.Run(cb.server, func(b *testing.B) {
			dir, witnessed := cb.copy(b), cb.copy(b)
			files := sources(b, dir, cb.server)
			e, c := thawed(b, dir), raw(b, cb, witnessed, files)
			spots := identifiers(b, dir, files, 400)
			edited := slices.DeleteFunc(slices.Clone(files), func(p string) bool { return path.Ext(p) == ".h" })
			r := rand.New(rand.NewPCG(17, 19))
			ours := func(at spotIn) time.Duration {
				began := time.Now()
				_, _ = e.Do(b.Context(), api.Request{ // nothing found is an answer too
					Op: "definition", Options: api.Options{Server: cb.server},
					Selector: selector(fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1)),
				})
				return time.Since(began)
			}
			theirs := func(at spotIn, lead func()) time.Duration {
				began := time.Now()
				lead()
				c.open(at.file)
				_, _ = c.tryLocations("textDocument/definition", at.file, at.pos)
				return time.Since(began)
			}
			for i := range 3 {
				ours(spots[i])
				theirs(spots[i], func() {})
			}
			var raw, led, still []time.Duration
			for n := 3; b.Loop(); n++ {
				f, at := edited[r.IntN(len(edited))], spots[n%len(spots)]
				for _, root := range []string{dir, witnessed} {
					text := read(b, root, f) + fmt.Sprintf(base.added, n, "value", "value")
					indextest.Write(b, root, f, text)
				}
				raw = append(raw, theirs(at, func() {
					c.led(f, n)
					if cb.server == "clangd" {
						c.awaitNote("textDocument/publishDiagnostics", uriOf(witnessed, f))
					}
				}))
				led = append(led, ours(at))
				still = append(still, ours(spots[(n+1)%len(spots)]))
			}
			measured(b, "raw", raw)
			measured(b, "lanser", led)
			measured(b, "unedited", still)
			b.ReportMetric(float64(quantile(led, 50))/float64(quantile(raw, 50)), "p50-ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}
