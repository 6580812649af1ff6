package scip_test

import (
	"path/filepath"
	"strings"
	"testing"

	bindings "github.com/scip-code/scip/bindings/go/scip"
	"google.golang.org/protobuf/proto"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/scip"
)

// encoded is an index of one document.
func encoded(t testing.TB, path string, ranges ...int32) []byte {
	t.Helper()
	const symbol = "scip-go gomod m v1 `m`/F()."
	raw, err := proto.Marshal(&bindings.Index{Documents: []*bindings.Document{{
		RelativePath: path,
		Symbols:      []*bindings.SymbolInformation{{Symbol: symbol}},
		Occurrences: []*bindings.Occurrence{
			{Symbol: symbol, Range: ranges, SymbolRoles: int32(bindings.SymbolRole_Definition)},
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestDocumentsOfAnIndexAreInTheWorkspace(t *testing.T) {
	for path, want := range map[string]bool{
		"a.go": true, "d/a.go": true, "..a.go": true, "": false, ".": false, "..": false, "../a.go": false,
		"/a.go": false, "d/../../a.go": false, "./a.go": false, "d//a.go": false,
	} {
		_, err := scip.Read(encoded(t, path, 0, 0, 1))
		if (err == nil) != want || err != nil && !fault.Is(err, fault.Usage) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// A place that no file can have is refused, and not printed as line -4.
func TestARangeThatNoFileCanHaveIsRefused(t *testing.T) {
	for _, tt := range []struct {
		ranges []int32
		ok     bool
	}{
		{[]int32{0, 0, 1}, true},
		{[]int32{3, 2, 2}, true},
		{[]int32{1, 4, 2, 0}, true},
		{[]int32{-5, 0, 3}, false},
		{[]int32{0, -1, 3}, false},
		{[]int32{0, 0, -3}, false},
		{[]int32{0, 0, -1, 3}, false},
		{[]int32{0, 5, 1}, false},
		{[]int32{2, 0, 1, 0}, false},
		{[]int32{0, 1}, false},
	} {
		_, err := scip.Read(encoded(t, "a.go", tt.ranges...))
		if (err == nil) != tt.ok || err != nil && !fault.Is(err, fault.Usage) {
			t.Errorf("%v: %v", tt.ranges, err)
		}
	}
}

// The parser of the bindings panics at symbols that end in the middle of their scheme if they contain characters of
// several bytes.
func TestATruncatedSymbolIsRefused(t *testing.T) {
	for _, symbol := range []string{"0000000000000000000000000ʞ", "scip-go", "é", "scip-go gomod m v1 `m", ""} {
		raw, err := proto.Marshal(&bindings.Index{Documents: []*bindings.Document{{
			RelativePath: "a.go", Symbols: []*bindings.SymbolInformation{{Symbol: symbol}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := scip.Read(raw); !fault.Is(err, fault.Usage) {
			t.Errorf("%q: %v", symbol, err)
		}
	}
}

// Any index is read or refused, and its documents are in the workspace.
func FuzzRead(f *testing.F) {
	f.Add(encoded(f, "a.go", 0, 0, 1))
	f.Add(encoded(f, "a.go", -1, 5, 0, -7))
	f.Add(encoded(f, "../a.go", 1))
	f.Add([]byte(strings.Repeat("\x12\x00", 100)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, err := scip.Read(raw)
		if err != nil {
			if !fault.Is(err, fault.Usage) {
				t.Error(err)
			}
			return
		}
		paths := x.Paths()
		if len(paths) > len(raw) {
			t.Errorf("%d documents in %d bytes", len(paths), len(raw))
		}
		for _, p := range paths {
			if !filepath.IsLocal(p) {
				t.Errorf("it names %q", p)
			}
			x.Encoding(p)
			for _, s := range x.At(p, text.Point{}) {
				x.Occurrences(s)
				x.Implementations(s)
				x.Documentation(s)
			}
		}
	})
}
