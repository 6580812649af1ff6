// Package bundle owns the Analysis Bundle: its types, the canonical order and spelling of its content, its canonical
// bytes and its digest (spec section 4).
//
// For a bundle that [Seal] has finished, it promises:
//
//  1. Every list of locations, diagnostics and symbols is sorted and has no duplicates.
//  2. bundleId is "sha256:" and the hex SHA-256 of the RFC 8785 form of the bundle without bundleId and local.
//  3. Paths are relative to the workspace or to one of [Roots], so that the digest does not depend on the machine. A
//     file in none of them has a file URI.
//
// It does not know how facts are obtained.
package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// Version is the version of the bundle's shape.
const Version = "1.0"

// Bundle is one answer.
type Bundle struct {
	Version       string          `json:"version"`
	BundleID      string          `json:"bundleId,omitempty"`
	Status        string          `json:"status" jsonschema:"ok or error"`
	Request       Request         `json:"request"`
	Resolution    *Resolution     `json:"resolution" jsonschema:"null for questions without a selector"`
	Facts         *Facts          `json:"facts"`
	Edits         Edits           `json:"edits" jsonschema:"null but for rename, whose diff nobody applies"`
	ProcessReward *Reward         `json:"processReward" jsonschema:"null where none was asked for"`
	Snapshot      *Snapshot       `json:"snapshot"`
	Evidence      Evidence        `json:"evidence"`
	Environment   Environment     `json:"environment"`
	Capabilities  map[string]bool `json:"capabilities" jsonschema:"which operations the server offers"`
	Meta          Meta            `json:"meta"`
	Error         *Error          `json:"error,omitempty"`
	Local         *Local          `json:"local,omitempty" jsonschema:"outside the hash"`
}

// Request is the question.
type Request struct {
	Cmd      string                  `json:"cmd" jsonschema:"the operation's long name"`
	Selector *selectors.PositionSpec `json:"selector,omitempty"`
	// Selectors are those of a request with several.
	Selectors []selectors.PositionSpec `json:"selectors,omitempty"`
	Paths     []string                 `json:"paths,omitempty"`
	Query     string                   `json:"query,omitempty"`
	Options   map[string]any           `json:"options"`
}

// Range is [startLine, startCol, endLine, endCol], 0-based, end exclusive, in
// units of Environment.PositionEncoding.
type Range [4]int

// RangeOf returns a stretch of a file as a range, with columns in the given unit.
func RangeOf(c *text.Content, s text.Span, enc text.Encoding) Range {
	r := c.RangeOf(s, enc)
	return Range{r.Start.Line, r.Start.Col, r.End.Line, r.End.Col}
}

// Resolution says what the selector was bound to.
type Resolution struct {
	Original       string      `json:"original" jsonschema:"the selector as it was asked, in its regular spelling"`
	Resolved       *Resolved   `json:"resolved"`
	Disambiguation []Candidate `json:"disambiguation" jsonschema:"candidates, each with a selector that picks it; where one is resolved, those that were passed over"`
	Others         int         `json:"others,omitempty" jsonschema:"number of symbols that were passed over, listed or not"`
	// Status is the resolved one's, or why none is resolved.
	Status  selectors.Status `json:"status,omitempty" jsonschema:"exact, moved, renamed, ambiguous or stale"`
	Weights *Weights         `json:"weights,omitempty" jsonschema:"of the features that scores are worked out from"`
}

// Weights are those of the features (spec section 2), and the score from which
// on a candidate is acted on.
type Weights struct {
	AST       float64 `json:"ast"`
	Module    float64 `json:"module"`
	Token     float64 `json:"token"`
	Prox      float64 `json:"prox"`
	Threshold float64 `json:"threshold"`
}

