package sandbox

import (
	"path/filepath"
	"slices"

	"lanser/index/beneath"
)

// Policy says what a program and all its descendants may do. Paths are absolute; paths that do not
// exist are ignored, except those in Writable.
type Policy struct {
	// Writable are the folders in which the program may create, change and remove files; they must
	// exist. Files in them cannot be executed.
	Writable []string `json:"writable,omitempty"`
	// Readable are the folders and files that it may read in addition to the system's.
	Readable []string `json:"readable,omitempty"`
	// Executable are the folders and files that it may execute and read in addition to the system's.
	Executable []string `json:"executable,omitempty"`
	// Workspace is a folder whose files may be read but not executed, even if a folder that contains it
	// is executable; "" for none.
	Workspace string `json:"workspace,omitempty"`
	// Trust allows what a trusted workspace needs: to execute files of the workspace and of Writable,
	// and to change the modes and times of writable files.
	Trust bool `json:"trust,omitempty"`
	// Network allows connections to other machines. Sockets of this machine (AF_UNIX) are
	// never allowed.
	Network bool `json:"network,omitempty"`
	// Enforce is false for a program that is not confined: the fields above are ignored.
	Enforce bool `json:"enforce,omitempty"`
	// Memory is the maximum resident memory of the program and its descendants in bytes. If they use
	// more, they are killed. 0 means no limit.
	Memory int64 `json:"memory,omitempty"`
}

// MayRead reports whether a program may read a file or folder. It returns true for a file that does
// not exist.
func (p Policy) MayRead(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil || !p.Enforce {
		return true
	}
	own := slices.Concat(p.Writable, p.Readable, p.Executable, []string{p.Workspace})
	for _, dir := range slices.Concat(systemPrograms, systemFiles, own) {
		dir, err := filepath.EvalSymlinks(dir)
		if err != nil {
			continue
		}
		if _, inside := beneath.Local(dir, real); inside {
			return true
		}
	}
	return false
}

// Guarantee is something that a confined program cannot do.
type Guarantee struct {
	Cannot string `json:"cannot"` // an infinitive phrase, such as "reach the network"
	Holds  bool   `json:"holds"`  // whether this machine can enforce it
	Needs  string `json:"needs"`  // what a machine needs to enforce it
}

// Levels of confinement.
const (
	Full    = "full"    // every guarantee holds
	Partial = "partial" // some guarantees hold
	None    = "none"    // no guarantee holds
)

// Level returns what this machine can enforce: Full, Partial or None.
func Level() string {
	holding := 0
	all := Guarantees()
	for _, g := range all {
		if g.Holds {
			holding++
		}
	}
	switch holding {
	case len(all):
		return Full
	case 0:
		return None
	}
	return Partial
}

// Missing lists what a confined program should not be able to do, but this machine cannot prevent.
func Missing() (out []string) {
	for _, g := range Guarantees() {
		if !g.Holds {
			out = append(out, g.Cannot)
		}
	}
	return out
}

// guarantees returns all guarantees in a fixed order. holds returns whether the machine can enforce a
// guarantee, and what that needs.
func guarantees(holds func(what string) (bool, string)) (out []Guarantee) {
	for _, g := range []struct{ key, cannot string }{
		{"write", "write outside its cache"},
		{"read", "read outside the workspace, toolchains and system folders"},
		{"execute", "execute what lies in the workspace"},
		{"metadata", "change modes, owners, times or attributes of files"},
		{"signals", "signal processes outside the sandbox"},
		{"priority", "change limits or priorities of other processes"},
		{"sockets", "reach other programs' sockets"},
		{"memory", "share memory or messages with other programs"},
		{"network", "reach the network"},
		{"devices", "command devices and terminals"},
	} {
		ok, needs := holds(g.key)
		out = append(out, Guarantee{Cannot: g.cannot, Holds: ok, Needs: needs})
	}
	return out
}

// systemPrograms are folders of programs and libraries that only the administrator can write.
var systemPrograms = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/gnu/store", "/snap",
	"/home/linuxbrew/.linuxbrew",
}

// systemFiles are the files of the system's configuration and state that programs read. They include
// no secrets, such as /etc/shadow and keys in /etc.
var systemFiles = []string{
	"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/localtime",
	"/etc/timezone", "/etc/passwd", "/etc/group",
	"/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf", "/etc/gai.conf", "/etc/services",
	"/etc/protocols", "/etc/mime.types",
	"/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates.conf", "/etc/pki/tls/certs",
	"/etc/pki/ca-trust/extracted", "/etc/alternatives",
	"/etc/os-release", "/etc/lsb-release", "/etc/debian_version", "/etc/locale.alias", "/etc/manpath.config",
	"/etc/python3", "/etc/python3.9",
	"/etc/python3.10", "/etc/python3.11", "/etc/python3.12", "/etc/python3.13", "/etc/python3.14",
	"/proc", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/kernel/mm",
}
