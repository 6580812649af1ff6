package syntax_test

import (
	"slices"
	"testing"

	"lanser/index/syntax"
)

// A file with syntax that its grammar cannot read has no errors in its outline. All its declarations are listed, and
// their signatures are the unchanged text of the file.
func TestSyntaxThatGrammarsCannotRead(t *testing.T) {
	for _, tt := range []struct {
		file, src string
		want      []string // names of the outline
		sig       string   // of the first
	}{
		{
			"a.go", "package a\n\ntype Set[T comparable] = map[T]bool\n\ntype (\n" +
				"\tPair[K, V any] = struct{ K K; V V }\n)\n" +
				"\nfunc F(a []int, i int) { a[i + 1] = 2; for range 3 { } }\n",
			[]string{"Set", "Pair", "K", "V", "F"},
			"type Set[T comparable] = map[T]bool",
		},
		{
			"a.ts", "interface A<in out T, /** of two */ out U> { x: T }\nlet after = 1;\n",
			[]string{"A", "x", "after"},
			"interface A<in out T, /** of two */ out U>",
		},
		{"b.ts", "import defer * as ns from \"x\";\nlet after = 1;\n", []string{"ns", "after"}, ""},
		{"c.ts", "export type * from \"./b\";\nexport type * as c from './c';\n" +
			"let after = 1;\n", []string{"c", "after"}, ""},
		{
			"d.d.ts", "export declare const d: import(\"react\").Context<{\n  a: boolean;\n}>;\n" +
				"export declare const e: 1;\n",
			[]string{"d", "e"},
			"",
		},
		{
			"e.ts", "interface F {\n  <T>(x: T): T\n  <T, U extends (x: T) => void>(x: T, u: U): U\n" +
				"  name: string\n}\n" +
				"const g = f<typeof import('x')>()\n", []string{"F", "()", "()", "name", "g"}, "interface F",
		},
		{
			"f.d.ts", "export default function (): {\n  a: number;\n};\nexport declare const b: 1;\n",
			[]string{"default", "b"},
			"export default function (): {\n  a: number;\n};",
		},
		{
			"a.py", "type X[T = int] = list[T]\n\nclass A[T: int = bool, *Ts = *tuple[int, ...]]:\n" +
				"    def f(self):\n" +
				"        return t\"hello {self}\" + rt'{1}'\n\ntry:\n    pass\n" +
				"except ValueError, TypeError, OSError:\n    Y = 1\n",
			[]string{"X", "A", "f", "Y"},
			"type X[T = int] = list[T]",
		},
		{
			"a.rs", "fn f<'a>(x: &'a u8) -> impl Sized + use<'a> { x }\n" +
				"fn g() { let p = &raw const X; async move || {}; }\n" +
				"unsafe extern \"C\" { safe fn k(); }\ngen fn z() {}\n" +
				"fn w() { if let Some(x) = a && let Some(y) = b {} }\n",
			[]string{"f", "g", "k", "z", "w"},
			"fn f<'a>(x: &'a u8) -> impl Sized + use<'a>",
		},
		{
			"A.java", "import module java.base;\nvoid main() { IO.println(\"x\"); }\nrecord P(int x) {}\n",
			[]string{"main", "P"},
			"void main()",
		},
		{
			"a.cc", "module;\nexport module foo;\nimport std;\n" +
				"export int f() { if consteval { return 1; } return 2; }\n" +
				"struct S { int g(this S& self); int size = 1'000; };\n",
			[]string{"f", "S", "g", "size"},
			"int f()",
		},
		{
			"a.c", "constexpr int x = 1'0;\nint f(void) { auto z = nullptr; return 0b1'1; }\n" +
				"[[nodiscard]] int g(void);\n",
			[]string{"x", "f", "g"},
			"constexpr int x = 1'0;",
		},
		{
			"macros.h", "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\nMY_BEGIN_DECLS\n" +
				"struct hooks { void *(MY_CALL *take)(int n); };\n" +
				"int f(int a) MY_NOTHROW;\nMY_END_DECLS\n\n#ifdef __cplusplus\n}\n#endif\n",
			[]string{"hooks", "take", "f"},
			"struct hooks",
		},
		{
			"macros.c", "struct n { struct n *next; };\nint g(struct n *l) {\n  struct n *x;\n  int c = 0;\n" +
				"  list_for_each(x, l) { c++; }\n  listForEach(x, l)\n  {\n    c += 2;\n  }\n  return c;\n}\n",
			[]string{"n", "next", "g"},
			"struct n",
		},
		{
			"macros.cc", "#include <x>\nLIB_BEGIN_NAMESPACE\nnamespace a LIB_VISIBLE(default) {\n" +
				"LIB_CONSTEXPR inline int f() { return 1; }\n" +
				"struct S { S() LIB_NOEXCEPT { } int g() const LIB_NOEXCEPT; };\n}\nLIB_END_NAMESPACE\n",
			[]string{"a", "f", "S", "S", "g"},
			"",
		},
	} {
		out, err := syntax.Parse(t.Context(), tt.file, []byte(tt.src))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range out.Errors {
			t.Errorf("%s: %q was not read", tt.file, tt.src[s.Start:])
		}
		var got []string
		for _, s := range out.Symbols {
			got = append(got, s.Text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.file, got, tt.want)
		}
		if tt.sig == "" || len(out.Symbols) == 0 {
			continue
		}
		if s := out.Symbols[0]; tt.src[s.Sig.Start:s.Sig.End] != tt.sig {
			t.Errorf("%s: the signature is %q, want %q", tt.file, tt.src[s.Sig.Start:s.Sig.End], tt.sig)
		}
	}
}
