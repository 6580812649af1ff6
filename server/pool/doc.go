// Package pool manages the sessions with language servers: which of them run, which request may use
// one, and when one must be restarted.
//
// A request leases a session:
//
//	turn, err := pool.Turn(ctx, srv, view)
//	if err != nil { … }
//	defer turn.Done(&err)
//	leased, err := turn.Session(ctx, open)
//
// It promises:
//
//   - Only one request at a time has the turn of a server. Hypothetical requests have sessions of
//     their own, so that no other answer depends on their overlays.
//   - A leased session knows the files of the view, has exactly the given documents open, is ready,
//     and was started with the current state of the machine ([Surroundings]).
//   - A server that crashes is restarted after increasing pauses. After three crashes in a row it
//     is not started for a while, and requests fail immediately. A server that does not answer two
//     requests in a row is stopped.
//
// It does not know operations, answers and bundles. The lease reports how ready a server is, and the
// engine derives the evidence from that.
package pool
