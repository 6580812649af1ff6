// Package pool keeps the sessions with language servers: which of them run, who may ask one now,
// and when one must be started anew.
//
// A question leases a session:
//
//	turn, err := pool.Turn(ctx, srv, view)
//	if err != nil { … }
//	defer turn.Done(&err)
//	leased, err := turn.Session(ctx, open)
//
// It promises:
//
//   - One question at a time has the turn of a server; hypothetical ones have sessions of their
//     own, so that no other answer depends on what they suppose.
//   - A leased session knows the view's files, has exactly the given documents open, has said that
//     it is ready, and was started with what the machine has now ([Surroundings]).
//   - A server that dies is started again after growing pauses; one that dies three times in a row
//     rests, and who asks meanwhile is told at once. One that does not answer twice in a row is
//     ended.
//
// It knows nothing of operations, answers and bundles: the lease says how ready a server is, and the
// engine what that makes of the evidence.
package pool
