// Package lsp owns sessions with language servers: starting them in the sandbox, the handshake, open documents,
// notifications of changes on disk, the signal that answers are complete, and how sessions end.
//
// What differs between servers is data of package catalogue; this package names no
// server.
//
// # Promises
//
//   - Only methods on a fixed list are ever sent, and none of them edits. A
//     server's own request to edit is answered "not applied".
//   - A server gets the same bytes that were hashed: open documents carry the
//     snapshot's content, and every other change is announced before the next
//     question.
//   - Answers do not depend on earlier questions: a document stays open after its
//     question only if the server holds it anyway ([catalogue.Server.Holds]).
//   - [Session.Await] waits for the server's own signal that it can answer in full,
//     and returns what is known about that as a [Readiness].
//   - A server that does not read a changed file when it is notified, or reads it at some later time, is led to the
//     new content before the next question ([catalogue.Leads]). Where that is not possible ([catalogue.Notices]), it
//     is not asked again: Sync returns ErrStale, and the owner starts a new session.
//   - The memory that a server can make us use is bounded: the size of a message, and
//     the number of files, tokens and registrations that it names.
//   - Every call ends by its context's deadline. Errors are typed; those of a dead
//     server carry the end of its standard error.
//   - A closed session leaves no process.
//
// # States
//
//	starting → ready → closed
//	    └────────┴───→ dead      (the process ended, or broke the protocol)
//
// A session never leaves dead or closed: its owner starts a new one.
//
// # What it does not do
//
// It knows nothing of selectors and bundles, of which question fits which
// operation, and of where a server is installed.
package lsp
