package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"lanser/index/indextest"
	"lanser/server/bundle"
	"lanser/server/wire"
)

var batchLines = flag.Int("batch-lines", 300, "lines of the batch that is compared with single calls")

// kinds of questions that a batch is made of.
var batchQuestions = []string{"locate", "def", "refs", "hover"}

// A batch gives the same bundles as single commands, and its memory does not grow with the number of lines.
func TestABatchGivesTheSameBundlesAsSingleCommands(t *testing.T) {
	t.Parallel()
	dir := indextest.Copy(t, indextest.Cobra(t))
	outline := lanserIn(t, nil, "--workspace", dir, "--json", "symbols", "command.go")
	var b bundle.Bundle
	if err := json.Unmarshal(outline.out, &b); err != nil {
		t.Fatal(err)
	}
	const distinct = 16
	var requests [distinct]string
	for i := range requests {
		s := b.Facts.Symbols[i*len(b.Facts.Symbols)/distinct]
		requests[i] = fmt.Sprintf(`"cmd":%q,"selector":%q`, batchQuestions[i%len(batchQuestions)], s.Selector)
	}
	started := time.Now()
	single := map[string]string{}
	for _, r := range requests {
		var q struct{ Cmd, Selector string }
		if err := json.Unmarshal([]byte("{"+r+"}"), &q); err != nil {
			t.Fatal(err)
		}
		answer := lanserIn(t, nil, "--workspace", dir, "--json", "--reproducible", q.Cmd, q.Selector)
		single[r] = strings.TrimSpace(string(answer.out))
	}
	perCall := time.Since(started) / distinct
	run := func(n int) (perLine time.Duration, peak int64) {
		in := &bytes.Buffer{}
		for i := range n {
			fmt.Fprintf(in, "{\"id\":%d,%s}\n", i, requests[i%distinct])
		}
		started := time.Now()
		got := lanserIn(t, in, "--workspace", dir, "--reproducible", "batch", "--keep-going")
		perLine = time.Since(started) / time.Duration(n)
		lines := strings.Split(strings.TrimSuffix(string(got.out), "\n"), "\n")
		if len(lines) != n {
			t.Fatalf("%d answers to %d lines", len(lines), n)
		}
		for i, l := range lines {
			if want := fmt.Sprintf(`{"id":%d,"bundle":%s}`, i, single[requests[i%distinct]]); l != want {
				t.Fatalf("line %d is\n%s\nnot\n%s", i+1, l, want)
			}
		}
		return perLine, got.peak
	}
	_, few := run(*batchLines / 10)
	perLine, many := run(*batchLines)
	t.Logf("%d lines: %v a line, %v a single call, ratio %.0f; peak %d MiB, of a tenth of the lines %d MiB",
		*batchLines, perLine, perCall, float64(perCall)/float64(perLine), many>>10, few>>10)
	if many > few*3/2 {
		t.Errorf("%d KiB for %d lines, %d KiB for a tenth of them", many, *batchLines, few)
	}
}

type ended struct {
	out  []byte
	peak int64 // KiB, of lanser itself
}

// lanserIn runs this binary as lanser.
func lanserIn(t *testing.T, in io.Reader, args ...string) ended {
	t.Helper()
	cmd := lanser(t, args...)
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout = in, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() > 100 {
		t.Fatal(err)
	}
	return ended{out.Bytes(), cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss}
}

// A line that is too long or not a request gets an error with its number, and the following lines are answered.
func TestABadLineOfABatchIsReportedByItsNumber(t *testing.T) {
	t.Parallel()
	dir := indextest.Files(t, map[string]string{"a.go": "package m\n\nfunc F() {}\n"})
	in := strings.NewReader(`{"id":1,"cmd":"locate","selector":"go://*#F"}` + "\n" +
		`{"id":2,"x":"` + strings.Repeat("x", wire.MaxMessage) + "\"}\n" + "\n" +
		`{"id":4,"cmd":"locate","selector":"go://*#F"}`)
	got := lanserIn(t, in, "--workspace", dir, "batch", "--keep-going")
	var lines []string
	for l := range strings.Lines(string(got.out)) {
		var a struct {
			ID     any
			Bundle bundle.Bundle
		}
		if err := json.Unmarshal([]byte(l), &a); err != nil {
			t.Fatal(err)
		}
		message := ""
		if a.Bundle.Error != nil {
			message = a.Bundle.Error.Message
		}
		lines = append(lines, fmt.Sprintf("%v %s", a.ID, message))
	}
	want := []string{"1 ", fmt.Sprintf("<nil> line 2: it has more than %d bytes", wire.MaxMessage), "4 "}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q", lines, want)
	}
}
