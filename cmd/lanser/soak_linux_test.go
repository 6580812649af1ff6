package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lanser/index/indextest"
	"lanser/server/sandbox"
)

var soakTime = flag.Duration("soak-time", 20*time.Second, "how long hostile and tame clients share a warm process")

// Bounds of the soak.
const (
	soakClients  = 20
	soakDeadline = time.Minute // of a tame question
	soakMemory   = 1 << 30     // of the process, in bytes
	soakRise     = 32 << 20    // by which the median of memory may rise from the second quarter to the last
)

// soak is a warm process under attack.
type soak struct {
	env []string
	dir string
	run string // folder of the socket

	answered atomic.Int64 // tame questions
	attacks  atomic.Int64
	mu       sync.Mutex
	slowest  time.Duration // of the tame questions
}

// Hostile clients (bad lines, clients that do not read or that kill, floods of cancelled requests, many revisions,
// huge answers, peers without the secret) share a daemon with well-behaved ones. Each well-behaved request is
// answered in time, and the daemon's memory, descriptors and children stay bounded. (20 seconds in the gate;
// -soak-time 10m for more.)
func TestSoakHostileClientsDoNotAffectOthers(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	cache := "XDG_CACHE_HOME=" + t.TempDir() // what other processes of the user store is not counted
	env, run := warmHome(t, cache)
	s := &soak{env: env, dir: soakWorkspace(t), run: run}
	indextest.FailIfChanged(t, s.dir)
	b, _ := warmAsk(t, env, s.dir, "refs", "go://*#F")
	pid := statuses(t, env)[0].PID
	ctx, cancel := context.WithTimeout(t.Context(), *soakTime)
	defer cancel()
	hostile := []func(context.Context, *rand.Rand) error{
		s.badLines, s.noReader, s.killer, s.cancels, s.revisions, s.hugeAnswers, s.noSecret, s.badFrames,
		s.suppositions, s.badCalls,
	}
	var all sync.WaitGroup
	for n := range soakClients {
		act := s.tame(t, b.BundleID)
		if n%2 == 0 {
			act = hostile[n/2%len(hostile)]
		}
		all.Go(func() {
			for r := rand.New(rand.NewPCG(uint64(n), 1)); ctx.Err() == nil; {
				if err := act(ctx, r); err != nil && ctx.Err() == nil {
					t.Errorf("client %d: %v", n, err)
					return
				}
			}
		})
	}
	seen := s.watch(ctx, pid)
	all.Wait()
	s.report(t, pid, seen)
}

