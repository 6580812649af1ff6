package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/bundle"
	"lanser/server/remote"
	"lanser/server/toolchain"
)

// Doctor prints a line for each cause that keeps diag from a verdict.
func TestDoctorPrintsALineForEachCause(t *testing.T) {
	lacks := func(language, reason, fix string, files ...string) toolchain.CheckGap {
		return toolchain.CheckGap{Coverage: bundle.Coverage{
			Language: language, State: bundle.UncheckedState, Owed: true, Reason: reason, Fix: fix, Files: files,
		}}
	}
	guessed := lacks("C file", "nothing says how they are compiled", "write a database", "a.c", "b.c")
	guessed.OnlyWithErrors = true
	for name, tt := range map[string]struct {
		gaps      []toolchain.CheckGap
		isMissing bool
		want      string
	}{
		"nothing": {want: "diag\tnothing is missing that it needs for a verdict\n"},
		"causes": {
			gaps: []toolchain.CheckGap{
				lacks("Go file", "gopls is not installed", "install it", "a%20b.go"),
				lacks("Python file", "a package is missing", "pip", "a.py", "b.py"),
				lacks("Go module file", "gopls is not installed", "install it", "go.mod", "x/go.mod"),
				guessed, lacks("", "lanser.toml is wrong", ""),
			},
			want: "diag\twill not give a verdict (exit code 66): a b.go, 2 Go module files: " +
				"gopls is not installed; install it\n" +
				"diag\twill not give a verdict (exit code 66): 2 Python files: a package is missing; pip\n" +
				"diag\twill not give a verdict (exit code 66) if it finds errors: 2 C files: " +
				"nothing says how they are compiled; write a database\n" +
				"diag\twill not give a verdict (exit code 66): lanser.toml is wrong\n",
		},
		"a server": {
			gaps:      []toolchain.CheckGap{lacks("Go file", "gopls is not installed", "install it", "a.go")},
			isMissing: true,
			want: "diag\twill not give a verdict (exit code 66, or 67 if nothing else is checked): a.go: " +
				"gopls is not installed; install it\n",
		},
	} {
		var out strings.Builder
		writeGaps(&out, tt.gaps, tt.isMissing)
		if d := cmp.Diff(tt.want, out.String()); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
	}
}

// Doctor says whether the cache that the environment names can be used, and keeps its password to itself.
func TestDoctorSaysWhetherTheRemoteCacheAnswers(t *testing.T) {
	status := http.StatusNotFound
	answer := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	cache := httptest.NewServer(http.HandlerFunc(answer))
	host := strings.TrimPrefix(cache.URL, "http://")
	with := func(address, writes string, answers int) string {
		t.Setenv(remote.Var, address)
		t.Setenv(remote.WriteVar, writes)
		status = answers
		var out strings.Builder
		writeRemoteCache(&out, remoteCache())
		return out.String()
	}
	secret := "http://user:secret@" + host + "/path/"
	for _, tt := range []struct {
		address, writes string
		answers         int
		want            string
	}{
		{"", "", 404, "remote\tnone (LANSER_REMOTE_CACHE is not set)\n"},
		{"HOST/path", "", 404, "remote\tLANSER_REMOTE_CACHE is no address of a cache\n"},
		{secret, "", 404, "remote\thttp://" + host + "/path, read; it answers\n"},
		{secret, "1", 200, "remote\thttp://" + host + "/path, read and written; it answers\n"},
		{
			secret, "", 401,
			"remote\thttp://" + host + "/path, read; IT CANNOT BE USED: it answers with 401 Unauthorized\n",
		},
	} {
		if d := cmp.Diff(tt.want, with(tt.address, tt.writes, tt.answers)); d != "" {
			t.Errorf("%q answers %d: (-want +got)\n%s", tt.address, tt.answers, d)
		}
	}
	cache.Close()
	got := with(secret, "", 404)
	saysWhy := strings.Contains(got, "IT CANNOT BE USED: ") && strings.Contains(got, "refused")
	if !saysWhy || strings.Contains(got, "secret") {
		t.Errorf("a cache that is gone: %q", got)
	}
}
