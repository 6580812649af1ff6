package uses

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"golang.org/x/sync/errgroup"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// A string of TypeScript can name a member, as "email" does in
//
//	function get(u: User, key: keyof User) { return u[key] }
//	get(user, "email")
//
// Servers do not count such strings among the references of the member. What a string may be is known from its type:
// where that is a union of literals, a server proposes them to complete the string.

// IsPatternKey reports whether the target is a string that takes a member out of an object by a computed key, as
// "name" in const { ["name"]: n } = user. A key that declares a member is none.
func (a *Finder) IsPatternKey() bool {
	if a.Target.Decl != nil {
		return false
	}
	at := a.TargetWord()
	lang, _ := a.Snap.Lang(at.Path)
	c, err := a.Snap.Content(at.Path)
	return err == nil && lang == "ts" && a.Format.Has(trace.StringKeys) && mention.IsPatternKey(c, at.Span)
}

// maxKeys bounds the strings of one question about which a server is asked. The number of those left out is a doubt.
const maxKeys = 500

// whyKey is the reason for a string that may be the key of a member.
const whyKey = "its type allows the names of the type's members: it may be a key"

// whyPattern is the reason for a string that takes a member out of an object: servers say what it is bound to.
const whyPattern = "it is the computed key of a pattern or an object"

// addKeys enters the strings that may name the member as possible uses. It changes entries of lines that are notCode,
// and makes none a certain use: that the type of a string allows the name does not say that the string is used as a
// key.
func (a *accounting) addKeys(ctx context.Context, l *ledger.Ledger) error {
	open := a.mayBeKeys(ctx, l)
	mapped, err := a.mappedKeys(ctx, l)
	if err != nil {
		return err
	}
	open = append(open, mapped...)
	if left := len(open) - maxKeys; left > 0 {
		why := fmt.Sprintf("%d more strings may be keys of the type: they were not asked about", left)
		a.answer.Doubt(bundle.Partial, why)
		open = open[:maxKeys]
	}
	if len(open) == 0 {
		return nil
	}
	proposed, err := a.proposals(ctx, l, open)
	if err != nil {
		return err
	}
	members := siblings(a.answer.Snap, a.decl)
	if !a.sym.Member {
		members = exported(a.answer.Snap, a.decl)
	}
	var doubted []int
	for k, i := range open {
		c, err := a.answer.Snap.Content(l.Lines[i].Path)
		if err != nil {
			continue
		}
		others := mention.CasesAround(c, l.Lines[i].Span)
		if d := words.DeclarationAt(a.answer.Snap, l.Lines[i].Place); d != nil {
			isName := func(s string) bool { return s == d.Names[len(d.Names)-1] }
			others = slices.DeleteFunc(siblings(a.answer.Snap, d), isName) // they are not proposed again
		}
		if mention.IsPatternKey(c, l.Lines[i].Span) {
			l.Lines[i].Entry, l.Lines[i].Why = ledger.Possible, whyPattern
		} else if keysOf(c.Slice(l.Lines[i].Span), append(proposed[k], others...), members) {
			l.Lines[i].Entry, l.Lines[i].Why = ledger.Possible, whyKey
			doubted = append(doubted, i)
		}
	}
	return a.settleLiterals(ctx, l, doubted)
}

// mayBeKeys returns the indexes of the lines that are strings in files in which the member can be used: none for a
// symbol that is neither a member nor one of those whose names a type is made of, and for a server that proposes
// nothing in strings.
func (a *accounting) mayBeKeys(ctx context.Context, l *ledger.Ledger) (open []int) {
	srv := a.s.Server()
	if !srv.ProposesKeys || !a.sym.Member && !a.isNameOfType(ctx) || !a.answer.Format.Has(trace.StringKeys) {
		return nil
	}
	for i, line := range l.Lines {
		if line.Entry != ledger.NotCode || srv.LanguageID(line.Path) == "" || !a.where(a.answer, line.Word) {
			continue
		}
		c, err := a.answer.Snap.Content(line.Path)
		if err == nil && mention.MayBeKey(c, line.Span) && a.usesIn(line.Path).uses == mention.MayUse {
			open = append(open, i)
		}
	}
	return open
}

