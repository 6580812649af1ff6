package mention

import (
	"strings"
	"testing"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/project"
	"lanser/server/project/projecttest"
)

// A word after a dot means what a package of Go declares only if the name of an import is before the dot. The mark is
// before the word.
func TestOnlyTheNameOfAnImportSelectsFromAPackage(t *testing.T) {
	t.Parallel()
	const file = "package other\n\nimport (\n\t\"example.com/log\"\n\tl \"example.com/log\"\n)\n\nfunc f() {\n\t"
	for code, want := range map[string]bool{
		"|Errorf(x)": true, "log.|Errorf(x)": true, "l.|Errorf(x)": true, "log. |Errorf(x)": true,
		"log.\n\t\t|Errorf(x)": true, "// It fails.\n\t|Errorf(x)": true, "log /* it */ .|Errorf(x)": true,
		"t.|Errorf(x)": false, "a.log.|Errorf(x)": false, "t().|Errorf(x)": false, "t[0].|Errorf(x)": false,
		"logger.|Errorf(x)": false,
	} {
		before, after, _ := strings.Cut(file+code+"\n}\n", "|")
		v := projecttest.Files{"log/log.go": "package log\n\nfunc Errorf() {}\n", "other/other.go": before + after}
		at := text.Span{Start: len(before), End: len(before) + len("Errorf")}
		sym := project.Symbol{Lang: "go", Path: "log/log.go", Name: "Errorf", Kind: selectors.KindDef}
		if got := UsesAt(v, sym, "other/other.go", text.New([]byte(before+after)), at); got != want {
			t.Errorf("%s: %v, not %v", code, got, want)
		}
	}
}
