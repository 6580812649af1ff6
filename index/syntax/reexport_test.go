package syntax_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"lanser/index/syntax"
)

func TestWhatAFileHandsOn(t *testing.T) {
	for _, tt := range []struct{ file, src, want string }{
		{"a.py", "from .core import Engine as Motor, run", "Motor=.core:Engine run=.core:run"},
		{"a.py", "from . import (\n  core,  # the core\n  util as u\n)", "core=.:core u=.:util"},
		{"a.py", "from ..pkg.mod import *", "*=..pkg.mod:*"},
		{"a.py", "import os.path\nimport pkg.mod as m", "m=pkg.mod:"},
		{"a.py", "try:\n    from fast import f\nexcept ImportError:\n    from slow import f", "f=fast:f f=slow:f"},
		{"a.py", "if x:\n    from a import b\n", "b=a:b"},
		{"a.py", "def f():\n    from a import b\nclass C:\n    from a import b\n@d\ndef g(): import a as c", ""},
		{"a.ts", "export { Shop as Store, N } from './store'", "Store=./store:Shop N=./store:N"},
		{"a.ts", "export * from \"./more.js\"\nexport * as ns from './more'", "*=./more.js:* ns=./more:"},
		{"a.ts", "import { a as b, c } from './m'\nexport { b as d, c, e as f }", "d=./m:a c=./m:c f=:e"},
		{"a.ts", "import D, * as ns from './m'\nexport { D, ns }", "D=./m:default ns=./m:"},
		{"a.ts", "export { default as X, default } from './m'", "X=./m:default default=./m:default"},
		{"a.ts", "export default class Shop {}", "default=:Shop"},
		{"a.ts", "export default function main() {}", "default=:main"},
		{"a.ts", "import x from './x'\nexport default x", "default=./x:default"},
		{"a.ts", "const y = 1\nexport default y\nexport const z = 2\nexport default function () {}", "default=:y"},
		{"a.ts", "export type { T } from './t'\nimport './side'", "T=./t:T"},
		{"a.rs", "pub use deep::Sq;\nuse deep::X;\npub(crate) use deep::Y;", "Sq=deep:Sq (X=deep:X) (Y=deep:Y)"},
		{"a.rs", "use a::*;\npub(super) use b::*;", "(*=b:*)"},
		{"a.rs", "pub use a::{B as C, d, e::{F, self}, g::*};", "C=a:B d=a:d F=a::e:F e=a:e *=a::g:*"},
		{"a.rs", "pub use crate::open::*;\npub use super :: x;", "*=crate::open:* x=super:x"},
		{"a.rs", "pub use Sq as Square;", "Square=:Sq"},
		{"a.rs", "mod m {\n    pub use a::b;\n}\n#[cfg(unix)]\npub use ::z::y;", "m/b=a:b y=z:y"},
		{"a.rs", "mod m {\n    mod n { pub use a::*; }\n    use b::c;\n}", "m/n/*=a:* (m/c=b:c)"},
		{"a.rs", "#[cfg(x)]\n#[path = \"odd.rs\"]\n// note\npub mod m;\nmod n;", "m=odd.rs"},
		{"a.rs", "#[path = \"odd.rs\"]\nmod m {}\nmod n;", ""},
		{"a.go", "package a\n\nimport b \"c\"", ""},
	} {
		got, err := syntax.Reexports(context.Background(), tt.file, []byte(tt.src+"\n"))
		var list []string
		for _, r := range got {
			one := fmt.Sprintf("%s=%s:%s", strings.Join(append(r.Within, r.Name), "/"), r.Module, r.Original)
			if r.File != "" {
				one = r.Name + "=" + r.File
			}
			if r.Inside {
				one = "(" + one + ")"
			}
			list = append(list, one)
		}
		if s := strings.Join(list, " "); err != nil || s != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.src, s, err, tt.want)
		}
	}
}
