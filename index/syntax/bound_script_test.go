package syntax

import (
	"slices"
	"strings"
	"testing"
)

// In the sources "$" is before each word x that is bound to a parameter or local, and "$$" before one that is bound to
// a variable of the module.
func TestWordsOfScriptsAreBoundToParametersAndVariables(t *testing.T) {
	for _, marked := range []string{
		`function f($x) { return $x.a + g($x) }`,
		`test('a', async (t) => { const $x = X(); await $x.listen({ x: $x }); t.after(() => { $x.close() }) })`,
		`const f = $x => $x.a`,
		`function f() { const $x = X(); x(); new x(); $x.x() }`, // a server knows what is called
		`function f() { const $x = X(); g({ x }); return $x }`,
		`function f() { const x = require('x'); return x }`,
		`function f() { const x = await import('x'); return x }`,
		`function f() { const x = require('x').y; return x }`,
		`function f() { const $x = require('x')({ y: 1 }); return $x }`,
		`function f() { const x = require('x')({ x: 1 }); return x }`,
		`function f() { const { x } = g(); return x }`,
		`function f() { const x = o.x; return x }`,
		`function f({ x }) { return x }`,
		`function f([x], ...y) { return x }`,
		`function f() { let $x; $x = 1; return $x }`,
		`function f() { try {} catch (x) { return x } }`,
		`function f() { for (const x of y) { g(x) } }`,
		`function f() { if (a) { var x = require('x') } return x }`,
		`function f($x) { return function () { return function x() { return x.a } } }`,
		`function f() { function x() {} return x }`,
		`function f() { class x {} return x }`,
		`return x`,
		`const x = X(); x.a`,                             // a script: other files may have the variable
		`const X = require('x'); const $$x = X(); $$x.a`, // a module
		`import X from 'x'; const $$x = X(); f($$x)`,     //
		`import x from 'x'; const y = x.a; function f($x) { return $x }`,
		`import X from 'x'; export const x = X(); f(x)`,
		`import { x as y } from 'x'; x.a`,
		`function f($x) { return o.x + x\u0061 }`,
		`function f($x) { with (o) { return x } }`,
		`function f($x) { return <x a={$x} /> }`,
		`function f(x) { return x x }`,
		`const X = require('x'); function f($x) {} const $$x = X(); f($$x)`,
	} {
		src := strings.ReplaceAll(marked, "$", "")
		found, err := LocalWords(t.Context(), "a.js", []byte(src), "x")
		if err != nil {
			t.Fatal(err)
		}
		out := src
		for _, w := range slices.Backward(found) {
			mark := "$"
			if w.Module {
				mark = "$$"
			}
			out = out[:w.Span.Start] + mark + out[w.Span.Start:]
		}
		if out != marked {
			t.Errorf("%s, not\n%s", out, marked)
		}
	}
}
