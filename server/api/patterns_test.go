package api

import (
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"pgregory.net/rapid"

	"lanser/selectors/fault"
)

// A pattern with alternatives matches what the patterns with each alternative written out match.
func TestBracePatternsMatchLikeTheirExpansion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`([ab/*?]|\*\*|\*\*/|/\*\*|\{|,|\}|\[ab\]|\[!a\]|\\[{a,]){1,12}`).
			Draw(t, "pattern")
		file := rapid.StringMatching(`[ab{,]{1,3}(/[ab{,]{1,3}){0,3}`).Draw(t, "file")
		ps, err := NewPatterns(pattern)
		// Two stars in a pattern with braces are stars of one name to the library in places where they are
		// folders once the braces are written out.
		if err != nil || strings.Contains(pattern, "**") && strings.ContainsAny(pattern, "{}") {
			return
		}
		whole := strings.TrimSuffix(pattern, "/")
		if !strings.Contains(whole, "/") {
			whole = "**/" + whole
		}
		want := false
		for p := file; p != "."; p = parent(p) {
			want = want || doublestar.MatchUnvalidated(whole, p)
		}
		if got := ps.Match(file); got != want {
			t.Errorf("%q matches %q: %v, want %v, by %q", pattern, file, got, want, ps)
		}
	})
}

func parent(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i]
	}
	return "."
}

func TestPatternsThatTakeTooLongAreRefusedWithTheReason(t *testing.T) {
	for name, tt := range map[string]struct {
		patterns []string
		want     string
	}{
		"alternatives that multiply": {
			[]string{"{**/a,a}" + strings.Repeat("/{**,a}", 24) + "/q"},
			"expands to more than 1000",
		},
		"alternatives side by side":  {[]string{strings.Repeat("{a,b}", 100)}, "expands to more than 1000"},
		"alternatives in each other": {[]string{strings.Repeat("{a,", 200) + "b" + strings.Repeat("}", 200)}, ""},
		"empty alternatives":         {[]string{strings.Repeat("{,}", 200)}, "expands to more than 1000"},
		"a long one":                 {[]string{strings.Repeat("*a", 1000)}, "more than the limit of 1024"},
		"stars": {
			[]string{strings.Repeat("*a", 500) + "b", strings.Repeat("**/", 300) + "b"},
			"",
		},
		"many": {make([]string, 10_001), "more than the limit of 10000"},
		"many that stand for many each": {
			slicesOf(300, "{a,b,c,d,e,f,g,h,i,j}{a,b,c,d,e,f,g,h,i,j}"),
			"more than 20000",
		},
		"an open class": {[]string{"[a"}, "is not a pattern"},
		"an open brace": {[]string{"{a"}, "is not a pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			ps, err := NewPatterns(tt.patterns...)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				ps.Match(strings.Repeat("a/", 500) + strings.Repeat("a", 200))
				return
			}
			if !fault.Is(err, fault.Usage) || !strings.Contains(fault.From(err).Message, tt.want) ||
				len(fault.From(err).Message) > 400 {
				t.Errorf("%v", err)
			}
			if fault.From(err).Hint == "" {
				t.Error("it does not say what to do")
			}
		})
	}
}

func slicesOf(n int, s string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

// A pattern is refused, or matches in a time that nesting does not multiply.
func FuzzPatterns(f *testing.F) {
	for _, s := range []string{
		"{a,b}{a,b}", "**/a", "[!a-z]", "{a,{b,{c,d}}}", "\\{a", "*a*a*a*b", "{,}{,}{,}", "[]]", "{[}],a}",
	} {
		f.Add(s, "a/b/c")
	}
	f.Fuzz(func(t *testing.T, pattern, file string) {
		ps, err := NewPatterns(pattern)
		if len(ps) > maxAlternatives {
			t.Errorf("it stands for %d", len(ps))
		}
		if err == nil && len(file) < 200 && !strings.HasPrefix(file, "/") {
			ps.Match(file)
		}
	})
}
