package daemon

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// world describes what a process inherits and cannot change: limits, namespaces, root folder,
// privileges and cgroup. The text has one fact per line. Every server inherits the world of the warm
// process, which therefore may only answer clients with the same world.
func world() string {
	facts := append(limitFacts(), namespaceFacts()...)
	facts = append(facts, rootFact())
	facts = append(facts, privilegeFacts()...)
	facts = append(facts, labelFact())
	return strings.Join(append(facts, memoryFacts("/proc/self/cgroup", "/sys/fs/cgroup")...), "\n")
}

// limits are the resource limits that can make a server or lanser itself fail.
var limits = []struct {
	name     string
	resource int
}{
	{"address space", unix.RLIMIT_AS},
	{"core", unix.RLIMIT_CORE},
	{"cpu", unix.RLIMIT_CPU},
	{"data", unix.RLIMIT_DATA},
	{"file size", unix.RLIMIT_FSIZE},
	{"open files", unix.RLIMIT_NOFILE},
	{"processes", unix.RLIMIT_NPROC},
	{"stack", unix.RLIMIT_STACK},
}

// limitFacts lists the soft and hard limits. It omits the soft limit of open files, because Go raises
// it at the start, and the warm process sets its own (see raiseOpenFiles).
func limitFacts() (facts []string) {
	for _, l := range limits {
		var is unix.Rlimit
		if err := unix.Getrlimit(l.resource, &is); err != nil {
			facts = append(facts, fmt.Sprintf("limit %s: %v", l.name, err))
			continue
		}
		soft := limitText(is.Cur)
		if l.resource == unix.RLIMIT_NOFILE {
			soft = "any"
		}
		facts = append(facts, fmt.Sprintf("limit %s: %s of %s", l.name, soft, limitText(is.Max)))
	}
	return facts
}

// limitText returns a limit (getrlimit(2)) as text.
func limitText(n uint64) string {
	if n == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return fmt.Sprint(n)
}

// namespaces are the names of the process's namespaces, and of those that its children get
// (namespaces(7)).
var namespaces = []string{
	"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts",
}

// namespaceFacts returns the identities of the namespaces of this process.
func namespaceFacts() (facts []string) {
	to := make([]byte, 64) // "time_for_children:[4026531834]" is among the longest
	for _, name := range namespaces {
		if n, err := unix.Readlink("/proc/self/ns/"+name, to); err == nil {
			facts = append(facts, "namespace "+name+": "+string(to[:n]))
		}
	}
	return facts
}

// readSmall returns the content of a file of the kernel, at most 16 KiB; "" if it cannot be read. Each
// command reads about a dozen of them, and os.ReadFile takes three times as long.
func readSmall(file string) string {
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	content := make([]byte, 16<<10)
	n, err := unix.Read(fd, content)
	if err != nil {
		return ""
	}
	return string(content[:n])
}

// rootFact identifies the root folder, which chroot(2) and pivot_root(2) change.
func rootFact() string {
	var st unix.Stat_t
	if err := unix.Stat("/", &st); err != nil {
		return "root: " + err.Error()
	}
	return fmt.Sprintf("root: device %d, inode %d", st.Dev, st.Ino)
}

// privileges are the fields of /proc/self/status (proc_pid_status(5)) that determine what a process
// may do and where it may run.
var privileges = map[string]bool{
	"Uid": true, "Gid": true, "Groups": true, "CapInh": true, "CapPrm": true, "CapEff": true, "CapBnd": true,
	"CapAmb":     true,
	"NoNewPrivs": true, "Seccomp": true, "Seccomp_filters": true, "Cpus_allowed_list": true, "Mems_allowed_list": true,
}

// privilegeFacts returns the privileges of this process.
func privilegeFacts() (facts []string) {
	for line := range strings.Lines(readSmall("/proc/self/status")) { // Without /proc, no process is started.
		name, value, _ := strings.Cut(line, ":")
		if privileges[name] {
			facts = append(facts, name+": "+strings.Join(strings.Fields(value), " "))
		}
	}
	return facts
}

// labelFact returns the label of a security module such as AppArmor or SELinux.
func labelFact() string {
	return "label: " + strings.Trim(readSmall("/proc/self/attr/current"), "\x00\n")
}

// memoryFacts lists the memory limits of the process's cgroup and of its ancestors, for cgroup v2 and
// v1. Each fact names the cgroup, because processes in different groups with equal limits are in
// different worlds.
func memoryFacts(list, mount string) (facts []string) {
	for line := range strings.Lines(readSmall(list)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		names, dir := []string{"memory.max", "memory.high"}, mount
		if fields[0] != "0" {
			if !strings.Contains(","+fields[1]+",", ",memory,") {
				continue
			}
			names, dir = []string{"memory.limit_in_bytes"}, filepath.Join(mount, "memory")
		}
		facts = append(facts, limitsUpwards(dir, fields[2], names)...)
	}
	return facts
}

// limitsUpwards lists the limits of a cgroup and of its ancestors.
func limitsUpwards(mount, group string, names []string) (facts []string) {
	for group = filepath.Clean("/" + group); ; group = filepath.Dir(group) {
		for _, name := range names {
			value := strings.TrimSpace(readSmall(filepath.Join(mount, group, name)))
			if value != "" && value != "max" && len(value) < unlimitedDigits {
				facts = append(facts, fmt.Sprintf("cgroup %s %s: %s", group, name, value))
			}
		}
		if group == "/" {
			return facts
		}
	}
}

// unlimitedDigits is the length of cgroup v1's 9223372036854771712, which means no limit.
const unlimitedDigits = 19

// maxOpenFiles is the soft limit that the warm process sets if the hard limit allows it. It is enough
// for many servers, and low enough for programs that close each possible descriptor.
const maxOpenFiles = 1 << 16

// raiseOpenFiles sets the soft limit of open files, for this process and its servers.
func raiseOpenFiles() error {
	var is syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &is); err != nil {
		return err
	}
	is.Cur = min(is.Max, maxOpenFiles)
	// After this call, package syscall no longer restores the inherited limit for children.
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &is)
}
