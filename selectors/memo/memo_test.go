package memo_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"lanser/selectors/memo"
)

// Goroutines that ask for the same key at once get the result of one call, and another key has a result of its own,
// even if it prints alike.
func TestWorkRunsOnceForEachKey(t *testing.T) {
	type mine string
	var table memo.Table
	var calls atomic.Int64
	var all sync.WaitGroup
	results := make([]any, 50)
	for i := range results {
		all.Go(func() { results[i] = table.Of(mine("a"), func() any { return calls.Add(1) }) })
	}
	all.Wait()
	for _, r := range results {
		if r != int64(1) {
			t.Fatalf("results %v", results)
		}
	}
	if r := table.Of("a", func() any { return calls.Add(1) }); r != int64(2) {
		t.Errorf("another type of key: %v", r)
	}
}
