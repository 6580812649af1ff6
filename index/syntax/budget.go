//go:build cgo

package syntax

import (
	"context"
	"runtime"
	"time"
)

// The work that one file may take, as processor time of the thread that parses it. Wall-clock time would depend on
// what else the machine does: a file would be given up on a busy machine and parsed on an idle one, so that the two
// gave different answers.
//
// Other measures were tried, and some files exceed none of them. The number of bytes that a grammar reads does not
// grow while it makes no progress at one position (testdata/stuck/a.ts has 156 bytes and never
// ends). It also does not show time that grows with the square of the depth: 20,000 open "A<" of C++, 100 KB,
// are read 1.5 times and take minutes. tree-sitter counts its steps, but its Go binding does not return the number.
//
// The bound is a hundred times what the grammars need: none of the files below GOROOT, /usr/include and
// /usr/lib/python3 took more than 10 ms plus 0.1 ms for each KiB.
const (
	baseWork   = 4 * time.Second
	workPerKiB = 10 * time.Millisecond
)

// budget bounds the work of the calling goroutine, which it locks to its thread until release is called. exceeded is
// called at most once, on another goroutine, and not after release has returned.
func budget(work time.Duration, exceeded func()) (release func()) {
	runtime.LockOSThread()
	done := make(chan struct{})
	stopped := make(chan struct{})
	spent := threadClock()
	start := spent()
	go func() {
		defer close(stopped)
		timer := time.NewTimer(work) // no thread takes more processor time than has passed
		defer timer.Stop()
		for {
			select {
			case <-done:
				return
			case <-timer.C:
			}

			left := work - (spent() - start)
			if left <= 0 {
				exceeded()
				return
			}
			timer.Reset(max(left, time.Millisecond))
		}
	}()
	return func() {
		close(done)
		<-stopped
		runtime.UnlockOSThread()
	}
}

// withBudget returns a context that ends with ctx, or when the calling goroutine has done more
// work than the budget for size bytes allows. The caller must call release on the same goroutine.
func withBudget(ctx context.Context, size int) (bounded context.Context, release func()) {
	bounded, cancel := context.WithCancel(ctx)
	free := budget(baseWork+time.Duration(size>>10)*workPerKiB, cancel)
	return bounded, func() {
		free()
		cancel()
	}
}
