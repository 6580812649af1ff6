package report_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/report"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func location(uri string, line int, container, text string) bundle.Location {
	return bundle.Location{URI: uri, Range: bundle.Range{line, 1, line, 4}, Text: text, Container: container}
}

// sealed is a bundle with what every answer has.
func sealed(t interface{ Fatal(...any) }, b bundle.Bundle) *bundle.Bundle {
	b.Status = "ok"
	if b.Evidence.State == "" {
		b.Evidence = bundle.Evidence{State: bundle.Complete, Reasons: []string{}}
	}
	if err := b.Seal(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func symbol(uri string, line int, selector, name string) bundle.Symbol {
	return bundle.Symbol{
		Name: name, Kind: selectors.KindDef, URI: uri, Selector: selector,
		SelectionRange: bundle.Range{line, 5, line, 5 + len(name)},
	}
}

// code is what the files contain that answers are about.
var code = map[string]string{
	"a.go": "package m\n\nfunc (t T) f() {\n\tg(g())\n\tg()\n}\n\n// long calls g.\nfunc long(\n\ta int,\n) {" +
		"\n\tg()\n\tT{}.f()\n}\n",
	"c.py": "def run(self): # one line\n    f()\n\n\ng()\n",
	"t.ts": "export class Context<\n  E extends Env = any,\n  I = {},\n> {\n}\n" +
		"export const less = (a, b) =>\n  a < b\n",
}

// Each kind of answer as agents read it.
func TestCompactTextEqualsTheGoldenFiles(t *testing.T) {
	three, four := 3, 4
	for name, b := range map[string]bundle.Bundle{
		"references": {Facts: &bundle.Facts{References: []bundle.Location{
			location("a.go", 3, "go://m#A.run", "  x.run()"), location("a.go", 5, "go://m#A.run", "x.run()"),
			location("a.go", 9, "", "var _ = run"),
			location("b%20c/d.py", 1, "py://b c.d#f", "run()"),
			location("goroot:///src/fmt/print.go", 7, "", "func Println"),
		}}, Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#A.run"}}},
		"nothing": {Request: bundle.Request{Cmd: "references"}, Facts: &bundle.Facts{References: []bundle.Location{}}},
		"doubtful": {
			Request:  bundle.Request{Cmd: "definition"},
			Facts:    &bundle.Facts{Definitions: []bundle.Location{location("a.go", 3, "go://m#A", "type A")}},
			Evidence: bundle.Evidence{State: bundle.Partial, Reasons: []string{"b.go cannot be read cleanly"}},
		},
		"clean": {Facts: &bundle.Facts{
			Diagnostics: []bundle.Diagnostic{}, Checks: []bundle.Check{{Files: 3, Unchecked: []bundle.Unchecked{}}},
		}},
		"unfinished": {
			Facts:    &bundle.Facts{Diagnostics: []bundle.Diagnostic{}},
			Evidence: bundle.Evidence{State: bundle.TimedOut, Reasons: []string{"it took too long"}},
		},
		"diagnostics": {Facts: &bundle.Facts{Diagnostics: []bundle.Diagnostic{
			{
				URI: "a.go", Range: bundle.Range{1, 2, 1, 3}, Severity: "error", Source: "compiler", Code: "X",
				Message: "wrong\n\there",
			},
			{URI: "a.go", Range: bundle.Range{4, 2, 4, 3}, Severity: "warning", Source: "lint", Message: "odd"},
		}}},
		"symbols": {Facts: &bundle.Facts{Symbols: []bundle.Symbol{
			{Name: "A", Kind: selectors.KindStruct, URI: "a.go", Selector: "go://m#A"},
			{
				Name: "run", Kind: selectors.KindMethod, URI: "a.go", Selector: "go://m#A.run", Depth: 1,
				SelectionRange: bundle.Range{4, 5, 4, 8},
			},
			{Name: "t", Kind: selectors.KindDef, URI: "a_test.go", Selector: "go://m_test#t"},
		}}},
		"family": {
			Facts: &bundle.Facts{References: []bundle.Location{location("a.py", 3, "py://a#f", "x.clone()")}},
			Evidence: bundle.Evidence{State: bundle.Partial, Reasons: []string{"2 possible"}, Ledger: &bundle.Ledger{
				Names: []string{"clone"}, Words: 7, References: 1, Family: 4, Possible: 2,
				Uses: []bundle.PossibleUse{
					{Location: location("b.py", 1, "py://b#g", "y.clone()"), Why: "the type of y is unknown"},
					{Location: location("b.py", 7, "", "z.clone()"), Why: "the type of y is unknown"},
				},
				Relatives: []bundle.Location{
					location("a.py", 10, "py://a#Copy.clone", "def clone(self):"),
					location("c.py", 1, "py://c#h", "copy.clone()"),
					location("c.py", 2, "py://c#h", "copy.clone()"),
					location("c.py", 9, "", "copy.clone()"),
				},
			}},
		},
		"modules": {Facts: &bundle.Facts{Symbols: []bundle.Symbol{ // of one file
			{Name: "f", Kind: selectors.KindDef, URI: "a.rs", Selector: "rs://crate::a#f"},
			{Name: "f", Kind: selectors.KindDef, URI: "a.rs", Selector: "rs://crate::a::b#f"},
			{Name: "g", Kind: selectors.KindDef, URI: "100%25.rs", Selector: "rs://crate::h#g"},
		}}},
		"callers": {
			Request:    bundle.Request{Options: map[string]any{"in": true, "depth": 2.0}},
			Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#g"}},
			Facts: &bundle.Facts{Calls: []bundle.Edge{
				{
					From: symbol("a.go", 2, "go://m#T.f", "f"), To: symbol("b.go", 0, "go://m#g", "g"), Depth: 1,
					Ranges: []bundle.Range{{3, 1, 3, 2}, {3, 5, 3, 6}, {4, 1, 4, 2}},
				},
				{
					From: symbol("a.go", 8, "go://m#long", "long"), To: symbol("b.go", 0, "go://m#g", "g"), Depth: 1,
					Confirmed: true, Ranges: []bundle.Range{{11, 1, 11, 2}},
				},
				{
					From: symbol("a.go", 8, "go://m#long", "long"), To: symbol("a.go", 2, "go://m#T.f", "f"), Depth: 2,
					Ranges: []bundle.Range{{12, 1, 12, 2}},
				},
				{
					From: symbol("c.py", 0, "py://c#C.run", "run"), To: symbol("a.go", 2, "go://m#T.f", "f"), Depth: 2,
					Ranges: []bundle.Range{{1, 1, 1, 2}},
				},
				{
					From: bundle.Symbol{
						Name: "c.py", Kind: selectors.KindModule, URI: "c.py", SelectionRange: bundle.Range{4, 0, 4, 3},
						Selector: "c.py@L5:C1",
					},
					To: symbol("b.go", 0, "go://m#g", "g"), Depth: 1, Ranges: []bundle.Range{{4, 0, 4, 3}},
				},
			}},
		},
		"toplevel": { // what is outside of all declarations of a file is one line, also where the server left it out
			Request:    bundle.Request{Options: map[string]any{"in": true}},
			Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "ts://a#f"}},
			Facts: &bundle.Facts{Calls: []bundle.Edge{
				topLevelCall("b.ts", 0, bundle.Range{4, 0, 4, 1}, bundle.Range{2, 0, 2, 1}),
				topLevelCall("c.ts", 7, bundle.Range{7, 0, 7, 1}), topLevelCall("c.ts", 9, bundle.Range{9, 0, 9, 1}),
				{
					From: symbol("c.ts", 3, "ts://c#N", "N"), To: symbol("a.ts", 0, "ts://a#f", "f"), Depth: 1,
					Ranges: []bundle.Range{{4, 1, 4, 2}},
				},
			}},
		},
		"typeparameters": { // a header ends where its lists of parameters do
			Facts: &bundle.Facts{Uses: []bundle.Used{
				{Symbol: symbol("t.ts", 0, "ts://t#Context", "Context"), Text: "export class Context<"},
				{Symbol: symbol("t.ts", 5, "ts://t#less", "less"), Text: "export const less = (a, b) => a < b"},
			}},
		},
		"byone": { // all that is further away is so by way of the one that is listed
			Request:    bundle.Request{Options: map[string]any{"in": true, "depth": 2.0}},
			Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#f"}},
			Facts: &bundle.Facts{Calls: []bundle.Edge{
				{From: symbol("b.go", 0, "go://m#g", "g"), To: symbol("a.go", 0, "go://m#f", "f"), Depth: 1},
				{From: symbol("c.go", 0, "go://m#h", "h"), To: symbol("b.go", 0, "go://m#g", "g"), Depth: 2},
				{From: symbol("d.go", 0, "go://m#i", "i"), To: symbol("b.go", 0, "go://m#g", "g"), Depth: 2},
			}},
		},
		"uses": { // a file is its heading, and a declaration is listed once
			Facts: &bundle.Facts{Uses: []bundle.Used{
				{Symbol: bundle.Symbol{Name: "p.py", Kind: selectors.KindModule, URI: "x/p.py"}, Own: true},
				{Symbol: symbol("x/q.py", 0, "", "q.py"), Own: true},
				{Symbol: symbol("x/q.py", 7, "py://x.q#f", "f"), Own: true, Text: "def f(a):"},
				{Symbol: symbol("pystdlib:///w.py", 286, "", "warn"), Text: "def warn(m):"},
				{Symbol: symbol("pystdlib:///w.py", 286, "", "warn"), Text: "def warn(m):"},
			}},
		},
		"subtypes": {
			Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#f"}},
			Request:    bundle.Request{Options: map[string]any{"sub": true}},
			Facts: &bundle.Facts{Types: []bundle.Edge{
				{From: symbol("d.go", 0, "go://m#i", "i"), To: symbol("a.go", 0, "go://m#f", "f"), Depth: 1},
				{From: symbol("e.go", 0, "go://m#j", "j"), To: symbol("a.go", 0, "go://m#f", "f"), Depth: 1},
			}},
		},
		"bothways": {
			Request:    bundle.Request{Options: map[string]any{"depth": 2.0}},
			Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#f"}},
			Facts: &bundle.Facts{Types: []bundle.Edge{
				{From: symbol("a.go", 0, "go://m#f", "f"), To: symbol("b.go", 0, "go://m#g", "g"), Depth: 1},
				{From: symbol("b.go", 0, "go://m#g", "g"), To: symbol("c.go", 0, "go://m#h", "h"), Depth: 2},
				{From: symbol("d.go", 0, "go://m#i", "i"), To: symbol("a.go", 0, "go://m#f", "f"), Depth: 1},
				{From: symbol("e.go", 0, "go://m#j", "j"), To: symbol("d.go", 0, "go://m#i", "i"), Depth: 2},
			}},
		},
		"calls": {Facts: &bundle.Facts{Calls: []bundle.Edge{
			{
				From: bundle.Symbol{URI: "a.go", Selector: "go://m#f"},
				To:   bundle.Symbol{URI: "b.go", Selector: "go://m#g"}, Depth: 1,
				Ranges: []bundle.Range{{1, 1, 1, 2}, {3, 1, 3, 2}},
			},
			{
				From: bundle.Symbol{URI: "c.go", Selector: "go://n#h"},
				To:   bundle.Symbol{URI: "a.go", Selector: "go://m#f"}, Depth: 2, Ranges: []bundle.Range{{8, 1, 8, 2}},
			},
		}}},
		"overview": {
			Resolution: &bundle.Resolution{
				Resolved: &bundle.Resolved{
					URI: "a.go", Range: bundle.Range{2, 0, 5, 1}, Kind: selectors.KindDef, Selector: "go://m#f",
					Status: selectors.Exact, Anchor: "anchor://a.go#\"x\"",
				},
			},
			Facts: &bundle.Facts{
				Overview: &bundle.Overview{
					Signature: "func f()", Documentation: "// f does it.", References: &four, Callers: &three,
					Users: []bundle.User{
						{URI: "b.go", Container: "go://m#g", Count: 3},
						{URI: "c.go", Count: 1, Range: bundle.Range{6, 0, 6, 1}},
					},
				},
				Definitions: []bundle.Location{location("a.go", 2, "go://m#f", "func f()")},
			},
		},
		"outdented": { // a declaration within another one loses the indentation that all of its lines have
			Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{
				URI: "a.py", Range: bundle.Range{2, 0, 5, 1}, Kind: selectors.KindMethod, Selector: "py://a#C.f",
				Status: selectors.Exact,
			}},
			Facts: &bundle.Facts{Overview: &bundle.Overview{
				Signature: "def f(\n        self,\n    ):", References: &four, Users: []bundle.User{},
				Documentation: "\"\"\"Does it.\n\n        Args:\n            x: a number.\n        \"\"\"",
			}},
		},
		"type": overviewOf(3, 2), // its own members' uses are a number
		"ways": manyWays(),
		"many": {
			Facts:      manyReferences(),
			Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#f"}},
		},
		"large": overviewOf(200, 60),
		"far":   farImpact(), // what is affected by way of one symbol has it as a title, and many tests are files
		"changes": {
			Facts: &bundle.Facts{
				Changes: []bundle.Change{
					{Symbol: symbol("a.go", 3, "go://m#g", "g"), How: bundle.ChangedSignature},
					{Symbol: symbol("n.txt", 0, "n.txt@L1:C1", "n.txt"), How: bundle.ChangedFile},
				},
				Impact: []bundle.Affected{
					{
						Symbol: symbol("a.go", 2, "go://m#T.f", "f"), How: bundle.Calls, Of: "go://m#g", Depth: 1,
						Sites: []bundle.Range{{3, 1, 3, 2}},
					},
					{
						Symbol: symbol("a.go", 8, "go://m#long", "long"), How: bundle.Uses, Of: "go://m#T.f", Depth: 2,
						Sites: []bundle.Range{{12, 5, 12, 6}},
					},
				},
			},
		},
	} {
		sites := name == "callers"
		layout := report.Layout{Flag: "--", Max: 16000, Sites: sites, Lines: func(path string) *text.Content {
			if code, ok := code[path]; ok {
				return text.New([]byte(code))
			}
			return nil
		}}
		got := report.Compact(sealed(t, b), layout)
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || got != string(want) {
			t.Errorf("%s (%v):\n%s\nwant\n%s", name, err, got, want)
		}
	}
}