// mappedKeys returns the indexes of the lines that are keys of objects, and may be keys of a type that is made from the
// keys of the symbol's owner. In
//
//	const texts: Record<keyof typeof levels, string> = { low: "…", high: "…" }
//
// high is the member of levels. Servers take it for a member of the object alone, as they do where the object has no
// type. The key of a type that declares it has its definition there.
func (a *accounting) mappedKeys(ctx context.Context, l *ledger.Ledger) (open []int, err error) {
	isOne := a.s.Server().ProposesKeys && a.sym.Lang == "ts" && a.sym.Member &&
		a.answer.Format.Has(trace.ComputedMembers)
	if !isOne || !a.isMapped(ctx) {
		return nil, nil
	}
	var lines []int
	var at []ledger.Place
	for i, line := range l.Lines {
		if line.Entry != ledger.Declaration || !a.where(a.answer, line.Word) {
			continue
		}
		c, err := a.answer.Snap.Content(line.Path)
		if err == nil && mention.IsKeyOfObject(c, line.Span) && a.usesIn(line.Path).uses == mention.MayUse {
			lines, at = append(lines, i), append(at, line.Place)
		}
	}
	answers, err := a.define(ctx, at)
	if err != nil {
		return nil, err
	}
	for k, i := range lines {
		isElsewhere := func(p ledger.Place) bool { return p != at[k] }
		if !slices.ContainsFunc(answers[k], isElsewhere) {
			open = append(open, i)
		}
	}
	return open, nil
}

// isMapped reports whether the text of the workspace takes the keys of the symbol's owner: keyof Owner, keyof typeof
// owner.
func (a *accounting) isMapped(ctx context.Context) bool {
	if a.sym.Owner == "" {
		return false
	}
	takesKeys := regexp.MustCompile(`\bkeyof\s+(?:typeof\s+)?(?:[\w$]+\.)*` + regexp.QuoteMeta(a.sym.Owner) + `\b`)
	return slices.ContainsFunc(a.answer.Snap.Occurrences(ctx, "keyof").Files, func(p string) bool {
		c, err := a.answer.Snap.Content(p)
		return err == nil && bytes.Contains(c.Bytes(), []byte(a.sym.Owner)) && takesKeys.Match(c.Bytes())
	})
}

// isNameOfType reports whether the symbol belongs to a namespace or module whose names a type is made of: keyof typeof
// namespace, or keyof typeof m where a file imports all of a module as m.
func (a *accounting) isNameOfType(ctx context.Context) bool {
	isOne := a.sym.Lang == "ts" && a.decl != nil && a.sym.Scope.Len() == 0 && a.answer.Format.Has(trace.OtherNames)
	if !isOne || a.sym.Owner != "" {
		return isOne && a.isMapped(ctx)
	}
	return slices.ContainsFunc(a.answer.Snap.Occurrences(ctx, "keyof").Files, func(p string) bool {
		c, err := a.answer.Snap.Content(p)
		return err == nil && mention.TakesNames(c) && project.Reaches(a.answer.Snap, a.sym, p)
	})
}

// exported returns the names of what is declared next to a declaration that is no member of a type.
func exported(snap *index.Snapshot, decl *selectors.Decl) (names []string) {
	owner := decl.Names[:len(decl.Names)-1]
	for _, d := range snap.FileDecls(decl.Path) {
		if n := len(d.Names); n == len(owner)+1 && slices.Equal(d.Names[:n-1], owner) && d.Local == 0 {
			names = append(names, d.Names[n-1])
		}
	}
	return names
}

// proposals asks the server how the strings at the lines with the given indexes could be completed, and returns the
// proposals in the order of the indexes; none for a string at which the server has none.
func (a *accounting) proposals(ctx context.Context, l *ledger.Ledger, open []int) ([][]string, error) {
	at := make([]ledger.Place, len(open))
	for k, i := range open {
		at[k] = l.Lines[i].Place
	}
	if err := a.s.OpenAlso(ctx, a.answer.Snap, a.answer.ToOpen(a.s.Server(), at)); err != nil {
		return nil, err
	}
	out := make([][]string, len(at))
	asking, asked := errgroup.WithContext(ctx)
	asking.SetLimit(MaxAtOnce)
	if a.answer.Recorded {
		asking.SetLimit(1) // a trace has one order
	}
	for k, p := range at {
		asking.Go(func() error {
			c, err := a.answer.Snap.Content(p.Path)
			if err != nil {
				return nil // it was read when the word was found
			}
			out[k], err = a.s.Proposals(asked, p.Path, c, p.Span.Start)
			for j, label := range out[k] {
				out[k][j] = strings.TrimSuffix(label, "?") // of a key that may be left out
			}
			if asked.Err() == nil && (fault.Is(err, fault.Incomplete) || fault.Is(err, fault.Unsupported)) {
				return nil // it has no proposals there
			}
			return err
		})
	}
	return out, asking.Wait()
}

