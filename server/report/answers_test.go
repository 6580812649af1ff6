package report_test

import (
	"os"
	"path/filepath"
	"testing"

	"lanser/index/indextest"
	"lanser/server/report"
)

// A report shows code of the workspace only, whatever paths a bundle contains.
func TestAReportReadsOnlyRegularFilesOfTheWorkspace(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"ws/a.go": "package m\n", "secret": "line\n"})
	root := filepath.Join(dir, "ws")
	if err := os.Symlink("../secret", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	read, done := report.Files(root)
	defer done()
	if c := read("a.go"); c == nil || c.Line(0) != "package m" {
		t.Errorf("a.go: %v", c)
	}
	for _, p := range []string{"../secret", filepath.Join(dir, "secret"), "link", "none", "."} {
		if c := read(p); c != nil {
			t.Errorf("%s is read: %q", p, c.Bytes())
		}
	}
}
