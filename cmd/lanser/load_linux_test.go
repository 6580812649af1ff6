package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/bundle"
	"lanser/server/sandbox"
)

var loadQuestions = flag.Int("load", 1000, "how many questions fifty sessions put together")

// loadSpots are places in a code base that questions are about.
func loadSpots(t *testing.T, dir string, n int) (out []string) {
	t.Helper()
	word := regexp.MustCompile(`[A-Z][A-Za-z]{3,}`)
	for _, f := range []string{"command.go", "completions.go", "args.go", "cobra.go", "flag_groups.go"} {
		raw, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(raw), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "//") {
				continue
			}
			for _, at := range word.FindAllStringIndex(line, 1) {
				out = append(out, fmt.Sprintf("%s@L%d:C%d", f, i+1, at[0]+1))
			}
		}
	}
	if len(out) < n {
		t.Fatalf("only %d places", len(out))
	}
	return out[:n]
}

// Fifty concurrent sessions in one workspace share a daemon and a server. Each gets its own answers, memory stays
// constant, and sessions that vanish leave nothing behind. (1,000 requests in the gate; -load 10000 for more.)
func TestFiftySessionsAtOnceShareOneServer(t *testing.T) {
	const sessions, vanishing, kinds = 50, 5, 60
	env, _ := warmHome(t)
	dir := indextest.Cobra(t)
	indextest.FailIfChanged(t, dir)
	spots := loadSpots(t, dir, kinds)
	ops := []string{"def", "refs", "hover", "locate"}
	var mu sync.Mutex
	ids := map[string]string{} // question → bundleId
	answered := 0
	told := map[string]*bundle.Bundle{}
	var first, last int64
	each := *loadQuestions / sessions
	run := func(session int) error {
		cmd := lanser(t, "--workspace", dir, "serve", "--protocol", "jsonl")
		cmd.Env = append(cmd.Env, env...)
		in, err := cmd.StdinPipe()
		if err != nil {
			return err
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		defer cmd.Wait()
		go func() {
			for q := range each {
				fmt.Fprintf(in, "{\"id\":\"%d/%d\",\"cmd\":%q,\"selector\":%q}\n", session, q,
					ops[(session+q)%len(ops)], spots[(session*7+q)%kinds])
			}
			if session >= vanishing {
				in.Close()
			}
		}()
		if session < vanishing { // it goes while it is being answered
			_, err := bufio.NewReader(out).ReadByte()
			cmd.Process.Kill()
			return err
		}
		seen := map[string]bool{}
		dec := json.NewDecoder(out)
		for {
			var l struct {
				ID     string
				Bundle *bundle.Bundle
			}
			if err := dec.Decode(&l); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
			var s, q int
			if _, err := fmt.Sscanf(l.ID, "%d/%d", &s, &q); err != nil || s != session || seen[l.ID] {
				return fmt.Errorf("session %d was given %q", session, l.ID)
			}
			seen[l.ID] = true
			asked := ops[(s+q)%len(ops)] + " " + spots[(s*7+q)%kinds]
			mu.Lock()
			if was, ok := told[asked]; ok && was.BundleID != l.Bundle.BundleID {
				t.Errorf("%s is answered in two ways (-before +now)\n%s", asked, cmp.Diff(was, l.Bundle))
			}
			told[asked], ids[asked] = l.Bundle, l.Bundle.BundleID
			answered++
			mu.Unlock()
		}
		if len(seen) != each {
			return fmt.Errorf("session %d: %d answers to %d questions", session, len(seen), each)
		}
		return nil
	}
	for round := range 2 {
		var all sync.WaitGroup
		for s := range sessions {
			all.Go(func() {
				if err := run(s); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		status := statuses(t, env)
		if len(status) != 1 || len(status[0].Engines) != 1 || len(status[0].Engines[0].Servers) != 1 {
			t.Fatalf("%+v", status)
		}
		if n := status[0].Connections; n != 0 {
			t.Errorf("%d connections are left", n)
		}
		last = sandbox.Resident(status[0].PID, false)
		if round == 0 {
			first = last
		}
	}
	t.Logf("%d answers to %d sessions at a time; the process took %d MiB after the first round, %d after the second",
		answered, sessions, first>>20, last>>20)
	if last > first*3/2+32<<20 {
		t.Errorf("memory grows: %d MiB, and %d before", last>>20, first>>20)
	}
	for asked, id := range ids { // what they were told is what a process of one's own says
		op, sel, _ := strings.Cut(asked, " ")
		if op != "hover" || len(sel)%3 != 0 {
			continue
		}
		if alone := aloneID(t, dir, op, sel); alone != id {
			t.Errorf("%s: %s, and alone %s", asked, id, alone)
		}
		break
	}
}

func aloneID(t *testing.T, dir, op, sel string) string {
	t.Helper()
	cmd := lanser(t, "--no-daemon", "--workspace", dir, "--json", op, sel)
	var notes bytes.Buffer
	cmd.Stderr = &notes
	out, _ := cmd.Output() // an error is an answer too
	var b bundle.Bundle
	if err := json.Unmarshal(out, &b); err != nil {
		t.Fatalf("%v: %s%s", err, out, notes.String())
	}
	return b.BundleID
}
