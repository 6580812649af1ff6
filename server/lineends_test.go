package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server/api"
)

// Each server counts lines by its own rule, which the catalogue describes. Here a character that ends a line for some
// servers and not for others is in a comment above the declarations.
func TestPlacesAreRightAfterUnusualLineEnds(t *testing.T) {
	t.Parallel()
	const scripts = "export function Alpha() { return 1 }\nexport function Bravo() { return Alpha() }\n"
	tsconfig := map[string]string{"tsconfig.json": "{}"}
	for _, tt := range []struct {
		server, file, comment, declarations, selector string
		also                                          map[string]string
	}{
		{
			"gopls", "a.go", "package m\n\n// left%sright\n",
			"func Alpha() int { return 1 }\nfunc Bravo() int { return Alpha() }\n", "go://*#Alpha",
			map[string]string{"go.mod": "module ex.com/m\n\ngo 1.24\n"},
		},
		{
			"pyright", "a.py", "# left%sright\n",
			"def Alpha(): return 1\ndef Bravo(): return Alpha()\n", "py://a#Alpha", nil,
		},
		{"typescript", "a.ts", "/* left%sright */\n", scripts, "ts://a#Alpha", tsconfig},
		{"typescript-language-server", "a.ts", "/* left%sright */\n", scripts, "ts://a#Alpha", tsconfig},
		{
			"clangd", "a.c", "/* left%sright */\n",
			"int Alpha(void) { return 1; }\nint Bravo(void) { return Alpha(); }\n", "cpp://a.c#Alpha",
			map[string]string{"compile_flags.txt": "-std=c11\n"},
		},
		{
			"rust-analyzer", "src/lib.rs", "/* left%sright */\n",
			"pub fn alpha() -> i32 { 1 }\npub fn bravo() -> i32 { alpha() }\n", "rs://crate#alpha",
			map[string]string{"Cargo.toml": "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
		},
		{
			"bash-language-server", "a.sh", "# left%sright\n",
			"Alpha() { echo 1; }\nBravo() { Alpha; }\n", "sh://a#Alpha", nil,
		},
	} {
		for _, char := range []struct{ name, text string }{
			{"carriage return", "\r"},
			{"line separator", "\u2028"},
			{"paragraph separator", "\u2029"},
			{"form feed", "\f"},
			{"next line", "\u0085"},
		} {
			t.Run(tt.server+"/"+char.name, func(t *testing.T) {
				found(t, tt.server)
				files := map[string]string{tt.file: fmt.Sprintf(tt.comment, char.text) + tt.declarations}
				for name, content := range tt.also {
					files[name] = content
				}
				e := engine(t, indextest.Files(t, files))
				quoted, _ := json.Marshal(tt.selector)
				b, err := e.Do(context.Background(), api.Request{
					Op: "references", Selector: quoted, Options: api.Options{Server: tt.server},
				})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, l := range b.Facts.References {
					got = append(got, l.Text)
				}
				if want := strings.Split(strings.TrimSpace(tt.declarations), "\n"); !slices.Equal(got, want) {
					t.Errorf("%q\nwant %q", got, want)
				}
			})
		}
	}
}
