package server_test

import (
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
)

// "No references found" would be taken for the answer about a symbol: a place that is no identifier has none to ask
// about, whatever server is asked. What a server knows of an operator is still answered.
func TestAPlaceThatIsNoIdentifierIsAnError(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers gopls, pyright, typescript and clangd")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n",
		"m.py": "def f(): \n    return 1\n\nx = f() # note\n", "tsconfig.json": "{}\n",
		"a.ts": "export function f() { return  1; }\n\nf(); // note\n",
		"a.cc": "struct S {};\nS operator+(S a, S b) { return a; }\nS f(S a) { return a + a; }\n\n",
	})
	database(t, dir)
	e := engine(t, dir)
	for _, op := range []string{"refs", "def", "hover", "calls", "overview", "impact"} {
		for _, at := range []string{
			"a.go@L2:C1", "m.py@L1:C9", "m.py@L3:C1", "a.ts@L2:C1", "a.ts@L1:C30", "a.cc@L4:C1",
			"m.py@L1:C1", "m.py@L2:C5", "m.py@L2:C12", "m.py@L4:C10", "a.ts@L1:C32", "a.ts@L3:C8", "a.go@L1:C1",
		} {
			_, err := e.Do(t.Context(), api.Request{Op: op, Selector: selector(at)})
			isNamed := strings.Contains(fault.From(err).Message, "no identifier") ||
				strings.Contains(fault.From(err).Message, "identifier not found")
			if !fault.Is(err, fault.NotFound) || !isNamed {
				t.Errorf("%s %s: %v", op, at, err)
			}
		}
	}
	b := do(t, e, api.Request{Op: "def", Selector: selector("a.cc@L3:C21")})
	if len(b.Facts.Definitions) != 1 || b.Facts.Definitions[0].Range[0] != 1 {
		t.Errorf("the operator is defined at %v", b.Facts.Definitions)
	}
}
