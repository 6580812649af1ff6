package ledger

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"lanser/selectors/text"
)

// Entry is what a word is to the symbol.
type Entry string

// The entries.
const (
	Reference   Entry = "reference"   // the server named it
	Confirmed   Entry = "confirmed"   // the server left it out, but answers there that it is the symbol
	Family      Entry = "family"      // a use or the declaration of an override, an overridden or an interface's member
	Other       Entry = "other"       // a use of another symbol, or the symbol cannot be used there
	Declaration Entry = "declaration" // the declaration of another symbol
	NotCode     Entry = "notCode"     // in a comment, a string or prose
	Possible    Entry = "possible"    // nobody can say
)

// Place is a stretch of a file of the workspace, in bytes.
type Place struct {
	Path string
	Span text.Span
}

// Compare orders places by path and position.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Path, q.Path), p.Span.Start-q.Span.Start, p.Span.End-q.Span.End)
}

// Word is a whole occurrence of a name.
type Word struct {
	Place
	// NotCode is true in comments, strings and prose.
	NotCode bool
	// Text is true in comments, strings and prose, even if the word may be a use there.
	Text bool
	// Declares is true for the name of a declaration, except those of imports.
	Declares bool
	// Imports is true for the name that an import declares.
	Imports bool
}

// Rule is what a language's rules say of the uses of the symbol in a file, or at a word.
type Rule int

// The rules.
const (
	Ask    Rule = iota // a use is possible, and the server can be asked
	Never              // no use is possible
	Unread             // a use is possible, and no server reads the file
)

// Question is what a ledger is made from.
type Question struct {
	Words      []Word  // in order of path and place, each once
	References []Place // that the server named, with the symbol's declarations among them or not
	Symbol     []Place // the names of the symbol's declarations
	// Constructs reports whether an answer names a constructor of the symbol: it means the symbol. Nil means never.
	Constructs func(a Place) bool
	// Member is true for members of types: only they have a family.
	Member bool
	// Aside is true if the symbol is one of many of an answer, and not the one that the answer is about.
	Aside bool
	// Rule tells, with the reason, whether the symbol can be used at a word of code.
	Rule func(w Word) (rule Rule, why string)
	// Carries reports whether the symbol goes on under the word at a place, which the server named: an
	// import, an export or a declaration of the symbol. A local that is set from the symbol is not it.
	Carries func(p Place) bool
	// Define asks the server for the definitions at places; nil for one without an answer. The error
	// is one that ends the whole question.
	Define func(ctx context.Context, at []Place) ([][]Place, error)
	// Elsewhere judges a word that means another symbol by the server's answer: why it may mean this one in
	// another build than the server's, or by a copy of its declaration; "" if it cannot.
	Elsewhere func(w Word, answer []Place) (why string)
	// Relatives returns the names of the declarations among candidates that belong to the symbol's
	// family. It is called for members only, and at most once.
	Relatives func(ctx context.Context, candidates []Place) ([]Place, error)
	// OnlyBySyntax leaves words that declare another symbol by the server's word out of the candidates.
	OnlyBySyntax bool
	// Implied reports whether a word at which the server has no answer is the symbol all the same: the server named
	// uses that the word is the cause of. Nil means never.
	Implied func(w Word) bool
	// Nothing judges a word at which the server has no answer: whether it may be a use all the same,
	// and why nobody can say.
	Nothing func(w Word) (possible bool, why string)
}

// Line is one word with its entry.
type Line struct {
	Word
	Entry Entry
	Why   string // of Possible

	definitions []Place // of a word of another symbol, by the server
}

// Ledger is the account.
type Ledger struct {
	Lines []Line // in order of path and place
	Asked int    // number of words that were put to the server
	Left  int    // number of words that were not, as there were too many
}

// MaxAsked bounds the words of one question that are put to the server.
const MaxAsked = 3000

// maxAskedAside bounds the words that are put to the server where there are more than [MaxAsked] and the symbol is one
// of many of an answer ([Question.Aside]): the words that are left make the answer partial, however many are asked
// about.
const maxAskedAside = 300

// Sum returns the number of words of an entry.
func (l *Ledger) Sum(e Entry) (n int) {
	for i := range l.Lines {
		if l.Lines[i].Entry == e {
			n++
		}
	}
	return n
}

// Take makes the account. The error is that of the question's functions.
func Take(ctx context.Context, q *Question) (*Ledger, error) {
	l := &Ledger{Lines: make([]Line, len(q.Words))}
	known, own := newSet(q.References), newSet(q.Symbol)
	var open []int // indexes of the words that the server must be asked about
	var declared []int
	for i, w := range q.Words {
		line := &l.Lines[i]
		line.Word = w
		switch {
		case known.holds(w.Place), own.holds(w.Place):
			line.Entry = Reference
		case w.NotCode:
			line.Entry = NotCode
		case w.Declares:
			line.Entry = Declaration
			declared = append(declared, i)
		default:
			switch rule, why := q.Rule(w); rule {
			case Never:
				line.Entry = Other
			case Unread:
				line.Entry, line.Why = Possible, why
			case Ask:
				line.Entry = Possible
				open = append(open, i)
			}
		}
	}
	if err := l.ask(ctx, q, open, known, own); err != nil {
		return nil, err
	}
	return l, l.relate(ctx, q, declared)
}

