package symbol

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// maxContextWords bounds the words of a file that a server is asked about, each of which is a question of its own. What
// is left out at the end of the file is a doubt.
const maxContextWords = 5000

// Context answers with the declarations of other files that the target's file uses: the server is asked for the
// definition at each word of its code. The target is a file, and no symbol of it; no ledger is made, as nothing is
// looked for in other files.
func (a *Answer) Context(ctx context.Context, s *lsp.Session) error {
	file := a.Target.Path
	at, clean, err := a.CodeWords(ctx, file)
	if err != nil {
		return err
	}
	if !clean {
		a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), file+" cannot be read cleanly")
	}
	if len(at) > maxContextWords {
		why := file + " has too many words: the last ones were not asked about"
		a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), why)
		at = at[:maxContextWords]
	}
	found, err := a.DefinedAt(ctx, s, at)
	if err != nil {
		return err
	}
	if s.Server().Guesses && a.Format.Has(trace.ReadContext) {
		if err := a.dropUnread(ctx, s, at, found); err != nil {
			return err
		}
	}
	a.Facts("lsp").Uses = a.usedBy(s, file, at, found)
	return nil
}

// dropUnread removes the definitions at words of which the server knows nothing and has guessed by the name, as it does
// in branches that the preprocessor leaves out. What such code uses is not known, which is a doubt. Words that mean
// something of their own file are not asked about, since that is not in the answer. The preprocessor leaves out whole
// lines: where one word is read, all of its line are.
func (a *Answer) dropUnread(ctx context.Context, s *lsp.Session, at []ledger.Place, found [][]lsp.Location) error {
	c, err := a.Snap.Content(a.Target.Path)
	if err != nil || len(at) == 0 {
		return err
	}
	read := a.Reader(s)
	byLine := map[int][]int{} // line → indexes of the words in it that mean something of other files
	for i, p := range at {
		isOther := func(l lsp.Location) bool { return read.Place(l.URI, l.Range).Path != p.Path }
		if slices.ContainsFunc(found[i], isOther) {
			line := c.LineOf(p.Span.Start)
			byLine[line] = append(byLine[line], i)
		}
	}
	asked := slices.Sorted(maps.Keys(byLine))
	isRead := make([]bool, len(asked))
	asking, asks := errgroup.WithContext(ctx)
	asking.SetLimit(uses.MaxAtOnce)
	if a.Recorded {
		asking.SetLimit(1) // a trace has one order
	}
	for n, line := range asked {
		asking.Go(func() error {
			for _, i := range byLine[line] {
				isOne, err := a.IsRead(asks, s, at[i])
				// An error may be in one word of a line.
				if err != nil || isOne != s.Server().GuessesInErrors {
					isRead[n] = isOne
					return err
				}
			}
			return nil
		})
	}
	if err := asking.Wait(); err != nil {
		return err
	}
	var lines []int
	for n, line := range asked {
		if isRead[n] {
			continue
		}
		for _, i := range byLine[line] {
			found[i] = nil
		}
		lines = append(lines, line+1)
	}
	if len(lines) > 0 {
		why := fmt.Sprintf("%s has not read the code of %s, which may use more", s.Server().Name, lineRanges(lines))
		a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), why)
	}
	return nil
}

// maxRanges bounds the ranges of lines that a doubt names.
const maxRanges = 8

// lineRanges returns the words for lines in ascending order, as in "lines 3-5, 9".
func lineRanges(lines []int) string {
	lines = slices.Compact(lines)
	var ranges []string
	for i := 0; i < len(lines); {
		first := i
		for i++; i < len(lines) && lines[i] == lines[i-1]+1; i++ {
			continue
		}
		one := fmt.Sprint(lines[first])
		if i-first > 1 {
			one += fmt.Sprint("-", lines[i-1])
		}
		ranges = append(ranges, one)
	}
	more := ""
	if n := len(ranges) - maxRanges; n > 0 {
		more, ranges = fmt.Sprintf(" and %d more places", n), ranges[:maxRanges]
	}
	word := "lines "
	if len(lines) == 1 {
		word = "line "
	}
	return word + strings.Join(ranges, ", ") + more
}

