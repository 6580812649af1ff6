package main

import (
	"bufio"
	"cmp"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lanser/index/indextest"
	"lanser/selectors/fault"
)

// lanser starts this test binary as lanser.
func lanser(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "LANSER_TEST_MAIN=1", "GORACE=atexit_sleep_ms=10")
	cmd.Stderr = os.Stderr
	return cmd
}

// below lists every process that descends from pid.
func below(pid int) []int {
	var out []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range tasks {
		raw, _ := os.ReadFile(file)
		for field := range strings.FieldsSeq(string(raw)) {
			child, _ := strconv.Atoi(field)
			out = append(append(out, child), below(child)...)
		}
	}
	return out
}

// shortly is how long processes may take to end on a busy machine.
const shortly = 20 * time.Second

// gone waits, by the kernel's own word, until every process has ended.
func gone(t testing.TB, fds map[int]int, limit time.Duration) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for pid, fd := range fds {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(poll, max(0, int(time.Until(deadline).Milliseconds())))
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if n == 0 {
				name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
				t.Errorf("process %d is left after %s: %q", pid, limit, name)
			}
			break
		}
		unix.Close(fd)
	}
}

func watch(t testing.TB, pids []int) map[int]int {
	t.Helper()
	fds := map[int]int{}
	for _, pid := range pids {
		fd, err := unix.PidfdOpen(pid, 0)
		if err == nil {
			fds[pid] = fd
		}
	}
	return fds
}

var processTests = []struct {
	server   string
	corpus   func(testing.TB) string
	selector string
}{
	{"gopls", indextest.Cobra, "go://*#Command"},
	{"pyright", indextest.Mail, "py://mailpkg.message#Message"},
	{"typescript", indextest.RxJS, "ts://*#createOperatorSubscriber"},
	{"typescript-language-server", files(map[string]string{
		"tsconfig.json": "{}", "a.ts": "export const target = 1;\n",
	}), "ts://a#target"},
	{"clangd", files(map[string]string{
		"compile_flags.txt": "", "a.c": "int target(void) { return 1; }\n",
	}), "cpp://a.c#target"},
	{"rust-analyzer", files(map[string]string{
		"Cargo.toml": "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
		"src/lib.rs": "pub fn target() {}\n",
	}), "rs://crate#target"},
	{"bash-language-server", files(map[string]string{"a.sh": "target() { :; }\n"}), "sh://a#target"},
	{"cue", files(map[string]string{"a.cue": "package m\n\ntarget: 1\n"}), "cue://a#target"},
}

func files(content map[string]string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.Files(t, content) }
}

// refsRequest returns a line of a batch: a request for the references of a symbol.
func refsRequest(selector, server string) []byte {
	options := map[string]any{"server": server}
	line, _ := json.Marshal(map[string]any{"id": 1, "cmd": "refs", "selector": selector, "options": options})
	return line
}

// likeNoOther adds a comment to a source file of a workspace. Without it, an answer about the same files that another
// test has left on disk would start no server.
func likeNoOther(t testing.TB, dir string) {
	t.Helper()
	marks := map[string]string{
		".go": "//", ".py": "#", ".ts": "//", ".c": "//", ".rs": "//", ".sh": "#", ".cue": "//",
	}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		mark := marks[filepath.Ext(p)]
		if err != nil || mark == "" {
			return err
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		marks = nil
		err = os.WriteFile(p, fmt.Appendf(content, "\n%s %s\n", mark, crand.Text()), 0o644)
		return cmp.Or(err, fs.SkipAll)
	})
	if err != nil || marks != nil {
		t.Fatalf("no source file of %s was changed: %v", dir, err)
	}
}

// question starts a batch, waits for the answer to one request so that the server is warm, and sends the
// request a second time. The second one is still being answered when question returns.
func question(t testing.TB, dir, server, selector string) (cmd *exec.Cmd, in io.WriteCloser) {
	t.Helper()
	likeNoOther(t, dir)
	indextest.FailIfChanged(t, dir)
	cmd = lanser(t, "--workspace", dir, "batch")
	in, out := startPiped(t, cmd)
	line := refsRequest(selector, server)
	fmt.Fprintf(in, "%s\n", line)
	answers := bufio.NewReader(out)
	answer, err := answers.ReadString('\n')
	if err != nil || !strings.Contains(answer, `"status":"ok"`) {
		_, fails, _ := strings.Cut(answer, `"error":`)
		t.Fatalf("%v: %.500s; error: %.2000s", err, answer, fails)
	}
	go io.Copy(io.Discard, answers) // ends with the process
	fmt.Fprintf(in, "%s\n", line)
	return cmd, in
}

func TestKillNineDuringAQueryLeavesNoProcess(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, tt := range processTests {
		t.Run(tt.server, func(t *testing.T) {
			t.Parallel()
			cmd, _ := question(t, tt.corpus(t), tt.server, tt.selector)
			pids := below(cmd.Process.Pid)
			if len(pids) < 2 {
				t.Fatalf("only %v run below lanser: no server to leave behind", pids)
			}
			fds := watch(t, pids)
			cmd.Process.Kill()
			cmd.Wait()
			gone(t, fds, shortly)
		})
	}
}

var kills = flag.Int("kills", 3, "at how many random moments lanser is killed with each server")

// Killed at any moment, from before its server has started until after the answer, lanser leaves no process behind.
func TestKillNineAtRandomMomentsLeavesNoProcess(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, tt := range processTests {
		t.Run(tt.server, func(t *testing.T) {
			t.Parallel()
			dir := tt.corpus(t)
			indextest.FailIfChanged(t, dir)
			r := rand.New(rand.NewPCG(1, 2))
			for range *kills {
				cmd := lanser(t, "--workspace", dir, "batch")
				line := refsRequest(tt.selector, tt.server)
				in, err := cmd.StdinPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(in, "%s\n", line)
				<-time.After(time.Duration(r.IntN(2000)) * time.Millisecond) // the moment is what is drawn
				cmd.Process.Kill()
				cmd.Wait()
				gone(t, watch(t, at(dir)), shortly)
				if left := at(dir); len(left) > 0 {
					t.Errorf("processes %v are left", left)
				}
			}
		})
	}
}

// at lists the processes whose folder is dir: every server's is its workspace.
func at(dir string) (pids []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && cwd == dir {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestServersExitAtTheEndOfInput(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, tt := range processTests {
		t.Run(tt.server, func(t *testing.T) {
			t.Parallel()
			cmd, in := question(t, tt.corpus(t), tt.server, tt.selector)
			fds := watch(t, below(cmd.Process.Pid))
			in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			gone(t, fds, shortly)
		})
	}
}

// In a folder that was removed, the error says so and how to go on.
func TestARemovedCurrentFolderIsAUsageError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"symbols", "a.go"}, {"api", "fmt"}, {"context", "a.go"}, {"diag"}, {"refs", "F"}} {
		a := &app{in: strings.NewReader(""), out: io.Discard, err: io.Discard}
		cmd := a.command()
		cmd.SetArgs(append([]string{"--no-daemon"}, args...))
		err := cmd.Execute()
		if !fault.Is(err, fault.Usage) || !strings.Contains(fault.From(err).Hint, "--workspace") {
			t.Errorf("%s: %v", args[0], err)
		}
	}
}
