//go:build !unix

package main

import "syscall"

// ownSession returns no attributes: a process outlives the one that started it here.
func ownSession() *syscall.SysProcAttr { return nil }
