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

// Index is an index that was read, or several that were joined. It is immutable.
type Index struct {
	Tools []bundle.Tool // that wrote it: one, or those of each joined index
	// Incomplete is true if lanser wrote the index with --allow-incomplete: references may be missing.
	Incomplete  bool
	docs        map[string]*document
	occurrences map[string][]Occurrence // by symbol, see symbolKey
	info        map[string]*bindings.SymbolInformation
}

type document struct {
	*bindings.Document
	enc  text.Encoding
	from int // the number of the index that it is in, of those that were joined
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
		Tools:      []bundle.Tool{{Name: tool.GetName(), Version: tool.GetVersion()}},
		Incomplete: slices.Contains(tool.GetArguments(), incomplete),
		docs:       map[string]*document{}, occurrences: map[string][]Occurrence{},
		info: map[string]*bindings.SymbolInformation{},
	}
	for _, info := range in.ExternalSymbols {
		x.info[info.Symbol] = info
	}
	for _, d := range in.Documents {
		if err := x.add(d, 0); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// Join returns the index of the documents of several indexes, whose tools are in the same order. A document that is in
// several of them and the same in all is taken once. The error is Usage for one that differs: nobody can say which of
// them is right.
func Join(indexes []*Index) (*Index, error) {
	x := &Index{
		docs: map[string]*document{}, occurrences: map[string][]Occurrence{},
		info: map[string]*bindings.SymbolInformation{},
	}
	for i, y := range indexes {
		x.Tools = append(x.Tools, y.Tools...)
		x.Incomplete = x.Incomplete || y.Incomplete
		for s, info := range y.info {
			if x.info[s] == nil || y.defines(s) {
				x.info[s] = info
			}
		}
		for _, p := range y.Paths() {
			d := y.docs[p].Document
			if x.Has(p) && proto.Equal(x.docs[p].Document, d) {
				continue
			}
			if x.Has(p) {
				return nil, fault.New(fault.Usage, "the document %q differs in two of the SCIP indexes", p).
					WithHint("name only one index that has it")
			}
			if err := x.add(d, i); err != nil {
				return nil, err
			}
		}
	}
	return x, nil
}

// defines reports whether a document of the index defines a symbol.
func (x *Index) defines(symbol string) bool {
	return slices.ContainsFunc(x.occurrences[symbol], func(o Occurrence) bool { return o.Definition })
}

// add validates a document and adds it. Its index is the one with the number from.
func (x *Index) add(d *bindings.Document, from int) error {
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
	doc := &document{Document: d, enc: text.UTF16, from: from} // SCIP specifies no default; most tools use UTF-16.
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

// rangeIn returns the range of an occurrence, from the new field or the old one. The error is for one that no file can
// have: the bindings accept any numbers.
func rangeIn(o *bindings.Occurrence) (r bindings.Range, err error) {
	r, ok := o.SourceRange()
	if !ok {
		//lint:ignore SA1019 most tools only write the old field
		r, err = bindings.NewRange(o.Range)
	}
	if err == nil && min(r.Start.Line, r.Start.Character, r.End.Line, r.End.Character) < 0 {
		return r, errors.New("a line or column is negative")
	}
	if err == nil && r.End.Compare(r.Start) < 0 {
		return r, errors.New("it ends before it begins")
	}
	return r, err
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

// ToolOf returns the tool that wrote the document of a path.
func (x *Index) ToolOf(p string) bundle.Tool { return x.Tools[x.docs[p].from] }

// Rivals returns definitions of a symbol that are in different indexes of those that were joined, one of each, by path;
// none if one index alone defines it. A namespace, such as a package, has a definition in each of its files, wherever
// they are.
func (x *Index) Rivals(symbol string) (out []Occurrence) {
	if isNamespace(symbol) {
		return nil
	}
	for _, o := range x.occurrences[symbol] {
		inSame := func(other Occurrence) bool { return x.docs[other.Path].from == x.docs[o.Path].from }
		if o.Definition && !slices.ContainsFunc(out, inSame) {
			out = append(out, o)
		}
	}
	if len(out) < 2 {
		return nil
	}
	slices.SortFunc(out, func(a, b Occurrence) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// isNamespace reports whether a symbol is a package, module or namespace.
func isNamespace(symbol string) bool { return strings.HasSuffix(symbol, "/") }

// OtherVersions returns the symbols that differ from a symbol only in the version of its package, sorted, of those that
// occur: an index of one repository names the version of another one that it uses.
func (x *Index) OtherVersions(symbol string) (out []string) {
	version, rest, ok := splitVersion(symbol)
	if !ok {
		return nil
	}
	for s := range x.occurrences {
		v, r, ok := splitVersion(s)
		if ok && r == rest && v != version {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// splitVersion returns the version of the package of a global symbol, and the symbol without it.
func splitVersion(symbol string) (version, rest string, ok bool) {
	// SCHEME MANAGER PACKAGE VERSION DESCRIPTORS, where a space in one of the first four is written twice.
	fields := strings.SplitN(strings.ReplaceAll(symbol, "  ", "\x00"), " ", 5)
	if len(fields) < 5 || bindings.IsLocalSymbol(symbol) {
		return "", "", false
	}
	version, fields[3] = fields[3], ""
	return version, strings.Join(fields, " "), true
}

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
