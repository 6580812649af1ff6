package syntax

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestAMistakeInADescriptionNamesFileKeyAndCorrection(t *testing.T) {
	const right = `{"scheme": "x", "title": "X", "files": {".x": "lua"}, "module": "file", "kinds": {"rule": "def"}}`
	const query = `(a name: (b) @name (#eq? @_x "@string")) @rule ; @comment`
	for _, tt := range []struct {
		name, json, query string
		want              []string // in the message, in order; none for no mistake
	}{
		{name: "no mistake", json: right},
		{name: "no JSON", json: `{`, want: []string{"languages/x/language.json", "correct the JSON"}},
		{
			name: "unknown key", json: strings.Replace(right, "title", "titel", 1),
			want: []string{"language.json", `"titel"`, "syntax.Language"},
		},
		{
			name: "scheme", json: strings.Replace(right, `"x"`, `"X+"`, 1),
			want: []string{"language.json: scheme", "X+", "://"},
		},
		{
			name: "no title", json: strings.Replace(right, `"X"`, `""`, 1),
			want: []string{"language.json: title", "name"},
		},
		{
			name: "module rule", json: strings.Replace(right, `"file"`, `"folder"`, 1),
			want: []string{"language.json: module", `"folder"`, "file, go, package"},
		},
		{
			name: "no files", json: strings.Replace(right, `{".x": "lua"}`, `{}`, 1),
			want: []string{"language.json: files", "extension"},
		},
		{
			name: "extension", json: strings.Replace(right, `.x`, `.X`, 1),
			want: []string{"language.json: files", `".X"`, "lower case"},
		},
		{
			name: "grammar", json: strings.Replace(right, "lua", "luau", 1),
			want: []string{"language.json: files..x", `"luau"`, "grammars.go"},
		},
		{
			name: "else", json: strings.Replace(right, `"kinds"`, `"else": {".y": "c"}, "mark": "x", "kinds"`, 1),
			want: []string{"language.json: else", ".y", "files first"},
		},
		{
			name: "mark", json: strings.Replace(right, `"kinds"`, `"mark": "x", "kinds"`, 1),
			want: []string{"language.json: mark", "both or none"},
		},
		{
			name: "kind", json: strings.Replace(right, `"def"`, `"function"`, 1),
			want: []string{"language.json: kinds.rule", `"function"`, "module, class"},
		},
		{
			name: "member", json: strings.Replace(right, `"kinds"`, `"member": {"def": "methd"}, "kinds"`, 1),
			want: []string{"language.json: member.def", `"methd"`, "method"},
		},
		{
			name: "package", json: strings.Replace(right, `"file"`, `"package"`, 1),
			want: []string{"language.json: package", "pattern"},
		},
		{
			name: "package group", json: strings.Replace(right, `"kinds"`, `"package": "package x", "kinds"`, 1),
			want: []string{"language.json: package", "parentheses"},
		},
		{
			name: "expression", json: strings.Replace(right, `"kinds"`, `"macros": ["("], "kinds"`, 1),
			want: []string{"language.json: macros", `"("`, "RE2"},
		},
		{
			name: "lexis", json: strings.Replace(right, `"kinds"`, `"lexis": {"line": [""]}, "kinds"`, 1),
			want: []string{"language.json: lexis.line", "empty"},
		},
		{
			name: "imports", json: strings.Replace(right, `"kinds"`, `"imports": ["rul"], "kinds"`, 1),
			want: []string{"language.json: imports", `"rul"`, "outline.scm has no capture @rul"},
		},
		{
			name: "kinds of nothing", json: strings.Replace(right, `"rule": "def"`, `"rule": "def", "ruler": "def"`, 1),
			want: []string{"language.json: kinds", `"ruler"`, "leave it out"},
		},
		{
			name: "capture", json: right, query: query + "\n(c) @clas",
			want: []string{"language.json: kinds", `"@clas"`, "outline.scm captures it", "give it a kind"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.query == "" {
				tt.query = query
			}
			_, err := load(fstest.MapFS{
				"languages/x/language.json": {Data: []byte(tt.json)},
				"languages/x/outline.scm":   {Data: []byte(tt.query)},
			}, "x")
			if len(tt.want) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("there is no error")
			}
			rest := err.Error()
			for _, w := range tt.want {
				_, after, ok := strings.Cut(rest, w)
				if !ok {
					t.Fatalf("%q does not hold %q", err, tt.want)
				}
				rest = after
			}
		})
	}
}

func TestAQueryThatIsMissingIsNamed(t *testing.T) {
	_, err := load(
		fstest.MapFS{
			"languages/x/language.json": {
				Data: []byte(`{"scheme": "x", "title": "X", "files": {".x": "lua"}, "module": "file"}`),
			},
		},
		"x",
	)
	if err == nil || !strings.Contains(err.Error(), "outline.scm") {
		t.Error(err)
	}
}
