package bundle

import (
	"lanser/selectors"
	"lanser/selectors/fault"
)

// Fail turns the bundle into an error bundle; what was resolved so far stays in it. The bundle
// must be sealed afterwards.
func (b *Bundle) Fail(err error) {
	f := fault.From(err)
	b.Status, b.Facts = "error", nil
	b.Meta = Meta{ExitCode: f.Code.Exit()}
	b.Error = &Error{Code: f.Code, Message: f.Message, Retryable: f.Code.Retryable(), Hint: f.Hint, Details: f.Details}
	switch d := f.Details.(type) {
	case selectors.Choice:
		b.Error.Details = map[string]int{"total": d.Total}
	case selectors.Unread:
		b.Error.Details = nil
		b.Evidence.State = Partial
	case map[string]string:
		b.Local.Stderr, b.Error.Details = d["stderr"], nil
	}
	switch f.Code {
	case fault.Timeout:
		b.Evidence.State = TimedOut
	case fault.Crash:
		b.Evidence.State = ServerDied
	case fault.Unsupported:
		b.Evidence.State = Unsupported
	case fault.Incomplete:
		if b.Evidence.State == Complete {
			b.Evidence.State = Partial
		}
	case fault.NotFound, fault.Ambiguous: // an answer too; no server was needed for it, if none is named
		if b.Evidence.State == NotReady {
			b.Evidence.State, b.Evidence.Reasons = Complete, append(b.Evidence.Reasons, "syntax")
		}
	default:
		b.Evidence.State = NotReady
	}
	b.Evidence.Reasons = append(b.Evidence.Reasons, string(f.Code))
}
