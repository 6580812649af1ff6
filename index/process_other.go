//go:build !unix

package index

import "os/exec"

// ownGroup is for systems with process groups.
func ownGroup(*exec.Cmd) {}

// openFlags are those of systems with FIFOs.
const openFlags = 0
