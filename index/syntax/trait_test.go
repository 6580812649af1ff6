package syntax_test

import (
	"context"
	"strings"
	"testing"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

// Braces in strings, characters and comments are none of the code's.
func TestTheTraitThatAFunctionImplementsIsKnown(t *testing.T) {
	for src, want := range map[string]string{
		"impl Add for V {\n    fn |add() {} }":                                                  "Add",
		"impl<T: Fn() -> Vec<T>> std::ops::Add<T> for V<T> {\n fn f() { }\n fn |add() {} }":     "Add",
		"unsafe impl<'a> ops::Index<usize> for V\nwhere V: Sized\n{\n fn |index() {} }":         "Index",
		"impl V {\n fn |add() {} }":                                                             "",
		"impl Add for V { fn add() {} }\nimpl V {\n fn |sub() {} }":                             "",
		"impl Add for V { fn add() {} }\nfn |f() {}":                                            "",
		"impl Add for V {\n fn add() {\n impl Sub for W { fn sub() {} }\n }\n fn |other() {} }": "Add",
		"impl Add for V {\n fn add() {\n impl Sub for W { fn |sub() {} }\n }\n }":               "Sub",
		"impl Add for V {\n fn add() {\n fn |helper() {} } }":                                   "",
		"trait Add {\n fn |add(); }":                                                            "",
		"trait Add {\n fn |add() {} }":                                                          "",
		"impl Add for V {\n fn f() { '}'; \"}}\"; /* } */ }\n // }\n fn |add() {} }":            "Add",
		"impl Add for V {\n fn f() { '{'; \"{{\"; } }\nfn |f() {}":                              "",
		"impl Deref for V { type Target = [u8; { 1 + 1 }]; fn |deref() {} }":                    "Deref",
		"#[cfg(x)] impl\nstd::ops::Drop\nfor V { fn |drop() {} }":                               "Drop",
		"impl Debug for V { fn fmt() { macro_rules! |put() {} } }":                              "",
		"impl !Send for V { fn |send() {} }":                                                    "Send",
	} {
		before, after, _ := strings.Cut(src, "|")
		name, _, _ := strings.Cut(after, "(")
		at := text.Span{Start: len(before), End: len(before) + len(name)}
		got, err := syntax.Trait(context.Background(), "a.rs", []byte(before+after), at)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", src, got, err, want)
		}
	}
}
