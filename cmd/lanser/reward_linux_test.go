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

// patched is a copy of cobra with a function that has two type errors.
type patched struct {
	dir  string
	line int // of the function, 1-based
}

func newPatched(t *testing.T) patched {
	t.Helper()
	dir := indextest.Copy(t, indextest.Cobra(t))
	file := filepath.Join(dir, "args.go")
	raw, err := os.ReadFile(file)
	must(t, err)
	raw = append(raw, "\nfunc fault() int { return nope + neither }\n"...)
	must(t, os.WriteFile(file, raw, 0o644))
	return patched{dir, strings.Count(string(raw), "\n")}
}

// patch returns a patch that replaces the function by the text.
func (p patched) patch(text string) string {
	return fmt.Sprintf("--- a/args.go\n+++ b/args.go\n@@ -%d,1 +%d,1 @@\n"+
		"-func fault() int { return nope + neither }\n+%s\n", p.line, p.line, text)
}

// engine returns an engine for the copy, and a function that returns the reward of a patch.
func (p patched) engine(t *testing.T) (*server.Engine, func(patch, version string) *bundle.Reward) {
	t.Helper()
	e, err := server.New(server.Config{Root: p.dir})
	must(t, err)
	t.Cleanup(func() { e.Close() })
	return e, func(patch, version string) *bundle.Reward {
		t.Helper()
		req := api.Request{Op: "diag", Options: api.Options{Patch: patch, Reward: version}}
		b, _ := e.Do(context.Background(), req) // an error is in the bundle too
		if b.ProcessReward == nil {
			t.Fatalf("no reward: %+v", b.Error)
		}
		return b.ProcessReward
	}
}

// Rewards of patches of cobra: one that fixes two type errors has more than 0, one that introduces an error less than
// 0. One that does not apply has only the term of the confidence.
func TestRewardsOfPatchesOfCobra(t *testing.T) {
	t.Parallel()
	cobra := newPatched(t)
	_, worth := cobra.engine(t)
	patch := cobra.patch
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
}

// A patch has no reward if the session that checks it is killed half-way. The test kills every process that the
// test binary starts meanwhile, also for another test. So it must not be parallel.
func TestAPatchHasNoRewardIfItsSessionIsKilled(t *testing.T) {
	cobra := newPatched(t)
	e, worth := cobra.engine(t)
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
	r := worth(cobra.patch("func fault() int { return 1 }"), "pr-v1")
	close(stop)
	<-stopped
	if r.R != nil || r.Components != nil || !strings.Contains(r.Explanation, "not complete") {
		t.Errorf("killed half-way: %+v", r)
	}
}
