package editor

import (
	"context"
	"encoding/json"
	"io/fs"
	"path/filepath"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
)

// A bundle has 0-based ranges in the encoding of the language server, and URIs relative to the workspace or to a named
// root. LSP has ranges in the encoding of the client, and file URIs. The view converts both, once for each answer.

// answerView converts the contents of a bundle to LSP's types. It is used for one answer by one goroutine.
type answerView struct {
	s        *session
	folder   *folder
	b        *bundle.Bundle
	contents map[string]*text.Content // by file; nil if the file cannot be read
}

// view returns a view of a bundle about a folder.
func (s *session) view(in *folder, b *bundle.Bundle) *answerView {
	return &answerView{s: s, folder: in, b: b, contents: map[string]*text.Content{}}
}

// file returns the path on this machine of a URI in a bundle, "" if there is none: "src/a.go" lies below the root of
// the folder, and for "goroot:///src/fmt/print.go" the local part of the bundle has the path.
func (v *answerView) file(u string) string {
	switch {
	case !strings.Contains(u, "://"):
		return filepath.Join(v.folder.door.Root(), filepath.FromSlash(selectors.UnescapePath(u)))
	case strings.HasPrefix(u, "file://"):
		return uri.URI(u).FsPath()
	case v.b.Local != nil:
		return v.b.Local.Paths[u]
	}
	return ""
}

// content returns the content of a file: the client's text if it has the file open, because positions are about that
// text; otherwise the content on disk. It returns nil if the file cannot be read.
func (v *answerView) content(file string) *text.Content {
	c, known := v.contents[file]
	if known {
		return c
	}
	if rel, ok := beneath.Local(v.folder.door.Root(), file); ok {
		v.s.mu.Lock()
		d, open := v.s.docs[folderFile{folder: v.folder, path: rel}]
		v.s.mu.Unlock()
		if open {
			c = text.New([]byte(d.text))
		}
	}

	if c == nil {
		if raw, err := v.read(file); err == nil {
			c = text.New(raw)
		}
	}
	v.contents[file] = c
	return c
}

// read reads a file of the workspace, or a file below a named root that the bundle mentions. No other file is read:
// columns in it stay as the bundle has them.
func (v *answerView) read(file string) ([]byte, error) {
	if rel, ok := beneath.Local(v.folder.door.Root(), file); ok {
		return beneath.ReadIn(v.folder.door.Root(), rel, beneath.MaxSize)
	}
	if v.b.Local != nil {
		for _, named := range v.b.Local.Paths {
			if named == file {
				return beneath.ReadFile(file, beneath.MaxSize)
			}
		}
	}
	return nil, fs.ErrPermission
}

// clientRange converts a range of the bundle to the client's position encoding. If the file cannot be read, the columns
// are those of the bundle, which are the same on lines of ASCII.
func (v *answerView) clientRange(file string, r bundle.Range) protocol.Range {
	from, to := text.Point{Line: r[0], Col: r[1]}, text.Point{Line: r[2], Col: r[3]}
	theirs := text.Encoding(v.b.Environment.PositionEncoding)
	if theirs != v.s.enc {
		if c := v.content(file); c != nil {
			if p, ok := text.Convert(c, from, theirs, v.s.enc); ok {
				from = p
			}
			if p, ok := text.Convert(c, to, theirs, v.s.enc); ok {
				to = p
			}
		}
	}
	return protocol.Range{
		Start: protocol.Position{Line: uint32(from.Line), Character: uint32(from.Col)},
		End:   protocol.Position{Line: uint32(to.Line), Character: uint32(to.Col)},
	}
}

// location converts a location; ok is false if it is in no file of this machine.
func (v *answerView) location(u string, r bundle.Range) (protocol.Location, bool) {
	file := v.file(u)
	if file == "" {
		return protocol.Location{}, false
	}
	return protocol.Location{URI: uri.File(file), Range: v.clientRange(file, r)}, true
}

// locations converts locations, without those that are in no file of this machine.
func (v *answerView) locations(list []bundle.Location) []protocol.Location {
	out := []protocol.Location{}
	for _, l := range list {
		if at, ok := v.location(l.URI, l.Range); ok {
			out = append(out, at)
		}
	}
	return out
}

