package sandbox

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// firstExtra is the lowest descriptor after standard input, output and error.
const firstExtra = 3

// maxDescriptor ends the range of close_range(2): ~0U.
const maxDescriptor = 1<<32 - 1

// closeInherited marks every descriptor above standard error close-on-exec, so that no
// child (a server, git, the warm process) inherits a lock or an open file of the program
// that started us. What is handed to a child on purpose is duplicated for it anew.
func closeInherited() {
	err := unix.CloseRange(firstExtra, maxDescriptor, unix.CLOSE_RANGE_CLOEXEC)
	if err != nil { // before Linux 5.11
		closeListed()
	}
}

// closeListed is closeInherited for kernels without CLOSE_RANGE_CLOEXEC.
func closeListed() {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		if err == nil && fd >= firstExtra {
			unix.CloseOnExec(fd)
		}
	}
}
