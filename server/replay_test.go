package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/trace"
)

// recorded is a trace of some questions of gopls and of syntax, with contents.
func recorded(t *testing.T, contents bool) (tape []byte, dir string) {
	t.Helper()
	dir = indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n\nfunc G() { F() }\n",
		"b.go": "package m\n\nfunc H() int { return nope }\n",
	})
	var b bytes.Buffer
	e, err := server.New(server.Config{Root: dir, Trace: trace.NewRecorder(&b, contents)})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []api.Request{
		{Op: "refs", Selector: selector("go://*#F")},
		{Op: "locate", Selector: selector("go://*#G")},
		{Op: "diag"},
		{Op: "locate", Selector: selector("go://*#Nothing")},
		{Op: "hover", Selector: selector("go://fmt#Println")},
		{Op: "symbols", Paths: []string{"a.go"}},
	} {
		e.Do(context.Background(), q) // errors are answers
	}
	e.Close()
	return b.Bytes(), dir
}

func replay(tape []byte, dir string) (n int, err error) {
	err = server.Replay(
		context.Background(),
		bytes.NewReader(tape),
		dir,
		func(server.Replayed) error { n++; return nil },
	)
	return n, err
}

const sumLen = len(`,"sum":""}`) + 64

// resummed is a trace whose lines were tampered with by somebody who knows how sums are
// made.
func resummed(lines []string) []byte {
	var out bytes.Buffer
	sum := make([]byte, sha256.Size)
	for _, l := range lines {
		body := l[:len(l)-sumLen]
		h := sha256.New()
		h.Write(sum)
		h.Write([]byte(body))
		sum = h.Sum(nil)
		fmt.Fprintf(&out, "%s,\"sum\":\"%s\"}\n", body, hex.EncodeToString(sum))
	}
	return out.Bytes()
}

func linesOf(tape []byte) []string {
	return strings.Split(strings.TrimSuffix(string(tape), "\n"), "\n")
}

