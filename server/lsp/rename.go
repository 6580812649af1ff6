package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// FileEdit replaces a stretch of a file, in the session's encoding. It is a proposal: nothing applies it.
type FileEdit struct {
	URI     string
	Range   protocol.Range
	NewText string
}

// Rename asks which edits rename the symbol at a byte offset. LSP's textDocument/rename changes nothing by itself. The
// error is Unsupported if files would have to be moved.
func (s *Session) Rename(ctx context.Context, p string, c *text.Content, offset int, name string) ([]FileEdit, error) {
	params := &protocol.RenameParams{TextDocumentPositionParams: s.position(p, c, offset), NewName: name}
	raw, err := s.ask(ctx, protocol.MethodTextDocumentRename, params)
	if err != nil {
		return nil, err
	}
	out, err := readWorkspaceEdit(raw)
	if err != nil {
		if fault.Is(err, fault.Unsupported) {
			return nil, err
		}
		return nil, s.broken(protocol.MethodTextDocumentRename, err)
	}
	return out, nil
}

// rawTextEdit is an LSP TextEdit.
type rawTextEdit struct {
	Range   *protocol.Range `json:"range"`
	NewText string          `json:"newText"`
}

// readWorkspaceEdit decodes the text edits of a workspace edit, of which LSP has two shapes; null has none.
func readWorkspaceEdit(raw []byte) (out []FileEdit, err error) {
	if isNull(raw) {
		return nil, nil
	}
	var edit struct {
		Changes         map[string][]rawTextEdit `json:"changes"`
		DocumentChanges []struct {
			Kind         string `json:"kind"`
			TextDocument struct {
				URI string `json:"uri"`
			} `json:"textDocument"`
			Edits []rawTextEdit `json:"edits"`
		} `json:"documentChanges"`
	}
	if err := tolerant(raw, &edit); err != nil {
		return nil, err
	}
	add := func(uri string, edits []rawTextEdit) {
		for _, e := range edits {
			if uri == "" || e.Range == nil {
				err = fmt.Errorf("an edit without uri or range: %.200s", raw)
				return
			}
			out = append(out, FileEdit{URI: uri, Range: *e.Range, NewText: e.NewText})
		}
	}
	for _, d := range edit.DocumentChanges {
		if d.Kind != "" {
			return nil, fault.New(fault.Unsupported,
				"the rename would %s a file, which a diff of texts cannot show", d.Kind)
		}
		add(d.TextDocument.URI, d.Edits)
	}
	if edit.DocumentChanges == nil { // a server that sends both means the same by them
		for uri, edits := range edit.Changes {
			add(uri, edits)
		}
	}
	return out, err
}
