package server_test

import (
	"context"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// What a module exports includes what it hands on of others, with the declarations of those, and a doubt says what is
// not listed.
func TestTheSurfaceOfAModuleHoldsWhatItHandsOn(t *testing.T) {
	t.Parallel()
	dir := indextest.Files(t, map[string]string{
		"src/index.ts": "import { App } from './app'\nimport def from './other'\nexport type { Env } from './types'\n" +
			"export { run as start } from './inner'\nexport * from './all'\nexport { App, def }\n" +
			"export const own = (a: number): number => {\n  return a\n}\n",
		"src/app.ts":   "export class App<\n  // a comment\n  E = {},\n> {\n  go() {}\n}\nexport const hidden = 1\n",
		"src/types.ts": "export type Env = { a: 1 }\n",
		"src/inner.ts": "export { run } from './deep'\n",
		"src/deep.ts":  "export function run() {}\n",
		"src/named.ts": "class A {\n  m() {}\n}\nfunction f() {}\nconst v = 1\nconst no = 2\n" +
			"export { A as B, f }\nexport { lost }\nexport default v\n",
		".gitignore":                     "node_modules/\n",
		"src/classed.ts":                 "export default class K {}\n",
		"src/through.ts":                 "export * from './named'\n",
		"mine/package.json":              `{"name": "mine", "main": "main.js"}`,
		"mine/main.js":                   "export const mine = 1\n",
		"node_modules/mine/index.d.ts":   "export declare const installed: number\n",
		"node_modules/mine/package.json": `{"name": "mine", "types": "index.d.ts"}`,
		"node_modules/kit/package.json":  `{"name": "kit", "types": "index.d.ts"}`,
		"node_modules/kit/index.d.ts":    "declare const a: number\nexport { a as b }\nexport {}\n",
		"src/all.ts":                     "export const x = 1\nconst y = 2\nexport * from './index'\n",
		"src/other.ts":                   "export default function other() {}\n",
		"src/far.ts":                     "export { z } from 'far'\n",
		"pkg/__init__.py": "from os import path\nfrom .core import load, _hidden\nfrom . import sub\n\n" +
			"def own(): ...\n",
		"pkg/core.py": "def load(name): ...\ndef _hidden(): ...\n",
		"pkg/sub.py":  "def far(): ...\n",
		"many.py": "class Box:\n    def __init__(self, s):\n        self.a, (self.b, _) = s\n" +
			"        (\n            self.c,\n        ) = s\nx, y = 1, 2\nz: dict = {1, 2}\ndef f(a, b=1): ...\n",
		"part/__init__.py": "from .a import f, g\n__all__ = ['f']\n",
		"part/a.py":        "def f(): ...\ndef g(): ...\n",
		"Cargo.toml":       "[package]\nname = \"m\"\n",
		"src/lib.rs": "mod a;\npub use a::{f, deep::Sq as Square};\npub use crate::open::*;\n" +
			"pub(crate) use a::near;\npub fn g() {}\n",
		"src/a.rs":         "pub mod deep;\npub fn f() {}\npub fn near() {}\n",
		"src/a/deep.rs":    "pub struct Sq;\n",
		"src/open.rs":      "pub use super::a::deep;\npub use far::Gone;\nmod inner {\n    pub use super::x;\n}\n",
		"src/barrel.ts":    "export * from './one'\n",
		"src/one.ts":       "export const one = 1\nconst two = 2\n",
		"src/empty.ts":     "export {}\n",
		"src/spaces.ts":    "export * as ns from './one'\nexport { one } from './one'\n",
		"go.mod":           "module ex.com/tea/v2\n",
		"tea.go":           "package tea\nfunc Run() {}\nfunc hidden() {}\n",
		"tea_test.go":      "package tea_test\nfunc F() {}\n",
		"in/a/a.go":        "package twice\nfunc A() {}\n",
		"in/b/b.go":        "package twice\nfunc B() {}\n",
		"js/package.json":  `{"name": "@at/kit", "exports": {"./run": "./dist/run.js", "./raw": "./raw.js"}}`,
		"js/src/run.ts":    "export const run = 1\nconst no = 2\n",
		"js/raw.js":        "export const raw = 1\n",
		"two/package.json": `{"name": "two", "main": "lib/main.js"}`,
		"two/lib/main.js":  "export const main = 1\n",
	})
	e, err := server.New(server.Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()

	for path, want := range map[string]string{
		"src/index.ts": "ts://src/index#own: own = (a: number): number =>\n" +
			"ts://src/all#x: x = 1\nts://src/app#App: export class App< E = {}, >\n" +
			"ts://src/deep#run: export function run()  as start\n" +
			"ts://src/other#other: export default function other()  as def\nts://src/types#Env: export type Env = { a: 1 }",
		"src/far.ts": "E/INCOMPLETE: nothing was found, but the search was not complete: syntax; " +
			"src/far.ts hands on names of far, which is not in the workspace",
		"src/named.ts": "ts://src/named#A: class A  as B\nts://src/named#A.m: m()\n" +
			"ts://src/named#f: function f()\n" +
			"ts://src/named#v: v = 1  as default\npartial: where lost comes from is not known",
		"src/classed.ts": "ts://src/classed#K: export default class K",
		"src/through.ts": "ts://src/named#A: class A  as B\nts://src/named#f: function f()\n" +
			"ts://src/named#v: v = 1  as default\npartial: where lost comes from is not known",
		"mine":            "ts://mine/main#mine: mine = 1",
		"kit":             "ts://kit#a: a: number  as b",
		"pkg/__init__.py": "py://pkg#own: def own()\npy://pkg.core#load: def load(name)",
		"many.py": "py://many#Box: class Box\npy://many#Box.__init__: def __init__(self, s)\n" +
			"py://many#Box.a: a\npy://many#Box.b: b\npy://many#Box.c: c\npy://many#x: x\npy://many#y: y\n" +
			"py://many#z: z: dict = {1, 2}\npy://many#f: def f(a, b=1)",
		"part/__init__.py": "py://part.a#f: def f()",
		"tea":              "go://ex.com/tea/v2#Run: func Run()",
		"twice": "E/AMBIGUOUS: 2 packages are named twice; " +
			"take one of ex.com/tea/v2/in/a, ex.com/tea/v2/in/b",
		"main": "E/NOT_FOUND: there is no package, module or path main; " +
			"give a path, or a name as in an import",
		"@at/kit/raw": "ts://js/raw#raw: raw = 1",
		"two":         "ts://two/lib/main#main: main = 1",
		"@at/kit/other": "E/NOT_FOUND: there is no package, module or path @at/kit/other; " +
			"give a path, or a name as in an import",
		"@at/kit/run": "ts://js/src/run#run: run = 1\npartial: js/package.json names js/dist/run.js, " +
			"which a build makes: js/src/run.ts is taken for its source",
		"crate": "rs://crate#g: pub fn g()\nrs://crate::a#f: pub fn f()\n" +
			"rs://crate::a::deep#Sq: pub struct Sq  as Square\n" +
			"partial: what src/open.rs hands on by pub use is not listed; " +
			"deep is a module, whose names are not listed; src/open.rs hands on names of far, which is no module of the workspace",
		"src/barrel":    "ts://src/one#one: one = 1",
		"src/barrel.ts": "ts://src/one#one: one = 1",
		"src/empty.ts":  "",
		"src/spaces.ts": "ts://src/one#one: one = 1\npartial: ns is a module, whose names are not listed",
	} {
		b, err := e.Do(context.Background(), api.Request{Op: "api", Paths: []string{path}})
		if err != nil {
			if err.Error() != want {
				t.Errorf("%s: %v, want %s", path, err, want)
			}
			continue
		}
		var got []string
		for _, s := range b.Facts.Symbols {
			got = append(got, s.Selector+": "+s.Signature)
		}
		if b.Evidence.State != bundle.Complete {
			got = append(got, string(b.Evidence.State)+": "+strings.Join(b.Evidence.Reasons[1:], "; "))
		}
		if all := strings.Join(got, "\n"); all != want {
			t.Errorf("%s:\n%s\nwant\n%s", path, all, want)
		}
	}
}
