package server

import (
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"pgregory.net/rapid"

	"lanser/selectors/fault"
)

// Alternatives that are written out match what the pattern matches.
func TestPatternsMatchAsTheirLibraryDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`([ab/*?]|\*\*|\*\*/|/\*\*|\{|,|\}|\[ab\]|\[!a\]|\\[{a,]){1,12}`).Draw(t, "pattern")
		file := rapid.StringMatching(`[ab{,]{1,3}(/[ab{,]{1,3}){0,3}`).Draw(t, "file")
		ps, err := newPatterns(pattern)
		if err != nil {
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
		if got := ps.match(file); got != want {
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

func TestPatternsThatTakeTooLongAreRefusedAndTheErrorSaysWhy(t *testing.T) {
	for name, tt := range map[string]struct {
		patterns []string
		want     string
	}{
		"alternatives that multiply":    {[]string{"{**/a,a}" + strings.Repeat("/{**,a}", 24) + "/q"}, "stands for more than 1000"},
		"alternatives side by side":     {[]string{strings.Repeat("{a,b}", 100)}, "stands for more than 1000"},
		"alternatives in each other":    {[]string{strings.Repeat("{a,", 200) + "b" + strings.Repeat("}", 200)}, ""},
		"empty alternatives":            {[]string{strings.Repeat("{,}", 200)}, "stands for more than 1000"},
		"a long one":                    {[]string{strings.Repeat("*a", 1000)}, "more than the 1024"},
		"stars":                         {[]string{strings.Repeat("*a", 500) + "b", strings.Repeat("**/", 300) + "b"}, ""},
		"many":                          {make([]string, 10_001), "more than the 10000"},
		"many that stand for many each": {slicesOf(300, "{a,b,c,d,e,f,g,h,i,j}{a,b,c,d,e,f,g,h,i,j}"), "more than 20000"},
		"an open class":                 {[]string{"[a"}, "is no pattern"},
		"an open brace":                 {[]string{"{a"}, "is no pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			ps, err := newPatterns(tt.patterns...)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				ps.match(strings.Repeat("a/", 500) + strings.Repeat("a", 200))
				return
			}
			if !fault.Is(err, fault.Usage) || !strings.Contains(fault.From(err).Message, tt.want) || len(fault.From(err).Message) > 400 {
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

// Whatever the pattern, it is refused or matches in time that no nesting multiplies.
func FuzzPatterns(f *testing.F) {
	for _, s := range []string{"{a,b}{a,b}", "**/a", "[!a-z]", "{a,{b,{c,d}}}", "\\{a", "*a*a*a*b", "{,}{,}{,}", "[]]", "{[}],a}"} {
		f.Add(s, "a/b/c")
	}
	f.Fuzz(func(t *testing.T, pattern, file string) {
		ps, err := newPatterns(pattern)
		if len(ps) > maxAlternatives {
			t.Errorf("it stands for %d", len(ps))
		}
		if err == nil && len(file) < 200 && !strings.HasPrefix(file, "/") {
			ps.match(file)
		}
	})
}

// Whatever the patch, it applies or is refused, and names no file outside the workspace.
func FuzzPatch(f *testing.F) {
	for _, s := range []string{
		"--- a/a.go\n+++ b/a.go\n@@ -1,1 +1,1 @@\n-package a\n+package b\n", "diff --git a/a.go b/../x\nrename from a.go\nrename to ../x\n", "@@ -1,99999999 +1 @@\n",
		"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n", "diff --git a/x b/x\nGIT binary patch\nliteral 9999999\n",
	} {
		f.Add(s)
	}
	s := snapshotOf(f, map[string]string{"a.go": "package a\n"})
	f.Fuzz(func(t *testing.T, patch string) {
		out, err := patched(s, patch)
		if err != nil && !fault.Is(err, fault.Usage) && !fault.Is(err, fault.VersionSkew) && !fault.Is(err, fault.Permissions) {
			t.Error(err)
		}
		size := 0
		for p, b := range out {
			if size += len(b); !isLocal(p) {
				t.Errorf("it names %q", p)
			}
		}
		if err == nil && size > len(patch)+100 {
			t.Errorf("%d bytes come out of %d", size, len(patch))
		}
	})
}
