package text_test

import (
	"strings"
	"testing"

	"lanser/selectors/text"
)

// The bar marks the cursor.
func TestWordAtKnowsLettersOfEveryScriptAndExtraCharactersOfTheLanguage(t *testing.T) {
	for _, tt := range []struct{ in, also, want string }{
		{"a.na|me(x)", "", "name"},
		{"|name", "", "name"},
		{"name|", "", "name"},
		{"x1_|y", "", "x1_y"},
		{"a + | b", "", ""},
		{"|", "", ""},
		{"$na|me", "", "name"},
		{"$na|me", "$", "$name"},
		{"el$|", "$", "el$"},
		{"${HOME|}", "$", "HOME"},
		{"$|{HOME}", "$", "$"},
		{"naï|ve = 1", "", "naïve"},
		{"|日本 := 2", "", "日本"},
		{"nai\u0308|ve", "", "nai\u0308ve"},
		{"नम|स्ते()", "", "नमस्ते"},
		{"x→|y", "", "y"},
		{"x|→y", "", "x"},
		{"a😀|", "", ""},
		{"\xffab|c", "", "abc"},
		{"٣|x", "", "٣x"},
	} {
		before, after, _ := strings.Cut(tt.in, "|")
		src := before + after
		s := text.WordAt([]byte(src), len(before), tt.also)
		if got := src[s.Start:s.End]; got != tt.want {
			t.Errorf("%q with %q: %q, want %q", tt.in, tt.also, got, tt.want)
		}
		if tt.want != "" && (!text.IsWord(tt.want, tt.also) || !text.IsWholeWord([]byte(src), s, tt.also)) {
			t.Errorf("%q with %q: %q is no whole word", tt.in, tt.also, tt.want)
		}
	}
}

func TestAPartOfAWordIsNotAWholeWord(t *testing.T) {
	for src, whole := range map[string]bool{
		"get": true, "get(": true, ".get": true, "gets": false, "forget": false, "éget": false, "getä": false,
		"→get→": true, "get$": true,
	} {
		at := strings.Index(src, "get")
		if got := text.IsWholeWord([]byte(src), text.Span{Start: at, End: at + 3}, ""); got != whole {
			t.Errorf("%q: %v", src, got)
		}
	}
	if text.IsWholeWord([]byte("get$"), text.Span{Start: 0, End: 3}, "$") {
		t.Error("$ goes on with the word where the language says so")
	}
}
