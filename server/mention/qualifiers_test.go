package mention_test

import (
	"slices"
	"strings"
	"testing"

	"lanser/selectors/text"
	"lanser/server/mention"
)

// "|" is before the word.
func TestThePathBeforeAWordIsRead(t *testing.T) {
	for src, want := range map[string][]string{
		"return A::|x":                        {"A"},
		"A::B<C<D>, (1 > 2)>::|x":             {"B", "A"},
		"Vec::<u8>::|x":                       {"Vec"},
		"(::std :: get<0>(a), ::std::\n\t|x)": {"std"},
		"decltype(a)::|x":                     nil,
		"a->b<c>::|x":                         {"b"},
		"<T as Trait>::|x":                    nil,
		"<T as Trait>::A::|x":                 nil,
		"$crate::m::|x":                       nil,
		"$t::|x":                              nil,
		"x::y; |x":                            nil,
		"a.|x":                                nil,
		"f(a < b, c > ::|x":                   {"a"},
	} {
		before, after, _ := strings.Cut(src, "|")
		at := text.Span{Start: len(before), End: len(before) + 1}
		if got := mention.Qualifiers(text.New([]byte(before+after)), at); !slices.Equal(got, want) {
			t.Errorf("%q: %q, not %q", src, got, want)
		}
	}
}

func TestTraitsOfTheStandardLibraryHaveTheirOwnMembers(t *testing.T) {
	for name, want := range map[string]bool{
		"iterator_traits": true, "is_same": true, "remove_cv": true, "remove_cv_t": false, "is_same_v": false,
		"conjunction": false, "conditional_t": false, "vector": false,
	} {
		if mention.IsOwnTrait(name) != want {
			t.Errorf("%s: not %v", name, want)
		}
	}
}
