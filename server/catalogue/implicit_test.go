package catalogue

import "testing"

func TestTheTraitAroundAMethodIsFound(t *testing.T) {
	const at = "|"
	for src, want := range map[string]string{
		"impl Add for V {\n    fn |add() {} }":                                                  "Add",
		"impl<T: Fn() -> Vec<T>> std::ops::Add<T> for V<T> {\n fn f() { }\n fn |add() {} }":     "Add",
		"unsafe impl<'a> ops::Index<usize> for V\nwhere V: Sized\n{\n fn |index() {} }":         "Index",
		"impl V {\n fn |add() {} }":                                                             "",
		"impl Add for V { fn add() {} }\nimpl V {\n fn |sub() {} }":                             "",
		"impl Add for V { fn add() {} }\nfn |f() {}":                                            "",
		"impl Add for V {\n fn add() {\n impl Sub for W { fn sub() {} }\n }\n fn |other() {} }": "Add",
		"trait Add {\n fn |add(); }":                                                            "",
	} {
		i := 0
		for src[i] != at[0] {
			i++
		}
		if got := traitAround([]byte(src[:i]+src[i+1:]), i); got != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
}
