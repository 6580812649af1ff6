package hierarchy

import (
	"context"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/pool"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// This file asks for implementations that gopls leaves out. gopls loads one build, so that it knows nothing of a type
// in a file for another system or with other tags, and it lists types in functions for their own package alone. Nothing
// there names the interface that a type implements, and no search for the interface's name finds it: what is searched
// for are the names of its methods, and the types that embed it.

// implementersInBuilds returns the names of the declarations that implement the target, or that it implements, in files
// that the server's own build leaves out. known are the places that the server has named. A build that is not asked
// about, because there are too many, no session can load it or this toolchain has none for a file, is a doubt.
func (a *Answer) implementersInBuilds(ctx context.Context, s *lsp.Session, known []uses.Place,
) (out []ledger.Place, err error) {
	srv := s.Server()
	if a.Target.Decl == nil || !a.Format.Has(trace.OtherBuilds) || !srv.LoadsOtherBuilds() {
		return nil, nil
	}
	files := mayImplement(ctx, a.Snap, a.Target.Decl, uses.WordsOf(known))
	sym := a.SymbolOf(a.Target.Decl, nil)
	if a.Format.Has(trace.ApartInGo) {
		sym.Member = true // types implement it without importing its package
	}
	builds, left := srv.OtherBuilds(a.Snap, sym, files)
	for _, other := range builds[:min(len(builds), uses.MaxBuilds)] {
		found, err := a.implementationsIn(ctx, other)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			left = append(left, "the build "+other.Build.String())
		}
		for _, p := range found {
			isNew := p.Span.Len() > 0 && !srv.Builds(a.Snap, p.Path) && !slices.Contains(out, p)
			if isNew && len(uses.Missing([]ledger.Place{p}, known)) > 0 {
				out = append(out, p)
			}
		}
	}
	for _, other := range builds[min(len(builds), uses.MaxBuilds):] {
		left = append(left, "the build "+other.Build.String())
	}
	if len(left) > 0 {
		first := strings.Join(left[:min(len(left), 3)], ", ")
		a.Doubt(bundle.Partial, fmt.Sprintf("%s may hold more implementations, and cannot be asked about", first))
	}
	return out, nil
}

// localImplementers returns the names of the types in functions that implement the target, or that it implements, such
// as the stub of a test:
//
//	type fake struct{ store.Store }
//
// gopls lists those of the target's own package alone. Each is asked for what it implements. known are the names of
// the types in the workspace that the server has listed.
func (a *Answer) localImplementers(ctx context.Context, s *lsp.Session, known []ledger.Place,
) (out []ledger.Place, err error) {
	d, srv := a.Target.Decl, s.Server()
	if d == nil || d.Lang != "go" || !d.Kind.IsType() || !a.Format.Has(trace.LocalTypes) {
		return nil, nil
	}
	var local []ledger.Place
	for _, p := range mayImplement(ctx, a.Snap, d, known) {
		if srv.Builds(a.Snap, p) {
			local = append(local, a.localTypes(ctx, p)...)
		}
	}
	if n := len(local) - uses.MaxAsRelatives; n > 0 {
		const why = "%d types in functions, which may implement it, were not asked about: there are too many"
		a.Doubt(bundle.Partial, fmt.Sprintf(why, n))
	}
	target := ledger.Place{Path: a.Target.Path, Span: d.Name}
	for _, p := range local[:min(len(local), uses.MaxAsRelatives)] {
		if slices.Contains(known, p) || p == target {
			continue
		}
		found, err := a.Locate(ctx, s, protocol.MethodTextDocumentImplementation, p)
		if err != nil {
			return nil, err
		}
		if slices.Contains(a.WordsAt(s, found), target) {
			out = append(out, p)
		}
	}
	return out, nil
}

