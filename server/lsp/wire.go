package lsp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	jsonx "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// This file decodes replies that go.lsp.dev/protocol's unions refuse: servers answer with
// shapes, and with values of enumerations, that the specification does not have (gopls sends
// diagnostic reports of kind "", others send one object in place of a list).

// Location is a location in a file. Range is that of the name, in the session's encoding; Full
// is that of the whole declaration, nil if the server does not send it.
type Location struct {
	URI   string
	Range protocol.Range
	Full  *protocol.Range
}

// rawLocation is an LSP Location or LocationLink.
type rawLocation struct {
	URI                  string          `json:"uri"`
	Range                *protocol.Range `json:"range"`
	TargetURI            string          `json:"targetUri"`
	TargetRange          *protocol.Range `json:"targetRange"`
	TargetSelectionRange *protocol.Range `json:"targetSelectionRange"`
}

// isNull reports whether a result is null or absent.
func isNull(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

// asList decodes a list; one object is a list of one, and null is an empty one.
func asList[T any](raw []byte) ([]T, error) {
	if isNull(raw) {
		return nil, nil
	}
	var list []T
	if bytes.TrimSpace(raw)[0] == '[' {
		return list, tolerant(raw, &list)
	}
	var one T
	err := tolerant(raw, &one)
	return append(list, one), err
}

// tolerant decodes JSON as encoding/json does, in half the time: an answer may hold thousands
// of locations.
func tolerant(raw []byte, v any) error {
	return jsonx.Unmarshal(raw, v, jsonx.MatchCaseInsensitiveNames(true), jsontext.AllowDuplicateNames(true),
		jsontext.AllowInvalidUTF8(true))
}

// readLocations decodes Location, Location[] and LocationLink[].
func readLocations(raw []byte) ([]Location, error) {
	list, err := asList[rawLocation](raw)
	if err != nil {
		return nil, err
	}
	out := make([]Location, 0, len(list))
	for _, r := range list {
		switch {
		case r.TargetURI != "" && r.TargetSelectionRange != nil:
			out = append(out, Location{URI: r.TargetURI, Range: *r.TargetSelectionRange, Full: r.TargetRange})
		case r.TargetURI != "" && r.TargetRange != nil:
			out = append(out, Location{URI: r.TargetURI, Range: *r.TargetRange, Full: r.TargetRange})
		case r.URI != "" && r.Range != nil:
			out = append(out, Location{URI: r.URI, Range: *r.Range, Full: nil})
		default:
			return nil, fmt.Errorf("a location without uri or range: %.200s", raw)
		}
	}
	return out, nil
}

// Hover is a hover's text as Markdown, and its range, nil if the server sends none.
type Hover struct {
	Contents string
	Range    *protocol.Range
}

// readHover decodes the four shapes of hover contents. It returns nil for null.
func readHover(raw []byte) (*Hover, error) {
	if isNull(raw) {
		return nil, nil
	}
	var h struct {
		Contents json.RawMessage `json:"contents"`
		Range    *protocol.Range `json:"range"`
	}

	if err := json.Unmarshal(raw, &h); err != nil {
		return nil, err
	}
	parts, err := asList[json.RawMessage](h.Contents)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, p := range parts {
		var s string
		if json.Unmarshal(p, &s) == nil {
			texts = append(texts, s)
			continue
		}

		var marked struct{ Kind, Language, Value string }
		if err := json.Unmarshal(p, &marked); err != nil {
			return nil, fmt.Errorf("hover contents: %w", err)
		}
		if marked.Language != "" {
			marked.Value = "```" + marked.Language + "\n" + marked.Value + "\n```"
		}
		texts = append(texts, marked.Value)
	}

	return &Hover{Contents: strings.Join(texts, "\n\n"), Range: h.Range}, nil
}

// Diagnostic is one diagnostic as the server sent it. The range is in the session's encoding.
type Diagnostic struct {
	Range    protocol.Range       `json:"range"`
	Severity int                  `json:"severity"` // LSP's 1 (error) to 4 (hint); 0 if the server sends none
	Code     any                  `json:"code"`
	Source   string               `json:"source"`
	Message  message              `json:"message"`
	Tags     []int                `json:"tags"`
	Related  []relatedInformation `json:"relatedInformation"`

	Fixes []Fix           `json:"-"`
	raw   json.RawMessage // as the server sent it
}

// sent returns the diagnostic as LSP has it. For tsserver's, which are not LSP's, it is made up.
func (d *Diagnostic) sent() (out protocol.Diagnostic, err error) {
	raw := d.raw
	if raw == nil {
		raw, err = json.Marshal(map[string]any{
			"range": d.Range, "severity": d.Severity, "code": d.Code, "source": d.Source, "message": d.Message,
		})
		if err != nil {
			return out, err
		}
	}
	return out, protocol.Unmarshal(raw, &out)
}

// UnmarshalJSON decodes a diagnostic, and keeps it as it is for questions about it.
func (d *Diagnostic) UnmarshalJSON(raw []byte) error {
	type plain Diagnostic
	if err := json.Unmarshal(raw, (*plain)(d)); err != nil {
		return err
	}
	d.raw = slices.Clone(raw)
	return nil
}

// relatedInformation is a location that belongs to a diagnostic.
type relatedInformation struct {
	Location struct {
		URI   string         `json:"uri"`
		Range protocol.Range `json:"range"`
	} `json:"location"`
	Message string `json:"message"`
}

// message is a string, or LSP 3.18's MarkupContent.
type message string

func (m *message) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*m = message(s)
		return nil
	}
	var markup struct{ Value string }
	err := json.Unmarshal(raw, &markup)
	*m = message(markup.Value)
	return err
}

