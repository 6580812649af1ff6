package lsp

import (
	"lanser/selectors/text"
	"lanser/server/catalogue"
)

// Deaf is a session without a server, which counts columns in enc: for tests of what
// reads a server's words.
func Deaf(srv *catalogue.Server, root string, enc text.Encoding) *Session {
	return &Session{cfg: Config{Server: srv, Root: root}, enc: enc, docs: newDocuments(), pushed: map[string]push{}, signals: newSignals()}
}
