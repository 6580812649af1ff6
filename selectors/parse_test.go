package selectors_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	sel "lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

var accepted = []struct {
	in, canonical string
	want          sel.Selector
}{
	{"src/app.py@L42:C7", "src/app.py@L42:C7", sel.Cursor{"src/app.py", 42, 7, text.UTF16, ""}},
	{
		"./src//app.py@L42:C7?docVersion=git:HEAD~3",
		"src/app.py@L42:C7?docVersion=git:HEAD~3",
		sel.Cursor{"src/app.py", 42, 7, text.UTF16, "git:HEAD~3"},
	},
	{
		"src/app.py@R(42,7->44,1)", "src/app.py@R(42,7->44,1)", sel.Range{"src/app.py", 42, 7, 44, 1, text.UTF16, ""},
	},
	{"a/[slug]/p%23q%20r@x@L1:C1", "a/[slug]/p%23q%20r@x@L1:C1", sel.Cursor{"a/[slug]/p#q r@x", 1, 1, text.UTF16, ""}},
	{"a b@L1:C2", "a%20b@L1:C2", sel.Cursor{"a b", 1, 2, text.UTF16, ""}},
	{"/abs/x.go@L1:C1", "file:///abs/x.go@L1:C1", sel.Cursor{"file:///abs/x.go", 1, 1, text.UTF16, ""}},
	{`c:\src\x.go@L1:C1`, "file:///C:/src/x.go@L1:C1", sel.Cursor{"file:///C:/src/x.go", 1, 1, text.UTF16, ""}},
	{
		"file:///c:/src/x.go@L1:C1", "file:///C:/src/x.go@L1:C1",
		sel.Cursor{"file:///C:/src/x.go", 1, 1, text.UTF16, ""},
	},
	{
		"py://pkg.mod#Class.method:body",
		"py://pkg.mod#Class.method:body",
		sel.Symbolic{sel.Python, "pkg.mod", []string{"Class", "method"}, sel.Body, nil, ""},
	},
	{
		"python://pkg.mod#f:sig?overload=1",
		"py://pkg.mod#f:sig?overload=1",
		sel.Symbolic{sel.Python, "pkg.mod", []string{"f"}, sel.Sig, sel.Ordinal(1), ""},
	},
	{
		"go://net/http#Server.ListenAndServe:def",
		"go://net/http#Server.ListenAndServe",
		sel.Symbolic{sel.Go, "net/http", []string{"Server", "ListenAndServe"}, sel.Def, nil, ""},
	},
	{
		"go://*#Server:Serve",
		"go://*#Server.Serve",
		sel.Symbolic{sel.Go, "*", []string{"Server", "Serve"}, sel.Def, nil, ""},
	},
	{
		"js://./src/app#Store.load",
		"ts://src/app#Store.load",
		sel.Symbolic{sel.TypeScript, "src/app", []string{"Store", "load"}, sel.Def, nil, ""},
	},
	{
		"gomod:///ex.com/a@v1.2.3/x%20y.go@L7:C1",
		"gomod:///ex.com/a@v1.2.3/x%20y.go@L7:C1",
		sel.Cursor{"gomod:///ex.com/a@v1.2.3/x y.go", 7, 1, text.UTF16, ""},
	},
	{
		"ts://src/[slug]/p%23#%23priv.[Symbol%2Eiterator]",
		"ts://src/[slug]/p%23#%23priv.[Symbol%2Eiterator]",
		sel.Symbolic{sel.TypeScript, "src/[slug]/p#", []string{"#priv", "[Symbol.iterator]"}, sel.Def, nil, ""},
	},
	{
		"ts://a#C.%64ef", "ts://a#C.def", sel.Symbolic{sel.TypeScript, "a", []string{"C", "def"}, sel.Def, nil, ""},
	},
	{"ts://a#C.def", "ts://a#C.def", sel.Symbolic{sel.TypeScript, "a", []string{"C", "def"}, sel.Def, nil, ""}},
	{"ts://a#def", "ts://a#def", sel.Symbolic{sel.TypeScript, "a", []string{"def"}, sel.Def, nil, ""}},
	{
		"rust://crate::sync#Pool.get",
		"rs://crate::sync#Pool.get",
		sel.Symbolic{"rs", "crate::sync", []string{"Pool", "get"}, sel.Def, nil, ""},
	},
	{
		"c://src/pool.h#ns.operator%2E",
		"cpp://src/pool.h#ns.operator%2E",
		sel.Symbolic{"cpp", "src/pool.h", []string{"ns", "operator."}, sel.Def, nil, ""},
	},
	{
		`php://App\Models#User`,
		`php://App\Models#User`,
		sel.Symbolic{"php", `App\Models`, []string{"User"}, sel.Def, nil, ""},
	},
	{
		"ast://[module=pkg.mod]/[class=C]/[def=m]/name[1]",
		"ast://[module=pkg.mod]/[class=C]/[def=m]/name[1]",
		sel.AST{[]sel.Step{{"module", "pkg.mod", 0}, {"class", "C", 0}, {"def", "m", 0}, {"name", "", 1}}, ""},
	},
	{
		"ast://[module=./src/%5Bslug%5D//a]/[const=%23x]?docVersion=git:v1%3F",
		"ast://[module=src/%5Bslug%5D/a]/[const=%23x]?docVersion=git:v1%3F",
		sel.AST{[]sel.Step{{"module", "src/[slug]/a", 0}, {"const", "#x", 0}}, "git:v1?"},
	},
	{
		`anchor://src/app.py#"def load_data("?ctx=24`,
		`anchor://src/app.py#"def%20load_data("?ctx=24`,
		sel.Anchor{"src/app.py", "def load_data(", 24, "", 0, ""},
	},
	{
		`anchor://./a.py#"say(\"x\")\n%23"?near=7&hash=sha1:` + strings.Repeat("AB", 20),
		`anchor://a.py#"say(%22x%22)%5Cn%23"?hash=sha1:` + strings.Repeat("ab", 20) + "&near=7",
		sel.Anchor{"a.py", `say("x")\n#`, 0, "sha1:" + strings.Repeat("ab", 20), 7, ""},
	},
	{
		`anchor://c:\x.go#"a&b=c"`,
		`anchor://file:///C:/x.go#"a&b=c"`,
		sel.Anchor{"file:///C:/x.go", "a&b=c", 0, "", 0, ""},
	},
	{
		"id:0123456789ABCDEF0123456789abcdef",
		"id:0123456789abcdef0123456789abcdef",
		sel.ID{"0123456789abcdef0123456789abcdef"},
	},
	{"go://.#Ж", "go://.#Ж", sel.Symbolic{sel.Go, ".", []string{"Ж"}, sel.Def, nil, ""}},
}

