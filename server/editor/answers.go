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

// view turns what a bundle holds into what the client reads.
type view struct {
	s        *session
	in       *folder
	b        *bundle.Bundle
	contents map[string]*text.Content // by file; nil where it cannot be read
}

func (s *session) view(in *folder, b *bundle.Bundle) *view {
	return &view{s: s, in: in, b: b, contents: map[string]*text.Content{}}
}

// file is the file on this machine of a bundle's URI.
func (v *view) file(u string) string {
	switch {
	case !strings.Contains(u, "://"):
		return filepath.Join(v.in.door.Root(), filepath.FromSlash(selectors.UnescapePath(u)))
	case strings.HasPrefix(u, "file://"):
		return uri.URI(u).FsPath()
	case v.b.Local != nil:
		return v.b.Local.Paths[u]
	}
	return ""
}

func (v *view) content(file string) *text.Content {
	c, known := v.contents[file]
	if known {
		return c
	}
	if rel, ok := beneath.Local(v.in.door.Root(), file); ok {
		v.s.mu.Lock()
		d, open := v.s.docs[place{in: v.in, path: rel}]
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

// read reads a file of the workspace, or one that the bundle names by a root.
func (v *view) read(file string) ([]byte, error) {
	if rel, ok := beneath.Local(v.in.door.Root(), file); ok {
		return beneath.ReadIn(v.in.door.Root(), rel, beneath.MaxSize)
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

// rng is a range of the bundle in the client's unit.
func (v *view) rng(file string, r bundle.Range) protocol.Range {
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
		Start: protocol.Position{
			Line:      uint32(from.Line),
			Character: uint32(from.Col),
		}, End: protocol.Position{Line: uint32(to.Line), Character: uint32(to.Col)},
	}
}

// location is false for what no file of this machine is.
func (v *view) location(u string, r bundle.Range) (protocol.Location, bool) {
	file := v.file(u)
	if file == "" {
		return protocol.Location{}, false
	}
	return protocol.Location{URI: uri.File(file), Range: v.rng(file, r)}, true
}

func (v *view) locations(list []bundle.Location) []protocol.Location {
	out := []protocol.Location{}
	for _, l := range list {
		if at, ok := v.location(l.URI, l.Range); ok {
			out = append(out, at)
		}
	}
	return out
}

func params[P any](raw json.RawMessage) (p P, err error) {
	if err := protocol.Unmarshal(raw, &p); err != nil {
		return p, fault.Wrap(fault.Usage, err, "the parameters cannot be read: %v", err)
	}
	return p, nil
}

// places answers with the places of an operation.
func places(op string, list func(*bundle.Facts) []bundle.Location) request {
	return func(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
		p, err := params[protocol.TextDocumentPositionParams](raw)
		if err != nil {
			return nil, err
		}
		v, err := s.askAt(ctx, op, p, api.Options{})
		if err != nil {
			return orNothing([]protocol.Location{}, v, err)
		}
		return v.locations(list(v.b.Facts)), nil
	}
}

// orNothing is the empty answer where the place was found, and the server says that it
// names nothing. A file that is not looked at is an error.
func orNothing(empty any, v *view, err error) (any, error) {
	if fault.Is(err, fault.NotFound) && v != nil && v.b != nil && v.b.Resolution != nil &&
		v.b.Resolution.Resolved != nil {
		return empty, nil
	}
	return nil, err
}

func references(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.ReferenceParams](raw)
	if err != nil {
		return nil, err
	}
	declaration := p.Context.IncludeDeclaration
	v, err := s.askAt(ctx, "references", p.TextDocumentPositionParams, api.Options{Declaration: &declaration})
	if err != nil {
		return orNothing([]protocol.Location{}, v, err)
	}
	return v.locations(v.b.Facts.References), nil
}

// highlights are the references in the document itself.
func highlights(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.TextDocumentPositionParams](raw)
	if err != nil {
		return nil, err
	}
	out := []protocol.DocumentHighlight{}
	v, err := s.askAt(ctx, "references", p, api.Options{})
	if err != nil {
		return orNothing(out, v, err)
	}
	own := v.b.Resolution.Resolved.URI
	for _, l := range v.b.Facts.References {
		if l.URI == own {
			out = append(
				out,
				protocol.DocumentHighlight{
					Range: v.rng(v.file(l.URI), l.Range),
					Kind:  protocol.DocumentHighlightKindText,
				},
			)
		}
	}
	return out, nil
}

func hover(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.TextDocumentPositionParams](raw)
	if err != nil {
		return nil, err
	}
	v, err := s.askAt(ctx, "hover", p, api.Options{})
	if err != nil {
		return orNothing(nil, v, err)
	}
	if len(v.b.Facts.Hover) == 0 {
		return nil, nil
	}
	h := v.b.Facts.Hover[0]
	return map[string]any{
		"contents": map[string]any{"kind": "markdown", "value": h.Contents}, "range": v.rng(v.file(h.URI), h.Range),
	}, nil
}

