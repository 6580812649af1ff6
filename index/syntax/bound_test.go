package syntax

import (
	"slices"
	"strings"
	"testing"

	"lanser/selectors/lazyregexp"
)

// In the sources "$" is before each word x that is bound to a parameter or a local, and "$f:" before one that is an
// argument of f.
func TestWordsAreBoundToParametersAndLocals(t *testing.T) {
	mark := lazyregexp.New(`\$(?:(\w+):)?`)
	for _, marked := range []string{
		`int f(int $x) { return $x; }`,
		`int f(int $x);`,
		`int f(void (*g)(int $x), int y);`,
		`struct S { int f(int $x); int x; };`,
		`struct S { void f(int $x) { this->x = $x; } };`,
		`S::S(int $x) : x($x), y(g($g:x)) {}`,
		`int f(int a = x, int $x = x);`,
		`void f() { x = 1; int $x = $x; g(h.x, $g:x); $x->x(); }`,
		`void f() { { int $x; } x; }`,
		`void f() { for (int $x = 0; $x;) $x; x; }`,
		`void f() { for (auto &$x : y) $x; }`,
		`void f() { auto [$x, y] = g(); $x; }`,
		`void f() { auto l = [](int $x) { return $x; }; x; }`,
		`auto l = [](int $x) { return $x; };`,
		`void f() { try {} catch (E $x) { $x; } }`,
		`void f(int $x) { N::x; x<1>(2); g<x>(); }`,
		`void f(int $x) { struct L { int g() { return x; } }; }`,
		`void f(int x) { extern int x; x; }`,
		`void f(int x) { using N::x; x; }`,
		`void f(int $x) { goto x; x: struct x y; }`,
		"void f() {\n#ifdef A\n int x;\n#endif\n x; }",
		`PROPERTY(int x);`,
		`struct S { PROPERTY(int x); };`,
		`TEST(x) { x; }`,
		`void f(int x) { return x x; }`,
		`#define F(x) x`,
		`void f(int $x) { FIELD(a, $FIELD:x)($x); }`,
		`template <int $x> int f() { return x; }`,
	} {
		src := mark.ReplaceAllString(marked, "")
		var want []string
		for _, m := range mark.FindAllStringSubmatch(marked, -1) {
			want = append(want, m[1])
		}
		found, err := BoundWords(t.Context(), "a.cc", []byte(src), "x")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		out := src
		for _, w := range slices.Backward(found) {
			got = append(got, strings.Join(w.Calls, " "))
			out = out[:w.Span.Start] + "$" + out[w.Span.Start:]
		}
		slices.Reverse(got)
		if out != mark.ReplaceAllString(marked, "$$") || !slices.Equal(got, want) {
			t.Errorf("%s: %v, not\n%s", out, got, marked)
		}
	}
}
