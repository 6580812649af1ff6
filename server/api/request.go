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

// Request is one request to an engine.
type Request struct {
	Op       string          `json:"cmd"`                // the long or short name of an operation
	Selector json.RawMessage `json:"selector,omitempty"` // a JSON string or a PositionSpec; nil for none
	// Selectors are further selectors, of an operation that takes several.
	Selectors []json.RawMessage `json:"selectors,omitempty"`
	Paths     []string          `json:"paths,omitempty"` // relative to the workspace, or absolute
	Query     string            `json:"query,omitempty"`
	Options   Options           `json:"options"`
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

// Bundle returns a new bundle for the answer to a request. It only repeats the request.
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

// Refusal returns the error bundle of a request that could not be read.
func Refusal(root, platform, cmd string, err error) *bundle.Bundle {
	if op := Lookup(cmd); op != nil {
		cmd = op.Name
	}
	b := Request{Op: cmd}.Bundle(root, platform)
	b.Fail(err)
	_ = b.Seal() // cannot fail: the bundle contains only the error
	return b
}

// CursorKey returns the key that a cursor of an answer contains: see [bundle.Bundle.CursorKey].
func CursorKey(b *bundle.Bundle) string { return b.CursorKey(ViewOptions()) }

// CursorAt returns the cursor that continues an answer from its entry with the 0-based index offset.
func CursorAt(b *bundle.Bundle, offset int) string { return bundle.Cursor(offset, CursorKey(b)) }
