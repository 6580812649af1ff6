package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"lanser/server/api"
)

// progressOf is what a check of that long shows, telling of its progress on the way.
func progressOf(t *testing.T, terminal bool, long time.Duration) string {
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		tell, stop := showProgress(&out, terminal)
		tell(api.Progress{Server: "gopls", Files: 9})
		tell(api.Progress{Server: "pyright", Done: 1, Files: 2, Before: true})
		tell(api.Progress{Server: "gopls", Done: 4, Files: 9})
		time.Sleep(long)
		stop()
	})
	return out.String()
}

func TestALongCheckReportsProgress(t *testing.T) {
	for _, c := range []struct {
		terminal bool
		long     time.Duration
		want     string
	}{
		{true, 400 * time.Millisecond, ""},
		{true, 600 * time.Millisecond, "\r\x1b[K1s, gopls 4 of 9 files, pyright before 1 of 2 files\r\x1b[K"},
		{false, 29 * time.Second, ""},
		{
			false, 61 * time.Second,
			"lanser: still checking: 30s, gopls 4 of 9 files, pyright before 1 of 2 files\n" +
				"lanser: still checking: 1m0s, gopls 4 of 9 files, pyright before 1 of 2 files\n",
		},
	} {
		if got := progressOf(t, c.terminal, c.long); got != c.want {
			t.Errorf("terminal %t, %s: %q, want %q", c.terminal, c.long, got, c.want)
		}
	}
}
