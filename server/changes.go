package server

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/hierarchy"
	"lanser/server/lsp"
	"lanser/server/project"
	"lanser/server/states"
	"lanser/server/trace"
	"lanser/server/uses"
)

// A request about several changes names several selectors, or none and a patch. Its answer is about the workspace as
// it is: what uses a declaration that the patch removes is found where it still is.
//
// The changes are read first, each with its target: [Engine.namedChanges] resolves the selectors, and
// [Engine.readChanges] compares the declarations before and after the patch. Then the targets of each server are
// followed together ([Engine.impactOfChanges]), and the answers of the servers are put together in one bundle.

// ofSeveral reports whether a request is about several changes.
func ofSeveral(op *api.Operation, req *api.Request) bool {
	return op.Several && (len(req.Selectors) > 0 || len(req.Selector) == 0 && req.Options.Hypothetical())
}

// change is one of the changes that a request is about.
type change struct {
	states.Touched
	target *selectors.Target // nil for what nobody can use yet, or by name: an added declaration, or a file
	snap   *index.Snapshot   // the state in which it is declared
}

// readChanges determines the changes that a request is about, which it names, or which its patch makes. From then on
// the request has no patch: its questions are about the files on disk. A declaration that the patch adds has no target,
// because nobody can use it yet; neither has a change outside of all declarations, of which nobody can say who uses it.
// The error is VersionSkew for a patch that does not apply.
func (e *Engine) readChanges(ctx context.Context, a *answer) error {
	a.changes = []change{}
	if len(a.Request.Selector) > 0 || len(a.Request.Selectors) > 0 {
		return e.namedChanges(ctx, a)
	}
	after, err := e.overlaid(a)
	if fault.Is(err, fault.VersionSkew) {
		f := *fault.From(err)
		f.Hint = "the patch must apply to the files as they are; give the reverse of one that is applied: git diff -R"
		return &f
	}
	if err != nil {
		return err
	}
	a.Snap = a.Disk
	a.Request.Options.Patch, a.Request.Options.Overlay = "", nil // the servers are asked about the files as they are
	for _, t := range states.TouchedBy(a.Disk, after) {
		c := change{Touched: t, snap: a.Disk}
		if t.How == bundle.ChangedAdded || t.Decl == nil && !a.Disk.Has(t.Path) {
			c.snap = after
		} else if t.Decl != nil {
			content, err := a.Disk.Content(t.Path)
			if err != nil {
				return err
			}
			c.target = &selectors.Target{
				Path: t.Path, Content: content, Span: t.Decl.Def, At: t.Decl.Name.Start, Decl: t.Decl,
				Status: selectors.Exact, Score: 1,
			}
		}
		a.changes = append(a.changes, c)
	}
	return nil
}

// namedChanges resolves the selectors of a request, the single one and the further ones. The bundle lists their
// canonical forms, and has no resolution: that of one could not stand for all.
func (e *Engine) namedChanges(ctx context.Context, a *answer) error {
	list := a.Request.Selectors
	if len(a.Request.Selector) > 0 {
		list = slices.Concat([]json.RawMessage{a.Request.Selector}, list)
	}
	var specs []selectors.PositionSpec
	for _, raw := range list {
		sel, err := selectors.FromJSON(raw, a.enc)
		if err != nil {
			return err
		}
		a.Bundle.Request.Selector = nil
		a.ask(relative(e.ws, sel))
		if err := e.resolve(ctx, a); err != nil {
			return err
		}
		a.changes = append(a.changes, change{
			Touched: states.Touched{Decl: a.Target.Decl, Path: a.Target.Path}, target: a.Target, snap: a.Snap,
		})
		specs = append(specs, selectors.Spec(a.sel))
	}
	a.Bundle.Request.Selector, a.Bundle.Request.Selectors = nil, specs
	a.Bundle.Resolution, a.Target, a.sel = nil, nil, nil
	return nil
}

