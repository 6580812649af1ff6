package syntax_test

import (
	"context"
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

func TestWhatIsCalledIsKnown(t *testing.T) {
	for _, of := range []struct {
		file  string
		cases map[string]string
	}{
		{"a.tsx", map[string]string{
			"f(1); a.f(g(2))":                "f f g",
			"a?.f?.(1); f!(2); (f)(3)":       "f f f",
			"(a.f as F)(1); (0, a.f)(2)":     "f f",
			"new f(1); new a.F; new f<T>()":  "f F f",
			"f<T>(1); f`x`; a.f`y`":          "f f f",
			"f.call(a); a.f.apply(b, [])":    "f f",
			"call(a); a.call(b).c()":         "call c a",
			"o['f'](1); o[k](2); o[0].f()":   "f [o] f",
			"f()(); (() => 1)(); (a || b)()": "f",
			"class C extends B { constructor() { super(1); super.m(); this.#p() } }": "super m #p",
			"@f class C { @g() m() {} @a.h x = 1 }":                                  "f g h",
			"const v = <F x={g(1)}><div><a.H /></div></F>":                           "F g H",
			"xs.map(f); const g = f":                                                 "map",
			"import('./a'); require('b')":                                            "require",
			"`${f(1)}`; // g()":                                                      "f",
		}},
		{"a.py", map[string]string{
			"f(1); a.f(g(2))":                "f f g",
			"(f)(1); f(1)(2)":                "f f",
			"t['a'](1); F[int](2)":           "[t] [F]",
			"@f\n@a.g\n@h(1)\ndef k(): pass": "f g h",
			"f'{g(1)}'":                      "g",
			"map(f, g); h = f":               "map",
			"super().f(); x = y.f":           "f super",
			"print(f)":                       "print",
			"match p:\n  case F(x=1): g()":   "g",
		}},
	} {
		for src, want := range of.cases {
			callees, err := syntax.Callees(context.Background(), of.file, []byte(src))
			var got []string
			for _, c := range callees {
				name := src[c.Name.Start:c.Name.End]
				if c.Element {
					name = "[" + name + "]"
				}
				got = append(got, name)
			}
			if s := strings.Join(got, " "); err != nil || s != want {
				t.Errorf("%s: %q: %q, %v, want %q", of.file, src, s, err, want)
			}
		}
	}
}

func TestTheNameOfTheValueOfADeclarationIsKnown(t *testing.T) {
	for _, of := range []struct {
		file  string
		cases map[string]string
	}{
		{"a.ts", map[string]string{
			"const |f = g":                      "g",
			"let |f: T = (a.b!.g as any)":       "g",
			"class C { |f = g }":                "g",
			"const o = { |f: a.g }":             "g",
			"function h(|f = g) {}":             "g",
			"const |f = a['g']":                 "",
			"const |f = g()":                    "",
			"const |f = g || h":                 "",
			"const |f = () => g":                "",
			"let |f; f = g":                     "",
			"const { |f } = g; const [h] = [g]": "",
		}},
		{"a.py", map[string]string{
			"|f = a.g":             "g",
			"|f: T = g":            "g",
			"def h(|f=g): pass":    "g",
			"|f = g(1)":            "",
			"|f = {'a': g}['a']":   "",
			"|f, h = g, g":         "",
			"class C:\n    |f = g": "g",
		}},
	} {
		for src, want := range of.cases {
			before, after, _ := strings.Cut(src, "|")
			at := text.Span{Start: len(before), End: len(before) + 1}
			code := before + after
			value, ok, err := syntax.ValueOf(context.Background(), of.file, []byte(code), at)
			got := code[value.Start:value.End]
			if err != nil || got != want || ok != (want != "") {
				t.Errorf("%s: %q: %q, %v, want %q", of.file, src, got, err, want)
			}
		}
	}
}
