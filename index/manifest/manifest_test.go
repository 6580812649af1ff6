package manifest

import (
	"strings"
	"testing"

	"lanser/selectors/fault"
)

// An array before the name, as that of the authors often is, does not end the table of a package.
func TestTheNameOfACrate(t *testing.T) {
	for raw, want := range map[string]string{
		"[package]\nname = \"my-crate\"\n":                                "my-crate",
		"[package]\nauthors = [\"A <a@example.com>\"]\nname = \"b\"\n":    "b",
		"[package]\nkeywords = [\n  \"x\",\n]\nname = 'c'\n":              "c",
		"# [package]\n[workspace]\nmembers = [\"a\"]\n":                   "",
		"[package]\nversion = \"1\"\n\n[lib]\nname = \"other\"\n":         "",
		"[dependencies]\nname = \"1\"\n\n[ package ]\r\n\tname=\"d\"\r\n": "d",
		"package.name = \"e\"\n":                                          "e",
		"package = { version = \"1\", name = \"f\" }\n":                   "f",
		"[package]\nname.workspace = true\n":                              "",
		"[package]\nname = \"../x\"\n":                                    "",
		"[package]\nname = \"g\"\n[package]\n":                            "", // Cargo cannot read it
		"":                                                                "",
	} {
		if got := Crate([]byte(raw)); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestAFileThatIsTooLargeOrTooDeepIsRefused(t *testing.T) {
	for name, raw := range map[string]string{
		"too large": "x = 1\n#" + strings.Repeat("x", MaxBytes),
		"too deep":  "x = " + strings.Repeat("[", MaxNesting+1) + strings.Repeat("]", MaxNesting+1),
	} {
		var into map[string]any
		if err := DecodeTOML([]byte(raw), &into); err == nil {
			t.Errorf("%s: it is decoded", name)
		}
	}
}

func TestAMistakeInSettingsNamesItsLineItsKeyAndTheCorrection(t *testing.T) {
	type settings struct {
		Strict bool     `toml:"strict"`
		Max    *int     `toml:"max"`
		Only   []string `toml:"only"`
		Server []struct {
			Name    string            `toml:"name"`
			IDs     map[string]string `toml:"ids"`
			Options map[string]any    `toml:"options"`
		} `toml:"server"`
	}
	for raw, want := range map[string]string{ // the message, after ""
		"strict = true\nmax = 3\nonly = [\"a\"]\n[[server]]\nname = \"x\"\noptions = { a = [1], b = 1979-05-27 }": "",

		"strict = \"yes\"":                   `1:10: strict: a string is wrong; write true or false, without quotes`,
		"\nmax = \"3\"":                      `2:7: max: a string is wrong; write a whole number`,
		"max = 3.5":                          `1:7: max: a number with a fraction is wrong; write a whole number`,
		"only = \"a\"":                       `1:8: only: a string is wrong; write a list, as in ["…"]`,
		"only = [\n1,\n]":                    `2:1: only: a number is wrong; write a string, as in "…"`,
		"[server]\nname = \"x\"":             `1:2: server: a table is wrong; write [[server]] above its keys`,
		"server = 1":                         `1:10: server: a number is wrong; write [[server]] above its keys`,
		"[[server]]\n[[server]]\nids = [1]":  `3: server.ids: a list is wrong; write a table, as in { "…" = … }`,
		"[[server]]\nids = { a = 1 }":        `2:13: server.ids.a: a number is wrong; write a string, as in "…"`,
		"[[server]]\nname = 1979-05-27":      `2: server.name: a date or time is wrong; write a string, as in "…"`,
		"[[server]]\nname = true\n":          `2:8: server.name: true or false is wrong; write a string, as in "…"`,
		"[[server]]\nname = \"x\"\nname = 2": `3: key name is already defined`,
		"max = 1\nonly = [\n]\n[server":      `4:`,
		"max = 1\n\n[[server]]\nnme = \"x\"": `4:1: unknown setting: server.nme`,
	} {
		var into settings
		err := DecodeSettings("f.toml", []byte(raw), &into, "the keys are …", "see help")
		got := ""
		if err != nil {
			got = strings.TrimPrefix(fault.From(err).Message, "f.toml:")
		}
		if (want == "") != (got == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%q: %v\nwant f.toml:%s", raw, err, want)
		}
	}
}