// Resolved is the target of a selector.
type Resolved struct {
	URI      string              `json:"uri"`
	Range    Range               `json:"range" jsonschema:"[startLine, startCol, endLine, endCol], 0-based, end exclusive"`
	SymbolID string              `json:"symbolId,omitempty"`
	Selector string              `json:"selector,omitempty"`
	Kind     selectors.Kind      `json:"kind,omitempty"`
	Status   selectors.Status    `json:"status"`
	Score    float64             `json:"score"`
	Features *selectors.Features `json:"features,omitempty" jsonschema:"what the score was worked out from, where something had to be weighed"`
	// Anchor and DocVersion are for asking again when the code has changed.
	Anchor     string      `json:"anchor,omitempty" jsonschema:"an anchor for the place"`
	DocVersion string      `json:"docVersion,omitempty" jsonschema:"digest of the file's content, to pin coordinates with"`
	Overloads  []Candidate `json:"overloads,omitempty" jsonschema:"the declarations of the symbol where it has several"`
	Text       string      `json:"text,omitempty" jsonschema:"the code, where a preview was asked for"`
}

// Candidate is one of several things that a selector may mean.
type Candidate struct {
	Selector string              `json:"selector"`
	URI      string              `json:"uri"`
	Range    Range               `json:"range"`
	Kind     selectors.Kind      `json:"kind,omitempty"`
	Score    *float64            `json:"score,omitempty"`
	Features *selectors.Features `json:"features,omitempty"`
}

// Facts is what was found. A list that was not asked for is absent; one that was
// is present even when empty.
type Facts struct {
	Definitions     []Location   `json:"definitions,omitzero"`
	Declarations    []Location   `json:"declarations,omitzero"`
	TypeDefinitions []Location   `json:"typeDefinitions,omitzero"`
	Implementations []Location   `json:"implementations,omitzero"`
	References      []Location   `json:"references,omitzero"`
	Hover           []Hover      `json:"hover,omitzero"`
	Symbols         []Symbol     `json:"symbols,omitzero"`
	Diagnostics     []Diagnostic `json:"diagnostics,omitzero"`
	Absent          []Diagnostic `json:"absent,omitzero" jsonschema:"findings of the earlier check that are there no more"`
	Calls           []Edge       `json:"calls,omitzero"`
	Types           []Edge       `json:"types,omitzero"`
	Overview        *Overview    `json:"overview,omitempty"`
	Impact          []Affected   `json:"impact,omitzero" jsonschema:"what a change of the symbol can break"`
	Uses            []Used       `json:"uses,omitzero" jsonschema:"of context: the declarations of other files that a file uses"`
	Changes         []Change     `json:"changes,omitzero" jsonschema:"of an impact of a patch or of several symbols: what changes"`
	Checks          []Check      `json:"checks,omitzero" jsonschema:"what each server looked at"`
	Compared        *Compared    `json:"compared,omitempty" jsonschema:"the earlier check that diagnostics are compared with"`
	LeftOut         *LeftOut     `json:"leftOut,omitempty" jsonschema:"what the request or the configuration leaves out"`
	Provenance      string       `json:"provenance" jsonschema:"lsp or syntax"`
}

// Location is a place in code.
type Location struct {
	URI       string `json:"uri" jsonschema:"relative to the workspace, or below a named root such as goroot:///"`
	Range     Range  `json:"range" jsonschema:"[startLine, startCol, endLine, endCol], 0-based, end exclusive"`
	Text      string `json:"text" jsonschema:"the line"`
	Container string `json:"container,omitempty" jsonschema:"selector of the innermost declaration that holds the place"`
	FullRange *Range `json:"fullRange,omitempty"`
	Confirmed bool   `json:"confirmed,omitempty" jsonschema:"of a reference: the server left it out of its list, and says at this place that it is one"`
	Family    bool   `json:"family,omitempty" jsonschema:"of a reference: it is one to a relative of the method, such as an override"`
}

