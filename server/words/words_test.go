package words_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/words"
)

// source returns a snapshot of one file, and the place of the word between the marks « and » in it.
func source(t *testing.T, path, marked string) (*index.Snapshot, ledger.Place) {
	t.Helper()
	before, rest, _ := strings.Cut(marked, "«")
	word, after, ok := strings.Cut(rest, "»")
	if !ok {
		t.Fatal("no word is marked")
	}
	w, err := index.Open(indextest.Files(t, map[string]string{path: before + word + after}), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	s, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	span := text.Span{Start: len(before), End: len(before) + len(word)}
	return s, ledger.Place{Path: path, Span: span}
}

func TestAWordIsCalledIfArgumentsFollow(t *testing.T) {
	for code, want := range map[string]bool{
		"«f»(1)": true, "«f» (1)": true, "«f»<A, B>(1)": true, "«f»::<A>(1)": true, "«f»[T](1)": true, "«f»`x`": true,
		"«f»": false, "«f»\n(1)": false, "«f» < 3; g(1)": false, "«f».g(1)": false, "«f»[0] = g(1)": false,
		"o.«f»?.(1)": true, "o['«f»'](1)": true, "o[`«f»`] (1)": true, "o.«f»!(1)": true, "«f»``": true,
		"(o.«f»)(1)": true, "x = (*o->«f»)(1)": true, "return («f»)(1)": true, "o['«f»']": false, "`${«f»}`": false,
		"(«f» as any)(1)": true, "new («f» as any)()": true, "(<any>«f»)(1)": true, "(0, «f»)(1)": true,
		"g(«f» as any)(1)": false, "(«f» as any)": false, "await (o.«f» satisfies F)?.(1)": true,
		"g(«f»)(1)": false, "g<T>(«f»)(1)": false, "g()(«f»)(1)": false, "«f» !(1)": false, "«f» != (1)": false,
		"«f»<" + strings.Repeat("A", 300) + ">(1)": false, // beyond the bound
	} {
		s, at := source(t, "a.ts", code)
		if got := words.IsCall(s, at); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}

func TestADecoratorIsACallAndSoIsTheMethodCallOfAFunction(t *testing.T) {
	for code, want := range map[string]bool{
		"a.py @«f»\ndef g(): pass\n": true,
		"a.py   @m.«f»\n":            true,
		"a.py x = a @ «f»\n":         false,
		"a.py @«m».f\n":              false,
		"a.ts «f».call(null)":        true,
		"a.ts «f»?.apply(o, [])":     true,
		"a.ts «f».bind(o)":           false,
		"a.ts «f».called(1)":         false,
	} {
		path, text, _ := strings.Cut(code, " ")
		s, at := source(t, path, text)
		if got := words.IsCalledApart(s, at); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}

func TestADeclarationGivesATypeAnotherName(t *testing.T) {
	for code, want := range map[string]string{
		"a.ts type A = «T»\n":                         "A",
		"a.ts type A<X> = B & n.«T»<X> & { x: 1 };\n": "A",
		"a.ts const A = «T»;\n":                       "A",
		"a.ts type A = «T» | B\n":                     "A, or less",
		"a.ts type A = T2<«T»>\n":                     "A, or less",
		"a.ts type A = «T»['x']\n":                    "A, or less",
		"a.ts const A = mix(«T»)\n":                   "A, or less",
		"a.ts class A extends «T» {}\n":               "",
		"a.ts import { «T» } from './t'\n":            "",
		"a.py A = m.«T»[int]\n":                       "A",
		"a.py A = «T»\n":                              "A",
		"a.py A = «T»()\n":                            "A, or less",
		"a.py print(«T»)\n":                           "",
		"a.ts const A = mix(() => { return «T» })\n":  "", "a.ts const A: «T» = b\n": "",
		"a.ts const o = { A: «T» }\n": "A, or less",
		"a.py def f(A=«T»): pass\n":   "A, or less", "a.ts function f() { return «T» }\n": "",
	} {
		path, text, _ := strings.Cut(code, " ")
		s, at := source(t, path, text)
		got := ""
		if d, isType, ok := words.OtherName(s, at); ok {
			got = d.Names[len(d.Names)-1]
			if !isType {
				got += ", or less"
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestABaseIsNamedInTheHeaderOfAType(t *testing.T) {
	for _, tt := range []struct{ path, code, want string }{
		{"a.py", "class C(«Base»): pass\n", "C"},
		{"a.py", "class C(mod.«Base»): pass\n", "C"},
		{"a.py", "class C(Base, metaclass=«Meta»): pass\n", ""},
		{"a.py", "class C(List[«Item»]): pass\n", ""},
		{"a.py", "class C(Base):\n  x = «Base»\n", ""},
		{"a.ts", "class C extends «Base» {}\n", "C"},
		{"a.ts", "class C extends Base<«Arg»> {}\n", ""},
		{"a.ts", "interface I extends A, «B» { x: number }\n", "I"},
		{"a.ts", "type T = «Base»\n", ""},
		{"a.cpp", "class C : public «Base» {};\n", "C"},
		{"a.cpp", "class C : public «ns»::Base {};\n", ""},
		{"a.cpp", "class C : «public» Base {};\n", ""},
		{"a.cpp", "class C «final» : Base {};\n", ""},
		{"A.java", "class C implements «Base» {}\n", "C"},
	} {
		s, at := source(t, tt.path, tt.code)
		got := ""
		if d := words.HeaderAt(s, at); d != nil {
			got = d.Names[len(d.Names)-1]
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.code, got, tt.want)
		}
	}
}

// A class expression has the name of its variable. Without a variable it has none, and its base represents it.
func TestAClassExpressionHasTheNameOfItsVariable(t *testing.T) {
	for code, want := range map[string]string{
		"const C = class extends «Base» {}\n":           "C",
		"const C: K = class Inner extends «Base» {}\n":  "C",
		"export default class extends «Base» {}\n":      "Base",
		"f(class extends «Base» {})\n":                  "Base",
		"const C = class extends B<«Base»> {}\n":        "",
		"const C = «Base»\n":                            "",
		"const C = { m() { return 1 } }; x = «Base»;\n": "",
	} {
		s, at := source(t, "a.ts", code)
		name, ok := words.ClassExpressionAt(s, at)
		got := ""
		if c, err := s.Content("a.ts"); ok && err == nil {
			got = c.Slice(name.Span)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestThePlaceOfTheKeywordClassMeansTheClass(t *testing.T) {
	for code, want := range map[string]bool{
		"const C = «class» extends Base {}\n": true,
		"const C = f(«class» {})\n":           false,
		"const C = 1, D = «class» {}\n":       false,
	} {
		s, keyword := source(t, "a.ts", code)
		name := ledger.Place{Path: "a.ts", Span: text.Span{Start: len("const "), End: len("const C")}}
		if got := words.IsSameClass(s, name, keyword); got != want {
			t.Errorf("%s: %v", code, got)
		}
		name.Path = "b.ts"
		if words.IsSameClass(s, name, keyword) {
			t.Errorf("%s: it is a class of another file too", code)
		}
	}
}

func TestAFileDeclaresOrImportsAName(t *testing.T) {
	for _, tt := range []struct {
		path, code         string
		declares, imported bool
	}{
		{"a.py", "def «f»(): pass\n", true, false},
		{"a.py", "x = «f»\n", false, false},
		{"a.ts", "import { «f» } from './m'\n", false, true},
		{"a.ts", "const «f» = require('./m')\n", false, true},
		{"a.ts", "const «f» = 1\n", true, false},
		{"a.ts", "import * as «f» from './m'\n", false, true},
		{"a.c", "int «f»(void);\n", false, false},
		{"a.c", "int «f»(void) { return 1; }\n", false, false},
		{"a.c", "static int «f»(void) { return 1; }\n", true, false},
	} {
		s, at := source(t, tt.path, tt.code)
		names := words.NamesIn(s, tt.path)
		if got := names.Declared[at.Span]; got != tt.declares {
			t.Errorf("%s: declared: %v", tt.code, got)
		}
		if got := names.Imported[at.Span]; got != tt.imported {
			t.Errorf("%s: imported: %v", tt.code, got)
		}
	}
}

func TestATypeExtendsTheAncestorsOfItsBases(t *testing.T) {
	code := "class A:\n  def m(self): pass\nclass B(A): pass\nclass C(B, C):\n  def «m»(self): pass\n"
	s, at := source(t, "a.py", code)
	m := words.DeclarationAt(s, at)
	if m == nil || words.Owner(m) != "C" || !words.IsMember(m) {
		t.Fatalf("it is %+v", m)
	}
	for ancestor, want := range map[string]bool{"A": true, "B": true, "D": false} {
		if got := words.Extends(t.Context(), s, m, ancestor); got != want {
			t.Errorf("%s: %v", ancestor, got)
		}
	}
}

// A word may be a base where the text before it matches one expression, which is quick in two parts.
func TestAWordMayBeABaseByTheTextBeforeIt(t *testing.T) {
	whole := regexp.MustCompile(`\b(?:(?:extends|implements)\b[^;]*|class\s+\w+\s*(?:\[[^\]]*\])?\s*\([^:]*)$`)
	pieces := []string{
		"extends", "implements", "class", "C", "x", "(", ")", "[T]", "[", "]", ":", ";", " ", "\n", "{", "_", "é", ",",
	}
	r := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 20_000 {
		var before strings.Builder
		for range r.IntN(9) {
			before.WriteString(pieces[r.IntN(len(pieces))])
		}
		c := text.New([]byte(before.String() + "Base"))
		at := text.Span{Start: before.Len(), End: before.Len() + len("Base")}
		want := whole.MatchString(before.String())
		if got := words.MayBeBase(c, at); got != want {
			t.Fatalf("MayBeBase after %q is %v", before.String(), got)
		}
		if want {
			found++
		}
	}
	if found < 1000 {
		t.Errorf("only %d of the texts are before a base", found)
	}
}

func TestATupleIsTakenApartInThePatternsOfRust(t *testing.T) {
	for code, want := range map[string]bool{
		"fn f() { let «W»(a, _) = w; }":                          true,
		"fn f() { if let Some(«W»(a)) = w {} }":                  true,
		"fn f() { for «W»(a) in list {} }":                       true,
		"fn f(«W»(a, _): W) {}":                                  true,
		"fn f() { match w { «W»(a) => 1, _ => 2 } }":             true,
		"fn f() { match w { A(1) => 1, «W»(a) if a > 1 => 2 } }": true,
		"fn f() { match w { (A(1), «W»(a)) => 1, _ => 2 } }":     true,
		"fn f() { let w = «W»(1, 2); }":                          false,
		"fn f() { for w in «W»(1).list() {} }":                   false,
		"fn f() { match w { A(1) => «W»(a), _ => 2 } }":          false,
		"fn f() { match w { A(1) => g(1, «W»(a)), _ => 2 } }":    false,
		"fn f() { match «W»(1) { W(a) => 1 } }":                  false,
		"fn f() { g(«W»(1), 2); }":                               false,
		"fn f() -> S { S { a: «W»(1), b: 2 } }":                  false,
	} {
		s, at := source(t, "a.rs", code)
		if got := words.IsInPattern(s, at); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}
