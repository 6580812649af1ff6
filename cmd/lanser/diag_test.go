package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPathsInReportsAreRelativeToTheJobsFolder(t *testing.T) {
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