// Overview is a symbol at a glance. Its definitions, hover and callers are in the other fields of [Facts].
type Overview struct {
	Signature     string   `json:"signature" jsonschema:"the header of the declaration"`
	Documentation string   `json:"documentation" jsonschema:"its doc comment or docstring"`
	Members       []Symbol `json:"members" jsonschema:"what it contains, one level, in source order"`
	References    *int     `json:"references" jsonschema:"number of uses, without the declaration; null where the server does not tell"`
	Users         []User   `json:"users" jsonschema:"the uses, counted by what they stand in"`
	Callers       *int     `json:"callers" jsonschema:"number of functions that call it, of which calls lists; null for what is not called, or where the server does not tell"`
}

// User is what uses a symbol.
type User struct {
	URI       string `json:"uri"`
	Container string `json:"container,omitempty" jsonschema:"selector of the declaration that the uses stand in; absent at top level"`
	Range     Range  `json:"range" jsonschema:"of the first use"`
	Count     int    `json:"count"`
}

// Hover is a server's text about a symbol.
type Hover struct {
	URI      string `json:"uri"`
	Range    Range  `json:"range"`
	Contents string `json:"contents" jsonschema:"Markdown"`
}

// Symbol is one declaration of an outline.
type Symbol struct {
	Name           string         `json:"name"`
	Kind           selectors.Kind `json:"kind"`
	URI            string         `json:"uri"`
	Range          Range          `json:"range"`
	SelectionRange Range          `json:"selectionRange"`
	Selector       string         `json:"selector"`
	SymbolID       string         `json:"symbolId"`
	Container      string         `json:"container,omitempty" jsonschema:"selector of the enclosing declaration"`
	Depth          int            `json:"depth" jsonschema:"number of enclosing declarations in the file"`
	Import         bool           `json:"import,omitempty" jsonschema:"in an outline: another file declares it"`
	Signature      string         `json:"signature,omitempty" jsonschema:"of api: the header of the declaration on one line"`
}

// Used is a declaration that a file uses.
type Used struct {
	Symbol Symbol `json:"symbol" jsonschema:"without a selector outside of the workspace"`
	Text   string `json:"text" jsonschema:"the line of the declaration"`
	Count  int    `json:"count" jsonschema:"number of uses"`
	Own    bool   `json:"own,omitempty" jsonschema:"it is in the folder of the file"`
}

// Edge joins two symbols of a hierarchy: From calls To, or is a subtype of it.
type Edge struct {
	From   Symbol  `json:"from"`
	To     Symbol  `json:"to"`
	Depth  int     `json:"depth" jsonschema:"distance from the symbol that was asked about, from 1 on"`
	Ranges []Range `json:"ranges,omitempty" jsonschema:"of calls: the call sites, in the file of from"`
	// Confirmed marks an edge as the ledger's: the server left it out of its hierarchy.
	Confirmed bool `json:"confirmed,omitempty" jsonschema:"the server left it out of its hierarchy, and says at the place that it is one"`
	Family    bool `json:"family,omitempty" jsonschema:"it leads to a relative of the method, such as an override"`
}

// Affected is a declaration that a change of a symbol can break.
type Affected struct {
	Symbol    Symbol  `json:"symbol" jsonschema:"a module stands for code outside of all declarations"`
	How       string  `json:"how" jsonschema:"calls, uses, imports, extends, or family for an override and what is overridden or implemented"`
	Of        string  `json:"of" jsonschema:"selector of the symbol that it uses: the one that changes, or one that is affected itself"`
	Depth     int     `json:"depth" jsonschema:"1 for what uses the symbol itself"`
	Sites     []Range `json:"sites" jsonschema:"of the uses, in the file of the symbol"`
	Test      bool    `json:"test,omitempty" jsonschema:"it is in a test, by the customs of file names"`
	Confirmed bool    `json:"confirmed,omitempty" jsonschema:"the server left it out of its list, and says at the place that it is one"`
	Family    bool    `json:"family,omitempty" jsonschema:"it uses, or is, a relative of the method, such as an override"`
}