// symbol is DocumentSymbol.
type symbol struct {
	Name           string              `json:"name"`
	Kind           protocol.SymbolKind `json:"kind"`
	Range          protocol.Range      `json:"range"`
	SelectionRange protocol.Range      `json:"selectionRange"`
	Children       []*symbol           `json:"children,omitempty"`
}

// information is SymbolInformation.
type information struct {
	Name      string              `json:"name"`
	Kind      protocol.SymbolKind `json:"kind"`
	Location  protocol.Location   `json:"location"`
	Container string              `json:"containerName,omitempty"`
}

func outline(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.DocumentSymbolParams](raw)
	if err != nil {
		return nil, err
	}
	at, err := s.place(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	b, err := s.ask(ctx, at.in, api.Request{Op: "symbols", Paths: []string{at.path}})
	if err != nil {
		return nil, err
	}
	v := s.view(at.in, b)
	if !s.tree {
		return v.informations(b.Facts.Symbols), nil
	}
	top := []*symbol{}
	var open []*symbol // the last symbol of each depth
	for _, d := range b.Facts.Symbols {
		file := v.file(d.URI)
		one := &symbol{
			Name:           d.Name,
			Kind:           kinds[d.Kind],
			Range:          v.rng(file, d.Range),
			SelectionRange: v.rng(file, d.SelectionRange),
		}
		if one.Name == "" {
			one.Name = "(unnamed)" // the protocol wants a name
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
	return top, nil
}

func (v *view) informations(list []bundle.Symbol) []information {
	out := []information{}
	for _, d := range list {
		if at, ok := v.location(d.URI, d.SelectionRange); ok {
			out = append(out, information{Name: d.Name, Kind: kinds[d.Kind], Location: at, Container: d.Container})
		}
	}
	return out
}

func search(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.WorkspaceSymbolParams](raw)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(p.Query) == "" {
		return []information{}, nil // all symbols of a workspace help nobody
	}
	out := []information{}
	for _, in := range s.opened() {
		b, err := s.ask(ctx, in, api.Request{Op: "symbols", Query: p.Query})
		if err != nil {
			return nil, err
		}
		for _, found := range s.view(in, b).informations(b.Facts.Symbols) {
			if at, err := s.place(found.Location.URI); err == nil &&
				at.in == in { // what a folder within it has, that tells
				out = append(out, found)
			}
		}
	}
	return out, nil
}

var kinds = map[selectors.Kind]protocol.SymbolKind{
	selectors.KindModule: protocol.SymbolKindModule, selectors.KindClass: protocol.SymbolKindClass,
	selectors.KindStruct:    protocol.SymbolKindStruct,
	selectors.KindInterface: protocol.SymbolKindInterface, selectors.KindEnum: protocol.SymbolKindEnum,
	selectors.KindDef:    protocol.SymbolKindFunction,
	selectors.KindMethod: protocol.SymbolKindMethod, selectors.KindField: protocol.SymbolKindField,
	selectors.KindVar:   protocol.SymbolKindVariable,
	selectors.KindConst: protocol.SymbolKindConstant, selectors.KindType: protocol.SymbolKindTypeParameter,
}

// node is a CallHierarchyItem or a TypeHierarchyItem.
type node struct {
	Name           string              `json:"name"`
	Kind           protocol.SymbolKind `json:"kind"`
	URI            uri.URI             `json:"uri"`
	Range          protocol.Range      `json:"range"`
	SelectionRange protocol.Range      `json:"selectionRange"`
}

// item is the symbol that a hierarchy begins at: what the place names.
func item(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.TextDocumentPositionParams](raw)
	if err != nil {
		return nil, err
	}
	v, err := s.askAt(ctx, "definition", p, api.Options{})
	if err != nil {
		return orNothing(nil, v, err)
	}
	out := []node{}
	for _, d := range v.b.Facts.Definitions {
		at, ok := v.location(d.URI, d.Range)
		if _, err := s.place(at.URI); !ok || err != nil {
			continue // a library's hierarchy cannot be asked for by place
		}
		name := ""
		if c := v.content(v.file(d.URI)); c != nil {
			name = c.Slice(span(c, at.Range, s.enc))
		}
		out = append(out, node{
			Name: name, Kind: protocol.SymbolKindFunction,
			URI: at.URI, Range: at.Range, SelectionRange: at.Range,
		})
	}
	return out, nil
}

