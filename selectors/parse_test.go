package selectors_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	sel "lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

var accepted = []struct {
	in, canonical string
	want          sel.Selector
}{
	{"src/app.py@L42:C7", "src/app.py@L42:C7", sel.Cursor{"src/app.py", 42, 7, text.UTF16, ""}},
	{"./src//app.py@L42:C7?docVersion=git:HEAD~3", "src/app.py@L42:C7?docVersion=git:HEAD~3", sel.Cursor{"src/app.py", 42, 7, text.UTF16, "git:HEAD~3"}},
	{"src/app.py@R(42,7->44,1)", "src/app.py@R(42,7->44,1)", sel.Range{"src/app.py", 42, 7, 44, 1, text.UTF16, ""}},
	{"a/[slug]/p%23q%20r@x@L1:C1", "a/[slug]/p%23q%20r@x@L1:C1", sel.Cursor{"a/[slug]/p#q r@x", 1, 1, text.UTF16, ""}},
	{"a b@L1:C2", "a%20b@L1:C2", sel.Cursor{"a b", 1, 2, text.UTF16, ""}},
	{"/abs/x.go@L1:C1", "file:///abs/x.go@L1:C1", sel.Cursor{"file:///abs/x.go", 1, 1, text.UTF16, ""}},
	{`c:\src\x.go@L1:C1`, "file:///C:/src/x.go@L1:C1", sel.Cursor{"file:///C:/src/x.go", 1, 1, text.UTF16, ""}},
	{"file:///c:/src/x.go@L1:C1", "file:///C:/src/x.go@L1:C1", sel.Cursor{"file:///C:/src/x.go", 1, 1, text.UTF16, ""}},
	{"py://pkg.mod#Class.method:body", "py://pkg.mod#Class.method:body", sel.Symbolic{sel.Python, "pkg.mod", []string{"Class", "method"}, sel.Body, nil, ""}},
	{"python://pkg.mod#f:sig?overload=1", "py://pkg.mod#f:sig?overload=1", sel.Symbolic{sel.Python, "pkg.mod", []string{"f"}, sel.Sig, sel.Ordinal(1), ""}},
	{"go://net/http#Server.ListenAndServe:def", "go://net/http#Server.ListenAndServe", sel.Symbolic{sel.Go, "net/http", []string{"Server", "ListenAndServe"}, sel.Def, nil, ""}},
	{"go://*#Server:Serve", "go://*#Server.Serve", sel.Symbolic{sel.Go, "*", []string{"Server", "Serve"}, sel.Def, nil, ""}},
	{"js://./src/app#Store.load", "ts://src/app#Store.load", sel.Symbolic{sel.TypeScript, "src/app", []string{"Store", "load"}, sel.Def, nil, ""}},
	{"ts://src/[slug]/p%23#%23priv.[Symbol%2Eiterator]", "ts://src/[slug]/p%23#%23priv.[Symbol%2Eiterator]", sel.Symbolic{sel.TypeScript, "src/[slug]/p#", []string{"#priv", "[Symbol.iterator]"}, sel.Def, nil, ""}},
	{"ts://a#C.%64ef", "ts://a#C.def", sel.Symbolic{sel.TypeScript, "a", []string{"C", "def"}, sel.Def, nil, ""}},
	{"ts://a#C.def", "ts://a#C.def", sel.Symbolic{sel.TypeScript, "a", []string{"C", "def"}, sel.Def, nil, ""}},
	{"ts://a#def", "ts://a#def", sel.Symbolic{sel.TypeScript, "a", []string{"def"}, sel.Def, nil, ""}},
	{"go://.#Ж", "go://.#Ж", sel.Symbolic{sel.Go, ".", []string{"Ж"}, sel.Def, nil, ""}},
}

func TestParseReadsEveryFormAndFormatsItCanonically(t *testing.T) {
	for _, tt := range accepted {
		got, err := sel.Parse(tt.in, text.UTF16)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.in, d)
		}
		if got.String() != tt.canonical {
			t.Errorf("%s: canonical %s, want %s", tt.in, got, tt.canonical)
		}
	}
}

func TestPositionSpecCarriesTheSameValue(t *testing.T) {
	for _, tt := range accepted {
		raw, err := json.Marshal(sel.Spec(tt.want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := sel.FromJSON(raw, text.UTF8)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", raw, d)
		}
	}
}

func TestBadSelectorsNameTheByteAndWhatWasExpected(t *testing.T) {
	for _, tt := range []struct {
		in     string
		offset int
		want   string
	}{
		{"", 0, "a selector"},
		{"Server.Serve", 12, "go://*#Server%2EServe"},
		{"py://pkg.mod", 12, "#"},
		{"zz://a#b", 0, "go://"},
		{"py://#f", 5, "a module"},
		{"py://m#a..b", 9, "a name"},
		{"py://m#a.", 9, "a name"},
		{"py://m#a:", 9, "a name"},
		{"py://m#a#b", 8, "%23"},
		{"py://m#a%4", 8, "two hex"},
		{"py://m#a%zz", 8, "two hex"},
		{"py://m#a?overload=-1", 18, "from 0"},
		{"py://m#a?bogus=1", 9, "docVersion, overload"},
		{"py://m#a?overload=1&overload=2", 20, "once"},
		{"a.py@L0:C1", 5, "from 1"},
		{"a.py@L1", 5, "Lline:Ccol"},
		{"a.py@L1:C1junk", 5, "Lline:Ccol"},
		{"a.py@R(2,1->1,1)", 5, "at or after"},
		{"a.py@L1:C1?overload=1", 11, "docVersion"},
		{"a.py@L1:C1?docVersion=HEAD", 22, "git:REV"},
		{"@L1:C1", 0, "a path"},
		{"ast://[module=m]", 0, "symbolic"},
		{"a\x00b@L1:C1", 1, "%00"},
	} {
		got, err := sel.Parse(tt.in, text.UTF16)
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.BadSelector {
			t.Errorf("%q: got %v, %v, want a syntax error", tt.in, got, err)
			continue
		}
		d := e.Details.(sel.SyntaxDetails)
		if d.Offset != tt.offset || !strings.Contains(strings.Join(d.Expected, " or "), tt.want) {
			t.Errorf("%q: offset %d expected %q, want offset %d and %q", tt.in, d.Offset, d.Expected, tt.offset, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range accepted {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		first, err := sel.Parse(in, text.UTF16)
		if err != nil {
			return
		}
		canonical := first.String()
		second, err := sel.Parse(canonical, text.UTF16)
		if err != nil {
			t.Fatalf("%q: canonical %q does not parse: %v", in, canonical, err)
		}
		if d := cmp.Diff(first, second); d != "" || second.String() != canonical {
			t.Fatalf("%q: canonical %q means something else: %s", in, canonical, d)
		}
		third, err := sel.Spec(first).Selector(text.UTF16)
		if d := cmp.Diff(first, third); err != nil || d != "" {
			t.Fatalf("%q: PositionSpec means something else: %v %s", in, err, d)
		}
	})
}

func FuzzFromJSON(f *testing.F) {
	for _, tt := range accepted {
		raw, _ := json.Marshal(sel.Spec(tt.want))
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, err := sel.FromJSON(raw, text.UTF16)
		if err != nil {
			return
		}
		again, err := json.Marshal(sel.Spec(first))
		if err != nil {
			t.Fatal(err)
		}
		second, err := sel.FromJSON(again, text.UTF16)
		if d := cmp.Diff(first, second); err != nil || d != "" {
			t.Fatalf("%q: %s means something else: %v %s", raw, again, err, d)
		}
	})
}