// ErrUnchanged is the cause of the error where a server reports that the diagnostics of a file have not changed, though
// no earlier report was named. Pyright says that of files that it does not know.
var ErrUnchanged = errors.New("the server reports no change, but no earlier report was named")

// readReport decodes a document diagnostic report. A report with items is a full one, whatever
// its kind is.
func readReport(raw []byte) ([]Diagnostic, error) {
	var r struct {
		Kind  string       `json:"kind"`
		Items []Diagnostic `json:"items"`
	}

	if isNull(raw) {
		return nil, fmt.Errorf("the server gave no report")
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, err
	}
	if r.Kind == "unchanged" {
		return nil, ErrUnchanged
	}
	return r.Items, nil
}

// readTSServer decodes tsserver's reply to a request for diagnostics. Its lines and columns are
// 1-based, in UTF-16 units.
func readTSServer(raw []byte) ([]Diagnostic, error) {
	type place struct{ Line, Offset uint32 }
	type span struct {
		Start, End place
		File       string
	}

	var r struct {
		Success bool
		Message string
		Body    []struct {
			Start, End         place
			Text, Category     string
			Code               int
			Source             string
			ReportsUnnecessary bool
			ReportsDeprecated  bool
			RelatedInformation []struct {
				Span    *span
				Message string
			}
		}
	}

	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, err
	}
	if !r.Success {
		return nil, fmt.Errorf("tsserver refused: %s", r.Message)
	}
	at := func(p place) protocol.Position {
		return protocol.Position{Line: max(p.Line, 1) - 1, Character: max(p.Offset, 1) - 1}
	}
	severity := map[string]int{"error": 1, "warning": 2, "message": 3, "suggestion": 4}
	var out []Diagnostic
	for _, b := range r.Body {
		d := Diagnostic{
			Range:    protocol.Range{Start: at(b.Start), End: at(b.End)},
			Severity: severity[b.Category],
			Code:     float64(b.Code),
			Source:   b.Source,
			Message:  message(b.Text),
		}
		if d.Source == "" {
			d.Source = "typescript"
		}

		if b.ReportsUnnecessary {
			d.Tags = append(d.Tags, 1)
		}

		if b.ReportsDeprecated {
			d.Tags = append(d.Tags, 2)
		}

		for _, rel := range b.RelatedInformation {
			if rel.Span == nil {
				continue
			}
			var item relatedInformation
			item.Location.URI, item.Message = string(uri.File(rel.Span.File)), rel.Message
			item.Location.Range = protocol.Range{Start: at(rel.Span.Start), End: at(rel.Span.End)}
			d.Related = append(d.Related, item)
		}
		out = append(out, d)
	}

	return out, nil
}
