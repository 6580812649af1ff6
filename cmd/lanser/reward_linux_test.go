package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Rewards of patches of cobra: one that fixes two type errors has more than 0, one that introduces an error less than
// 0. One that does not apply has only the term of the confidence, and one whose check is killed has no reward.
func TestRewardsOfPatchesOfCobra(t *testing.T) {
	t.Parallel()
	dir := indextest.Copy(t, indextest.Cobra(t))
	fault := "\nfunc fault() int { return nope + neither }\n"
	f, err := os.OpenFile(filepath.Join(dir, "args.go"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(fault)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "args.go"))
	if err != nil {
		t.Fatal(err)
	}
	n := strings.Count(string(raw), "\n")
	patch := func(now string) string {
		return fmt.Sprintf("--- a/args.go\n+++ b/args.go\n@@ -%d,1 +%d,1 @@\n"+
			"-func fault() int { return nope + neither }\n+%s\n", n, n, now)
	}
	e, err := server.New(server.Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	worth := func(patch, version string) *bundle.Reward {
		req := api.Request{Op: "diag", Options: api.Options{Patch: patch, Reward: version}}
		b, _ := e.Do(context.Background(), req) // an error is in the bundle too
		if b.ProcessReward == nil {
			t.Fatalf("no reward: %+v", b.Error)
		}
		return b.ProcessReward
	}
	for name, tt := range map[string]struct {
		patch, version string
		want           float64
	}{
		"fixes two":              {patch("func fault() int { return 1 }"), "pr-v1", 1.4},
		"fixes two, by v2":       {patch("func fault() int { return 1 }"), "pr-v2", 1},
		"adds one error":         {patch("func fault() int { return nope + neither + never }"), "pr-v1", -0.1},
		"changes nothing, by v2": {patch("func fault() int { return neither + nope }"), "pr-v2", 0},
		"does not apply":         {strings.Replace(patch("x"), "-func fault", "-func other", 1), "pr-v1", 0},
		"does not apply, by v2":  {strings.Replace(patch("x"), "-func fault", "-func other", 1), "pr-v2", -0.4},
	} {
		if r := worth(tt.patch, tt.version); r.R == nil || *r.R != tt.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
	// The session that knows the patch is killed as soon as it is there.
	e.Close()
	e, err = server.New(server.Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Do(context.Background(), api.Request{Op: "diag"}); err != nil {
		t.Fatal(err)
	}
	others := below(os.Getpid())
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, pid := range below(os.Getpid()) {
				if !slices.Contains(others, pid) {
					_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone
				}
			}
			runtime.Gosched()
		}
	}()
	r := worth(patch("func fault() int { return 1 }"), "pr-v1")
	close(stop)
	<-stopped
	if r.R != nil || r.Components != nil || !strings.Contains(r.Explanation, "not complete") {
		t.Errorf("killed half-way: %+v", r)
	}
}
