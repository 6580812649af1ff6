package places

import (
	"path"
	"path/filepath"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/lsp"
	"lanser/server/words"
)

// Symbol returns an item of a server's hierarchy, with what the index knows of the declaration there.
func (r *Reader) Symbol(item lsp.Item) bundle.Symbol {
	name, whole := r.Place(item.URI, item.SelectionRange), r.Place(item.URI, item.Range)
	out := bundle.Symbol{
		Name: item.Name, Kind: kindOf(item.Kind), URI: name.URI, Range: whole.Range, SelectionRange: name.Range,
		Container: Container(r.Snap, name),
	}
	if out.Kind == selectors.KindModule && filepath.IsAbs(item.Name) && !r.KeepNames {
		out.Name = path.Base(filepath.ToSlash(item.Name)) // TypeScript's servers name a file by its path
	}
	if name.Path == "" || !name.OK {
		return out
	}
	if d := words.Named(r.Snap, name.Word()); d != nil {
		out.Name, out.Kind, out.Selector = d.Names[len(d.Names)-1], d.Kind, d.Selector().String()
		out.SymbolID, out.Container, out.Depth = d.ID(), d.Container, d.Depth
		return out
	}
	out.Selector = selectors.Cursor{Path: name.Path, Line: name.Range[0] + 1, Col: name.Range[1] + 1}.String()
	return out
}

// Declared returns a declaration as bundles have it, given the content of its file, with columns in the given unit.
func Declared(d selectors.Decl, c *text.Content, enc text.Encoding) bundle.Symbol {
	return bundle.Symbol{
		Name: d.Names[len(d.Names)-1], Kind: d.Kind, URI: selectors.EscapePath(d.Path),
		Range: bundle.RangeOf(c, d.Def, enc), SelectionRange: bundle.RangeOf(c, d.Name, enc),
		Selector: d.Selector().String(), SymbolID: d.ID(), Container: d.Container, Depth: d.Depth,
	}
}

// kindOf returns the kind that LSP's SymbolKind means.
func kindOf(kind int) selectors.Kind {
	switch protocol.SymbolKind(kind) {
	case protocol.SymbolKindFile, protocol.SymbolKindModule, protocol.SymbolKindNamespace, protocol.SymbolKindPackage:
		return selectors.KindModule
	case protocol.SymbolKindClass:
		return selectors.KindClass
	case protocol.SymbolKindStruct:
		return selectors.KindStruct
	case protocol.SymbolKindInterface:
		return selectors.KindInterface
	case protocol.SymbolKindEnum:
		return selectors.KindEnum
	case protocol.SymbolKindMethod, protocol.SymbolKindConstructor, protocol.SymbolKindOperator:
		return selectors.KindMethod
	case protocol.SymbolKindField, protocol.SymbolKindProperty, protocol.SymbolKindEnumMember:
		return selectors.KindField
	case protocol.SymbolKindConstant:
		return selectors.KindConst
	case protocol.SymbolKindTypeParameter:
		return selectors.KindType
	case protocol.SymbolKindVariable:
		return selectors.KindVar
	}
	return selectors.KindDef
}