// implementersApart returns the names of the declarations that implement the target, or that it implements, in code
// that the server loads apart from it (see [uses.Reading.IsApart]). gopls lists those of the modules that it loads
// together, by go.work. Each is asked for what it implements. known are the places that the server has named.
func (a *Answer) implementersApart(ctx context.Context, s *lsp.Session, known []uses.Place,
) (out []ledger.Place, err error) {
	d, srv := a.Target.Decl, s.Server()
	isAsked := d != nil && d.Lang == "go" && (d.Kind.IsType() || d.Kind == selectors.KindMethod)
	if !isAsked || !a.Format.Has(trace.ApartInGo) || !srv.LoadsOtherBuilds() {
		return nil, nil
	}
	var asked []ledger.Place
	for _, p := range mayImplement(ctx, a.Snap, d, uses.WordsOf(known)) {
		if a.IsApart(d, p) && srv.Builds(a.Snap, p) {
			asked = append(asked, a.implementersIn(ctx, p)...)
		}
	}
	slices.SortFunc(asked, ledger.Place.Compare)
	asked = slices.DeleteFunc(slices.Compact(asked), func(p ledger.Place) bool {
		return len(uses.Missing([]ledger.Place{p}, known)) == 0
	})
	if n := len(asked) - uses.MaxAsRelatives; n > 0 {
		const why = "%d types in other modules, which may implement it, were not asked about: there are too many"
		a.Doubt(bundle.Partial, fmt.Sprintf(why, n))
	}
	target := ledger.Place{Path: a.Target.Path, Span: d.Name}
	for _, p := range asked[:min(len(asked), uses.MaxAsRelatives)] {
		found, err := a.ImplementedBy(ctx, s, p)
		if err != nil {
			return nil, err
		}
		if slices.Contains(found, target) {
			out = append(out, p)
		}
	}
	return out, nil
}

// calleesOfOtherBuilds returns calls, by a function in a file of Go, of what other builds have in place of the
// functions that gopls has named: the same names, declared in files that this build leaves out.
func (a *Answer) calleesOfOtherBuilds(caller string, known []bundle.Edge) (out []bundle.Edge) {
	if path.Ext(caller) != ".go" || !a.Format.Has(trace.CalleesInBuilds) {
		return nil
	}
	for _, edge := range known {
		file := selectors.UnescapePath(edge.To.URI)
		if path.Ext(file) != ".go" || !project.Has(a.Snap, file) {
			continue
		}
		decls := a.Snap.FileDecls(file)
		i := slices.IndexFunc(decls, func(d selectors.Decl) bool {
			return a.LocationAt(ledger.Place{Path: file, Span: d.Name}).Range == edge.To.SelectionRange
		})
		if i < 0 {
			continue
		}
		for _, other := range project.OtherFilesOfGo(a.Snap, file, caller) {
			c, err := a.Snap.Content(other)
			if err != nil {
				continue
			}
			for _, d := range a.Snap.FileDecls(other) {
				if d.Kind == decls[i].Kind && slices.Equal(d.Names, decls[i].Names) {
					edge.To, edge.Confirmed = a.Symbol(d, c), true
					out = append(out, edge)
				}
			}
		}
	}
	return out
}

// implementersIn returns the names of the declarations of a file of Go that may implement the target: those of methods
// of its name, or the types with methods that it declares or that are declared in it.
func (a *Answer) implementersIn(ctx context.Context, file string) (out []ledger.Place) {
	d := a.Target.Decl
	for _, m := range a.Snap.FileDecls(file) {
		name := m.Names[len(m.Names)-1]
		switch {
		case d.Kind == selectors.KindMethod:
			if m.Kind == selectors.KindMethod && name == d.Names[len(d.Names)-1] {
				out = append(out, ledger.Place{Path: file, Span: m.Name})
			}
		case m.Kind.IsType():
			out = append(out, ledger.Place{Path: file, Span: m.Name})
		case m.Kind == selectors.KindMethod && len(m.Names) > 1:
			decls, _, _ := a.Snap.Module(ctx, m.Lang, m.Module)
			for _, owner := range decls {
				if owner.Kind.IsType() && slices.Equal(owner.Names, m.Names[:len(m.Names)-1]) {
					out = append(out, ledger.Place{Path: owner.Path, Span: owner.Name})
				}
			}
		}
	}
	return out
}

