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
