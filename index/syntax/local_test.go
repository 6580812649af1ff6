package syntax_test

import (
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

// In each text the name is between the brackets ‹ and ›.
func TestALocalNameHasTheScopeOfItsOutermostFunction(t *testing.T) {
	for _, tt := range []struct{ file, src, scope string }{
		{"a.go", "package p\nfunc f(‹x› int) { _ = x }", "func f("},
		{"a.go", "package p\nfunc (r *T) f() { ‹x› := 1; _ = x }", "func (r"},
		{"a.go", "package p\nfunc (‹r› *T) f() {}", "func (r"},
		{"a.go", "package p\nfunc f() (‹x› error) { return }", "func f("},
		{"a.go", "package p\nfunc f() { for ‹x› := range y {} }", "func f("},
		{"a.go", "package p\nvar v = func(‹x› int) {}", "func(x"},
		{"a.go", "package p\nfunc f() { go func(‹x› int) {}(1) }", "func f("},
		{"a.go", "package p\nfunc f() any { return struct{ ‹X› int }{} }", ""},
		{"a.go", "package p\nfunc f() { var i interface{ ‹M›() } }", ""},
		{"a.go", "package p\nfunc ‹f›() {}", ""},
		{"a.go", "package p\nvar ‹x› = 1", ""},
		{"a.go", "package p\ntype T struct{ ‹x› int }", ""},
		{"a.py", "def f(‹x›): pass", "def f("},
		{"a.py", "def f(‹x›=1, *y): pass", "def f("},
		{"a.py", "def f():\n  for ‹x› in y: pass", "def f("},
		{"a.py", "class A:\n  def f(self, ‹x›: int): pass", "def f("},
		{"a.py", "v = lambda ‹x›: x", "lambda"},
		{"a.py", "def f():\n  ‹x› = 1\n  def g():\n    nonlocal x", "def f("},
		{"a.py", "def f():\n  global x\n  ‹x› = 1", ""},
		{"a.py", "def f():\n  class A:\n    ‹x› = 1", ""},
		{"a.py", "def f(self):\n  self.‹x› = 1", ""},
		{"a.py", "def f():\n  from a import ‹x›", ""},
		{"a.py", "def ‹f›(): pass", ""},
		{"a.py", "‹x› = 1", ""},
		{"a.ts", "function f(‹x›: number) {}", "function f"},
		{"a.ts", "class A { m() { const ‹x› = 1 } }", "m()"},
		{"a.ts", "export const v = (‹x›) => x", "("},
		{"a.ts", "export const v = ‹x› => x", "x =>"},
		{"a.ts", "function f() { try {} catch (‹x›) {} }", "function f"},
		{"a.ts", "class A { constructor(private ‹x›: number) {} }", ""},
		{"a.ts", "class A { constructor(readonly ‹x›: number) {} }", ""},
		{"a.ts", "function f() { return { ‹x›: 1 } }", ""},
		{"a.ts", "function f() { const { ‹x› } = y }", ""},
		{"a.ts", "function f() { class A { ‹x› = 1 } }", ""},
		{"a.ts", "function f() { class ‹A› {} }", ""},
		{"a.ts", "const ‹x› = 1", ""},
		{"a.js", "var v = function (‹x›) {}", "function ("},
		{"a.js", "function f() { var ‹x› = 1 }", "function f"},
		{"a.tsx", "function f(‹x›: number) { return <a b={x} /> }", "function f"},
		{"a.c", "int f(int ‹x›) { return x; }", "int f("},
		{"a.c", "static int *f(void) { int ‹x› = 1; return 0; }", "static int *f("},
		{"a.c", "int f(void) { for (int ‹x› = 0; x < 2; x++) {} }", "int f("},
		{"a.c", "int ‹f›(int x) { return x; }", ""},
		{"a.c", "int *‹f›(int x) { return 0; }", ""},
		{"a.c", "int f(int ‹x›);", "f(int"},
		{"a.c", "int ‹f›(int x);", ""},
		{"a.c", "int ‹x› = 1;", ""},
		{"a.c", "int f(void) { extern int ‹x›; return x; }", ""},
		{"a.c", "int f(void) { int ‹g›(void); return g(); }", ""},
		{"a.c", "OPEN(x) { int ‹y› = 1; }", ""},
		{"a.cc", "class EXPORT A { static int ‹x›; };", ""},
		{"a.cc", "struct A { A(int ‹x›) { f(x); } };", "A(int"},
		{"a.cc", "A::A(int ‹x›) { f(x); }", "A::A("},
		{"a.cc", "auto v = [](int ‹x›) { return x; };", ""},
		{"a.cc", "int f() { auto ‹v› = [](int x) { return x; }; }", "int f("},
		{"a.cc", "int f() { struct A { int ‹x›() { return 1; } }; return 1; }", ""},
		{"a.rs", "fn f(‹x›: i32) {}", "fn f("},
		{"a.rs", "impl T { fn f(&self) { let ‹x› = 1; } }", "fn f("},
		{"a.rs", "trait T { fn f(‹x›: i32); }", "fn f("},
		{"a.rs", "fn f() { g(|‹x›| x); }", "fn f("},
		{"a.rs", "static S: fn(i32) = |‹x›| x;", "|x|"},
		{"a.rs", "fn f() { match y { Some(‹x›) => x } }", "fn f("},
		{"a.rs", "fn f() { impl T { fn ‹m›() {} } }", ""},
		{"a.rs", "fn f() { enum E { ‹A› } }", ""},
		{"a.rs", "fn f() { make!(‹m›); }", ""},
		{"a.rs", "fn f() { const ‹C›: u8 = 1; }", ""},
		{"a.rs", "fn f() { let T { ‹x› } = y; }", ""},
		{"a.rs", "fn f() { let ‹x› = 1; include!(\"b.rs\"); }", "fn f("},
		{"a.rs", "fn ‹f›() {}", ""},
	} {
		before, rest, _ := strings.Cut(tt.src, "‹")
		name, after, _ := strings.Cut(rest, "›")
		one := before + name + after
		src := one + "\n\n" + one
		for _, start := range []int{0, len(one) + 2} {
			at := text.Span{Start: start + len(before), End: start + len(before) + len(name)}
			for _, outermost := range []text.Span{{}, {Start: start, End: start + len(one)}} {
				scope, ok, err := syntax.LocalScope(t.Context(), tt.file, []byte(src), at, outermost)
				if err != nil {
					t.Fatal(err)
				}
				got := src[scope.Start:scope.End]
				if ok != (tt.scope != "") || !strings.HasPrefix(got, tt.scope) || ok && !scope.Contains(at) {
					t.Errorf("%s %s at %v, %v alone: %q, %t", tt.file, tt.src, at, outermost, got, ok)
				}
			}
		}
	}
}