// ask puts the words with the given indexes to the server, nearest to the references first.
func (l *Ledger) ask(ctx context.Context, q *Question, open []int, known, own set) error {
	near := func(i int) int { // files with references are the most likely to hold another
		if known.has(l.Lines[i].Path) || own.has(l.Lines[i].Path) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(open, func(a, b int) int { return near(a) - near(b) })
	if len(open) > MaxAsked {
		limit := MaxAsked
		if q.Aside {
			limit = maxAskedAside
		}
		l.Left = len(open) - limit
		for _, i := range open[limit:] {
			l.Lines[i].Why = "it was not asked about: the name has too many words to ask about each"
		}
		open = open[:limit]
	}
	l.Asked = len(open)
	if len(open) == 0 {
		return nil
	}
	places := make([]Place, len(open))
	for k, i := range open {
		places[k] = l.Lines[i].Place
	}
	answers, err := q.Define(ctx, places)
	if err != nil {
		return err
	}
	for k, i := range open {
		line := &l.Lines[i]
		line.Entry, line.Why = q.judge(line, answers[k], known, own)
	}
	l.follow(q, open, answers, Confirmed)
	l.follow(q, open, answers, Possible)
	l.uses(open, answers)
	return nil
}

// unresolved is the reason for an import of which the server knows no more than the name.
const unresolved = "its import leads nowhere: the server cannot resolve it"

// follow enters the words whose definition is a word with an entry under that entry too: names
// under which the symbol, or what may be the symbol, is imported or exported again.
func (l *Ledger) follow(q *Question, open []int, answers [][]Place, entry Entry) {
	for changed := true; changed; {
		changed = false
		entered := set{}
		for i := range l.Lines {
			if l.Lines[i].Entry == entry && q.Carries(l.Lines[i].Place) {
				entered.add(l.Lines[i].Place)
			}
		}
		entered.sort()
		for k, i := range open {
			line := &l.Lines[i]
			if line.Entry == Other && slices.ContainsFunc(answers[k], entered.holds) {
				line.Entry, changed = entry, true
				if entry == Possible {
					line.Why = unresolved
				}
			}
		}
	}
}

// uses notes the definitions of words of other symbols, which may prove to be relatives.
func (l *Ledger) uses(open []int, answers [][]Place) {
	for k, i := range open {
		if l.Lines[i].Entry == Other {
			l.Lines[i].definitions = answers[k]
		}
	}
}

// judge enters a word by the server's answer at it.
func (q *Question) judge(line *Line, answer []Place, known, own set) (Entry, string) {
	if len(answer) == 0 {
		if q.Implied != nil && q.Implied(line.Word) {
			return Confirmed, ""
		}
		if possible, why := q.Nothing(line.Word); possible {
			return Possible, why
		}
		return Other, ""
	}
	for _, a := range answer {
		if own.holds(a) || known.holds(a) && q.Carries(a) || q.Constructs != nil && q.Constructs(a) {
			return Confirmed, ""
		}
	}
	if !slices.Contains(answer, line.Place) {
		if q.Elsewhere != nil {
			if why := q.Elsewhere(line.Word, answer); why != "" {
				return Possible, why
			}
		}
		return Other, ""
	}
	if line.Imports {
		return Possible, unresolved
	}
	return Declaration, ""
}

// relate enters the declarations of the symbol's family, and the words that mean them.
func (l *Ledger) relate(ctx context.Context, q *Question, declared []int) error {
	if !q.Member || q.Relatives == nil {
		return nil
	}
	var candidates []Place
	for _, i := range declared {
		candidates = append(candidates, l.Lines[i].Place)
	}
	for i := range l.Lines {
		candidates = append(candidates, l.Lines[i].definitions...)
		if l.Lines[i].Entry == Declaration && !q.OnlyBySyntax {
			candidates = append(candidates, l.Lines[i].Place)
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	slices.SortFunc(candidates, Place.Compare)
	relatives, err := q.Relatives(ctx, slices.Compact(candidates))
	if err != nil {
		return err
	}
	family := newSet(relatives)
	for i := range l.Lines {
		line := &l.Lines[i]
		if line.Entry == Declaration && family.holds(line.Place) ||
			line.Entry == Other && slices.ContainsFunc(line.definitions, family.holds) {
			line.Entry = Family
		}
	}
	return nil
}

// set is a set of places by file.
type set map[string][]text.Span

func newSet(places []Place) set {
	s := set{}
	for _, p := range places {
		s.add(p)
	}
	s.sort()
	return s
}

func (s set) add(p Place) { s[p.Path] = append(s[p.Path], p.Span) }

func (s set) sort() {
	for _, spans := range s {
		slices.SortFunc(spans, func(a, b text.Span) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	}
}

func (s set) has(path string) bool { return len(s[path]) > 0 }

// holds reports whether a place of the set is, or contains, p.
func (s set) holds(p Place) bool {
	spans := s[p.Path]
	i := sort.Search(len(spans), func(i int) bool { return spans[i].Start > p.Span.Start })
	return i > 0 && spans[i-1].Contains(p.Span)
}
