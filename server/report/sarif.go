package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// The format sarif is SARIF 2.1.0 (OASIS standard with errata 01), of which lanser writes and reads runs of one
// tool with rules and results. Section numbers in this file are those of the standard. Lines and columns are
// 1-based, columns in UTF-16 units; an end column is exclusive.
//
// GitHub code scanning is the strictest reader. It requires a rule for each result, with a short and a full
// description and help; a location with a region of four values, relative to the repository;
// primaryLocationLineHash, by which it recognises a result; and no empty strings. It accepts 25,000 results for
// a run, of which it shows the 5,000 worst, and 10 MB of compressed data.
//
// After a comparison with an earlier check, results have a baselineState, and findings that are absent now are
// listed too. A file that was not checked is a notification, and the invocation is then marked as failed, unless the
// request accepts a check that did not finish.

// Names and limits of SARIF, of GitHub and of lanser.
const (
	sarifSchema  = "https://json.schemastore.org/sarif-2.1.0.json" // the name by which GitHub knows it
	sarifVersion = "2.1.0"
	// maxResults is the number of results that GitHub accepts for a run.
	maxResults = 25_000
	// sarifFingerprint and sarifLineHash are keys of a result's partialFingerprints: the fingerprint of the
	// bundle, and the hash that GitHub reads.
	sarifFingerprint = "lanserFingerprint/v1"
	sarifLineHash    = "primaryLocationLineHash"
	// sarifLeast is the property of a run that names the lowest severity of the findings that it lists, where
	// it does not list all.
	sarifLeast = "minSeverity"
	// sarifHead is the property of a run that names the commit that was checked.
	sarifHead = "head"
)

// writeSARIF writes one run of Lanser, with the language servers as its extensions. The rules of all servers
// are those of the driver. A report that leaves out hints names the lowest severity that it lists, so that a
// later comparison with it ([ReadBaseline]) does not take the hints for new ones.
func writeSARIF(w io.Writer, c *Check) error {
	run := sarifRun{
		Tool:       sarifTool{Driver: sarifComponent{Name: "lanser", Version: c.Lanser, Rules: []sarifRule{}}},
		ColumnKind: "utf16CodeUnits", Results: []sarifResult{},
		Properties: map[string]any{"verdict": c.Verdict()},
	}
	if c.BundleID != "" {
		run.Properties["bundleId"] = c.BundleID
	}

	if !c.wantsHints() {
		run.Properties[sarifLeast] = "information"
	}
	if s := c.Snapshot; s != nil && s.VCS != nil {
		run.Properties[sarifHead] = s.VCS.Head
	}

	for _, k := range c.servers() {
		server := sarifComponent{Name: k.Server.Name, Version: k.Server.Version, Rules: []sarifRule{}}
		run.Tool.Extensions = append(run.Tool.Extensions, server)
	}

	inv := c.sarifInvocation()
	all := slices.Concat(c.reported(), c.absent())
	if len(all) > maxResults {
		inv.notify("warning",
			fmt.Sprintf("%d findings are not in this file, which has the %d worst", len(all)-maxResults, maxResults))
		all = worst(all, maxResults)
		slices.SortFunc(all, bundle.Diagnostic.Compare)
	}

	rules := map[string]int{}  // index among the driver's rules, by id
	hashes := map[string]int{} // of lineHash
	for _, d := range all {
		at, known := rules[ruleID(d)]
		if !known {
			at = len(run.Tool.Driver.Rules)
			rules[ruleID(d)] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newSARIFRule(d))
		}
		r := c.sarifResult(d, hashes)
		r.RuleIndex = &at
		run.Results = append(run.Results, r)
	}

	run.AutomationDetails = c.sarifAutomation()
	run.Invocations = []sarifInvocation{inv}
	return writeIndented(w, sarifLog{Schema: sarifSchema, Version: sarifVersion, Runs: []sarifRun{run}})
}

// sarifAutomation returns the category of a check of a part of the repository: the folder of the workspace and the
// paths that were checked, so that GitHub keeps the reports of several parts apart. It is nil for a whole repository:
// GitHub then makes a category of the workflow, the job and its matrix, which tell more than the bundle does.
func (c *Check) sarifAutomation() *sarifAutomation {
	scope := c.Prefix
	for _, p := range c.Request.Paths {
		if p != "." {
			scope = path.Join(scope, p)
		}
	}
	if scope == "" || scope == "." {
		return nil
	}
	return &sarifAutomation{ID: "lanser/" + visible.Text(scope) + "/"}
}

