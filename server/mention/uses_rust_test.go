package mention_test

import (
	"strings"
	"testing"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/mention"
	"lanser/server/project"
)

// A private item is visible in its module and the modules below it, which are files in the folder of its name.
func TestAPrivateItemOfRustIsVisibleInItsModule(t *testing.T) {
	for name, tt := range map[string]struct {
		declared, in, other string
		want                bool
	}{
		"its file":          {declared: "fn f() {}", in: "src/a.rs", want: true},
		"a module below":    {declared: "fn f() {}", in: "src/a/b.rs", want: true},
		"the module above":  {declared: "fn f() {}", in: "src/lib.rs"},
		"a module beside":   {declared: "fn f() {}", in: "src/ab.rs"},
		"a public one":      {declared: "pub fn f() {}", in: "src/lib.rs", want: true},
		"one for the crate": {declared: "pub(crate) const f: u8 = 1;", in: "src/lib.rs", want: true},
		"one that is public again": {
			declared: "fn f() {}\nmod m { pub unsafe fn f() {} }", in: "src/lib.rs", want: true,
		},
		"a macro's": {declared: "m!(f);", in: "src/lib.rs", want: true},
		"by a macro": {
			declared: "macro_rules! m { () => { $v fn f() {} } }", in: "src/lib.rs", want: true,
		},
		"the file of another module": {
			declared: "fn f() {}", in: "src/lib.rs", other: "#[path = \"a.rs\"] mod b;", want: true,
		},
		"an included file": {
			declared: "fn f() {}", in: "src/lib.rs", other: "include!(\"a.rs\");", want: true,
		},
	} {
		v := written{
			"Cargo.toml": "[package]\nname = \"a\"\n", "src/lib.rs": "f\n", "src/ab.rs": "f\n", "src/a/b.rs": "f\n",
			"src/a.rs": tt.declared + "\n", "src/c.rs": tt.other + "\n",
		}
		sym := project.Symbol{Path: "src/a.rs", Lang: "rs", Name: "f", Kind: selectors.KindDef}
		uses, _ := mention.UsesIn(catalogue.Named("rust-analyzer"), v, sym, tt.in)
		if got := uses != mention.CannotUse; got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAFieldOfRustIsNoOperand(t *testing.T) {
	for code, want := range map[string]bool{
		"|x| 1": false, "*x % 2": false, "1 + x": false, "($x:expr)": false, "$x": false,
		"s.x": true, "S { x }": true, "S { x: 1 }": true, "S { y, x }": true, "m!(x)": true, "m!(y = x)": true,
		"S { ref x }": true, "|S { x }|": true,
	} {
		at := strings.Index(code, "x")
		v := written{"src/a.rs": code}
		sym := project.Symbol{
			Path: "src/lib.rs", Lang: "rs", Name: "x", Kind: selectors.KindField, Member: true, Owner: "S",
		}
		c := text.New([]byte(code))
		if got := mention.UsesAt(v, sym, "src/a.rs", c, text.Span{Start: at, End: at + 1}); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}
