//go:build unix && !linux

package index

import "syscall"

// killWithParent does nothing on systems without a signal for the end of a parent.
func killWithParent(*syscall.SysProcAttr) {}
