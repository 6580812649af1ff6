// Package fault owns the one error type of the project: a code of the exit
// table (spec section 3), a message that names the place, and a hint that
// says how to correct it.
//
// It promises that every code has exactly one exit status, and says of each whether
// the request is worth repeating. A message that quotes a request is bounded, however
// long the request is. It does not print, does not guess codes for
// foreign errors, and does not know which package returns which code.
package fault

import (
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// Code is a symbol of the exit table.
type Code string

// The codes of spec section 3. E/APPLY_CONFLICT (70) is reserved there and
// never raised: nothing is ever applied.
const (
	BadSelector     Code = "E/BAD_SELECTOR_SYNTAX"
	Usage           Code = "E/USAGE" // bad flags and bad input files; shares exit 2
	NotFound        Code = "E/NOT_FOUND"
	Ambiguous       Code = "E/AMBIGUOUS"
	VersionSkew     Code = "E/VERSION_SKEW"
	Timeout         Code = "E/LS_TIMEOUT"
	Crash           Code = "E/LS_CRASH"
	Incomplete      Code = "E/INCOMPLETE"
	NoServer        Code = "E/NO_SERVER"
	Permissions     Code = "E/FS_PERMISSIONS"
	Unsupported     Code = "E/UNSUPPORTED_CAP"
	Cancelled       Code = "E/REQUEST_CANCELLED"
	ContentModified Code = "E/CONTENT_MODIFIED"
	Indexing        Code = "E/INDEXING_UNSUPPORTED"
	ReplayMismatch  Code = "E/REPLAY_MISMATCH"
	Internal        Code = "E/INTERNAL" // a defect of lanser; its exit status 69 is next to EX_SOFTWARE of sysexits
)

// Info is one row of the exit table.
type Info struct {
	Code      Code
	Exit      int  // process exit status
	Retryable bool // the same request may succeed later or with a candidate
	Meaning   string
}

// Table lists every code in order of exit status.
var Table = []Info{
	{Code: BadSelector, Exit: 2, Retryable: false, Meaning: "the selector does not parse"},
	{Code: Usage, Exit: 2, Retryable: false, Meaning: "bad flags or a bad input file"},
	{Code: NotFound, Exit: 3, Retryable: true, Meaning: "nothing matches; nearest names are suggested"},
	{
		Code:      Ambiguous,
		Exit:      4,
		Retryable: true,
		Meaning:   "several things match; each candidate carries a selector that picks it",
	},
	{
		Code:      VersionSkew,
		Exit:      10,
		Retryable: true,
		Meaning:   "a pinned snapshot, docVersion or server version does not match",
	},
	{Code: Timeout, Exit: 64, Retryable: true, Meaning: "the language server did not answer by the deadline"},
	{Code: Crash, Exit: 65, Retryable: true, Meaning: "the language server died"},
	{Code: Incomplete, Exit: 66, Retryable: true, Meaning: "could not verify: the check did not finish"},
	{Code: NoServer, Exit: 67, Retryable: false, Meaning: "no language server for this file is installed"},
	{Code: Internal, Exit: 69, Retryable: false, Meaning: "a defect of lanser itself"},
	{Code: Permissions, Exit: 71, Retryable: false, Meaning: "a path is unreadable or outside the workspace"},
	{Code: Unsupported, Exit: 72, Retryable: false, Meaning: "the server lacks this capability"},
	{Code: Cancelled, Exit: 73, Retryable: true, Meaning: "the request was cancelled"},
	{Code: ContentModified, Exit: 74, Retryable: true, Meaning: "the workspace changed during the request"},
	{Code: Indexing, Exit: 75, Retryable: false, Meaning: "the column unit is not supported"},
	{Code: ReplayMismatch, Exit: 76, Retryable: false, Meaning: "a replayed trace does not reproduce its answers"},
}

// info returns the row of the code. A code without a row has exit code 69.
func (c Code) info() Info {
	for _, row := range Table {
		if row.Code == c {
			return row
		}
	}
	return Info{Code: c, Exit: 69}
}

// Exit returns the process exit status of the code.
func (c Code) Exit() int { return c.info().Exit }

// Retryable reports whether the same request, or one with a candidate, may succeed later.
func (c Code) Retryable() bool { return c.info().Retryable }

// Error is the one error type. Details is a JSON-ready value that a machine
// reads (an offset, candidates, a server's last words); it must hold nothing
// that differs between two machines asking the same question.
type Error struct {
	Code    Code
	Message string // what, where, why; one line
	Hint    string // the command or selector that corrects it; may be empty
	Details any
	cause   error
}

// maxQuoted and maxMessage bound an argument of a message, and a message, in bytes. The reader of a message is often a
// model that pays for each byte, and knows what it has asked for.
const (
	maxQuoted  = 1000
	maxMessage = 4000
)

// Quoted returns a text of a request as errors quote it: whole, or the beginning and the end of a long one.
func Quoted(s string) string { return shortened(s, maxQuoted) }

// shortened returns a text of at most max bytes, or the beginning and the end of a longer one with the number of bytes
// that are left out between them. No character is cut in two.
func shortened(s string, max int) string {
	if len(s) <= max {
		return s
	}
	head, tail := s[:max/2], s[len(s)-max/4:]
	for len(head) > 0 && !utf8.RuneStart(s[len(head)]) {
		head = head[:len(head)-1]
	}
	for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	return fmt.Sprintf("%s… (%d bytes) …%s", head, len(s)-len(head)-len(tail), tail)
}

// message formats a message of which each argument, and the whole, is bounded.
func message(format string, args []any) string {
	bounded := make([]any, len(args))
	for i, arg := range args {
		bounded[i] = boundedArgument(arg)
	}
	return shortened(fmt.Sprintf(format, bounded...), maxMessage)
}

// boundedArgument returns an argument of a message, or the shortened text of one that is a long text. The text of an
// error of this package is bounded already.
func boundedArgument(arg any) any {
	var text string
	switch a := arg.(type) {
	case *Error:
		return arg
	case string:
		text = a
	case error:
		text = a.Error()
	case fmt.Stringer:
		text = a.String()
	default:
		v := reflect.ValueOf(arg)
		if v.Kind() != reflect.String {
			return arg
		}
		text = v.String()
	}
	if len(text) <= maxQuoted {
		return arg
	}
	return Quoted(text)
}

// New makes an error of the given code. An argument that is a long text is shortened ([Quoted]).
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: message(format, args)}
}

// Wrap makes an error of the given code that keeps its cause for errors.Is.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.cause = cause
	return e
}

// WithHint returns e with its hint set.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = message(format, args)
	return e
}

// WithDetails returns e with a machine-readable value.
func (e *Error) WithDetails(v any) *Error {
	e.Details = v
	return e
}

// Error returns code, message and hint on one line.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap returns the cause that [Wrap] kept, nil for none.
func (e *Error) Unwrap() error { return e.cause }

// From returns the *Error inside err, or wraps err as Internal: an error without a code is a defect
// of lanser.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Wrap(Internal, err, "%v", err)
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
