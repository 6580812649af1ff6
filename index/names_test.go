package index_test

import (
	"fmt"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/fault"
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

// What a module of JavaScript exports as a whole has no name of its own.
func TestWhatAModuleExportsIsSuggestedByItsName(t *testing.T) {
	_, s := snapshot(t, indextest.Files(t, map[string]string{
		"named.js":    "class Db { open() {} }\nmodule.exports = Db\n",
		"both.js":     "function make() {}\nexports = module.exports = make\n",
		"object.js":   "module.exports = { run() {}, stop: 1 }\n",
		"function.js": "module.exports = async function () {}\n",
		"default.ts":  "export default { walk() {} }\n",
		"others.js":   "exports.one = function () {}\n",
	}))
	for _, tt := range []struct{ in, want string }{
		{"ts://named#default", "did you mean ts://named#Db?"},
		{"ts://named#module.exports", "did you mean ts://named#Db?"},
		{"named.js#exports.open", "did you mean ts://named#Db.open?"},
		{"named#default", "did you mean ts://named#Db?"},
		{"ts://both#default", "did you mean ts://both#make?"},
		{"ts://object#default.run", "did you mean ts://object#run?"},
		{"ts://object#default", "list what there is with 'lanser symbols PATH'"},
		{"ts://function#default", "did you mean ts://function#exports?"},
		{"ts://default#default.walk", "did you mean ts://default#walk?"},
		{"ts://others#default", "list what there is with 'lanser symbols PATH'"},
	} {
		_, err := resolve(t, s, tt.in)
		if f := fault.From(err); f.Code != fault.NotFound || f.Hint != tt.want {
			t.Errorf("%s: %v, hint %q, want %q", tt.in, err, f.Hint, tt.want)
		}
	}
}