// soakWorkspace has code for a real server, a file with many symbols, and revisions.
func soakWorkspace(t *testing.T) string {
	t.Helper()
	dir := uses(t)
	var big strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&big, "def g%d(): pass\n", i)
	}
	indextest.Write(t, dir, "big.py", big.String())
	git := func(args ...string) {
		cmd := exec.Command("git",
			append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	git("init", "-q")
	for i := range soakRevisions {
		indextest.Write(t, dir, "top.py", fmt.Sprintf("def target():\n    return %d\n", i))
		git("add", "-A")
		git("commit", "-q", "-m", "x")
	}
	return dir
}

const soakRevisions = 30

// session starts 'lanser serve'; end closes its input and waits.
func (s *soak) session(
	ctx context.Context,
	protocol string,
) (cmd *exec.Cmd, in io.WriteCloser, out *bufio.Reader, err error) {
	cmd = exec.CommandContext(ctx, "/proc/self/exe", "--workspace", s.dir, "serve", "--protocol", protocol)
	cmd.Env = append(cmd.Environ(), append(s.env, "LANSER_TEST_MAIN=1", "GORACE=atexit_sleep_ms=10")...)
	in, err = cmd.StdinPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	return cmd, in, bufio.NewReaderSize(pipe, 1<<16), cmd.Start()
}

// tame asks, in a session of ten questions, and wants each answered in time.
func (s *soak) tame(t *testing.T, refs string) func(context.Context, *rand.Rand) error {
	return func(_ context.Context, r *rand.Rand) error {
		cmd, in, out, err := s.session(context.WithoutCancel(t.Context()), "jsonl") // it ends in peace
		if err != nil {
			return err
		}
		defer cmd.Wait()
		defer in.Close()
		for i := range 10 {
			asked := time.Now()
			op := []string{
				`"refs","selector":"go://*#F"`, `"locate","selector":"go://*#G"`, `"hover","selector":"go://*#F"`,
				`"symbols","paths":["b.go"]`,
			}[r.IntN(4)]
			fmt.Fprintf(in, `{"id":%d,"cmd":%s}`+"\n", i, op)
			stop := time.AfterFunc(soakDeadline, func() { cmd.Process.Kill() })
			line, err := out.ReadBytes('\n')
			stop.Stop()
			took := time.Since(asked)
			if err != nil {
				return fmt.Errorf("%s: no answer after %s: %w", op, took, err)
			}
			var l struct {
				Bundle struct{ Status, BundleID string }
			}
			if err := json.Unmarshal(line, &l); err != nil || l.Bundle.Status != "ok" ||
				strings.HasPrefix(op, `"refs`) && l.Bundle.BundleID != refs {
				return fmt.Errorf("%s: %v: %.500s", op, err, line)
			}
			s.answered.Add(1)
			s.mu.Lock()
			s.slowest = max(s.slowest, took)
			s.mu.Unlock()
		}
		return nil
	}
}

// attack runs a session that sends what say says, and leaves: after it has read n lines, or
// killed.
func (s *soak) attack(ctx context.Context, protocol string, n int, say func(io.Writer)) error {
	cmd, in, out, err := s.session(ctx, protocol)
	if err != nil {
		return err
	}
	go func() {
		say(in)
		if n == 0 {
			cmd.Process.Kill()
		}
		in.Close()
	}()
	for range n {
		if _, err := out.ReadString('\n'); err != nil {
			break
		}
	}
	cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	s.attacks.Add(1)
	return nil
}

// writeAny writes 20 messages that are drawn from all, each with an end.
func writeAny(w io.Writer, r *rand.Rand, all []string, end string) {
	for range 20 {
		io.WriteString(w, all[r.IntN(len(all))]+end)
	}
}

func (s *soak) badLines(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	bad := []string{
		"\x00\x01",
		`{"id":1`,
		strings.Repeat("[", 100_000),
		`{"id":"` + strings.Repeat("a", 17<<20) + `"}`,
		"{\"cmd\":\"\xff\"}",
		`{"id":1e999,"cmd":"locate"}`,
		`[]`,
	}
	return s.attack(ctx, "jsonl", 20, func(w io.Writer) { writeAny(w, r, bad, "\n") })
}

func (s *soak) badCalls(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	bad := []string{
		"\x00",
		`{"jsonrpc":"2.0","id":1,"method":`,
		strings.Repeat(`{"a":`, 100_000),
		"[]",
		"[1,2,3]",
		`{"jsonrpc":"2.0","id":{},"method":"ping"}`,
	}
	return s.attack(ctx, "mcp", 20, func(w io.Writer) { writeAny(w, r, bad, "\n") })
}

func (s *soak) badFrames(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	bad := []string{
		"Content-Length: -1\r\n\r\n",
		"Content-Length: 2\r\n\r\n\xff\xff",
		"GET / HTTP/1.1\r\n\r\n",
		"Content-Length: 99999999999\r\n\r\n{}",
		"Content-Length: 1\r\n\r\n1",
	}
	return s.attack(ctx, "lsp", 20, func(w io.Writer) { writeAny(w, r, bad, "") })
}

// big is a question whose answer has 20,000 entries.
const big = `{"id":%d,"cmd":"symbols","paths":["big.py"],"options":{"index-io":%q}}` + "\n"

func (s *soak) noReader(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	return s.attack(ctx, "jsonl", 0, func(w io.Writer) {
		for i := range 300 {
			fmt.Fprintf(w, big, i, []string{"utf-8", "utf-16"}[i%2])
		}
		<-time.After(time.Duration(r.IntN(5000)) * time.Millisecond) // how long it does not read is what is drawn
	})
}

func (s *soak) killer(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	return s.attack(ctx, "jsonl", 0, func(w io.Writer) {
		for i := range 250 {
			fmt.Fprintf(w, `{"id":%d,"cmd":"refs","selector":"py://big#g%d"}`+"\n", i, r.IntN(20_000))
		}
		<-time.After(time.Duration(r.IntN(1000)) * time.Millisecond) // the moment is what is drawn
	})
}

func (s *soak) cancels(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	return s.attack(ctx, "jsonl", 100, func(w io.Writer) {
		for i := range 100 {
			fmt.Fprintf(w, `{"id":%d,"cmd":"refs","selector":"go://*#F","options":{"limit":%d}}`+"\n"+
				`{"cancel":%d}`+"\n", i, 1+r.IntN(1000), i)
		}
	})
}

func (s *soak) revisions(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	return s.attack(ctx, "jsonl", 50, func(w io.Writer) {
		for i := range 50 {
			fmt.Fprintf(w, `{"id":%d,"cmd":"locate","selector":"py://top#target?docVersion=git:HEAD~%d"}`+"\n", i,
				r.IntN(soakRevisions))
		}
	})
}

func (s *soak) hugeAnswers(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	return s.attack(ctx, "jsonl", 5, func(w io.Writer) {
		for i := range 5 {
			fmt.Fprintf(w, big, i, []string{"utf-8", "utf-16", "codepoint"}[r.IntN(3)])
		}
	})
}

func (s *soak) suppositions(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	return s.attack(ctx, "jsonl", 10, func(w io.Writer) {
		for i := range 10 {
			fmt.Fprintf(w, `{"id":%d,"cmd":"refs","selector":"go://*#F","options":{"overlay":{`+
				`"c.go":"package m\n\nfunc H%d() { F() }\n"}}}`+"\n", i, r.IntN(100))
		}
	})
}

// noSecret talks to the socket, or holds a connection open, without the secret.
func (s *soak) noSecret(ctx context.Context, r *rand.Rand) error {
	r = ownOf(r)
	sockets, _ := filepath.Glob(filepath.Join(s.run, "*.sock"))
	for _, socket := range sockets {
		c, err := net.Dial("unix", socket)
		if err != nil {
			continue // it is being started
		}
		defer c.Close()
		fmt.Fprintln(c, []string{`{"lanser":2,"nonce":"n"}`, `{"lanser":1,"control":"stop"}`, "x", ""}[r.IntN(4)])
		if r.IntN(2) == 0 {
			_, _ = io.Copy(io.Discard, c) // up to its end
		}
	}
	s.attacks.Add(1)
	return nil
}

// sample is what a process takes.
type sample struct {
	memory           int64
	files, processes int
}

// largest returns the maximum of each value.
func largest(seen []sample) (out sample) {
	for _, one := range seen {
		out = sample{max(out.memory, one.memory), max(out.files, one.files), max(out.processes, one.processes)}
	}
	return out
}

// medianMemory returns the memory that is exceeded half of the time.
func medianMemory(seen []sample) int64 {
	if len(seen) == 0 {
		return 0
	}
	var all []int64
	for _, one := range seen {
		all = append(all, one.memory)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// watch samples the process until ctx ends.
func (s *soak) watch(ctx context.Context, pid int) (seen []sample) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return seen
		case <-tick.C:
			seen = append(seen, sample{sandbox.Resident(pid, false), len(openFiles(pid)), len(below(pid))})
		}
	}
}

