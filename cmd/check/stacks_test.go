package main

import (
	"reflect"
	"testing"
)

func TestAStackListsPackagesFromTheOutermostCaller(t *testing.T) {
	traces := `File: server.test
Type: cpu
-----------+-------------------------------------------------------
      10ms   runtime.cgocall
             lanser/index/syntax.parse (inline)
             lanser/index.(*Snapshot).Decls.func1
             lanser/index.(*Snapshot).Decls
             lanser/server.(*Engine).Do
             lanser/server_test.BenchmarkX
-----------+-------------------------------------------------------
      10ms   runtime.mallocgc
             main.main
-----------+-------------------------------------------------------
`
	got, want := packageStacks([]byte(traces)), [][]string{{"server", "index", "index/syntax"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