// A modified trace is refused, and the error names the line: because of its checksum, or, if the checksums were
// recomputed, because the answers differ.
func TestAModifiedTraceIsRefused(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	tape, _ := recorded(t, true)
	empty := t.TempDir()
	if n, err := replay(tape, empty); err != nil || n != 6 {
		t.Fatalf("untouched: %d answers, %v", n, err)
	}
	whole := linesOf(tape)
	if !bytes.Equal(resummed(whole), tape) {
		t.Fatal("the test does not know how sums are made")
	}
	for i := range whole {
		l := slices.Clone(whole)
		l[i] = strings.Replace(l[i], `":`, `" :`, 1)
		_, err := replay([]byte(strings.Join(l, "\n")+"\n"), empty)
		if i == 0 && fault.Is(err, fault.ReplayMismatch) {
			continue
		}
		if !fault.Is(err, fault.ReplayMismatch) ||
			!strings.Contains(err.Error(), fmt.Sprintf("line %d of the trace", i+1)) {
			t.Errorf("line %d was changed: %v", i+1, err)
		}
	}
	first := func(pattern string) int {
		i := slices.IndexFunc(whole, func(l string) bool { return regexp.MustCompile(pattern).MatchString(l) })
		if i < 0 {
			t.Fatalf("no line has %s", pattern)
		}
		return i
	}
	change := func(pattern, old, now string) []string {
		l := slices.Clone(whole)
		i := first(pattern)
		l[i] = strings.Replace(l[i], old, now, 1)
		if l[i] == whole[i] {
			t.Fatalf("%s has no %s", whole[i], old)
		}
		return l
	}
	without := func(pattern string) []string {
		return slices.Delete(slices.Clone(whole), first(pattern), first(pattern)+1)
	}
	swapped := func(a, b string) []string {
		l := slices.Clone(whole)
		i, j := first(a), first(b)
		l[i], l[j] = l[j], l[i]
		return l
	}
	const refsReply = `"from":"server","message":\{"jsonrpc":"2.0","result":\[\{"uri"`
	for name, forged := range map[string][]string{
		"a place in a reply": change(refsReply, `"line":4`, `"line":2`),
		"a finding":          change(`"result":.*undefined: nope`, "undefined: nope", "undefined: hope"),
		"what lanser said": change(
			`textDocument/references`, `"includeDeclaration":true`, `"includeDeclaration":false`,
		),
		"a digest of a file":              change(`^\{"files"`, `"a.go":"sha256:`, `"a.go":"sha256:0`),
		"the content of a file":           change(`^\{"content".*func G`, "func G", "func g"),
		"a bundle":                        change(`^\{"bundle"`, `"exit_code":0`, `"exit_code":1`),
		"evidence in a bundle":            change(`^\{"bundle"`, `"state":"complete"`, `"state":"partial"`),
		"a request":                       change(`^\{"request".*go://\*#F`, "go://*#F", "go://*#G"),
		"what git said":                   change(`"key":"is gopls installed"`, `is gopls installed`, `is gopls there`),
		"a look is left out":              without(`"what":"saw"`),
		"a reply is left out":             without(refsReply),
		"a question is left out":          without(`textDocument/references`),
		"a request is left out":           without(`^\{"request":\{"n":2`),
		"an answer is left out":           without(`^\{"bundle":\{"n":2`),
		"a start is left out":             without(`^\{"start"`),
		"the list of files is left out":   without(`^\{"files"`),
		"a reply before its question":     swapped(refsReply, `textDocument/references`),
		"answers in another order":        swapped(`^\{"bundle":\{"n":1`, `^\{"bundle":\{"n":2`),
		"requests in another order":       swapped(`^\{"request":\{"n":1`, `^\{"request":\{"n":2`),
		"a session begins twice":          append(slices.Clone(whole), whole[first(`^\{"start"`)]),
		"the end is cut off":              whole[:len(whole)-1],
		"cut in the middle of a request":  whole[:first(refsReply)],
		"a bundle is given to the server": change(`"from":"server"`, `"from":"server"`, `"from":"lanser"`),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := replay(resummed(forged), empty)
			if !fault.Is(err, fault.ReplayMismatch) ||
				!regexp.MustCompile(`line \d+ of the trace`).MatchString(err.Error()) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A trace without contents is replayed with the files of the workspace, which must be unchanged.
func TestAReplayWithoutContentsReadsTheWorkspace(t *testing.T) {
	t.Parallel()
	tape, dir := recorded(t, false)
	if bytes.Contains(tape, []byte(`{"content":`)) {
		t.Error("contents are in it unasked")
	}
	moved := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.CopyFS(moved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"", moved} {
		if n, err := replay(tape, where); err != nil || n != 6 {
			t.Errorf("in %q: %d answers, %v", where, n, err)
		}
	}
	if err := os.WriteFile(filepath.Join(moved, "a.go"), []byte("package m\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := replay(tape, moved); !fault.Is(err, fault.ReplayMismatch) ||
		!strings.Contains(err.Error(), "a.go is not as it was") {
		t.Errorf("with another file: %v", err)
	}
	if _, err := replay(tape, t.TempDir()); !fault.Is(err, fault.ReplayMismatch) ||
		!strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("with no file: %v", err)
	}
}

// Traces contain no values of the environment, although gopls logs the settings of the go command. Hiding them does
// not change answers.
func TestTracesContainNoSecretsOfTheEnvironment(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	secrets := map[string]string{
		"GOPROXY": "https://user:s3cr3t-pass@proxy.example,off", "GOFLAGS": "-ldflags=-X=main.token=s3cr3t-token",
		"AWS_SECRET_ACCESS_KEY": "s3cr3t-key",
		"HTTPS_PROXY":           "http://user:s3cr3t-proxy@proxy.example:1", "NODE_OPTIONS": "--title=s3cr3t-title",
	}
	for name, v := range secrets {
		t.Setenv(name, v)
	}
	tape, _ := recorded(t, true)
	for _, line := range linesOf(tape) {
		if i := strings.Index(line, "s3cr3t"); i >= 0 {
			t.Errorf("…%s…", line[max(0, i-80):min(len(line), i+40)])
		}
	}
	if !bytes.Contains(tape, []byte("${GOFLAGS}")) {
		t.Error("gopls logs nothing of the environment: the test shows nothing")
	}
	if _, err := replay(tape, t.TempDir()); err != nil {
		t.Error(err)
	}
}

// A trace of the time when each lookup of a version was one command of git, with the repository's filters disabled by
// name, is replayed. Answers of that time without a ledger cannot be.
func TestATraceOfAnEarlierVersionIsReplayed(t *testing.T) {
	t.Parallel()
	tapes, err := filepath.Glob(filepath.Join("testdata", "traces", "*.jsonl"))
	if err != nil || len(tapes) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	for _, file := range tapes {
		tape, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Count(tape, []byte(`{"bundle":{`))
		n, err := replay(tape, t.TempDir())
		if bytes.Contains(tape, []byte(`"cmd":"refs"`)) && bytes.Contains(tape, []byte(`{"trace":{"version":1,`)) {
			if n != 0 || !fault.Is(err, fault.VersionSkew) ||
				!strings.Contains(err.Error(), "request 1 of the trace, references, ") {
				t.Errorf("%s: %d answers, %v", file, n, err)
			}
		} else if err != nil || n != want {
			t.Errorf("%s: %d answers of %d, %v", file, n, want, err)
		}
	}
}
