//go:build linux && !amd64

package sandbox

import (
	"runtime"

	"golang.org/x/sys/unix"
)

var auditArch = map[string]uint32{"arm64": unix.AUDIT_ARCH_AARCH64, "riscv64": unix.AUDIT_ARCH_RISCV64}[runtime.GOARCH]

// foreignCalls is beyond all numbers of calls.
const foreignCalls = 1 << 31

var oldMetadata []uint32
