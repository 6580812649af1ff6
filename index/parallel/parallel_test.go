package parallel_test

import (
	"sync/atomic"
	"testing"

	"lanser/index/parallel"
)

func TestEveryNumberIsTakenOnce(t *testing.T) {
	for _, n := range []int{0, 1, 7, 64, 1000} {
		for _, batch := range []int{1, 8, 64} {
			taken := make([]atomic.Int32, n)
			parallel.Do(n, batch, func(i int) { taken[i].Add(1) })
			for i := range taken {
				if got := taken[i].Load(); got != 1 {
					t.Errorf("%d of %d in batches of %d is taken %d times", i, n, batch, got)
				}
			}
		}
	}
}
