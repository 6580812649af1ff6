package catalogue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/catalogue"
)

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
