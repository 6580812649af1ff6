// Package fault owns the one error type of the project: a code of the exit
// table (spec section 3), a message that names the place, and a hint that
// names the mend.
//
// It promises that every code has exactly one exit status and one answer to
// "is it worth trying again". It does not print, wrap foreign errors into codes
// by guessing, or know who raises what.
package fault

import (
	"errors"
	"fmt"
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
	Internal        Code = "E/INTERNAL" // a defect of ours; shares sysexits' EX_SOFTWARE neighbour 69
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
	{BadSelector, 2, false, "the selector does not parse"},
	{Usage, 2, false, "bad flags or a bad input file"},
	{NotFound, 3, true, "nothing matches; nearest names are suggested"},
	{Ambiguous, 4, true, "several things match; each candidate carries a selector that picks it"},
	{VersionSkew, 10, true, "a pinned snapshot, docVersion or server version does not match"},
	{Timeout, 64, true, "the language server did not answer by the deadline"},
	{Crash, 65, true, "the language server died"},
	{Incomplete, 66, true, "could not verify: the check did not finish"},
	{NoServer, 67, false, "no language server for this file is installed"},
	{Internal, 69, false, "a defect of lanser itself"},
	{Permissions, 71, false, "a path is unreadable or outside the workspace"},
	{Unsupported, 72, false, "the server lacks this capability"},
	{Cancelled, 73, true, "the request was cancelled"},
	{ContentModified, 74, true, "the workspace changed under the request"},
	{Indexing, 75, false, "the column unit is not supported"},
	{ReplayMismatch, 76, false, "a trace does not give again what it recorded"},
}

func (c Code) info() Info {
	for _, row := range Table {
		if row.Code == c {
			return row
		}
	}
	return Info{Code: c, Exit: 69}
}

// Exit is the process exit status of the code.
func (c Code) Exit() int { return c.info().Exit }

// Retryable says whether asking again, or with a candidate, may succeed.
func (c Code) Retryable() bool { return c.info().Retryable }

// Error is the one error type. Details is a JSON-ready value that a machine
// reads (an offset, candidates, a server's last words); it must hold nothing
// that differs between two machines asking the same question.
type Error struct {
	Code    Code
	Message string // what, where, why; one line
	Hint    string // the command or selector that mends it; may be empty
	Details any
	cause   error
}

// New makes an error of the given code.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an error of the given code that keeps its cause for errors.Is.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.cause = cause
	return e
}

// WithHint returns e with the mend set.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithDetails returns e with a machine-readable value.
func (e *Error) WithDetails(v any) *Error {
	e.Details = v
	return e
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

func (e *Error) Unwrap() error { return e.cause }

// From returns the *Error inside err, or wraps err as Internal: an error that
// nobody gave a code is a defect of ours.
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
