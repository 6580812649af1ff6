package sandbox_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lanser/index/indextest"
	"lanser/server/sandbox"
)

func run(t *testing.T, p sandbox.Policy, env []string, script string) (string, error) {
	t.Helper()
	proc, err := sandbox.Command([]string{"/bin/sh", "-c", script}, env, p)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	proc.Stdout, proc.Stderr = &out, &out
	if err := proc.Start(); err != nil {
		t.Fatal(err)
	}
	err = proc.Wait()
	proc.Kill()
	return out.String(), err
}

func TestAConfinedProgramCannotWriteTheWorkspace(t *testing.T) {
	if level := sandbox.Level(); level != sandbox.Full {
		t.Fatalf("this machine's sandbox is %s, and the tests need all of it: %v", level, sandbox.Missing())
	}
	workspace, cache := t.TempDir(), t.TempDir()
	file := filepath.Join(workspace, "a")
	if err := os.WriteFile(file, []byte("as it was"), 0o666); err != nil {
		t.Fatal(err)
	}
	policy := sandbox.Policy{Writable: []string{cache}, Workspace: workspace, Enforce: true}
	env := []string{"PATH=/usr/bin:/bin", "W=" + workspace, "C=" + cache}
	for name, script := range map[string]string{
		"create":    `echo x > "$W/b"`,
		"overwrite": `echo x > "$W/a"`,
		"append":    `echo x >> "$W/a"`,
		"truncate":  `truncate -s 0 "$W/a"`,
		"remove":    `rm -f "$W/a"; test ! -e "$W/a"`,
		"rename":    `mv "$W/a" "$W/b"`,
		"move out":  `mv "$W/a" "$C/a"`,
		"mkdir":     `mkdir "$W/d"`,
		"symlink":   `ln -s /etc/passwd "$W/l"`,
		"hard link": `ln "$W/a" "$C/l" && echo x > "$C/l"`,
		"a child":   `sh -c 'echo x > "$W/b"'`,
		"detached":  `setsid sh -c 'echo x > "$W/b"'`,
		"mode":      `chmod 777 "$W/a"`,
		"owner":     `chown 1 "$W/a"`,
		"times":     `touch "$W/a"`,
		"attribute": `setfattr -n user.x -v y "$W/a"`,
		"a device":  `mknod "$C/d" b 7 0`,
		"mount":     `mount --bind "$C" "$W"`,
	} {
		if out, err := run(t, policy, env, script); err == nil {
			t.Errorf("%s: succeeded: %s", name, out)
		}
	}
	if got, _ := os.ReadFile(file); string(got) != "as it was" {
		t.Errorf("the file holds %q", got)
	}
	if entries, _ := os.ReadDir(workspace); len(entries) != 1 {
		t.Errorf("the workspace holds %v", entries)
	}
	if out, err := run(t, policy, env, `cat "$W/a" && echo x > "$C/b" && cat "$C/b" && echo > /dev/null`); err != nil ||
		out != "as it wasx\n" {
		t.Errorf("reading, and writing the cache: %v %q", err, out)
	}
	move := `mkdir "$C/from" "$C/to" && echo x > "$C/from/f" && ` +
		`ln "$C/from/f" "$C/to/l" && rm "$C/from/f" && cat "$C/to/l"`
	if out, err := run(t, policy, env, move); err != nil || out != "x\n" {
		t.Errorf("linking a file between folders of the cache: %v %q", err, out)
	}
}

func TestTheEnvironmentIsExactlyTheGivenOne(t *testing.T) {
	t.Setenv("SECRET_TOKEN", "s3cret")
	out, err := run(t, sandbox.Policy{}, []string{"PATH=/usr/bin:/bin", "A=1"}, "env")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out) {
		name, _, _ := strings.Cut(line, "=")
		switch name {
		case "PATH", "A", "PWD", "OLDPWD", "SHLVL", "_": // the last four are the shell's own
		default:
			t.Errorf("the program sees %s", line)
		}
	}
}

func TestExitStatusAndMissingProgramsAreReported(t *testing.T) {
	if _, err := run(t, sandbox.Policy{}, nil, "exit 7"); err == nil || err.Error() != "exit status 7" {
		t.Errorf("got %v", err)
	}
	if _, err := run(t, sandbox.Policy{}, nil, "kill -9 $$"); err == nil || err.Error() != "exit status 137" {
		t.Errorf("got %v", err)
	}
	p, err := sandbox.Command([]string{"/no/such/program"}, nil, sandbox.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p.Stderr = &out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err == nil || !strings.Contains(out.String(), "/no/such/program") {
		t.Errorf("%v %q", err, &out)
	}
	p.Kill()
}

// Killing a program also kills the processes that it started, even those that left its group and session. The test
// runs many at a time, because the outcome depends on who exits first.
func TestKillEndsDescendantsThatLeftTheGroup(t *testing.T) {
	for i := range 100 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			killTakesAlong(t)
		})
	}
}

func killTakesAlong(t *testing.T) {
	t.Helper()
	proc, err := sandbox.Command(
		[]string{"/bin/sh", "-c", "setsid sleep 300 & echo $!; sleep 300"},
		[]string{"PATH=/usr/bin:/bin"},
		sandbox.Policy{},
	)
	if err != nil {
		t.Fatal(err)
	}
	out, err := proc.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := proc.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	proc.Kill()
	if err := proc.Wait(); err == nil {
		t.Error("the launcher ended as if all were well")
	}
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 2000)
	if n != 1 {
		t.Errorf("process %d is left after 2 s: %v", pid, err)
	}
}

func TestAProgramThatTakesTooMuchMemoryIsKilled(t *testing.T) {
	indextest.Needs(t, "python3")
	for _, tt := range []struct {
		limit int64
		ends  bool
	}{{64 << 20, true}, {0, false}} {
		p, err := sandbox.Command(
			[]string{"python3", "-c", "b = bytearray(200 << 20); print(input())"},
			os.Environ(),
			sandbox.Policy{Memory: tt.limit},
		)
		if err != nil {
			t.Fatal(err)
		}
		in, err := p.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		p.Stdout, p.Stderr = &out, &errs
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		if !tt.ends {
			fmt.Fprintln(in, "lived")
		}
		err = p.Wait()
		p.Kill()
		ended := err != nil && strings.Contains(errs.String(), "more than the ceiling of 64 MiB")
		if ended != tt.ends || !tt.ends && out.String() != "lived\n" {
			t.Errorf("ceiling %d: %v, %q %q", tt.limit, err, out.String(), errs.String())
		}
	}
}
