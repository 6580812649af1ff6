package mention_test

import (
	"strings"
	"testing"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/mention"
)

func TestTheModuleOfAMemberIsKnownWhereItsNameMeansNothingElse(t *testing.T) {
	for _, test := range []struct {
		lang selectors.Lang
		src  string // the member is get
		want string // "" for no module
	}{
		{"ts", "const a = require('m')\na.get()", "m"},
		{"ts", "var b = 1, a = require('m'), c\nf(b)\na.get()", "m"},
		{"ts", "import a from 'm'\na.get()", "m"},
		{"ts", "import a, { b } from 'm/n'\na.get()", "m/n"},
		{"ts", "import * as a from 'm'\na.get()", "m"},
		{"ts", "import { a } from 'm'\na.get()", ""},
		{"ts", "const a = require('m').a\na.get()", ""},
		{"ts", "const a = require('m')\na('x').get()", ""},
		{"ts", "const a = require('m')\na.b.get()", ""},
		{"ts", "const a = require('m')\nb.a.get()", ""},
		{"ts", "let a = require('m')\na = b\na.get()", ""},
		{"ts", "const a = require('m')\nfunction f(a) { a.get() }", ""},
		{"ts", "const a = require('m')\nf(a => a.get())", ""},
		{"ts", "const a = require('m')\nfor (const a of b) a.get()", ""},
		{"ts", "const a = require('m')\nconst { a } = b; a.get()", ""},
		{"ts", "const a = require('m')\na.get = b\na.get()", ""},
		{"ts", "const a = require('m')\nif (a.get == b) a.get()", "m"},
		{"py", "import a\na.get()", "a"},
		{"py", "import b, a, c\na.get()", "a"},
		{"py", "import a.b\na.b.get()", "a.b"},
		{"py", "import a.b\na.get()", "a"},
		{"py", "import a.b as c\nc.get()", "a.b"},
		{"py", "import a\na.b.get()", ""},
		{"py", "from b import a\na.get()", ""},
		{"py", "import a\na = b\na.get()", ""},
		{"py", "import a\ndef f(b, a=None):\n    a.get()", ""},
		{"py", "import a\ndef f(a: A): a.get()", ""},
		{"py", "import a\nfor a in b: a.get()", ""},
		{"py", "import a\nwith b as a: a.get()", ""},
		{"py", "try:\n    import a\nexcept ImportError:\n    a = None\na.get()", ""},
		{"py", "import a\na.get = b\na.get()", ""},
		{"py", "import a\na().get()", ""},
	} {
		c := text.New([]byte(test.src))
		at := strings.LastIndex(test.src, "get")
		got, _ := mention.ModuleBefore(test.lang, c, text.Span{Start: at, End: at + len("get")})
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.src, got, test.want)
		}
	}
}