// topLevelCall is an edge to ts://a#f from outside of all declarations of a file.
func topLevelCall(uri string, line int, sites ...bundle.Range) bundle.Edge {
	return bundle.Edge{
		From: bundle.Symbol{
			Name: uri, Kind: selectors.KindModule, URI: uri, Selector: fmt.Sprintf("%s@L%d:C1", uri, line+1),
			SelectionRange: bundle.Range{line, 0, line, 1},
		},
		To: symbol("a.ts", 0, "ts://a#f", "f"), Depth: 1, Ranges: sites,
	}
}

// farImpact returns the impact of a function with one user, which is used by five functions and fifty tests, and one
// of which is used once more.
func farImpact() bundle.Bundle {
	add := func(list []bundle.Affected, file, name, of string, depth int, isTest bool) []bundle.Affected {
		return append(list, bundle.Affected{
			Symbol: symbol(file, len(list), "go://m#"+name, name), How: bundle.Calls, Of: "go://m#" + of, Depth: depth,
			Sites: []bundle.Range{{1, 1, 1, 2}}, Test: isTest,
		})
	}
	list := add(nil, "a.go", "Run", "f", 1, false)
	for i := range 5 {
		list = add(list, "b.go", fmt.Sprint("main", i), "Run", 2, false)
	}
	list = add(list, "c.go", "outer", "main1", 3, false)
	for i := range 50 {
		list = add(list, fmt.Sprintf("t%d_test.go", i/20), fmt.Sprint("Test", i), "Run", 2, true)
	}
	return bundle.Bundle{
		Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#f"}},
		Facts:      &bundle.Facts{Impact: list},
	}
}

