package cbuild

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A file is checked by each command that can give it other diagnostics.
func TestVariantsAreCommandsThatMeanSomethingElse(t *testing.T) {
	const db = "compile_commands.json"
	entry := func(command string) string {
		raw, err := json.Marshal(map[string]string{"directory": "/nowhere", "file": "a.c", "command": command})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for name, tt := range map[string]struct {
		database string
		want     [][]string
	}{
		"one command": {"[" + entry("cc -c a.c") + "]", nil},
		"other macros": {
			"[" + entry("cc -c a.c") + "," + entry("cc -DX -c a.c") + "]",
			[][]string{{"cc", "-c", "a.c"}, {"cc", "-DX", "-c", "a.c"}},
		},
		"the same twice": {"[" + entry("cc -c a.c -o a.o") + "," + entry("cc -c a.c -ob.o") + "]", nil},
		"for a shared library": {
			"[" + entry("cc -O2 -c a.c -o a.o") + "," +
				entry("cc -fPIC -DPIC -Da_EXPORTS -g -MD -MF a.d -c a.c -o b.o") + "]", nil,
		},
		"quoted words": {
			"[" + entry("cc -c a.c") + "," + entry(`cc '-DA=\"b c\"' -D'B C'="d" -DE=f\\g -c a.c`) + "]",
			[][]string{{"cc", "-c", "a.c"}, {"cc", `-DA=\"b c\"`, "-DB C=d", `-DE=f\g`, "-c", "a.c"}},
		},
		"not JSON": {"[", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got [][]string
			for _, c := range Variants(files{db: tt.database, "a.c": ""})("a.c") {
				got = append(got, c.Argv)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