// report compares the second and the last quarter of the time: in the first, caches fill.
func (s *soak) report(t *testing.T, pid int, seen []sample) {
	t.Helper()
	t.Logf("%s: %d tame questions answered, the slowest in %s; %d attacks", *soakTime,
		s.answered.Load(), s.slowest.Round(time.Millisecond), s.attacks.Load())
	quarter := func(n int) []sample { return seen[n*len(seen)/4 : (n+1)*len(seen)/4] }
	for n := range 4 {
		most := largest(quarter(n))
		t.Logf("quarter %d: memory %d MiB in the median, at most %d MiB; at most %d descriptors, %d processes",
			n+1, medianMemory(quarter(n))>>20, most.memory>>20, most.files, most.processes)
	}
	middle, last := largest(seen[len(seen)/4:3*len(seen)/4]), largest(quarter(3))
	if last.memory > soakMemory {
		t.Errorf("the process uses %d MiB", last.memory>>20)
	}
	// Under the race detector the heap is still growing to its size in the first seconds: whether it levels off
	// shows in a longer run. A single huge answer is a peak: a leak raises the median.
	before, after := medianMemory(quarter(1)), medianMemory(quarter(3))
	if *soakTime >= 2*time.Minute && after > before+soakRise {
		t.Errorf("memory does not level off: %d MiB in the second quarter, %d MiB in the last", before>>20, after>>20)
	}
	if last.files > middle.files+soakClients || last.processes > middle.processes+4 {
		t.Errorf("descriptors or processes do not level off: %+v, then %+v", middle, last)
	}
	all := statuses(t, s.env)
	if len(all) != 1 || all[0].PID != pid {
		t.Errorf("it is no longer the same process: %+v", all)
	}
}

// ownOf returns a generator for one attack alone: what an attack has left running may still
// draw while the next one does.
func ownOf(r *rand.Rand) *rand.Rand { return rand.New(rand.NewPCG(r.Uint64(), 1)) }
