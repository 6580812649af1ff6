package report

import "testing"

// The lines of a message stay apart on one line.
func TestLinesOfAMessageStayApartOnOneLine(t *testing.T) {
	for _, tt := range []struct{ message, want string }{
		{"one", "one"},
		{"", ""},
		{
			"Argument is wrong\n  \"int | bool\" is not \"bool\"\n\n    \"int\" is not \"bool\"",
			`Argument is wrong; "int | bool" is not "bool"; "int" is not "bool"`,
		},
		{"Use f-strings.\n\nhelp: Replace:\n it\n", "Use f-strings. help: Replace: it"},
		{"a\r\nb \x1b[1m", `a; b \u{1b}[1m`},
	} {
		if got := sentences(tt.message); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.message, got, tt.want)
		}
	}
}
