//go:build !linux

package beneath

// OpenPortable is [Open], which never uses openat2 on this system.
var OpenPortable = Open
