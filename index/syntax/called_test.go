package syntax_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

func TestWhatIsCalledThroughAnExpressionIsKnown(t *testing.T) {
	for _, of := range []struct {
		file, before, after string
		cases               map[string]string
	}{
		{"a.c", "void t(void) {", ";}", map[string]string{
			"(c ? f : o->g)(x)":               "f g",
			"((cb)f)(x); (*f2)(x)":            "f f2",
			"(**o->f)(x); (*o.g[i])(y)":       "f g",
			"f(x); o->g(x); f(x)(y)":          "",
			"g((f), (c ? f : g))":             "",
			"((void)0, f)(x)":                 "f",
			"if ((f)) (g)(x)":                 "g",
			"return (c ? f : (d ? g : h))(x)": "f g h",
		}},
		{"a.cc", "int t() {", ";}", map[string]string{
			"(c ? a : b)(1); ns::f(1)":     "a b",
			"(static_cast<Cb>(p))(1)":      "",
			"((Cb)p)(1); (*this->cb)(1)":   "p cb",
			"[&](int k) { (f)(k); } (1)":   "f",
			"(o.f)(1); (&o)->f(1)":         "f",
			"auto v = (f)(1) + (c || d)":   "f",
			"x = new (f)(1)":               "",
			"if (auto r = (c ? f : g)(1))": "f g",
		}},
		{"a.go", "package a\nfunc t() {", "}", map[string]string{
			"(f)(x); (o.g)(x); (*p)(x)":        "f g p",
			"v.(func())(); o.v.(func(int))(1)": "v v",
			"f(x)(y); fs[i](x); o.g(x)":        "",
			"g((f))":                           "",
		}},
		{"a.rs", "fn t() {", ";}", map[string]string{
			"(self.hook)(1); (*f)(1); (&g)(2)":          "hook f g",
			"(if c { f } else { o.g })(1)":              "f g",
			"(f as fn(u8))(1); (a::b)(1)":               "f b",
			"(match c { A => f, _ => { x(); g } })(1)":  "f g",
			"(unsafe { f })(1); h(x)(y); (|x| f(x))(1)": "f",
			"g((f)); (list[0])(1); (*self.map[&k])(1)":  "list map",
		}},
	} {
		for code, want := range of.cases {
			src := of.before + code + of.after
			found, err := syntax.CalledThrough(context.Background(), of.file, []byte(src))
			var spans []text.Span
			for s := range found {
				spans = append(spans, s)
			}
			slices.SortFunc(spans, func(a, b text.Span) int { return a.Start - b.Start })
			var got []string
			for _, s := range spans {
				got = append(got, src[s.Start:s.End])
			}
			if s := strings.Join(got, " "); err != nil || s != want {
				t.Errorf("%s: %q: %q, %v, want %q", of.file, code, s, err, want)
			}
		}
	}
}
