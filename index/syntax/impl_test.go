package syntax_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lanser/index/syntax"
)

func TestTheTypesThatImplementTraitsAreKnown(t *testing.T) {
	for src, want := range map[string]string{
		"impl Add for V { fn add() {} const N: u8 = 1; type Out = V; }":            "Add V N Out add",
		"unsafe impl<T: Fn() -> X> std::ops::Add<T> for &'a mut V<T> { }":          "Add &'a mut V<T>",
		"impl V { fn add() {} }\nimpl<T: Add> V for T where T: Sub {}":             "V T",
		"fn f() { struct L; impl Add for L { fn add() { impl Sub for M {} } } }":   "Add L add, Sub M",
		"const _: () = { impl Add for C {} };":                                     "Add C",
		"mod m { impl r#try for C {} }":                                            "r#try C",
		"macro_rules! m { () => { impl Add for V {} } }\nm! { impl Add for W {} }": "",
		"trait Add { fn add() { impl Add for L {} } }":                             "Add L",
		"#[async_trait]\nimpl super :: Add for V {}\n// impl Add for W {}":         "Add V",
	} {
		impls, err := syntax.Impls(context.Background(), "a.rs", []byte(src))
		var got []string
		for trait, impl := range impls {
			one := []string{src[trait.Start:trait.End], src[impl.Self.Start:impl.Self.End]}
			var members []string
			for name, at := range impl.Members {
				if src[at.Start:at.End] != name {
					t.Errorf("%q: %s is at %q", src, name, src[at.Start:at.End])
				}
				members = append(members, name)
			}
			slices.Sort(members)
			got = append(got, strings.Join(append(one, members...), " "))
		}
		slices.Sort(got)
		if s := strings.Join(got, ", "); err != nil || s != want {
			t.Errorf("%q: %s, %v, want %s", src, s, fmt.Sprint(err), want)
		}
	}
}
