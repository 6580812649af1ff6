package index

import "syscall"

// killWithParent has the kernel kill a program when the thread that started it ends. No thread of this process
// ends before the process does, because every goroutine that locks itself to a thread also unlocks itself.
func killWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