// localTypes returns the names of the structures and interfaces that functions of a file of Go declare.
func (a *Answer) localTypes(ctx context.Context, file string) (out []ledger.Place) {
	c, err := a.Snap.Content(file)
	if err != nil {
		return nil
	}
	code, _, err := a.Snap.CodeWords(ctx, file)
	if err != nil {
		return nil
	}
	for _, m := range typeOfGo.FindAllSubmatchIndex(c.Bytes(), -1) {
		p := ledger.Place{Path: file, Span: text.Span{Start: m[2], End: m[3]}}
		if slices.Contains(code, p.Span) && words.DeclarationAt(a.Snap, p) == nil {
			out = append(out, p)
		}
	}
	return out
}

// typeOfGo matches the beginning of the declaration of a structure or an interface of Go; its group is the name.
var typeOfGo = lazyregexp.New(`\btype\s+(\w+)\s+(?:struct|interface)\b`)

// implementationsIn asks for the implementations of the target in a session for another build, whose turn it takes. The
// error is that of the session, which may be unable to load the build.
func (a *Answer) implementationsIn(ctx context.Context, srv *catalogue.Server,
) (out []ledger.Place, err error) {
	view := pool.View{Snap: a.Snap, Disk: a.Disk, Hypothetical: a.Request.Options.Hypothetical()}
	turn, err := a.Pool.Turn(ctx, srv, view)
	if err != nil {
		return nil, err
	}
	defer turn.Done(&err)
	leased, err := turn.Session(ctx, []string{a.Target.Path})
	if err != nil {
		return nil, err
	}
	found, err := leased.Locations(
		ctx, protocol.MethodTextDocumentImplementation, a.Target.Path, a.Target.Content, a.Target.At,
	)
	if err != nil {
		return nil, err
	}
	return a.WordsAt(leased.Session, found), nil
}

// maxImplementers bounds the names by which files with implementations are looked for.
const maxImplementers = 50

// mayImplement returns the files that declare a method with the name of one of the target's, or that embed the target
// or a type that is known to implement it, sorted and each once. Types of Go implement interfaces without naming them.
//
// An embedded type stands alone on its line, as "Base", "*pkg.Base" or "Base[int]", or in "struct{ Base }". Files that
// match and implement nothing cost a session at most.
func mayImplement(ctx context.Context, snap *index.Snapshot, d *selectors.Decl, known []ledger.Place) (files []string) {
	methods := map[string]bool{}
	for _, m := range membersOf(ctx, snap, d) {
		methods[m] = true
	}
	for _, m := range slices.Sorted(maps.Keys(methods)) {
		for _, p := range snap.Occurrences(ctx, m).Files {
			if slices.ContainsFunc(snap.FileDecls(p), func(d selectors.Decl) bool {
				return d.Kind == selectors.KindMethod && d.Names[len(d.Names)-1] == m
			}) {
				files = append(files, p)
			}
		}
	}
	embedded := map[string]bool{d.Names[0]: true}
	for _, k := range known[:min(len(known), maxImplementers)] {
		if at := words.DeclarationAt(snap, k); at != nil {
			embedded[at.Names[0]] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(embedded)) {
		embeds := regexp.MustCompile(`(?m)^\s*(?:.*\b(?:struct|interface)\s*\{\s*)?\*?(?:\w+\.)?` +
			regexp.QuoteMeta(name) + `(?:\[.*\])?\s*(?:;.*|\}.*|` + "`.*`" + `|//.*)?$`)
		for _, p := range snap.Occurrences(ctx, name).Files {
			if c, err := snap.Content(p); err == nil && embeds.Match(c.Bytes()) {
				files = append(files, p)
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// membersOf are the names of the methods of a type, or the name of the method itself.
func membersOf(ctx context.Context, snap *index.Snapshot, d *selectors.Decl) (names []string) {
	if d.Kind == selectors.KindMethod {
		return d.Names[len(d.Names)-1:]
	}
	decls, _, _ := snap.Module(ctx, d.Lang, d.Module)
	for _, m := range decls {
		n := len(d.Names)
		if m.Kind == selectors.KindMethod && len(m.Names) == n+1 && slices.Equal(m.Names[:n], d.Names) {
			names = append(names, m.Names[n])
		}
	}
	return names
}
