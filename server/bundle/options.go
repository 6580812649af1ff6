package bundle

// Names of the options that a reader of a bundle needs from request.options. Options with an unset or default value
// are not in it. Package api has the table of all options.
const (
	OptionAllowIncomplete = "allow-incomplete"
	OptionBaseline        = "baseline"
	OptionCursor          = "cursor"
	OptionFailOn          = "fail-on"
	OptionFamily          = "family"
)

// AllowsIncomplete reports whether the exit code depends on the findings even if the check did not finish.
func (r *Request) AllowsIncomplete() bool { return r.Options[OptionAllowIncomplete] == true }

// FailOn returns the lowest severity that fails the check, "" for the default (see [Diagnostic.Fails]).
func (r *Request) FailOn() string {
	severity, _ := r.Options[OptionFailOn].(string)
	return severity
}
