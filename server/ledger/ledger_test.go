package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lanser/selectors/text"
	"lanser/server/ledger"
)

// at is the place of a word of four bytes in a file, "a.go:10".
func at(s string) ledger.Place {
	var start int
	file, offset, _ := strings.Cut(s, ":")
	fmt.Sscan(offset, &start)
	return ledger.Place{Path: file, Span: text.Span{Start: start, End: start + 4}}
}

func places(list ...string) (out []ledger.Place) {
	for _, s := range list {
		out = append(out, at(s))
	}
	return out
}

// question is about a symbol that is declared at a.go:0 and used at a.go:10. The server answers from
// a table.
func question(answers map[string][]string, words ...string) *ledger.Question {
	q := &ledger.Question{
		Symbol: places("a.go:0"), References: places("a.go:10"),
		Rule:    func(ledger.Word) (ledger.Rule, string) { return ledger.Ask, "" },
		Carries: func(ledger.Place) bool { return true },
		Nothing: func(ledger.Word) (bool, string) { return true, "no answer" },
		Define: func(_ context.Context, asked []ledger.Place) (out [][]ledger.Place, err error) {
			for _, p := range asked {
				out = append(out, places(answers[fmt.Sprint(p.Path, ":", p.Span.Start)]...))
			}
			return out, nil
		},
	}
	for _, s := range append([]string{"a.go:0", "a.go:10"}, words...) {
		q.Words = append(q.Words, ledger.Word{Place: at(s)})
	}
	return q
}

// entries are the lines of a ledger, "a.go:10 reference".
func entries(t *testing.T, q *ledger.Question) (out []string) {
	t.Helper()
	l, err := ledger.Take(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range l.Lines {
		s := fmt.Sprint(line.Path, ":", line.Span.Start, " ", line.Entry)
		if line.Why != "" {
			s += ": " + line.Why
		}
		out = append(out, s)
	}
	return out[2:] // the first two are the declaration and the reference
}

func TestEachWordIsClassifiedByTheStrongestFact(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers map[string][]string
		change  func(q *ledger.Question)
		want    string
	}{
		{"the server has left it out of its list", map[string][]string{"b.go:0": {"a.go:0"}}, nil, "confirmed"},
		{"its definition is an export", map[string][]string{"b.go:0": {"a.go:10"}}, nil, "confirmed"},
		{"its definition is a local", map[string][]string{"b.go:0": {"a.go:10"}}, func(q *ledger.Question) {
			q.Carries = func(ledger.Place) bool { return false }
		}, "other"},
		{"another symbol", map[string][]string{"b.go:0": {"c.go:0"}}, nil, "other"},
		{"its own declaration", map[string][]string{"b.go:0": {"b.go:0"}}, nil, "declaration"},
		{"the server has no answer", nil, nil, "possible: no answer"},
		{"it has none, and syntax rules a use out", nil, func(q *ledger.Question) {
			q.Nothing = func(ledger.Word) (bool, string) { return false, "" }
		}, "other"},
		{"a comment", nil, func(q *ledger.Question) { q.Words[2].NotCode = true }, "notCode"},
		{"a declaration by syntax", nil, func(q *ledger.Question) { q.Words[2].Declares = true }, "declaration"},
		{"no use is possible", map[string][]string{"b.go:0": {"a.go:0"}}, func(q *ledger.Question) {
			q.Rule = func(ledger.Word) (ledger.Rule, string) { return ledger.Never, "" }
		}, "other"},
		{"no server reads the file", nil, func(q *ledger.Question) {
			q.Rule = func(ledger.Word) (ledger.Rule, string) { return ledger.Unread, "no server reads it" }
		}, "possible: no server reads it"},
		{"an import that leads nowhere", map[string][]string{"b.go:0": {"b.go:0"}}, func(q *ledger.Question) {
			q.Words[2].Imports = true
		}, "possible: its import leads nowhere: the server cannot resolve it"},
		{"a constructor of the symbol", map[string][]string{"b.go:0": {"a.go:40"}}, func(q *ledger.Question) {
			q.Constructs = func(a ledger.Place) bool { return a == at("a.go:40") }
		}, "confirmed"},
		{"one of several definitions", map[string][]string{"b.go:0": {"c.go:0", "a.go:0"}}, nil, "confirmed"},
	} {
		q := question(tt.answers, "b.go:0")
		if tt.change != nil {
			tt.change(q)
		}
		if d := cmp.Diff([]string{"b.go:0 " + tt.want}, entries(t, q)); d != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, d)
		}
	}
}

