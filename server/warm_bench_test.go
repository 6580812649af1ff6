package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lanser/index/indextest"
	"lanser/server/api"
)

// built is lanser itself, for benchmarks of whole processes.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lanser-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "lanser")
	out, err := exec.Command("go", "build", "-o", file, "lanser/cmd/lanser").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return file, err
})

// speaker is a process that is asked over its standard input, a line of JSON a question.
type speaker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	n   int
	mcp bool
}

func speak(b *testing.B, dir string, args ...string) *speaker {
	b.Helper()
	file, err := built()
	if err != nil {
		b.Fatal(err)
	}
	s := &speaker{
		cmd: exec.Command(file, append([]string{"--no-daemon", "--workspace", dir, "serve"}, args...)...),
		mcp: !slices.Contains(args, "jsonl"),
	}
	s.cmd.Stderr = os.Stderr
	s.in, err = s.cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	s.out = bufio.NewReaderSize(out, 1<<20)
	b.Cleanup(func() {
		s.in.Close()
		_ = s.cmd.Wait()
	})
	if s.mcp {
		s.line(
			b,
			`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"b","version":"1"}}}`,
		)
		fmt.Fprintln(s.in, `{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	}
	return s
}

// line sends a line and returns the next.
func (s *speaker) line(b *testing.B, line string) []byte {
	b.Helper()
	if _, err := fmt.Fprintln(s.in, line); err != nil {
		b.Fatal(err)
	}
	answer, err := s.out.ReadBytes('\n')
	if err != nil {
		b.Fatal(err)
	}
	return answer
}

var longNames = map[string]string{"def": "definition", "refs": "references", "hover": "hover"}

func (s *speaker) ask(b *testing.B, op, selector string) time.Duration {
	b.Helper()
	s.n++
	sel, _ := json.Marshal(selector)
	line := fmt.Sprintf(`{"id":%d,"cmd":%q,"selector":%s}`, s.n, op, sel)
	if s.mcp {
		line = fmt.Sprintf(
			`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{"selector":%s}}}`,
			s.n,
			longNames[op],
			sel,
		)
	}
	began := time.Now()
	answer := s.line(b, line)
	took := time.Since(began)
	if !bytes.Contains(answer, []byte(`"bundle"`)) && !bytes.Contains(answer, []byte(`"content"`)) {
		b.Fatalf("%s: %s", line, answer)
	}
	return took
}

// BenchmarkWarm puts the same questions, about identifiers drawn at random, to a warm
// server by an independent client and through lanser, by turns the one first and the
// other, and reports the medians and 99th percentiles of both, and how they compare. No
// question is put twice.
//
//	go test ./server -run '^$' -bench Warm -benchtime 200x
func BenchmarkWarm(b *testing.B) {
	for _, cb := range codebases {
		dir, witnessed := cb.copy(b), cb.copy(b)
		files := sources(b, dir, cb.server)
		e := thawed(b, dir)
		lines, tools := speak(b, dir, "--protocol", "jsonl"), speak(b, dir, "--tools", "all")
		ways := []struct {
			name string
			c    *rawClient // with a server that is asked the very same
			ask  func(b *testing.B, op, selector string) time.Duration
		}{
			{"engine", raw(b, cb, witnessed, files), func(_ *testing.B, op, sel string) time.Duration {
				began := time.Now()
				_, _ = e.Do(
					context.Background(),
					api.Request{Op: op, Selector: selector(sel)},
				) // nothing found is an answer too
				return time.Since(began)
			}},
			{"jsonl", raw(b, cb, witnessed, files), lines.ask},
			{"mcp", raw(b, cb, witnessed, files), tools.ask},
		}
		spots := identifiers(b, dir, files, 8000)
		next := 0
		// After five seconds all are warm, and the files are known not to change.
		for began := time.Now(); time.Since(began) < 5*time.Second; next++ {
			at := spots[next%len(spots)]
			for _, way := range ways {
				way.c.open(at.file)
				_, _ = way.c.tryLocations("textDocument/references", at.file, at.pos)
				way.ask(b, "refs", fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1))
			}
		}
		for _, op := range []string{"def", "hover", "refs"} {
			for _, way := range ways {
				b.Run(cb.name+"/"+op+"/"+way.name, func(b *testing.B) {
					c := way.c
					var theirs, ours []time.Duration
					for b.Loop() {
						at := spots[next%len(spots)]
						next++
						both := []func(){
							func() {
								began := time.Now()
								c.open(at.file)
								switch op {
								case "hover":
									c.hover(at.file, at.pos)
								case "def":
									_, _ = c.tryLocations("textDocument/definition", at.file, at.pos)
								case "refs":
									_, _ = c.tryLocations("textDocument/references", at.file, at.pos)
								}
								theirs = append(theirs, time.Since(began))
							},
							func() {
								ours = append(
									ours,
									way.ask(
										b,
										op,
										fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1),
									),
								)
							},
						}
						both[next%2]() // what a server does after its answer is in the way of the other's
						both[1-next%2]()
					}
					measured(b, "raw", theirs)
					measured(b, "lanser", ours)
					added := make([]time.Duration, len(ours))
					for i := range added {
						added[i] = ours[i] - theirs[i]
					}
					b.ReportMetric(float64(quantile(added, 50).Microseconds()), "added-p50-µs") // of the same question
					b.ReportMetric(float64(quantile(ours, 50))/float64(quantile(theirs, 50)), "p50-ratio")
					b.ReportMetric(float64(quantile(ours, 99))/float64(quantile(theirs, 99)), "p99-ratio")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
		b.Run(cb.name+"/memory", func(b *testing.B) {
			for b.Loop() {
				own, servers := resident(b, tools.cmd.Process.Pid)
				b.ReportMetric(float64(own>>20), "lanser-MiB")
				b.ReportMetric(float64(servers>>20), "servers-MiB")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkUnsaved puts questions while one file has text that is not saved, as an editor
// does, and the same without, by turns. No question is put twice.
//
//	go test ./server -run '^$' -bench Unsaved -benchtime 200x
func BenchmarkUnsaved(b *testing.B) {
	for _, cb := range tier {
		dir := cb.copy(b)
		e := thawed(b, dir)
		spots := identifiers(b, dir, sources(b, dir, cb.server), 4000)
		saved, err := os.ReadFile(filepath.Join(dir, spots[0].file))
		if err != nil {
			b.Fatal(err)
		}
		text := string(saved) + "\n"
		next := 0
		ask := func(op string, overlay map[string]*string) time.Duration {
			at := spots[next%len(spots)]
			next++
			began := time.Now()
			_, _ = e.Do(context.Background(), api.Request{ // nothing found is an answer too
				Op: op, Selector: selector(fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1)),
				Options: api.Options{Server: cb.server, Overlay: overlay},
			})
			return time.Since(began)
		}
		for began := time.Now(); time.Since(began) < 5*time.Second; {
			ask("hover", nil)
			ask("hover", map[string]*string{spots[0].file: &text})
		}
		for _, op := range []string{"def", "hover"} {
			b.Run(cb.name+"/"+cb.server+"/"+op, func(b *testing.B) {
				var plain, unsaved []time.Duration
				for b.Loop() {
					plain = append(plain, ask(op, nil))
					unsaved = append(unsaved, ask(op, map[string]*string{spots[0].file: &text}))
				}
				measured(b, "saved", plain)
				measured(b, "unsaved", unsaved)
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkAgain puts one question again and again on a workspace that does not change.
//
//	go test ./server -run '^$' -bench Again -benchtime 500x
func BenchmarkAgain(b *testing.B) {
	for _, n := range []int{1000, 50_000} {
		dir := manyFiles(b, n)
		speakers := map[string]*speaker{
			"jsonl": speak(b, dir, "--protocol", "jsonl"), "mcp": speak(b, dir, "--tools", "all"),
		}
		for name, s := range speakers {
			for _, op := range []string{"def", "refs", "hover"} {
				b.Run(fmt.Sprintf("%d files/%s/%s", n, op, name), func(b *testing.B) {
					for range 4 { // from here on it is unchanged, and known to be
						s.ask(b, op, "go://ex.com/m/p0#F0")
					}
					var took []time.Duration
					for b.Loop() {
						took = append(took, s.ask(b, op, "go://ex.com/m/p0#F0"))
					}
					measured(b, "lanser", took)
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}

// manyFiles is a committed Go module of n files in packages of 50.
func manyFiles(b *testing.B, n int) string {
	b.Helper()
	files := map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n"}
	for i := range n {
		files[fmt.Sprintf("p%d/f%d.go", i/50, i)] = fmt.Sprintf(
			"package p%d\n\nfunc F%d() {}\n\nfunc G%d() { F%d() }\n",
			i/50,
			i,
			i,
			i,
		)
	}
	dir := indextest.Files(b, files)
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "."},
		{"-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "one"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	return dir
}

// BenchmarkCommand measures 'lanser refs' through the warm process, from the start of its
// process to the end, beside gopls' own command, alone and with a server of its own kept
// warm (which is started here: -remote=auto would start one, where that works). Every
// question is another one, but where it says "again".
//
//	go test ./server -run '^$' -bench Command -benchtime 50x
func BenchmarkCommand(b *testing.B) {
	file, err := built()
	if err != nil {
		b.Fatal(err)
	}
	cb := codebases[0]
	dir := cb.copy(b)
	spots := identifiers(b, dir, sources(b, dir, cb.server), 4000)
	gopls := found(b, "gopls").Argv[0]
	run, err := os.MkdirTemp("", "run-")
	if err != nil {
		b.Fatal(err)
	}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CI=") })
	env = append(env, "LANSER_DAEMON=on", "XDG_RUNTIME_DIR="+run)
	b.Cleanup(func() {
		stop := exec.Command(file, "daemon", "stop")
		stop.Env = env
		_ = stop.Run()
		os.RemoveAll(run)
	})
	shared := "unix;" + filepath.Join(run, "gopls.sock")
	warm := exec.Command(gopls, "serve", "-listen="+shared)
	warm.Env = env
	if err := warm.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = warm.Process.Kill()
		_ = warm.Wait()
	})
	next, execute := 0, spotIn{"command.go", rawPos{1069, 18}}
	for _, way := range []struct {
		name string
		argv func(at spotIn) []string
		same bool
	}{
		{"lanser refs", func(at spotIn) []string {
			return []string{file, "refs", fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1)}
		}, false},
		{"lanser refs again", func(at spotIn) []string {
			return []string{file, "refs", fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1)}
		}, true},
		{"gopls -remote references", func(at spotIn) []string {
			place := fmt.Sprintf("%s:%d:%d", at.file, at.pos.Line+1, at.pos.Character+1)
			return []string{gopls, "-remote=" + shared, "references", place}
		}, false},
		{"gopls references", func(at spotIn) []string {
			return []string{gopls, "references", fmt.Sprintf("%s:%d:%d", at.file, at.pos.Line+1, at.pos.Character+1)}
		}, false},
	} {
		b.Run(way.name, func(b *testing.B) {
			var took []time.Duration
			ask := func() {
				at := execute
				if !way.same {
					at = spots[next%len(spots)]
					next++
				}
				argv := way.argv(at)
				cmd := exec.Command(argv[0], argv[1:]...)
				cmd.Dir, cmd.Env = dir, env
				began := time.Now()
				_ = cmd.Run() // nothing found is an answer too
				took = append(took, time.Since(began))
			}
			for began := time.Now(); time.Since(began) < 3*time.Second; { // until the workspace is known not to change
				ask()
			}
			took = nil
			for b.Loop() {
				ask()
			}
			measured(b, "command", took)
			b.ReportMetric(0, "ns/op")
		})
	}
}

// resident is the resident memory of a process, and of all below it, in bytes.
func resident(b *testing.B, pid int) (own, below int64) {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(raw))[1], 10, 64)
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range tasks {
		children, _ := os.ReadFile(t)
		for f := range strings.FieldsSeq(string(children)) {
			child, _ := strconv.Atoi(f)
			if same, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", child)); err == nil && bytes.Equal(same, raw) {
				continue // it has not become another program yet, and has its parent's memory
			}
			o, rest := resident(b, child)
			below += o + rest
		}
	}
	return pages * int64(os.Getpagesize()), below
}

func measured(b *testing.B, who string, took []time.Duration) {
	b.ReportMetric(float64(quantile(took, 50).Microseconds()), who+"-p50-µs")
	b.ReportMetric(float64(quantile(took, 99).Microseconds()), who+"-p99-µs")
}

func quantile(took []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}
