// Package scip writes and reads SCIP indexes (github.com/scip-code/scip) with the official
// bindings. [Builder] creates an index from symbols and references, and [Read] reads an index.
//
// It promises:
//
//  1. An index that it writes is canonical: equal facts result in equal bytes, and the index contains
//     no path of this machine.
//  2. Every symbol has one SCIP symbol, which consists of the module, names and overload of its
//     selector.
//  3. An index that it reads is validated. The error names the document that violates SCIP's rules.
//
// It does not find symbols or references, and does not check whether an index is up to date: callers
// compare the contents of the documents with the files.
package scip

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	bindings "github.com/scip-code/scip/bindings/go/scip"
	"google.golang.org/protobuf/proto"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
)

// Builder collects the parts of an index. [Builder.Document] and [Builder.Kind] come before
// [Builder.Define] and [Builder.Refer] of the same file and symbols.
type Builder struct {
	tool    *bindings.ToolInfo
	docs    map[string]*bindings.Document
	symbols map[string]string // selector → SCIP symbol
	kinds   map[string]selectors.Kind
	seen    map[string]bool // occurrences that have been added
}

// NewBuilder returns the builder of an empty index. version is that of lanser.
func NewBuilder(version string) *Builder {
	return &Builder{
		tool: &bindings.ToolInfo{Name: "lanser", Version: version},
		docs: map[string]*bindings.Document{}, symbols: map[string]string{}, kinds: map[string]selectors.Kind{},
		seen: map[string]bool{},
	}
}

// incomplete is the tool argument that marks an index whose references may be incomplete. It is the
// flag of lanser that permits such an index.
const incomplete = "--allow-incomplete"

// Incomplete records in the index that references may be missing.
func (b *Builder) Incomplete() { b.tool.Arguments = []string{incomplete} }

var encodings = map[text.Encoding]bindings.PositionEncoding{
	text.UTF8:      bindings.PositionEncoding_UTF8CodeUnitOffsetFromLineStart,
	text.UTF16:     bindings.PositionEncoding_UTF16CodeUnitOffsetFromLineStart,
	text.CodePoint: bindings.PositionEncoding_UTF32CodeUnitOffsetFromLineStart,
}

// languages maps the schemes of selectors to SCIP's names of languages.
var languages = map[selectors.Lang]string{
	"go": "Go", "py": "Python", "ts": "TypeScript", "rs": "Rust", "cpp": "CPP", "java": "Java", "cs": "CSharp",
	"php": "PHP", "rb": "Ruby", "kt": "Kotlin",
	"scala": "Scala", "swift": "Swift", "lua": "Lua", "sh": "ShellScript", "cue": "CUE",
}

// Document adds a file with its URI and its path. enc is the unit of the columns of all occurrences in
// the file.
func (b *Builder) Document(uri, p string, lang selectors.Lang, enc text.Encoding, content string) {
	name := languages[lang]
	ext := path.Ext(p)
	if lang == "ts" && strings.HasPrefix(ext, ".js") || ext == ".mjs" || ext == ".cjs" {
		name = "JavaScript"
	}
	b.docs[uri] = &bindings.Document{RelativePath: p, Language: name, PositionEncoding: encodings[enc], Text: content}
}

// Kind records the kind of a symbol. All kinds must be recorded before the first definition, because
// the SCIP symbol of a nested symbol depends on the kinds of the symbols that contain it.
func (b *Builder) Kind(s bundle.Symbol) { b.kinds[s.Selector] = s.Kind }

var infoKinds = map[selectors.Kind]bindings.SymbolInformation_Kind{
	selectors.KindModule:    bindings.SymbolInformation_Module,
	selectors.KindClass:     bindings.SymbolInformation_Class,
	selectors.KindStruct:    bindings.SymbolInformation_Struct,
	selectors.KindInterface: bindings.SymbolInformation_Interface,
	selectors.KindEnum:      bindings.SymbolInformation_Enum,
	selectors.KindDef:       bindings.SymbolInformation_Function,
	selectors.KindMethod:    bindings.SymbolInformation_Method,
	selectors.KindField:     bindings.SymbolInformation_Field,
	selectors.KindVar:       bindings.SymbolInformation_Variable,
	selectors.KindConst:     bindings.SymbolInformation_Constant,
	selectors.KindType:      bindings.SymbolInformation_Type,
}

// suffixOf returns the suffix of a kind in SCIP symbols.
func suffixOf(k selectors.Kind) bindings.Descriptor_Suffix {
	switch k {
	case selectors.KindModule:
		return bindings.Descriptor_Namespace
	case selectors.KindDef, selectors.KindMethod:
		return bindings.Descriptor_Method
	case selectors.KindField, selectors.KindVar, selectors.KindConst:
		return bindings.Descriptor_Term
	}
	return bindings.Descriptor_Type
}

