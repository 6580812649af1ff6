package places_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"pgregory.net/rapid"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/places"
)

// reader returns a reader of what gopls says, in a unit of columns, about files of a workspace. Ranges are in UTF-16.
func reader(t *testing.T, enc text.Encoding, files map[string]string) *places.Reader {
	t.Helper()
	root := indextest.Files(t, files)
	w, err := index.Open(root, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	snap, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &places.Reader{
		Snap: snap, Session: lsp.Deaf(catalogue.Named("gopls"), w.Root(), enc),
		Roots: bundle.NewRoots(bundle.Root{Dir: w.Root()}), Units: text.UTF16, Known: map[string]places.Place{},
		Bundle: api.Request{Op: "refs"}.Bundle(w.Root(), ""),
	}
}

// awkward are files with awkward letters.
var awkward = map[string]string{"a.go": "package m\n\nvar é = \"💥\" // x\n", "b.go": "package m\n"}

// namedRoots returns the roots of a workspace and of libraries.
func namedRoots(root string) bundle.Roots {
	return bundle.NewRoots(
		bundle.Root{Dir: root},
		bundle.Root{Scheme: "goroot", Dir: "/opt/go"},
		bundle.Root{Scheme: "gomod", Dir: "/home/u/go/pkg/mod"},
		bundle.Root{Scheme: "pystdlib", Dir: "/usr/lib/python3.11"},
		bundle.Root{Scheme: "site", Dir: "/usr/lib/python3.11/site-packages"},
		bundle.Root{Scheme: "typeshed", Dir: "/opt/s/typeshed"},
		bundle.Root{Scheme: "node", Prefix: "typescript/lib", Dir: "/opt/s/ts"},
		bundle.Root{Scheme: "sysroot", Prefix: "usr", Dir: "/usr"},
		bundle.Root{Scheme: "cargo", Dir: "/home/u/.cargo/registry/src"},
		bundle.Root{Scheme: "server", Dir: "/opt/s"},
	)
}

// Post-conditions 1, 2 and 3: whatever ranges a server sends, in whatever unit, those of the answer are inside of the
// file, here in UTF-16, or the evidence is lowered.
func TestPostConditions1To3Ranges(t *testing.T) {
	for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.CodePoint} {
		r := reader(t, enc, awkward)
		root := r.Snap.Root()
		rapid.Check(t, func(rt *rapid.T) {
			r.Bundle.Evidence.State = bundle.Complete
			n := rapid.Uint32Range(0, 20)
			var found []lsp.Location
			for range rapid.IntRange(0, 8).Draw(rt, "places") {
				found = append(found, lsp.Location{
					URI: "file://" + filepath.Join(
						root,
						rapid.SampledFrom([]string{"a.go", "b.go"}).Draw(rt, "file"),
					),
					Range: protocol.Range{
						Start: protocol.Position{Line: n.Draw(rt, "l"), Character: n.Draw(rt, "c")},
						End:   protocol.Position{Line: n.Draw(rt, "l"), Character: n.Draw(rt, "c")},
					},
				})
			}
			list, _ := r.Locations(append(found, found...))
			f := bundle.Facts{References: list}
			f.Window(0, bundle.MaxEntries)
			doubted := r.Bundle.Evidence.State == bundle.Partial
			for i, l := range f.References {
				if i > 0 && f.References[i-1].URI == l.URI && f.References[i-1].Range.Compare(l.Range) >= 0 {
					rt.Fatalf("%v is not after %v", l, f.References[i-1])
				}
				c, err := r.Snap.Content(l.URI)
				if err != nil {
					rt.Fatal(err)
				}
				from, err1 := c.OffsetOf(text.Point{Line: l.Range[0], Col: l.Range[1]}, text.UTF16)
				to, err2 := c.OffsetOf(text.Point{Line: l.Range[2], Col: l.Range[3]}, text.UTF16)
				if (err1 != nil || err2 != nil || from > to) && !doubted {
					rt.Fatalf("%s: %v lies outside, and nothing says so", enc, l)
				}
			}
		})
	}
}

// Post-condition 4: no path of the machine below a named root is left, in a uri or in text.
func TestPostCondition4NamedRoots(t *testing.T) {
	r := reader(t, text.UTF16, awkward)
	root := r.Snap.Root()
	r.Roots = namedRoots(root)
	for file, want := range map[string]string{
		root + "/a.go": "a.go", "/opt/go/src/fmt/print.go": "goroot:///src/fmt/print.go",
		"/home/u/go/pkg/mod/x.com/!m@v1/a.go":               "gomod:///x.com/M@v1/a.go",
		"/usr/lib/python3.11/json/__init__.py":              "pystdlib:///json/__init__.py",
		"/usr/lib/python3.11/site-packages/x.py":            "site:///x.py",
		"/opt/s/typeshed/stdlib/a.pyi":                      "typeshed:///stdlib/a.pyi",
		"/opt/s/ts/lib.es5.d.ts":                            "node:///typescript/lib/lib.es5.d.ts",
		"/usr/include/stdio.h":                              "sysroot:///usr/include/stdio.h",
		"/home/u/.cargo/registry/src/i/semver-1/src/lib.rs": "cargo:///i/semver-1/src/lib.rs",
		"/opt/s/other.js":                                   "server:///other.js",
	} {
		got, _ := r.Locations([]lsp.Location{{URI: "file://" + file}})
		if len(got) != 1 || got[0].URI != want {
			t.Errorf("%s: %+v, want %s", file, got, want)
		}
		for _, prose := range []string{"see " + file, "[x](file://" + file + "#1)", file + ": cannot open"} {
			out := r.Roots.Scrub(prose)
			left := strings.ReplaceAll(out, want, "") // "sysroot:///usr/include" holds its folder
			if strings.Contains(left, filepath.Dir(file)) || strings.Count(out, ":///") > 1 {
				t.Errorf("%q becomes %q", prose, out)
			}
		}
	}
}

