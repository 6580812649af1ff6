package index_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/text"
)

func goroot(b *testing.B) string {
	b.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// lanser builds the program.
func lanser(b *testing.B) string {
	b.Helper()
	bin := filepath.Join(b.TempDir(), "lanser")
	cmd := exec.Command("go", "build", "-o", bin, "lanser/cmd/lanser")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// timed runs a command to its end.
func timed(b *testing.B, cmd *exec.Cmd, want string) time.Duration {
	b.Helper()
	started := time.Now()
	out, err := cmd.Output()
	took := time.Since(started)
	if err != nil || !strings.Contains(string(out), want) {
		b.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return took
}

// BenchmarkColdLocate runs 'lanser locate' in Go's standard library as a process
// with an empty cache folder. For comparison, the same run measures ctags -R of the same tree.
func BenchmarkColdLocate(b *testing.B) {
	root, bin := filepath.Join(goroot(b), "src"), lanser(b)
	for name, selector := range map[string]string{
		"module": "go://net/http#Server.Serve", "anywhere": "go://*#Server.Serve",
	} {
		b.Run(name, func(b *testing.B) {
			var ours, theirs, again time.Duration
			for range b.N {
				cache := b.TempDir()
				locate := func() time.Duration {
					cmd := exec.Command(bin, "locate", selector, "--workspace", root)
					cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache)
					return timed(b, cmd, "net/http/server.go")
				}
				ours += locate()
				again += locate()
				cmd := exec.Command("ctags", "-R", "--quiet", "-f", filepath.Join(b.TempDir(), "tags"), ".")
				cmd.Dir = root
				theirs += timed(b, cmd, "")
			}
			b.ReportMetric(float64(theirs)/float64(ours), "ctags/cold")
			b.ReportMetric(float64(theirs)/float64(again), "ctags/second")
			b.ReportMetric(1000*ours.Seconds()/float64(b.N), "ms/cold")
			b.ReportMetric(1000*theirs.Seconds()/float64(b.N), "ms/ctags")
		})
	}
}

// BenchmarkSecondStart indexes Go's standard library, starts again with the store
// that this has left, and edits one file of a copy.
func BenchmarkSecondStart(b *testing.B) {
	dir := b.TempDir()
	if out, err := exec.Command("cp", "-r", filepath.Join(goroot(b), "src"), dir).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	root := filepath.Join(dir, "src")
	ctx := context.Background()
	defer index.TrustTimes()()
	var full, second, edit time.Duration
	for i := range b.N {
		cache := b.TempDir()
		open := func() (*index.Workspace, time.Duration) {
			started := time.Now()
			w, err := index.Open(root, index.Options{Cache: cache})
			if err != nil {
				b.Fatal(err)
			}
			indexAll(b, w)
			return w, time.Since(started)
		}
		w, took := open()
		full += took
		w.Close()
		w, took = open()
		second += took
		if n := w.Parsed(); n > 0 {
			b.Fatalf("%d files were parsed on the second start", n)
		}
		for range 2 { // the list of files is kept from the second question on
			indexAll(b, w)
		}
		file := filepath.Join(root, "net", "http", "server.go")
		src, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, append(src, fmt.Sprintf("\nfunc added%d() {}\n", i)...), 0o644)
		}
		if err != nil {
			b.Fatal(err)
		}
		started := time.Now()
		s := indexAll(b, w)
		decls, _, _ := s.Module(ctx, selectors.Go, "net/http")
		edit += time.Since(started)
		if n := w.Parsed(); n != 1 || decls == nil {
			b.Fatalf("%d files were parsed after the edit", n)
		}
		w.Close()
	}
	b.ReportMetric(float64(full)/float64(second), "full/second")
	b.ReportMetric(float64(full)/float64(edit), "full/edit")
	b.ReportMetric(1000*full.Seconds()/float64(b.N), "ms/full")
	b.ReportMetric(1000*second.Seconds()/float64(b.N), "ms/second")
	b.ReportMetric(1000*edit.Seconds()/float64(b.N), "ms/edit")
}

func indexAll(b *testing.B, w *index.Workspace) *index.Snapshot {
	b.Helper()
	s, err := w.Snapshot(context.Background())
	if err == nil {
		err = s.Index(context.Background())
	}
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkLocateAmong100000Files locates in a tree of 100,000 files, copies of
// rxjs: as a process with an empty and with a filled cache, and in a process that
// goes on.
func BenchmarkLocateAmong100000Files(b *testing.B) {
	src := filepath.Join(indextest.NPM(b, indextest.RxJSVersion), "src")
	root, n := filepath.Join(b.TempDir(), "tree"), 0
	for i := 0; n < 100_000; i++ {
		err := filepath.WalkDir(src, func(p string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(src, p)
			if err != nil {
				return err
			}
			raw, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			to := filepath.Join(root, fmt.Sprintf("p%03d", i), rel)
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			n++
			return os.WriteFile(to, raw, 0o644)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	bin := lanser(b)
	const module, name = "ts://p123/internal/Observable#Observable.subscribe?overload=0", "p123/internal/Observable.ts"
	b.ResetTimer()
	var cold, second, warm time.Duration
	for range b.N {
		cache := b.TempDir()
		locate := func() time.Duration {
			cmd := exec.Command(bin, "locate", module, "--workspace", root)
			cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache)
			return timed(b, cmd, name)
		}
		cold += locate()
		second += locate()
		w, err := index.Open(root, index.Options{Cache: cache})
		if err != nil {
			b.Fatal(err)
		}
		sel, err := selectors.Parse(module, text.UTF16)
		if err != nil {
			b.Fatal(err)
		}
		restore := index.TrustTimes()
		for i := range 4 {
			started := time.Now()
			s, err := w.Snapshot(context.Background())
			if err == nil {
				_, err = selectors.Resolve(context.Background(), s, sel)
			}
			if err != nil {
				b.Fatal(err)
			}
			if i == 3 {
				warm += time.Since(started)
			}
		}
		restore()
		w.Close()
	}
	b.ReportMetric(float64(n), "files")
	b.ReportMetric(1000*cold.Seconds()/float64(b.N), "ms/cold")
	b.ReportMetric(1000*second.Seconds()/float64(b.N), "ms/second")
	b.ReportMetric(1000*warm.Seconds()/float64(b.N), "ms/warm")
}
