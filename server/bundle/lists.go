package bundle

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"lanser/selectors/fault"
)

// The lists of facts: their order, how many entries they have, and parts of them.

// tidy sorts and removes what is equal in every key; a nil list stays nil.
func tidy[T any](list []T, compare func(a, b T) int) []T {
	slices.SortFunc(list, compare)
	return slices.CompactFunc(list, func(a, b T) bool { return compare(a, b) == 0 })
}

// Compare orders ranges by start, then end.
func (r Range) Compare(o Range) int { return slices.Compare(r[:], o[:]) }

func compareLocations(a, b Location) int {
	return cmp.Or(strings.Compare(a.URI, b.URI), a.Range.Compare(b.Range))
}

// severities are the names of severities, the worst first, as LSP numbers them from 1.
var severities = []string{"error", "warning", "information", "hint"}

// Severities returns the names of the severities of findings, the worst first.
func Severities() []string { return slices.Clone(severities) }

// Severity is the rank of a severity: 0 for error, up to 3 for hint, 4 for
// anything else.
func Severity(name string) int {
	if i := slices.Index(severities, name); i >= 0 {
		return i
	}
	return len(severities)
}

// SeverityName is the name of LSP's severity (1 is error); a server that gives
// none means an error (LSP 3.17 leaves it to the client).
func SeverityName(lsp int) string {
	if lsp < 1 || lsp > len(severities) {
		return severities[0]
	}
	return severities[lsp-1]
}

// Compare orders findings: by place, then severity, source, code and message.
func (d Diagnostic) Compare(o Diagnostic) int {
	return cmp.Or(
		strings.Compare(d.URI, o.URI),
		d.Range.Compare(o.Range),
		cmp.Compare(Severity(d.Severity), Severity(o.Severity)),
		strings.Compare(d.Source, o.Source),
		strings.Compare(d.Code, o.Code),
		strings.Compare(d.Message, o.Message),
	)
}

// Fails says whether a finding makes a check fail: from the severity failOn on (error where
// it is "", never where it is none), and only a new one where it has a state.
func (d Diagnostic) Fails(failOn string) bool {
	if failOn == "" {
		failOn = severities[0]
	}
	return failOn != "none" && Severity(d.Severity) <= Severity(failOn) &&
		(d.BaselineState == "" || d.BaselineState == New)
}

// CheckExit returns the exit code of a finished check: that of Incomplete where it did not
// finish and incomplete ones are not allowed, else 1 where a finding fails it, else 0.
func (b *Bundle) CheckExit(failOn string, allowIncomplete bool) int {
	if !b.Evidence.Finished() && !allowIncomplete {
		return fault.Incomplete.Exit()
	}
	if slices.ContainsFunc(b.Facts.Diagnostics, func(d Diagnostic) bool { return d.Fails(failOn) }) {
		return 1
	}
	return 0
}

// Tally counts the findings of facts by their state.
func (c *Compared) Tally(f *Facts) {
	c.New, c.Unchanged, c.Updated, c.Absent = 0, 0, 0, len(f.Absent)
	for _, d := range f.Diagnostics {
		switch d.BaselineState {
		case New:
			c.New++
		case Unchanged:
			c.Unchanged++
		case Updated:
			c.Updated++
		}
	}
}

// Fingerprint fills in fingerprints that are missing: path, source, code, message, the
// line, the container, and an ordinal among those that are equal in all of these. White
// space counts as one blank and at the ends of a line not at all, and line numbers are no part:
// a finding keeps its fingerprint when code above it changes, when its line is indented
// differently or has another line end, and when another finding that differs in any of these is fixed.
func Fingerprint(ds []Diagnostic) {
	count := map[string]int{}
	for i := range ds {
		d := &ds[i]
		identity := []string{d.URI, d.Source, d.Code, Squeezed(d.Message), Squeezed(d.Text), d.Container}
		raw, _ := json.Marshal(identity) // strings cannot fail
		n := count[string(raw)]
		count[string(raw)]++
		sum := sha256.Sum256(append(raw, byte(n), byte(n>>8), byte(n>>16)))
		if d.Fingerprint == "" { // those of a page were made when the rest was there
			d.Fingerprint = hex.EncodeToString(sum[:16])
		}
	}
}

// Squeezed returns s with each run of white space replaced by one blank, and none at its ends.
func Squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }

// locations returns pointers to the lists of locations.
func (f *Facts) locations() []*[]Location {
	return []*[]Location{&f.Definitions, &f.Declarations, &f.TypeDefinitions, &f.Implementations, &f.References}
}

// Window sorts every list and keeps n entries of it, from the 0-based number from on. It returns the number of
// entries that follow those.
func (f *Facts) Window(from, n int) (after int) {
	for _, list := range f.locations() {
		*list = tidy(*list, compareLocations)
		after += window(list, from, n)
	}
	f.tidyEdges()
	f.Impact = tidy(f.Impact, compareAffected)
	f.Changes = tidy(f.Changes, compareChanges)
	f.Uses = tidy(f.Uses, func(a, b Used) int { return compareSymbols(a.Symbol, b.Symbol) })
	after += window(&f.Changes, from, n) + window(&f.Uses, from, n)
	after += window(&f.Calls, from, n) + window(&f.Types, from, n) + window(&f.Impact, from, n)
	for _, list := range []*[]Diagnostic{&f.Diagnostics, &f.Absent} {
		*list = tidy(*list, Diagnostic.Compare)
		Fingerprint(*list) // before some are gone: they count equals
		after += window(list, from, n)
	}
	if o := f.Overview; o != nil {
		after += window(&o.Members, from, n) + window(&o.Users, from, n)
	}
	return after + window(&f.Symbols, from, n)
}

