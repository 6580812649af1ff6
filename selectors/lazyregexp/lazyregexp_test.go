package lazyregexp

import (
	"strings"
	"testing"
)

func TestAnExpressionIsCompiledWhenItIsUsed(t *testing.T) {
	inTest = false
	defer func() { inTest = true }()
	re := New(`(`) // no panic yet
	defer func() {
		if recover() == nil {
			t.Error("an expression that does not compile has matched")
		}
	}()
	re.MatchString("x")
}

func TestAnExpressionThatDoesNotCompilePanicsInTests(t *testing.T) {
	if !inTest {
		t.Error("the binary of this test is not recognised as one")
	}
	defer func() {
		message, _ := recover().(string)
		if !strings.Contains(message, "_test.go:") || !strings.Contains(message, "correct the regular expression") {
			t.Errorf("the panic %q does not name the file and the correction", message)
		}
	}()
	New(`(`)
}

func TestAnExpressionWithWordsMatchesWhereOneOccurs(t *testing.T) {
	re := NewWith([]string{"load", "open"}, `(?:\w+)\(`)
	for text, want := range map[string]string{
		"load(": "load(", "x = reopen(": "reopen(", "read(": "", "": "", "load": "", "load; read(": "read(",
	} {
		if got := re.FindString(text); got != want {
			t.Errorf("FindString(%q) = %q, want %q", text, got, want)
		}
		if got := string(re.Find([]byte(text))); got != want {
			t.Errorf("Find(%q) = %q, want %q", text, got, want)
		}
		if got := re.Match([]byte(text)); got != (want != "") {
			t.Errorf("Match(%q) = %v", text, got)
		}
		if got, left := re.ReplaceAllString(text, ""), strings.Replace(text, want, "", 1); got != left {
			t.Errorf("ReplaceAllString(%q) = %q, want %q", text, got, left)
		}
	}
}
