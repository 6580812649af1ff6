package syntax_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

func TestWhatIsGivenTheValueOfAWordIsKnown(t *testing.T) {
	for _, of := range []struct {
		file  string
		cases map[string]string
	}{
		{"a.ts", map[string]string{
			"const g = |f":                              "g",
			"let g: T = (a.b!.|f as any)":               "g",
			"const g = o['|f']":                         "g",
			"g = |f; h()":                               "g",
			"a.g = this.g = |f":                         "g g",
			"const [g] = [a.|f]":                        "g",
			"const [, g] = [h, |f]":                     "",
			"[g, h] = [h, |f]":                          "h",
			"const [[g, h]] = [[1, |f]]":                "h",
			"const [g = k] = [|f]":                      "may g",
			"const [...g] = [|f]":                       "",
			"const g = [h, |f]":                         "1 in g",
			"const g = { |f, h: 1 }":                    "f in g",
			"const g = { h: |f }":                       "h, h in g",
			"const g = { h: [|f] }":                     "0 in h, h.0 in g",
			"const g = { 'a b': |f }":                   "a b in g",
			"call({ h: |f })":                           "h",
			"function k() { return |f }":                "returned",
			"const k = () => x ? |f : h":                "returned",
			"const k = () => |f()":                      "",
			"const k = (a = |f) => a":                   "may a",
			"function k() { return [|f, 1] }":           "returned",
			"function k() { return { |f } }":            "",
			"function k() { return { g: |f } }":         "g",
			"function* k() { yield |f }":                "returned",
			"const k = () => <|f/>":                     "",
			"const g = h ? |f : k":                      "may g",
			"const g = |f ? h : k":                      "",
			"const g = h || |f, k = |f":                 "may g",
			"const g = |f && h":                         "",
			"g ??= |f":                                  "may g",
			"const g = |f.bind(h)":                      "g",
			"const g = |f.call(h)":                      "",
			"const g = |f(1)":                           "",
			"const g = o.|f(1)":                         "",
			"const g = |f.h":                            "",
			"g['a'] = |f":                               "a in g",
			"this.g[k] = a.|f":                          " in g",
			"g.push(|f)":                                " in g",
			"a.g.set(k, |f)":                            " in g",
			"g.h(|f)":                                   "",
			"call(|f)":                                  "",
			"function k(g = |f) {}":                     "may g",
			"function k({ g = |f }) {}":                 "may g",
			"function k({ h: g = |f }) {}":              "may g",
			"class C { g = |f; static h = f }":          "g",
			"class C { #g = |f }":                       "#g",
			"for (const g of [h, |f]) {}":               "may g",
			"for (const [k, g] of [[1, |f]]) {}":        "may g",
			"const { |f } = o":                          "f",
			"const { |f: g } = o":                       "g",
			"const { |f: g = h } = o":                   "may g",
			"const { |f = h } = o":                      "may f",
			"const { ['|f']: g } = o":                   "g",
			"const { h: |f } = o":                       "",
			"const |f = 1":                              "",
			"if (x) return |f":                          "returned",
			"x = () => |f":                              "returned",
			"const g = `${|f}`":                         "",
			"module.exports = { |f }":                   "f in exports",
			"type G = typeof |f; const g = x":           "",
			"(a ? |f : b)(1); [|f, 1][0](2); (|f)(3)":   "called (a ? f : b)",
			"[b, |f][0](2); (|f)(3)":                    "called [b, f][0]",
			"const g = <T>(|f), h = 2":                  "g",
			"const g = cond ? a : [|f] satisfies any[]": "may 0 in g",
		}},
		{"a.js", map[string]string{
			"class C { g = |f }":     "g",
			"function k(g = |f) {}":  "may g",
			"Foo.prototype.g = a.|f": "g",
		}},
		{"a.py", map[string]string{
			"g = |f":                             "g",
			"g: T = a.b.|f":                      "g",
			"g = h = |f":                         "h g",
			"self.g = (|f)":                      "g",
			"g, h = |f, k":                       "g",
			"(g, [h, i]) = (1, [k, |f])":         "i",
			"g, *h = k, |f":                      "",
			"g = {'a': |f}":                      "a in g",
			"g = [|f, h]":                        "0 in g",
			"{'a': |f, 'b': h}[k](1)":            "called {'a': f, 'b': h}[k]",
			"(f or |f)(1)":                       "called (f or f)",
			"{'a': |f}['a']()":                   "called {'a': f}['a']",
			"g = {'a': |f}['b']":                 "may g",
			"g = |f if h else k":                 "may g",
			"g = h if |f else k":                 "",
			"g = h or |f":                        "may g",
			"g = |f(1)":                          "",
			"g = o.|f(1)":                        "",
			"g = |f.h":                           "",
			"g = partial(|f, 1)":                 "g",
			"g = functools.partial(o.|f)":        "g",
			"g = partial(h, |f)":                 "",
			"g['a'] = |f":                        "a in g",
			"g[k] = h = |f":                      "h,  in g",
			"self.g.append(|f)":                  " in g",
			"[g() for g in (h, |f)]":             "may g",
			"g = map(|f, h)":                     "",
			"class C:\n    g = |f":               "g",
			"class C:\n    g = staticmethod(|f)": "g",
			"def k(g=|f): pass":                  "may g",
			"def k(*, g: T = |f): pass":          "may g",
			"k = lambda g=|f: g()":               "may g",
			"if (g := |f): pass":                 "g",
			"for g in (h, |f): pass":             "may g",
			"for n, g in [(1, |f)]: pass":        "may g",
			"k(g=|f)":                            "",
			"return |f":                          "returned",
			"return h, |f":                       "returned",
			"return f(|f)":                       "",
			"return |f(1)":                       "",
			"yield |f":                           "returned",
			"k = lambda: |f":                     "returned",
			"x = [|f for y in z]":                "",
		}},
	} {
		for src, want := range of.cases {
			before, after, _ := strings.Cut(src, "|f")
			code := []byte(before + "f" + strings.ReplaceAll(after, "|f", "f"))
			held, err := syntax.HeldIn(context.Background(), of.file, code, "f")
			var got strings.Builder
			for _, h := range held.Holders[text.Span{Start: len(before), End: len(before) + 1}] {
				switch {
				case got.Len() == 0:
				case h.May || len(h.Keys) > 0:
					got.WriteString(", ")
				default:
					got.WriteString(" ")
				}
				if h.Returned {
					got.WriteString("returned")
				} else if h.Called {
					got.WriteString("called ")
				} else if h.May {
					got.WriteString("may ")
				}
				if len(h.Keys) > 0 {
					got.WriteString(strings.Join(h.Keys, ".") + " in ")
				}
				got.Write(code[h.Name.Start:h.Name.End])
			}
			if err != nil || got.String() != want {
				t.Errorf("%s: %q: %q, %v, want %q", of.file, src, got.String(), err, want)
			}
		}
	}
}