// Change is a declaration, or a file, that a request about several changes names or that its patch changes.
type Change struct {
	Symbol Symbol `json:"symbol" jsonschema:"a module stands for a file, or for code outside of all declarations"`
	How    string `json:"how,omitempty" jsonschema:"signature, body, declaration (of a variable, constant or field), members (one is added), removed, added, code (outside of all declarations) or file (of no language that has symbols); absent where the request names the symbol"`
}

// The values of [Change].How.
const (
	ChangedSignature   = "signature"
	ChangedBody        = "body"
	ChangedDeclaration = "declaration"
	ChangedMembers     = "members"
	ChangedRemoved     = "removed"
	ChangedAdded       = "added"
	ChangedCode        = "code"
	ChangedFile        = "file"
)

// The values of [Affected].How.
const (
	Calls   = "calls"
	Uses    = "uses"
	Imports = "imports"
	Extends = "extends"
	Family  = "family"
)

// Diagnostic is one finding.
type Diagnostic struct {
	URI           string    `json:"uri"`
	Range         Range     `json:"range"`
	Severity      string    `json:"severity" jsonschema:"error, warning, information or hint"`
	Source        string    `json:"source"`
	Code          string    `json:"code"`
	Also          []Rule    `json:"also,omitempty" jsonschema:"other sources that report the same"`
	Message       string    `json:"message"`
	Tags          []string  `json:"tags"`
	Related       []Related `json:"related"`
	Text          string    `json:"text,omitempty" jsonschema:"the first line of its range"`
	Container     string    `json:"container,omitempty" jsonschema:"selector of the innermost declaration that holds it"`
	Fingerprint   string    `json:"fingerprint" jsonschema:"the same as long as path, source, code, message, line and container are"`
	Platforms     []string  `json:"platforms,omitempty" jsonschema:"the platforms of the builds that have it, if several were checked and not all have it"`
	Fixes         []Fix     `json:"fixes,omitempty" jsonschema:"quick fixes of the server, where they were asked for, preferred ones first"`
	BaselineState string    `json:"baselineState,omitempty" jsonschema:"new, unchanged, updated or absent, where an earlier check is compared with"`
}

// Fix is a change that a language server proposes for a finding. Nobody applies it.
type Fix struct {
	Title     string `json:"title"`
	Preferred bool   `json:"preferred,omitempty" jsonschema:"the server recommends it"`
	Diff      string `json:"diff" jsonschema:"unified diff of the checked files, with paths relative to the workspace, as git apply reads it"`
}

// The values of BaselineState (SARIF 2.1.0 section 3.27.24).
const (
	New       = "new"
	Unchanged = "unchanged"
	Updated   = "updated"
	Absent    = "absent"
)

// Rule is the source of a finding with its code.
type Rule struct {
	Source string `json:"source"`
	Code   string `json:"code"`
}

// Check is what one server was asked to look at, and what of it it did.
type Check struct {
	Server    Tool        `json:"server" jsonschema:"its version is empty where it was not started, its name where none is known"`
	Platform  string      `json:"platform,omitempty" jsonschema:"of the build that was checked, if the request names platforms"`
	State     string      `json:"state" jsonschema:"a state of evidence"`
	Files     int         `json:"files" jsonschema:"number of files that were checked, or that the check owes and that were not"`
	Unchecked []Unchecked `json:"unchecked" jsonschema:"those of them that were not checked"`
	Coverage  []Coverage  `json:"coverage,omitzero" jsonschema:"the state of each file of its languages, also of those that the check does not owe"`
}

// Unchecked is a file that was not checked.
type Unchecked struct {
	URI string `json:"uri"`
	Why string `json:"why"`
}

// Compared is what diagnostics are compared with, and how that came out. The counts are
// those before any limit.
type Compared struct {
	Rev       string `json:"rev,omitempty" jsonschema:"as the request names it"`
	Commit    string `json:"commit,omitempty"`
	Baseline  string `json:"baseline,omitempty" jsonschema:"digest of the earlier report"`
	New       int    `json:"new"`
	Unchanged int    `json:"unchanged"`
	Updated   int    `json:"updated"`
	Absent    int    `json:"absent"`
}

