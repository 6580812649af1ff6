package visible_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lanser/selectors/visible"
)

func TestTextEscapesAValueToOneVisibleLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "",
		"func f() // naïve 日本 😀":            "func f() // naïve 日本 😀",
		"a\nclean: no diagnostics":          `a\nclean: no diagnostics`,
		"over\rwritten":                     `over\rwritten`,
		"tab\there":                         `tab\there`,
		"\x1b[31mred\x1b]0;title\x07":       `\u{1b}[31mred\u{1b}]0;title\u{7}`,
		"\u009b31m\u0090q\u009c":            `\u{9b}31m\u{90}q\u{9c}`,
		"r\u202eyp.py \u2066x\u2069":        `r\u{202e}yp.py \u{2066}x\u{2069}`,
		"zero\u200bwidth\u200d\ufeff\u00ad": `zero\u{200b}width\u{200d}\u{feff}\u{ad}`,
		"line\u2028paragraph\u2029":         `line\u{2028}paragraph\u{2029}`,
		"\u115f\u1160\u3164\uffa0\u034f":    `\u{115f}\u{1160}\u{3164}\u{ffa0}\u{34f}`,
		"tags \U000e0041\U000e007f":         `tags \u{e0041}\u{e007f}`,
		"selectors a\U000e0100b\ufe01":      `selectors a\u{e0100}b\u{fe01}`,
		"none \ufffe\uffff\ufdd0\U0001fffe": `none \u{fffe}\u{ffff}\u{fdd0}\u{1fffe}`,
		"emoji ⚠\ufe0f and a\ufe0f":         "emoji ⚠\ufe0f and a" + `\u{fe0f}`,
		"\ufe0f":                            `\u{fe0f}`,
		"bad \xff\xc3 \xed\xa0\x80":         `bad \xff\xc3 \xed\xa0\x80`,
		"kept \ufffd":                       "kept \ufffd",
		"a literal \\n stays":               `a literal \n stays`,
		"##vso[task.setvariable]x":          `##vso\u{5b}task.setvariable]x`,
		"x ##[group]y ##VSO[z":              `x ##\u{5b}group]y ##VSO\u{5b}z`,
		"##teamcity[x] travis_fold:start":   `##teamcity\u{5b}x] travis_fold\u{3a}start`,
		"# ## a [b] ##x[i]":                 "# ## a [b] ##x[i]",
	} {
		if got := visible.Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestABlockHasAMarkBeforeEachLine(t *testing.T) {
	in := visible.Block("Doc\tof f.\r\n\nclean: no diagnostics\n::error::x\n\x1b[2Jb.go:1:1: f\n\n")
	want := "hover:\n| Doc\tof f.\n|\n| clean: no diagnostics\n| ::error::x\n| \\u{1b}[2Jb.go:1:1: f\n"
	if got := visible.Sprintf("hover:\n%s\n", in); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPathsThatLookLikePlacesAreEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"a/b c.go":                        "a/b c.go",
		"evil.py:1:1: error: x":           `evil.py\u{3a}1\u{3a}1: error: x`,
		"n\na.py:3:4":                     `n\na.py\u{3a}3\u{3a}4`,
		"gomod:///example.com/m@v1.0.0/a": "gomod:///example.com/m@v1.0.0/a",
	} {
		if got := visible.Path(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// stringer and its error are values whose text others chose.
type stringer struct{}

func (stringer) String() string { return "a\nb" }

func TestEveryFormattingVerbEscapesItsValue(t *testing.T) {
	type name string
	for _, c := range []struct {
		format string
		args   []any
		want   string
	}{
		{"%s|%v|%q", []any{"\n", name("\r"), "\x1b\n\u115f"}, `\n|\r|"\x1b\n\u{115f}"`},
		{"%v %s %v", []any{stringer{}, errors.New("x\x07"), []string{"\n"}}, `a\nb x\u{7} [\n]`},
		{"%*d|%-4s|%.1f|%4s|%x", []any{3, 7, "a\n", 1.25, "b", 255}, `  7|a\n |1.2|   b|ff`},
		{"%s %s", []any{visible.Code("\tx\n"), "\t"}, "\tx" + `\n \t`},
		{"%s", []any{visible.Address("go://m#a.b?x=\u202e\xff\n##[")}, "go://m#a.b?x=%E2%80%AE%FF%0A##%5B"},
		{"%v %T", []any{nil, "x"}, "<nil> string"},
	} {
		if got := visible.Sprintf(c.format, c.args...); got != c.want && c.format != "%v %T" {
			t.Errorf("%s: %q, want %q", c.format, got, c.want)
		}
	}
}

func TestAWriterEscapesCommandsOfCISystems(t *testing.T) {
	for in, want := range map[string]string{
		"::error::x\n":                       `:\u{3a}error::x` + "\n",
		"  \t\u00a0::add-mask::y\n":          "  \t\u00a0" + `:\u{3a}add-mask::y` + "\n",
		"a ::b\n::stop-commands::t":          "a ::b\n" + `:\u{3a}stop-commands::t`,
		"a::b\n":                             "a::b\n",
		"--- group\n+++ x\n~~~ y\n^^^ +++\n": "---\\u{20}group\n+++\\u{20}x\n~~~\\u{20}y\n^^^\\u{20}+++\n",
		"a --- b\n-----\n":                   "a --- b\n-----\n",
		"x\r\x1b[0Ksection_start:1:n\r\n":    `x\r\u{1b}[0Ksection_start:1:n\r` + "\n",
		"\x1b[1;31merror\x1b[0m":             `\u{1b}[1;31merror\u{1b}[0m`,
	} {
		for size := 1; size <= len(in); size++ { // however it comes in pieces
			var out bytes.Buffer
			w := visible.NewWriter(&out)
			for rest := in; rest != ""; rest = rest[min(size, len(rest)):] {
				if _, err := io.WriteString(w, rest[:min(size, len(rest))]); err != nil {
					t.Fatal(err)
				}
			}
			if out.String() != want {
				t.Fatalf("%q by %d: %q, want %q", in, size, out.String(), want)
			}
		}
	}
}

func TestOnlyLansersOwnColoursPass(t *testing.T) {
	var out bytes.Buffer
	visible.Fprintf(visible.Colored(&out), "\x1b[1;31m%s\x1b[0m \x1b[2Jx\n", "err\x1b[0mor")
	if want := "\x1b[1;31merr" + `\u{1b}[0mor` + "\x1b[0m " + `\u{1b}[2Jx` + "\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestEscapedJSONParsesToTheSameValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := map[string]string{hostile.Draw(t, "key"): hostile.Draw(t, "value")}
		var plain, out bytes.Buffer
		for _, to := range []io.Writer{&plain, visible.JSONWriter(&out)} {
			enc := stdjson.NewEncoder(to)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(in); err != nil {
				t.Fatal(err)
			}
		}
		var a, b map[string]string
		if err := errors.Join(stdjson.Unmarshal(plain.Bytes(), &a), stdjson.Unmarshal(out.Bytes(), &b)); err != nil {
			t.Fatalf("%v: %s", err, out.Bytes())
		}
		for k, v := range a {
			if b[k] != v || len(a) != len(b) {
				t.Fatalf("%q is %q, and was %q", k, b[k], v)
			}
		}
		free(t, out.String())
	})
	var out bytes.Buffer
	_, _ = io.WriteString(visible.JSONWriter(&out), "{\"a\": [\"##vso[x]\", \"\u009b\u202e\U000e0041\"]}\n")
	if want := `{"a": ["##vso\u005bx]", "\u009b\u202e\udb40\udc41"]}` + "\n"; out.String() != want {
		t.Errorf("%s, want %s", out.String(), want)
	}
}

// hostile are texts made of what attacks are made of.
var hostile = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{
		"\n", "\r", "\t", "\x1b[31m", "\x07", "\u009b", "\u202e", "\u200b", "\u2028", "\u3164", "\ufe0f", "⚠",
		"\U000e0041", "\xff", "\xe2\x80",
		"::", "::error::", "##", "[", "##vso[", "##[", "travis_fold:", "--- ", " ", "a", "clean: no diagnostics", `\`,
		`"`,
	}), rapid.String()), 0, 12).Draw(t, "parts"), "")
})

