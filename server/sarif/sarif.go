// Package sarif owns the part of SARIF 2.1.0 (OASIS standard with errata 01) that Lanser
// writes and reads: runs of one tool with rules and results. Section numbers below are
// those of the standard. Lines and columns are 1-based; an end column is that of the
// character after the last.
package sarif

// Schema is the schema's name, as GitHub wants it told.
const Schema = "https://json.schemastore.org/sarif-2.1.0.json"

// Fingerprint is the name that the fingerprints of bundles have among a result's
// partialFingerprints, and LineHash the one that GitHub reads.
const (
	Fingerprint = "lanserFingerprint/v1"
	LineHash    = "primaryLocationLineHash"
)

// Head is the property of a run that names the commit that was checked.
const Head = "head"

// Log is a file (3.13).
type Log struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []Run  `json:"runs"`
}

// Run is one run of a tool (3.14).
type Run struct {
	Tool              Tool             `json:"tool"`
	AutomationDetails *Automation      `json:"automationDetails,omitempty"`
	Invocations       []Invocation     `json:"invocations,omitempty"`
	VersionControl    []VersionControl `json:"versionControlProvenance,omitempty"`
	ColumnKind        string           `json:"columnKind,omitempty"`
	Results           []Result         `json:"results"`
	Properties        map[string]any   `json:"properties,omitempty"`
}

// Automation names the kind of run (3.17).
type Automation struct {
	ID string `json:"id"`
}

// Tool is the tool (3.18): the one that wrote the file, and what it asked.
type Tool struct {
	Driver     Component   `json:"driver"`
	Extensions []Component `json:"extensions,omitempty"`
}

// Component is a part of a tool (3.19).
type Component struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Rules   []Rule `json:"rules"`
}

// Rule is a kind of result (3.49).
type Rule struct {
	ID               string         `json:"id"`
	ShortDescription Text           `json:"shortDescription"`
	FullDescription  Text           `json:"fullDescription"`
	Help             Text           `json:"help"`
	Configuration    Configuration  `json:"defaultConfiguration"`
	Properties       map[string]any `json:"properties,omitempty"`
}

// Text is a message (3.11).
type Text struct {
	Text string `json:"text"`
}

// Configuration is how severe results of a rule are by default (3.50).
type Configuration struct {
	Level string `json:"level"`
}

// Invocation says how the run ended (3.20).
type Invocation struct {
	Successful    bool           `json:"executionSuccessful"`
	ExitCode      int            `json:"exitCode"`
	Notifications []Notification `json:"toolExecutionNotifications,omitempty"`
}

// Notification is what the tool says of its own run (3.58).
type Notification struct {
	Level     string     `json:"level"`
	Message   Text       `json:"message"`
	Locations []Location `json:"locations,omitempty"`
}

// VersionControl is where the files came from (3.23).
type VersionControl struct {
	RepositoryURI string `json:"repositoryUri"`
	RevisionID    string `json:"revisionId,omitempty"`
}

// Result is a finding (3.27).
type Result struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           *int              `json:"ruleIndex,omitempty"`
	Level               string            `json:"level"`
	Message             Text              `json:"message"`
	Locations           []Location        `json:"locations"`
	RelatedLocations    []Location        `json:"relatedLocations,omitempty"`
	PartialFingerprints map[string]string `json:"partialFingerprints,omitempty"`
	BaselineState       string            `json:"baselineState,omitempty"`
	Properties          map[string]any    `json:"properties,omitempty"`
}

// Location is a place (3.28).
type Location struct {
	ID               int              `json:"id,omitempty"`
	PhysicalLocation Physical         `json:"physicalLocation"`
	LogicalLocations []LogicalElement `json:"logicalLocations,omitempty"`
	Message          *Text            `json:"message,omitempty"`
}

// LogicalElement is a declaration (3.33).
type LogicalElement struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}

// Physical is a place in a file (3.29).
type Physical struct {
	ArtifactLocation Artifact `json:"artifactLocation"`
	Region           *Region  `json:"region,omitempty"`
}

// Artifact is a file (3.4).
type Artifact struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId,omitempty"`
}

// Region is a part of a file (3.30).
type Region struct {
	StartLine   int   `json:"startLine"`
	StartColumn int   `json:"startColumn,omitempty"`
	EndLine     int   `json:"endLine,omitempty"`
	EndColumn   int   `json:"endColumn,omitempty"`
	Snippet     *Text `json:"snippet,omitempty"`
}
