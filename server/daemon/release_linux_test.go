package daemon

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
)

// manyFiles writes a workspace of 40 files with 50 functions each, 120 KiB altogether, whose names no other
// workspace has.
func manyFiles(t *testing.T, name string) Engine {
	t.Helper()
	files := map[string]string{"go.mod": "module ex.com/" + name + "\n\ngo 1.21\n"}
	for i := range 40 {
		var text strings.Builder
		fmt.Fprintf(&text, "package %s\n\n", name)
		for j := range 50 {
			fmt.Fprintf(&text, "// F%d_%d is one of many functions.\nfunc F%d_%d() {}\n\n", i, j, i, j)
		}
		files[fmt.Sprintf("f%d.go", i)] = text.String()
	}
	return Engine{Root: indextest.Files(t, files), Sandbox: "off"}
}

// heapInUse returns the bytes of live objects.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // the first one only moves what is in a sync.Pool
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Twenty workspaces without requests take little memory, and give the same answers as before when they are used
// again.
func TestIdleWorkspacesTakeLittleMemory(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	h := &host{
		Process: Process{Limits: Limits{Rest: time.Hour}, Log: log.New(io.Discard, "", 0)},
		turns:   server.NewTurns(), engines: map[Engine]*hostedEngine{},
	}
	t.Cleanup(h.closeAll)
	var engines []*server.Engine
	for i := range 20 {
		e, release, err := h.engine(nil, manyFiles(t, fmt.Sprint("w", i)))
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		engines = append(engines, e)
	}
	askAll := func() (ids []string) {
		for _, e := range engines {
			for _, req := range []api.Request{
				{Op: "symbols", Query: "F7_3"},
				{Op: "locate", Selector: json.RawMessage(`"go://*#F7_31"`)},
				{Op: "symbols", Paths: []string{"f1.go", "f2.go", "f3.go"}},
			} {
				b, err := e.Do(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, b.BundleID)
			}
		}
		return ids
	}

	empty := heapInUse()
	before := askAll()
	used := heapInUse() - empty
	h.releaseMemory() // an hour is not over
	if kept := heapInUse() - empty; kept < used/2 {
		t.Errorf("%d KiB of %d are kept, though the engines are not idle", kept>>10, used>>10)
	}
	h.Limits.Rest = time.Nanosecond
	h.releaseMemory()
	kept := heapInUse() - empty
	t.Logf("20 workspaces: %d KiB in use, %d KiB when idle", used>>10, kept>>10)
	if kept > used/4 || kept > 2<<20 {
		t.Errorf("%d KiB are kept of idle workspaces, of %d in use", kept>>10, used>>10)
	}
	for _, one := range h.status().Engines {
		if !one.Released {
			t.Errorf("%s is not idle", one.Root)
		}
	}
	if after := askAll(); !slices.Equal(after, before) {
		t.Errorf("the answers afterwards are %q, and were %q", after, before)
	}
	if slices.ContainsFunc(h.status().Engines, func(e Hosted) bool { return e.Released }) {
		t.Error("an engine that has answered counts as idle")
	}
}
