package syntax

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func TestWaitingDoesNotCountAsWork(t *testing.T) {
	var exceeded bool
	release := budget(20*time.Millisecond, func() { exceeded = true })
	<-time.After(100 * time.Millisecond) // five times the budget by the clock on the wall
	release()
	if exceeded {
		t.Error("time that passed without work counts as work")
	}
}

func TestParsingIsBoundedByWork(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := budget(20*time.Millisecond, cancel)
	defer release()
	for ctx.Err() == nil { // busy
	}
}

// The file was found by fuzzing: the grammar's error recovery loops on it for ever.
func TestAFileThatAGrammarNeverFinishesIsReported(t *testing.T) {
	if testing.Short() {
		t.Skip("takes four seconds of work")
	}
	src, err := os.ReadFile("testdata/stuck/a.ts")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(t.Context(), "a.ts", src); !errors.Is(err, ErrStuck) {
		t.Errorf("the error is %v", err)
	}
}