// overviewOf returns the overview of a type with some methods, each of which uses it once, and other users.
func overviewOf(methods, users int) bundle.Bundle {
	o := &bundle.Overview{Signature: "type Command struct", References: new(int)}
	o.Members = append(o.Members, symbol("a.go", 3, "go://m#Command.Use", "Use"))
	o.Members[0].Kind = selectors.KindField
	for i := range methods {
		one := symbol("b.go", 10*i, fmt.Sprintf("go://m#Command.Method%d", i), fmt.Sprint("Method", i))
		o.Members = append(o.Members, one)
		user := bundle.User{URI: "b.go", Container: one.Selector, Range: one.SelectionRange, Count: 1}
		o.Users = append(o.Users, user)
	}
	for i := range o.Members {
		o.Members[i].Container = "go://m#Command"
	}
	for i := range users {
		in := fmt.Sprintf("go://m#CommandUser%d", i)
		file := fmt.Sprintf("user%d.go", i/20)
		o.Users = append(o.Users, bundle.User{URI: file, Container: in, Range: bundle.Range{i, 0, i, 1}, Count: 2})
	}
	*o.References = methods + 2*users
	return bundle.Bundle{
		Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{
			URI: "a.go", Range: bundle.Range{2, 0, 5, 1}, Kind: selectors.KindStruct, Selector: "go://m#Command",
			Status: selectors.Exact,
		}},
		Facts: &bundle.Facts{Overview: o},
	}
}