// sarifInvocation describes how the check ended, with the remarks on it.
func (c *Check) sarifInvocation() sarifInvocation {
	accepted := c.Error == nil && c.allowed()
	inv := sarifInvocation{Successful: c.finished() || accepted, ExitCode: c.Meta.ExitCode}
	level := "error"
	if accepted {
		level = "warning"
	}
	if c.Error != nil {
		inv.notify("error", oneLine(Line(c.Error)))
	}
	for _, u := range c.unchecked() {
		at := sarifLocation{PhysicalLocation: sarifPhysical{ArtifactLocation: artifact(u.Path)}}
		inv.notify(level, u.by()+": "+u.Why, at)
	}

	for _, r := range c.remarks(false) {
		inv.notify("note", r)
	}
	return inv
}

// notify adds a notification with a level (3.58.6).
func (inv *sarifInvocation) notify(level, message string, at ...sarifLocation) {
	n := sarifNotification{Level: level, Message: sarifText{Text: message}, Locations: at}
	inv.Notifications = append(inv.Notifications, n)
}

// newSARIFRule returns the rule of a finding. Its descriptions are made from the finding, because GitHub requires
// them and language servers do not describe their rules.
func newSARIFRule(d bundle.Diagnostic) sarifRule {
	about := d.Source + " reports " + d.Code
	if d.Code == "" {
		about = "findings of " + d.Source
	}
	return sarifRule{
		ID: ruleID(d), ShortDescription: sarifText{Text: about},
		FullDescription: sarifText{Text: about + " through its language server."},
		Help:            sarifText{Text: "See the documentation of " + d.Source + "."},
		Configuration:   sarifConfiguration{Level: sarifLevel(d.Severity)},
	}
}

// sarifResult returns a finding as a result, without the index of its rule.
func (c *Check) sarifResult(d bundle.Diagnostic, hashes map[string]int) sarifResult {
	r := sarifResult{
		RuleID: ruleID(d), Level: sarifLevel(d.Severity), Message: sarifText{Text: orUnsaid(d.Message)},
		Locations: []sarifLocation{c.sarifLocation(d)}, BaselineState: d.BaselineState,
		PartialFingerprints: map[string]string{sarifLineHash: c.lineHash(d, hashes)},
		Properties:          map[string]any{"source": d.Source, "code": d.Code, "severity": d.Severity},
	}
	if d.Fingerprint != "" {
		r.PartialFingerprints[sarifFingerprint] = d.Fingerprint
	}
	for i, rel := range d.Related {
		l := c.sarifLocation(bundle.Diagnostic{URI: rel.URI, Range: rel.Range})
		l.ID, l.Message = i+1, &sarifText{Text: orUnsaid(rel.Message)}
		r.RelatedLocations = append(r.RelatedLocations, l)
	}

	if len(d.Tags) > 0 {
		r.Properties["tags"] = d.Tags
	}
	for _, f := range d.Fixes {
		if fix, ok := c.sarifFix(f); ok {
			r.Fixes = append(r.Fixes, fix)
		}
	}
	return r
}

// sarifLevel returns a severity as a level of SARIF (3.27.10).
func sarifLevel(severity string) string {
	switch severity {
	case "error", "warning":
		return severity
	}
	return "note"
}

// artifact returns a file as SARIF names it: relative to %SRCROOT%, unless it is a URI. p is the unescaped path
// relative to the reader's folder: "a b.go" → "a%20b.go", "c:d.go" → "./c:d.go".
func artifact(p string) sarifArtifact {
	if strings.Contains(p, "://") {
		return sarifArtifact{URI: p}
	}
	u := (&url.URL{Path: p}).EscapedPath()
	first, _, _ := strings.Cut(u, "/")
	if strings.Contains(first, ":") { // RFC 3986 section 4.2: else it is read as a scheme
		u = "./" + u
	}
	return sarifArtifact{URI: u, URIBaseID: "%SRCROOT%"}
}

// sarifLocation returns the place of a finding; whole lines if its columns are not known.
func (c *Check) sarifLocation(d bundle.Diagnostic) sarifLocation {
	r, known := c.region(d, text.UTF16)
	if !known {
		r = wholeLines(d)
	}
	region := &sarifRegion{StartLine: r[0], StartColumn: r[1], EndLine: r[2], EndColumn: r[3]}
	if r[0] == r[2] && r[3] <= r[1] { // GitHub does not accept an empty region
		region.EndColumn = r[1] + 1
	}
	if d.Text != "" {
		region.Snippet = &sarifText{Text: d.Text}
	}
	l := sarifLocation{PhysicalLocation: sarifPhysical{ArtifactLocation: artifact(c.path(d.URI)), Region: region}}
	if d.Container != "" {
		l.LogicalLocations = []sarifLogicalElement{{FullyQualifiedName: d.Container}}
	}
	return l
}

// wholeLines returns the 1-based region of the lines of a finding whose columns are not known. It ends where the next
// line begins (3.30.2), because the length of a line is not known either: the bundle has only the first one, and of a
// long one only the start.
func wholeLines(d bundle.Diagnostic) [4]int {
	first, last := d.Range[0]+1, d.Range[2]+1
	if d.Range[3] == 0 && last > first { // the end is exclusive
		last--
	}
	return [4]int{first, 1, last + 1, 1}
}

