package overlooked

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bash -n fails on the scripts with findings, and on no other one.
func TestKeywordsThatTheShellTakesForArgumentsAreErrors(t *testing.T) {
	for script, want := range map[string][]string{
		"if [ $1 = 1 ] then\necho\nfi\n":               {"1:15 error SC1010"},
		"\n\twhile [ -n \"$a\" ] do # x\r\n:\ndone\n":  {"2:20 error SC1010"},
		"while [[ -n $a ]] do\n:\ndone\n":              nil,
		"if [ a ]; then echo then; fi\n":               nil,
		"if [ a ]\nthen echo done\nfi\n":               nil,
		"echo [ a ] then\n":                            nil,
		"if [ a ] && [ b ] then\n:\nelif x then\nfi\n": {"1:19 error SC1010"},
	} {
		var got []string
		for _, f := range swallowedKeywords("a.sh", []byte(script)) {
			got = append(got, fmt.Sprintf("%d:%d %s %s", f.At.Line+1, f.At.Column+1, f.Severity, f.Code))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %s", script, cmp.Diff(want, got))
		}
	}
}