func TestEveryFormIsParsedAndFormattedCanonically(t *testing.T) {
	for _, tt := range accepted {
		parses(t, tt.in, tt.want, tt.canonical)
	}
}

// parses checks that a selector is read as want, which is formatted as spelled.
func parses(t *testing.T, in string, want sel.Selector, spelled string) {
	t.Helper()
	got, err := sel.Parse(in, text.UTF16)
	if err != nil {
		t.Errorf("%s: %v", in, err)
		return
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: (-want +got)\n%s", in, d)
	}
	if got.String() != spelled {
		t.Errorf("%s: formatted %s, want %s", in, got, spelled)
	}
}

var typed = []struct {
	in, regular string
	want        sel.Selector
}{
	{"a.go:7", "a.go:7", sel.Place{"a.go", 7, 0, 0, text.UTF16, ""}},
	{"a.go:7:15", "a.go:7:15", sel.Place{"a.go", 7, 0, 15, text.UTF16, ""}},
	{"a.go:7:15:", "a.go:7:15", sel.Place{"a.go", 7, 0, 15, text.UTF16, ""}},
	{"./src//a.go:7", "src/a.go:7", sel.Place{"src/a.go", 7, 0, 0, text.UTF16, ""}},
	{"a.go:7?docVersion=git:v1", "a.go:7?docVersion=git:v1", sel.Place{"a.go", 7, 0, 0, text.UTF16, "git:v1"}},
	{"src/a.ts(12,5)", "src/a.ts:12:5", sel.Place{"src/a.ts", 12, 0, 5, text.UTF16, ""}},
	{"src/a.ts(12,5):", "src/a.ts:12:5", sel.Place{"src/a.ts", 12, 0, 5, text.UTF16, ""}},
	{"src/a.go#L12", "src/a.go:12", sel.Place{"src/a.go", 12, 0, 0, text.UTF16, ""}},
	{"src/a.go#L12C3", "src/a.go:12:3", sel.Place{"src/a.go", 12, 0, 3, text.UTF16, ""}},
	{"src/a.go@L12", "src/a.go:12", sel.Place{"src/a.go", 12, 0, 0, text.UTF16, ""}},
	{
		"goroot:///src/fmt/print.go:7",
		"goroot:///src/fmt/print.go:7",
		sel.Place{"goroot:///src/fmt/print.go", 7, 0, 0, text.UTF16, ""},
	},
	{
		"gomod:///ex.com/a@v1.2.3/./x.go:7:1",
		"gomod:///ex.com/a%40v1.2.3/x.go:7:1",
		sel.Place{"gomod:///ex.com/a@v1.2.3/x.go", 7, 0, 1, text.UTF16, ""},
	},
	{
		"pystdlib:///json/__init__.py#loads",
		"pystdlib:///json/__init__.py#loads",
		sel.Named{"", "pystdlib:///json/__init__.py", []string{"loads"}, sel.Def, nil, ""},
	},
	{"/ws/a.go:7", "file:///ws/a.go:7", sel.Place{"file:///ws/a.go", 7, 0, 0, text.UTF16, ""}},
	{`c:\src\a.go:7:1`, "file:///C%3A/src/a.go:7:1", sel.Place{"file:///C:/src/a.go", 7, 0, 1, text.UTF16, ""}},
	{`src\a.go:7`, `src\a.go:7`, sel.Place{`src\a.go`, 7, 0, 0, text.UTF16, ""}},
	{"a:1:2:3", "a%3A1:2:3", sel.Place{"a:1", 2, 0, 3, text.UTF16, ""}},
	{"Open", "Open", sel.Named{"", "*", []string{"Open"}, sel.Def, nil, ""}},
	{"*#Open", "Open", sel.Named{"", "*", []string{"Open"}, sel.Def, nil, ""}},
	{"Open()", "Open", sel.Named{"", "*", []string{"Open"}, sel.Def, nil, ""}},
	{"Store.Get", "Store.Get", sel.Named{"", "*", []string{"Store", "Get"}, sel.Def, nil, ""}},
	{"Store::get", "Store.get", sel.Named{"", "*", []string{"Store", "get"}, sel.Def, nil, ""}},
	{"Store:get", "Store.get", sel.Named{"", "*", []string{"Store", "get"}, sel.Def, nil, ""}},
	{"(*Store).Get", "Store.Get", sel.Named{"", "*", []string{"Store", "Get"}, sel.Def, nil, ""}},
	{
		"Store.Get:body?overload=1",
		"Store.Get:body?overload=1",
		sel.Named{"", "*", []string{"Store", "Get"}, sel.Body, sel.Ordinal(1), ""},
	},
	{"Store::body", "Store.body", sel.Named{"", "*", []string{"Store", "body"}, sel.Def, nil, ""}},
	{"User.valid?", "User.valid%3F", sel.Named{"", "*", []string{"User", "valid?"}, sel.Def, nil, ""}},
	{"Store.#size", "Store.%23size", sel.Named{"", "*", []string{"Store", "#size"}, sel.Def, nil, ""}},
	{
		"Call.operator()",
		"Call.operator%28%29",
		sel.Named{"", "*", []string{"Call", "operator()"}, sel.Def, nil, ""},
	},
	{"a.go#Store.Get", "a.go#Store.Get", sel.Named{"", "a.go", []string{"Store", "Get"}, sel.Def, nil, ""}},
	{"a.go#%4C12", "a.go#%4C12", sel.Named{"", "a.go", []string{"L12"}, sel.Def, nil, ""}},
	{"/ws/a.go#Get", "file:///ws/a.go#Get", sel.Named{"", "file:///ws/a.go", []string{"Get"}, sel.Def, nil, ""}},
	{
		"example.com/m#Open",
		"example.com/m#Open",
		sel.Named{"", "example.com/m", []string{"Open"}, sel.Def, nil, ""},
	},
	{
		"crate::sync#Pool.get",
		"crate::sync#Pool.get",
		sel.Named{"", "crate::sync", []string{"Pool", "get"}, sel.Def, nil, ""},
	},
	{
		"net/http.Server.Serve",
		"net/http#Server.Serve",
		sel.Named{"", "net/http", []string{"Server", "Serve"}, sel.Def, nil, ""},
	},
	{
		"example.com/m.(*Store).Get",
		"example.com/m#Store.Get",
		sel.Named{"", "example.com/m", []string{"Store", "Get"}, sel.Def, nil, ""},
	},
	{
		"tests/test_a.py::TestA::test_b",
		"tests/test_a.py#TestA.test_b",
		sel.Named{"", "tests/test_a.py", []string{"TestA", "test_b"}, sel.Def, nil, ""},
	},
	{
		"src/app.py:Store.load",
		"src/app#py.Store.load",
		sel.Named{"", "src/app", []string{"py", "Store", "load"}, sel.Def, nil, ""},
	},
	{`App\Models\User`, `App\Models#User`, sel.Named{"", `App\Models`, []string{"User"}, sel.Def, nil, ""}},

	// A scheme, and no '#' between the module and the symbol.
	{
		"py://pkg.mod.load", "py://pkg.mod.load",
		sel.Named{sel.Python, "*", []string{"pkg", "mod", "load"}, sel.Def, nil, ""},
	},
	{
		"python://pkg.mod.C.m:body?overload=1", "py://pkg.mod.C.m:body?overload=1",
		sel.Named{sel.Python, "*", []string{"pkg", "mod", "C", "m"}, sel.Body, sel.Ordinal(1), ""},
	},
	{
		"py://pkg.mod:C.m", "py://pkg.mod#C.m",
		sel.Symbolic{sel.Python, "pkg.mod", []string{"C", "m"}, sel.Def, nil, ""},
	},
	{
		"rs://crate::sync::Pool", "rs://crate.sync.Pool",
		sel.Named{"rs", "*", []string{"crate", "sync", "Pool"}, sel.Def, nil, ""},
	},
	{"go://net/http.Get", "go://net/http#Get", sel.Symbolic{sel.Go, "net/http", []string{"Get"}, sel.Def, nil, ""}},
	{"go://fmt.Println", "go://fmt.Println", sel.Named{sel.Go, "*", []string{"fmt", "Println"}, sel.Def, nil, ""}},

	// Several lines.
	{"a.go:4-5", "a.go:4-5", sel.Place{"a.go", 4, 5, 0, text.UTF16, ""}},
	{"a.go:4-4", "a.go:4", sel.Place{"a.go", 4, 0, 0, text.UTF16, ""}},
	{"a.go#L4-L5", "a.go:4-5", sel.Place{"a.go", 4, 5, 0, text.UTF16, ""}},
	{"a.go#L4C2-L5C3", "a.go:4:2", sel.Place{"a.go", 4, 0, 2, text.UTF16, ""}},
	{"a.go:4:2-9", "a.go:4:2", sel.Place{"a.go", 4, 0, 2, text.UTF16, ""}},
	{"a.go:4:2-5:3", "a.go:4:2", sel.Place{"a.go", 4, 0, 2, text.UTF16, ""}},
	{"a.go:4.2-5.3", "a.go:4:2", sel.Place{"a.go", 4, 0, 2, text.UTF16, ""}},
	{"a.go:4,2", "a.go:4:2", sel.Place{"a.go", 4, 0, 2, text.UTF16, ""}},
	{"a.go:L4-L5", "a.go:4-5", sel.Place{"a.go", 4, 5, 0, text.UTF16, ""}},
	{"a.ts(4)", "a.ts:4", sel.Place{"a.ts", 4, 0, 0, text.UTF16, ""}},
	{"a.ts(4,2-5,3)", "a.ts:4:2", sel.Place{"a.ts", 4, 0, 2, text.UTF16, ""}},

	// Out of messages and links.
	{"https://github.com/o/r/blob/main/src/a.go#L4", "src/a.go:4", sel.Place{"src/a.go", 4, 0, 0, text.UTF16, ""}},
	{"https://github.com/o/r/blob/1a2b3c/a.md?plain=1#L4-L5", "a.md:4-5", sel.Place{"a.md", 4, 5, 0, text.UTF16, ""}},
	{"https://gitlab.com/g/s/r/-/blob/v1/a.go#L4-5", "a.go:4-5", sel.Place{"a.go", 4, 5, 0, text.UTF16, ""}},
	{"https://gitea.ex/o/r/src/branch/main/a.go#L4", "a.go:4", sel.Place{"a.go", 4, 0, 0, text.UTF16, ""}},
	{`File "src/a.py", line 4, in f`, "src/a.py:4", sel.Place{"src/a.py", 4, 0, 0, text.UTF16, ""}},
	{"at load (src/a.ts:4:2)", "src/a.ts:4:2", sel.Place{"src/a.ts", 4, 0, 2, text.UTF16, ""}},
	{"   at src/a.ts:4:2", "src/a.ts:4:2", sel.Place{"src/a.ts", 4, 0, 2, text.UTF16, ""}},
	{"  --> src/a.rs:4:2", "src/a.rs:4:2", sel.Place{"src/a.rs", 4, 0, 2, text.UTF16, ""}},
	{"./a.go:4:2: undefined: x", "a.go:4:2", sel.Place{"a.go", 4, 0, 2, text.UTF16, ""}},
	{"a.ts(4,2): error TS2345: no", "a.ts:4:2", sel.Place{"a.ts", 4, 0, 2, text.UTF16, ""}},
	{"/ws/a.go:4 +0x1d", "file:///ws/a.go:4", sel.Place{"file:///ws/a.go", 4, 0, 0, text.UTF16, ""}},
	{"a.go line 4", "a.go:4", sel.Place{"a.go", 4, 0, 0, text.UTF16, ""}},
	{"a.go, lines 4-5", "a.go:4-5", sel.Place{"a.go", 4, 5, 0, text.UTF16, ""}},
	{"a.go +4", "a.go:4", sel.Place{"a.go", 4, 0, 0, text.UTF16, ""}},
	{" a.go:4 ", "a.go:4", sel.Place{"a.go", 4, 0, 0, text.UTF16, ""}},
	{"`a.go:4`", "a.go:4", sel.Place{"a.go", 4, 0, 0, text.UTF16, ""}},

	// Out of code and prose.
	{" Open\n", "Open", sel.Named{"", "*", []string{"Open"}, sel.Def, nil, ""}},
	{"`Open`", "Open", sel.Named{"", "*", []string{"Open"}, sel.Def, nil, ""}},
	{`"Store.Get"`, "Store.Get", sel.Named{"", "*", []string{"Store", "Get"}, sel.Def, nil, ""}},
	{"`Open()`", "Open", sel.Named{"", "*", []string{"Open"}, sel.Def, nil, ""}},
	{"Open(dir string)", "Open", sel.Named{"", "*", []string{"Open"}, sel.Def, nil, ""}},
	{"store.Open(f(x), 1);", "store.Open", sel.Named{"", "*", []string{"store", "Open"}, sel.Def, nil, ""}},
	{"*Store.Get", "Store.Get", sel.Named{"", "*", []string{"Store", "Get"}, sel.Def, nil, ""}},
	{"&Store", "Store", sel.Named{"", "*", []string{"Store"}, sel.Def, nil, ""}},
	{"(*Stack[T]).Push", "Stack.Push", sel.Named{"", "*", []string{"Stack", "Push"}, sel.Def, nil, ""}},
	{"Stack[int].Push", "Stack.Push", sel.Named{"", "*", []string{"Stack", "Push"}, sel.Def, nil, ""}},
	{
		"Stack<Pair<int,T>>::push", "Stack<Pair<int,T>>.push",
		sel.Named{"", "*", []string{"Stack<Pair<int,T>>", "push"}, sel.Def, nil, ""},
	},
	{
		"ns::Box<std::pair<int, T>>::get(int) const", "ns.Box<std%3A%3Apair<int,%20T>>.get",
		sel.Named{"", "*", []string{"ns", "Box<std::pair<int, T>>", "get"}, sel.Def, nil, ""},
	},
	{"Box::operator()(int)", "Box.operator%28%29", sel.Named{"", "*", []string{"Box", "operator()"}, sel.Def, nil, ""}},
	{
		"cpp://a.cc#ns::f(const std::string &, int):body", "cpp://a.cc#ns.f(const%20std%3A%3Astring%20%26,%20int):body",
		sel.Symbolic{"cpp", "a.cc", []string{"ns", "f(const std::string &, int)"}, sel.Body, nil, ""},
	},
	{"cpp://a.cc#a%3C.b>", "cpp://a.cc#a%3C.b%3E", sel.Symbolic{"cpp", "a.cc", []string{"a<", "b>"}, sel.Def, nil, ""}},
	{"Vec::<u8>::new()", "Vec.new", sel.Named{"", "*", []string{"Vec", "new"}, sel.Def, nil, ""}},
	{"P.operator[]", "P.operator[]", sel.Named{"", "*", []string{"P", "operator[]"}, sel.Def, nil, ""}},
	{"app/[id].ts#load", "app/[id].ts#load", sel.Named{"", "app/[id].ts", []string{"load"}, sel.Def, nil, ""}},
	{
		"tests/test_a.py::TestA::test_b[x/y-1.5]",
		"tests/test_a.py#TestA.test_b",
		sel.Named{"", "tests/test_a.py", []string{"TestA", "test_b"}, sel.Def, nil, ""},
	},
	{"func Open(dir string) *Store {", "Open", sel.Named{"", "*", []string{"Open"}, sel.Def, nil, ""}},
	{
		"func (s *Store) Get(k string) string", "Store.Get",
		sel.Named{"", "*", []string{"Store", "Get"}, sel.Def, nil, ""},
	},
	{"func (s Stack[T]) Push", "Stack.Push", sel.Named{"", "*", []string{"Stack", "Push"}, sel.Def, nil, ""}},
	{"async def load(self):", "load", sel.Named{"", "*", []string{"load"}, sel.Def, nil, ""}},
	{"class Store(Base):", "Store", sel.Named{"", "*", []string{"Store"}, sel.Def, nil, ""}},
	{"export default class Store extends Base {", "Store", sel.Named{"", "*", []string{"Store"}, sel.Def, nil, ""}},
	{"export const load = () => 1", "load", sel.Named{"", "*", []string{"load"}, sel.Def, nil, ""}},
	{"pub(crate) fn get<T>(&self)", "get", sel.Named{"", "*", []string{"get"}, sel.Def, nil, ""}},
	{"struct ns::Pool", "ns.Pool", sel.Named{"", "*", []string{"ns", "Pool"}, sel.Def, nil, ""}},
	{
		"Store.Get in src/a.go", "src/a.go#Store.Get",
		sel.Named{"", "src/a.go", []string{"Store", "Get"}, sel.Def, nil, ""},
	},
	{
		"src/a.go Store.Get", "src/a.go#Store.Get",
		sel.Named{"", "src/a.go", []string{"Store", "Get"}, sel.Def, nil, ""},
	},

	// Looks like one of the forms that are reduced, and is none.
	{"my (old)/a.go:4", "my%20(old)/a.go:4", sel.Place{"my (old)/a.go", 4, 0, 0, text.UTF16, ""}},
	{"a.go#%30", "a.go#%30", sel.Named{"", "a.go", []string{"0"}, sel.Def, nil, ""}},
	{"my dir/a.go:4", "my%20dir/a.go:4", sel.Place{"my dir/a.go", 4, 0, 0, text.UTF16, ""}},
	{"[Symbol.iterator]", "[Symbol.iterator]", sel.Named{"", "*", []string{"[Symbol", "iterator]"}, sel.Def, nil, ""}},
	{"class", "class", sel.Named{"", "*", []string{"class"}, sel.Def, nil, ""}},
	{
		"cargo:///serde-1.0.1/src/lib.rs:3:1", "cargo:///serde-1.0.1/src/lib.rs:3:1",
		sel.Place{"cargo:///serde-1.0.1/src/lib.rs", 3, 0, 1, text.UTF16, ""},
	},
	{
		"pythonpath:///1/helper.py:1", "pythonpath:///1/helper.py:1",
		sel.Place{"pythonpath:///1/helper.py", 1, 0, 0, text.UTF16, ""},
	},
	{
		"cache:///go-build/a/b.go:3", "cache:///go-build/a/b.go:3",
		sel.Place{"cache:///go-build/a/b.go", 3, 0, 0, text.UTF16, ""},
	},
	{`r\o`, "%72#o", sel.Named{"", "r", []string{"o"}, sel.Def, nil, ""}},
	{"a%2Er#f", "a%2E%72#f", sel.Named{"", "a.r", []string{"f"}, sel.Def, nil, ""}},
}

