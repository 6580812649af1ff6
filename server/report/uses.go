package report

import (
	"fmt"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// maxUses is the number of references up to which each is written with its code. Of more, most are in tests: those are
// the numbers of their lines, by declaration, after all others. A reader who goes through them one by one asks for
// pages of maxUses.
const maxUses = 40

// maxCodes is the number of references outside of tests that are written with their code where there are more than
// [maxUses]. Fewer are if the text would be too long; with none of them, a list that is cut has no code at all.
const maxCodes = 100

// references writes the places of an answer, grouped by file and declaration. Many are in three parts: those outside
// of tests with their code, further ones, and those in tests. For a symbol of a test, tests are code like any other.
//
//	47 references to go://app#Param
//	context.go
//	  10: func Param(r *Request, key string) string {
//	in tests: 46, without their code (--limit 40 shows it)
//	mux_test.go
//	  85,92: TestMuxBasic
func (w *compactor) references(b *bundle.Bundle, list []bundle.Location) {
	if w.layout.codes < 0 || w.layout.codes > 0 && len(list) <= maxUses {
		w.locations(list)
		return
	}

	var used, tests []bundle.Location
	r := b.Resolution
	isOfTest := r != nil && r.Resolved != nil && selectors.IsTestFile(unescaped(r.Resolved.URI))
	for _, l := range list {
		if !isOfTest && selectors.IsTestFile(unescaped(l.URI)) {
			tests = append(tests, l)
		} else {
			used = append(used, l)
		}
	}
	n := min(len(used), w.layout.codes)
	w.locations(used[:n])
	w.numbers("further: ", used[n:])
	w.numbers("in tests: ", tests)
}

// numbers writes a part of many places as the numbers of their lines, by the declaration that contains them.
func (w *compactor) numbers(title string, list []bundle.Location) {
	if len(list) == 0 {
		return
	}
	visible.Fprintf(w, "%s%d, without their code (%slimit %d shows it)\n", title, len(list), w.flag, maxUses)
	w.restart()
	for len(list) > 0 {
		n := run(list, func(a, b bundle.Location) bool {
			return a.URI == b.URI && a.Container == b.Container && w.alike(a, b)
		})
		var lines []string
		for _, l := range list[:n] {
			lines = append(lines, fmt.Sprint(l.Range[0]+1))
		}
		first := list[0]
		w.file(first.URI, first.Container)
		name := ""
		if first.Container != "" {
			name = ": " + w.short(first.Container)
		}
		visible.Fprintf(w, "  %s%s%s\n", strings.Join(slices.Compact(lines), ","), name,
			w.mark(first.Confirmed, first.Family))
		list = list[n:]
	}
}
