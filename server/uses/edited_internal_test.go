package uses

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/text"
	"lanser/server/ledger"
)

// With edits applied, every word that they leave alone is where they move it, and from there it is moved back. A word
// that is edited becomes the new name.
func TestEditsMoveWordsToWhereTheyAre(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		var content strings.Builder
		var words []ledger.Place
		for i := range 20 {
			word := fmt.Sprintf("w%d", i*i*i)
			at := content.Len()
			words = append(words, ledger.Place{Path: "a.txt", Span: text.Span{Start: at, End: at + len(word)}})
			content.WriteString(word + strings.Repeat(" ", 1+random.IntN(3)))
		}
		ws, err := index.Open(indextest.Files(t, map[string]string{"a.txt": content.String()}), index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(ws.Close)
		snap, err := ws.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}

		edits := Edits{Name: strings.Repeat("n", 1+random.IntN(6))}
		for _, w := range words {
			if random.IntN(3) == 0 {
				edits.List = append(edits.List, Edit{Place: w, Text: "{ key: " + edits.Name + " }"})
			}
		}
		applied, err := edits.applied(snap)
		if err != nil {
			t.Fatal(err)
		}
		after := applied["a.txt"]
		if len(edits.List) == 0 {
			after = []byte(content.String())
		}
		for _, w := range words {
			isEdited := slices.ContainsFunc(edits.List, func(e Edit) bool { return e.Place == w })
			want := content.String()[w.Span.Start:w.Span.End]
			if isEdited {
				want = edits.Name
			}
			moved := edits.Moved(w)
			if got := string(after[moved.Span.Start:moved.Span.End]); got != want {
				t.Errorf("seed %d: %v is moved to %q in %q, want %q", seed, w.Span, got, after, want)
			}
			if back := edits.movedBack(moved); !isEdited && back != w {
				t.Errorf("seed %d: %v is moved back to %v", seed, w.Span, back.Span)
			}
		}
	}
}