// params decodes the parameters of a request. The error is Usage.
func params[P any](raw json.RawMessage) (p P, err error) {
	if err := protocol.Unmarshal(raw, &p); err != nil {
		return p, fault.Wrap(fault.Usage, err, "the parameters are malformed: %v", err)
	}
	return p, nil
}

// locationsRequest answers a method with the locations that an operation returns.
func locationsRequest(op string, list func(*bundle.Facts) []bundle.Location) request {
	return func(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
		p, err := params[protocol.TextDocumentPositionParams](raw)
		if err != nil {
			return nil, err
		}
		v, err := s.askAt(ctx, op, p, api.Options{})
		found := []protocol.Location{}
		if err == nil {
			found = v.locations(list(v.b.Facts))
		} else if _, err := emptyIfUnnamed(nil, v, err); err != nil {
			return nil, err
		}
		if len(found) == 0 && op == "definition" {
			return nil, errNoIdentifier
		}
		return found, nil
	}
}

// errNoIdentifier is the error for the definition of a place that names nothing, in the words of gopls. Agents find a
// symbol by a search for its name, ask for the definition at each place, and skip the places that are answered with
// these words: with an empty list, they would take the symbol's name in a comment for the symbol.
var errNoIdentifier = fault.New(fault.NotFound, "no identifier found")

// emptyIfUnnamed returns the empty answer if the position was resolved, and the language server found nothing
// named there. Any other error is returned, for example that the file is not part of the workspace.
func emptyIfUnnamed(empty any, v *answerView, err error) (any, error) {
	isResolved := v != nil && v.b != nil && v.b.Resolution != nil && v.b.Resolution.Resolved != nil
	if isResolved && fault.Is(err, fault.NotFound) {
		return empty, nil
	}
	return nil, err
}

// references answers textDocument/references.
func references(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.ReferenceParams](raw)
	if err != nil {
		return nil, err
	}
	declaration := p.Context.IncludeDeclaration
	v, err := s.askAt(ctx, "references", p.TextDocumentPositionParams, api.Options{Declaration: &declaration})
	if err != nil {
		return emptyIfUnnamed([]protocol.Location{}, v, err)
	}
	return v.locations(v.b.Facts.References), nil
}

// highlights returns the references within the document itself.
func highlights(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.TextDocumentPositionParams](raw)
	if err != nil {
		return nil, err
	}
	out := []protocol.DocumentHighlight{}
	v, err := s.askAt(ctx, "references", p, api.Options{})
	if err != nil {
		return emptyIfUnnamed(out, v, err)
	}
	own := v.b.Resolution.Resolved.URI
	for _, l := range v.b.Facts.References {
		if l.URI == own {
			out = append(out, protocol.DocumentHighlight{
				Range: v.clientRange(v.file(l.URI), l.Range),
				Kind:  protocol.DocumentHighlightKindText,
			})
		}
	}
	return out, nil
}

// hover answers textDocument/hover.
func hover(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.TextDocumentPositionParams](raw)
	if err != nil {
		return nil, err
	}
	v, err := s.askAt(ctx, "hover", p, api.Options{})
	if err != nil {
		return emptyIfUnnamed(nil, v, err)
	}
	if len(v.b.Facts.Hover) == 0 {
		return nil, nil
	}
	h := v.b.Facts.Hover[0]
	return map[string]any{
		"contents": map[string]any{"kind": "markdown", "value": h.Contents},
		"range":    v.clientRange(v.file(h.URI), h.Range),
	}, nil
}

// documentSymbol is LSP's DocumentSymbol.
type documentSymbol struct {
	Name           string              `json:"name"`
	Kind           protocol.SymbolKind `json:"kind"`
	Range          protocol.Range      `json:"range"`
	SelectionRange protocol.Range      `json:"selectionRange"`
	Children       []*documentSymbol   `json:"children,omitempty"`
}

// symbolInformation is LSP's SymbolInformation.
type symbolInformation struct {
	Name      string              `json:"name"`
	Kind      protocol.SymbolKind `json:"kind"`
	Location  protocol.Location   `json:"location"`
	Container string              `json:"containerName,omitempty"`
}

