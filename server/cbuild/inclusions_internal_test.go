package cbuild

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Reading only the lines that can hold a directive finds what reading the whole source does.
func TestDirectivesAreFoundInTheirLinesAlone(t *testing.T) {
	pieces := []string{
		"#include", "# include", "%:include", "??=include", "#", "include_next", "import", "module", "export", " ",
		"\t",
		"\n", "\r\n", "\\\n", "\\\r\n", "/* c */", "/*", "*/", "\"a.h\"", "<b.h>", "NAME", ";", "x", "{", "=",
		"include",
	}
	r := rand.New(rand.NewPCG(3, 5))
	for range 200_000 {
		var src strings.Builder
		for range r.IntN(12) {
			src.WriteString(pieces[r.IntN(len(pieces))])
		}
		var want []string
		isOpen := ofModule.MatchString(src.String())
		for _, m := range includeDirective.FindAllStringSubmatch(src.String(), -1) {
			if m[1]+m[2] == "" {
				isOpen = true
			} else {
				want = append(want, m[1]+m[2])
			}
		}
		if got, open := inclusionsIn([]byte(src.String())); !slices.Equal(got, want) || open != isOpen {
			t.Fatalf("%q: %q %v, want %q %v", src.String(), got, open, want, isOpen)
		}
	}
}
