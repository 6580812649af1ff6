package catalogue

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSourcesNameTheDataThatTheyDependOn(t *testing.T) {
	all := []string{"a.txt", "web/d.json", "web/src/e.json", "web/x/tmpl/p.html", "web/y.png", "z/y.png"}
	for _, tt := range []struct {
		srv           *Server
		file, content string
		want          []string
	}{
		{gopls, "web/x/a.go", "package x\n\n//go:embed tmpl\nvar F embed.FS\n", []string{"web/x/tmpl/p.html"}},
		{gopls, "a.go", "package x\n\n//go:embed a.txt\nvar F string\n", all},
		{gopls, "web/x/a.go", "package x // embeds nothing\n", nil},
		{rustAnalyzer, "web/src/lib.rs", `const A: &str = include_str!("../d.json");`, []string{"web/d.json"}},
		{rustAnalyzer, "web/src/lib.rs", `const A: &[u8] = include_bytes! [ "../y.png" ];`, []string{"web/y.png"}},
		{rustAnalyzer, "web/src/lib.rs", `println!("d.json");`, nil},
		{typescript, "web/a.ts", `import d from "@/d.json"`, []string{"web/d.json"}},
		{typescript, "web/a.ts", `import d from "./d"`, nil},
		{pyright, "a.py", `open("d.json")`, nil},
	} {
		names := map[string]bool{}
		for _, name := range tt.srv.DataNames(tt.file, []byte(tt.content)) {
			names[name] = true
		}
		if diff := cmp.Diff(tt.want, tt.srv.Data(all, names)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.content, diff)
		}
	}
}
