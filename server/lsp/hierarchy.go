package lsp

import (
	"context"
	"encoding/json"
	"fmt"

	"go.lsp.dev/protocol"

	"lanser/selectors/text"
)

// Item is a symbol of a call or type hierarchy. The ranges are in the session's
// encoding.
type Item struct {
	Name           string         `json:"name"`
	Kind           int            `json:"kind"` // LSP's SymbolKind
	URI            string         `json:"uri"`
	Range          protocol.Range `json:"range"`
	SelectionRange protocol.Range `json:"selectionRange"`
	// raw is the item as the server sent it. It is sent back unchanged, as it may hold data of
	// the server's own.
	raw json.RawMessage
}

// Related is a neighbour of an item in a hierarchy.
type Related struct {
	Item   Item
	Ranges []protocol.Range // of the calls, in the caller's file; nil in a type hierarchy
}

// hierarchyMethods maps a method that lists neighbours to the one that finds the first item.
var hierarchyMethods = map[string]string{
	protocol.MethodCallHierarchyIncomingCalls: protocol.MethodTextDocumentPrepareCallHierarchy,
	protocol.MethodCallHierarchyOutgoingCalls: protocol.MethodTextDocumentPrepareCallHierarchy,
	protocol.MethodTypeHierarchySupertypes:    protocol.MethodTextDocumentPrepareTypeHierarchy,
	protocol.MethodTypeHierarchySubtypes:      protocol.MethodTextDocumentPrepareTypeHierarchy,
}

// Prepare returns the items at a byte offset, to be given to Next with the same method.
func (s *Session) Prepare(ctx context.Context, method, p string, c *text.Content, offset int) ([]Item, error) {
	at := s.position(p, c, offset)
	prepare := hierarchyMethods[method]
	raw, err := s.ask(ctx, prepare, &at)
	if err != nil {
		return nil, err
	}
	list, err := asList[json.RawMessage](raw)
	if err != nil {
		return nil, s.broken(prepare, err)
	}
	var out []Item
	for _, one := range list {
		item, err := readItem(one)
		if err != nil {
			return nil, s.broken(prepare, err)
		}
		out = append(out, item)
	}
	return out, nil
}

// readItem reads an item of a call hierarchy or type hierarchy.
func readItem(raw json.RawMessage) (Item, error) {
	item := Item{raw: raw}
	if err := json.Unmarshal(raw, &item); err != nil {
		return item, err
	}
	if item.URI == "" {
		return item, fmt.Errorf("an item without uri: %.200s", raw)
	}
	return item, nil
}

// Next returns the neighbours of an item: callers, callees, supertypes or subtypes,
// by LSP's method name. The reply to incoming calls names the neighbour in "from", that to outgoing calls in "to", and
// the types are items themselves.
func (s *Session) Next(ctx context.Context, method string, item Item) ([]Related, error) {
	raw, err := s.ask(ctx, method, map[string]json.RawMessage{"item": item.raw})
	if err != nil {
		return nil, err
	}
	var out []Related
	switch method {
	case protocol.MethodTypeHierarchySupertypes, protocol.MethodTypeHierarchySubtypes:
		list, err := asList[json.RawMessage](raw)
		if err != nil {
			return nil, s.broken(method, err)
		}
		for _, one := range list {
			next, err := readItem(one)
			if err != nil {
				return nil, s.broken(method, err)
			}
			out = append(out, Related{Item: next})
		}
	default:
		list, err := asList[struct {
			From, To   json.RawMessage
			FromRanges []protocol.Range
		}](raw)
		if err != nil {
			return nil, s.broken(method, err)
		}
		for _, call := range list {
			if call.From == nil {
				call.From = call.To
			}
			next, err := readItem(call.From)
			if err != nil {
				return nil, s.broken(method, err)
			}
			out = append(out, Related{Item: next, Ranges: call.FromRanges})
		}
	}

	return out, nil
}
