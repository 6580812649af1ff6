//go:build !linux && cgo

package syntax

import "time"

// threadClock returns a reader of the time that has passed: here no portable call tells the
// processor time of another thread.
func threadClock() func() time.Duration {
	started := time.Now()
	return func() time.Duration { return time.Since(started) }
}
