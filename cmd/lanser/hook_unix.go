//go:build unix

package main

import "syscall"

// ownSession makes a process go on when the agent ends the processes of its hook.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
