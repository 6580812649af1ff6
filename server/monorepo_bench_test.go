package server_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/bundle"
	"lanser/server/remote"
)

var monorepoProjects = flag.Int("projects", 200, "the number of projects of BenchmarkMonorepo")

// monorepoShards is the number of jobs that share a check.
const monorepoShards = 4

// projectKind is a pinned package that needs no other one, of which the projects of a monorepo are copies.
type projectKind struct {
	from         string // its folder
	module       string // its path in Go, in place of which each copy has one of its own; "" for other languages
	config, text string // a project file that it lacks
	fault, line  string // a file with one error
}

// projectKinds are packages in Python, TypeScript and Go.
func projectKinds(b *testing.B) []projectKind {
	b.Helper()
	const fault, line = "fault/fault.go", "package fault\n\nvar X int = \"\"\n"
	pflag := projectKind{
		from: indextest.Module(b, "github.com/spf13/pflag@v1.0.10"), module: "github.com/spf13/pflag",
		fault: fault, line: line,
	}
	return []projectKind{
		{
			from: indextest.Mail(b), config: "pyproject.toml", text: "[project]\nname = \"m\"\nversion = \"1\"\n",
			fault: "fault.py", line: "x: int = ''\n",
		},
		{
			from:   filepath.Join(indextest.NPM(b, "@tanstack/table-core@8.20.5"), "src"),
			config: "tsconfig.json", text: `{"compilerOptions":{"noEmit":true,"types":[]}}` + "\n",
			fault: "fault.ts", line: "export const x: number = '';\n",
		},
		pflag,
		{
			from: indextest.Module(b, "github.com/google/go-cmp@v0.7.0"), module: "github.com/google/go-cmp",
			fault: fault, line: line,
		},
		pflag,
	}
}

// monorepo returns a repository of projects, every tenth of which has a fault, and the number of files.
func monorepo(b *testing.B, projects int) (dir string, files int) {
	b.Helper()
	kinds := projectKinds(b)
	dir = b.TempDir()
	for i := range projects {
		k, name := kinds[i%len(kinds)], fmt.Sprintf("p%03d", i)
		err := filepath.WalkDir(k.from, func(p string, d fs.DirEntry, err error) error {
			rel, _ := filepath.Rel(k.from, p)
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(p)
			text := string(raw)
			if k.module != "" {
				text = strings.ReplaceAll(text, k.module, "ex.com/"+name)
			}
			indextest.Write(b, dir, name+"/"+filepath.ToSlash(rel), text)
			files++
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		if k.config != "" {
			indextest.Write(b, dir, name+"/"+k.config, k.text)
			files++
		}
		if i%10 == 0 {
			indextest.Write(b, dir, name+"/"+k.fault, k.line)
			files++
		}
	}
	runGit(b, dir, "init", "-q")
	commitAll(b, dir)
	return dir, files
}

// commitAll commits the folder as it is.
func commitAll(b *testing.B, dir string) {
	b.Helper()
	runGit(b, dir, "add", "--all")
	runGit(b, dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "a")
}

// BenchmarkMonorepo measures the jobs of a continuous integration in a repository of 10,000 files in 200 projects, each
// with empty caches, as on a machine that has never seen the repository. The jobs are one that checks all; shards, one
// after the other, with the merge of their reports; one for a change of one file, without and with the answers of the
// first job in a shared cache, and with a cache that damages what it holds. The merged report must have the findings
// and the exit code of the whole one, and a cache must not change a report.
//
//	go test ./server -run '^$' -bench Monorepo -benchtime 1x -timeout 180m
func BenchmarkMonorepo(b *testing.B) {
	file, err := built()
	if err != nil {
		b.Fatal(err)
	}
	dir, files := monorepo(b, *monorepoProjects)
	cache := &sharedCache{entries: map[string][]byte{}}
	running := httptest.NewServer(cache)
	defer running.Close()
	reports := b.TempDir()
	// job runs lanser and returns how long it took and its report. The environment names the cache, if any.
	job := func(address, write string, args ...string) (time.Duration, *bundle.Bundle) {
		b.Helper()
		b.Setenv("XDG_CACHE_HOME", b.TempDir())
		b.Setenv(remote.Var, address)
		b.Setenv(remote.WriteVar, write)
		out := filepath.Join(reports, "report.json")
		cmd := exec.Command(file, append(args, "--output", "json="+out)...)
		cmd.Dir = dir
		began := time.Now()
		text, err := cmd.CombinedOutput()
		took := time.Since(began)
		var exit *exec.ExitError
		if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
			b.Fatalf("lanser %q: %v\n%s", args, err, text[max(0, len(text)-2000):])
		}
		raw, err := os.ReadFile(out)
		if err != nil {
			b.Fatal(err)
		}
		var report bundle.Bundle
		if err := json.Unmarshal(raw, &report); err != nil {
			b.Fatal(err)
		}
		spent := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() // as on a machine without other work
		b.Logf("%6.1f s, %6.1f s of processor time  %s", took.Seconds(), spent.Seconds(), strings.Join(args, " "))
		return took, &report
	}
	diag := func(more ...string) []string {
		return append([]string{"diag", "--no-daemon", "--timeout", "60m"}, more...)
	}
	kinds := projectKinds(b)
	changed := min(3, *monorepoProjects-1)
	for b.Loop() {
		cold, whole := job(running.URL, "1", diag()...)
		var slowest time.Duration
		merge := []string{"report", "merge"}
		for i := range monorepoShards {
			shard := filepath.Join(reports, fmt.Sprintf("shard-%d.json", i))
			name := fmt.Sprintf("%d/%d", i+1, monorepoShards)
			took, _ := job("", "", diag("--shard", name, "--output", "json="+shard)...)
			slowest = max(slowest, took)
			merge = append(merge, shard)
		}
		merging, merged := job("", "", merge...)
		if d := cmp.Diff(whole.Facts, merged.Facts); d != "" || whole.Meta.ExitCode != merged.Meta.ExitCode {
			b.Errorf("exit %d, and %d of the shards (-whole +merged)\n%s", whole.Meta.ExitCode, merged.Meta.ExitCode, d)
		}

		k := kinds[changed%len(kinds)]
		indextest.Write(b, dir, fmt.Sprintf("p%03d/changed_%s", changed, filepath.Base(k.fault)), k.line)
		commitAll(b, dir)
		affected := diag("--affected", "HEAD~1")
		request, want := job("", "", affected...)
		warm, got := job(running.URL, "", affected...)
		cache.damage = func(entry []byte) []byte { entry[len(entry)-1] ^= 1; return entry }
		_, damaged := job(running.URL, "", affected...)
		for _, report := range []*bundle.Bundle{got, damaged} {
			if report.BundleID != want.BundleID {
				b.Errorf("with a shared cache the report is %s, without one %s", report.BundleID, want.BundleID)
			}
		}
		b.ReportMetric(float64(files), "files")
		b.ReportMetric(float64(len(whole.Facts.Diagnostics)), "findings")
		b.ReportMetric(cold.Seconds(), "whole-s")
		b.ReportMetric((slowest + merging).Seconds(), "shards-s")
		b.ReportMetric((slowest+merging).Seconds()/cold.Seconds(), "shards-ratio")
		b.ReportMetric(request.Seconds(), "request-s")
		b.ReportMetric(warm.Seconds(), "request-shared-s")
		b.ReportMetric(warm.Seconds()/cold.Seconds(), "request-shared-ratio")
		b.ReportMetric(0, "ns/op")
	}
}