func span(c *text.Content, r protocol.Range, enc text.Encoding) text.Span {
	from := text.Point{Line: int(r.Start.Line), Col: int(r.Start.Character)}
	to := text.Point{Line: int(r.End.Line), Col: int(r.End.Character)}
	s, _ := c.SpanOf(text.Range{Start: from, End: to}, enc)
	return s
}

// edges are the neighbours of an item.
func edges(op string, o api.Options) request {
	return func(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
		var p struct{ Item node }
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, fault.Wrap(fault.Usage, err, "the parameters cannot be read: %v", err)
		}
		at := protocol.TextDocumentPositionParams{
			TextDocument: protocol.TextDocumentIdentifier{URI: p.Item.URI},
			Position:     p.Item.SelectionRange.Start,
		}
		v, err := s.askAt(ctx, op, at, o)
		if err != nil {
			return nil, err
		}
		nodes, calls := []node{}, []map[string]any{}
		for _, e := range append(v.b.Facts.Calls, v.b.Facts.Types...) {
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
				ranges = append(ranges, v.rng(v.file(e.From.URI), r))
			}
			nodes, calls = append(nodes, n), append(calls, map[string]any{key: n, "fromRanges": ranges})
		}
		if op == "calls" {
			return calls, nil
		}
		return nodes, nil
	}
}

func (v *view) node(d bundle.Symbol) (node, bool) {
	file := v.file(d.URI)
	return node{
		Name: d.Name, Kind: kinds[d.Kind],
		URI: uri.File(file), Range: v.rng(file, d.Range), SelectionRange: v.rng(file, d.SelectionRange),
	}, file != ""
}

// locate resolves a selector.
func locate(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	in, rest, err := s.chosen(raw)
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
		return nil, fault.New(fault.NotFound, "%s is in no file of this machine", r.URI)
	}
	return map[string]any{
		"location": at,
		"selector": r.Selector,
		"symbolId": r.SymbolID,
		"status":   r.Status,
		"score":    r.Score,
	}, nil
}

// askBundle answers a line of the batch protocol.
func askBundle(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	in, rest, err := s.chosen(raw)
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
	out, err := json.Marshal(b) // an error is in the bundle
	return jsonrpc2.RawMessage(out), err
}
