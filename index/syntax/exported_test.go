//go:build cgo

package syntax_test

import (
	"strings"
	"testing"

	"lanser/index/syntax"
)

// Libraries of C and C++ put macros in front of, into and behind what they declare. The declarations have their names
// all the same, whether or not the macros have an underscore or arguments.
func TestMacrosAroundDeclarationsOfC(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"API int f(const char *s);":                                  "def f",
		"API unsigned long f(void) NOEXCEPT;":                        "def f",
		"API struct part *f(void);":                                  "def f",
		"API extern int n;":                                          "var n",
		"extern API part n;":                                         "var n",
		"API part n;":                                                "var n",
		"struct API part { int x; };":                                "struct part, field x",
		"union API part { int x; };":                                 "struct part, field x",
		"enum API part { A, B };":                                    "enum part, field A, field B",
		"typedef struct API part part;":                              "type part, struct part",
		"LIB_API(char *) f(int n);":                                  "def f",
		"LibApi_FUNC(Thing *) f(int n);":                             "def f",
		"LibApi_DATA(Thing) n;":                                      "var n",
		"LIB_API Thing *(f) (int n);":                                "def f",
		"LIB_API void f(const char *s, ...) PRINTF_LIKE(1, 2) COLD;": "def f",
		"lib_export int f(void);":                                    "def f",
		"static BOOL f(int x);":                                      "def f",
		"extern UINT8_T STDCALL f(int x);":                           "def f",
		"extern const byte HIDDEN table[];":                          "var table",
		"static UINT8 table[4];":                                     "var table",
		"BOOL STDCALL f(void *h) { return 1; }":                      "def f",
		"OLD(\"use g\") int f(void);":                                "def f",
		"#if X && __has_include(<x>)\nint f(void);\n#endif\n":        "def f",
	} {
		if got := outlined(t, "a.h", src); got != want {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
		if got := outlined(t, "a.hpp", src); got != want {
			t.Errorf("%s, as C++: got %q, want %q", src, got, want)
		}
	}
}

func TestMacrosAroundDeclarationsOfCPP(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"API std::string f();":                               "def f",
		"API const std::string& f();":                        "def f",
		"API std::vector<int> f(int n);":                     "def f",
		"API lib::Part *f();":                                "def f",
		"API Part f(Part p);":                                "def f",
		"FRESH auto f() -> int;":                             "def f",
		"static FORCED Part f() {}":                          "def f",
		"template <typename T> FRESH std::string f(T t) { }": "def f",
		"template <typename T> FRESH T Part::f() { }":        "method f",
		"API [[nodiscard]] int f();":                         "def f",
		"extern \"C\" API const char *f(void);":              "def f",
		"OLD(\"use g\") Part f();":                           "def f",
		"OLD_API API int f(int);":                            "def f",
		"API LIB_FRESH std::string f(int);":                  "def f",
		"class API Part;":                                    "class Part",
		"class API Part { int x; };":                         "class Part, field x",
		"class API OLD(\"x\") Part final : Base { };":        "class Part",
		"enum class API Part { A };":                         "enum Part, field A",
		"API bool operator==(const Part& a, const Part& b);": "def operator==",
		"API std::string& operator<<(std::string& s, int);":  "def operator<<",
		"API Part::Part(int n) : n_(n) { }":                  "method Part",
		"API Part Part::f(int n) { }":                        "method f",
		"API std::string Part::f() const { return \"\"; }":   "method f",
	} {
		if got := outlined(t, "a.hpp", src); got != want {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
	}
}

// outlined returns the declarations of a file, "class A, field x", and what the grammar did not understand.
func outlined(t *testing.T, file, src string) string {
	t.Helper()
	out, err := syntax.Parse(t.Context(), file, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range out.Symbols {
		got = append(got, string(s.Kind)+" "+s.Text)
	}
	for _, e := range out.Errors {
		got = append(got, "error "+src[e.Start:e.End])
	}
	return strings.Join(got, ", ")
}