// LeftOut counts files and findings that the answer omits because of the request or of lanser.toml.
type LeftOut struct {
	Files    int `json:"files" jsonschema:"files that exclude names: they were not checked"`
	Ignored  int `json:"ignored" jsonschema:"findings whose severity is set to ignore"`
	Filtered int `json:"filtered" jsonschema:"findings outside the lines that filter lets through"`
}

// Related is a place that a diagnostic points to.
type Related struct {
	URI     string `json:"uri"`
	Range   Range  `json:"range"`
	Message string `json:"message"`
}

// Edits holds the diff of a rename, and is empty otherwise. Nothing applies it: lanser is read-only.
type Edits struct {
	WorkspaceEdit *struct{} `json:"workspaceEdit" jsonschema:"always null"`
	Diff          *string   `json:"diff" jsonschema:"of rename: a unified diff"`
}

// Reward is what a step between two checks is worth (spec section 6).
type Reward struct {
	Version     string            `json:"version" jsonschema:"pr-v1 or pr-v2"`
	R           *float64          `json:"r" jsonschema:"null where a check did not finish"`
	Components  *RewardComponents `json:"components" jsonschema:"null where r is"`
	Weights     RewardWeights     `json:"weights"`
	Severity    string            `json:"severity" jsonschema:"from which on diagnostics count"`
	Scope       string            `json:"scope"`
	Safety      string            `json:"safety,omitempty" jsonschema:"which check was not passed"`
	Before      string            `json:"before" jsonschema:"bundleId"`
	After       string            `json:"after,omitempty" jsonschema:"bundleId; absent in that bundle itself"`
	Explanation string            `json:"explanation"`
}

// RewardComponents are what a reward is worked out from.
type RewardComponents struct {
	Before     int     `json:"before" jsonschema:"diagnostics before"`
	After      int     `json:"after" jsonschema:"diagnostics after"`
	Safety     float64 `json:"safety" jsonschema:"1 where the safety checks pass, else 0"`
	Confidence float64 `json:"confidence" jsonschema:"of the resolution"`
	Excluded   int     `json:"excluded,omitempty" jsonschema:"files that the project leaves out: their diagnostics do not count"`
}

// RewardWeights are those of the components.
type RewardWeights struct {
	Alpha float64 `json:"alpha"`
	Beta  float64 `json:"beta"`
	Gamma float64 `json:"gamma"`
	// Discount multiplies the potential after the step. Only pr-v2 has one; the value 0 means 1, which is no discount.
	Discount float64 `json:"discount,omitempty" jsonschema:"factor of the potential after, 1 if absent"`
}

// Refusal is the detail of an error: the safety check that a patch did not pass.
type Refusal struct {
	Safety string `json:"safety" jsonschema:"applies or jail"`
}

// Snapshot binds the answer to the content that it is about.
type Snapshot struct {
	Digest string `json:"digest" jsonschema:"over path and content of every file in scope"`
	Scope  string `json:"scope"`
	VCS    *VCS   `json:"vcs"`
	// Overlaid makes the answer hypothetical: it is about these files as the request
	// has them.
	Overlaid []string `json:"overlaid,omitempty" jsonschema:"files that the answer takes from the request's overlay or patch, not from disk: the answer is hypothetical"`
}

// VCS is what version control says.
type VCS struct {
	Head  string `json:"head"`
	Dirty bool   `json:"dirty"`
}

// The states of evidence (spec section 4).
const (
	Complete    = "complete"
	Heuristic   = "heuristic"
	Partial     = "partial"
	NotReady    = "not_ready"
	TimedOut    = "timed_out"
	ServerDied  = "server_died"
	Unsupported = "unsupported"
	SyntaxOnly  = "syntax_only"
)

