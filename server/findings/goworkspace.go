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
	"lanser/server/project"
	"lanser/server/trace"
)

// gopls reports what keeps the go command from loading anything in each go.mod that it concerns, and wraps the go
// command's words. A mistake in go.work is reported once, in go.work.

var (
	// loadFailed matches what comes before the words of the go command.
	loadFailed = lazyregexp.New(`^packages\.Load error: err: exit status \d+: stderr: (?:go: )?`)
	// ofGoWork are the errors about go.work, in the words of the go command. The group is what a line of go.work names
	// that is wrong.
	ofGoWork = []*lazyregexp.Regexp{
		lazyregexp.New(`^module \S+ listed in go\.work file requires go >= \S+, but go\.work lists (go \S+);`),
		lazyregexp.New(`^cannot load module (\S+) listed in go\.work file`),
		lazyregexp.New(`^conflicting replacements for ([^\s@:]+)`),
		lazyregexp.New(`^workspace module (\S+) is replaced at all versions in the go\.work file`),
		lazyregexp.New(`^module (\S+) appears multiple times in workspace`),
		lazyregexp.New(`^(?:\S*/)?go\.work requires (go >= \S+)`),
	}
	// atLineOfGoWork matches an error about go.work whose group is the line, from 1.
	atLineOfGoWork = lazyregexp.New(`^errors? (?:loading|parsing) go\.work:\s+\S*go\.work:(\d+): `)
)

// workspaceFaults returns findings with those of the tool that loads packages which are about go.work there, in the
// words of the go command.
func (a *Answer) workspaceFaults(s *lsp.Session, found []bundle.Diagnostic) []bundle.Diagnostic {
	source := s.Server().LoadSource
	if source == "" || !a.Format.Has(trace.WorkspaceFaults) {
		return found
	}
	out := []bundle.Diagnostic{}
	for _, d := range found {
		if before := loadFailed.FindString(d.Message); d.Source == source && before != "" {
			d = a.inGoWork(s, d, strings.TrimRight(strings.TrimPrefix(d.Message, before), "\r\n "))
		}
		isKnown := func(k bundle.Diagnostic) bool {
			return k.URI == d.URI && k.Range == d.Range && k.Message == d.Message && k.Source == source
		}
		if !slices.ContainsFunc(out, isKnown) {
			out = append(out, d)
		}
	}
	return out
}

// inGoWork returns a finding with what the go command said, at the line of go.work that it is about. A finding that is
// about none is returned as it is.
func (a *Answer) inGoWork(s *lsp.Session, d bundle.Diagnostic, said string) bundle.Diagnostic {
	f := compiler.Finding{Severity: d.Severity, Code: d.Code, Message: said}
	f.At = compiler.Place{File: selectors.UnescapePath(d.URI)}
	dir, ok := project.NearestAbove(project.FoldersNamed(a.Snap, "go.work"), f.At.File)
	if !ok {
		return d
	}
	file, isAbout := path.Join(dir, "go.work"), false
	if m := atLineOfGoWork.FindStringSubmatch(said); m != nil {
		line, _ := strconv.Atoi(m[1]) // of digits
		f.At.Line, isAbout = max(line-1, 0), true
	}
	for _, about := range ofGoWork {
		if m := about.FindStringSubmatch(said); m != nil {
			f.At.Line, isAbout = a.lineNaming(file, strings.ReplaceAll(m[1], ">= ", "")), true
		}
	}
	if !isAbout {
		return d
	}
	f.At.File = file
	f.At.EndLine, f.At.EndColumn = f.At.Line, f.At.Column
	return a.Reader(s).Finding(d.Source, places.Counting{Columns: text.UTF8}, a.Snap.Root(), f)
}

// lineNaming returns the last line of a go.work, 0-based, that has some words, or uses a module of that path; 0 for
// none.
func (a *Answer) lineNaming(file, words string) (line int) {
	c, err := a.Snap.Content(file)
	if err != nil {
		return 0
	}
	for i := range c.Lines() {
		code, _, _ := strings.Cut(c.Line(i), "//")
		fields := strings.Fields(code)
		isNamed := strings.Join(fields, " ") == words || slices.Contains(fields, words)
		if len(fields) > 0 && !isNamed {
			used := path.Join(path.Dir(file), fields[len(fields)-1])
			raw := project.ContentOf(a.Snap, path.Join(used, "go.mod"))
			m := moduleLine.FindSubmatch(raw)
			isNamed = m != nil && string(m[1]) == words
		}
		if isNamed {
			line = i
		}
	}
	return line
}

// moduleLine matches the line of go.mod that names the module.
var moduleLine = lazyregexp.New(`(?m)^module\s+"?([^\s"]+)`)