// usedBy returns the declarations outside of a file that its words mean, in the order of their first uses, each once
// and with the number of its uses. found holds the server's definitions at each of the words at. A word with several
// definitions counts for each of them, except for further assignments of an attribute, and for the name in an object
// that exports it. Left out are what the language has built in, parameters, and modules and packages of which a
// declaration is listed.
func (a *Answer) usedBy(
	s *lsp.Session, file string, at []ledger.Place, found [][]lsp.Location,
) []bundle.Used {
	type key struct {
		uri string
		rng bundle.Range
	}
	read, known := a.Reader(s), map[key]int{}
	out := []bundle.Used{}
	folders := map[string]bool{} // with a declaration that is used
	const again = -1             // in known: a further assignment, which is not in out
	for i := range found {
		from := len(out)
		for _, l := range found[i] {
			p := read.Place(l.URI, l.Range)
			if p.Path == file || Builtin.MatchString(p.URI) || a.isParameter(p) {
				continue
			}
			k := key{p.URI, p.Range}
			n, isKnown := known[k]
			if n == again {
				continue
			}
			if !isKnown {
				u := a.used(p, file, at[i])
				if slices.ContainsFunc(out[from:], func(first bundle.Used) bool { return isAssignedAgain(first, u) }) {
					known[k] = again
					continue
				}
				n, known[k] = len(out), len(out)
				out = append(out, u)
				if out[n].Symbol.Kind != selectors.KindModule {
					folders[path.Dir(p.URI)] = true
				}
			}
			out[n].Count++
		}
	}
	all := slices.Clone(out)
	return slices.DeleteFunc(out, func(u bundle.Used) bool {
		isSame := func(first bundle.Used) bool { return isHandedOn(first, u) }
		isListed := u.Symbol.Kind == selectors.KindModule && folders[path.Dir(u.Symbol.URI)]
		return isListed || slices.ContainsFunc(all, isSame)
	})
}

// isAssignedAgain reports whether a definition of a word is a further assignment of an attribute or variable, of which
// the file of the workspace has a declaration: in Python, every assignment is a definition.
func isAssignedAgain(first, u bundle.Used) bool {
	isValue := first.Symbol.Kind == selectors.KindField || first.Symbol.Kind == selectors.KindVar
	return isValue && first.Symbol.Selector != "" && u.Symbol.Selector == "" && u.Symbol.Kind != selectors.KindModule &&
		first.Symbol.URI == u.Symbol.URI && first.Symbol.Name == u.Symbol.Name
}

// isHandedOn reports whether a declaration that is used is the name of another one in an object that hands it on: in
// JavaScript, "load" in "module.exports = { load }" is a definition besides the function.
func isHandedOn(first, u bundle.Used) bool {
	_, rest, _ := strings.Cut(u.Text, u.Symbol.Name)
	rest = strings.TrimSpace(rest)
	isAlone := rest == "" || rest[0] == ',' || rest[0] == '}' // a field of a type has its type, or an end
	return isAlone && u.Symbol.Kind == selectors.KindField && first.Symbol.Kind != selectors.KindField &&
		first.Symbol.URI == u.Symbol.URI && first.Symbol.Name == u.Symbol.Name
}

// Builtin matches the URIs of files that declare what a language has without any import.
var Builtin = lazyregexp.New(`^goroot:///src/builtin/|/builtins\.pyi$|/primitive_docs\.rs$|/lib\.[\w.]+\.d\.ts$`)

// isParameter reports whether a place is a parameter of a function: a keyword at a call means one, and the function is
// used by the call already. Of a library, whose files the index does not read, it is told by its line.
func (a *Answer) isParameter(p uses.Place) bool {
	if p.Path == "" || !p.OK {
		return parameterOfPython.MatchString(p.URI + " " + strings.TrimSpace(p.Line()))
	}
	d := words.Named(a.Snap, p.Word())
	return d != nil && d.Local > 0
}

// parameterOfPython matches the URI of a file of Python and a line of it that has a parameter alone.
var parameterOfPython = lazyregexp.New(`^\S+\.pyi? \w+\s*[:=].*,$`)

// used describes a declaration that a word of a file means. One of the workspace is described by the index. Of others,
// such as those of libraries, there is the place, and the name as the file spells it at the word. Own is true for a
// declaration in the same folder as the file, which is the same package in many languages.
func (a *Answer) used(p uses.Place, file string, at ledger.Place) bundle.Used {
	u := bundle.Used{Text: p.Line(), Own: p.Path != "" && path.Dir(p.Path) == path.Dir(file)}
	if p.Path != "" && p.OK {
		u.Symbol.Container = places.Container(a.Snap, p)
		if d := words.Named(a.Snap, p.Word()); d != nil {
			u.Symbol = a.Symbol(*d, p.Content)
			return u
		}
	}
	if p.Range[0] == 0 && p.Range[1] == 0 || packageClause.MatchString(p.Line()) { // a file, as an import means it
		u.Symbol.Name, u.Symbol.Kind, u.Text = path.Base(p.URI), selectors.KindModule, ""
	} else if c, err := a.Snap.Content(at.Path); err == nil {
		u.Symbol.Name = c.Slice(at.Span)
	}
	u.Symbol.URI, u.Symbol.Range, u.Symbol.SelectionRange = p.URI, p.Range, p.Range
	return u
}

// packageClause matches the line of Go at which a server finds a package.
var packageClause = lazyregexp.New(`^package \w+`)
