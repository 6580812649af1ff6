package mention_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/catalogue"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/project/projecttest"
)

// A symbol of a file that no project holds can be used where imports lead to it, and its members also where objects
// may be handed to. What the imports do not tell, may be.
func TestSymbolsOfTypeScriptAreKnownWhereImportsLeadToThem(t *testing.T) {
	const home = "lib/cart.js" // the symbol's
	for name, tt := range map[string]struct {
		files   map[string]string
		top     []string // where what it declares at the top level may be used
		members []string // where members may be
	}{
		"nothing imports it": {
			map[string]string{"other.js": "export const a = 1;\n", "dist/cart.js": "export class Cart {}\n"}, nil, nil,
		},
		"directly, over others, and with other extensions": {
			map[string]string{
				"a.js": "import { Cart } from './lib/cart.js';\n", "b.js": "const a = require(\"./a\");\n",
				"lib/c.mts": "export * from \"./cart\";\n", "d.ts": "export type C = typeof import(`./lib/c.mjs`);\n",
				"e.js": "import './dist/cart';\n", "dist/cart.js": "export {};\n",
			},
			[]string{"a.js", "b.js", "d.ts", "lib/c.mts"},
			[]string{"a.js", "b.js", "d.ts", "lib/c.mts"},
		},
		"objects are handed over": {
			map[string]string{
				"main.js": "import { Cart } from './lib/cart';\nimport { run } from './run';\nrun(new Cart());\n",
				"run.js":  "export function run(x) { return x.total(); }\n",
			},
			[]string{"main.js"},
			[]string{"main.js", "run.js"},
		},
		"the index of a folder": {
			map[string]string{
				"lib/index.js": "export * from './cart';\n", "a.js": "import l from './lib';\n",
				"lib/b.js":      "import '.';\n",
				"lib/deep/c.js": "import '..';\n",
			},
			[]string{"a.js", "lib/b.js", "lib/deep/c.js", "lib/index.js"},
			[]string{"a.js", "lib/b.js", "lib/deep/c.js", "lib/index.js"},
		},
		"the name of a package": {
			map[string]string{
				"lib/package.json": `{"name": "@acme/lib"}`, "a.js": "import { Cart } from '@acme/lib/cart';\n",
				"b.js": "import react from 'react';\n", "package.json": `{"dependencies": {"react": "*"}}`,
				"c.js": " * import { Cart } from '@acme/lib';\nexport {};\n", "d.js": "import fs from 'node:fs';\n",
			},
			[]string{"a.js"},
			[]string{"a.js"},
		},
		"a package of a folder under another name": {
			map[string]string{
				"package.json": `{"dependencies": {"shop": "file:./lib", "cart": "link:lib", "other": "^1.0.0"}}`,
				"a.js":         "import { Cart } from 'shop';\n", "b.js": "import { Cart } from 'cart';\n",
				"c.js": "import { Cart } from 'other';\n",
			},
			[]string{"a.js", "b.js"},
			[]string{"a.js", "b.js"},
		},
		"scripts that may also be modules": {
			map[string]string{
				"main.js":   "if (typeof exports === 'object') module.exports = make(require('./lib/cart'));\n",
				"page.js":   "// what it exports and requires\ntotal();\n",
				"amd.js":    "define(['lib/cart'], (c) => c.total());\n",
				"common.js": "const fs = require('fs');\n",
			},
			[]string{"amd.js", "common.js", "main.js", "page.js"},
			[]string{"amd.js", "common.js", "main.js", "page.js"},
		},
		"names that a configuration gives": {
			map[string]string{
				"tsconfig.base.json": `{"compilerOptions": {"paths": {"react": ["./lib/cart.js"], "@/*": ["./*"]}}}`,
				"package.json":       `{"dependencies": {"cart": "*"}}`, "a.js": "import { Cart } from 'cart';\n",
				"b.js": "import { Cart } from '@/lib/cart.js';\n", "c.js": "import './lib/other';\n",
			},
			[]string{"a.js", "b.js"},
			[]string{"a.js", "b.js"},
		},
		"names that nobody explains": {
			map[string]string{
				"a.js": "import { Cart } from 'app/cart';\n", "b.js": "import '#cart';\n", "c.js": "import '#x';\n",
				"d.js": "import './gone.js';\n",
			},
			[]string{"a.js", "b.js", "c.js"},
			[]string{"a.js", "b.js", "c.js"},
		},
		"an import whose module is computed": {
			map[string]string{
				"a.js": "export const load = (n) => import(`./lib/${n}.js`);\n",
				"b.js": "import { load } from './a';\n",
				"c.js": "const m = require(name);\n", "d.js": "export {};\n",
			},
			[]string{"a.js", "b.js", "c.js"},
			[]string{"a.js", "b.js", "c.js"},
		},
		"the global scope": {
			map[string]string{
				"main.js": "import { Cart } from './lib/cart';\n(window as any).cart = new Cart();\n",
				"page.js": "cart.total();\n", "module.js": "export const n = cart.total();\n",
			},
			[]string{"main.js", "module.js", "page.js"},
			[]string{"main.js", "module.js", "page.js"},
		},
		"names that are declared globally": {
			map[string]string{
				"main.ts": "import type { Cart } from './lib/cart';\n" +
					"declare global {\n  interface Window { cart: Cart }\n}\n",
				"use.ts": "export const n = window.cart.total();\n",
			},
			[]string{"main.ts", "use.ts"},
			[]string{"main.ts", "use.ts"},
		},
		"other names that are declared globally": {
			map[string]string{
				"main.ts": "import { Cart } from './lib/cart';\n" +
					"declare global {\n  interface Window { total: number }\n}\n" +
					"export const c = new Cart();\n",
				"other.ts": "export const n = window.total;\n",
			},
			[]string{"main.ts"},
			[]string{"main.ts"},
		},
		"a page": {
			map[string]string{
				"index.html": "<script type=module src=\"/lib/cart.js\"></script><script src='page.js'></script>",
				"page.js":    "export const run = (x) => x.total();\n", "other.js": "export {};\n",
			},
			nil,
			[]string{"page.js"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := written{home: "export class Cart { total() {} }\n"}
			for p, content := range tt.files {
				files[p] = content
			}
			srv := catalogue.Named("typescript")
			used := func(isMember bool) (out []string) {
				sym := project.Symbol{Path: home, Lang: "ts", Name: "Cart", Member: isMember}
				for _, p := range files.Paths() {
					if srv.LanguageID(p) == "" || p == home {
						continue
					}
					if uses, _ := mention.UsesIn(srv, files, sym, p); uses == mention.MayUse {
						out = append(out, p)
					}
				}
				return out
			}
			if d := cmp.Diff(tt.top, used(false)); d != "" {
				t.Errorf("at the top level (-want +got)\n%s", d)
			}
			if d := cmp.Diff(tt.members, used(true)); d != "" {
				t.Errorf("members (-want +got)\n%s", d)
			}
			open, _ := srv.Openings(files, home, project.LinkedWith(files, home), nil)
			want := append([]string{home}, tt.members...)
			slices.Sort(want)
			if d := cmp.Diff(want, open); d != "" {
				t.Errorf("open (-want +got)\n%s", d)
			}
		})
	}
}

