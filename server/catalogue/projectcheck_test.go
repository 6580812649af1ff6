package catalogue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/catalogue"
)

func TestFindingsAboutAProjectFileAreDecodedFromTheCompilersOutput(t *testing.T) {
	check := catalogue.Named("typescript").ProjectCheck
	for name, tt := range map[string]struct {
		out          string
		want         []catalogue.ProjectFinding
		lacksLibrary bool
	}{
		"clean": {out: "/opt/ts/lib/lib.es5.d.ts\n/ws/a.ts\n"},
		"at a place": {
			out: "conf (old)/tsconfig.json(1,21): error TS5102: Option 'baseUrl' has been removed.\n" +
				"  Use 'paths' instead.\n",
			want: []catalogue.ProjectFinding{{
				File: "conf (old)/tsconfig.json", Line: 0, Col: 20, Severity: "error", Code: "5102",
				Message: "Option 'baseUrl' has been removed.\n  Use 'paths' instead.",
			}},
		},
		"without a file, with Windows line ends": {
			out: "error TS18003: No inputs were found.\r\n",
			want: []catalogue.ProjectFinding{
				{Severity: "error", Code: "18003", Message: "No inputs were found."},
			},
		},
		"two findings and the files": {
			out: "error TS1: a\n  more\nerror TS2: b\n/opt/lib.es5.d.ts\n  no continuation\n",
			want: []catalogue.ProjectFinding{
				{Severity: "error", Code: "1", Message: "a\n  more"},
				{Severity: "error", Code: "2", Message: "b"},
			},
		},
		"no library":           {out: "/ws/a.ts\n", lacksLibrary: true},
		"a library of Windows": {out: "C:\\ts\\lib\\lib.es5.d.ts\n"},
		"a number too large": {
			out: "a.json(99999999999999999999,0): error TS1: a\n",
			want: []catalogue.ProjectFinding{
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

func TestAProjectFileIsCheckedWithTheFilesBelowItAndThoseItRefersTo(t *testing.T) {
	for name, tt := range map[string]struct {
		view  written
		files []string
		want  []string
	}{
		"the nearest above": {
			view:  written{"tsconfig.json": "{}", "a/tsconfig.json": "{}", "b/tsconfig.json": "{}"},
			files: []string{"a/x.ts", "c/y.ts"},
			want:  []string{"a/tsconfig.json", "tsconfig.json"},
		},
		"references to a file and to a folder": {
			view: written{
				"tsconfig.json": `{"files": [], /* of Vite */
					"references": [{"path": "./tsconfig.app.json"}, {"path": "lib"}],}`,
				"tsconfig.app.json": `{"references": [{"path": "."}, {"path": "gone"}, {"path": "../out"}]}`,
				"lib/tsconfig.json": `[`,
			},
			files: []string{"src/x.ts"},
			want:  []string{"lib/tsconfig.json", "tsconfig.app.json", "tsconfig.json"},
		},
		"tsconfig.json before jsconfig.json": {
			view:  written{"tsconfig.json": "{}", "jsconfig.json": "{}", "js/jsconfig.json": "{}"},
			files: []string{"x.js", "js/y.js"},
			want:  []string{"js/jsconfig.json", "tsconfig.json"},
		},
		"no project": {view: written{"a/tsconfig.json": "{}"}, files: []string{"x.ts"}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, catalogue.Named("typescript").ProjectsOf(tt.view, tt.files)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}