// documentSymbols answers textDocument/documentSymbol, with a tree or a list as the client can read it.
func documentSymbols(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.DocumentSymbolParams](raw)
	if err != nil {
		return nil, err
	}
	at, err := s.locateFile(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	b, err := s.ask(ctx, at.folder, api.Request{Op: "symbols", Paths: []string{at.path}})
	if err != nil {
		return nil, err
	}
	v := s.view(at.folder, b)
	if !s.symbolTree {
		return v.informations(b.Facts.Symbols), nil
	}
	return v.symbolTree(b.Facts.Symbols), nil
}

// symbolTree converts symbols, which are in source order with their depths, to a tree.
func (v *answerView) symbolTree(symbols []bundle.Symbol) []*documentSymbol {
	top := []*documentSymbol{}
	var open []*documentSymbol // the last symbol of each depth
	for _, d := range symbols {
		file := v.file(d.URI)
		one := &documentSymbol{
			Name:           d.Name,
			Kind:           kinds[d.Kind],
			Range:          v.clientRange(file, d.Range),
			SelectionRange: v.clientRange(file, d.SelectionRange),
		}
		if one.Name == "" {
			one.Name = "(unnamed)" // the protocol requires a name
		}

		depth := min(d.Depth, len(open))
		open = open[:depth]
		if depth == 0 {
			top = append(top, one)
		} else {
			open[depth-1].Children = append(open[depth-1].Children, one)
		}
		open = append(open, one)
	}
	return top
}

// informations converts symbols to a list, without those that are in no file of this machine.
func (v *answerView) informations(list []bundle.Symbol) []symbolInformation {
	out := []symbolInformation{}
	for _, d := range list {
		if at, ok := v.location(d.URI, d.SelectionRange); ok {
			out = append(out, symbolInformation{
				Name: d.Name, Kind: kinds[d.Kind], Location: at, Container: d.Container,
			})
		}
	}
	return out
}

// workspaceSymbols answers workspace/symbol, for all workspace folders.
func workspaceSymbols(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.WorkspaceSymbolParams](raw)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(p.Query) == "" {
		return []symbolInformation{}, nil // a list of all symbols of the workspace would be useless
	}
	out := []symbolInformation{}
	for _, in := range s.openFolders() {
		b, err := s.ask(ctx, in, api.Request{Op: "symbols", Query: p.Query})
		if err != nil {
			return nil, err
		}
		for _, found := range s.view(in, b).informations(b.Facts.Symbols) {
			at, err := s.locateFile(found.Location.URI)
			if err == nil && at.folder == in { // an inner workspace folder reports its own symbols
				out = append(out, found)
			}
		}
	}
	return out, nil
}

// kinds maps the kinds of declarations to those of LSP, which has none for aliases of types.
var kinds = map[selectors.Kind]protocol.SymbolKind{
	selectors.KindModule:    protocol.SymbolKindModule,
	selectors.KindClass:     protocol.SymbolKindClass,
	selectors.KindStruct:    protocol.SymbolKindStruct,
	selectors.KindInterface: protocol.SymbolKindInterface,
	selectors.KindEnum:      protocol.SymbolKindEnum,
	selectors.KindDef:       protocol.SymbolKindFunction,
	selectors.KindMethod:    protocol.SymbolKindMethod,
	selectors.KindField:     protocol.SymbolKindField,
	selectors.KindVar:       protocol.SymbolKindVariable,
	selectors.KindConst:     protocol.SymbolKindConstant,
	selectors.KindType:      protocol.SymbolKindTypeParameter,
}

// hierarchyItem is LSP's CallHierarchyItem or TypeHierarchyItem.
type hierarchyItem struct {
	Name           string              `json:"name"`
	Kind           protocol.SymbolKind `json:"kind"`
	URI            uri.URI             `json:"uri"`
	Range          protocol.Range      `json:"range"`
	SelectionRange protocol.Range      `json:"selectionRange"`
}

