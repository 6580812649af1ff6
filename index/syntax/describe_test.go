package syntax

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/fault"
)

func TestAMistakeInADescriptionIsReportedWithFileKeyAndCorrection(t *testing.T) {
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
			want: []string{`language.json:1: there is no key "titel"`, "go doc ./index/syntax Language"},
		},
		{
			name: "unknown key inside another, on a line of its own",
			json: strings.Replace(right, `"kinds"`, "\n\"lexis\": {\n\"string\": [\"'\"]}, \"kinds\"", 1),
			want: []string{`language.json:3: there is no key "string"`, "lists the keys"},
		},
		{
			name: "number for a string", json: strings.Replace(right, `"title": "X"`, "\n\"title\": 3", 1),
			want: []string{"language.json:2: title: a number is wrong; write a string"},
		},
		{
			name: "string for a list",
			json: strings.Replace(right, `"kinds"`, "\"lexis\": {\n\"line\": \"#\"}, \"kinds\"", 1),
			want: []string{"language.json:2: lexis.line: a string is wrong; write a list"},
		},
		{
			name: "list for an object", json: strings.Replace(right, `{".x": "lua"}`, `[".x"]`, 1),
			want: []string{"language.json:1: files: an array is wrong; write an object"},
		},
		{
			name: "string for true or false", json: strings.Replace(right, `"kinds"`, `"document": "no", "kinds"`, 1),
			want: []string{"language.json:1: document: a string is wrong; write true or false"},
		},
		{name: "list of languages", json: "[" + right + "]", want: []string{"language.json:1: an array is wrong"}},
		{
			name: "comma that is missing", json: strings.Replace(right, `"x", "title"`, "\"x\"\n\"title\"", 1),
			want: []string{"language.json:2: invalid character", "correct the JSON"},
		},
		{
			name: "key that is there twice", json: strings.Replace(right, `"kinds"`, `"module": "go", "kinds"`, 1),
			want: []string{"language.json: module", "twice"},
		},
		{
			name: "extension that is there twice", json: strings.Replace(right, `"lua"}`, `"lua", ".x": "c"}`, 1),
			want: []string{"language.json: files..x", "twice"},
		},
		{
			name: "second object", json: right + "{}",
			want: []string{"language.json:1: there is more after the first JSON object"},
		},
		{
			name: "comment with three ends",
			json: strings.Replace(right, `"kinds"`, `"lexis": {"block": [["(*", "*)", "*"]]}, "kinds"`, 1),
			want: []string{"language.json: lexis.block", `"(* *) *"`, "the beginning and the end"},
		},
		{
			name: "comment without an end",
			json: strings.Replace(right, `"kinds"`, `"lexis": {"block": [["(*"]]}, "kinds"`, 1),
			want: []string{"language.json: lexis.block", "the beginning and the end"},
		},
		{
			name: "pattern for an extension", json: strings.Replace(right, ".x", "*.x", 1),
			want: []string{"language.json: files", `"*.x"`, "with its dot"},
		},
		{
			name: "space in an extension", json: strings.Replace(right, ".x", ".x ", 1),
			want: []string{"language.json: files", `".x "`, "with its dot"},
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
			want: []string{`language.json: files[".x"]`, `"luau"`, "index/syntax/grammars.go"},
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
			name: "unread", json: strings.Replace(right, `"kinds"`, `"unread": [{"with": "x"}], "kinds"`, 1),
			want: []string{"language.json: unread.match", "leave the empty pattern out"},
		},
		{
			name: "unread group", json: strings.Replace(right, `"kinds"`, `"unread": [{"match": "x"}], "kinds"`, 1),
			want: []string{"language.json: unread.match", `"x"`, "parentheses"},
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
			want: []string{
				"languages/x/outline.scm: the capture @clas", "module, class", "under \"kinds\"", "@name, @body",
			},
		},
		{
			name: "pattern without a name", json: right, query: query + "\n(c (d)) @rule ; (\n(e (f) @name) @rule",
			want: []string{"languages/x/outline.scm: the pattern (c (d)) @rule", "as @name"},
		},
		{
			name: "alternatives with a name", json: right,
			query: query + "\n[(c (d) @name) (e \"(\" (f) @name)] @rule\n((g) @name @rule (#eq? @name \")\"))",
		},
		{
			name: "bracket that is not closed", json: right,
			query: query + "\n; (\n(c (d) @name (#eq? @name \"(\") @rule\n(e (f) @name) @rule\n",
			want:  []string{"languages/x/outline.scm:3: the bracket ( has no partner"},
		},
		{
			name: "bracket that is not opened", json: right,
			query: query + "\n(c (d) @name)) @rule\n(e (f) @name) @rule",
			want:  []string{"languages/x/outline.scm:2: the bracket ) has no partner"},
		},
		{
			name: "brackets of two kinds", json: right, query: query + "\n(c (d) @name] @rule\n",
			want: []string{"languages/x/outline.scm:2: the bracket ( has no partner"},
		},
		{
			name: "two declarations", json: right, query: query + "\n(c (d) @name (e (f) @var)) @rule",
			want: []string{"outline.scm: the pattern (c (d) @name (e", "@var and @rule", "a pattern for each"},
		},
		{
			name: "two names", json: right, query: query + "\n(c (d) @name (e (f) @name)) @rule",
			want: []string{"languages/x/outline.scm: the pattern (c (d) @name (e", "@name and @name"},
		},
		{
			name: "alternatives that declare", json: right,
			query: query + "\n[((c (d) @name) @rule) (e (f) @name) @var]\n((g (h) @name) @def (#eq? @name @_x))",
		},
		{
			name: "predicate that does not exist", json: right,
			query: `((a (b) @name) @rule (#matches? @name "b"))`,
			want:  []string{"languages/x/outline.scm: the predicate #matches?", "#eq?, #not-eq?, #match?"},
		},
		{
			name: "expression of a predicate", json: right,
			query: `((a (b) @name) @rule (#eq? @name "(") (#not-match? @name "^\\.(")) ; #x?`,
			want:  []string{"languages/x/outline.scm: the predicate #not-match?", `"^\\.("`, "RE2"},
		},
		{
			name: "functions", json: strings.Replace(right, `"kinds"`, `"functions": ["fun"], "kinds"`, 1),
			want: []string{"language.json: functions", `"fun"`, "outline.scm has no capture @fun"},
		},
		{
			name: "captures of a query that is not written yet", query: "; to be written\n",
			json: strings.Replace(right, `"kinds"`, `"functions": ["fun"], "kinds"`, 1),
		},
		{
			name: "between", json: strings.Replace(right, `"kinds"`, `"between": ["coment"], "kinds"`, 1),
			want: []string{"language.json: between", `"coment"`, "no node of this type"},
		},
		{
			name: "grammar, with node types",
			json: strings.Replace(right, `"lua"}`, `"luau"}, "between": ["comment"]`, 1),
			want: []string{`language.json: files[".x"]`, `"luau"`},
		},
		{name: "between that is there", json: strings.Replace(right, `"kinds"`, `"between": ["comment"], "kinds"`, 1)},
		{
			name: "outer", json: strings.Replace(right, `"kinds"`, `"outer": ["chunck"], "kinds"`, 1),
			want: []string{"language.json: outer", `"chunck"`, "no node of this type"},
		},
		{
			name: "lift", json: strings.Replace(right, `"kinds"`, `"lift": {"rule": ["clas"]}, "kinds"`, 1),
			want: []string{"language.json: lift.rule", `"clas"`, "no node of this type"},
		},
		{
			name: "extension without its dot", json: strings.Replace(right, ".x", "x", 1),
			want: []string{"language.json: files", `"x"`, `".x"`},
		},
		{
			name: "name of a grammar", json: strings.Replace(right, ".x", "lua", 1),
			want: []string{"language.json: files", `"lua"`, `".lua"`},
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

func TestAMissingQueryIsReportedByItsPath(t *testing.T) {
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

func TestTwoLanguagesWithTheSameSchemeOrFilesAreBothNamed(t *testing.T) {
	description := func(scheme, extension string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`{"scheme": "` + scheme + `", "title": "X", "files": {"` + extension +
			`": "lua"}, "module": "file"}`)}
	}
	for name, tt := range map[string]struct {
		scheme, extension string // of the second
		want              string
	}{
		"scheme":    {"x", ".y", `scheme: both have "x"`},
		"extension": {"y", ".x", `files: both have ".x"`},
		"neither":   {"y", ".y", ""},
	} {
		_, err := loadAll(fstest.MapFS{
			"languages/a/language.json": description("x", ".x"), "languages/a/outline.scm": {},
			"languages/b/language.json": description(tt.scheme, tt.extension), "languages/b/outline.scm": {},
		})
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		const both = "index/syntax/languages/a/language.json and index/syntax/languages/b/language.json: "
		if err == nil || !strings.HasPrefix(err.Error(), both+tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestAFolderWithoutADescriptionIsReportedByItsPath(t *testing.T) {
	_, err := loadAll(fstest.MapFS{"languages/x/outline.scm": {}})
	if err == nil || !strings.HasPrefix(err.Error(), "index/syntax/languages/x/language.json cannot be read: ") {
		t.Error(err)
	}
}

func TestAMistakeInADescriptionEndsTheProgramWithTheMessageAlone(t *testing.T) {
	const variable = "LANSER_TEST_WRONG_DESCRIPTION"
	wrong := fstest.MapFS{"languages/x/language.json": {Data: []byte("{}")}, "languages/x/outline.scm": {}}
	if os.Getenv(variable) != "" {
		mustLoad(wrong)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), variable+"=1")
	out, err := cmd.CombinedOutput()
	const want = "lanser: index/syntax/languages/x/language.json: scheme: \"\" is wrong; " +
		"write the letters before :// in a selector, such as go\n"
	if exit := cmd.ProcessState.ExitCode(); string(out) != want || exit != fault.Internal.Exit() {
		t.Errorf("exit code %d, %v\n%s", exit, err, out)
	}
}

func TestAQueryThatDoesNotFitItsGrammarIsReportedWithItsLine(t *testing.T) {
	const file = `index/syntax/languages/lua/outline.scm`
	for name, tt := range map[string]struct{ query, want string }{
		"node type": {
			query: "; a comment\n(function_statement name: (nam) @name) @def",
			want:  `:2:28 does not fit the grammar "lua": the grammar has no node of the type "nam"; correct the query`,
		},
		"field": {
			query: "(function_statement\n  nam: (_) @name) @def",
			want:  `:2:3 does not fit the grammar "lua": the grammar has no field "nam"; correct the query`,
		},
		"capture": {
			query: "((function_statement name: (_) @name) @def (#eq? @nam \"x\"))",
			want:  `:1:51 does not fit the grammar "lua": the pattern has no capture @nam; correct the query`,
		},
		"place": {
			query: "(function_statement (program) @name) @def",
			want:  `:1:21 does not fit the grammar "lua": the grammar has no such node at this place`,
		},
		"bracket": {
			query: "(function_statement name: (_) @name) @def)",
			want:  `:1:42 does not fit the grammar "lua": the syntax of the query is wrong at, or in the pattern`,
		},
		"after a section for another grammar": {
			query: ";; only c\n(function_definition) @def\n\n(nam) @def",
			want:  `:4:2 does not fit the grammar "lua": the grammar has no node of the type "nam"`,
		},
	} {
		src := only([]byte(tt.query), "lua")
		_, err := sitter.NewQuery(src, grammars["lua"]())
		if err == nil {
			t.Errorf("%s: the query fits", name)
			continue
		}
		got := (&Language{folder: "lua"}).queryMistake(src, "lua", err).Error()
		if !strings.HasPrefix(got, file+tt.want) || !strings.Contains(got, "-run TreeOf") {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
	}
}

func TestAnEditOfADescriptionChangesTheReaderOfItsFiles(t *testing.T) {
	const description = `{"scheme": "x", "title": "X", "files": {".x": "lua"}, "module": "file"}`
	const query = "(function_statement name: (_) @name) @def"
	digests := map[string]bool{}
	for _, tt := range [][2]string{
		{description, query}, {description + "\n", query}, {description, query + "\n"}, {description, query},
	} {
		l, err := load(fstest.MapFS{
			"languages/x/language.json": {Data: []byte(tt[0])}, "languages/x/outline.scm": {Data: []byte(tt[1])},
		}, "x")
		if err != nil {
			t.Fatal(err)
		}
		digests[l.digest] = true
	}
	if len(digests) != 3 {
		t.Errorf("%d digests of three descriptions", len(digests))
	}
	if lua := ByFile("a.lua"); !strings.HasSuffix(Reader("a.lua"), lua.digest) || lua.digest == ByFile("a.go").digest {
		t.Errorf("%q and %q", Reader("a.lua"), Reader("a.go"))
	}
}
