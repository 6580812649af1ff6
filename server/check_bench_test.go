package server_test

import (
	"errors"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkCheck measures a whole check, from the start of the process to its end, beside
// the command line of the same server, and a second check with the cache of the first.
// Caches are empty where it says cold: those of both. Peak is the resident memory of the
// process and of all below it, looked at 50 times a second. Compare within one run:
//
//	go test ./server -run '^$' -bench Check -benchtime 3x
func BenchmarkCheck(b *testing.B) {
	file, err := built()
	if err != nil {
		b.Fatal(err)
	}
	for _, k := range knownCodebases {
		dir := k.copy(b)
		check := func() {
			cmd := exec.Command(file, "diag", "--no-daemon", "--server", k.server, "--format", "sarif")
			cmd.Dir = dir
			var exit *exec.ExitError
			if out, err := cmd.Output(); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
				b.Fatalf("%v: %s\n%s", err, out, exit.Stderr)
			}
		}
		for _, way := range []struct {
			name string
			cold bool
			run  func()
		}{
			{"its own command line, cold", true, func() { k.own(b, dir) }},
			{"lanser, cold", true, check},
			{"lanser, with the cache", false, check},
		} {
			b.Run(k.name+"/"+way.name, func(b *testing.B) {
				b.Setenv("XDG_CACHE_HOME", b.TempDir())
				if !way.cold {
					way.run()
				}
				var peak int64
				for b.Loop() {
					b.StopTimer()
					if way.cold {
						b.Setenv("XDG_CACHE_HOME", b.TempDir())
					}
					stop := watchMemory(b, &peak)
					b.StartTimer()
					way.run()
					b.StopTimer()
					stop()
					b.StartTimer()
				}
				b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
			})
		}
	}
}

// watchMemory keeps in peak the most that the processes below this one take.
func watchMemory(b *testing.B, peak *int64) (stop func()) {
	var done atomic.Bool
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for ; !done.Load(); time.Sleep(20 * time.Millisecond) {
			_, below := resident(b, os.Getpid())
			*peak = max(*peak, below)
		}
	}()
	return func() {
		done.Store(true)
		<-gone
	}
}
