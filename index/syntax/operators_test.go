package syntax_test

import (
	"slices"
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

func TestOperatorsOfCPPAreKnown(t *testing.T) {
	const src = "void t() { a == b; a += -b; ++a; *p; o << 1; }"
	found, err := syntax.Operators(t.Context(), "a.cc", []byte(src))
	var got []string
	for s := range found {
		got = append(got, found[s])
	}
	slices.Sort(got)
	if s := strings.Join(got, " "); err != nil || s != "* ++ += - << ==" {
		t.Errorf("%q, %v", s, err)
	}
}

func TestOperatorsOfRustAreKnown(t *testing.T) {
	for code, want := range map[string]string{
		"a + b * -c":                 "+ * -",
		"a += !b; c[0] = *d":         "+= ! ] *",
		"a == b && c < d":            "== && <",
		"let x: Vec<u8> = f::<T>(1)": "",
		"f(&a)":                      "",
		`assert!(a == b[0], "{}")`:   "== ] ,",
	} {
		src := "fn t() { " + code + "; }"
		found, err := syntax.Operators(t.Context(), "a.rs", []byte(src))
		var spans []text.Span
		for s, sign := range found {
			if !strings.Contains("(){};=", sign) {
				spans = append(spans, s)
			}
		}
		slices.SortFunc(spans, func(a, b text.Span) int { return a.Start - b.Start })
		var got []string
		for _, s := range spans {
			got = append(got, found[s])
		}
		if s := strings.Join(got, " "); err != nil || s != want {
			t.Errorf("%q: %q, %v, want %q", code, s, err, want)
		}
	}
}