// prepareHierarchy returns the symbols at a position, from which a hierarchy can be requested: their definitions. A
// bundle has no kinds of definitions, so that each is called a function.
func prepareHierarchy(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.TextDocumentPositionParams](raw)
	if err != nil {
		return nil, err
	}
	v, err := s.askAt(ctx, "definition", p, api.Options{})
	if err != nil {
		return emptyIfUnnamed(nil, v, err)
	}
	out := []hierarchyItem{}
	for _, d := range v.b.Facts.Definitions {
		at, ok := v.location(d.URI, d.Range)
		if _, err := s.locateFile(at.URI); !ok || err != nil {
			continue // the hierarchy of a library's symbol cannot be requested by position
		}
		name := ""
		if c := v.content(v.file(d.URI)); c != nil {
			name = c.Slice(span(c, at.Range, s.enc))
		}
		out = append(out, hierarchyItem{
			Name: name, Kind: protocol.SymbolKindFunction,
			URI: at.URI, Range: at.Range, SelectionRange: at.Range,
		})
	}
	return out, nil
}

// span converts a range to byte offsets.
func span(c *text.Content, r protocol.Range, enc text.Encoding) text.Span {
	from := text.Point{Line: int(r.Start.Line), Col: int(r.Start.Character)}
	to := text.Point{Line: int(r.End.Line), Col: int(r.End.Character)}
	s, _ := c.SpanOf(text.Range{Start: from, End: to}, enc)
	return s
}

// hierarchyEdges answers a method with the symbols that are adjacent to an item in a hierarchy. The request names the
// item by the place of its name, which the client has from an earlier answer. LSP's ranges of an incoming or outgoing
// call are those of the call sites, in the caller's file.
func hierarchyEdges(op string, o api.Options) request {
	return func(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
		var p struct{ Item hierarchyItem }
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, fault.Wrap(fault.Usage, err, "the parameters are malformed: %v", err)
		}
		at := protocol.TextDocumentPositionParams{
			TextDocument: protocol.TextDocumentIdentifier{URI: p.Item.URI},
			Position:     p.Item.SelectionRange.Start,
		}
		v, err := s.askAt(ctx, op, at, o)
		if err != nil {
			return nil, err
		}
		nodes, calls := []hierarchyItem{}, []map[string]any{}
		for _, e := range append(v.b.Facts.Calls, v.b.Facts.Types...) { // one of the two is empty
			other, key := e.To, "to"
			if o.In || o.Sub {
				other, key = e.From, "from"
			}

			n, ok := v.node(other)
			if !ok {
				continue
			}
			ranges := []protocol.Range{}
			for _, r := range e.Ranges {
				ranges = append(ranges, v.clientRange(v.file(e.From.URI), r))
			}
			nodes, calls = append(nodes, n), append(calls, map[string]any{key: n, "fromRanges": ranges})
		}

		if op == "calls" {
			return calls, nil
		}
		return nodes, nil
	}
}

// node converts a symbol to an item of a hierarchy; ok is false if it is in no file of this machine.
func (v *answerView) node(d bundle.Symbol) (item hierarchyItem, ok bool) {
	file := v.file(d.URI)
	return hierarchyItem{
		Name: d.Name, Kind: kinds[d.Kind],
		URI: uri.File(file), Range: v.clientRange(file, d.Range), SelectionRange: v.clientRange(file, d.SelectionRange),
	}, file != ""
}

// locate answers lanser/locate: it resolves a selector to a location, with the canonical selector, the symbolId, the
// status and the score of the resolution (spec section 4, "resolution").
func locate(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	in, rest, err := s.requestedFolder(raw)
	if err != nil {
		return nil, err
	}
	b, err := s.ask(ctx, in, api.Request{Op: "locate", Selector: rest["selector"]})
	if err != nil {
		return nil, err
	}
	r := b.Resolution.Resolved
	at, ok := s.view(in, b).location(r.URI, r.Range)
	if !ok {
		return nil, fault.New(fault.NotFound, "%s is not in a file of this machine", r.URI)
	}
	return map[string]any{
		"location": at,
		"selector": r.Selector,
		"symbolId": r.SymbolID,
		"status":   r.Status,
		"score":    r.Score,
	}, nil
}

// askBundle answers lanser/ask: a line of the batch protocol with the bundle. An error of the request is in the bundle;
// the error that is returned says that there is no bundle.
func askBundle(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	in, rest, err := s.requestedFolder(raw)
	if err != nil {
		return nil, err
	}
	line, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	_, req, err := api.ParseLine(line)
	if err != nil {
		return nil, err
	}
	b, err := s.ask(ctx, in, req)
	if b == nil {
		return nil, err
	}
	out, err := json.Marshal(b) // the bundle contains the error
	return jsonrpc2.RawMessage(out), err
}
