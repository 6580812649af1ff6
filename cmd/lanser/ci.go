package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lanser/index/git"
)

// What environment variables say about a CI job: which system runs it, which folder its paths are relative to, and
// whether its log shows colours. Variables only affect how a report is printed, never what is checked.

// prefix returns the path of the workspace relative to the folder that the paths of a CI job are
// relative to: the job's folder, else the repository. It is "" if they are the same. CI systems match the paths of
// findings with those of a pull request, so that for a workspace in the folder server a finding in a.go must be
// reported in server/a.go.
func prefix(root string) string {
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		return ""
	}
	for _, name := range []string{"GITHUB_WORKSPACE", "CI_PROJECT_DIR"} {
		if dir := os.Getenv(name); dir != "" {
			if dir, err := filepath.EvalSymlinks(dir); err == nil && within(dir, resolved) {
				return pathBelow(dir, resolved)
			}
		}
	}

	top := git.Repository(context.Background(), resolved)
	if top == "" {
		return ""
	}
	return pathBelow(top, resolved)
}

// detected returns the format for --format auto. Each CI system documents its variable. A system that shows findings by
// reading a file, such as GitLab, is not among them: its report needs --output. At a terminal there is room for
// the code; in a pipe each finding is one line.
func detected(out io.Writer) string {
	switch {
	case os.Getenv("GITHUB_ACTIONS") == "true":
		return "github"
	case strings.EqualFold(os.Getenv("TF_BUILD"), "true"):
		return "azure"
	case os.Getenv("TEAMCITY_VERSION") != "":
		return "teamcity"
	}
	if isTerminal(out) {
		return "full"
	}
	return "text"
}

// colored reports whether to print colours. The flag decides, then NO_COLOR (no-color.org), then FORCE_COLOR
// (force-color.org), and then whether out is a terminal.
func colored(flag string, out io.Writer) bool {
	switch {
	case flag != "auto":
		return flag == "always"
	case os.Getenv("NO_COLOR") != "":
		return false
	case os.Getenv("FORCE_COLOR") != "":
		return os.Getenv("FORCE_COLOR") != "0"
	}
	return isTerminal(out)
}
