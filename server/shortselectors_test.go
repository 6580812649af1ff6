package server_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/report"
)

// The path and the name that the text prints for a symbol, or the text between them, select that symbol and no other,
// also if a file, a package or a module has several symbols of that name.
func TestTheShortSelectorsInTextSelectTheSymbols(t *testing.T) {
	t.Parallel()
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n",
		"open_linux.go": "package m\n\nfunc open() {}\n\nfunc init() {}\n\n" +
			"func init() {}\n\ntype T struct{ open int }\n",
		"open_other.go": "//go:build !linux\n\npackage m\n\nfunc open() {}\n",
		"a.py": "class A:\n    def run(self): pass\n" +
			"    class B:\n        def run(self): pass\n\ndef run(): pass\n",
		"b c/100%.py": "def run(): pass\n",
		"c.ts": "function f(a: string): void;\nfunction f(a: number): void;\n" +
			"function f(a: any) {}\nclass K { f() {} }\n",
		"Cargo.toml": "[package]\nname = \"m\"\n",
		"src/lib.rs": "fn f() {}\nmod a { pub fn f() {} pub mod b { pub fn f() {} } }\n",
		"d.cpp":      "namespace n { void f(); void f(int) {} }\nvoid f() {}\n",
		"e#f.rb":     "class C\n  def run; end\n  def run?; end\nend\n",
	})
	e, err := server.New(server.Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	b, err := e.Do(context.Background(), api.Request{Op: "symbols", Paths: []string{"."}})
	if err != nil {
		t.Fatal(err)
	}
	symbols := b.Facts.Symbols
	heading := regexp.MustCompile(`^(\S.*?)(?:  (\S+))?$`)
	entry := regexp.MustCompile(`^  ( *)(\d+) \S+ (.+)$`)
	path, prefix, n := "", "", 0
	var around []string
	for line := range strings.Lines(report.Compact(b, report.Layout{})) {
		line = strings.TrimSuffix(line, "\n")
		m := entry.FindStringSubmatch(line)
		if m == nil {
			h := heading.FindStringSubmatch(line)
			path, prefix, around = h[1], h[2], nil
			continue
		}
		depth := len(m[1])
		name := m[3]
		around = around[:min(depth, len(around))]
		_, whole, _ := strings.Cut(symbols[n].Selector, "#")
		if len(around) > 0 && whole == around[len(around)-1]+"."+name {
			name = whole // a member is printed below its container with its own name only
		}
		around = append(around, name)
		selector := prefix + name
		if prefix == "" {
			selector = path + "#" + name
		}
		raw, err := json.Marshal(selector)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Do(context.Background(), api.Request{Op: "locate", Selector: raw})
		if err != nil {
			t.Errorf("%s: %v", selector, err)
		} else if r := got.Resolution.Resolved; r.Selector != symbols[n].Selector && len(r.Overloads) == 0 {
			t.Errorf("%s selects %s, want %s", selector, r.Selector, symbols[n].Selector)
		}
		n++
	}
	if n != len(symbols) {
		t.Errorf("%d symbols are printed, want %d", n, len(symbols))
	}
}
