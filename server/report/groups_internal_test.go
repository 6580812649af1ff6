package report

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
)

// Plain paths are not parsed, so that the first answer of a process compiles no expressions of the selector language.
func TestAPlainPathNamesSymbolsAsTheSelectorLanguageSaysToo(t *testing.T) {
	for path, want := range map[string]bool{
		"command.go": true, "src/app/a-b_c.test.ts": true, "x": true, "src/operator/lambda.def.class": true,
		"": false, "a/": false, "/a": false, "a//b": false, "./a": false, "a b": false, "1/a": false, "é.go": false,
		"goroot:///fmt/print.go": false, "a:1": false, "a#b": false, `a\b`: false, "a%20b": false, "a@L1": false,
		"a.": false, "a./b": false, "a-": false, "a-1": false,
	} {
		if isPlain(path) != want {
			t.Errorf("isPlain(%q) = %v", path, !want)
		}
	}
	if n := testing.AllocsPerRun(10, func() { namesSymbols("src/app.go") }); n > 0 {
		t.Errorf("a plain path is parsed: %v allocations", n)
	}
	name := rapid.StringMatching(`[A-Za-z]|[A-Za-z][A-Za-z0-9_.-]{0,6}[A-Za-z0-9]|` +
		`func|class|operator|file|lambda|L12|a\.py|C\.java`)
	rapid.Check(t, func(t *rapid.T) {
		path := strings.Join(rapid.SliceOfN(name, 1, 4).Draw(t, "path"), "/")
		s, err := selectors.Parse(path+"#x", text.UTF16)
		named, isNamed := s.(selectors.Named)
		if isPlain(path) && (err != nil || !isNamed || named.Module != path) {
			t.Fatalf("%s#x is parsed as %#v, %v", path, s, err)
		}
	})
}

// A name is left out where the declaration contains it. A class that is only the type of what is declared is no part of
// its name.
func TestADeclarationContainsItsNameWithWhatJoinsTheParts(t *testing.T) {
	for _, tt := range []struct {
		name, declaration string
		want              bool
	}{
		{"f", "func f()", true},
		{"f", "func ff()", false},
		{"Style.Render", "func (s Style) Render(strs ...string) string", true},
		{"Style.Render", "func (s *Style) Render()", true},
		{"List.Len", "func (l *List[T]) Len() int", true},
		{"List.Len", "func (l *Lists[T]) Len() int", false},
		{"Pool.get", "int Pool::get() const", true},
		{"Pool.get", "int Pool<int>::get() const", true},
		{"ns.Pool.get", "int Pool::get() const", false},
		{"M.f", "function M.f()", true},
		{"M.f", "function M:f()", true},
		{"Token.children", "children: list[Token] | None = None", false},
		{"Token.copy", "def copy(self, **changes: Any) -> Token", false},
		{"Store.create", "static Store create()", false},
		{"F.F", "func (f F) F() F", true},
		{"", "func f()", false},
	} {
		if got := isIn(tt.name, tt.declaration); got != tt.want {
			t.Errorf("isIn(%q, %q) = %v", tt.name, tt.declaration, got)
		}
	}
}

// A declaration that is written with its name path repeats as little of it as possible.
func TestBeforeADeclarationIsWhatItLacksOfItsName(t *testing.T) {
	for _, tt := range []struct{ name, declaration, want string }{
		{"Bucket.tx", "tx *Tx", "Bucket."},
		{"Store.load", "load(name: string)", "Store."},
		{"Store.load", "loads: number", "Store.load  "},
		{"Store.load", "async load()", "Store.load  "},
		{"Store.load", "def load(self)", "Store.load  "},
		{"Bucket.Put", "func (b *Bucket) Put()", ""},
		{"load?overload=1", "function load(name)", ""},
		{"Store.load?overload=1", "load(name: string)", "Store."},
		{"Store.load?overload=1", "", "Store.load?overload=1"},
		{"limit", "limit = 3", ""},
	} {
		if got := beforeDeclaration(tt.name, tt.declaration); got != tt.want {
			t.Errorf("before %q, whose name is %s: %q, want %q", tt.declaration, tt.name, got, tt.want)
		}
	}
}

func TestADeclarationIsWrittenWithoutTheSpacesThatAlignIt(t *testing.T) {
	for header, want := range map[string]string{
		"tx       *Tx \t// the transaction": "tx *Tx // the transaction",
		`sep   = "a   b"`:                   `sep = "a   b"`,
		"f(a, b)":                           "f(a, b)",
	} {
		if got := withoutAlignment(header); got != want {
			t.Errorf("%q is written %q, want %q", header, got, want)
		}
	}
}

// Of the names of a large ledger, the symbol's own is enough.
func TestTheSentenceAboutALedgerNamesFewNames(t *testing.T) {
	for want, names := range map[string][]string{
		"3 words a, b, c, d, e: 3 references":      {"a", "b", "c", "d", "e"},
		"3 words a and 5 more names: 3 references": {"a", "b", "c", "d", "e", "f"},
	} {
		if got := sums(&bundle.Ledger{Words: 3, References: 3, Names: names}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
