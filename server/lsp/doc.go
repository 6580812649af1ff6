// Package lsp owns sessions with language servers: starting them in the
// sandbox, the handshake, the documents they hold, what they were told of the
// disk, when their answers are whole, and how they end.
//
// What differs between servers is data of package catalogue; this package names no
// server.
//
// # Promises
//
//   - Only methods on a fixed list are ever sent, and none of them edits. A
//     server's own request to edit is answered "not applied".
//   - A server is told the very bytes that were hashed: open documents carry the
//     snapshot's content, and every other change is announced before the next
//     question.
//   - What was asked before is no part of an answer: of the documents that earlier
//     questions needed those stay open whose being open adds nothing to what the server
//     holds ([catalogue.Server.Holds]), and the others are closed.
//   - A question is put only once the server's own signal says that it can be
//     answered in full; what is known about that comes back as a [Readiness].
//   - A server that does not notice a change when it is told ([catalogue.Notices]) is not
//     asked again: its owner starts it anew (ErrStale).
//   - What a server can make us keep is bounded: the size of a message, and the
//     number of files, tokens and registrations that it names.
//   - Every call ends by its context's deadline, with a typed error that carries
//     the end of the server's standard error where it died.
//   - A closed session leaves no process.
//
// # States
//
//	starting → ready → closed
//	    └────────┴───→ dead      (the process ended, or broke the protocol)
//
// A session never leaves dead or closed: its owner starts a new one.
//
// # Not done here
//
// Selectors and bundles are unknown here; so is which question fits which
// operation, and where a server is installed.
package lsp