// The overview of a type with 200 methods, which are used in 60 functions, costs an agent less than 4,000 bytes and
// names every member.
func TestTheOverviewOfALargeTypeIsShort(t *testing.T) {
	text := report.Compact(sealed(t, overviewOf(200, 60)), report.Layout{Flag: "--"})
	if len(text) > 4000 {
		t.Errorf("%d bytes:\n%s", len(text), text)
	}
	for i := range 200 {
		if !regexp.MustCompile(fmt.Sprintf(`\bMethod%d\b`, i)).MatchString(text) {
			t.Errorf("Method%d is missing", i)
		}
	}
}

// Long documentation, members of a type that is declared in several places, and many possible uses do not make an
// overview long. The uses by the type's own members are counted.
func TestTheOverviewOfADocumentedTypeIsShort(t *testing.T) {
	b := overviewOf(100, 60)
	o := b.Facts.Overview
	o.Documentation = strings.Repeat("// More of the same is written here.\n", 59) + "// The end."
	for i := range o.Members {
		o.Members[i].Container += "?overload=0"
	}
	l := &bundle.Ledger{Names: []string{"Command"}, Possible: 150}
	for i := range 150 {
		at := bundle.Location{
			URI: fmt.Sprintf("user%d.go", i/50), Range: bundle.Range{i, 0, i, 7}, Text: "return new(Command), nil",
		}
		l.Uses = append(l.Uses, bundle.PossibleUse{Location: at, Why: "nobody knows"})
	}
	b.Evidence = bundle.Evidence{State: bundle.Partial, Ledger: l}
	text := report.Compact(sealed(t, b), report.Layout{Flag: "--"})
	if len(text) > 4000 {
		t.Errorf("%d bytes", len(text))
	}
	for _, part := range []string{
		"| // More of the same is written here.\nand 48 more lines (hover has them)\n", " def: Method0, Method1, ",
		"220 uses, 100 in its own members, by file (refs lists them):\n", "\nuser2.go: 101,102,",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

// manyWays returns calls of functions of which one leads to the symbol by way of seven others, some of them overloads,
// and one by way of five.
func manyWays() bundle.Bundle {
	target, far, near := symbol("a.go", 30, "go://m#f", "f"), symbol("a.go", 20, "go://m#far", "far"),
		symbol("a.go", 21, "go://m#near", "near")
	var calls []bundle.Edge
	for i := range 7 {
		name := fmt.Sprint("way", i)
		way := symbol("a.go", i, "go://m#"+name, name)
		if i > 4 {
			way.Selector += "?overload=1"
		}
		at := []bundle.Range{{i, 1, i, 2}}
		calls = append(calls, bundle.Edge{From: way, To: target, Depth: 1, Ranges: at},
			bundle.Edge{From: far, To: way, Depth: 2, Ranges: at})
		if i < 5 {
			calls = append(calls, bundle.Edge{From: near, To: way, Depth: 2, Ranges: at})
		}
	}
	return bundle.Bundle{
		Request:    bundle.Request{Options: map[string]any{"in": true, "depth": 2.0}},
		Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#f"}},
		Facts:      &bundle.Facts{Calls: calls},
	}
}

// manyReferences returns references in code and tests, more than are written with their code.
func manyReferences() *bundle.Facts {
	f := &bundle.Facts{}
	for i := range 120 {
		f.References = append(f.References, location("a.go", i, fmt.Sprint("go://m#F", i/50), "  f()"))
	}
	for i := range 9 {
		in := fmt.Sprint("go://m#Test", i/4)
		if i == 8 {
			in = ""
		}
		at := location("a_test.go", 7*i, in, "f()")
		at.Confirmed = i == 2 || i == 3
		f.References = append(f.References, at, at)
	}
	f.References = append(f.References, location("b.go", 3, "go://m#G", "return f()"))
	return f
}

// For any budget, the text fits it, lists the first references, and the number of those that are cut adds up.
func TestACutAnswerFitsTheBudgetAndCountsWhatIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var refs []bundle.Location
		for i := range rapid.SampledFrom([]int{1, 7, 39, 40, 41, 60, 150, 400}).Draw(t, "references") {
			file := rapid.SampledFrom([]string{"a.go", "long/path/to/b.go", "a_test.go"}).Draw(t, "file")
			in := "go://m#" + rapid.StringMatching(`[A-C]{1,8}`).Draw(t, "in")
			refs = append(refs, location(file, i, in, rapid.StringMatching(`[a-z ]{0,60}x`).Draw(t, "text")))
		}
		b := sealed(t, bundle.Bundle{
			Request: bundle.Request{Cmd: "references", Options: map[string]any{}},
			Facts:   &bundle.Facts{References: refs},
		})
		before := fmt.Sprint(b.Facts.References)
		budget := rapid.IntRange(200, 8000).Draw(t, "budget")
		said := report.Compact(b, report.Layout{Max: budget})
		if len(said) > budget {
			t.Fatalf("%d bytes, and %d are allowed", len(said), budget)
		}
		shown, cut := entries(said), 0
		if m := regexp.MustCompile(`(\d+) more were cut`).FindStringSubmatch(said); m != nil {
			fmt.Sscan(m[1], &cut)
		}
		head := fmt.Sprintf("%d references\n", len(refs))
		if len(refs) == 1 {
			head = "1 reference\n"
		}
		if len(shown)+cut != len(refs) || !strings.HasPrefix(said, head) {
			t.Fatalf("%d shown and %d cut of %d:\n%s", len(shown), cut, len(refs), said)
		}
		var want []string
		for _, l := range b.Facts.References[:len(shown)] {
			want = append(want, fmt.Sprint(l.URI, ":", l.Range[0]+1))
		}
		slices.Sort(want)
		if !slices.Equal(shown, want) {
			t.Fatalf("%v is shown, want %v:\n%s", shown, want, said)
		}
		if fmt.Sprint(b.Facts.References) != before {
			t.Fatal("the bundle is not as it was")
		}
	})
}

