package server

import (
	"context"
	"path/filepath"
	"unicode/utf8"

	"go.lsp.dev/uri"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/trace"
)

// projectReport is what the compiler printed about a project file, or why it printed nothing.
type projectReport struct {
	config string
	out    []byte
	err    error
}

// checkProjects has the server's compiler report on the project files of the given files, while the
// server checks the files themselves. The reports are complete when the returned function returns.
func (e *Engine) checkProjects(
	ctx context.Context, j *job, srv *catalogue.Server, files []string,
) func() []projectReport {
	if srv.ProjectCheck == nil {
		return func() []projectReport { return nil }
	}
	configs := srv.ProjectsOf(j.disk, files)
	reports := make(chan []projectReport, 1)
	host := j.host
	check := func() {
		var out []projectReport
		for _, config := range configs {
			r := projectReport{config: config}
			r.out, r.err = e.log.Ask("report on "+config, func() ([]byte, error) {
				return e.machine.CheckProject(ctx, srv, host, config)
			})
			out = append(out, r)
		}
		reports <- out
	}
	if e.log == trace.Off {
		go check() // it ends with the context
	} else {
		check() // a trace holds one thing after the other
	}
	return func() []projectReport { return <-reports }
}

// projectFindings normalises the reports on project files. Findings in files that the server checks
// are left out: it reports them itself.
func (e *Engine) projectFindings(j *job, s *lsp.Session, reports []projectReport) (out []bundle.Diagnostic) {
	srv := s.Server()
	failed := 0
	for _, r := range reports {
		if r.err != nil {
			if failed++; failed <= maxReasons {
				j.doubt(bundle.Partial, j.roots.Scrub(fault.From(r.err).Message))
			}
			continue
		}
		found, _ := srv.ProjectCheck.Read(r.out)
		for _, f := range found {
			if f.File != "" && srv.LanguageID(f.File) != "" {
				continue
			}
			out = append(out, e.projectFinding(j, s, r.config, f))
		}
	}
	if failed > maxReasons {
		j.doubt(bundle.Partial, "and more project files")
	}
	return out
}

// projectFinding normalises one finding about a project file.
func (e *Engine) projectFinding(j *job, s *lsp.Session, config string, f catalogue.ProjectFinding) bundle.Diagnostic {
	file := f.File
	if file == "" {
		file = config
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(e.ws.Root(), filepath.FromSlash(file))
	}
	p := e.document(j, string(uri.File(file)))
	if p.file != "" {
		j.note(p.uri, p.file)
	}
	if p.content != nil && f.File != "" {
		p.rng = rangeOf(p.content, jsonToken(p.content, f.Line, f.Col), j.ranges(s))
	}
	return bundle.Diagnostic{
		URI: p.uri, Range: p.rng, Severity: f.Severity, Source: s.Server().ProjectCheck.Source, Code: f.Code,
		Message: j.roots.Scrub(f.Message), Tags: []string{}, Related: []bundle.Related{}, Text: p.line(),
	}
}

// jsonToken returns the string, the word or the character at a point of a JSON file. The column is in
// UTF-16 units.
func jsonToken(c *text.Content, line, col int) text.Span {
	start, _ := c.ClipOffsetOf(text.Point{Line: line, Col: col}, text.UTF16)
	rest := c.Bytes()[start:]
	if len(rest) == 0 || rest[0] == '\r' || rest[0] == '\n' {
		return text.Span{Start: start, End: start}
	}
	_, width := utf8.DecodeRune(rest)
	if rest[0] != '"' {
		return text.Span{Start: start, End: start + max(text.WordLen(rest, ""), width)}
	}
	for i := 1; i < len(rest) && rest[i] != '\n'; i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return text.Span{Start: start, End: start + i + 1}
		}
	}
	return text.Span{Start: start, End: start + 1}
}