// What a script declares needs no import.
func TestWhatAScriptDeclaresIsKnownEverywhere(t *testing.T) {
	srv := catalogue.Named("typescript")
	for content, want := range map[string]mention.Uses{
		"class Cart {}\n": mention.MayUse,
		"namespace Shop {\nexport class Cart {}\n}\n":          mention.MayUse,
		"declare module 'shop' {\n  export class Cart {}\n}\n": mention.MayUse,
		"export {};\ndeclare global { class Cart {} }\n":       mention.MayUse,
		"export class Cart {}\n":                               mention.CannotUse,
	} {
		files := written{"shop.ts": content, "page.ts": "export const c: Cart;\n"}
		sym := project.Symbol{Path: "shop.ts", Lang: "ts", Name: "Cart"}
		if got, _ := mention.UsesIn(srv, files, sym, "page.ts"); got != want {
			t.Errorf("%q: %v, want %v", content, got, want)
		}
		isKnown := project.KnownAt(files, "page.ts")("shop.ts")
		if isKnown != (want == mention.MayUse) || project.AreJoined(files, "page.ts", "shop.ts") {
			t.Errorf("%q: known %v; no import joins them", content, isKnown)
		}
	}
}

// At a use, the files stay closed that cannot know what it means.
func TestAtAUseTheFilesAreOpenThatCanKnowWhatItMeans(t *testing.T) {
	files := written{
		"lib/cart.js": "export class Cart {}\n", "page.js": "import { Cart } from './lib/cart.js';\nnew Cart();\n",
		"dist/cart.js": "export class Cart {}\n", "globals.js": "var theCart;\n",
		"also.js": "export const c = import('./page.js');\n",
	}
	open, _ := catalogue.Named("typescript").Openings(files, "page.js", project.KnownAt(files, "page.js"), nil)
	if d := cmp.Diff([]string{"also.js", "globals.js", "lib/cart.js", "page.js"}, open); d != "" {
		t.Errorf("open (-want +got)\n%s", d)
	}
	if !project.AreJoined(files, "also.js", "lib/cart.js") || project.AreJoined(files, "page.js", "globals.js") {
		t.Error("an import joins also.js with the class, over page.js; none joins a script with anything")
	}
}

// written is a view of files with their contents.
type written = projecttest.Files
