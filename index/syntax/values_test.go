package syntax_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

// describe writes values as the code of their names, with brackets for each call, and what the calls are given.
func describe(src string, values []syntax.Value) string {
	var out []string
	for _, v := range values {
		s := src[v.Name.Start:v.Name.End] + strings.Repeat("()", v.Calls)
		if v.Module {
			s = "module " + s
		}
		for _, g := range v.Given {
			s += "<" + src[g.Start:g.End]
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestWhatACallWithoutANameCallsIsKnown(t *testing.T) {
	for _, of := range []struct {
		file  string
		cases map[string]string
	}{
		{"a.ts", map[string]string{
			"f(1); a.f(2)":                       "",
			"get()(1)":                           "get()",
			"a.get(h, [i], { j, k: l })(1)":      "get()<h<i<j<l",
			"get()()(1)":                         "get()() get()",
			"(a || b.c)(1); (x ? f : g())(2)":    "a c f g()",
			"(await get())(1)":                   "get()",
			"(() => 1)(); (function f() {})()":   "",
			"f.bind(null)(1)":                    "f",
			"require('./m')(1)":                  "module ./m",
			"new (get())(1)":                     "get()",
			"(a && b)(1); (c = d)(1); (e, f)(1)": "b d",
		}},
		{"a.py", map[string]string{
			"f(1)":                              "",
			"get(h)(1)":                         "get()<h",
			"partial(f, 1)(2)":                  "f",
			"(f if x else g)(1); (a or b.c)(1)": "f g a c",
			"(lambda: 1)()":                     "",
			"(await get(k=h))(1)":               "get()<h",
		}},
	} {
		for src, want := range of.cases {
			calls, err := syntax.MadeCalls(context.Background(), of.file, []byte(src))
			var got []string
			for _, c := range calls {
				got = append(got, describe(src, c.Values))
			}
			if s := strings.Join(got, " "); err != nil || s != want {
				t.Errorf("%s: %q: %q, %v, want %q", of.file, src, s, err, want)
			}
		}
	}
}

func TestWhatAFunctionReturnsIsKnown(t *testing.T) {
	for _, of := range []struct{ file, src, want string }{
		{"a.ts", "function f() { if (x) return g; return h(1) }", "g h()"},
		{"a.ts", "function f() { return () => g }", "function"},
		{"a.ts", "function f() { const k = () => { return g }; return k }", "k"},
		{"a.ts", "const f = (x) => x", "x"},
		{"a.ts", "class C { f() { return this.g } }", "g"},
		{"a.ts", "interface I { f(): void }", "none"},
		{"a.ts", "declare function f(): void", "none"},
		{"a.ts", "const f = g", "none"},
		{"a.py", "def f():\n  def g(): return h\n  return g\n", "g"},
		{"a.py", "f = lambda x: g(x)\n", "g()<x"},
	} {
		at := strings.Index(of.src, "f(")
		if at < 0 || strings.Contains(of.src, "f = ") {
			at = strings.Index(of.src, "f =")
		}
		name := text.Span{Start: at, End: at + 1}
		values, ok, err := syntax.Returned(context.Background(), of.file, []byte(of.src), name)
		got := describe(of.src, values.Named)
		if values.HasFunction {
			got = strings.TrimSpace(got + " function")
		}
		if !ok {
			got = "none"
		}
		if err != nil || got != of.want {
			t.Errorf("%s: %q, %v, want %q", of.src, got, err, of.want)
		}
	}
}

func TestWhatACommonJSModuleIsIsKnown(t *testing.T) {
	for src, want := range map[string]string{
		"module.exports = f":                        "f",
		"module.exports = function f() {}":          "f",
		"exports = module.exports = class C {}":     "C",
		"module.exports = exports = make(f)":        "make()<f",
		"if (x) module.exports = f; module.other=g": "f",
		"exports.f = f":                             "",
	} {
		values, err := syntax.ModuleValue(context.Background(), "a.js", []byte(src))
		if got := describe(src, values.Named); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", src, got, err, want)
		}
	}
}

func TestPythonCallsMethodsWithoutTheirNames(t *testing.T) {
	for src, want := range map[string]string{
		"with p: pass":                  "p:__enter__,__exit__",
		"with p.q() as r, s: pass":      "q():__enter__,__exit__ q:__call__ s:__enter__,__exit__",
		"async with p: pass":            "p:__aenter__,__aexit__",
		"for x in p: pass":              "p:__iter__,__next__",
		"[x for x in p]":                "p:__iter__,__next__",
		"a + 1; 1 - b":                  "a:__add__ b:__rsub__",
		"a += b":                        "a:__iadd__|__add__ b:__radd__",
		"a < b in c":                    "a:__lt__ b:__gt__ c:__contains__|__iter__",
		"a not in b; a is not b":        "b:__contains__|__iter__",
		"a == 'x'":                      "a:__eq__",
		"-a; not b; ~c":                 "a:__neg__ b:__bool__|__len__ c:__invert__",
		"a[1]; b[1] = 2; del c[0]":      "a:__getitem__ b:__setitem__ c:__delitem__",
		"if a.b: pass":                  "b:__bool__|__len__",
		"len(a); f(b); a.len(c)":        "len:__call__ a:__len__ f:__call__ len:__call__",
		"f'{a} {1}'":                    "a:__format__|__str__|__repr__",
		"(a or b)[0]":                   "a:__getitem__ b:__getitem__",
		"a[0][1]":                       "?:__getitem__ a:__getitem__",
		"await a":                       "a:__await__",
		"'x' + 'y'; [1][0]; {}.get":     "",
		"def f(x: list[int]) -> a: ...": "",
	} {
		calls, err := syntax.ImplicitCalls(context.Background(), "a.py", []byte(src))
		var got []string
		for _, c := range calls {
			var methods []string
			for _, list := range c.Methods {
				methods = append(methods, strings.Join(list, "|"))
			}
			name := src[c.Name.Start:c.Name.End]
			if name == "" {
				name = "?"
			}
			if c.Made {
				name += "()"
			}
			got = append(got, fmt.Sprintf("%s:%s", name, strings.Join(methods, ",")))
		}
		if s := strings.Join(got, " "); err != nil || s != want {
			t.Errorf("%q: %q, %v, want %q", src, s, err, want)
		}
	}
}
