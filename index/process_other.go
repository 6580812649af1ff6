//go:build !unix

package index

import "os/exec"

// ownProcessGroup does nothing on systems without process groups.
func ownProcessGroup(*exec.Cmd) {}

// openFlags is 0 on systems without named pipes.
const openFlags = 0
