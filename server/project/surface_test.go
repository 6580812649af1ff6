package project_test

import (
	"slices"
	"strings"
	"testing"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/server/project"
)

// What a file exports, by the syntax of its language.
func TestExportedNamesAreThoseOfTheLanguage(t *testing.T) {
	for name, tt := range map[string]struct {
		file, code, want string
		unknown          bool
	}{
		"Go": {
			file: "a.go", want: "F T T.A T.M",
			code: "package a\n\nfunc F() {}\n\nfunc f() {}\n\nfunc (t *T) M() {}\n\ntype T struct{ A, b int }\n",
		},
		"Python": {
			file: "a.py", want: "C C.__init__ f",
			code: "def f(): ...\ndef _g(): ...\nclass C:\n    def __init__(self): ...\n    def _m(self): ...\n",
		},
		"Python with a list": {
			file: "a.py", code: "__all__ = [\n    'f',\n]\ndef f(): ...\ndef g(): ...\n", want: "f",
		},
		"TypeScript": {
			file: "a.ts", want: "A A.n C C.m d x",
			code: "export const x = 1\nconst y = 2\nfunction d() {}\nexport { d as default }\n" +
				"export class C {\n  m() {}\n  private p() {}\n}\nexport interface A { n: number }\n",
		},
		"CommonJS": {file: "a.js", code: "function f() {}\nmodule.exports = f\n", want: "f", unknown: true},
		"CommonJS with an object of names": {
			file: "a.js", want: "C C.m b e f load",
			code: "const { a,\n  x } = require('./x')\nconst y = require('y')\nfunction f() {}\nfunction g() {}\n" +
				"class C { m() {} }\nC.prototype.load = function () {}\nconst b = 1\nmodule.exports = { f, C, b, e: a }\n",
		},
		"CommonJS with more": {
			file: "a.js", want: "f g", unknown: true,
			code: "const { a } = require('./x')\nfunction f() {}\nmodule.exports = { f }\nmodule.exports.h = a\n" +
				"function g() {}\n",
		},
		"Rust": {
			file: "a.rs", code: "pub fn f() {}\nfn g() {}\npub struct S { pub a: u8, b: u8 }\npub enum E { A }\n",
			want: "E E.A S S.a f",
		},
		"Java":     {file: "A.java", code: "public class A { public void m() {} void n() {} }\n", want: "A A.m"},
		"C header": {file: "a.h", code: "int f(void);\nstatic int g(void) { return 1; }\n", want: "f"},
		"C source": {file: "a.c", code: "int f(void) { return 1; }\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := index.Open(indextest.Files(t, map[string]string{tt.file: tt.code}), index.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			snap, err := w.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			unknown := false
			for _, d := range snap.FileDecls(tt.file) {
				exported, known := project.Exports(snap, d)
				if exported && !d.Alias {
					got = append(got, strings.Join(d.Names, "."))
					unknown = unknown || !known
				}
			}
			slices.Sort(got)
			if all := strings.Join(got, " "); all != tt.want || unknown != tt.unknown {
				t.Errorf("%q, unknown %v; want %q, %v", all, unknown, tt.want, tt.unknown)
			}
		})
	}
}
