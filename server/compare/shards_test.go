package compare_test

import (
	"slices"
	"strings"
	"testing"

	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/compare"
)

// ofShard returns the finished check of a shard in which a server has checked a file for each finding.
func ofShard(t *testing.T, shard, server string, found ...bundle.Diagnostic) *bundle.Bundle {
	t.Helper()
	b := &bundle.Bundle{
		Status:   "ok",
		Request:  bundle.Request{Cmd: "diagnostics", Options: map[string]any{"shard": shard, "fail-on": "error"}},
		Snapshot: &bundle.Snapshot{Digest: "sha256:1", Scope: "all servers"},
		Evidence: bundle.Evidence{State: bundle.Complete, Reasons: []string{
			server + " answered for 1 of 1 files", "shard " + shard + " checks 1 of 2 projects: a",
		}},
		Facts: &bundle.Facts{
			Diagnostics: found, LeftOut: &bundle.LeftOut{Files: 1},
			Checks: []bundle.Check{{
				Server: bundle.Tool{Name: server, Version: "1"}, State: bundle.Complete, Files: 1,
				Unchecked: []bundle.Unchecked{},
				Coverage: []bundle.Coverage{{
					Language: "Go file", State: bundle.CheckedState, Files: []string{shard},
				}},
			}},
		},
		Environment: bundle.Environment{
			Server: &bundle.Tool{Name: server, Version: "1"}, ConfigDigest: "sha256:" + server,
		},
	}
	if b.Facts.Diagnostics == nil {
		b.Facts.Diagnostics = []bundle.Diagnostic{}
	}
	if err := b.Seal(); err != nil {
		t.Fatal(err)
	}
	return b
}

// found returns an error in a line of a file, 0-based.
func found(file string, line int) bundle.Diagnostic {
	return bundle.Diagnostic{URI: file, Range: bundle.Range{line, 0, line, 1}, Severity: "error", Message: "m"}
}

