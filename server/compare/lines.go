package compare

import (
	"errors"
	"fmt"
	"os"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Source has the contents of files, by their paths in the workspace. The error is NotFound or
// os.ErrNotExist for a file that it does not have.
type Source interface {
	Content(path string) (*text.Content, error)
}

// Lines says on which lines of a change findings are kept.
type Lines struct {
	// Filter is a value of the request's option: "" and [api.FilterNone] keep all findings,
	// and need neither Then nor Now.
	Filter    string
	Then, Now Source
	// Has reports whether the later state has a file; nil if that is unknown.
	Has func(path string) bool
}

// filter keeps the findings of a bundle that lie on lines that the filter lets through, and
// counts the others as left out. A file whose change is not known keeps all its findings, and
// makes the evidence partial.
func (l Lines) filter(b *bundle.Bundle, renamed map[string]string) {
	if l.Filter == "" || l.Filter == api.FilterNone {
		return
	}
	pathThen := map[string]string{}
	for from, to := range renamed {
		pathThen[to] = from
	}
	left := bundle.LeftOut{}
	if b.Facts.LeftOut != nil {
		left = *b.Facts.LeftOut
	}
	passesIn := map[string]lineFilter{} // by URI
	kept := []bundle.Diagnostic{}
	for _, d := range b.Facts.Diagnostics {
		passes, known := passesIn[d.URI]
		if !known {
			passes = l.filterOf(b, selectors.UnescapePath(d.URI), pathThen)
			passesIn[d.URI] = passes
		}
		if passes(linesOf(d.Range)) {
			kept = append(kept, d)
		} else {
			left.Filtered++
		}
	}
	b.Facts.Diagnostics, b.Facts.LeftOut = kept, &left
}

// linesOf returns the first and the last line that a range touches, 0-based. A range that
// ends at the beginning of a line does not touch it.
func linesOf(r bundle.Range) (first, last int) {
	first, last = r[0], r[2]
	if r[3] == 0 && last > first {
		last--
	}
	return first, last
}

// filterOf returns the filter of one file.
func (l Lines) filterOf(b *bundle.Bundle, path string, pathThen map[string]string) lineFilter {
	from := path
	if pathThen[path] != "" {
		from = pathThen[path]
	}
	before, errThen := l.Then.Content(from)
	after, errNow := l.Now.Content(path)
	if isUnreadable(errThen) || errNow != nil {
		doubt(b, fmt.Sprintf("what was changed in %s is not known", path))
		before = nil
	}
	return changedLines(before, after, l.Filter)
}

// isUnreadable says whether a file may exist though it could not be read.
func isUnreadable(err error) bool {
	return err != nil && !errors.Is(err, os.ErrNotExist) && !fault.Is(err, fault.NotFound)
}

// diffContext is how many lines before and after a change [api.FilterContext] lets through.
const diffContext = 3

// lineFilter says whether it lets one of the lines from first to last through, 0-based and
// both included.
type lineFilter func(first, last int) bool

// changedLines returns the filter of the lines of after that were changed since before. It
// lets all lines through where before or after is nil, for a new file or one that is not known.
func changedLines(before, after *text.Content, filter string) lineFilter {
	all := func(int, int) bool { return true }
	if before == nil || after == nil {
		return all
	}
	if before.Digest() == after.Digest() {
		return func(int, int) bool { return false }
	}
	if filter == api.FilterFile {
		return all
	}
	around := 0
	if filter == api.FilterContext {
		around = diffContext
	}
	passes := map[int]bool{}
	for _, h := range text.MapLines(before.Bytes(), after.Bytes()).Hunks() {
		for l := h.NewStart - around; l < h.NewEnd+around; l++ {
			passes[l] = true
		}
	}
	return func(first, last int) bool {
		for l := first; l <= last; l++ {
			if passes[l] {
				return true
			}
		}
		return false
	}
}
