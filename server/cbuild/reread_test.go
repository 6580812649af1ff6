package cbuild

import (
	"slices"
	"testing"
)

// Which files clangd is made to read again after an edit.
func TestSourcesAreReadAgainWithWhatTheyInclude(t *testing.T) {
	const listed = `[{"directory":"/nowhere","file":"/nowhere/a.c","arguments":["cc","a.c"]},` +
		`{"directory":"/nowhere","file":"/nowhere/b.c","arguments":["cc","b.c"]},` +
		`{"directory":"/nowhere","file":"/nowhere/u.c","arguments":["cc","u.c"]}]`
	all := files{
		"compile_commands.json": listed,
		"a.c":                   "#include \"a.h\"\nint a;\n",
		"b.c":                   "#include \"b.h\"\nint b;\n",
		"u.c":                   "#include \"part.c\"\n#include \"list.def\"\n",
		"part.c":                "int part;\n",
		"list.def":              "X(one)\n",
		"a.h":                   "#ifndef A_H\n#define A_H\n#include \"b.h\"\nint f(void);\n#endif\n",
		"b.h":                   "#pragma once\n#ifdef __cplusplus\nextern \"C\" {\n#endif\nint g(void);\n",
		"mode.h":                "#ifdef MODE\nint h(void);\n#endif\n",
		"m.c":                   "#include \"mode.h\"\n",
		"alone.c":               "int alone;\n",
	}
	withMode := files{"a.c": "#include \"mode.h\"\n"}
	byMacro := files{"b.c": "#include NAME\n"}
	for name, tt := range map[string]struct {
		other   files // besides all
		changed []string
		want    []string
		stale   bool
	}{
		"a source":                                {changed: []string{"a.c"}, want: []string{"a.c"}},
		"a header":                                {changed: []string{"a.h"}, want: []string{"a.c", "a.h"}},
		"a header that others include":            {changed: []string{"b.h"}, want: []string{"a.c", "b.c", "b.h"}},
		"a part of a source":                      {changed: []string{"part.c"}, want: []string{"part.c", "u.c"}},
		"a list of macros":                        {changed: []string{"list.def"}, want: []string{"u.c"}},
		"a source that no database lists":         {changed: []string{"alone.c"}},
		"a header of sources that are not listed": {changed: []string{"mode.h"}},
		"a header with conditions":                {other: withMode, changed: []string{"mode.h"}, stale: true},
		"a header where a macro names an included file": {
			other: byMacro, changed: []string{"a.h"}, want: []string{"a.c", "a.h", "b.c"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := files{}
			for p, content := range all {
				v[p] = content
			}
			for p, content := range tt.other {
				v[p] = content
			}
			got, ok := Reread(v, tt.changed)
			if !slices.Equal(got, tt.want) || ok == tt.stale {
				t.Errorf("%q %v, want %q %v", got, ok, tt.want, !tt.stale)
			}
		})
	}
}
