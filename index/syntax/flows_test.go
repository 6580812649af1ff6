package syntax_test

import (
	"fmt"
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

func TestWhatAnObjectGoesToIsKnown(t *testing.T) {
	for src, want := range map[string]string{
		"const o = { |k: 1 }":                             "variable o",
		"const o = { |k: 1 } as const":                    "variable o",
		"const o: any = { |k: 1 }":                        "variable o",
		"const o: T = { |k: 1 }":                          "type : T",
		"f({ |k: 1 })":                                    "name f",
		"a.f(Object.freeze({ |k: 1 }))":                   "name freeze, name f",
		"f(...[{ |k: 1 }])":                               "name f nested",
		"const o = [{ |k: 1 }]":                           "variable o nested",
		"const o = { p: { |k: 1 } }":                      "name p, variable o nested",
		"const o = { ...{ |k: 1 } }":                      "variable o",
		"x = ({ |k: 1 } as unknown as T)":                 "type T",
		"a.x = c ? { |k: 1 } : null":                      "name x",
		"function f() { return { |k: 1 } }":               "result f",
		"function f(): T { return { |k: 1 } }":            "type : T",
		"const f = () => ({ |k: 1 })":                     "result f",
		"const o = l.map(() => ({ |k: 1 }))":              "name map, variable o nested",
		"function f() { const o = { |k } }":               "variable o in { const o = { k } }",
		"const x = <B {...{ |k: 1 }} />":                  "name B",
		"const x = <B o={{ |k: 1 }} />":                   "name o",
		"const x = <B.C {...{ |k: 1 }}>1</B.C>":           "name C",
		"async function f() { x.y = await g({ |k: 1 }) }": "name g",
		"class C { o = { |k: 1 } }":                       "member o",
		"class C { o: T = { |k: 1 } }":                    "type : T",
		"const m = new Map([[1, { |k: 1 }]])":             "name Map nested, variable m nested",
		"f(k)":                                            "",
	} {
		before, after, _ := strings.Cut(src, "|")
		at := text.Span{Start: len(before), End: len(before) + 1}
		code := []byte(before + after)
		objects, err := syntax.ObjectsWith(t.Context(), "a.tsx", code, "k")
		if got := flowsIn(objects[at].Flows, code); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", src, got, err, want)
		}
	}
}

func TestWhatAVariableGoesToIsKnown(t *testing.T) {
	const src = "f(o); o.x; [o]; g(o.y); x = o(); h(o()); y = { o }; x.y = y.o(1); o = 1; " +
		"for (const z of o) {}"
	for _, c := range []struct {
		of   syntax.FlowKind
		want string
	}{
		{
			of:   syntax.ToVariable,
			want: "name f; name g part; name o, name y nested; variable z part in for (const z of o) {}",
		},
		{of: syntax.ToResult, want: "name x; name h; name y"},
		{of: syntax.ToMember, want: "name y part"},
	} {
		flows, err := syntax.FlowsOf(t.Context(), "a.ts", []byte(src), "o", c.of)
		var got []string
		for i := range src {
			if list := flows[text.Span{Start: i, End: i + 1}]; len(list) > 0 {
				got = append(got, flowsIn(list, []byte(src)))
			}
		}
		if g := strings.Join(got, "; "); err != nil || g != c.want {
			t.Errorf("of kind %v: %q, %v, want %q", c.of, g, err, c.want)
		}
	}
}

// flowsIn are flows in words.
func flowsIn(flows []syntax.Flow, src []byte) string {
	var out []string
	for _, f := range flows {
		kind := []string{"name", "type", "variable", "result", "member"}[f.Kind]
		one := fmt.Sprint(kind, " ", string(src[f.At.Start:f.At.End]))
		if f.Nested {
			one += " nested"
		}
		if f.IsPart {
			one += " part"
		}
		if f.Scope.Len() > 0 {
			one += " in " + string(src[f.Scope.Start:f.Scope.End])
		}
		out = append(out, one)
	}
	return strings.Join(out, ", ")
}
