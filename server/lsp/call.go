package lsp

import (
	"context"
	"encoding/json"
	"slices"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
)

// allowed holds the only methods that are ever sent (spec section 8, point 1). Those that can do harm with some
// parameters are restricted further in [Session.call]: a command must be one that only reports.
var allowed = map[string]bool{
	protocol.MethodInitialize:                       true,
	protocol.MethodInitialized:                      true,
	protocol.MethodShutdown:                         true,
	protocol.MethodExit:                             true,
	protocol.MethodTextDocumentDidOpen:              true,
	protocol.MethodTextDocumentDidChange:            true,
	protocol.MethodTextDocumentDidClose:             true,
	protocol.MethodWorkspaceDidChangeWatchedFiles:   true,
	protocol.MethodWorkspaceDidChangeConfiguration:  true, // commands of the compilation database alone
	protocol.MethodTextDocumentDefinition:           true,
	protocol.MethodTextDocumentDeclaration:          true,
	protocol.MethodTextDocumentTypeDefinition:       true,
	protocol.MethodTextDocumentImplementation:       true,
	protocol.MethodTextDocumentPrepareRename:        true,
	protocol.MethodTextDocumentRename:               true, // nothing applies the edits
	protocol.MethodTextDocumentReferences:           true,
	protocol.MethodTextDocumentHover:                true,
	protocol.MethodTextDocumentCompletion:           true, // proposes texts, of which none is inserted
	protocol.MethodTextDocumentDiagnostic:           true,
	protocol.MethodTextDocumentCodeAction:           true, // asks for edits, which are shown and never applied
	protocol.MethodCodeActionResolve:                true,
	protocol.MethodWorkspaceExecuteCommand:          true,
	protocol.MethodTextDocumentPrepareCallHierarchy: true,
	protocol.MethodCallHierarchyIncomingCalls:       true,
	protocol.MethodCallHierarchyOutgoingCalls:       true,
	protocol.MethodTextDocumentPrepareTypeHierarchy: true,
	protocol.MethodTypeHierarchySupertypes:          true,
	protocol.MethodTypeHierarchySubtypes:            true,
	"rust-analyzer/viewFileText":                    true,
}

// call sends a request and returns the raw result. The error is typed: Timeout or Cancelled if ctx has ended, Crash if
// the server has, Unsupported for a method that is not allowed or that the server does not know, and otherwise what the
// server's reply says ([Session.refused]).
func (s *Session) call(ctx context.Context, method string, params any) (json.RawMessage, error) {
	command, isCommand := params.(*protocol.ExecuteCommandParams)
	isCommandMethod := method == protocol.MethodWorkspaceExecuteCommand
	_, isRename := params.(*protocol.RenameParams)
	isRenameMethod := method == protocol.MethodTextDocumentRename
	if isRenameMethod != isRename {
		return nil, fault.New(fault.Unsupported, "%s is not a read-only method", method)
	}
	if !allowed[method] || isCommandMethod != isCommand || isCommand && !readOnly(command) {
		return nil, fault.New(fault.Unsupported, "%s is not a read-only method", method)
	}
	var raw jsonrpc2.RawMessage
	defer s.endIfDeaf(ctx)()
	err := protocol.Call(ctx, s.conn, method, params, &raw)
	if err == nil {
		return json.RawMessage(raw), nil
	}
	return nil, s.failed(ctx, method, err)
}

// notify sends a notification.
func (s *Session) notify(ctx context.Context, method string, params any) error {
	if !allowed[method] {
		return fault.New(fault.Unsupported, "%s is not a read-only method", method)
	}
	defer s.endIfDeaf(ctx)()
	if err := s.conn.Notify(ctx, method, params); err != nil {
		return s.failed(ctx, method, err)
	}
	return nil
}

// Codec is go.lsp.dev/protocol's own, which it does not export; a RawMessage
// passes through.
type Codec struct{}

// Marshal encodes a message.
func (Codec) Marshal(v any) ([]byte, error) {
	if raw, ok := v.(jsonrpc2.RawMessage); ok {
		return raw, nil
	}
	return protocol.Marshal(v)
}

// Unmarshal decodes a message.
func (Codec) Unmarshal(data []byte, v any) error {
	if raw, ok := v.(*jsonrpc2.RawMessage); ok {
		*raw = slices.Clone(data)
		return nil
	}
	return protocol.Unmarshal(data, v)
}
