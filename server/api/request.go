package api

import (
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"time"

	"lanser/selectors/text"
	"lanser/server/bundle"
)

// Request is one question.
type Request struct {
	Op       string          `json:"cmd"`                // either name of an operation
	Selector json.RawMessage `json:"selector,omitempty"` // a JSON string or a PositionSpec; nil where the operation takes none
	Paths    []string        `json:"paths,omitempty"`    // relative to the workspace, or absolute
	Query    string          `json:"query,omitempty"`
	Options  Options         `json:"options"`
}

// Duration is a time.Duration that reads and writes as "30s".
type Duration time.Duration

// MarshalText writes the duration as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads, if it is positive.
func (d *Duration) UnmarshalText(raw []byte) error {
	v, err := time.ParseDuration(string(raw))
	if err == nil && v <= 0 {
		err = errors.New("must be more than 0")
	}
	*d = Duration(v)
	return err
}

// Platform is the operating system and architecture that bundles name, as in linux/amd64.
func Platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// Bundle returns the bundle with which the answer to a request begins: it repeats the
// question, and holds nothing else.
func (r Request) Bundle(root, platform string) *bundle.Bundle {
	return &bundle.Bundle{
		Status: "ok",
		Request: bundle.Request{
			Cmd: r.Op, Paths: slices.Clone(r.Paths), Query: r.Query, Options: r.Options.described(),
		},
		Evidence:     bundle.Evidence{State: bundle.NotReady, Reasons: []string{}},
		Environment:  bundle.Environment{PositionEncoding: string(text.UTF16), Platform: platform},
		Capabilities: map[string]bool{},
		Local:        &bundle.Local{Root: root},
	}
}

// Refusal returns the bundle of a request that could not even be read.
func Refusal(root, platform, cmd string, err error) *bundle.Bundle {
	if op := Lookup(cmd); op != nil {
		cmd = op.Name
	}
	b := Request{Op: cmd}.Bundle(root, platform)
	b.Fail(err)
	_ = b.Seal() // an error bundle of a blank one holds nothing that could fail
	return b
}

// CursorKey returns what a cursor of an answer is bound to: see [bundle.Bundle.CursorKey].
func CursorKey(b *bundle.Bundle) string { return b.CursorKey(ViewOptions()) }

// CursorAt returns the cursor with which an answer goes on from its entry with that 0-based
// number.
func CursorAt(b *bundle.Bundle, offset int) string { return bundle.Cursor(offset, CursorKey(b)) }
