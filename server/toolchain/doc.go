// Package toolchain finds out what this machine offers a language server: where the server and
// the tools of its language are installed, which folders hold libraries and which names bundles
// give them, and what the server may read, execute and write.
//
// It promises:
//
//   - Programs are found by package programs: none of the workspace's is run before the user
//     trusts it, by a server or by a probe.
//   - A server that would run or load something of an untrusted workspace is refused before it
//     starts, with the file and the reason ([Machine.Refuses]).
//   - A [Host] holds everything about the machine that answers depend on. It is plain data: a
//     trace records it in place of the machine.
//
// It does not start language servers (packages lsp and sandbox), and it remembers nothing but
// where installed servers were found.
package toolchain
