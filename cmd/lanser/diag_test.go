package main

import (
	"os"
	"path/filepath"
	"testing"

	"lanser/index/indextest"
)

// A report shows code of the workspace alone, whatever a bundle names.
func TestAReportReadsRegularFilesOfTheWorkspaceOnly(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"ws/a.go": "package m\n", "secret": "line\n"})
	root := filepath.Join(dir, "ws")
	if err := os.Symlink("../secret", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	read := fileReader(root)
	if c := read("a.go"); c == nil || c.Line(0) != "package m" {
		t.Errorf("a.go: %v", c)
	}
	for _, p := range []string{"../secret", filepath.Join(dir, "secret"), "link", "none", "."} {
		if c := read(p); c != nil {
			t.Errorf("%s is read: %q", p, c.Bytes())
		}
	}
}

func TestPathsInAReportAreRelativeToTheFolderOfTheJob(t *testing.T) {
	job, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	repository := filepath.Join(job, "repository")
	want := map[string]string{"": "", ".hidden": ".hidden", ".hidden/x": ".hidden/x", "a/.b": "a/.b", "..a": "..a"}
	for folder := range want {
		if err := os.MkdirAll(filepath.Join(repository, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(repository, ".git", "refs"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ github, gitlab string }{
		{github: repository},
		{gitlab: repository},
		{}, // the folder of the repository
	} {
		t.Setenv("GITHUB_WORKSPACE", c.github)
		t.Setenv("CI_PROJECT_DIR", c.gitlab)
		for folder, want := range want {
			if got := prefix(filepath.Join(repository, folder)); got != want {
				t.Errorf("%+v: the prefix of %q is %q, want %q", c, folder, got, want)
			}
		}
	}
}
