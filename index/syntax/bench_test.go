package syntax_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lanser/index"
	"lanser/index/syntax"
)

// BenchmarkFullIndex indexes Go's standard library with an empty store, beside
// reading and parsing the same files with as many goroutines and nothing else. It
// reports the ratio, and bytes of live memory and of store a byte of source.
func BenchmarkFullIndex(b *testing.B) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "src")
	var parsing, indexing time.Duration
	var bytes, kept, live int64
	for range b.N {
		files, size := sourcesOf(b, root)
		bytes = size
		started := time.Now()
		parseAll(b, root, files)
		parsing += time.Since(started)

		cache := b.TempDir()
		started = time.Now()
		w, err := index.Open(root, index.Options{Cache: cache})
		if err != nil {
			b.Fatal(err)
		}
		s, err := w.Snapshot(context.Background())
		if err == nil {
			err = s.Index(context.Background())
		}
		if err != nil {
			b.Fatal(err)
		}
		w.Flush()
		indexing += time.Since(started)
		if n := w.Parsed(); n < len(files)*9/10 {
			b.Fatalf("%d of %d files were parsed", n, len(files))
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		live = int64(m.HeapAlloc)
		runtime.KeepAlive(s)
		w.Close()
		kept = sizeOf(b, cache)
	}
	b.ReportMetric(float64(indexing)/float64(parsing), "index/parse")
	b.ReportMetric(indexing.Seconds()/float64(b.N), "s/index")
	b.ReportMetric(float64(live)/float64(bytes), "memory/source")
	b.ReportMetric(float64(kept)/float64(bytes), "store/source")
	b.ReportMetric(float64(bytes)/1e6, "MB-source")
}

func sourcesOf(b *testing.B, root string) (files []string, bytes int64) {
	b.Helper()
	err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if _, ok := syntax.LangOf(p); ok && d.Type().IsRegular() {
			info, err := d.Info()
			if err != nil {
				return err
			}
			bytes += info.Size()
			files = append(files, p)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return files, bytes
}

func parseAll(b *testing.B, root string, files []string) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files); i = int(next.Add(1)) - 1 {
				src, err := os.ReadFile(files[i])
				if err == nil && syntax.Unparsable(src) == "" {
					err = syntax.ParseOnly(files[i], src)
				}
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func sizeOf(b *testing.B, dir string) (size int64) {
	b.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			size += info.Size()
		}
	}
	return size
}
