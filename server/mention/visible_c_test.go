package mention_test

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/mention"
	"lanser/server/project"
)

// ignoring is a view that remembers, and does not list its compilation databases, as those that git ignores.
type ignoring struct {
	written
	memo map[any]any
}

func (i ignoring) Paths() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(i.written)), func(p string) bool {
		return path.Base(p) == "compile_commands.json"
	})
}

func (i ignoring) Memoize(key any, work func() any) any {
	if _, ok := i.memo[key]; !ok {
		i.memo[key] = work()
	}
	return i.memo[key]
}

// A build writes the database anew, and the files that the workspace lists stay as they are.
func TestADatabaseThatGitIgnoresIsReadAnew(t *testing.T) {
	const command = `[{"directory": "/nowhere", "command": "cc FLAG -c b.c", "file": "b.c"}]`
	files := written{"a.h": "#define LIMIT 1\n", "b.c": "int f(void) { return LIMIT; }\n"}
	v := ignoring{written: files, memo: map[any]any{}}
	sym := project.Symbol{Path: "a.h", Lang: "cpp", Name: "LIMIT", Kind: selectors.KindConst}
	for _, flag := range []string{"", "-include a.h", ""} {
		files["compile_commands.json"] = strings.ReplaceAll(command, "FLAG", flag)
		uses, _ := mention.UsesIn(catalogue.Named("clangd"), v, sym, "b.c")
		if got, want := uses != mention.CannotUse, flag != ""; got != want {
			t.Errorf("with %q it may be used: %v", flag, got)
		}
	}
}

func TestAnEnumeratorOfAnEnumClassIsNoMember(t *testing.T) {
	for name, tt := range map[string]struct {
		declared, code string
		want           bool
	}{
		"after a dot":      {declared: "enum class E { name };", code: "t.name"},
		"after an arrow":   {declared: "enum struct E : int { name };", code: "t -> name"},
		"after its scope":  {declared: "enum class E { name };", code: "E::name", want: true},
		"alone":            {declared: "enum class E { name };", code: "f(name...)", want: true},
		"after three dots": {declared: "enum class E { name };", code: "f(...name)", want: true},
		"of an enum":       {declared: "struct S { enum E { name }; };", code: "t.name", want: true},
		"of a class with a using": {
			declared: "enum class E { name };\nstruct S { using enum E; };", code: "t.name", want: true,
		},
		"of one of two of one name": {declared: "enum class E { name };\nenum E { name };", code: "t.name", want: true},
	} {
		v := written{"a.h": tt.declared, "b.cc": tt.code}
		sym := project.Symbol{
			Path: "a.h", Lang: "cpp", Name: "name", Kind: selectors.KindField, Owner: "E", Member: true,
		}
		at := strings.Index(tt.code, "name")
		span := text.Span{Start: at, End: at + len("name")}
		if got := mention.UsesAt(v, sym, "b.cc", text.New([]byte(tt.code)), span); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