func TestTheShardsOfACheckAreOneCheck(t *testing.T) {
	b, err := compare.Merged([]compare.Shard{
		{Name: "2.json", Bundle: ofShard(t, "2/3", "pyright", found("b.py", 1), found("pyproject.toml", 0))},
		{
			Name:   "1.json",
			Bundle: ofShard(t, "1/3", "gopls", found("a.go", 2), found("a.go", 1), found("pyproject.toml", 0)),
		},
		{Name: "3.json", Bundle: ofShard(t, "3/3", "gopls")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var at, servers []string
	for _, d := range b.Facts.Diagnostics {
		at = append(at, d.URI+":"+string(rune('0'+d.Range[0])))
	}
	for _, c := range b.Facts.Checks {
		servers = append(servers, c.Server.Name+" "+string(rune('0'+c.Files)))
	}
	if want := []string{"a.go:1", "a.go:2", "b.py:1", "pyproject.toml:0"}; !slices.Equal(at, want) {
		t.Errorf("findings %v, want %v", at, want)
	}
	if want := []string{"gopls 2", "pyright 1"}; !slices.Equal(servers, want) {
		t.Errorf("checks %v, want %v", servers, want)
	}
	reasons := []string{"pyright answered for 1 of 1 files", "gopls answered for 2 of 2 files"}
	if !slices.Equal(b.Evidence.Reasons, reasons) || b.Evidence.State != bundle.Complete || b.Meta.ExitCode != 1 {
		t.Errorf("exit %d, evidence %+v", b.Meta.ExitCode, b.Evidence)
	}
	_, divided := b.Request.Options["shard"]
	if divided || b.Facts.LeftOut.Files != 3 || b.Environment.ConfigDigest != "sha256:pyright sha256:gopls" {
		t.Errorf("options %v, left out %+v, environment %+v", b.Request.Options, b.Facts.LeftOut, b.Environment)
	}
}

// What nobody has checked is not clean.
func TestWhatAShardCouldNotCheckIsNotVerified(t *testing.T) {
	failed := ofShard(t, "2/2", "gopls")
	failed.Facts, failed.Error = nil, &bundle.Error{Code: fault.Timeout, Message: "the request did not finish"}
	partial := ofShard(t, "2/2", "gopls")
	partial.Evidence = bundle.Evidence{State: bundle.Partial, Reasons: []string{"gopls has died"}}
	idle := func(shard string) *bundle.Bundle {
		b := ofShard(t, shard, "gopls")
		b.Facts.Checks[0].Files = 0
		return b
	}
	for name, tt := range map[string]struct {
		first, second *bundle.Bundle
		why           string
	}{
		"missing":   {ofShard(t, "1/2", "gopls"), nil, "shard 2/2 was not checked: its report is missing"},
		"failed":    {ofShard(t, "1/2", "gopls"), failed, "shard 2/2 was not checked: the request did not finish"},
		"partial":   {ofShard(t, "1/2", "gopls"), partial, "gopls has died"},
		"all idle":  {idle("1/2"), idle("2/2"), "nothing was checked"},
		"one idle":  {ofShard(t, "1/2", "gopls"), idle("2/2"), ""},
		"both fine": {ofShard(t, "1/2", "gopls"), ofShard(t, "2/2", "gopls"), ""},
	} {
		list := []compare.Shard{{Name: "1.json", Bundle: tt.first}}
		if tt.second != nil {
			list = append(list, compare.Shard{Name: "2.json", Bundle: tt.second})
		}
		b, err := compare.Merged(list)
		exit := 0
		if tt.why != "" {
			exit = 66
		}
		if err != nil || b.Meta.ExitCode != exit || tt.why != "" && !slices.Contains(b.Evidence.Reasons, tt.why) {
			t.Errorf("%s: %v, exit %d, %v", name, err, b.Meta.ExitCode, b.Evidence.Reasons)
		}
	}
}

func TestReportsThatAreNotOfOneCheckAreNotMerged(t *testing.T) {
	whole := ofShard(t, "1/2", "gopls")
	delete(whole.Request.Options, "shard")
	later := ofShard(t, "2/2", "gopls")
	later.Snapshot.Digest = "sha256:2"
	strict := ofShard(t, "2/2", "gopls")
	strict.Request.Options["strict"] = true
	cut := ofShard(t, "2/2", "gopls")
	cut.Meta.Truncated = 1
	first := ofShard(t, "1/2", "gopls")
	failed := func(shard string) *bundle.Bundle {
		b := ofShard(t, shard, "gopls")
		b.Facts, b.Error = nil, &bundle.Error{Code: fault.NoServer, Message: "gopls is not installed"}
		return b
	}
	for name, tt := range map[string]struct {
		first, second *bundle.Bundle
		code          fault.Code
		why           string
	}{
		"no shard":       {whole, nil, fault.Usage, "1.json cannot be read: it is no check of a shard"},
		"the same":       {first, ofShard(t, "1/2", "gopls"), fault.Usage, "it is of shard 1, as 1.json is"},
		"another number": {first, ofShard(t, "2/3", "gopls"), fault.Usage, "it is one of 3 shards"},
		"another state":  {first, later, fault.ContentModified, "another state of the workspace than 1.json"},
		"other options":  {first, strict, fault.Usage, "other paths or options than that of 1.json"},
		"cut":            {first, cut, fault.Usage, "does not contain all findings"},
		"all failed":     {failed("1/2"), failed("2/2"), fault.NoServer, "every shard failed: gopls is not installed"},
	} {
		list := []compare.Shard{{Name: "1.json", Bundle: tt.first}}
		if tt.second != nil {
			list = append(list, compare.Shard{Name: "2.json", Bundle: tt.second})
		}
		_, err := compare.Merged(list)
		if !fault.Is(err, tt.code) || !strings.Contains(fault.From(err).Message, tt.why) {
			t.Errorf("%s: %v, want %s: %s", name, err, tt.code, tt.why)
		}
	}
}
