package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// release is the version that is built.
type release struct {
	version string    // semantic, with the leading "v"
	commit  string    // in full
	time    time.Time // of the commit, in UTC and whole seconds; the only time that any file contains
}

// describe returns the release of the commit that is checked out. number is its version; "" is for the commit's tag, or
// a pseudo-version such as v0.0.0-20060102150405-abcdefabcdef. The error is also for changes that are not committed, as
// nobody could build the same again.
func describe(ctx context.Context, number string) (release, error) {
	changed, err := git(ctx, "status", "--porcelain")
	if err != nil {
		return release{}, err
	}
	if changed != "" {
		return release{}, fmt.Errorf("the work tree differs from the commit; commit these changes first:\n%s", changed)
	}
	head, err := git(ctx, "show", "--no-patch", "--format=%H %cI", "HEAD")
	if err != nil {
		return release{}, err
	}
	tags, err := git(ctx, "tag", "--points-at", "HEAD")
	if err != nil {
		return release{}, err
	}
	return parseRelease(head, strings.Fields(tags), number)
}

// parseRelease returns the release of a commit, given as its hash and time, with tags. number is as of [describe].
func parseRelease(head string, tags []string, number string) (release, error) {
	commit, when, _ := strings.Cut(head, " ")
	at, err := time.Parse(time.RFC3339, when)
	if err != nil || len(commit) < 12 {
		return release{}, fmt.Errorf("git describes the commit as %q", head)
	}
	rel := release{version: number, commit: commit, time: at.UTC()}
	for _, tag := range tags {
		if number == "" && semver.Canonical(tag) == tag && semver.Compare(tag, rel.version) > 0 {
			rel.version = tag
		}
	}
	if rel.version == "" {
		rel.version = module.PseudoVersion("v0", "", rel.time, commit[:12])
	}
	if semver.Canonical(rel.version) != rel.version || semver.Build(rel.version) != "" {
		return release{}, fmt.Errorf("the version %q is not of the form v1.2.3 or v1.2.3-rc.1", rel.version)
	}
	return rel, nil
}

// number returns the version without the leading "v", as npm writes it.
func (r release) number() string { return strings.TrimPrefix(r.version, "v") }

// pythonVersion returns the version as Python's packaging (PEP 440) orders it: 1.2.3-rc.1 is 1.2.3rc1, and a
// pseudo-version is a development release numbered by its time. The error is for a prerelease that PEP 440 cannot
// express.
func (r release) pythonVersion() (string, error) {
	pre := semver.Prerelease(r.version)
	base := strings.TrimSuffix(r.number(), pre)
	if pre == "" {
		return base, nil
	}
	if module.IsPseudoVersion(r.version) {
		return base + ".dev" + r.time.Format("20060102150405"), nil
	}
	kind, n, _ := strings.Cut(strings.TrimPrefix(pre, "-"), ".")
	short, ok := map[string]string{"alpha": "a", "beta": "b", "rc": "rc"}[kind]
	if !ok || n == "" || strings.Trim(n, "0123456789") != "" {
		return "", fmt.Errorf("wheels cannot have the version %s: end it with -alpha.N, -beta.N or -rc.N", r.version)
	}
	return base + short + n, nil
}

// git returns the output of git in the current folder, without spaces around it.
func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}
