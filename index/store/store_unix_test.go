//go:build unix

package store_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"lanser/index/indextest"
)

func TestANamedPipeAmongTheSegmentsIsIgnored(t *testing.T) {
	dir := indextest.Files(t, nil)
	fill(t, dir, 10)
	if err := syscall.Mkfifo(filepath.Join(dir, "9999999999999999999-00000000.seg"), 0o600); err != nil {
		t.Fatal(err)
	}
	if have := count(t, dir, 10); have != 10 {
		t.Errorf("%d of 10 entries are found", have)
	}
}
