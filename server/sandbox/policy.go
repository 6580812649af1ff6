package sandbox

import (
	"path/filepath"
	"slices"

	"lanser/index/beneath"
)

// Policy is what a program, and all that it starts, may do. Paths are absolute; those that
// do not exist are passed over, except Writable.
type Policy struct {
	// Writable are the folders below which it may make, change and remove files; they must
	// exist. What lies there cannot be executed.
	Writable []string `json:"writable,omitempty"`
	// Readable are the folders and files that it may read, besides the system's.
	Readable []string `json:"readable,omitempty"`
	// Executable are the folders and files that it may execute and read, besides the
	// system's.
	Executable []string `json:"executable,omitempty"`
	// Workspace is the folder that nothing is executed from, even where a folder above it is
	// executable; "" for none. It may be read.
	Workspace string `json:"workspace,omitempty"`
	// Trust allows what the programs of a workspace need that the user trusts: to execute
	// them, and to change modes and times of the files that it may write.
	Trust bool `json:"trust,omitempty"`
	// Network allows connections to other machines. Sockets of this machine (AF_UNIX) are
	// never allowed.
	Network bool `json:"network,omitempty"`
	// Enforce is false for a program that none of the above confines.
	Enforce bool `json:"enforce,omitempty"`
	// Memory bounds the resident memory of the program and everything below it,
	// in bytes: beyond it they are killed. 0 sets no bound.
	Memory int64 `json:"memory,omitempty"`
}

// MayRead reports whether a program may read a file or folder, which exists; true for what
// does not, which nobody can read.
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
	Cannot string `json:"cannot"` // what it cannot do, as the end of a sentence
	Holds  bool   `json:"holds"`  // on this machine
	Needs  string `json:"needs"`  // what the machine must have for that
}

// Levels of confinement.
const (
	Full    = "full"    // every guarantee holds
	Partial = "partial" // some do
	None    = "none"
)

// Level says what this machine can enforce: Full, Partial or None.
func Level() string {
	held := 0
	all := Guarantees()
	for _, g := range all {
		if g.Holds {
			held++
		}
	}
	switch held {
	case len(all):
		return Full
	case 0:
		return None
	}
	return Partial
}

// Missing lists what a confined program can do on this machine though it should not.
func Missing() (out []string) {
	for _, g := range Guarantees() {
		if !g.Holds {
			out = append(out, g.Cannot)
		}
	}
	return out
}

// guarantees returns all guarantees, in the order in which they are listed; holds and needs are the
// machine's.
func guarantees(holds func(what string) (bool, string)) (out []Guarantee) {
	for _, g := range []struct{ key, cannot string }{
		{"write", "write outside its cache"},
		{"read", "read outside the workspace, toolchains and system folders"},
		{"execute", "execute what lies in the workspace"},
		{"metadata", "change modes, owners, times or attributes of files"},
		{"signals", "signal processes outside the sandbox"},
		{"sockets", "reach other programs' sockets"},
		{"network", "reach the network"},
		{"devices", "command devices and terminals"},
	} {
		ok, needs := holds(g.key)
		out = append(out, Guarantee{Cannot: g.cannot, Holds: ok, Needs: needs})
	}
	return out
}

// systemPrograms are folders of programs and libraries that only the administrator writes.
var systemPrograms = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/gnu/store", "/snap",
	"/home/linuxbrew/.linuxbrew",
}

// systemFiles are what programs read of the system's configuration and state. Those that hold
// secrets (/etc/shadow, keys below /etc) are not among them.
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
