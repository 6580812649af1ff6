package sandbox_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"testing"

	"lanser/server/sandbox"
)

// These tests need nothing of the system, so that they can run on every one.

// roleVariable makes this test binary one of the programs below.
const roleVariable = "LANSER_TEST_ROLE"

// TestMain runs the launcher, one of the roles, or the tests.
func TestMain(m *testing.M) {
	sandbox.Main()
	switch os.Getenv(roleVariable) {
	case "seven":
		fmt.Print("out ", os.Getenv("SET"), " ", os.Args[1])
		os.Exit(7)
	case "leaf":
		fmt.Println("up")
		untilKilled()
	case "tree": // a program whose child outlives it, if nobody ends that
		leaf := exec.Command(os.Args[0])
		leaf.Env, leaf.Stdout = append(os.Environ(), roleVariable+"=leaf"), os.Stdout
		if err := leaf.Start(); err != nil {
			panic(err)
		}
		if os.Getenv("SET") == "end" {
			os.Exit(0)
		}
		untilKilled()
	case "parent": // what lanser is: it starts a tree and is killed
		tree, err := sandbox.Command([]string{os.Args[0]}, append(os.Environ(), roleVariable+"=tree"), sandbox.Policy{})
		if err != nil {
			panic(err)
		}
		tree.Stdout = os.Stdout
		if err := tree.Start(); err != nil {
			panic(err)
		}
		untilKilled()
	}
	os.Exit(m.Run())
}

// untilKilled does not return. With a handler of signals, the runtime does not take the wait for a deadlock.
func untilKilled() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals)
	for range signals {
		continue
	}
}

// role returns this test binary as a program in a role. SET is a variable for it.
func role(t *testing.T, name, set string, args ...string) *sandbox.Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), roleVariable+"="+name, "SET="+set)
	proc, err := sandbox.Command(append([]string{self}, args...), env, sandbox.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	return proc
}

func TestAProgramGetsItsArgumentsAndPassesItsExitCodeOn(t *testing.T) {
	proc := role(t, "seven", "x y", `a "b" \`)
	read, write := pipe(t)
	proc.Stdout = write
	if err := proc.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	out, err := io.ReadAll(read)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := proc.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("the launcher ended with %v, want exit code 7", err)
	}
	if want := `out x y a "b" \`; string(out) != want {
		t.Errorf("the program printed %q, want %q", out, want)
	}
}

// Each program of the tree holds the writing end of a pipe, so that the end of the pipe shows that all have ended.
func TestWhatAProgramHasStartedEndsWithIt(t *testing.T) {
	for _, tt := range []struct {
		name, role, set string
		end             func(*sandbox.Process) error
	}{
		{"it ends by itself", "tree", "end", func(*sandbox.Process) error { return nil }},
		{"it is killed", "tree", "", func(p *sandbox.Process) error { p.Kill(); return nil }},
		{"its launcher is told to end by the death of the parent", "parent", "", func(p *sandbox.Process) error {
			p.Kill()
			return nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proc := role(t, tt.role, tt.set)
			read, write := pipe(t)
			proc.Stdout = write
			if err := proc.Start(); err != nil {
				t.Fatal(err)
			}
			write.Close()
			r := bufio.NewReader(read)
			if line, err := r.ReadString('\n'); line != "up\n" && tt.set == "" {
				t.Fatalf("the tree printed %q, %v", line, err)
			}
			if err := tt.end(proc); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r); err != nil {
				t.Error(err)
			}
			proc.Wait() // its exit code differs between systems
			proc.Kill()
		})
	}
}

// pipe returns the ends of a pipe, which the test closes.
func pipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() })
	return read, write
}
