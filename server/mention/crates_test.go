package mention_test

import (
	"testing"

	"lanser/server/catalogue"
	"lanser/server/mention"
	"lanser/server/project"
)

// A crate uses another only if its manifest names it, wherever the other's manifest has its own name.
func TestACrateIsVisibleWhereAManifestNamesIt(t *testing.T) {
	for name, tt := range map[string]struct {
		declares string
		want     bool
	}{
		"the name first":          {declares: "[package]\nname = \"lib-b\"\n"},
		"an array before it":      {declares: "[package]\nauthors = [\"A\"]\nname = \"lib-b\"\n"},
		"a name that a names":     {declares: "[package]\nauthors = [\"A\"]\nname = \"lib-c\"\n", want: true},
		"the name of a target":    {declares: "[workspace]\n[lib]\nname = \"lib-b\"\n", want: true},
		"what Cargo cannot read":  {declares: "[package\nname = \"lib-b\"\n", want: true},
		"in a table of one line":  {declares: "package = { name = \"lib-b\" }\n"},
		"in quotes of one letter": {declares: "[package]\nname = 'lib-b'\n"},
	} {
		v := written{
			"a/Cargo.toml": "[package]\nname = \"a\"\n[dependencies]\nlib-c = \"1\"\n", "a/src/lib.rs": "",
			"b/Cargo.toml": tt.declares, "b/src/lib.rs": "",
		}
		sym := project.Symbol{Path: "b/src/lib.rs", Lang: "rs", Name: "f"}
		uses, _ := mention.UsesIn(catalogue.Named("rust-analyzer"), v, sym, "a/src/lib.rs")
		if got := uses != mention.CannotUse; got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
