//go:build !unix

package git

import "os/exec"

// ownProcessGroup does nothing on systems without process groups.
func ownProcessGroup(*exec.Cmd) {}

// openFlags is 0 on systems without named pipes.
const openFlags = 0

// limitMemory does nothing on systems that cannot limit another process.
func limitMemory(int) {}

// isWaiting is false on systems without named pipes.
func isWaiting(int) bool { return false }
