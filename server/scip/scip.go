// Package scip writes and reads SCIP indexes (github.com/scip-code/scip) with the official
// bindings: [Builder] makes an index of an outline and its references, [Read] reads one as a
// source of facts.
//
// It promises:
//
//  1. An index that it writes is canonical: equal facts are equal bytes, and it holds no path
//     of this machine.
//  2. Every symbol has one SCIP symbol, made of its selector: module, names and overload.
//  3. An index that it reads is checked: the error names the document that breaks SCIP's rules.
//
// It does not find facts, and does not judge whether an index is of the workspace as it is now:
// its readers compare the texts.
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
	seen    map[string]bool // occurrences that were added
}

// NewBuilder returns the builder of an empty index, made by a version of lanser.
func NewBuilder(version string) *Builder {
	return &Builder{
		tool: &bindings.ToolInfo{Name: "lanser", Version: version},
		docs: map[string]*bindings.Document{}, symbols: map[string]string{}, kinds: map[string]selectors.Kind{},
		seen: map[string]bool{},
	}
}

// incomplete is the argument of the tool that marks an index whose references may not be all:
// the flag of lanser that allows one.
const incomplete = "--allow-incomplete"

// Incomplete notes in the index that references may be missing.
func (b *Builder) Incomplete() { b.tool.Arguments = []string{incomplete} }

var encodings = map[text.Encoding]bindings.PositionEncoding{
	text.UTF8:      bindings.PositionEncoding_UTF8CodeUnitOffsetFromLineStart,
	text.UTF16:     bindings.PositionEncoding_UTF16CodeUnitOffsetFromLineStart,
	text.CodePoint: bindings.PositionEncoding_UTF32CodeUnitOffsetFromLineStart,
}

// languages are SCIP's names of languages, by the schemes of selectors.
var languages = map[selectors.Lang]string{
	"go": "Go", "py": "Python", "ts": "TypeScript", "rs": "Rust", "cpp": "CPP", "java": "Java", "cs": "CSharp",
	"php": "PHP", "rb": "Ruby", "kt": "Kotlin",
	"scala": "Scala", "swift": "Swift", "lua": "Lua", "sh": "ShellScript", "cue": "CUE",
}

// Document adds a file by its URI and its path. enc is the unit of columns of everything that
// is added in the file.
func (b *Builder) Document(uri, p string, lang selectors.Lang, enc text.Encoding, content string) {
	name := languages[lang]
	ext := path.Ext(p)
	if lang == "ts" && strings.HasPrefix(ext, ".js") || ext == ".mjs" || ext == ".cjs" {
		name = "JavaScript"
	}
	b.docs[uri] = &bindings.Document{RelativePath: p, Language: name, PositionEncoding: encodings[enc], Text: content}
}

// Kind records the kind of a symbol. All kinds come before the first definition: SCIP's name
// of a symbol has the kinds of those around it.
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

// suffixOf returns the suffix by which SCIP tells kinds of names apart.
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

// name returns the SCIP symbol of a selector.
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
		return "", fault.New(fault.Internal, "%s names no symbol", selector)
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
		return fault.New(fault.Internal, "%s is declared in %s, which is no document", s.Selector, s.URI)
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
		//lint:ignore SA1019 readers do not know the new field yet
		EnclosingRange: rangeOf(s.Range),
	})
	return nil
}

// occur adds an occurrence, unless the symbol has one there: declarations are added first.
func (b *Builder) addOccurrence(doc *bindings.Document, at bundle.Range, o *bindings.Occurrence) {
	key := fmt.Sprint(doc.RelativePath, at, o.Symbol)
	if b.seen[key] {
		return
	}
	b.seen[key] = true
	//lint:ignore SA1019 readers do not know the new field yet
	o.Range = rangeOf(at)
	doc.Occurrences = append(doc.Occurrences, o)
}

// Refer adds a reference to the symbol with a selector. It returns whether the reference is in
// a document; those outside are left out.
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

// rangeOf returns a range as SCIP spells it: without the end line, where that is the first.
func rangeOf(r bundle.Range) []int32 {
	if r[0] == r[2] {
		return []int32{int32(r[0]), int32(r[1]), int32(r[3])}
	}
	return []int32{int32(r[0]), int32(r[1]), int32(r[2]), int32(r[3])}
}

// Bytes returns the index, encoded.
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