// lineHash returns a hash of a finding's line and its ordinal among the equal lines of its
// rule and file. seen counts them across calls, which must be in order of position. It is a hash of text and not of a
// position, so that GitHub recognises a result when lines above it were added, and its dismissal is kept. White space
// does not count, so that a line may be indented anew.
func (c *Check) lineHash(d bundle.Diagnostic, seen map[string]int) string {
	sum := sha256.Sum256([]byte(bundle.Squeezed(d.Text)))
	hash := hex.EncodeToString(sum[:8])
	key := strings.Join([]string{c.path(d.URI), ruleID(d), hash, d.BaselineState}, "\x00")
	seen[key]++
	return fmt.Sprintf("%s:%d", hash, seen[key])
}

// sarifLog is a file (3.13).
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

// sarifRun is one run of a tool (3.14).
type sarifRun struct {
	Tool              sarifTool             `json:"tool"`
	AutomationDetails *sarifAutomation      `json:"automationDetails,omitempty"`
	Invocations       []sarifInvocation     `json:"invocations,omitempty"`
	VersionControl    []sarifVersionControl `json:"versionControlProvenance,omitempty"`
	ColumnKind        string                `json:"columnKind,omitempty"`
	Results           []sarifResult         `json:"results"`
	Properties        map[string]any        `json:"properties,omitempty"`
}

// sarifAutomation names the kind of run (3.17).
type sarifAutomation struct {
	ID string `json:"id"`
}

// sarifTool is the tool that wrote the file, with the language servers as its extensions (3.18).
type sarifTool struct {
	Driver     sarifComponent   `json:"driver"`
	Extensions []sarifComponent `json:"extensions,omitempty"`
}

// sarifComponent is a part of a tool (3.19).
type sarifComponent struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

// sarifRule is a kind of result (3.49).
type sarifRule struct {
	ID               string             `json:"id"`
	ShortDescription sarifText          `json:"shortDescription"`
	FullDescription  sarifText          `json:"fullDescription"`
	Help             sarifText          `json:"help"`
	Configuration    sarifConfiguration `json:"defaultConfiguration"`
	Properties       map[string]any     `json:"properties,omitempty"`
}

// sarifText is a message (3.11).
type sarifText struct {
	Text string `json:"text"`
}

// sarifConfiguration is how severe results of a rule are by default (3.50).
type sarifConfiguration struct {
	Level string `json:"level"`
}

// sarifInvocation is how the run ended (3.20).
type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	ExitCode      int                 `json:"exitCode"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

// sarifNotification is a message of the tool about its own run (3.58).
type sarifNotification struct {
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

// sarifVersionControl is the repository and revision of the files (3.23).
type sarifVersionControl struct {
	RepositoryURI string `json:"repositoryUri"`
	RevisionID    string `json:"revisionId,omitempty"`
}

// sarifResult is a finding (3.27).
type sarifResult struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           *int              `json:"ruleIndex,omitempty"`
	Level               string            `json:"level"`
	Message             sarifText         `json:"message"`
	Locations           []sarifLocation   `json:"locations"`
	RelatedLocations    []sarifLocation   `json:"relatedLocations,omitempty"`
	PartialFingerprints map[string]string `json:"partialFingerprints,omitempty"`
	BaselineState       string            `json:"baselineState,omitempty"`
	Fixes               []sarifFix        `json:"fixes,omitempty"`
	Properties          map[string]any    `json:"properties,omitempty"`
}

// sarifLocation is a place (3.28).
type sarifLocation struct {
	ID               int                   `json:"id,omitempty"`
	PhysicalLocation sarifPhysical         `json:"physicalLocation"`
	LogicalLocations []sarifLogicalElement `json:"logicalLocations,omitempty"`
	Message          *sarifText            `json:"message,omitempty"`
}

// sarifLogicalElement is a declaration (3.33).
type sarifLogicalElement struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}

// sarifPhysical is a place in a file (3.29).
type sarifPhysical struct {
	ArtifactLocation sarifArtifact `json:"artifactLocation"`
	Region           *sarifRegion  `json:"region,omitempty"`
}

// sarifArtifact is a file (3.4).
type sarifArtifact struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId,omitempty"`
}

// sarifRegion is a part of a file (3.30).
type sarifRegion struct {
	StartLine   int        `json:"startLine"`
	StartColumn int        `json:"startColumn,omitempty"`
	EndLine     int        `json:"endLine,omitempty"`
	EndColumn   int        `json:"endColumn,omitempty"`
	Snippet     *sarifText `json:"snippet,omitempty"`
}
