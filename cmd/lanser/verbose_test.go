package main

import (
	"testing"

	"lanser/server/bundle"
)

func TestWhereAnAnswerComesFrom(t *testing.T) {
	complete := bundle.Evidence{State: bundle.Complete, Reasons: []string{"syntax"}}
	for _, tt := range []struct {
		b    bundle.Bundle
		want string
	}{
		{
			bundle.Bundle{Request: bundle.Request{Cmd: "locate"}, Evidence: complete},
			"locate; evidence: complete: syntax",
		},
		{
			bundle.Bundle{
				Request: bundle.Request{Cmd: "references"},
				Local: &bundle.Local{
					Durations: map[string]float64{"total": 1.234}, PIDs: []int{20, 7}, Sandbox: "full", Memo: "disk",
				},
				Environment: bundle.Environment{Server: &bundle.Tool{Name: "gopls", Version: "v1"}},
				Evidence:    bundle.Evidence{State: bundle.Partial, Reasons: []string{"a", "b"}},
			},
			"references, took 1.23s, remembered (disk), gopls v1, process 7, 20, sandbox full; evidence: partial: a; b",
		},
	} {
		if got := origin(&tt.b); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
