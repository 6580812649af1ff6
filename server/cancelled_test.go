package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"lanser/index/indextest"
	"lanser/server/api"
)

// A client that goes away ends the work on its question at any moment: while words are read, too. Nobody is given what
// was found until then, neither now nor from memory.
func TestAnAnswerThatWasCancelledIsGivenToNobody(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "gopls")
	const names, others = 20, 2000
	files := map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n"}
	var declared, mentioned strings.Builder
	for i := range names {
		fmt.Fprintf(&declared, "func Name%d() {}\n", i)
		fmt.Fprintf(&mentioned, "Name%d\n", i)
	}
	files["a.go"] = "package m\n\n" + declared.String()
	for i := range others { // to read them takes longer than the server's answer
		files[fmt.Sprintf("b%d.txt", i)] = mentioned.String()
	}
	e := untraced(t, indextest.Files(t, files))
	ask := func(i int) api.Request {
		return api.Request{Op: "refs", Selector: selector(fmt.Sprintf("go://ex.com/m#Name%d", i))}
	}
	full := func(i int) {
		t.Helper()
		b, err := e.Do(t.Context(), ask(i))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := b.Evidence.Ledger.Words, 1+others; got != want {
			t.Errorf("%d words of Name%d are accounted for, want %d", got, i, want)
		}
	}
	full(0)
	started := time.Now()
	full(1)
	takes := time.Since(started)

	cancelled := 0
	for i := 2; i < names; i++ {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(takes*time.Duration(i)/names, cancel)
		_, err := e.Do(ctx, ask(i))
		if err != nil {
			cancelled++
		}
		timer.Stop()
		cancel()
		full(i)
	}
	if cancelled == 0 {
		t.Error("no question was cancelled")
	}
}
