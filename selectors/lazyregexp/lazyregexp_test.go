package lazyregexp

import "testing"

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
		if recover() == nil {
			t.Error("it did not panic")
		}
	}()
	New(`(`)
}
