package cbuild

import (
	"strings"
	"testing"
)

// Code of C that no macro can bring back is never built; that behind #else of "#if 0" is.
func TestCodeThatIsNeverBuilt(t *testing.T) {
	for src, want := range map[string]string{
		"#if 0\na\n#endif\nb\n":                              "a",
		"#if 0 // old\na\n#else\nb\n#endif\n":                "a",
		"#if 1\na\n#else\nb\n#endif\n":                       "b",
		"#if 1\na\n#elif X\nb\n#else\nc\n#endif\n":           "b|c",
		"#if X\na\n#elif 0\nb\n#else\nc\n#endif\n":           "b",
		"#if 0\n#ifdef X\na\n#else\nb\n#endif\nc\n#endif\n":  "#ifdef X\na\n#else\nb\n#endif\nc",
		"#ifdef X\n#if 0\na\n#endif\nb\n#endif\n":            "a",
		"#if 0 || X\na\n#endif\n":                            "",
		"#if 10\na\n#else\nb\n#endif\n":                      "",
		"  #  if 0 /* no\n yes */\na\n#endif\n":              "yes */\na",
		"#endif\n#if 0\na\n":                                 "",
		"#if X\n#elif 1\na\n#else\nb\n#endif\n#if 0\n#endif": "b",
	} {
		var got []string
		for _, s := range neverBuilt([]byte(src)) {
			if part := strings.TrimSpace(src[s.Start:s.End]); part != "" {
				got = append(got, part)
			}
		}
		if have := strings.Join(got, "|"); have != want {
			t.Errorf("%q: got %q, want %q", src, have, want)
		}
	}
}
