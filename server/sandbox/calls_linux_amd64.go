package sandbox

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_X86_64
	// foreignCalls is the first number of the calls of x32 programs, which would pass a filter
	// over the others (seccomp(2), "Caveats").
	foreignCalls = 0x40000000
)

// oldMetadata are calls that newer processors do without.
var oldMetadata = []uint32{
	unix.SYS_CHMOD,
	unix.SYS_CHOWN,
	unix.SYS_LCHOWN,
	unix.SYS_UTIME,
	unix.SYS_UTIMES,
	unix.SYS_FUTIMESAT,
}
