package server

import (
	"encoding/json"
	"slices"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
)

// blank is the bundle that an answer begins with.
func blank(root, platform string, req Request) *bundle.Bundle {
	options := map[string]any{}
	if raw, err := json.Marshal(req.Options); err == nil {
		_ = json.Unmarshal(raw, &options) // what was just marshalled
	}
	req.Options.describeOverlay(options)
	delete(options, "timeout") // how long one waits is no part of the answer
	delete(options, "jobs")
	delete(options, "frozen") // nor is what one insists on
	return &bundle.Bundle{
		Status:       "ok",
		Request:      bundle.Request{Cmd: req.Op, Paths: slices.Clone(req.Paths), Query: req.Query, Options: options},
		Evidence:     bundle.Evidence{State: bundle.NotReady, Reasons: []string{}},
		Environment:  bundle.Environment{PositionEncoding: string(text.UTF16), Platform: platform},
		Capabilities: map[string]bool{},
		Local:        &bundle.Local{Root: root},
	}
}

// fail turns the bundle into an error bundle. What was resolved so far stays.
func fail(b *bundle.Bundle, err error) {
	f := fault.From(err)
	b.Status, b.Facts = "error", nil
	b.Meta = bundle.Meta{ExitCode: f.Code.Exit()}
	b.Error = &bundle.Error{Code: f.Code, Message: f.Message, Retryable: f.Code.Retryable(), Hint: f.Hint, Details: f.Details}
	switch d := f.Details.(type) {
	case selectors.Choice:
		b.Error.Details = map[string]int{"total": d.Total}
	case selectors.Unread:
		b.Error.Details = nil
		b.Evidence.State = bundle.Partial
	case map[string]string:
		b.Local.Stderr, b.Error.Details = d["stderr"], nil
	}
	switch f.Code {
	case fault.Timeout:
		b.Evidence.State = bundle.TimedOut
	case fault.Crash:
		b.Evidence.State = bundle.ServerDied
	case fault.Unsupported:
		b.Evidence.State = bundle.Unsupported
	case fault.Incomplete:
		if b.Evidence.State == bundle.Complete {
			b.Evidence.State = bundle.Partial
		}
	case fault.NotFound, fault.Ambiguous: // an answer too; no server was needed for it, if none is named
		if b.Evidence.State == bundle.NotReady {
			b.Evidence.State, b.Evidence.Reasons = bundle.Complete, append(b.Evidence.Reasons, "syntax")
		}
	default:
		b.Evidence.State = bundle.NotReady
	}
	b.Evidence.Reasons = append(b.Evidence.Reasons, string(f.Code))
}
