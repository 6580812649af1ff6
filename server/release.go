package server

import (
	"sync"
	"time"
)

// requestUse records when the engine answered its last request, and keeps its memory from being released during
// one.
type requestUse struct {
	running sync.RWMutex // read-locked while a request is answered

	mu       sync.Mutex
	count    int       // requests that are being answered
	ended    time.Time // when the last request ended
	released bool      // no request has begun since the memory was released
}

// begin records that a request begins; the caller calls end when it has been answered.
func (u *requestUse) begin() (end func()) {
	u.running.RLock()
	u.mu.Lock()
	u.count++
	u.released = false
	u.mu.Unlock()
	return func() {
		u.mu.Lock()
		u.count--
		u.ended = time.Now()
		u.mu.Unlock()
		u.running.RUnlock()
	}
}

// Idle returns the time since the last request was answered; 0 while one is being answered.
func (e *Engine) Idle() time.Duration {
	e.use.mu.Lock()
	defer e.use.mu.Unlock()
	if e.use.count > 0 {
		return 0
	}
	return time.Since(e.use.ended)
}

// Released reports whether the engine's memory was released and no request has begun since.
func (e *Engine) Released() bool {
	e.use.mu.Lock()
	defer e.use.mu.Unlock()
	return e.use.released
}

// ReleaseMemory drops everything that can be computed again: answers, definitions, snapshots and parsed files. It
// writes to disk what later requests can use. The language servers continue to run. It does nothing, and returns
// false, while a request is being answered, and if the memory was released and not used since.
func (e *Engine) ReleaseMemory() bool {
	if e.Released() {
		return false
	}
	if !e.use.running.TryLock() {
		return false
	}
	defer e.use.running.Unlock()

	if e.answers != nil {
		e.answers.Flush()
		e.answers.Forget()
	}
	e.bundles.Forget()
	e.definitions.Forget()
	e.ws.ReleaseMemory()

	e.use.mu.Lock()
	e.use.released = true
	e.use.mu.Unlock()
	return true
}