func TestTheWordsThatAreAssignedToAreKnown(t *testing.T) {
	for _, of := range []struct {
		file string
		code string
	}{
		{"a.ts", "let f, |f = 1; |f = f; |f += f; [|f] = g(f); ({ f: |f } = g); for (const |f of f) {} " +
			"function g(|f = f, { |f }: { f: T }) { f() } class C { !f = f; m() { this.!f = f.f } } f.g = f[f] = f; " +
			"const o = { !f: f, f }; o.!f = f as T; for (f; f; f) {}"},
		{"a.py", "|f = f\n|f: T = f(f)\nf: T\n|f, g = f\nfor g, |f in f: f\n[f for |f in f]\n(|f := f)\n" +
			"def g(|f, |f=f, *|f): f.!f = f[f]\nlambda |f: f\no.!f = f\nwith f as |f: f\ng(f=f)\n"},
	} {
		src := strings.NewReplacer("|", "", "!", "").Replace(of.code)
		held, err := syntax.HeldIn(context.Background(), of.file, []byte(src), "f")
		var got strings.Builder
		for i := range len(src) {
			if isMember, ok := held.Set[text.Span{Start: i, End: i + 1}]; ok && isMember {
				got.WriteByte('!')
			} else if ok {
				got.WriteByte('|')
			}
			got.WriteByte(src[i])
		}
		if err != nil || got.String() != of.code {
			t.Errorf("%s: %s\nwant %s, %v", of.file, got.String(), of.code, fmt.Sprint(err))
		}
	}
}
