//go:build unix && !linux

package git

import "syscall"

// killWithParent does nothing on systems without a signal for the end of a parent.
func killWithParent(*syscall.SysProcAttr) {}

// limitMemory does nothing on systems that cannot limit another process.
func limitMemory(int) {}

// isWaiting reports that nothing is known of a process but that it has not ended.
func isWaiting(int) bool { return true }
