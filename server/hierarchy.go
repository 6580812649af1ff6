package server

import (
	"context"
	"fmt"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
)

// maxHierarchy bounds the symbols that a hierarchy is followed through.
const maxHierarchy = 2000

// way is a direction through a hierarchy.
type way struct {
	method string
	// back says that what is found stands before what was asked about: a caller
	// calls, a subtype derives.
	back bool
}

var incoming, outgoing = way{
	method: protocol.MethodCallHierarchyIncomingCalls,
	back:   true,
}, way{
	method: protocol.MethodCallHierarchyOutgoingCalls,
	back:   false,
}

func runCalls(ctx context.Context, e *Engine, j *job) error {
	return e.hierarchy(ctx, j, chosenWays(incoming, j.req.Options.In, outgoing, j.req.Options.Out),
		func(f *bundle.Facts) *[]bundle.Edge { return &f.Calls })
}

func runTypes(ctx context.Context, e *Engine, j *job) error {
	super, sub := way{method: protocol.MethodTypeHierarchySupertypes, back: false}, way{method: protocol.MethodTypeHierarchySubtypes, back: true}
	return e.hierarchy(ctx, j, chosenWays(super, j.req.Options.Super, sub, j.req.Options.Sub),
		func(f *bundle.Facts) *[]bundle.Edge { return &f.Types })
}

// chosenWays are the directions that were asked for; none means both.
func chosenWays(a way, isA bool, b way, isB bool) []way {
	if isA && !isB {
		return []way{a}
	}
	if isB && !isA {
		return []way{b}
	}
	return []way{a, b}
}

// hierarchy fills the list with the server's hierarchy from the target to the depth that
// was asked for, 1 by default.
func (e *Engine) hierarchy(ctx context.Context, j *job, ways []way, list func(*bundle.Facts) *[]bundle.Edge) error {
	*list(j.facts("lsp")) = []bundle.Edge{}
	return e.askServer(ctx, j, true, func(ctx context.Context, j *job, s *lsp.Session) (err error) {
		*list(j.facts("lsp")), err = e.follow(ctx, j, s, ways, max(j.req.Options.Depth, 1))
		return err
	})
}

// follow follows the server's hierarchy from the target to a depth. Every symbol is asked
// about once in each direction, so cycles end.
func (e *Engine) follow(ctx context.Context, j *job, s *lsp.Session, ways []way, depth int) ([]bundle.Edge, error) {
	list := []bundle.Edge{}
	for _, w := range ways {
		level, err := s.Prepare(ctx, w.method, j.target.Path, j.target.Content, j.target.At)
		if err != nil {
			return list, err
		}
		seen := map[string]bool{}
		for _, item := range level {
			seen[itemKey(item)] = true
		}
		for d := 1; d <= depth && len(level) > 0; d++ {
			var next []lsp.Item
			for _, item := range level {
				related, err := s.Next(ctx, w.method, item)
				if err != nil {
					return list, err
				}
				for _, r := range related {
					list = append(list, e.edge(j, s, w, item, r, d))
					if key := itemKey(r.Item); !seen[key] {
						seen[key] = true
						next = append(next, r.Item)
					}
				}
			}
			if len(seen) > maxHierarchy && d < depth {
				j.doubt(
					bundle.Partial,
					fmt.Sprintf(
						"the hierarchy holds more than %d symbols; it was followed to depth %d",
						maxHierarchy,
						d,
					),
				)
				break
			}
			level = next
		}
	}
	var ends []bundle.Symbol
	for _, edge := range list {
		ends = append(ends, edge.From, edge.To)
	}
	j.doubtNamesakes(ctx, s.Server(), ends...)
	return list, nil
}

// doubtNamesakes doubts an answer about functions of which the workspace has
// several definitions, where the server takes them for one: which of them it names
// depends on the order in which it came upon them.
func (j *job) doubtNamesakes(ctx context.Context, srv *catalogue.Server, symbols ...bundle.Symbol) {
	if !srv.OneDefinition {
		return
	}
	asked := map[string]bool{}
	for _, sym := range symbols {
		if asked[sym.Name] || sym.Kind != selectors.KindDef {
			continue
		}
		asked[sym.Name] = true
		if len(asked) > maxNamesakes {
			return
		}
		files := map[string]bool{}
		decls, _ := j.snap.Search(ctx, "cpp", sym.Name)
		for _, d := range decls {
			if d.Linked != "" && d.Body.Len() > 0 && len(d.Names) == 1 && d.Names[0] == sym.Name {
				files[d.Path] = true
			}
		}
		if len(files) > 1 {
			j.doubt(
				bundle.Partial,
				fmt.Sprintf(
					"%s takes the functions %s of %d files for one, and names any of them",
					srv.Name,
					sym.Name,
					len(files),
				),
			)
		}
	}
}

// maxNamesakes bounds the names whose definitions are counted.
const maxNamesakes = 100

func itemKey(i lsp.Item) string { return fmt.Sprint(i.URI, i.SelectionRange, i.Name) }

func (e *Engine) edge(j *job, s *lsp.Session, w way, item lsp.Item, r lsp.Related, depth int) bundle.Edge {
	from, to := item, r.Item
	if w.back {
		from, to = to, from
	}
	out := bundle.Edge{From: e.symbolOf(j, s, from), To: e.symbolOf(j, s, to), Depth: depth}
	for _, at := range r.Ranges {
		out.Ranges = append(out.Ranges, e.place(j, s, from.URI, at).rng)
	}
	return out
}

// symbolOf is a server's item by what the index knows of the declaration there.
func (e *Engine) symbolOf(j *job, s *lsp.Session, item lsp.Item) bundle.Symbol {
	name, whole := e.place(j, s, item.URI, item.SelectionRange), e.place(j, s, item.URI, item.Range)
	out := bundle.Symbol{
		Name: item.Name, Kind: kindOf(item.Kind), URI: name.uri, Range: whole.rng, SelectionRange: name.rng, Container: container(j.snap, name),
	}
	if name.path == "" || !name.ok {
		return out
	}
	for _, d := range j.snap.FileDecls(name.path) {
		if d.Name == name.span || d.Name.Len() > 0 && name.span.Contains(d.Name) && d.Def.Contains(name.span) {
			out.Name, out.Kind, out.Selector, out.SymbolID, out.Container, out.Depth = d.Names[len(d.Names)-1], d.Kind, d.Selector().
				String(),
				d.ID(), d.Container, d.Depth
			return out
		}
	}
	out.Selector = selectors.Cursor{Path: name.path, Line: name.rng[0] + 1, Col: name.rng[1] + 1}.String()
	return out
}

// kindOf is LSP's SymbolKind by our names.
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