// scipSymbol returns the SCIP symbol of a selector.
func (b *Builder) scipSymbol(selector string) (string, error) {
	if known, ok := b.symbols[selector]; ok {
		return known, nil
	}
	sel, err := selectors.Parse(selector, text.UTF16)
	if err != nil {
		return "", err
	}
	s, ok := sel.(selectors.Symbolic)
	if !ok {
		return "", fault.New(fault.Internal, "%s is not the selector of a symbol", selector)
	}
	sym := &bindings.Symbol{
		Scheme: "lanser", Package: &bindings.Package{Manager: string(s.Lang), Name: s.Module, Version: ""},
	}
	for i, n := range s.Names {
		outer := s
		outer.Names = s.Names[:i+1]
		if i < len(s.Names)-1 {
			outer.Overload = nil
		}
		d := &bindings.Descriptor{Name: n, Suffix: suffixOf(b.kinds[outer.String()])}
		if i == len(s.Names)-1 && s.Overload != nil {
			d.Disambiguator = fmt.Sprintf("+%d", *s.Overload)
			if d.Suffix != bindings.Descriptor_Method { // only methods have disambiguators
				d.Name = fmt.Sprintf("%s+%d", n, *s.Overload)
				d.Disambiguator = ""
			}
		}
		sym.Descriptors = append(sym.Descriptors, d)
	}
	out := bindings.VerboseSymbolFormatter.FormatSymbol(sym)
	if _, err := bindings.ParseSymbol(out); err != nil {
		return "", fault.Wrap(fault.Internal, err, "%s has no SCIP symbol: %v", selector, err)
	}
	b.symbols[selector] = out
	return out, nil
}

// Define adds the declaration of a symbol. Its file must be a document.
func (b *Builder) Define(s bundle.Symbol) error {
	doc := b.docs[s.URI]
	if doc == nil {
		return fault.New(fault.Internal, "%s is declared in %s, which is not a document", s.Selector, s.URI)
	}
	name, err := b.scipSymbol(s.Selector)
	if err != nil {
		return err
	}
	info := &bindings.SymbolInformation{Symbol: name, DisplayName: s.Name, Kind: infoKinds[s.Kind]}
	if s.Container != "" {
		info.EnclosingSymbol, err = b.scipSymbol(s.Container)
		if err != nil {
			return err
		}
	}
	doc.Symbols = append(doc.Symbols, info)
	b.addOccurrence(doc, s.SelectionRange, &bindings.Occurrence{
		Symbol: name, SymbolRoles: int32(bindings.SymbolRole_Definition),
		//lint:ignore SA1019 readers do not support the new field yet
		EnclosingRange: rangeOf(s.Range),
	})
	return nil
}

// addOccurrence adds an occurrence of a symbol unless there is one with the same range. Definitions
// are added before references.
func (b *Builder) addOccurrence(doc *bindings.Document, at bundle.Range, o *bindings.Occurrence) {
	key := fmt.Sprint(doc.RelativePath, at, o.Symbol)
	if b.seen[key] {
		return
	}
	b.seen[key] = true
	//lint:ignore SA1019 readers do not support the new field yet
	o.Range = rangeOf(at)
	doc.Occurrences = append(doc.Occurrences, o)
}

// Refer adds a reference to the symbol with a selector. It reports whether the reference is in a
// document; other references are omitted.
func (b *Builder) Refer(selector string, at bundle.Location) (inside bool, err error) {
	doc := b.docs[at.URI]
	if doc == nil {
		return false, nil
	}
	name, err := b.scipSymbol(selector)
	if err != nil {
		return false, err
	}
	b.addOccurrence(doc, at.Range, &bindings.Occurrence{Symbol: name})
	return true, nil
}

// rangeOf returns a range in the format of SCIP: without the end line if it is the start line.
func rangeOf(r bundle.Range) []int32 {
	if r[0] == r[2] {
		return []int32{int32(r[0]), int32(r[1]), int32(r[3])}
	}
	return []int32{int32(r[0]), int32(r[1]), int32(r[2]), int32(r[3])}
}

// Bytes returns the encoded index.
func (b *Builder) Bytes() ([]byte, error) {
	index := &bindings.Index{Metadata: &bindings.Metadata{
		ToolInfo: b.tool, ProjectRoot: "file:///workspace", TextDocumentEncoding: bindings.TextEncoding_UTF8,
	}}
	for _, p := range slices.Sorted(maps.Keys(b.docs)) {
		doc := b.docs[p]
		index.Documents = append(index.Documents, bindings.CanonicalizeDocument(doc))
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(index)
}
