package cbuild

import (
	"strings"
	"testing"
)

// By which command clangd is made to read a header as a source does that includes it.
func TestAHeaderIsReadAfterWhatItsSourceIncludesBefore(t *testing.T) {
	t.Parallel()
	const twoSources = `[{"directory":"/nowhere","file":"/nowhere/src/a.c",` +
		`"arguments":["gcc","-c","-o","a.o","-I.","src/a.c"]},` +
		`{"directory":"/nowhere","file":"/nowhere/b.c","arguments":["gcc","-c","b.c"]}]`
	const tail = " /nowhere/inner.h"
	const withBody = "#ifdef BODY\nint b;\n#endif\n"
	for name, tt := range map[string]struct {
		v               files
		want            string // the command with what comes before; "" for none
		whole           string // the end of the command with the whole file
		decides, varies bool
		unknown         bool
	}{
		"nothing comes before": {
			v:     files{"src/a.c": "#include \"inner.h\"\n#include \"types.h\"\n"},
			whole: "c-header -ferror-limit=0 -include /nowhere/src/a.c" + tail,
		},
		"what comes before, as written or by its path": {
			v: files{
				"src/a.c": "#include <stdio.h>\n#include \"types.h\"\n#include \"gone.h\"\n" +
					"#include \"../inner.h\"\n#include \"late.h\"\n",
				"src/types.h": "",
			},
			want: "gcc -I. -x c-header -include stdio.h -include /nowhere/src/types.h -include gone.h" + tail,
		},
		"what comes before in a header that leads to it": {
			v: files{
				"src/a.c": "#include <first.h>\n#include \"outer.h\"\n",
				"outer.h": "#ifndef OUTER\n#define OUTER\n#define WIDE 1\n#include \"types.h\"\n" +
					"#include \"inner.h\"\n#endif\n",
				"types.h": "",
			},
			want:  "gcc -I. -x c-header -DWIDE=1 -include first.h -include /nowhere/types.h" + tail,
			whole: "c-header -include first.h -ferror-limit=0 -include /nowhere/outer.h" + tail,
		},
		"macros, but those that the header defines too": {
			v: files{
				"src/a.c": "#define OWN 1\n#define ADD(a, b) a + b\n#define LONG 1 \\\n + 2\n#include \"inner.h\"\n",
				"inner.h": "#ifndef OWN\n#define OWN 2\n#endif\n",
			},
			want: "gcc -I. -x c-header -DADD(a, b)=a + b" + tail,
		},
		"nothing that a condition rules": {
			v:    files{"src/a.c": "#ifdef WIN\n#include \"win.h\"\n#endif\n#include <x.h>\n#include \"inner.h\"\n"},
			want: "gcc -I. -x c-header -include x.h" + tail,
		},
		"a condition leads to it": {
			v: files{
				"src/a.c": "#include <x.h>\n#ifdef A\n#include <y.h>\n#include \"inner.h\"\n#endif\n#include <z.h>\n",
			},
			want: "gcc -I. -x c-header -include x.h" + tail,
		},
		"a condition leads to it, and then another directive": {
			v: files{
				"src/a.c": "#ifdef A\n#include \"inner.h\"\n#endif\n#include <z.h>\n#define Z\n#include \"inner.h\"\n",
			},
			want: "gcc -I. -x c-header -DZ= -include z.h" + tail,
		},
		"no source includes it": {v: files{"src/a.c": "int a;\n"}, unknown: true},
		"a macro of a source decides": {
			v:    files{"src/a.c": "#define BODY\n#include \"inner.h\"\n", "inner.h": withBody},
			want: "gcc -I. -x c-header -DBODY=" + tail, decides: true,
		},
		"a macro of one source of two decides": {
			v: files{
				"src/a.c": "#define BODY\n#include \"inner.h\"\n", "b.c": "#include \"inner.h\"\n",
				"inner.h": withBody,
			},
			decides: true, varies: true,
		},
		"a macro of what it includes decides": {
			v: files{
				"src/a.c": "#include <x.h>\n#include \"inner.h\"\n",
				"inner.h": "#include \"config.h\"\n" + withBody, "config.h": "#define BODY\n",
			},
			want: "gcc -I. -x c-header -include x.h" + tail,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := files{"compile_commands.json": twoSources, "inner.h": "", "b.c": "int b;\n"}
			for p, content := range tt.v {
				v[p] = content
			}
			c, ok := Contexts(v)("inner.h")
			got, whole := strings.Join(c.Before.Argv, " "), strings.Join(c.Whole.Argv, " ")
			alone := strings.Join(c.Alone.Argv, " ")
			if !tt.unknown && !strings.HasSuffix(alone, " -x c-header"+tail) {
				t.Errorf("alone by %q", alone)
			}
			if !strings.HasSuffix(whole, tt.whole) {
				t.Errorf("%q, want %q at the end", whole, tt.whole)
			}
			if got != tt.want || ok == tt.unknown || c.Decides != tt.decides || c.Varies != tt.varies {
				t.Errorf("%q %v, decides %v, varies %v\nwant %q %v, %v, %v", got, ok, c.Decides, c.Varies,
					tt.want, !tt.unknown, tt.decides, tt.varies)
			}
		})
	}
}