// runImpact answers with what a change of the target, or all changes of the request, can break.
func runImpact(ctx context.Context, e *Engine, a *answer) error {
	if a.changes != nil {
		return e.impactOfChanges(ctx, a)
	}
	srv, err := a.serverToAsk(a.Target.Path)
	if err != nil {
		return err
	}
	return e.impactOf(ctx, a, srv, nil)
}

// impactOf answers with everything that a change of the target, or of others of the same server, can break.
func (e *Engine) impactOf(ctx context.Context, a *answer, srv *catalogue.Server, others []*selectors.Target) error {
	return e.askOne(ctx, a, srv, true, func(ctx context.Context, a *answer, s *lsp.Session) error {
		return a.Impact(ctx, s, others)
	})
}

// impactOfChanges answers with what all changes of a request can break, each affected symbol once. Those of one
// server are followed together.
func (e *Engine) impactOfChanges(ctx context.Context, a *answer) error {
	var servers []*catalogue.Server
	targets := map[*catalogue.Server][]*selectors.Target{}
	var unserved []string
	for _, c := range a.changes {
		if c.target == nil {
			continue
		}
		srv, err := a.serverToAsk(c.Path)
		if fault.Is(err, fault.NoServer) {
			unserved = append(unserved, c.Path)
			continue
		}
		if err != nil {
			return err
		}
		if targets[srv] == nil {
			servers = append(servers, srv)
		}
		targets[srv] = append(targets[srv], c.target)
	}
	a.Facts("syntax")
	a.Scope = filesScope(a.changes)
	a.Mixed = len(servers) > 1
	for _, srv := range servers {
		if err := e.addImpact(ctx, a, srv, targets[srv]); err != nil {
			return err
		}
	}
	if len(servers) == 0 {
		a.syntaxEvidence(nil, nil)
	}
	if a.Bundle.Facts.Impact == nil {
		a.Bundle.Facts.Impact = []bundle.Affected{}
	}
	a.doubtChanges(unserved)
	a.Bundle.Facts.Changes = a.describeChanges()
	return nil
}

// filesScope is the files that changes are made in.
func filesScope(changes []change) uses.Scope {
	files := map[string]bool{}
	for _, c := range changes {
		files[c.Path] = true
	}
	return uses.Scope{Name: "changes", Keep: func(p string) bool { return files[p] }}
}

// addImpact adds what changes of targets can break that one server knows. The question about them is put with facts and
// evidence of its own, which are then added to those of the answer: its scope is widened, and the ledger and the
// doubts are added. A server that is not installed, or does not offer references, is a doubt and no error, because
// others may answer for the other changes. More targets than [hierarchy.MaxAccounted] are not followed, which is a
// doubt.
func (e *Engine) addImpact(ctx context.Context, a *answer, srv *catalogue.Server, targets []*selectors.Target) error {
	more := 0
	if len(targets) > hierarchy.MaxAccounted {
		more, targets = len(targets)-hierarchy.MaxAccounted, targets[:hierarchy.MaxAccounted]
	}
	before, facts, evidence, scopeBefore := a.Question, a.Bundle.Facts, a.Bundle.Evidence, a.Scope
	a.Retarget(targets[0])
	a.Bundle.Facts, a.Bundle.Evidence = nil, bundle.Evidence{State: bundle.NotReady, Reasons: []string{}}
	err := e.impactOf(ctx, a, srv, targets[1:])
	if fault.Is(err, fault.NoServer) || fault.Is(err, fault.Unsupported) {
		f := fault.From(err)
		a.Doubt(bundle.Partial, f.Message+"; "+f.Hint)
		err = nil
	}
	a.Question = before
	if more > 0 {
		a.Doubt(bundle.Partial, fmt.Sprintf("who uses %d more of the changed declarations was not looked for", more))
	}
	scopeOf := a.Scope
	a.Scope = uses.Scope{
		Name: strings.TrimPrefix(scopeBefore.Name+" and "+scopeOf.Name, "changes and "),
		Keep: func(p string) bool { return scopeBefore.Keep(p) || scopeOf.Keep != nil && scopeOf.Keep(p) },
	}
	if a.Bundle.Facts != nil {
		facts.Impact, facts.Provenance = append(facts.Impact, a.Bundle.Facts.Impact...), a.Bundle.Facts.Provenance
	}
	a.Bundle.Facts = facts
	if evidence.State != bundle.NotReady {
		part := *a.Bundle
		a.Bundle.Evidence = evidence
		a.Absorb(&uses.Finder{
			Reading: uses.Reading{Bundle: &part, Documents: a.Documents}, Scope: a.Scope, Defined: a.Defined,
		})
	}
	return err
}

