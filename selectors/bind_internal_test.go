package selectors

import (
	"slices"
	"testing"
)

// A selector of very many names is read in a few ways: otherwise the time that it takes grows with the square of its
// length, and a question does not end by its deadline.
func TestASelectorOfVeryManyNamesHasFewReadings(t *testing.T) {
	many := slices.Repeat([]string{"a"}, 20_000)
	for name, n := range map[string]Named{
		"anywhere":    {Module: Anywhere, Names: many},
		"in a module": {Lang: "py", Module: "m", Names: many},
		"of a module": {Lang: "py", Module: "m", Names: []string{"f"}},
	} {
		got := n.readings()
		if len(got) == 0 || len(got) > 1000 {
			t.Errorf("%s: %d readings", name, len(got))
		}
		for _, r := range got[1:] {
			if len(r.names) > maxNames && r.module != Anywhere {
				t.Errorf("%s: a reading with %d names", name, len(r.names))
			}
		}
	}
	short := Named{Module: Anywhere, Names: []string{"pkg", "mod", "f"}}.readings()
	isModule := func(r reading) bool { return r.module == "pkg.mod" && slices.Equal(r.names, []string{"f"}) }
	if !slices.ContainsFunc(short, isModule) {
		t.Errorf("the module of a short one is not read: %+v", short)
	}
}
