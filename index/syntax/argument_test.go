package syntax_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

func TestTheCallThatIsGivenAnObjectWithAKeyIsKnown(t *testing.T) {
	for src, want := range map[string]string{
		"f({ |k: 1 })":                           "f 0",
		"f(1, /* two */ { j: 2, |k: 1 })":        "f 1",
		"a.b.f({ '|k': 1 })":                     "f 0",
		"new F({ |k })":                          "F 0",
		"f<X>({ |k() { return 1 } })":            "f 0",
		"f(({ |k: 1 } as const) satisfies Y)":    "f 0",
		"f({ i: [{ 'j': { |k: 1 } }] })":         "f 0 i j",
		"f({ j() { if (x) return { |k: 1 } } })": "f 0 j",
		"f(() => ({ |k: 1 }))":                   "f 0",
		"f(function() { return { |k: 1 } })":     "f 0",
		"f(x ? { |k: 1 } : null)":                "f 0",
		"f({\n  |k: 1\n})":                       "f 0",
		"f({ async |k() {} })":                   "f 0",
		"f({ async *|k() {} })":                  "f 0",
		"f({ get |k() { return 1 } })":           "f 0",
		"f({ /* one */ |k: 1 })":                 "f 0",
		"f({ // one\n\t|k })":                    "f 0",
		"f({ |k: 1 } ? 1 : 2)":                   "",
		"f({ [j]: { |k: 1 } })":                  "",
		"f({ j: g({ |k: 1 }) })":                 "g 0",
		"f(() => { const o = { |k: 1 } })":       "",
		"f({ j: |k })":                           "",
		"f({ j() { return |k } })":               "",
		"const o = { |k: 1 }":                    "",
		"f()({ |k: 1 })":                         "",
		"function f({ |k: v }) { return v }":     "",
		"f({ [|k]: 1 })":                         "",
		"const t = `${f({ |k: 1 })}`; // f({})":  "f 0",
	} {
		before, after, _ := strings.Cut(src, "|")
		at := text.Span{Start: len(before), End: len(before) + 1}
		code := []byte(before + after)
		got := ""
		calls, err := syntax.CallsWith(context.Background(), "a.ts", code, "k")
		if c, ok := calls[at]; ok {
			callee := string(code[c.Callee.Start:c.Callee.End])
			got = strings.Join(append([]string{callee, fmt.Sprint(c.Index)}, c.Path...), " ")
		}
		if err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", src, got, err, want)
		}
	}
}

func TestTheTypesThatBoundAnArgumentAreKnown(t *testing.T) {
	for src, want := range map[string]string{
		"function |f<T extends O>(o: T) {}":                           "O",
		"function |f<T extends O, U extends P>(o: U, p: T) {}":        "P",
		"declare function |f<T extends O & n.P>(o: Readonly<T>): T;":  "O P",
		"export const |f = <T extends O>(o: T) => o":                  "O",
		"declare const |f: <T extends O>(...o: T) => T":               "O",
		"class |f<T extends O> { constructor(o: T) {} }":              "O",
		"class A { |f<T extends Partial<O>>(o: T): T { return o } }":  "Partial O",
		"interface A { |f<T extends O = O>(o?: T): T }":               "O",
		"function |f<T extends O>(...o: T[]) {}":                      "O",
		"function |f<T extends O>(o: (p: P) => T) {}":                 "O",
		"function |f<K extends keyof O>(k: K) {}":                     "",
		"function |f<T extends { k: O }>(o: T) {}":                    "",
		"function |f<T extends O>(o: P) {}":                           "",
		"function |f<T>(o: T) {}":                                     "",
		"function |f(o: O) {}":                                        "",
		"class A<T extends O> { |f(o: T) {} }":                        "",
		"function g<T extends O>(o: T) { function |f(o: T) {} }":      "",
		"function |f<T extends O>() {}":                               "",
		"export default function |f<T extends string>(this: O, o: T)": "",
	} {
		before, after, _ := strings.Cut(src, "|")
		at := text.Span{Start: len(before), End: len(before) + 1}
		got, err := syntax.Bounds(context.Background(), "a.ts", []byte(before+after), at, 0)
		if err != nil || list(before+after, got) != want {
			t.Errorf("%q: %q, %v, want %q", src, list(before+after, got), err, want)
		}
	}
}

func TestTheBasesOfAType(t *testing.T) {
	for src, want := range map[string]string{
		"interface |A extends B, n.C<D> {}":    "B C D",
		"type |A = B & Partial<C>":             "B Partial C",
		"type |A = { b: B }":                   "",
		"class |A extends B implements C {}":   "B C",
		"export abstract class |A<T> {}":       "",
		"interface A { f(): void }\nlet |A: B": "",
	} {
		before, after, _ := strings.Cut(src, "|")
		at := text.Span{Start: len(before), End: len(before) + 1}
		got, err := syntax.BasesOf(context.Background(), "a.ts", []byte(before+after), at)
		if err != nil || list(before+after, got) != want {
			t.Errorf("%q: %q, %v, want %q", src, list(before+after, got), err, want)
		}
	}
}

func TestTheTypesOfAMember(t *testing.T) {
	for src, want := range map[string]string{
		"interface A { |k?: B | C[] }":                     "B C",
		"interface A { |k(p: P): Promise<B> }":             "Promise B",
		"class A { readonly |k: B = make<C>() }":           "B",
		"type A = { |k: { b: B } }":                        "",
		"interface A { |k: (p: P) => B; l: C }":            "B",
		"interface A { |k: keyof B }":                      "",
		"class A { |k(): B { return this.c as unknown } }": "B",
	} {
		before, after, _ := strings.Cut(src, "|")
		at := text.Span{Start: len(before), End: len(before) + 1}
		got, err := syntax.TypesOf(context.Background(), "a.ts", []byte(before+after), at)
		if err != nil || list(before+after, got) != want {
			t.Errorf("%q: %q, %v, want %q", src, list(before+after, got), err, want)
		}
	}
}

// list returns the texts of spans, with blanks between them.
func list(src string, spans []text.Span) string {
	var out []string
	for _, s := range spans {
		out = append(out, src[s.Start:s.End])
	}
	return strings.Join(out, " ")
}
