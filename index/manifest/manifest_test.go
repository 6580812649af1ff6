package manifest

import (
	"strings"
	"testing"
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
