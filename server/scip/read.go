package scip

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	bindings "github.com/scip-code/scip/bindings/go/scip"
	"google.golang.org/protobuf/proto"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
)

// Index is an index that was read. It is immutable.
type Index struct {
	Tool bundle.Tool // the tool that wrote it
	// Incomplete is true if lanser wrote the index with --allow-incomplete: references may be missing.
	Incomplete  bool
	docs        map[string]*document
	occurrences map[string][]Occurrence // by symbol, see symbolKey
	info        map[string]*bindings.SymbolInformation
}

type document struct {
	*bindings.Document
	enc text.Encoding
}

// Occurrence is an occurrence of a symbol. The range is 0-based, its end is exclusive, and its columns
// are in units of [Index.Encoding] of the path.
type Occurrence struct {
	Path       string
	Range      bundle.Range
	Definition bool
	symbol     string
}

// Read reads an index. The error is Usage, and names the document that violates the rules of SCIP.
func Read(raw []byte) (*Index, error) {
	var in bindings.Index
	if err := proto.Unmarshal(raw, &in); err != nil {
		return nil, fault.Wrap(fault.Usage, err, "it is not a SCIP index: %v", err)
	}
	if len(in.Documents) == 0 {
		return nil, fault.New(fault.Usage, "it is not a SCIP index, or has no documents")
	}
	tool := in.GetMetadata().GetToolInfo()
	x := &Index{
		Tool:       bundle.Tool{Name: tool.GetName(), Version: tool.GetVersion()},
		Incomplete: slices.Contains(tool.GetArguments(), incomplete),
		docs:       map[string]*document{}, occurrences: map[string][]Occurrence{},
		info: map[string]*bindings.SymbolInformation{},
	}
	for _, info := range in.ExternalSymbols {
		x.info[info.Symbol] = info
	}
	for _, d := range in.Documents {
		if err := x.add(d); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// add validates a document and adds it.
func (x *Index) add(d *bindings.Document) error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Usage, "document %q of the index: %s", d.RelativePath, fmt.Sprintf(format, args...))
	}
	p := d.RelativePath
	if p == "." || path.Clean(p) != p || !filepath.IsLocal(filepath.FromSlash(p)) {
		return bad("its path is not relative and clean")
	}
	if x.docs[d.RelativePath] != nil {
		return bad("there are two documents with this path")
	}
	doc := &document{Document: d, enc: text.UTF16} // SCIP specifies no default; most tools use UTF-16.
	for enc, theirs := range encodings {
		if d.PositionEncoding == theirs {
			doc.enc = enc
		}
	}
	x.docs[d.RelativePath] = doc
	for _, info := range d.Symbols {
		if err := checkSymbol(info.Symbol); err != nil {
			return bad("the symbol %q: %v", info.Symbol, err)
		}
		x.info[symbolKey(d.RelativePath, info.Symbol)] = info
	}
	for _, o := range d.Occurrences {
		if o.Symbol == "" {
			continue // It is only for syntax highlighting.
		}
		r, err := rangeIn(o)
		if err != nil {
			return bad("invalid range: %v", err)
		}
		s := symbolKey(d.RelativePath, o.Symbol)
		x.occurrences[s] = append(x.occurrences[s], Occurrence{
			Path: d.RelativePath, Definition: bindings.SymbolRole_Definition.Matches(o), symbol: s,
			Range: bundle.Range{int(r.Start.Line), int(r.Start.Character), int(r.End.Line), int(r.End.Character)},
		})
	}
	return nil
}

// checkSymbol returns an error if a symbol does not follow SCIP's grammar. The parser of the bindings
// (v0.10.0) panics for some invalid symbols, because it indexes past their end.
func checkSymbol(symbol string) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("unexpected end")
		}
	}()
	_, err = bindings.ParseSymbol(symbol)
	return err
}

// rangeIn returns the range of an occurrence, from the new field or the old one.
func rangeIn(o *bindings.Occurrence) (bindings.Range, error) {
	if r, ok := o.SourceRange(); ok {
		return r, nil
	}
	//lint:ignore SA1019 most tools only write the old field
	return bindings.NewRange(o.Range)
}

// symbolKey returns the key of a symbol. Local symbols of different documents may have equal names.
func symbolKey(p, symbol string) string {
	if bindings.IsLocalSymbol(symbol) {
		return p + " " + symbol
	}
	return symbol
}

// Paths returns the paths of the documents, sorted.
func (x *Index) Paths() []string {
	var out []string
	for p := range x.docs {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Has reports whether the index has a document for a file.
func (x *Index) Has(p string) bool { return x.docs[p] != nil }

// Encoding returns the unit of columns in a document.
func (x *Index) Encoding(p string) text.Encoding { return x.docs[p].enc }

// Text returns the content of a document in the index; ok is false if the index has no content.
func (x *Index) Text(p string) (content string, ok bool) {
	return x.docs[p].Document.Text, x.docs[p].Document.Text != ""
}

// At returns the symbols whose occurrence at a point is the smallest. The point is 0-based and
// in units of [Index.Encoding].
func (x *Index) At(p string, at text.Point) (symbols []string) {
	type hit struct {
		symbol string
		size   int
	}
	var hits []hit
	for _, o := range x.docs[p].Occurrences {
		r, err := rangeIn(o)
		if err != nil {
			continue // cannot happen: Read has validated it
		}
		pos := bindings.Position{Line: int32(at.Line), Character: int32(at.Col)}
		if o.Symbol != "" && r.Start.Compare(pos) <= 0 && pos.Compare(r.End) < 0 {
			size := int(r.End.Line-r.Start.Line)<<16 + int(r.End.Character-r.Start.Character)
			hits = append(hits, hit{symbol: symbolKey(p, o.Symbol), size: size})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.size - b.size })
	for _, h := range hits {
		if h.size == hits[0].size && !slices.Contains(symbols, h.symbol) {
			symbols = append(symbols, h.symbol)
		}
	}
	return symbols
}

// Occurrences returns the occurrences of a symbol.
func (x *Index) Occurrences(symbol string) []Occurrence { return x.occurrences[symbol] }

// Implementations returns the definitions of the symbols that implement a symbol.
func (x *Index) Implementations(symbol string) (out []Occurrence) {
	for s, info := range x.info {
		for _, r := range info.Relationships {
			if r.IsImplementation && r.Symbol == symbol {
				for _, p := range x.occurrences[s] {
					if p.Definition {
						out = append(out, p)
					}
				}
			}
		}
	}
	return out
}

// Documentation returns the documentation of a symbol in Markdown; "" if there is none.
func (x *Index) Documentation(symbol string) string {
	info := x.info[symbol]
	if info == nil {
		return ""
	}
	var parts []string
	signature := info.GetSignatureDocumentation().GetText()
	if signature != "" {
		parts = append(parts, "```\n"+signature+"\n```")
	}
	return strings.Join(append(parts, info.Documentation...), "\n\n")
}
