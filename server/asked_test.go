package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Requests are made where the server of the language answers: at the name that a function or class without its own
// name is bound to, inside the quotes of a key, and both in a stub and in the file that it declares.
func TestRequestsAreMadeAtTheNameOfTheSymbol(t *testing.T) {
	t.Parallel()
	use := "import arrow from './arrow'\nimport { table, Job } from './keys'\n" +
		"arrow()\ntable.speed\nnew Job().run()\n"
	for _, tt := range []struct {
		name, server string
		files        map[string]string
		uses         map[string][]string // selector → references but for the declaration
	}{
		{"anonymous members of CommonJS", "typescript-language-server", map[string]string{
			"package.json": `{"name":"x"}`,
			"lib.js":       "exports.area = function (r) { return r * r }\nexports.twice = (r) => 2 * r\n",
			"main.js":      "const lib = require('./lib')\nlib.area(2)\nlib.twice(2)\n",
		}, map[string][]string{
			"ts://lib#area": {"main.js:2"}, "ts://lib#twice": {"main.js:3"},
		}},
		{"default exports and computed keys", "typescript", map[string]string{
			"tsconfig.json": `{"compilerOptions":{"module":"esnext","moduleResolution":"bundler","noEmit":true}}`,
			"arrow.ts":      "export default () => 2\n",
			"keys.ts":       "export const table = { ['speed']: 4 }\nexport class Job { ['run']() { return 1 } }\n",
			"use.ts":        use,
		}, map[string][]string{
			"ts://arrow#default":      {"use.ts:1", "use.ts:3"},
			"ts://keys#table.'speed'": {"use.ts:4"},
			"ts://keys#Job.'run'":     {"use.ts:5"},
		}},
		{"a stub next to its module", "pyright", map[string]string{
			"fast/__init__.py": "",
			"fast/impl.py":     "class Codec:\n    def push(self, b):\n        return self.push(b)\n",
			"fast/impl.pyi":    "class Codec:\n    def push(self, b: str) -> bytes: ...\n",
			"app.py":           "from fast.impl import Codec\n\nCodec().push('b')\n",
		}, map[string][]string{
			"py://fast.impl#Codec.push": {"app.py:3", "fast/impl.py:3"},
			"fast/impl.pyi:2:9":         {"app.py:3", "fast/impl.py:3"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found(t, tt.server)
			e := engine(t, indextest.Files(t, tt.files))
			no := false
			for selector, want := range tt.uses {
				quoted, _ := json.Marshal(selector)
				b, err := e.Do(context.Background(), api.Request{
					Op: "references", Selector: quoted, Options: api.Options{Declaration: &no, Server: tt.server},
				})
				if err != nil {
					t.Fatalf("%s: %v", selector, err)
				}
				if d := cmp.Diff(want, lines(b.Facts.References)); d != "" {
					t.Errorf("%s: (-want +got)\n%s", selector, d)
				}
			}
		})
	}
}

// lines are locations as "path:line".
func lines(list []bundle.Location) (out []string) {
	for _, l := range list {
		out = append(out, fmt.Sprintf("%s:%d", l.URI, l.Range[0]+1))
	}
	return out
}
