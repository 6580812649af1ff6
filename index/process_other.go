//go:build !unix

package index

import "os/exec"

// ownProcessGroup is for systems with process groups.
func ownProcessGroup(*exec.Cmd) {}

// openFlags are those of systems with FIFOs.
const openFlags = 0
