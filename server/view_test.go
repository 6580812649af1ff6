package server_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
)

// The pages of an answer, put together, are the answer. A cursor of another request or another workspace is refused.
func TestPagesAddUpToTheWholeAnswer(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n",
		"a.go": "package m\n\nfunc F() {}\n\nfunc G() { F(); F(); F() }\n\n" +
			"func H() int { return nope + nope + nope }\n",
	})
	e := untraced(t, dir)
	for _, q := range []api.Request{
		{Op: "refs", Selector: selector("go://ex.com/m#F")},
		{Op: "diag"},
		{Op: "symbols", Paths: []string{"."}},
		{Op: "symbols", Query: "f"},
		{Op: "calls", Selector: selector("go://ex.com/m#F")},
	} {
		entries := func(q api.Request) (list []json.RawMessage, cursor *string) {
			b, err := e.Do(context.Background(), q)
			if err != nil && b.Error != nil {
				t.Fatalf("%s: %v", q.Op, err)
			}
			raw, err := json.Marshal(b.Facts)
			if err != nil {
				t.Fatal(err)
			}
			var facts map[string]json.RawMessage
			if err := json.Unmarshal(raw, &facts); err != nil {
				t.Fatal(err)
			}
			delete(facts, "provenance")
			delete(facts, "checks") // the same on every page
			for _, f := range facts {
				if err := json.Unmarshal(f, &list); err != nil {
					t.Fatal(err)
				}
			}
			return list, b.Meta.Cursor
		}
		whole, cursor := entries(q)
		if cursor != nil || len(whole) == 0 {
			t.Fatalf("%s: %d entries, cursor %v", q.Op, len(whole), cursor)
		}
		var pages []json.RawMessage
		q.Options.Limit = 1
		for {
			page, next := entries(q)
			pages = append(pages, page...)
			if next == nil {
				break
			}
			q.Options.Cursor = *next
		}
		if got, want := mustJSON(t, pages), mustJSON(t, whole); got != want {
			t.Errorf("%s: the pages are\n%s\nnot\n%s", q.Op, got, want)
		}
		if q.Options.Cursor == "" {
			continue // one entry is one page
		}
		other := api.Request{
			Op:       "refs",
			Selector: selector("go://ex.com/m#G"),
			Options:  api.Options{Cursor: q.Options.Cursor},
		}
		if b, err := e.Do(context.Background(), other); !fault.Is(err, fault.VersionSkew) || b.Error == nil {
			t.Errorf("%s: the cursor of another question: %v", q.Op, err)
		}
		q.Options.Cursor = "c1.x"
		if _, err := e.Do(context.Background(), q); !fault.Is(err, fault.Usage) {
			t.Errorf("%s: no cursor: %v", q.Op, err)
		}
	}
	q := api.Request{Op: "refs", Selector: selector("go://ex.com/m#F"), Options: api.Options{Limit: 1}}
	b := do(t, e, q)
	if err := os.WriteFile(filepath.Join(dir, "b.go"), []byte("package m\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	q.Options.Cursor = *b.Meta.Cursor
	if _, err := e.Do(context.Background(), q); !fault.Is(err, fault.VersionSkew) {
		t.Errorf("the cursor of another workspace: %v", err)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A frozen answer is about the named snapshot, or is an error. Its bundleId equals that of the answer without the
// requirement.
func TestAFrozenAnswerIsAboutItsSnapshot(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(
		t,
		map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n"},
	)
	held, err := server.New(server.Config{Root: dir, Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(held.Close)
	e := untraced(t, dir)
	for _, q := range []api.Request{
		{Op: "refs", Selector: selector("go://ex.com/m#F")},
		{Op: "locate", Selector: selector("go://*#F")},
		{Op: "diag"},
	} {
		b := do(t, e, q)
		q.Options.Frozen = b.Snapshot.Digest
		if again := do(t, e, q); again.BundleID != b.BundleID {
			t.Errorf("%s: another bundle for being frozen", q.Op)
		}
		if again := do(t, held, q); again.BundleID != b.BundleID {
			t.Errorf("%s: another bundle for being held", q.Op)
		}
	}
	frozen := do(t, e, api.Request{Op: "locate", Selector: selector("go://*#F")}).Snapshot.Digest
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package m\n\nfunc F() {} //\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]api.Request{
		"locate": {Op: "locate", Selector: selector("go://*#F")}, "refs": {Op: "refs", Selector: selector("go://*#F")},
		"nothing": {Op: "locate", Selector: selector("go://*#Nothing")},
	} {
		if _, err := held.Do(context.Background(), q); !fault.Is(err, fault.VersionSkew) {
			t.Errorf("%s, held: %v", name, err)
		}
		q.Options.Frozen = frozen
		if _, err := e.Do(context.Background(), q); !fault.Is(err, fault.VersionSkew) {
			t.Errorf("%s, frozen: %v", name, err)
		}
	}
}
