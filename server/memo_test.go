package server_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// untraced is an engine that remembers: what is traced is asked anew.
func untraced(t testing.TB, dir string) *server.Engine {
	t.Helper()
	e, err := server.New(server.Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// bytesOf is a bundle without local.
func bytesOf(t *testing.T, b *bundle.Bundle) string {
	t.Helper()
	raw, err := json.Marshal(b.Reproducible())
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// An answer from the cache, in memory or on disk, has the same bytes, and is not used after a file has changed.
func TestACachedAnswerEqualsTheOriginal(t *testing.T) {
	indextest.Needs(t, "the servers gopls and pyright")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, tt := range []struct {
		name, file string
		files      map[string]string
		q          api.Request
		disk       string
	}{
		{
			"go", "a.go",
			map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n\nfunc G() { F() }\n",
			},
			api.Request{Op: "refs", Selector: selector("go://ex.com/m#F")},
			"disk",
		},
		{
			"go that points outside", "a.go",
			map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n\nreplace ex.com/other => ../other\n",
				"a.go":   "package m\n\nfunc F() {}\n\nfunc G() { F() }\n",
			},
			api.Request{Op: "refs", Selector: selector("go://ex.com/m#F")},
			"",
		},
		{
			"go whose module is not here", "a.go",
			map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n\nrequire ex.com/absent v1.0.0\n",
				"a.go":   "package m\n\nfunc F() {}\n\nfunc G() { F() }\n",
			},
			api.Request{Op: "refs", Selector: selector("go://ex.com/m#F")},
			"",
		},
		{
			"go with generated code that is ignored", "a.go",
			map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n", ".gitignore": "gen.go\n", "gen.go": "package m\n",
				"a.go": "package m\n\nfunc F() {}\n\nfunc G() { F() }\n",
			},
			api.Request{Op: "refs", Selector: selector("go://ex.com/m#F")},
			"",
		},
		{
			"go diagnostics", "a.go",
			map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() int { return nope }\n",
			},
			api.Request{Op: "diag"},
			"disk",
		},
		{
			"python", "a.py",
			map[string]string{"a.py": "def f(): ...\n\n\nf()\n"},
			api.Request{Op: "refs", Selector: selector("py://a#f")},
			"",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			e := untraced(t, dir)
			first := do(t, e, tt.q)
			again := do(t, e, tt.q)
			e.Close()
			anew := do(t, untraced(t, dir), tt.q)
			if bytesOf(t, again) != bytesOf(t, first) || bytesOf(t, anew) != bytesOf(t, first) {
				t.Errorf("remembered otherwise:\n%s\n%s\n%s", bytesOf(t, first), bytesOf(t, again), bytesOf(t, anew))
			}
			if first.Local.Memo != "" || again.Local.Memo != "memory" || anew.Local.Memo != tt.disk {
				t.Errorf("told from %q, %q and %q", first.Local.Memo, again.Local.Memo, anew.Local.Memo)
			}
			f, err := os.OpenFile(filepath.Join(dir, tt.file), os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString("\n")
				f.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			if b := do(t, untraced(t, dir), tt.q); b.Local.Memo != "" || b.Snapshot.Digest == first.Snapshot.Digest {
				t.Errorf("after an edit: told from %q about %s", b.Local.Memo, b.Snapshot.Digest)
			}
		})
	}
}

// If equal requests arrive at the same time, one of them is executed, and all get the same bytes.
func TestConcurrentEqualRequestsAreAnsweredOnce(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	e := untraced(
		t,
		indextest.Files(
			t,
			map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n",
				"a.go":   "package m\n\nfunc F() {}\n\nfunc G() { F() }\n",
			},
		),
	)
	var mu sync.Mutex
	told, ids := map[string]int{}, map[string]bool{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			b, err := e.Do(context.Background(), api.Request{Op: "refs", Selector: selector("go://*#F")})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			told[b.Local.Memo]++
			ids[b.BundleID] = true
		})
	}
	wg.Wait()
	if told[""] != 1 || told["memory"] != 19 || len(ids) != 1 {
		t.Errorf("%v, %d bundles", told, len(ids))
	}
}

// An answer that may be incomplete is computed again.
func TestAnIncompleteAnswerIsNotCached(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	e := untraced(
		t,
		indextest.Files(t, map[string]string{
			"go.mod":   "module ex.com/m\n\ngo 1.21\n",
			"a.go":     "package m\n\ntype T struct{}\n\nfunc (T) F() {}\n\nfunc G() { T{}.F() }\n",
			"b.gotmpl": "{{ .F }}\n", // nobody can say
		}),
	)
	for range 2 {
		b := do(t, e, api.Request{Op: "refs", Selector: selector("go://*#T.F")})
		if b.Evidence.State != bundle.Partial || b.Local.Memo != "" {
			t.Errorf("%s from %q", b.Evidence.State, b.Local.Memo)
		}
	}
}