func TestTypedFormsParseToTheSameValueAsTheirCanonicalForm(t *testing.T) {
	for _, tt := range typed {
		parses(t, tt.in, tt.want, tt.regular)
		parses(t, tt.regular, tt.want, tt.regular)
	}
}

func TestPositionSpecIsEquivalentToTheStringForm(t *testing.T) {
	for _, tt := range accepted {
		raw, err := json.Marshal(sel.Spec(tt.want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := sel.FromJSON(raw, text.UTF8)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", raw, d)
		}
	}
}

// The error about JSON that is no selector names the type of the JSON value, such as "number", and no type of Go.
func TestASelectorInJSONThatIsNoneIsNamed(t *testing.T) {
	for raw, want := range map[string]string{
		`7`:                                      "it is a JSON number",
		`["a"]`:                                  "it is a JSON array",
		`true`:                                   "it is a JSON bool",
		`{"kind":"cursor","uri":5}`:              "uri is a JSON number",
		`{"kind":"cursor","wrong":5}`:            `unknown field "wrong"`,
		`{"kind":"range","start":["a",1]}`:       "start is a JSON string",
		`{"kind":"symbol","lang":"go","qualname`: "EOF",
	} {
		_, err := sel.FromJSON([]byte(raw), text.UTF16)
		if !fault.Is(err, fault.BadSelector) || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}

func TestErrorsOfBadSelectorsHaveTheOffsetAndWhatWasExpected(t *testing.T) {
	for _, tt := range []struct {
		in     string
		offset int
		want   string
	}{
		{"", 0, "a selector"},
		{"Server Serve", 6, "Type.method"},
		{"src/app#", 8, "src/app:12"},
		{"src/app.go:0", 11, "from 1"},
		{"src/app.go:1:0", 11, "from 1"},
		{"src/app.go:99999999999", 11, "from 1"},
		{"src/app.go:5-4", 11, "at or after"},
		{"src/app.go:5-0", 11, "from 1"},
		{"src/app.go:1?overload=1", 13, "docVersion"},
		{"Store..get", 6, "a name"},
		{"Store?bogus=1", 6, "docVersion, overload"},
		{"py://mod", 8, "#"},
		{"ts://src/app.ts", 15, "#"},
		{"z z://a#b", 0, "a language"},
		{"py://#f", 5, "a module"},
		{"py://m#a..b", 9, "a name"},
		{"py://m#a.", 9, "a name"},
		{"py://m#a:", 9, "a name"},
		{"py://m#a#b", 8, "%23"},
		{"py://m#a%4", 8, "two hex"},
		{"py://m#a%zz", 8, "two hex"},
		{"py://m#a?overload=-1", 18, "from 0"},
		{"py://m#a?bogus=1", 9, "docVersion, overload"},
		{"py://m#a?overload=1&overload=2", 20, "once"},
		{"a.py@L0:C1", 5, "from 1"},
		{"a.py@L1:", 5, "Lline:Ccol"},
		{"a.py@L1:C1junk", 5, "Lline:Ccol"},
		{"a.py@R(2,1->1,1)", 5, "at or after"},
		{"a.py@L1:C1?overload=1", 11, "docVersion"},
		{"a.py@L1:C1?docVersion=HEAD", 22, "git:REV"},
		{"@L1:C1", 0, "a path"},
		{"ast://", 6, "[kind=name]"},
		{"ast://name[0]", 6, "after a named step"},
		{"ast://[module=m]/name[0]/[def=f]", 25, "after a named step"},
		{"ast://[thing=m]", 7, "class"},
		{"ast://[module=m]x", 16, "parameters"},
		{"anchor://a.py", 13, "'#'"},
		{"anchor://a.py#x", 14, `'"'`},
		{`anchor://a.py#""`, 15, "text"},
		{`anchor://a.py#"x`, 16, `'"'`},
		{`anchor://a.py#"x"?ctx=0`, 22, "from 1"},
		{`anchor://a.py#"x"?hash=md5:1`, 23, "sha1:"},
		{`anchor://#"x"`, 9, "a path"},
		{"id:12", 3, "32 hex"},
		{"a\x00b@L1:C1", 1, "%00"},
	} {
		got, err := sel.Parse(tt.in, text.UTF16)
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.BadSelector {
			t.Errorf("%q: got %v, %v, want a syntax error", tt.in, got, err)
			continue
		}
		d := e.Details.(sel.SyntaxDetails)
		if d.Offset != tt.offset || !strings.Contains(strings.Join(d.Expected, " or "), tt.want) {
			t.Errorf("%q: offset %d expected %q, want offset %d and %q", tt.in, d.Offset, d.Expected, tt.offset,
				tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range accepted {
		f.Add(tt.in)
	}
	for _, tt := range typed {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		first, err := sel.Parse(in, text.UTF16)
		if err != nil {
			return
		}
		canonical := first.String()
		second, err := sel.Parse(canonical, text.UTF16)
		if err != nil {
			t.Fatalf("%q: canonical %q does not parse: %v", in, canonical, err)
		}
		if d := cmp.Diff(first, second); d != "" || second.String() != canonical {
			t.Fatalf("%q: canonical %q means something else: %s", in, canonical, d)
		}
		if sel.IsTyped(first) {
			return // there is no PositionSpec before it is resolved
		}
		third, err := sel.Spec(first).Selector(text.UTF16)
		if d := cmp.Diff(first, third); err != nil || d != "" {
			t.Fatalf("%q: PositionSpec means something else: %v %s", in, err, d)
		}
	})
}

func FuzzFromJSON(f *testing.F) {
	for _, tt := range accepted {
		raw, _ := json.Marshal(sel.Spec(tt.want))
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, err := sel.FromJSON(raw, text.UTF16)
		if err != nil {
			return
		}
		if sel.IsTyped(first) {
			return // there is no PositionSpec before it is resolved
		}
		again, err := json.Marshal(sel.Spec(first))
		if err != nil {
			t.Fatal(err)
		}
		second, err := sel.FromJSON(again, text.UTF16)
		if d := cmp.Diff(first, second); err != nil || d != "" {
			t.Fatalf("%q: %s means something else: %v %s", raw, again, err, d)
		}
	})
}

func TestADriveIsAnElementOfAPath(t *testing.T) {
	for p, want := range map[string]string{
		"/C:/src/a.go": "/C:", "/c:/": "/c:", "/C:": "/C:", "/c:odd/a.go": "", "C:/src/a.go": "", "/src/C:/a.go": "",
		"//C:/a.go": "", "/1:/a.go": "", "/CC:/a.go": "", "": "",
	} {
		if got := sel.DriveOfURI(p); got != want {
			t.Errorf("the drive of %q is %q, want %q", p, got, want)
		}
	}
}
