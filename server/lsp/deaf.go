package lsp

import (
	"lanser/selectors/text"
	"lanser/server/catalogue"
)

// Deaf returns a session without a server, whose columns are in the unit enc. Tests of code
// that interprets a server's answers use it.
func Deaf(srv *catalogue.Server, root string, enc text.Encoding) *Session {
	return &Session{
		cfg:     Config{Server: srv, Root: root},
		enc:     enc,
		docs:    newDocuments(),
		pushed:  map[string]push{},
		signals: newSignals(),
	}
}
