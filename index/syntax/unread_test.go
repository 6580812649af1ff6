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
			"b.go", "package a\n\nfunc f(i int) {\n\tp := new(1 + i) // untyped\n\tq := new([]int)\n" +
				"\t_ = make([]int, 3)\n}\n\nvar M = interface{ m() }.m\n",
			[]string{"f", "M"},
			"func f(i int)",
		},
		{
			"g.ts", "export const h: {\n  // ----\n  /** first */\n  <A>(a: A): (b: A) => Map<A>\n" +
				"  /** second */\n" +
				"  <B, C extends { [K in keyof readonly B[]]+?: 1 }>(b: B): B\n} = dual<\n  /** x */\n" +
				"  <K>(k: K) => K\n>(2)\nlet after = 1\n",
			[]string{"h", "after"},
			"",
		},
		{
			"h.d.ts", "declare module \"x\" {\n  export const a: 1;\n" +
				"  global {\n    var b: 2;\n  }\n  export const c: 3;\n}\n",
			[]string{"\"x\"", "a", "global", "b", "c"},
			"declare module \"x\"",
		},
		{
			"i.ts", "export { d } from './b.json' with { type: 'json' };\nimport source s from 'x';\n" +
				"async function u() {\n  await using v = w();\n  using z = v;\n  for (using x of y) {}\n}\n" +
				"type E = `a \\` b`;\n",
			[]string{"d", "s", "u", "v", "z", "x", "E"},
			"",
		},
		{
			"b.py", "class A[T: (int, str) = int]:\n    x = 1\n\ntry:\n    pass\nexcept *(B):\n    Y = 1\n",
			[]string{"A", "x", "Y"},
			"class A[T: (int, str) = int]:",
		},
		{
			"b.rs", "pub const unsafe trait T: [const] U {}\nimpl<A: Fn(u8) -> Vec<u8>> const T for S<A> {}\n" +
				"const impl<A> S<A> { const fn f() {} }\nauto trait V {}\n" +
				"unsafe extern \"C\" { unsafe static W: u8; }\nfn g(x: u8) where F: async Fn() {\n" +
				"    match x {\n        ..=MAX => {}\n        _ => {}\n    }\n    let c = #[cold] || 1;\n}\n" +
				"macro_rules! m { ($n:ident) => { fn ${concat($n, _x)}() {} } }\n",
			[]string{"T", "f", "V", "W", "g", "m"},
			"pub const unsafe trait T: [const] U",
		},
		{
			"B.java", "class B {\n  B() {\n    int y = 1;\n    super();\n  }\n" +
				"  int f(Object o) { return switch (o) { case C _, D _ -> 1; default -> 2; }; }\n}\n",
			[]string{"B", "B", "f"},
			"class B",
		},
		{
			"b.c", "enum e : unsigned char { a, b };\n_BitInt(7) c;\n" +
				"const char d[] = {\n#embed \"a.bin\" limit(4)\n};\n",
			[]string{"e", "a", "b", "c", "d"},
			"enum e : unsigned char",
		},
		{
			"b.cc", "int f() { if !consteval { return 1; } S s{.a = 1, .b{2}}; return 0; }\nint g();\n",
			[]string{"f", "g"},
			"int f()",
		},
		{
			"a.cs", "class A\n#if NET\n    : B\n#endif\n{\n  void F() {\n#if X\n    if (a) { } else\n#endif\n" +
				"    { }\n  }\n}\n",
			[]string{"A", "F"},
			"",
		},
		{
			"a.kt", "class A(internal actual val job: Job)\nfun interface I { fun g(): Int }\n",
			[]string{"A", "job", "I", "g"},
			"",
		},
		{
			"a.lua", "local x <const>, y <close> = 1, f()\n" +
				"local function g()\n  goto done\n  ::done::\n  return x;\nend\n",
			[]string{"x", "y", "g"},
			"",
		},
		{
			"a.php", "<?php\nclass A { public private(set) string $x; }\n$y = $x |> f(...);\nfunction g() {}\n",
			[]string{"A", "x", "g"},
			"",
		},
		{
			"a.sh", "f() { echo \"${x:+ ($y)}.\"; }\ng() { :; }\n",
			[]string{"f", "g"},
			"",
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
			"list.c", "#define COLORS(X) X(RED) X(GREEN)\n#define AS_ENUM(name) name,\n" +
				"enum color { COLORS(AS_ENUM) COLOR_COUNT };\nenum other {\n  COLORS(AS_ENUM)\n};\nint f(void);\n",
			[]string{"COLORS", "AS_ENUM", "color", "COLOR_COUNT", "other", "f"},
			"",
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

// The text that is looked for before a pattern is in each of its matches.
func TestATextThatEveryMatchHas(t *testing.T) {
	for pattern, want := range map[string]string{
		`(?m)^\s*(export)\s+[\w{]`:           "export",
		`\benum(?:\s+\w+)?(\s*:\s*\w)\{`:     "enum",
		`\b(_BitInt\s*\([^()\n]*\))`:         "_BitInt",
		`(?i:embed)\b`:                       "",
		`(?:module|import)\b`:                "",
		`[{,]\s*(\.)\w+`:                     ".",
		`(?:for)?x`:                          "x",
		`(?m)^(?:ab)+c`:                      "ab",
		`a{0,3}bc*`:                          "b",
		`(?m)^[ \t]*(#[ \t]*embed\b[^\n]*)$`: "embed",
	} {
		if got := syntax.Mandatory(pattern); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}
