package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"lanser/selectors/visible"
)

// writeGitLab writes the format gitlab: GitLab Code Quality, one JSON array without a byte
// order mark. Paths are relative to the project. GitLab shows issues with the same fingerprint
// as one, so fingerprints are unique. It compares the reports of two branches itself, so old findings are
// listed too. A file that was not checked is an issue named lanser/unchecked, and a check that did not
// finish for another reason one named lanser/incomplete. Files that the check does not owe
// are one issue for each reason, named lanser/uncovered, with the lowest severity.
func writeGitLab(w io.Writer, c *Check) error {
	issues := []gitLabIssue{}
	add := func(description, check, fingerprint, severity, path string, line int) {
		i := gitLabIssue{Description: description, CheckName: check, Fingerprint: fingerprint, Severity: severity}
		i.Location.Path, i.Location.Lines.Begin = path, line
		issues = append(issues, i)
	}

	for _, d := range c.reported() {
		message, line := orUnsaid(visible.Lines(d.Message)), d.Range[0]+1
		add(message, ruleID(d), d.Fingerprint, gitLabSeverity(d.Severity), c.path(d.URI), line)
	}

	for _, u := range c.unchecked() {
		identity := "unchecked\x00" + u.Server + "\x00" + u.Path
		if u.Platform != "" {
			identity += "\x00" + u.Platform
		}
		fingerprint := gitLabFingerprint(identity)
		add(u.by()+": "+u.Why, "lanser/unchecked", fingerprint, c.unlessAllowed("critical", "info"), u.Path, 1)
	}

	for _, u := range c.unserved() {
		identity := strings.Join([]string{"uncovered", u.Language, u.Linter, u.Why, u.Fix}, "\x00")
		fingerprint := gitLabFingerprint(identity)
		add(u.String(), "lanser/uncovered", fingerprint, "info", u.Paths[0], 1)
	}

	if !c.finished() && len(c.unchecked()) == 0 && c.Error == nil {
		severity := c.unlessAllowed("critical", "info")
		add(c.Verdict(), "lanser/incomplete", gitLabFingerprint("incomplete"), severity, ".", 1)
	}

	if c.Error != nil {
		add(c.Verdict(), "lanser/error", gitLabFingerprint("error\x00"+c.Error.Message), "blocker", ".", 1)
	}
	return writeIndented(w, issues)
}

// gitLabSeverity returns a severity by GitLab's name. Its other names are for files that were not checked.
func gitLabSeverity(severity string) string {
	switch severity {
	case "error":
		return "major"
	case "warning":
		return "minor"
	}
	return "info"
}

// gitLabFingerprint returns the fingerprint of an issue that is not a finding of a server. It depends on what
// identifies the issue, so that GitLab recognises the same issue of another branch.
func gitLabFingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// gitLabIssue is an entry of GitLab's Code Quality report.
type gitLabIssue struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
		} `json:"lines"`
	} `json:"location"`
}
