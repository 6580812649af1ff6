// Package memory holds what the engine remembers of answers: in three memories, each bounded, each with
// the version that its entries are valid for.
//
//   - [Bundles] has the sealed bundle of a request, as it was asked. Its version is that of the
//     workspace's files, and the sessions that answered must still run.
//   - [Answers] has what a server's answer made of a bundle, by the question after resolution: in RAM
//     while the session that gave it runs, and on disk for servers whose whole world can be named.
//   - [Definitions] has the places that a server named as the definitions of words, for questions about
//     other symbols in the same files.
//
// It promises that a lookup with another version than the entry's finds nothing, that a memory never
// exceeds its bound, and that each of them is safe for concurrent use.
//
// It does not decide what may be remembered, what an answer depends on, or whether a session still runs:
// the engine makes the keys and the versions, and its package documentation lists all memories.
package memory
