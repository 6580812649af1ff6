//go:build cgo

package syntax_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/syntax"
)

func TestWordsOfAScriptHaveRoles(t *testing.T) {
	src := `say() { local x=1 y; declare -g z=2; echo say "$x"; }
trap say EXIT; export -f say
(( n++ )); let n+=1
for i in say; do [ "$i" = say ]; done
case $i in say) say a;; esac
declare -A m; m[k]=1; l[k]=1
`
	words, err := syntax.ShellWords(t.Context(), []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"text", "function", "command", "argument", "variable"}
	var got []string
	for _, w := range words {
		line := fmt.Sprint(src[w.Span.Start:w.Span.End], " ", names[w.Role])
		if w.Command != "" {
			line += " of " + w.Command
		}
		if w.Function.Len() > 0 {
			line += " inside"
		}
		if w.Local {
			line += " local"
		}
		got = append(got, line)
	}
	want := `say function
x variable inside local
y variable inside local
-g variable inside
z variable inside
echo command inside
say argument of echo inside
x variable inside
trap command
say argument of trap
EXIT argument of trap
-f command of export
say command of export
n++ variable
let command
n+=1 argument of let
i variable
say text
i variable
say text
i variable
say text
say command
a argument of say
-A variable
m variable
m variable
k text
l variable
k variable`
	if d := cmp.Diff(strings.Split(want, "\n"), got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
