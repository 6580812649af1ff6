package fault_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"lanser/selectors/fault"
)

// name is a text with a type of its own, as languages and roles have.
type name string

// spelled is a value with a text.
type spelled string

// String returns the text.
func (s spelled) String() string { return string(s) }

// Whatever a request holds, an error that quotes it is short, begins and ends with what it quotes, and says how much is
// left out. Short texts are quoted whole.
func TestAnErrorDoesNotRepeatALongRequest(t *testing.T) {
	long := "begin" + strings.Repeat("ü", 100_000) + "end"
	for _, arg := range []any{long, name(long), spelled(long), errors.New(long), []string{long}} {
		e := fault.New(fault.Usage, "there is no %v", arg).WithHint("use %v", arg)
		for _, s := range []string{e.Message, e.Hint} {
			if len(s) > 4100 || !utf8.ValidString(s) || !strings.Contains(s, "begin") || !strings.Contains(s, "end") ||
				!strings.Contains(s, " bytes)") {
				t.Errorf("%T: %d bytes: %.100s", arg, len(s), s)
			}
		}
		if nested := fault.Wrap(fault.Internal, e, "%v", e); !strings.Contains(nested.Message, e.Message[:500]) {
			t.Errorf("%T: the error in %.100s is not whole", arg, nested.Message)
		}
	}
	for _, arg := range []any{"short", name("short"), spelled("short"), errors.New("short"), 7, nil} {
		if got := fault.New(fault.Usage, "%v", arg).Message; got != "short" && got != "7" && got != "<nil>" {
			t.Errorf("%T is quoted as %s", arg, got)
		}
	}
}
