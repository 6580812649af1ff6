package index_test

import (
	"fmt"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors"
)

// A selector with the type that embeds another finds the member where it is declared.
func TestAMemberThatATypeOfGoEmbedsIsFound(t *testing.T) {
	_, s := snapshot(t, indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.24\n",
		"inner/v2/inner.go": "package inner\n\ntype Base struct {\n\tField int\n\t*Deeper\n}\n\n" +
			"type Deeper struct{}\n\nfunc (*Deeper) Deep() {}\n\nfunc (b *Base) Method() {}\n\n" +
			"type Box[T any] struct{ value T }\n\nfunc (b Box[T]) Get() T { return b.value }\n\n" +
			"func (b Box[T]) Method() {}\n",
		"named/dir-go/x.go": "package dir\n\ntype Named struct{ N int }\n",
		"outer/outer.go": "package outer\n\nimport (\n\tbase \"ex.com/m/inner/v2\"\n" +
			"\t\"ex.com/m/named/dir-go\"\n)\n\n" +
			"type Outer struct {\n\tbase.Base `json:\"b\"`\n\town\n\tx int\n}\n\n" +
			"type own struct{ Hidden, Deep int }\n\n" +
			"type Both struct {\n\tbase.Base\n\tbase.Box[int]\n}\n\n" +
			"type Alias = Outer\n\ntype Pointer = *base.Base\n\n" +
			"type Reader interface{ Read() }\n\ntype All interface {\n\tReader\n\tClose()\n}\n\n" +
			"type Loop struct{ *Loop }\n\ntype Far struct{ dir.Named }\n\n" +
			"type Plain struct{ base base.Base }\n",
	}))
	for _, tt := range []struct{ in, want string }{
		{"go://ex.com/m/outer#Outer.Method", "inner/v2/inner.go:12 go://ex.com/m/inner/v2#Base.Method"},
		{"go://ex.com/m/outer#Outer.Field", "inner/v2/inner.go:4 go://ex.com/m/inner/v2#Base.Field"},
		{"go://ex.com/m/outer#Outer.Deep", "outer/outer.go:14 go://ex.com/m/outer#own.Deep"},
		{"go://ex.com/m/outer#Outer.Base", "outer/outer.go:9 go://ex.com/m/outer#Outer.Base"},
		{"go://ex.com/m/outer#Both.Deep", "inner/v2/inner.go:10 go://ex.com/m/inner/v2#Deeper.Deep"},
		{"go://ex.com/m/outer#Both.Get", "inner/v2/inner.go:16 go://ex.com/m/inner/v2#Box.Get"},
		{"go://ex.com/m/outer#Both.Method", "E/AMBIGUOUS"},
		{"go://ex.com/m/outer#Alias.Hidden", "outer/outer.go:14 go://ex.com/m/outer#own.Hidden"},
		{"go://ex.com/m/outer#Alias.x", "outer/outer.go:11 go://ex.com/m/outer#Outer.x"},
		{"go://ex.com/m/outer#Pointer.Method", "inner/v2/inner.go:12 go://ex.com/m/inner/v2#Base.Method"},
		{"go://ex.com/m/outer#All.Read", "outer/outer.go:25 go://ex.com/m/outer#Reader.Read"},
		{"go://ex.com/m/outer#Far.N", "named/dir-go/x.go:3 go://ex.com/m/named/dir-go#Named.N"},
		{"go://ex.com/m/outer#Loop.None", "E/NOT_FOUND"},
		{"go://ex.com/m/outer#Plain.Method", "E/NOT_FOUND"},
		{"go://*#Outer.Method", "inner/v2/inner.go:12 go://ex.com/m/inner/v2#Base.Method"},
		{"Outer.Method", "inner/v2/inner.go:12 go://ex.com/m/inner/v2#Base.Method"},
		{"(*Outer).Method", "inner/v2/inner.go:12 go://ex.com/m/inner/v2#Base.Method"},
		{"outer.Outer.Method", "inner/v2/inner.go:12 go://ex.com/m/inner/v2#Base.Method"},
		{"outer/outer.go#Outer.Method", "inner/v2/inner.go:12 go://ex.com/m/inner/v2#Base.Method"},
	} {
		resolvesTo(t, s, tt.in, tt.want, func(target *selectors.Target, line int) string {
			return fmt.Sprintf("%s:%d %s", target.Path, line, target.Decl.Selector())
		})
	}
}
