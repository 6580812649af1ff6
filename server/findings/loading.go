package findings

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/compiler"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/trace"
)

// gopls reports what keeps the go command from loading a package in each file of the package, at its package clause,
// and what gcc says of the package's code for cgo in one message. Then it calls each name of C undefined. The go
// command reports each mistake once, at its place.

var (
	// saidAt matches a line with which a compiler or cgo reports a mistake at a place.
	saidAt = lazyregexp.New(`^(\S[^:]*\.\w+):(\d+):(\d+): (.+)$`)
	// isRemark matches the messages that are no mistakes.
	isRemark = lazyregexp.New(`^(?:note|warning): `)
	// ofCgo matches the error of a package whose code for cgo cannot be read. It says nothing of the cause.
	ofCgo = lazyregexp.New(`^go list failed to return CompiledGoFiles for "`)
	// flagOfCgo matches the error about a line #cgo, whose groups are its verb and its value.
	flagOfCgo = lazyregexp.New(`invalid flag in (#cgo \w+): (\S+)|# \[pkg-config .* -- ([^\]\s]+)`)
	// noPkgConfig matches the error that the program pkg-config, whatever its name is, cannot be run.
	noPkgConfig = lazyregexp.New(`^exec: "`)
)

// explainLoading returns findings with one for each mistake that keeps a package from being loaded, where it is.
func (a *Answer) explainLoading(s *lsp.Session, found []bundle.Diagnostic) []bundle.Diagnostic {
	source := s.Server().LoadSource
	isLoading := func(d bundle.Diagnostic) bool { return d.Source == source }
	if source == "" || !a.Format.Has(trace.LoadingOnce) || !slices.ContainsFunc(found, isLoading) {
		return found
	}
	type key struct{ dir, message string }
	seen := map[key]bool{}
	lines := map[string]bool{} // with a finding about what the line imports
	causes, withoutC := map[string]int{}, map[string]bool{}
	for _, d := range found {
		dir := dirOf(d)
		switch {
		case !isLoading(d):
		case ofCgo.MatchString(d.Message):
			withoutC[dir] = true
		default:
			causes[dir]++
		}
	}
	out := []bundle.Diagnostic{}
	add := func(d bundle.Diagnostic) {
		k := key{dirOf(d), d.Message}
		isOfPackage := d.Range[0] == 0 && d.Range[1] == 0 || strings.HasPrefix(d.Text, "package ")
		if !seen[k] || !isOfPackage {
			out = append(out, d)
		}
		seen[k] = true
		lines[lineOf(d)] = true
	}
	var others []bundle.Diagnostic
	sorted := slices.SortedStableFunc(slices.Values(found), func(x, y bundle.Diagnostic) int {
		return strings.Compare(x.URI, y.URI)
	})
	for _, d := range sorted {
		dir := dirOf(d)
		if !isLoading(d) {
			others = append(others, d)
			continue
		}
		if ofCgo.MatchString(d.Message) && causes[dir] > 0 {
			continue
		}
		var placed []bundle.Diagnostic
		if withoutC[dir] {
			placed = a.saidOfCgo(s, d)
		}
		for _, p := range placed {
			if k := (key{lineOf(p), p.Message}); !seen[k] {
				seen[k] = true
				out = append(out, p)
			}
		}
		if placed == nil {
			add(d)
		}
	}
	for _, d := range others {
		isUndefined := d.Code == "UndeclaredImportedName" && strings.HasPrefix(d.Message, "undefined: C.")
		isOfC := withoutC[dirOf(d)] && isUndefined
		isImport := d.Code == "BrokenImport" && lines[lineOf(d)]
		if !isOfC && !isImport {
			out = append(out, d)
		}
	}
	return out
}

func dirOf(d bundle.Diagnostic) string { return path.Dir(selectors.UnescapePath(d.URI)) }

// lineOf identifies the line of a finding.
func lineOf(d bundle.Diagnostic) string { return d.URI + ":" + strconv.Itoa(int(d.Range[0])) }

// saidOfCgo returns the mistakes of which an error of the tool that loads packages tells the places; nil if it tells
// none.
func (a *Answer) saidOfCgo(s *lsp.Session, d bundle.Diagnostic) (out []bundle.Diagnostic) {
	by := places.Counting{Columns: text.UTF8}
	for line := range strings.Lines(d.Message) {
		m := saidAt.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil || isRemark.MatchString(m[4]) {
			continue
		}
		file := a.printedPath(dirOf(d), m[1])
		if file == "" {
			continue
		}
		row, _ := strconv.Atoi(m[2]) // of digits
		col, _ := strconv.Atoi(m[3])
		at := compiler.Place{File: file, Line: max(row-1, 0), Column: max(col-1, 0)}
		at.EndLine, at.EndColumn = at.Line, at.Column
		f := compiler.Finding{Severity: d.Severity, Message: m[4], At: at}
		out = append(out, a.Reader(s).Finding(d.Source, by, a.Snap.Root(), f))
	}
	m := flagOfCgo.FindStringSubmatch(d.Message)
	if out == nil && m != nil {
		return a.saidOfFlag(s, d, m)
	}
	if out == nil && a.Format.Has(trace.WorkspaceFaults) && noPkgConfig.MatchString(d.Message) {
		return a.saidOfFlag(s, d, []string{"", "#cgo", "pkg-config:", ""})
	}
	return out
}

// saidOfFlag returns an error about a line #cgo at that line, given the groups of flagOfCgo; nil if it is not found.
func (a *Answer) saidOfFlag(s *lsp.Session, d bundle.Diagnostic, m []string) (out []bundle.Diagnostic) {
	verb, value := m[1], m[2]
	if verb == "" {
		verb, value = "#cgo", m[3]
	}
	for _, p := range a.Snap.Paths() {
		c, err := a.Snap.Content(p)
		if path.Dir(p) != dirOf(d) || path.Ext(p) != ".go" || err != nil {
			continue
		}
		for row := range c.Lines() {
			line := c.Line(row)
			if !strings.Contains(line, verb) || !strings.Contains(line, value) {
				continue
			}
			at := compiler.Place{File: p, Line: row, EndLine: row, EndColumn: len(line)}
			f := compiler.Finding{Severity: d.Severity, Message: d.Message, At: at}
			by := places.Counting{Columns: text.UTF8}
			return append(out, a.Reader(s).Finding(d.Source, by, a.Snap.Root(), f))
		}
	}
	return nil
}

// printedPath returns the file that is meant by a path that a tool prints about a package in a folder: the path is
// relative to that folder or to one above it; "" if there is none.
func (a *Answer) printedPath(dir, printed string) string {
	for ; ; dir = path.Dir(dir) {
		if p := path.Join(dir, printed); a.Snap.Has(p) {
			return p
		}
		if dir == "." {
			return ""
		}
	}
}