// siblings returns the names of the members of the type that a symbol is a member of, as far as its declaration
// lists them. The symbol's own declaration is nil if it is not known.
func siblings(snap *index.Snapshot, decl *selectors.Decl) (names []string) {
	if decl == nil || len(decl.Names) < 2 {
		return nil
	}
	owner := decl.Names[:len(decl.Names)-1]
	for _, d := range snap.FileDecls(decl.Path) {
		if n := len(d.Names); n == len(owner)+1 && slices.Equal(d.Names[:n-1], owner) && words.IsMember(&d) {
			names = append(names, d.Names[n-1])
		}
	}
	return names
}

// keysOf reports whether what a server proposes for a string can be the keys of a type with the given members, or some
// of them, and the name is one. A type has more keys than its declaration lists if it has bases.
//
// For the string "email" and the members [name email] it is true of the proposals [email], [name email] and [email id
// name]. It is false of [email id], a union of literals that has one word in common with the type.
func keysOf(name string, proposed, members []string) bool {
	if !slices.Contains(proposed, name) {
		return false
	}
	isKey := func(s string) bool { return slices.Contains(members, s) }
	isProposed := func(s string) bool { return slices.Contains(proposed, s) }
	return !slices.ContainsFunc(proposed, func(s string) bool { return !isKey(s) }) ||
		!slices.ContainsFunc(members, func(s string) bool { return !isProposed(s) })
}

// byReceivers answers for the keys of objects about which a server knows nothing: movie["title"] of Python is the
// member title of the TypedDict Movie if the type of movie is Movie, and something else if its type is outside of the
// workspace, such as dict, or Record of TypeScript. Of other types of the workspace, which may be bases of each other,
// it says nothing. answers are the definitions at the places; it fills in those that are missing.
func (a *accounting) byReceivers(ctx context.Context, at []ledger.Place, answers [][]ledger.Place) error {
	isKnown := a.sym.Lang == "py" || a.sym.Lang == "ts" && a.answer.Format.Has(trace.ComputedMembers)
	if !isKnown || !a.sym.Member || !a.s.Can("typeDefinitionProvider") {
		return nil
	}
	if !a.answer.Format.Has(trace.StringKeys) {
		return nil
	}
	for i, p := range at {
		c, err := a.answer.Snap.Content(p.Path)
		if err != nil || len(answers[i]) > 0 {
			continue
		}
		receiver, ok := mention.Subscripted(c, p.Span)
		if !ok && a.sym.Lang == "ts" {
			receiver, ok = mention.GivenWith(c, p.Span)
		}
		if !ok {
			continue
		}
		found, err := a.answer.Locate(
			ctx, a.s, protocol.MethodTextDocumentTypeDefinition, ledger.Place{Path: p.Path, Span: receiver},
		)
		if err != nil {
			return err
		}
		types := a.answer.WordsAt(a.s, found)
		isInside := func(t ledger.Place) bool { return a.answer.Snap.Has(t.Path) }
		isOwner := func(t ledger.Place) bool { return isOwnerAt(a.answer.Snap, a.decl, t) }
		if slices.ContainsFunc(types, isOwner) {
			answers[i] = a.own[:1]
		} else if len(types) > 0 && !slices.ContainsFunc(types, isInside) {
			answers[i] = types
		} else if a.answer.Format.Has(trace.OtherNames) {
			answers[i] = a.membersIn(types)
		}
	}
	return nil
}

// membersIn returns the names of the members that types declare themselves under the symbol's name.
func (a *accounting) membersIn(types []ledger.Place) (out []ledger.Place) {
	for _, t := range types {
		d := words.DeclarationAt(a.answer.Snap, t)
		if d == nil || !d.Kind.IsType() {
			continue
		}
		if m := words.DeclarationOf(a.answer.Snap, d.Path, append(slices.Clone(d.Names), a.sym.Name)); m != nil {
			out = append(out, ledger.Place{Path: m.Path, Span: m.Name})
		}
	}
	return out
}

// isOwnerAt reports whether a place is the name of the type that the symbol of a declaration is a member of.
func isOwnerAt(snap *index.Snapshot, decl *selectors.Decl, p ledger.Place) bool {
	d := words.DeclarationAt(snap, p)
	return d != nil && decl != nil && d.Path == decl.Path && len(decl.Names) > 1 &&
		slices.Equal(d.Names, decl.Names[:len(decl.Names)-1])
}
