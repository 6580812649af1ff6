package compiler_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/compiler"
)

func TestFindingsAboutAProjectFileAreDecodedFromTheCompilersOutput(t *testing.T) {
	check := compiler.TypeScript("", "ts")
	for name, tt := range map[string]struct {
		out          string
		want         []compiler.ProjectFinding
		lacksLibrary bool
	}{
		"clean": {out: "/opt/ts/lib/lib.es5.d.ts\n/ws/a.ts\n"},
		"at a place": {
			out: "conf (old)/tsconfig.json(1,21): error TS5102: Option 'baseUrl' has been removed.\n" +
				"  Use 'paths' instead.\n",
			want: []compiler.ProjectFinding{{
				File: "conf (old)/tsconfig.json", Line: 0, Col: 20, Severity: "error", Code: "5102",
				Message: "Option 'baseUrl' has been removed.\n  Use 'paths' instead.",
			}},
		},
		"without a file, with Windows line ends": {
			out: "error TS18003: No inputs were found.\r\n",
			want: []compiler.ProjectFinding{
				{Severity: "error", Code: "18003", Message: "No inputs were found."},
			},
		},
		"two findings and the files": {
			out: "error TS1: a\n  more\nerror TS2: b\n/opt/lib.es5.d.ts\n  no continuation\n",
			want: []compiler.ProjectFinding{
				{Severity: "error", Code: "1", Message: "a\n  more"},
				{Severity: "error", Code: "2", Message: "b"},
			},
		},
		"no library":           {out: "/ws/a.ts\n", lacksLibrary: true},
		"a library of Windows": {out: "C:\\ts\\lib\\lib.es5.d.ts\n"},
		"a number too large": {
			out: "a.json(99999999999999999999,0): error TS1: a\n",
			want: []compiler.ProjectFinding{
				{File: "a.json", Line: 1<<63 - 2, Severity: "error", Code: "1", Message: "a"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, lacksLibrary := check.Read([]byte(tt.out))
			if d := cmp.Diff(tt.want, got); d != "" || lacksLibrary != tt.lacksLibrary {
				t.Errorf("lacks library: %v; -want +got:\n%s", lacksLibrary, d)
			}
		})
	}
}