// A symbol is imported, exported under that import, and used elsewhere by what was exported.
func TestNamesAreFollowedThroughImportsAndExports(t *testing.T) {
	q := question(map[string][]string{
		"b.go:0": {"a.go:0"}, "c.go:0": {"b.go:0"}, "d.go:0": {"c.go:0"}, // a chain to the symbol
		"e.go:0": {"e.go:0"}, "e.go:9": {"e.go:0"}, // an import that leads nowhere, and its use
		"f.go:0": {"x.go:0"},
	}, "b.go:0", "c.go:0", "d.go:0", "e.go:0", "e.go:9", "f.go:0")
	for i := range q.Words {
		q.Words[i].Imports = q.Words[i].Place == at("e.go:0")
	}
	const lost = " possible: its import leads nowhere: the server cannot resolve it"
	want := []string{
		"b.go:0 confirmed", "c.go:0 confirmed", "d.go:0 confirmed", "e.go:0" + lost, "e.go:9" + lost, "f.go:0 other",
	}
	if d := cmp.Diff(want, entries(t, q)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestOverridesAreListedSeparately(t *testing.T) {
	q := question(map[string][]string{"c.go:0": {"b.go:0"}, "c.go:9": {"d.go:0"}, "c.go:20": {"lib:0"}},
		"b.go:0", "c.go:0", "c.go:9", "c.go:20", "d.go:0")
	for i := range q.Words {
		q.Words[i].Declares = q.Words[i].Place == at("b.go:0") || q.Words[i].Place == at("d.go:0")
	}
	asked := 0
	q.Relatives = func(_ context.Context, candidates []ledger.Place) ([]ledger.Place, error) {
		asked++
		if d := cmp.Diff(places("b.go:0", "d.go:0", "lib:0"), candidates); d != "" {
			t.Errorf("candidates (-want +got)\n%s", d)
		}
		return places("b.go:0", "lib:0"), nil
	}
	plain := []string{"b.go:0 declaration", "c.go:0 other", "c.go:9 other", "c.go:20 other", "d.go:0 declaration"}
	if d := cmp.Diff(plain, entries(t, q)); d != "" {
		t.Errorf("of what is no member (-want +got)\n%s", d)
	}
	q.Member = true
	want := []string{"b.go:0 family", "c.go:0 family", "c.go:9 other", "c.go:20 family", "d.go:0 declaration"}
	if d := cmp.Diff(want, entries(t, q)); d != "" {
		t.Errorf("of a member (-want +got)\n%s", d)
	}
	if asked != 1 {
		t.Errorf("the relatives were asked for %d times", asked)
	}
}

// A symbol whose words are too many to ask about each is not worth asking about thousands of them if the answer is
// about another one; one with fewer words is asked about in full.
func TestTheWordsOfASymbolAsideAreAskedAboutInFullOrFew(t *testing.T) {
	for words, want := range map[int]int{ledger.MaxAsked: ledger.MaxAsked, ledger.MaxAsked + 1: 300} {
		q := question(nil, manyWords(words)...)
		q.Aside = true
		q.Define = func(_ context.Context, asked []ledger.Place) ([][]ledger.Place, error) {
			return make([][]ledger.Place, len(asked)), nil
		}
		l, err := ledger.Take(t.Context(), q)
		if err != nil || l.Asked != want || l.Left != words-want {
			t.Errorf("of %d words, %d asked about and %d left (%v)", words, l.Asked, l.Left, err)
		}
	}
}

// manyWords returns words of a file.
func manyWords(n int) (words []string) {
	for i := range n {
		words = append(words, fmt.Sprint("z.go:", 10*i))
	}
	return words
}

func TestWordsBeyondTheBoundArePossibleUses(t *testing.T) {
	q := question(nil, append([]string{"a.go:20"}, manyWords(ledger.MaxAsked+20)...)...)
	var first string
	q.Define = func(_ context.Context, asked []ledger.Place) ([][]ledger.Place, error) {
		if len(asked) != ledger.MaxAsked {
			t.Errorf("%d words were asked about", len(asked))
		}
		first = asked[0].Path
		return make([][]ledger.Place, len(asked)), nil
	}
	l, err := ledger.Take(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if first != "a.go" {
		t.Errorf("the first word asked about is in %s, and not in the file with a reference", first)
	}
	if n := l.Sum(ledger.Possible); l.Left != 21 || l.Asked != ledger.MaxAsked || n != ledger.MaxAsked+21 {
		t.Errorf("%d left, %d asked, %d possible", l.Left, l.Asked, n)
	}
}

func TestAnErrorOfTheServerEndsTheLedger(t *testing.T) {
	dead := errors.New("dead")
	q := question(nil, "b.go:0")
	q.Define = func(context.Context, []ledger.Place) ([][]ledger.Place, error) { return nil, dead }
	if _, err := ledger.Take(t.Context(), q); !errors.Is(err, dead) {
		t.Error(err)
	}
}

// Promises 1 and 3 of the package, for arbitrary words, rules and answers.
func TestEveryWordHasOneEntry(t *testing.T) {
	place := rapid.Custom(func(t *rapid.T) ledger.Place {
		return at(
			rapid.SampledFrom([]string{"a.go:0", "a.go:10", "b.go:0", "b.go:8", "c.go:0", "c.go:30"}).Draw(t, "place"),
		)
	})
	rapid.Check(t, func(t *rapid.T) {
		answers := map[ledger.Place][]ledger.Place{}
		q := question(nil)
		q.Words, q.Member = nil, rapid.Bool().Draw(t, "member")
		q.References = rapid.SliceOf(place).Draw(t, "references")
		self := func(p ledger.Place) ledger.Place { return p }
		for _, p := range rapid.SliceOfDistinct(place, self).Draw(t, "words") {
			q.Words = append(q.Words, ledger.Word{
				Place: p, NotCode: rapid.Bool().Draw(t, "notCode"), Declares: rapid.Bool().Draw(t, "declares"),
				Imports: rapid.Bool().Draw(t, "imports"),
			})
			answers[p] = rapid.SliceOfN(place, 0, 2).Draw(t, "answer")
		}
		relatives := rapid.SliceOf(place).Draw(t, "relatives")
		q.Relatives = func(context.Context, []ledger.Place) ([]ledger.Place, error) { return relatives, nil }
		q.Define = func(_ context.Context, asked []ledger.Place) (out [][]ledger.Place, err error) {
			for _, p := range asked {
				out = append(out, answers[p])
			}
			return out, nil
		}
		one, err := ledger.Take(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		all := []ledger.Entry{
			ledger.Reference, ledger.Confirmed, ledger.Family, ledger.Other, ledger.Declaration, ledger.NotCode,
			ledger.Possible,
		}
		sum := 0
		for _, e := range all {
			sum += one.Sum(e)
		}
		if sum != len(q.Words) {
			t.Fatalf("%d entries of %d words: %v", sum, len(q.Words), one.Lines)
		}
		for _, line := range one.Lines {
			if (line.Entry == ledger.Possible) != (line.Why != "") {
				t.Fatalf("%v is %s because %q", line.Place, line.Entry, line.Why)
			}
		}
		slices.Reverse(q.References)
		two, err := ledger.Take(context.Background(), q)
		if err != nil || fmt.Sprint(one.Lines) != fmt.Sprint(two.Lines) {
			t.Fatalf("%v: %v and %v", err, one.Lines, two.Lines)
		}
	})
}
