package sandbox_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"lanser/index/indextest"
	"lanser/server/sandbox"
)

// resolved is a fresh folder.
func resolved(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, file, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAConfinedProgramReadsOnlyAllowedFiles(t *testing.T) {
	home, ws, cache := resolved(t), resolved(t), resolved(t)
	write(t, filepath.Join(home, ".ssh", "id"), "secret", 0o600)
	write(t, filepath.Join(home, "lib", "a"), "library", 0o600)
	write(t, filepath.Join(home, "one"), "one file", 0o600)
	write(t, filepath.Join(ws, "a"), "code", 0o600)
	if err := os.Symlink(filepath.Join(home, ".ssh"), filepath.Join(ws, "link")); err != nil {
		t.Fatal(err)
	}
	policy := sandbox.Policy{
		Workspace: ws,
		Writable:  []string{cache},
		Readable:  []string{filepath.Join(home, "lib"), filepath.Join(home, "one"), "/nowhere"},
		Enforce:   true,
	}
	env := []string{"PATH=/usr/bin:/bin", "H=" + home, "W=" + ws}
	if out, err := run(t, policy, env, `cat "$W/a" "$H/lib/a" "$H/one" && ls "$W"`); err != nil ||
		out != "codelibraryone filea\nlink\n" {
		t.Errorf("what it may: %q, %v", out, err)
	}
	for name, script := range map[string]string{
		"a secret":                    `cat "$H/.ssh/id"`,
		"a folder":                    `ls "$H"`,
		"through a link":              `cat "$W/link/id"`,
		"by dots":                     `cat "$W/../` + filepath.Base(home) + `/.ssh/id"`,
		"a system secret":             `cat /etc/shadow`,
		"the environment of others":   fmt.Sprintf("cat /proc/%d/environ", os.Getpid()),
		"the folders of others":       fmt.Sprintf("ls /proc/%d/root/", os.Getpid()),
		"the descriptors of others":   fmt.Sprintf("cat /proc/%d/fd/0", os.Getpid()),
		"the memory of others":        fmt.Sprintf("head -c1 /proc/%d/mem", os.Getpid()),
		"files in the temporary ones": `ls /tmp`,
		"the runtime folder":          `ls /run`,
	} {
		if out, err := run(t, policy, env, script); err == nil {
			t.Errorf("%s: succeeded: %s", name, out)
		}
	}
}

func TestAConfinedProgramExecutesNothingInTheWorkspaceOrItsCache(t *testing.T) {
	ws, cache, tools := resolved(t), resolved(t), resolved(t)
	binary, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{ws, cache, tools, filepath.Join(tools, "inner", "ws")} {
		write(t, filepath.Join(dir, "script"), "#!/bin/sh\necho ran\n", 0o755)
		write(t, filepath.Join(dir, "binary"), string(binary), 0o755)
	}
	env := []string{"PATH=/usr/bin:/bin", "W=" + ws, "C=" + cache, "T=" + tools}
	policy := sandbox.Policy{Workspace: ws, Writable: []string{cache}, Executable: []string{tools}, Enforce: true}
	if out, err := run(t, policy, env, `"$T/script" && "$T/binary"`); err != nil || out != "ran\n" {
		t.Errorf("a tool: %q, %v", out, err)
	}
	for name, script := range map[string]string{
		"script":           `"$W/script"`,
		"binary":           `"$W/binary"`,
		"of the cache":     `"$C/script"`,
		"a copy":           `cp "$W/binary" "$C/copy" && "$C/copy"`,
		"as interpreter":   `printf '#!%s/binary\n' "$W" >"$C/x"; "$C/x"`,
		"by a path by fds": `exec 9<"$W/binary"; /proc/self/fd/9`,
	} {
		if out, err := run(t, policy, env, script); err == nil {
			t.Errorf("%s: succeeded: %s", name, out)
		}
	}
	policy.Workspace = filepath.Join(tools, "inner", "ws") // below a folder of tools
	if out, err := run(t, policy, env, `"$T/inner/ws/script"`); err == nil {
		t.Errorf("a workspace in a folder of tools: %q", out)
	}
	if err := os.Mkdir(filepath.Join(tools, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(tools, "bin", "script"), "#!/bin/sh\necho ran\n", 0o755)
	if out, err := run(t, policy, env, `"$T/bin/script"`); err != nil || out != "ran\n" {
		t.Errorf("a neighbour of the workspace: %q, %v", out, err)
	}
	policy.Trust = true
	if out, err := run(t, policy, env, `"$T/inner/ws/script"`); err != nil || out != "ran\n" {
		t.Errorf("with trust: %q, %v", out, err)
	}
}

func TestAConfinedProgramReachesNoOtherProcess(t *testing.T) {
	indextest.Needs(t, "python3")
	cache := resolved(t)
	unixSocket := filepath.Join(resolved(t), "s")
	for _, at := range [][2]string{{"unix", unixSocket}, {"unix", "@lanser-test-abstract"}, {"tcp", "127.0.0.1:0"}} {
		l, err := net.Listen(at[0], at[1])
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if at[0] == "tcp" {
			t.Setenv("PORT", fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
		}
	}
	victim := exec.Command("sleep", "100")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	defer victim.Wait()
	defer victim.Process.Kill()
	env := []string{
		"PATH=/usr/bin:/bin",
		"PORT=" + os.Getenv("PORT"),
		"S=" + unixSocket,
		fmt.Sprint("VICTIM=", victim.Process.Pid),
		fmt.Sprint("US=", os.Getpid()),
	}
	python := func(code string) string { return "/usr/bin/python3 -I -S -c 'import socket, os, signal; " + code + "'" }
	for name, tt := range map[string]struct {
		script  string
		network bool // it succeeds where the network is allowed
	}{
		"a socket of this machine": {python(`socket.socket(socket.AF_UNIX).connect(os.environ["S"])`), false},
		"an abstract socket":       {python(`socket.socket(socket.AF_UNIX).connect("\0lanser-test-abstract")`), false},
		"TCP":                      {python(`socket.socket().connect(("127.0.0.1", int(os.environ["PORT"])))`), true},
		"UDP": {
			python(`socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))`), true,
		},
		"listening":       {python(`socket.socket().bind(("127.0.0.1", 0))`), true},
		"raw packets":     {python(`socket.socket(socket.AF_PACKET, socket.SOCK_RAW)`), false},
		"a signal":        {`kill -TERM $VICTIM`, false},
		"a signal to all": {python(`os.kill(-1, signal.SIGTERM)`), false},
		"a signal to us":  {`kill -0 $US`, false},
		"tracing": {
			python(`import ctypes; c = ctypes.CDLL(None, use_errno=True); ` +
				`r = c.ptrace(16, int(os.environ["VICTIM"]), 0, 0); assert r == 0`),
			false,
		},
		"the terminal": {`echo x >/dev/tty`, false},
	} {
		for _, network := range []bool{false, true} {
			policy := sandbox.Policy{Writable: []string{cache}, Network: network, Enforce: true}
			out, err := run(t, policy, env, tt.script)
			if (err == nil) != (network && tt.network) {
				t.Errorf("%s, network %t: %v %s", name, network, err, out)
			}
		}
	}
	if err := victim.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the victim has ended: %v", err)
	}
	policy := sandbox.Policy{Writable: []string{cache}, Enforce: true}
	if out, err := run(t, policy, env, `sleep 100 & kill $! && echo killed`); err != nil || out != "killed\n" {
		t.Errorf("a signal to its own child: %q, %v", out, err)
	}
	pair := python(`a, b = socket.socketpair(); a.send(b"x"); print(b.recv(1).decode())`)
	if out, err := run(t, policy, env, pair); err != nil ||
		out != "x\n" {
		t.Errorf("a pair of sockets: %q, %v", out, err)
	}
}

// Guarantees that this machine cannot give are reported, with what a program would have been denied.
func TestEachGuaranteeIsReported(t *testing.T) {
	all := sandbox.Guarantees()
	for _, g := range all {
		if g.Cannot == "" || g.Needs == "" {
			t.Errorf("%+v", g)
		}
	}
	if missing := sandbox.Missing(); (len(missing) == 0) != (sandbox.Level() == sandbox.Full) || len(all) < 8 {
		t.Errorf("level %s, missing %v of %v", sandbox.Level(), missing, all)
	}
}

// In a session of its own, a program has no controlling terminal, and cannot write to the user's screen.
func TestAConfinedProgramHasItsOwnSession(t *testing.T) {
	for _, enforce := range []bool{false, true} {
		out, err := run(
			t,
			sandbox.Policy{Enforce: enforce},
			[]string{"PATH=/usr/bin:/bin"},
			`read -r stat </proc/$PPID/stat; set -- ${stat##*)}; echo $4`,
		)
		ours, sidErr := unix.Getsid(0)
		if err != nil || sidErr != nil || strings.TrimSpace(out) == "" || strings.TrimSpace(out) == fmt.Sprint(ours) {
			t.Errorf("enforce %t: session %q, ours is %d: %v", enforce, out, ours, err)
		}
	}
}

// A program that could kill its launcher would leave behind descendants that left its process group.
func TestAConfinedProgramCannotKillItsLauncher(t *testing.T) {
	indextest.Needs(t, "python3")
	const script = `exec /usr/bin/python3 -I -S -c '
import ctypes, os, signal
libc, parent = ctypes.CDLL(None, use_errno=True), os.getppid()
if parent == 1:
    raise SystemExit("no launcher")
threads = [int(t) for t in os.listdir("/proc/%d/task" % parent)]
tries = [lambda: libc.kill(parent, 9), lambda: libc.kill(-1, 9), lambda: libc.sigqueue(parent, 9, 0)]
for t in threads:
    tries += [
        lambda t=t: libc.syscall(234, parent, t, 9), lambda t=t: libc.syscall(200, t, 9),
        lambda t=t: libc.syscall(434, t, 0o200), lambda t=t: libc.kill(t, 9), lambda t=t: libc.sigqueue(t, 9, 0)]
for i, attempt in enumerate(tries):
    if attempt() == 0 and i != 1:
        print("attempt", i, "of", len(threads), "threads")
print("lives")
'`
	out, err := run(t, sandbox.Policy{Enforce: true}, []string{"PATH=/usr/bin:/bin"}, script)
	if err != nil || out != "lives\n" {
		t.Errorf("%q, %v", out, err)
	}
}
