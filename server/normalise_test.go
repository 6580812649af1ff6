package server

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"pgregory.net/rapid"

	"lanser/index/indextest"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
)

// normal is an answer about a workspace with a file of awkward letters.
func normal(t *testing.T) (*Engine, *answer, string) {
	t.Helper()
	dir := indextest.Files(t, map[string]string{"a.go": "package m\n\nvar é = \"💥\" // x\n", "b.go": "package m\n"})
	e, err := New(Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	snap, err := e.ws.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	root := e.ws.Root()
	a := &answer{
		question: &question{snap: snap},
		b:        api.Request{Op: "refs"}.Bundle(e.ws.Root(), e.platform),
		mixed:    true,
		roots: bundle.NewRoots(
			bundle.Root{
				Dir: root,
			},
			bundle.Root{Scheme: "goroot", Dir: "/opt/go"},
			bundle.Root{Scheme: "gomod", Dir: "/home/u/go/pkg/mod"},
			bundle.Root{Scheme: "pystdlib", Dir: "/usr/lib/python3.11"},
			bundle.Root{
				Scheme: "site",
				Dir:    "/usr/lib/python3.11/site-packages",
			},
			bundle.Root{Scheme: "typeshed", Dir: "/opt/s/typeshed"},
			bundle.Root{Scheme: "node", Prefix: "typescript/lib", Dir: "/opt/s/ts"},
			bundle.Root{
				Scheme: "sysroot",
				Prefix: "usr",
				Dir:    "/usr",
			},
			bundle.Root{Scheme: "cargo", Dir: "/home/u/.cargo/registry/src"},
			bundle.Root{Scheme: "server", Dir: "/opt/s"},
		),
	}
	return e, a, root
}

// Post-conditions 1, 2 and 3: whatever ranges a server sends, in whatever unit, those of the answer are inside of the
// file, here in UTF-16, or the evidence is lowered.
func TestPostConditions1To3Ranges(t *testing.T) {
	e, _, root := normal(t)
	for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.CodePoint} {
		s := lsp.Deaf(catalogue.Named("gopls"), root, enc)
		rapid.Check(t, func(rt *rapid.T) {
			snap, err := e.ws.Snapshot(t.Context())
			if err != nil {
				rt.Fatal(err)
			}
			a := &answer{
				question: &question{snap: snap},
				b:        api.Request{Op: "refs"}.Bundle(e.ws.Root(), e.platform),
				mixed:    true,
				roots:    bundle.NewRoots(bundle.Root{Dir: root}),
			}
			a.b.Evidence.State = bundle.Complete
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
			f := bundle.Facts{References: e.locations(a, s, append(found, found...))}
			f.Window(0, bundle.MaxEntries)
			doubted := a.b.Evidence.State == bundle.Partial
			for i, l := range f.References {
				if i > 0 && f.References[i-1].URI == l.URI && f.References[i-1].Range.Compare(l.Range) >= 0 {
					rt.Fatalf("%v is not after %v", l, f.References[i-1])
				}
				c, err := snap.Content(l.URI)
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
	e, a, root := normal(t)
	s := lsp.Deaf(catalogue.Named("gopls"), root, text.UTF16)
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
		got := e.locations(a, s, []lsp.Location{{URI: "file://" + file}})
		if len(got) != 1 || got[0].URI != want {
			t.Errorf("%s: %+v, want %s", file, got, want)
		}
		for _, prose := range []string{"see " + file, "[x](file://" + file + "#1)", file + ": cannot open"} {
			if out := a.roots.Scrub(prose); strings.Contains(out, filepath.Dir(file)) {
				t.Errorf("%q stays %q", prose, out)
			}
		}
	}
}

// A server names files by their paths. It cannot make lanser show a file that it may not read itself.
func TestAServerCannotMakeLanserShowOtherFiles(t *testing.T) {
	e, a, root := normal(t)
	user := indextest.Files(t, map[string]string{"id": "secret\n"})
	cache := indextest.Files(t, map[string]string{"generated.go": "package m\n"})
	if err := os.Symlink(filepath.Join(user, "id"), filepath.Join(cache, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(user, filepath.Join(cache, "folder")); err != nil {
		t.Fatal(err)
	}
	a.roots = bundle.NewRoots(append(a.roots, bundle.Root{Scheme: "cache", Dir: cache})...)
	for _, file := range []string{
		root + "/.." + user + "/id",
		root + strings.Repeat("/..", 20) + user + "/id",
		"/usr/lib/../.." + user + "/id",
		cache + "/link",
		cache + "/folder/id",
		cache + "/folder/../link",
		user + "/id",
	} {
		if p := e.document(a, "file://"+file); p.content != nil {
			t.Errorf("%s is shown: %s", file, p.content.Bytes())
		}
	}
	p := e.document(a, "file://"+cache+"/generated.go")
	if p.uri != "cache:///generated.go" || p.content == nil || string(p.content.Bytes()) != "package m\n" {
		t.Errorf("generated code is shown as %s: %v", p.uri, p.content)
	}
	if p := e.document(a, "file://"+root+"/x/../a.go"); p.uri != "a.go" || p.path != "a.go" || p.content == nil {
		t.Errorf("a file of the workspace is %+v", p)
	}
}

// Post-condition 5: requests that differ only in the spelling of paths have the same request in the bundle.
func TestPostCondition5PathsOfTheRequest(t *testing.T) {
	e, _, root := normal(t)
	ids := map[string][]string{}
	for _, sel := range []string{"a.go@L3:C5", "./a.go@L3:C5", root + "/a.go@L3:C5", "file://" + root + "/a.go@L3:C5"} {
		b, err := e.Do(t.Context(), api.Request{Op: "locate", Selector: quoted(sel)})
		if err != nil {
			t.Fatal(err)
		}
		ids[b.BundleID] = append(ids[b.BundleID], sel)
	}
	for _, p := range []string{"a.go", "./a.go", root + "/a.go"} {
		b, err := e.Do(t.Context(), api.Request{Op: "symbols", Paths: []string{p}})
		if err != nil {
			t.Fatal(err)
		}
		ids[b.BundleID] = append(ids[b.BundleID], p)
	}
	if len(ids) != 2 {
		t.Errorf("%v", ids)
	}
}

func quoted(s string) []byte { return []byte(`"` + s + `"`) }

// Post-condition 6: a diagnostic has all of its fields, whatever the server omits.
func TestPostCondition6Diagnostics(t *testing.T) {
	e, a, root := normal(t)
	s := lsp.Deaf(catalogue.Named("gopls"), root, text.UTF16)
	got := e.diagnostics(a, s, lsp.FileDiagnostics{Path: "a.go", Items: []lsp.Diagnostic{
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
