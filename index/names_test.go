package index_test

import (
	"fmt"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors"
)

// Names of inline namespaces are left out, and so is the prefix of raw names.
func TestASelectorLeavesOutWhatPeopleDoNotWrite(t *testing.T) {
	_, s := snapshot(t, indextest.Files(t, map[string]string{
		"Cargo.toml": "[package]\nname = \"m\"\n",
		"src/lib.rs": "pub struct Sq;\nimpl Sq {\n    pub fn r#type(&self) {}\n}\npub fn r#match() {}\n",
		"a.h": "namespace ns {\ninline namespace v1 {\nint inl();\nstruct In { int get(); };\n" +
			"enum Color { RED };\n}\n" +
			"namespace v2 { int plain(); }\n}\nlong double operator\"\"_km(long double v);\n",
	}))
	for _, tt := range []struct{ in, want string }{
		{"rs://crate#Sq.r#type", "src/lib.rs:3"},
		{"rs://crate#Sq.type", "src/lib.rs:3"},
		{"rs://*#Sq.type", "src/lib.rs:3"},
		{"Sq::type", "src/lib.rs:3"},
		{"crate::Sq::r#type", "src/lib.rs:3"},
		{"rs://crate#match", "src/lib.rs:5"},
		{"rs://crate#other", "E/NOT_FOUND"},
		{"ns::inl", "a.h:3"},
		{"ns::v1::inl", "a.h:3"},
		{"cpp://a.h#ns.inl", "a.h:3"},
		{"cpp://*#ns.In.get", "a.h:4"},
		{"ns::In::get", "a.h:4"},
		{"ns::RED", "a.h:5"},
		{"cpp://a.h#ns.Color.RED", "a.h:5"},
		{"ns::plain", "E/NOT_FOUND"},
		{"cpp://a.h#operator\"\"_km", "a.h:9"},
		{"operator\"\" _km", "a.h:9"},
	} {
		resolvesTo(t, s, tt.in, tt.want, func(target *selectors.Target, line int) string {
			return fmt.Sprintf("%s:%d", target.Path, line)
		})
	}
}
