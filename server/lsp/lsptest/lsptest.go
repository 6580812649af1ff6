// Package lsptest is a language server for tests: it knows nothing of any language, and
// misbehaves in the way that it is started with.
//
// # What it owns
//
// The modes, which are the ways in which language servers were seen to fail, or may: each is a
// [Mode]. The server speaks LSP's base protocol by itself, since most modes break it.
//
// # Use
//
// The server is the test binary itself, started again. A test binary that starts it by
// [Command] calls [Main] in TestMain; one that has its own way to start it calls [Serve].
//
// # Promises
//
//   - A mode misbehaves as its comment says and is correct otherwise, so that a test sees one
//     fault at a time.
//   - Nothing waits for a time: what hangs, hangs until it is killed.
//
// # What it does not do
//
// It is no judge: what a session makes of a fault is tested by package lsp, what a command
// makes of it by cmd/lanser. It imports nothing of lanser.
package lsptest

import (
	"fmt"
	"os"
)

// Mode is the way in which the server misbehaves.
type Mode string

// Modes that answer every question correctly: the position of each answer is [Line], [Start]
// and [End] in the document that the question is about.
const (
	Good Mode = "good"
	// Links answers questions for locations with LSP's LocationLink.
	Links Mode = "links"
	// Echo answers hovers with the text that it was given for the document; with "closed" if
	// the document is not open.
	Echo Mode = "echo"
	// Remembers answers hovers with what it last read of every document, open or closed, in the form "a.go=text;",
	// sorted, and with "reloaded;" for each time that it was asked to reload. It does not read files that are changed
	// on disk. A file that is gone has a text until it is asked for the third time. It logs [Ready] for each file that
	// comes or goes.
	Remembers Mode = "remembers"
	// Pushes publishes [Finding] for every version of a document that is opened or changed,
	// and before that an outdated report of the version before.
	Pushes Mode = "pushes"
	// GivesUp logs [GaveUp] and the URI of a document that is opened, and publishes nothing. After a change it
	// publishes [Finding], and before that it logs [Failed] if the text contains it.
	GivesUp Mode = "gives-up"
	// Registers does not offer diagnostics in its reply to initialize. It registers them later,
	// then logs [Ready], and unregisters them before it answers a hover.
	Registers Mode = "registers"
	// NoUTF8 logs a message that is not UTF-8 before it answers.
	NoUTF8 Mode = "no-utf-8"
	// Flood publishes the diagnostics of 20,000 files before it answers.
	Flood Mode = "flood"
	// StderrFlood writes 20 MB to its standard error before it answers.
	StderrFlood Mode = "stderr-flood"
	// UnknownID sends replies to requests that nobody made before it answers.
	UnknownID Mode = "unknown-id"
	// TwoReplies answers every question twice: the second reply is null.
	TwoReplies Mode = "two-replies"
	// Children starts a program in a session of its own, which outlives the server.
	Children Mode = "children"
	// IgnoreShutdown does not end after shutdown and exit, nor at the end of its input.
	IgnoreShutdown Mode = "ignore-shutdown"
)

// Modes that do not answer.
const (
	// Hang does not answer initialize.
	Hang Mode = "hang"
	// Deaf answers initialize, sends requests without end when it is asked something, and reads nothing.
	Deaf Mode = "deaf"
	// HangAtQuestion answers initialize, and no question.
	HangAtQuestion Mode = "hang-at-question"
	// LengthTooLong promises 100 bytes more than it sends.
	LengthTooLong Mode = "length-too-long"
	// HangHalfWay answers the first two questions for diagnostics with [Finding] each.
	HangHalfWay Mode = "hang-half-way"
)

// Modes that end, or that no session can go on with.
const (
	// Die writes two lines to its standard error and exits with status 3 at once.
	Die Mode = "die"
	// DieOnQuestion exits with status 2 when it is asked for references.
	DieOnQuestion Mode = "die-on-question"
	// DieHalfWay is HangHalfWay, but exits with status 2.
	DieHalfWay Mode = "die-half-way"
	// HalfAFrame breaks off in the middle of a message, and closes its output.
	HalfAFrame Mode = "half-a-frame"
	// LengthTooShort promises 5 bytes less than it sends.
	LengthTooShort Mode = "length-too-short"
	// LengthNoNumber sends a Content-Length that is no number.
	LengthNoNumber Mode = "length-no-number"
	// NoJSON sends a message that is no JSON.
	NoJSON Mode = "no-json"
	// Huge sends a message of 200 MB.
	Huge Mode = "huge"
	// ClosedOutput closes its output and goes on.
	ClosedOutput Mode = "closed-output"
)

// Modes of a server that answers references only: it answers definitions, diagnostics and
// what the mode does not name with an error or nothing.
const (
	// Lie answers with a range that lies outside of the document.
	Lie Mode = "lie"
	// Twice answers once with a location and once with none, and sends a reply to a request
	// that nobody made.
	Twice Mode = "twice"
	// Edit asks the client to apply an edit, and answers only if that was refused.
	Edit Mode = "edit"
	// Single answers with one location where LSP has a list.
	Single Mode = "single"
	// Grows finds one location more each time that it is asked, up to four.
	Grows Mode = "grows"
	// Unloads answers well until a file changes. From then on it refuses to say what it finds in any file.
	Unloads Mode = "unloads"
	// KnowsNothing answers null to each question but that for findings.
	KnowsNothing Mode = "knows-nothing"
)

// CrashAt is the mode of a server that exits with status 2 when it receives a message of that
// method; its last words are "panic: at " and the method.
func CrashAt(method string) Mode { return Mode(crashAt + method) }

// CountsIn is the mode of a server that is Good and counts columns in the given unit, by LSP's
// name for it, whether that was offered or not; "" is for a server that names none.
func CountsIn(encoding string) Mode { return Mode(countsIn + encoding) }

const (
	crashAt  = "crash-at-"
	countsIn = "counts-in-"
)

// The position of every good answer, 0-based, in the unit that was negotiated.
const (
	Line  = 2
	Start = 5
	End   = 6
)

// Messages of the server.
const (
	Finding = "bad"         // of the diagnostics that some modes give
	GaveUp  = "gave up on " // logged by [GivesUp], with the URI of the document after it
	Failed  = "failed: "    // logged by [GivesUp] before it publishes a document whose text contains it
	Ready   = "ready"       // logged by [Registers]
)

// modeVar names the variable of the environment that holds the mode.
const modeVar = "LANSER_FAKE_LSP"

// Command is the command and the environment that start this test binary as the server. The
// binary must call [Main].
func Command(mode Mode) (argv, env []string, err error) {
	self, err := os.Executable()
	env = []string{
		modeVar + "=" + string(mode),
		"GORACE=atexit_sleep_ms=10", // a second for each process otherwise
	}
	return []string{self}, env, err
}

// Main turns the process into the server if it was started by [Command], and then does not
// return. It is called in TestMain before the tests are run.
func Main() {
	mode, ok := os.LookupEnv(modeVar)
	if !ok {
		return
	}
	Serve(Mode(mode))
	os.Exit(0)
}

// Serve is the server, on standard input and output. It returns when the server has ended in
// good order, and exits the process where the mode says so. It exits with status 64 if there
// is no such mode.
func Serve(mode Mode) {
	if !mode.known() {
		fmt.Fprintf(os.Stderr, "lsptest: there is no mode %q\n", mode)
		os.Exit(64)
	}
	newServer(mode).serve()
}
