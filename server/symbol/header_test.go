package symbol_test

import (
	"testing"

	"lanser/selectors"
	"lanser/server/symbol"
)

// A function that is a value has a header up to its body, whatever its types contain.
func TestTheHeaderOfAFunctionValueEndsBeforeItsBody(t *testing.T) {
	for header, want := range map[string]string{
		"load = async (a: string): Promise<Item> => {\n  run()\n}": "load = async (a: string): Promise<Item> =>",
		"one = (a, b = () => 1) => a < b":                          "one = (a, b = () => 1) =>",
		"get: Get = (c, key?) => { const o = { a: 1 } }":           "get: Get = (c, key?) =>",
		"typed: (a: number) => void = (a) => { run(a) }":           "typed: (a: number) => void = (a) =>",
		"o = (a: { b: () => void }): { c: 1 } => { return a }":     "o = (a: { b: () => void }): { c: 1 } =>",
		"makes = () => ({ a: 1 })":                                 "makes = () =>",
		"named = function named(a = {}) { return a }":              "named = function named(a = {})",
		"declared: (a: number) => { b: number }":                   "declared: (a: number) => { b: number }",
		"options = { run: () => { go() } }":                        "options = { run: () => { go() } }",
		"called = wrap(() => { go() })":                            "called = wrap(() => { go() })",
		"chosen = a ? (b) => c : d":                                "chosen = a ? (b) => c : d",
		"sum = (1 + 2) * 3":                                        "sum = (1 + 2) * 3",
		"count = 1":                                                "count = 1",
		"name":                                                     "name",
	} {
		d := selectors.Decl{Lang: "ts", Kind: selectors.KindConst}
		if got := symbol.WithoutFunctionBody(d, header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}
