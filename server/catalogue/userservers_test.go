package catalogue

import (
	"strings"
	"testing"

	"lanser/selectors/fault"
)

func TestAMistakeInTheUsersServersIsReportedWithItsPlaceAndTheCorrection(t *testing.T) {
	const good = `name = "zz"
command = ["zz-ls", "--stdio"]
languages = { ".zz" = "zz", "Zzfile" = "zz" }
`
	for _, tt := range []struct{ name, old, replacement, want string }{
		{name: "no mistake"},
		{name: "date in the options", old: "name", replacement: "options = { a = 1979-05-27 }\nname"},
		{
			name: "string for a list", old: `["zz-ls", "--stdio"]`, replacement: `"zz-ls"`,
			want: `servers.toml:3:11: server.command: a string is wrong; write a list, as in ["…"]`,
		},
		{
			name: "list for a table", old: `{ ".zz" = "zz", "Zzfile" = "zz" }`, replacement: `[".zz"]`,
			want: `servers.toml:4: server.languages: a list is wrong; write a table, as in { "…" = … }`,
		},
		{
			name: "key that is there twice", old: "name", replacement: "name = \"yy\"\nname",
			want: "servers.toml:3: key name is already defined",
		},
		{name: "no name", old: `name = "zz"`, replacement: "", want: `has no name; write name = "…"`},
		{name: "name with a space", old: `"zz"`, replacement: `"Z z"`, want: `has the name "Z z"; use small letters`},
		{
			name: "name of another", old: "name", replacement: good + "[[server]]\nname",
			want: `number 2 has the name "zz", as an earlier one has; choose another`,
		},
		{
			name: "name of a known server", old: `"zz"`, replacement: `"gopls"`,
			want: `number 1 has the name "gopls", as a server has that lanser knows; choose another`,
		},
		{
			name: "no command", old: `["zz-ls", "--stdio"]`, replacement: "[]",
			want: `number 1 (zz): it has no command; write command = ["…"]`,
		},
		{
			name: "empty argument", old: `"--stdio"`, replacement: `""`,
			want: `(zz): command has an empty element; leave it out`,
		},
		{
			name: "path below the folder", old: `"zz-ls"`, replacement: `"./zz-ls"`,
			want: `(zz): command begins with "./zz-ls"; use the name of a program on PATH, or an absolute path`,
		},
		{
			name: "arguments in the program's name", old: `"zz-ls", "--stdio"`, replacement: `"zz-ls --stdio"`,
			want: `command begins with "zz-ls --stdio"; write each argument as an element of its own: "zz-ls", "--stdio"`,
		},
		{
			name: "program with a space", old: `"zz-ls"`, replacement: `"/opt/z z/ls"`,
		},
		{
			name: "no languages", old: `".zz" = "zz", "Zzfile" = "zz"`, replacement: "",
			want: `(zz): it has no languages; write languages = {`,
		},
		{
			name: "pattern", old: `".zz"`, replacement: `"*.zz"`,
			want: `(zz): languages maps "*.zz" to "zz"; use an extension such as ".rb"`,
		},
		{
			name: "no languageId", old: `".zz" = "zz"`, replacement: `".zz" = ""`,
			want: `(zz): languages maps ".zz" to ""; use an extension such as ".rb" or a file's name, and the languageId`,
		},
		{
			name: "extension in capitals", old: `".zz"`, replacement: `".ZZ"`,
			want: `(zz): languages has the extension ".ZZ"; write it in lower case, ".zz"`,
		},
		{
			name: "extension without its dot", old: `".zz"`, replacement: `"rb"`,
			want: `(zz): languages has the file name "rb"; write the extension with its dot, ".rb"`,
		},
		{
			name: "path of a root", old: "name", replacement: "roots = [\"a/zz.toml\"]\nname",
			want: `(zz): roots has "a/zz.toml"; use a file's name`,
		},
		{
			name: "value of a variable", old: "name", replacement: "env = [\"A=b\"]\nname",
			want: `(zz): env has "A=b"; use the name of a variable alone`,
		},
		{
			name: "relative folder", old: "name", replacement: "reads = [\"zz\"]\nname",
			want: `(zz): reads has "zz"; use an absolute path, or one that begins with ~/`,
		},
		{
			name: "no number", old: "name", replacement: "settings = { a = { b = nan } }\nname",
			want: `(zz): settings cannot be sent as JSON (json: unsupported value: NaN); leave nan and inf out`,
		},
	} {
		raw := "[[server]]\n" + strings.Replace(good, tt.old, tt.replacement, 1)
		_, err := ParseUserServers("servers.toml", []byte(raw))
		if tt.want == "" && err == nil {
			continue
		}
		if tt.want == "" || !fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant %s", tt.name, err, tt.want)
		}
	}
}
