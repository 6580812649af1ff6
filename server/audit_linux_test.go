package server_test

import (
	"bufio"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server/install"
)

// Each tested server runs in a hostile workspace under a tracer of system calls: it executes nothing of the
// workspace, writes only below the cache, and connects to nothing. With -v the test lists every program that ran.
func TestWhatServersDoIsAudited(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it needs the language servers and strace")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("the audit needs strace")
	}
	for _, h := range hostiles {
		t.Run(h.server+": "+h.name, func(t *testing.T) {
			t.Parallel()
			trial := h.lay(t)
			dir := trial.dir
			before := indextest.TreeHash(t, dir)
			out := filepath.Join(indextest.Files(t, nil), "trace")
			trial.run(t, "require", strace, "-f", "-qq", "-y", "-s", "300", "-o", out,
				"-e", "signal=none", "-e", "trace="+traced)
			a := readAudit(t, out)
			a.judge(t, dir)
			if after := indextest.TreeHash(t, dir); after != before {
				t.Error("the workspace has changed")
			}
			for _, p := range a.executed {
				t.Log("executed", p)
			}
		})
	}
}

// traced are the system calls that execute, open, change or connect.
const traced = "execve,execveat,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2," +
	"unlink,unlinkat,rmdir,symlink,symlinkat,link,linkat," +
	"chmod,fchmodat,chown,fchownat,utimensat,truncate,socket,connect,sendto,sendmsg,sendmmsg,bind"

// audit is what processes did.
type audit struct {
	executed []string // files, links not resolved
	written  []string // files that were opened to write, made or removed
	sockets  []string // calls that reached somebody, or made a socket that can without being connected
}

var (
	callLine = regexp.MustCompile(`^\d+\s+(\w+)\((.*)\)\s+= (-?\d+)`)
	quoted   = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	cwdAt    = regexp.MustCompile(`AT_FDCWD<([^>]*)>|\d+<([^>]*)>`)
)

// readAudit reads what strace has written: calls that succeeded.
func readAudit(t *testing.T, file string) (a audit) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	began := map[string]string{} // process → the call that another process has interrupted
	calls := 0
	for lines.Scan() {
		line := lines.Text()
		pid, _, _ := strings.Cut(line, " ")
		if head, ok := strings.CutSuffix(line, " <unfinished ...>"); ok {
			began[pid] = head
			continue
		}
		if _, rest, ok := strings.Cut(line, " resumed>"); ok {
			line = began[pid] + rest
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(m[3], "-") {
			continue
		}
		calls++
		a.call(m[1], m[2])
	}
	if err := lines.Err(); err != nil || calls == 0 {
		t.Fatalf("the tracer saw %d calls: %v", calls, err)
	}
	slices.Sort(a.executed)
	a.executed = slices.Compact(a.executed)
	return a
}

func (a *audit) call(name, args string) {
	paths := quoted.FindAllStringSubmatch(args, -1)
	path := func(i int) string {
		if i >= len(paths) {
			return ""
		}
		p := paths[i][1]
		if at := cwdAt.FindStringSubmatch(args); at != nil && !filepath.IsAbs(p) {
			p = filepath.Join(cmp.Or(at[1], at[2]), p)
		}
		return p
	}
	switch name {
	case "execve", "execveat":
		a.executed = append(a.executed, path(0))
	case "socket", "connect", "sendto", "sendmsg", "sendmmsg", "bind":
		// The C library makes a local socket to ask a name service whose absence it then sees: a
		// shell does so where SHELL is not set. A stream reaches nobody before it is connected.
		if name != "socket" || !strings.HasPrefix(args, "AF_UNIX, SOCK_STREAM") {
			a.sockets = append(a.sockets, name+" "+args)
		}
	case "open", "openat", "openat2", "creat":
		if name == "creat" || strings.Contains(args, "O_WRONLY") || strings.Contains(args, "O_RDWR") ||
			strings.Contains(args, "O_CREAT") {
			a.written = append(a.written, path(0))
		}
	case "symlink", "symlinkat":
		a.written = append(a.written, path(1))
	default:
		for i := range paths {
			a.written = append(a.written, path(i))
		}
	}
}

// judge fails for what no server may do.
func (a audit) judge(t *testing.T, ws string) {
	t.Helper()
	dirs, err := install.UserDirs("")
	if err != nil {
		t.Fatal(err)
	}
	below := func(p string, dirs ...string) bool {
		return slices.ContainsFunc(dirs, func(d string) bool { return p == d || strings.HasPrefix(p, d+"/") })
	}
	for _, p := range a.executed {
		if below(p, ws) || !filepath.IsAbs(p) ||
			below(p, dirs.Cache) && !below(p, filepath.Join(dirs.Cache, "programs")) {
			t.Errorf("executed: %s", p)
		}
	}
	for _, p := range a.written {
		if !below(p, dirs.Cache, "/dev/null", "/proc", filepath.Clean(os.TempDir())) || below(p, ws) {
			t.Errorf("written: %s", p)
		}
	}
	for _, s := range a.sockets {
		t.Errorf("a socket: %s", s)
	}
	if len(a.executed) == 0 {
		t.Error("nothing was executed: the audit saw no server")
	}
}
