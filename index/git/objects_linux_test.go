package git

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lanser/index/indextest"
	"lanser/selectors/fault"
)

// repositoryWithPipe returns a repository in which git waits for a named pipe when it reads a commit.
func repositoryWithPipe(t *testing.T) (dir, pipe string) {
	t.Helper()
	dir = indextest.Files(t, map[string]string{"a.py": "x = 1\n"})
	indextest.Git(t, dir, "init", "-q", "-b", "main")
	indextest.Commit(t, dir, "first")
	pipe = filepath.Join(dir, ".git", "shallow")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, pipe
}

// waitForReader returns the pipe once a program reads it, and then waits for what is written.
func waitForReader(t *testing.T, pipe string) *os.File {
	t.Helper()
	fd, err := unix.Open(pipe, unix.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), pipe)
	t.Cleanup(func() { f.Close() })
	return f
}

func TestClosingAReaderKillsAGitThatWaitsForAFile(t *testing.T) {
	dir, pipe := repositoryWithPipe(t)
	r := NewObjectReader(New(dir, ""), dir)
	failed := make(chan error, 2)
	for range cap(failed) { // the second one waits for the first
		go func() {
			_, err := r.Commit("HEAD")
			failed <- err
		}()
	}
	waitForReader(t, pipe)
	start := time.Now()
	r.Close()
	if took := time.Since(start); took > Timeout/2 {
		t.Errorf("close has waited for git: %s", took)
	}
	if err := <-failed; err == nil || fault.Is(err, fault.Timeout) {
		t.Errorf("the request that was being answered: %v", err)
	}
}

func TestGitEndsWithTheProcessThatIsKilled(t *testing.T) {
	const variable = "LANSER_TEST_REPOSITORY"
	if dir := os.Getenv(variable); dir != "" { // the process that is killed
		_, err := NewObjectReader(New(dir, ""), dir).Commit("HEAD")
		t.Fatal(err)
	}
	dir, pipe := repositoryWithPipe(t)
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), variable+"="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f := waitForReader(t, pipe)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	// A pipe without a reader has an error.
	polled := []unix.PollFd{{Fd: int32(f.Fd())}}
	n, err := unix.Poll(polled, int(10*time.Second/time.Millisecond))
	if err != nil || n != 1 || polled[0].Revents&unix.POLLERR == 0 {
		t.Errorf("git still reads the pipe: %d, %v, %v", n, polled, err)
		f.WriteString("x\n") // git ends now
	}
}
