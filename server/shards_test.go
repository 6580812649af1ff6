package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/compare"
)

// However many shards a check is divided into, together they find what one check of the workspace finds, and every file
// is in the state that it is in there. A shard may have nothing to do.
func TestTheShardsOfAWorkspaceCheckAllOfIt(t *testing.T) {
	indextest.Needs(t, "gopls")
	files := map[string]string{
		"loose.sh": "echo $1\n", "tools/gen.go": "package main\n\nfunc main() { nope() }\n",
		"a/inner/go.mod": "module ex.com/inner\n\ngo 1.21\n", "a/inner/i.go": "package inner\n\nvar I int = \"\"\n",
		"b/skipped.go": "package b\n\nvar s int = \"\"\n", "b/other.go": "//go:build other\n\npackage b\n",
		"a/data/README.md": "# a\n",
	}
	for _, m := range []string{"a", "b", "c", "d", "e"} {
		files[m+"/go.mod"] = "module ex.com/" + m + "\n\ngo 1.21\n"
		files[m+"/"+m+".go"] = "package " + m + "\n\nvar F int = \"\"\n"
	}
	dir := indextest.Files(t, files)
	e := engine(t, dir)
	check := func(shard string) *bundle.Bundle {
		return do(t, e, api.Request{Op: "diag", Options: api.Options{
			Shard: shard, Exclude: []string{"b/skipped.go"}, AllowIncomplete: true,
		}})
	}
	whole := check("")
	if n := len(whole.Facts.Diagnostics); n < 6 {
		t.Fatalf("%d findings in the whole workspace", n)
	}
	for _, of := range []int{1, 2, 3, 9} {
		var shards []compare.Shard
		for i := range of {
			b := check(fmt.Sprintf("%d/%d", i+1, of))
			shards = append(shards, compare.Shard{Name: fmt.Sprint(i + 1), Bundle: b})
		}
		b, err := compare.Merged(shards)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(whole.Facts, b.Facts); d != "" || b.Meta.ExitCode != whole.Meta.ExitCode ||
			b.Evidence.State != whole.Evidence.State {
			t.Errorf("%d shards: %s, exit %d; the whole is %s, exit %d (-whole +shards)\n%s",
				of, b.Evidence.State, b.Meta.ExitCode, whole.Evidence.State, whole.Meta.ExitCode, d)
		}
	}
}

// A project is in the same shard now and then, though its size has changed: else its earlier findings would be new.
func TestAShardComparesTheSameProjects(t *testing.T) {
	indextest.Needs(t, "gopls")
	module := func(name string, lines int) map[string]string {
		return map[string]string{
			name + "/go.mod":          "module ex.com/" + name + "\n\ngo 1.21\n",
			name + "/" + name + ".go": "package " + name + "\n\nvar F int = \"\"\n",
			name + "/more.go":         "package " + name + "\n" + strings.Repeat("// more\n", lines),
		}
	}
	then, now := map[string]string{}, map[string]string{}
	for i, name := range []string{"a", "b", "c", "d"} {
		maps.Copy(then, module(name, 10+i))
		maps.Copy(now, module(name, []int{40, 10, 30, 20}[i]))
	}
	dir := repository(t, then, now)
	report, err := json.Marshal(do(t, remembering(t, dir), api.Request{Op: "diag"}))
	if err != nil {
		t.Fatal(err)
	}
	for i, options := range []api.Options{
		{Shard: "1/2", Since: "HEAD~1"},
		{Shard: "2/2", Since: "HEAD~1"},
		{Shard: "1/2", Baseline: string(report)},
		{Shard: "2/2", Baseline: string(report)},
	} {
		options.FailOn = "none"
		b := do(t, remembering(t, dir), api.Request{Op: "diag", Options: options})
		var got []string
		for _, d := range append(b.Facts.Diagnostics, b.Facts.Absent...) {
			got = append(got, d.URI+" "+d.BaselineState)
		}
		want := [][]string{{"a/a.go unchanged", "b/b.go unchanged"}, {"c/c.go unchanged", "d/d.go unchanged"}}[i%2]
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", options.Shard, d)
		}
	}
}
