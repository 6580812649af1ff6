//go:build linux && !amd64

package sandbox

import (
	"runtime"

	"golang.org/x/sys/unix"
)

var auditArch = map[string]uint32{"arm64": unix.AUDIT_ARCH_AARCH64, "riscv64": unix.AUDIT_ARCH_RISCV64}[runtime.GOARCH]

var oldMetadata []uint32