// Evidence says how far the answer can be trusted.
type Evidence struct {
	State      string      `json:"state" jsonschema:"complete, heuristic, partial, not_ready, timed_out, server_died, unsupported or syntax_only"`
	Reasons    []string    `json:"reasons"`
	CrossCheck *CrossCheck `json:"crossCheck" jsonschema:"of earlier versions; null since the ledger takes its place"`
	Ledger     *Ledger     `json:"ledger,omitempty" jsonschema:"where every word of the symbol's name went; absent for questions that are not about uses"`
}

// Finished says whether what was not found is not there, as far as the server can tell.
func (e Evidence) Finished() bool { return e.State == Complete || e.State == Heuristic }

// Doubt sets the state, and adds the reason.
func (e *Evidence) Doubt(state, reason string) {
	e.State = state
	e.Note(reason)
}

// Note adds reasons that do not change the state.
func (e *Evidence) Note(reasons ...string) { e.Reasons = append(e.Reasons, reasons...) }

// MaxReasons bounds the reasons of one kind that evidence lists.
const MaxReasons = 10

// ranks orders the states that parts of an answer end in, the worst last.
var ranks = []string{Complete, Heuristic, Partial, TimedOut, ServerDied}

// Worse returns the state of an answer with parts in two states. A state that has no rank counts as partial.
func Worse(a, b string) string {
	rank := func(state string) int {
		if i := slices.Index(ranks, state); i >= 0 {
			return i
		}
		return slices.Index(ranks, Partial)
	}
	return ranks[max(rank(a), rank(b))]
}

// CrossCheck compared the references with the words of the text, before the [Ledger] did that. Bundles
// contain null in its place. The type remains because the schema of bundles is generated from it, and
// bundles of earlier versions, which the schema also describes, have these fields.
type CrossCheck struct {
	Name         string     `json:"name"`
	Hits         int        `json:"hits" jsonschema:"whole words of the name in the text"`
	References   int        `json:"references" jsonschema:"hits that are references"`
	NotCode      int        `json:"notCode" jsonschema:"hits in comments and strings"`
	Declarations int        `json:"declarations" jsonschema:"hits that name a declaration"`
	Left         int        `json:"left" jsonschema:"hits that nothing explains; most are uses of another symbol of that name"`
	Unexplained  []Location `json:"unexplained" jsonschema:"the first of those that are left"`
	Unsure       []string   `json:"unsure" jsonschema:"files with such hits that could not be read cleanly"`
}

// Ledger accounts for every whole word of a symbol's name in the text files of the workspace: each is
// counted once, and the counts add up to Words.
type Ledger struct {
	Names        []string `json:"names" jsonschema:"by which the symbol is known"`
	Words        int      `json:"words"`
	References   int      `json:"references" jsonschema:"words that the server named, declarations of the symbol among them"`
	Confirmed    int      `json:"confirmed" jsonschema:"words that the server left out of its list, though it says at that place that they are the symbol: they are in the answer, marked"`
	Family       int      `json:"family" jsonschema:"declarations and uses of overrides, of what is overridden, of interface members and their implementations"`
	Other        int      `json:"other" jsonschema:"words of other symbols, or where the symbol cannot be used"`
	Declarations int      `json:"declarations" jsonschema:"declarations of other symbols"`
	NotCode      int      `json:"notCode" jsonschema:"words in comments, strings and prose"`
	Possible     int      `json:"possible" jsonschema:"words that may be uses: nobody can say"`

	Uses      []PossibleUse `json:"possibleUses" jsonschema:"the first thousand of those"`
	Relatives []Location    `json:"familyPlaces" jsonschema:"the first thousand places of the family"`
}

// PossibleUse is a word that may be a use of the symbol.
type PossibleUse struct {
	Location
	Why string `json:"why"`
}

// Environment describes what the answer depends on besides the workspace.
type Environment struct {
	Server           *Tool  `json:"server" jsonschema:"null for answers from syntax"`
	PositionEncoding string `json:"positionEncoding" jsonschema:"unit of columns in ranges: utf-8, utf-16 or codepoint"`
	Interpreter      *Tool  `json:"interpreter"`
	ConfigDigest     string `json:"configDigest,omitempty"`
	Platform         string `json:"platform"`
}