// Head returns the facts of a sealed bundle with the first n entries of each list, and the number of entries
// that follow those. It does not change the lists of f, which others may be reading.
func (f Facts) Head(n int) (head Facts, after int) {
	for _, list := range f.locations() {
		after += window(list, 0, n)
	}
	after += window(&f.Hover, 0, n) + window(&f.Symbols, 0, n) + window(&f.Diagnostics, 0, n) +
		window(&f.Absent, 0, n) + window(&f.Calls, 0, n) + window(&f.Types, 0, n) + window(&f.Impact, 0, n) +
		window(&f.Changes, 0, n) + window(&f.Uses, 0, n)
	if f.Overview != nil {
		o := *f.Overview
		after += window(&o.Members, 0, n) + window(&o.Users, 0, n)
		f.Overview = &o
	}
	return f, after
}

// tidyEdges orders edges and their call sites. Of an edge that is found at several
// depths the nearest is kept.
func (f *Facts) tidyEdges() {
	for _, list := range []*[]Edge{&f.Calls, &f.Types} {
		for i := range *list {
			r := &(*list)[i].Ranges
			*r = tidy(*r, Range.Compare)
		}
		slices.SortFunc(*list, func(a, b Edge) int { return cmp.Or(compareEdges(a, b), a.Depth-b.Depth) })
		*list = slices.CompactFunc(*list, func(a, b Edge) bool { return compareEdges(a, b) == 0 })
	}
}

func compareEdges(a, b Edge) int {
	return cmp.Or(compareSymbols(a.From, b.From), compareSymbols(a.To, b.To),
		slices.CompareFunc(a.Ranges, b.Ranges, Range.Compare))
}

func compareAffected(a, b Affected) int {
	return cmp.Or(compareSymbols(a.Symbol, b.Symbol), strings.Compare(a.How, b.How), strings.Compare(a.Of, b.Of))
}

func compareChanges(a, b Change) int {
	return cmp.Or(compareSymbols(a.Symbol, b.Symbol), strings.Compare(a.How, b.How))
}

func compareSymbols(a, b Symbol) int {
	return cmp.Or(strings.Compare(a.URI, b.URI), a.SelectionRange.Compare(b.SelectionRange),
		strings.Compare(a.Name, b.Name))
}

func window[T any](list *[]T, from, n int) (after int) {
	if *list == nil {
		return 0
	}
	from = min(from, len(*list))
	to := min(from+n, len(*list))
	after = len(*list) - to
	*list = (*list)[from:to]
	return after
}

// Empty says whether the facts hold nothing; a nil Facts is not empty, for
// nothing was asked.
func (f *Facts) Empty() bool {
	return f != nil && f.Len() == 0
}

// Longest is the number of entries of the longest list.
func (f *Facts) Longest() int {
	n := max(len(f.Definitions), len(f.Declarations), len(f.TypeDefinitions), len(f.Implementations), len(f.References),
		len(f.Hover), len(f.Symbols), len(f.Diagnostics), len(f.Absent), len(f.Calls), len(f.Types),
		len(f.Impact), len(f.Changes), len(f.Uses))
	if f.Overview != nil {
		n = max(n, len(f.Overview.Members), len(f.Overview.Users))
	}
	return n
}

// Len is the number of entries of all lists.
func (f *Facts) Len() int {
	if f == nil {
		return 0
	}
	n := 0
	if f.Overview != nil {
		n = 1 + len(f.Overview.Members) + len(f.Overview.Users)
	}
	return n + len(f.Definitions) + len(f.Declarations) + len(f.TypeDefinitions) + len(f.Implementations) +
		len(f.References) + len(f.Hover) + len(f.Symbols) + len(f.Diagnostics) + len(f.Absent) + len(f.Calls) +
		len(f.Types) + len(f.Impact) + len(f.Uses)
}

// Fitting is the number of entries of each list, at least one, that together take no more
// than so many bytes of JSON.
func (f *Facts) Fitting(bytes int) int {
	n := 0
	for used := 0; ; n++ {
		size, some := f.sizeOf(n)
		used += size
		if !some || n > 0 && used > bytes {
			return max(n, 1)
		}
	}
}

// sizeOf is the size in JSON of the i-th entries of all lists; some is false where there
// are none.
func (f *Facts) sizeOf(i int) (bytes int, some bool) {
	add := func(n int, at func() any) {
		if i >= n {
			return
		}
		if raw, err := json.Marshal(at()); err == nil {
			bytes += len(raw) + 1
		}
		some = true
	}
	for _, list := range f.locations() {
		add(len(*list), func() any { return (*list)[i] })
	}
	add(len(f.Hover), func() any { return f.Hover[i] })
	add(len(f.Symbols), func() any { return f.Symbols[i] })
	add(len(f.Diagnostics), func() any { return f.Diagnostics[i] })
	add(len(f.Absent), func() any { return f.Absent[i] })
	add(len(f.Calls), func() any { return f.Calls[i] })
	add(len(f.Types), func() any { return f.Types[i] })
	add(len(f.Impact), func() any { return f.Impact[i] })
	add(len(f.Changes), func() any { return f.Changes[i] })
	add(len(f.Uses), func() any { return f.Uses[i] })
	if f.Overview != nil {
		add(len(f.Overview.Members), func() any { return f.Overview.Members[i] })
		add(len(f.Overview.Users), func() any { return f.Overview.Users[i] })
	}
	return bytes, some
}
