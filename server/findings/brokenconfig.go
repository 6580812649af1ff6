package findings

import (
	"fmt"
	"strings"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/compiler"
	"lanser/server/places"
)

// RefuseBrokenConfig makes the answer of a part whose server is not started, because a configuration that the build
// tool of the language refuses too cannot be examined: the mistake is a finding, and the verdict about the files of the
// part.
func (a *Answer) RefuseBrokenConfig(broken compiler.Finding) {
	found := a.ReaderIn(text.Encoding(a.Bundle.Environment.PositionEncoding)).
		Finding(broken.Source, places.Counting{Columns: text.CodePoint}, a.Snap.Root(), broken)
	k := bundle.Check{Server: bundle.Tool{Name: a.Server.Name}, Files: len(a.Paths())}
	line, _, _ := strings.Cut(found.Message, "\n")
	state := bundle.Coverage{
		State:  bundle.UncheckedState,
		Reason: fmt.Sprintf("%s%s:%d: %.*s", bundle.Unloadable, found.URI, found.Range[0]+1, maxExplanation, line),
	}
	for _, p := range a.Paths() {
		uri := selectors.EscapePath(p)
		k.Unchecked = append(k.Unchecked, bundle.Unchecked{URI: uri, Why: state.Reason})
		state.Files = append(state.Files, uri)
	}
	k.Coverage = []bundle.Coverage{state}
	a.Bundle.Evidence.State = bundle.Complete // what is not checked lowers it
	a.Bundle.Facts.Diagnostics, a.Bundle.Facts.Checks = []bundle.Diagnostic{found}, []bundle.Check{k}
}