// entries returns the places of a compact text as "path:line", in order.
func entries(text string) (out []string) {
	file, line := "", regexp.MustCompile(`(?m)^(\S+\.go)$|^ +(?:\S+ )?([0-9,]+)(?:: .*)?$`)
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			file = m[1]
			continue
		}
		for line := range strings.SplitSeq(m[2], ",") {
			out = append(out, file+":"+line)
		}
	}
	slices.Sort(out)
	return out
}

// The outline of a file lists what it declares: no parameters, no variables of functions with what is in them, and no
// imports unless there is nothing else.
func TestAnOutlineLeavesOutImportsAndVariablesOfFunctions(t *testing.T) {
	one := func(file, container, name string, kind selectors.Kind) bundle.Symbol {
		s := bundle.Symbol{Name: name, Kind: kind, URI: file, Selector: "ts://m#" + name}
		if container != "" {
			s.Container, s.Depth = "ts://m#"+container, strings.Count(name, ".")
		}
		return s
	}
	imported := one("a.ts", "", "lib", selectors.KindVar)
	imported.Import = true
	onlyImported := imported
	onlyImported.URI = "b.ts"
	list := []bundle.Symbol{
		imported,
		one("a.ts", "", "f", selectors.KindDef),
		one("a.ts", "f", "f.x", selectors.KindVar),
		one("a.ts", "f.x", "f.x.key", selectors.KindField),
		one("a.ts", "f", "f.inner", selectors.KindDef),
		one("a.ts", "", "C", selectors.KindClass),
		one("a.ts", "C", "C.n", selectors.KindVar),
		onlyImported,
	}
	for _, tt := range []struct {
		options map[string]any
		want    string
	}{
		{nil, "a.ts\n  1 def f\n   1 def inner\n  1 class C\n   1 var n\nb.ts\n  1 var lib\n" +
			"not listed: parameters and variables of functions (2), imports (1)\n"},
		{map[string]any{"kind": "var"}, "a.ts\n  1 var lib\n  1 def f\n   1 var x\n    1 field key\n   1 def inner\n" +
			"  1 class C\n   1 var n\nb.ts\n  1 var lib\n"},
	} {
		b := bundle.Bundle{
			Request: bundle.Request{Cmd: "symbols", Options: tt.options}, Facts: &bundle.Facts{Symbols: list},
		}
		if got := report.Compact(sealed(t, b), report.Layout{}); got != tt.want {
			t.Errorf("options %v: got\n%s\nwant\n%s", tt.options, got, tt.want)
		}
	}
}