// doubtChanges doubts the answer for changes of which nobody can say whom they affect: in files of a language without a
// server, and outside of all declarations. A file in no language, such as a text, affects nobody.
func (a *answer) doubtChanges(unserved []string) {
	slices.Sort(unserved)
	for i, p := range slices.Compact(unserved) {
		if i == bundle.MaxReasons {
			a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), "and more files")
			break
		}
		if project.LanguageOf(p) != nil {
			a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), "no language server is known for "+p)
		}
	}
	for _, c := range a.changes {
		if c.How == bundle.ChangedCode {
			why := fmt.Sprintf("%s:%d is outside of all declarations: who depends on it is not known", c.Path, c.Line+1)
			a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), why)
		}
	}
}

// describeChanges returns the changes as the bundle lists them: a declaration as a symbol, a place as the word there,
// and a whole file, or code outside of all declarations, as a module with an empty range at the start of its line.
func (a *answer) describeChanges() []bundle.Change {
	out := []bundle.Change{}
	enc := text.Encoding(a.Bundle.Environment.PositionEncoding)
	for _, c := range a.changes {
		content, err := c.snap.Content(c.Path)
		if err == nil && c.Decl != nil {
			out = append(out, bundle.Change{Symbol: a.Symbol(*c.Decl, content), How: c.How})
			continue
		}
		if err == nil && c.target != nil {
			out = append(out, bundle.Change{Symbol: a.placeSymbol(c.target, enc), How: c.How})
			continue
		}
		at := bundle.Range{c.Line, 0, c.Line, 0}
		out = append(out, bundle.Change{How: c.How, Symbol: bundle.Symbol{
			Name: path.Base(c.Path), Kind: selectors.KindModule, URI: selectors.EscapePath(c.Path), Range: at,
			SelectionRange: at, Selector: selectors.Cursor{Path: c.Path, Line: c.Line + 1, Col: 1}.String(),
		}})
	}
	return out
}

// placeSymbol returns the symbol of a place that is the name of no declaration.
func (a *answer) placeSymbol(t *selectors.Target, enc text.Encoding) bundle.Symbol {
	at := bundle.RangeOf(t.Content, text.Span{Start: t.At, End: t.At}, enc)
	return bundle.Symbol{
		Name: index.WordAt(t.Path, t.Content, t.At), Kind: selectors.KindModule, URI: selectors.EscapePath(t.Path),
		Range: at, SelectionRange: at,
		Selector: selectors.Cursor{Path: t.Path, Line: at[0] + 1, Col: at[1] + 1}.String(),
	}
}

// overlaid returns the state that the overlay and the patch of a request make of the files on disk. What the patch
// changes and no state in memory has, which are symbolic links and submodules, is a doubt.
func (e *Engine) overlaid(a *answer) (*index.Snapshot, error) {
	after, specials, err := states.OverlaidApart(a.Disk, &a.Request.Options)
	if !e.cfg.replays.Has(trace.Specials) {
		for _, s := range specials {
			if refused := s.Refusal(); refused != nil {
				return nil, refused
			}
		}
	}
	if err != nil {
		return nil, err
	}
	for _, s := range specials {
		if !states.IsProse(s) && e.cfg.replays.Has(trace.Specials) {
			a.Doubt(bundle.Partial, "the patch changes "+s.String()+", which is left as it is")
		}
	}
	return after, nil
}
