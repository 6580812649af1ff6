package catalogue

import (
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// Following is how a server reports that it has read the workspace, and how it is led to the changes of files.
type Following struct {
	// Ready is the signal that is awaited before each question.
	Ready Signal
	// ScansOver is true if its scan replaces the content of open documents by that on disk: no
	// document is opened before it has logged Ready.Log.
	ScansOver bool
	// InitialWork is the title of the progress after whose end the pushed diagnostics of
	// configuration files are final.
	InitialWork string
	// CheckWork matches the titles of works, InitialWork among them, at whose ends it pushes diagnostics: while one of
	// them is going on, what it has pushed for configuration files is not final. Nil if there are no others.
	CheckWork *lazyregexp.Regexp
	// unseen reports whether a check of other files does not see a file as an overlay has it: it looks for what they
	// import, or reads what they source, on disk. before is the workspace without the overlay. It is nil for none.
	unseen func(srv *Server, before, after project.View, p string) bool
	// LoadSource is the source of the findings of the tool by which it loads packages; "" for none.
	LoadSource string
	// FailedWork is the title of the progress by which it reports that it could not load the
	// workspace.
	FailedWork string
	// Unloaded is part of the error with which it refuses a question about a file that it has
	// not loaded. Its report of the reason, FailedWork, may come later.
	Unloaded string
	// HalfLoaded is part of the findings of a file whose package it has loaded without what that imports: nothing can
	// be said about the file.
	HalfLoaded string
	// Notices are the changes of unopened files that its next answer has. The server is restarted for all others.
	Notices Notices
	// Leads says what is sent to the server after workspace/didChangeWatchedFiles, so that it reads a changed file.
	// Nil means that the notification is enough, as for gopls.
	Leads *Leads
	// dependents is [Server.Dependents] of a change of files that concern it; nil if any file may depend on them.
	dependents func(before, after project.View, changed []string) func(p string) bool
}

// Signal is how a server reports that its answers are complete from now on. The zero value is
// for a server whose requests block until then.
type Signal struct {
	// Log matches the log message by which it reports that its scan of the workspace is over.
	// Its first group, if it has one, is the number of files found.
	Log *lazyregexp.Regexp
	// Work is the title of the progress that begins when the first file of a compilation
	// database is opened, and ends when all of it is indexed.
	Work string
	// Status is true if it sends rust-analyzer's experimental/serverStatus.
	Status bool
	// Service is true if it sends JDT LS's language/status ServiceReady once it has read the projects.
	Service bool
	// Refresh is true if it sends workspace/diagnostic/refresh when it has read its configuration. It
	// answers earlier pulls without findings.
	Refresh bool
}

// Notices are the changes of unopened files that a server takes into account when it is told of them.
type Notices int

// What was measured: the server's next answer takes the changes into account.
const (
	NoticesAll         Notices = iota
	NoticesButRemovals         // changes of content and new files, but not that a file is gone
	NoticesEdits               // changes of content, but not files that are added or removed
	NoticesNone
)

// Leads is how a server that does not read changed files when it is notified of them, or reads them at some later
// time, is led to their new contents before the next question.
type Leads struct {
	// Without are the changes that it takes into account without being led.
	Without Notices
	// Opens is true if a document that is opened and closed again replaces what the server knew of the file.
	Opens bool
	// Publishes is true if it has read such a document only when it has published diagnostics for it.
	Publishes bool
	// Includers is true if it reads the sources of compilation databases with what they include, and those that
	// include a changed file again only if they are opened, too.
	Includers bool
	// Scans matches the log message with which a scan begins that follows a notification, and that ends with
	// Ready.Log. The server is notified of files that come and go, and of many changes at once, and the end of that
	// scan is awaited; of a few changes it is not notified, but led to them as Opens says. Nil if there is no such
	// scan.
	Scans *lazyregexp.Regexp
	// Text is a request for the text of a file, which fails once the server has noticed that the file is gone; ""
	// if it needs none.
	Text string
	// Marks is true if it publishes no findings, as an empty list, for a file that it is notified to be gone, after it
	// has read the changes that it was notified of before: such a notification of a file that never was marks the end.
	Marks bool
	// Reload is a request to TypeScript's own server that makes it resolve imports again after files came or went;
	// "" if it needs none.
	Reload string
	// Only reports whether it can be led to what became of a file; nil is for all. It is restarted for the others.
	Only func(v project.View, p string) bool
}
