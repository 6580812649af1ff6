package hierarchy

import (
	"context"
	"fmt"

	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/project"
	"lanser/server/shell"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// bash-language-server knows no callers. Calls of scripts are found by their words: a caller is the function around a
// word that is run as a command.

// callsByWords reports whether callers and callees are found by the words of shell scripts, as no server does.
func (a *Answer) callsByWords(s *lsp.Session) bool {
	return a.Operation.Name == "calls" && project.IsShell(a.Snap, a.Target.Path) && s.Can("referencesProvider")
}

// callsInShell fills the answer with the callers and callees of the target, a function of the shell.
func (a *Answer) callsInShell(ctx context.Context, s *lsp.Session, ways []way) error {
	f, depth := a.Facts("lsp"), max(a.Request.Options.Depth, 1)
	for _, w := range ways {
		l := &levels{answer: a, s: s, more: (*Answer).shellCallers}
		found, err := l.walk(ctx, depth, w.back)
		f.Calls = append(f.Calls, found...)
		if err != nil {
			return err
		}
	}
	return nil
}

// walk follows the calls of functions of the shell from the target to a depth: to the callers, or to the callees. Edges
// are in the order of the levels, each function is followed once. Callees follow from the bodies; only for callers are
// words accounted for.
func (l *levels) walk(ctx context.Context, depth int, back bool) ([]bundle.Edge, error) {
	list, seen, level := []bundle.Edge{}, map[string]bool{}, []*Answer{l.answer}
	for d := 1; d <= depth && len(level) > 0; d++ {
		var next []*Answer
		for _, about := range level {
			edges, err := about.shellCallees(), error(nil)
			if back {
				edges, err = l.account(ctx, about, nil)
			} else if why := about.heldCommand(); why != "" {
				l.answer.Doubt(bundle.Partial, why)
			}
			if err != nil {
				return list, err
			}
			for _, edge := range edges {
				edge.Depth = d
				list = append(list, edge)
				end := edge.To
				if back {
					end = edge.From
				}
				if further := l.aboutType(end); further != nil && !seen[end.Selector] {
					seen[end.Selector] = true
					next = append(next, further)
				}
			}
		}
		level = next
	}
	if !back {
		return list, nil
	}
	_, err := l.end(ctx)
	return list, err
}

// shellCallers is an [edgesFunc]: the commands that are the target by the rules of the shell.
func (a *Answer) shellCallers(ctx context.Context, s *lsp.Session, _ []bundle.Edge) (out []bundle.Edge, err error) {
	found, err := a.FindUses(ctx, s, false, uses.Everywhere)
	if err != nil {
		return nil, err
	}
	for _, p := range found.Words() {
		isTrapped := a.Format.Has(trace.TrappedText) && shell.IsTrappedCall(a.Snap, p)
		if shell.IsCall(a.Snap, p) || isTrapped || a.Format.Has(trace.Trapped) && shell.IsGivenToCall(a.Snap, p) {
			edge := a.edgeFrom(p)
			edge.Ranges = []bundle.Range{a.LocationAt(p).Range}
			out = append(out, edge)
		}
	}
	return out, nil
}

// heldCommand says that the target's body runs a command that the text does not name and that may be a function; "" if
// it runs none.
func (a *Answer) heldCommand() string {
	d := a.Target.Decl
	if d == nil || !a.Format.Has(trace.HeldCommands) {
		return ""
	}
	c, err := a.Snap.Content(d.Path)
	name, ok := shell.HeldCommand(a.Snap, d.Path, d.Def)
	why := "%s:%d runs %s, which may be a function"
	if !ok && a.Format.Has(trace.Trapped) {
		name, ok = shell.TrappedText(a.Snap, d.Path, d.Def)
		why = "%s:%d has a trap run %s, which may call a function"
	}
	if err != nil || !ok {
		return ""
	}
	return fmt.Sprintf(why, d.Path, c.LineOf(name.Start)+1, c.Slice(name))
}

// shellCallees are the functions of the workspace that the target's body runs.
func (a *Answer) shellCallees() (out []bundle.Edge) {
	d := a.Target.Decl
	if d == nil {
		return nil
	}
	for _, w := range a.Snap.ShellWords(d.Path) {
		at := ledger.Place{Path: d.Path, Span: w.Span}
		if !d.Def.Contains(w.Span) {
			continue
		}
		var sym *shell.Symbol
		if shell.IsCall(a.Snap, at) {
			sym = shell.At(a.Snap, at)
		} else if a.Format.Has(trace.Trapped) && shell.IsGivenToCall(a.Snap, at) {
			sym = shell.FunctionAt(a.Snap, at)
		}
		for _, p := range sym.Definitions(nil) {
			called := words.DeclarationAt(a.Snap, p)
			if called == nil {
				continue
			}
			to, err := a.Snap.Content(called.Path)
			if err != nil {
				continue // it was read when the declaration was found
			}
			out = append(out, bundle.Edge{
				From: a.Symbol(*d, a.Target.Content), To: a.Symbol(*called, to), Depth: 1,
				Ranges: []bundle.Range{a.LocationAt(at).Range},
			})
		}
	}
	return out
}