// A server names files by their paths. It cannot make lanser show a file that it may not read itself.
func TestAServerCannotMakeLanserShowOtherFiles(t *testing.T) {
	r := reader(t, text.UTF16, awkward)
	root := r.Snap.Root()
	user := indextest.Files(t, map[string]string{"id": "secret\n"})
	cache := indextest.Files(t, map[string]string{"generated.go": "package m\n"})
	if err := os.Symlink(filepath.Join(user, "id"), filepath.Join(cache, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(user, filepath.Join(cache, "folder")); err != nil {
		t.Fatal(err)
	}
	r.Roots = bundle.NewRoots(append(namedRoots(root), bundle.Root{Scheme: "cache", Dir: cache})...)
	for _, file := range []string{
		root + "/.." + user + "/id",
		root + strings.Repeat("/..", 20) + user + "/id",
		"/usr/lib/../.." + user + "/id",
		cache + "/link",
		cache + "/folder/id",
		cache + "/folder/../link",
		user + "/id",
	} {
		if p := r.Document("file://" + file); p.Content != nil {
			t.Errorf("%s is shown: %s", file, p.Content.Bytes())
		}
	}
	p := r.Document("file://" + cache + "/generated.go")
	if p.URI != "cache:///generated.go" || p.Content == nil || string(p.Content.Bytes()) != "package m\n" {
		t.Errorf("generated code is shown as %s: %v", p.URI, p.Content)
	}
	if p := r.Document("file://" + root + "/x/../a.go"); p.URI != "a.go" || p.Path != "a.go" || p.Content == nil {
		t.Errorf("a file of the workspace is %+v", p)
	}
}

// Post-condition 6: a diagnostic has all of its fields, whatever the server omits.
func TestPostCondition6Diagnostics(t *testing.T) {
	r := reader(t, text.UTF16, awkward)
	got := r.Diagnostics(lsp.FileDiagnostics{Path: "a.go", Items: []lsp.Diagnostic{
		{Message: "bare"},
		{Message: "number", Code: 2304.0, Severity: 2},
		{Message: "text", Code: "E1", Source: "vet", Severity: 9, Tags: []int{2, 1, 2, 7}},
	}})
	type parts struct{ severity, source, code, tags string }
	var have []parts
	for _, d := range got {
		have = append(have, parts{d.Severity, d.Source, d.Code, strings.Join(d.Tags, " ")})
	}
	want := []parts{
		{"error", "gopls", "", ""},
		{"warning", "gopls", "2304", ""},
		{"error", "vet", "E1", "deprecated unnecessary"},
	}
	if !slices.Equal(have, want) {
		t.Errorf("%+v, want %+v", have, want)
	}
}

// A language server may name any file of the machine. Text is only shown of files in the workspace and in named
// roots.
func TestNoTextIsShownOfFilesOutsideOfNamedRoots(t *testing.T) {
	other := indextest.Files(t, map[string]string{"id_rsa": "secret\n"})
	named := indextest.Files(t, map[string]string{"lib.go": "package lib\n"})
	r := reader(t, text.UTF16, map[string]string{
		"a.go": "package a\n", ".gitignore": "ignored.go\n", "ignored.go": "package ignored\n",
	})
	root := r.Snap.Root()
	if err := os.Symlink(filepath.Join(other, "id_rsa"), filepath.Join(root, "link.go")); err != nil {
		t.Fatal(err)
	}
	r.Roots = bundle.NewRoots(bundle.Root{Dir: root}, bundle.Root{Scheme: "goroot", Dir: named})
	for file, want := range map[string]string{
		filepath.Join(root, "a.go"): "package a", filepath.Join(root, "ignored.go"): "package ignored",
		filepath.Join(named, "lib.go"): "package lib",
		filepath.Join(other, "id_rsa"): "", filepath.Join(root, "link.go"): "", "/etc/passwd": "",
		"/proc/self/environ": "", filepath.Join(named, "..", filepath.Base(other), "id_rsa"): "",
	} {
		p := r.Document(string(uri.File(file)))
		if got := p.Line(); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

// Of declarations with one range, the container of a place is the one whose name it is.
func TestTheContainerOfANameIsItsOwnDeclaration(t *testing.T) {
	const src = "package m\n\ntype T struct {\n\tLeft, Right *T\n}\n\nvar a, b = 1, 2\n"
	r := reader(t, text.UTF16, map[string]string{"go.mod": "module ex.com/m\n\ngo 1.22\n", "m.go": src})
	for word, want := range map[string]string{
		"Left": "T.Left", "Right": "T.Right", "a, b": "a", "b =": "b", "T struct": "T",
	} {
		start := strings.Index(src, word)
		at := ledger.Place{Path: "m.go", Span: text.Span{Start: start, End: start + strings.IndexAny(word+" ", " ,")}}
		if l := places.At(r.Snap, at, text.UTF16); l.Container != "go://ex.com/m#"+want {
			t.Errorf("%s: %s, want %s", word, l.Container, want)
		}
	}
}
