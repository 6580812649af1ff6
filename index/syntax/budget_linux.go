//go:build cgo

package syntax

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadClock returns a reader of the processor time of the calling thread, which other threads
// may call.
func threadClock() func() time.Duration {
	// The clock of one thread, as pthread_getcpuclockid(3) makes it: see CPUCLOCK_PERTHREAD_MASK
	// and CPUCLOCK_SCHED in linux/posix-timers.h.
	clock := int32(^unix.Gettid()<<3 | 4 | 2)
	started := time.Now()
	return func() time.Duration {
		var ts unix.Timespec
		if err := unix.ClockGettime(clock, &ts); err != nil { // the kernel has no such clocks
			return time.Since(started)
		}
		return time.Duration(ts.Nano())
	}
}