// obeyed are what CI systems obey.
var obeyed = regexp.MustCompile(`(?im)##\[|##vso\[|##teamcity\[|travis_fold:|travis_time:`)

// free fails where text that was made visible holds what it must not.
func free(t interface{ Fatalf(string, ...any) }, s string) {
	prev := rune(0)
	for _, r := range s {
		emoji := (r == 0xFE0E || r == 0xFE0F) && unicode.Is(unicode.So, prev)
		if r != '\n' && r != '\t' && !emoji &&
			unicode.In(
				r,
				unicode.Cc,
				unicode.Cf,
				unicode.Zl,
				unicode.Zp,
				unicode.Other_Default_Ignorable_Code_Point,
				unicode.Variation_Selector,
			) {
			t.Fatalf("%U is in %q", r, s)
		}
		prev = r
	}
	if !utf8.ValidString(s) || obeyed.MatchString(s) {
		t.Fatalf("%q", s)
	}
}

func starts(t interface{ Fatalf(string, ...any) }, s string) {
	for line := range strings.Lines(s) {
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		for _, bad := range []string{"::", "--- ", "+++ ", "~~~ ", "^^^ "} {
			if strings.HasPrefix(line, bad) {
				t.Fatalf("a line begins with %q: %q", bad, s)
			}
		}
	}
}

func FuzzEscapedTextIsHarmlessAndIdempotent(f *testing.F) {
	for _, s := range []string{
		"a\x1b[31m\n::x", "##vso[\xff", "⚠\ufe0f\ufe0f", "\r\u2028::", "##v\u200bso[", " \r--- ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		one := visible.Text(s)
		free(t, one)
		if strings.ContainsAny(one, "\n\t") || visible.Text(one) != one {
			t.Fatalf("%q becomes %q, and that %q", s, one, visible.Text(one))
		}
		several := visible.Lines(s)
		free(t, several)
		starts(t, "x"+several)
		if again := visible.Lines(several); again != several {
			t.Fatalf("%q becomes %q, and that %q", s, several, again)
		}
		for line := range strings.Lines(visible.Marked(s)) {
			if free(t, line); !strings.HasPrefix(line, "|") {
				t.Fatalf("%q has a line without a mark: %q", s, line)
			}
		}
		var out bytes.Buffer
		visible.Fprintf(visible.NewWriter(&out), "%s%s\n%s", s, s, s)
		free(t, out.String())
		starts(t, out.String())
		if strings.Count(out.String(), "\n") != 1 {
			t.Fatalf("%q makes lines: %q", s, out.String())
		}
	})
}