// Tool is a program with its version.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Meta is about the bundle itself.
type Meta struct {
	ExitCode    int      `json:"exit_code"`
	SortingKeys []string `json:"sorting_keys"`
	Hashing     Hashing  `json:"hashing"`
	Truncated   int      `json:"truncated" jsonschema:"number of entries that were cut"`
	Cursor      *string  `json:"cursor"`
}

// Hashing names the algorithm of bundleId.
type Hashing struct {
	Algo string `json:"algo"`
}

// Error is why there is no answer.
type Error struct {
	Code      fault.Code `json:"code"`
	Message   string     `json:"message"`
	Retryable bool       `json:"retryable"`
	Hint      string     `json:"hint,omitempty"`
	Details   any        `json:"details,omitempty" jsonschema:"what a machine can use of the error"`
}

// Local is what differs between two runs of one question.
type Local struct {
	Root      string             `json:"root"`
	Durations map[string]float64 `json:"durations" jsonschema:"seconds"`
	PIDs      []int              `json:"pids,omitempty"`
	Sandbox   string             `json:"sandbox,omitempty"`
	Paths     map[string]string  `json:"paths,omitempty" jsonschema:"files on this machine of the URIs below named roots"`
	Memo      string             `json:"memo,omitempty" jsonschema:"memory or disk, where the answer was remembered"`
	Stderr    string             `json:"stderr,omitempty" jsonschema:"the end of a dead server's standard error"`
}

// MaxEntries is the hard cap on the entries of a list (the paper's).
const MaxEntries = 100_000

// Seal sorts the facts, drops duplicates, fills in meta and computes the
// bundleId. Nothing inside the hash may change afterwards.
func (b *Bundle) Seal() error {
	b.Version = Version
	b.Meta.SortingKeys = []string{"uri", "sL", "sC", "eL", "eC"}
	b.Meta.Hashing.Algo = "sha256-jcs-v1"
	if b.Facts != nil {
		b.Meta.Truncated += b.Facts.Window(0, MaxEntries)
	}
	hashed, err := b.Canonical()
	if err != nil {
		return err
	}
	b.BundleID = idOf(hashed)
	return nil
}

// Reproducible is the bundle without what differs between two runs.
func (b *Bundle) Reproducible() *Bundle {
	c := *b
	c.Local = nil
	return &c
}

// Canonical is the RFC 8785 form of what is hashed.
func (b *Bundle) Canonical() ([]byte, error) {
	hashed := *b
	hashed.BundleID, hashed.Local = "", nil
	raw, err := json.Marshal(hashed)
	if err != nil {
		return nil, err
	}
	return CanonicalJSON(raw)
}

// IDOf is the bundleId that a bundle in JSON ought to have, whatever version of the
// shape it is of, and the one that it has.
func IDOf(raw []byte) (ought, has string, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return "", "", err
	}
	_ = json.Unmarshal(fields["bundleId"], &has) // none is ""
	delete(fields, "bundleId")
	delete(fields, "local")
	hashed, err := json.Marshal(fields)
	if err != nil {
		return "", has, err
	}
	c, err := CanonicalJSON(hashed)
	return idOf(c), has, err
}

func idOf(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// CanonicalJSON is the RFC 8785 form of JSON.
func CanonicalJSON(raw []byte) ([]byte, error) {
	v := jsontext.Value(raw)
	if err := v.Canonicalize(); err != nil {
		return nil, err
	}
	return v, nil
}

// JoinTools names several tools as one, in the order in which they answered.
func JoinTools(a, b *Tool) *Tool {
	if a == nil {
		return b
	}
	if b == nil || *a == *b {
		return a
	}
	return &Tool{Name: a.Name + " " + b.Name, Version: a.Version + " " + b.Version}
}
