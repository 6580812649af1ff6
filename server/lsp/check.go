package lsp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/protocol"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/server/catalogue"
	"lanser/server/cbuild"
	"lanser/server/project"
	"lanser/server/trace"
)

// Servers give their diagnostics in four ways ([catalogue.Check]): they answer a pull (textDocument/diagnostic); they
// push them for an open document, once for each version; they push them in several steps, and say when they are idle;
// or they answer requests of their own (tsserver). [Session.findings] chooses the way, and returns only when the
// diagnostics are those of the content that was sent.

// FileDiagnostics are the diagnostics of one file, or the error with which the server refused
// them.
type FileDiagnostics struct {
	Path  string
	Items []Diagnostic
	Err   error
}

// checkedAtOnce bounds the documents that a check has open at once.
const checkedAtOnce = 32

// Diagnostics returns the diagnostics of files, in order of path. If the server needs a file
// to be open for them, it is opened and closed again, a few files at a time. The error is not
// nil only if the server died or time ran out; the diagnostics until then are returned with
// it. After each file, progress is called with the number of files that are done.
func (s *Session) Diagnostics(
	ctx context.Context, v project.View, paths []string, progress func(done int),
) ([]FileDiagnostics, error) {
	paths = slices.Sorted(slices.Values(paths))
	atOnce := 1 // a server that is pulled analyses all open documents, each time
	way, srv := s.way(), s.cfg.Server
	if pushes := way == catalogue.CheckPush || way == catalogue.CheckIdle; pushes &&
		(!srv.Unversioned || srv.ClearsOnClose) {
		atOnce = checkedAtOnce
	}
	var out []FileDiagnostics
	variants := s.cfg.Server.Variants(v)
	kept := s.keepProjects(v, paths)
	for batch := range slices.Chunk(paths, atOnce) {
		if err := kept.before(ctx, v, batch[0]); err != nil {
			return out, err
		}
		reports, err := s.checkBatch(ctx, v, batch, func(done int) { progress(len(out) + done) })
		done := len(reports)
		for i := 0; i < len(reports) && err == nil; i++ {
			r := &reports[i]
			if commands := variants(r.Path); r.Err == nil && commands != nil {
				r.Items, r.Err = s.checkVariants(ctx, v, *r, commands)
			}
			if endsCheck(r.Err) {
				done, err = i, r.Err
			}
		}
		out = append(out, reports[:done]...)
		if err == nil {
			err = kept.after(ctx, batch[len(batch)-1])
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// closedChecks are the last diagnostics of files that were closed, see [Session.ClosedDiagnostics].
type closedChecks struct {
	mu      sync.Mutex
	version string
	found   map[string][]Diagnostic // by path
}

// take returns what is known of a file in a version.
func (c *closedChecks) take(version, p string) (items []Diagnostic, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	items, ok = c.found[p]
	return items, ok && c.version == version
}

// put remembers what a file has in a version, and forgets all other versions.
func (c *closedChecks) put(version, p string, items []Diagnostic) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version || c.found == nil {
		c.version, c.found = version, map[string][]Diagnostic{}
	}
	c.found[p] = items
}

// ClosedDiagnostics returns the diagnostics of files that are closed, in the order given, while the files of with are
// open: they have the server load the projects of the others. The version is a digest of all that the diagnostics
// depend on: a file is not asked about again while it is the same one. The error is that of [Session.Diagnostics].
func (s *Session) ClosedDiagnostics(
	ctx context.Context, v project.View, paths, with []string, version string,
) (out []FileDiagnostics, err error) {
	isKnown := func(p string) bool {
		_, ok := s.closed.take(version, p)
		return ok
	}
	if slices.IndexFunc(paths, func(p string) bool { return !isKnown(p) }) < 0 {
		with = nil
	}
	var opened []string
	s.docs.mu.Lock()
	for _, p := range with {
		if _, isOpen := s.docs.open[p]; !isOpen && s.open(ctx, v, p) == nil { // a file that is refused was reported
			opened = append(opened, p)
		}
	}
	s.docs.mu.Unlock()
	for _, p := range paths {
		r := FileDiagnostics{Path: p}
		if items, ok := s.closed.take(version, p); ok {
			r.Items = items
		} else {
			r.Items, r.Err = s.findings(ctx, p)
		}
		if endsCheck(r.Err) {
			return out, r.Err
		}
		if r.Err == nil {
			s.closed.put(version, p, r.Items)
		}
		out = append(out, r)
	}
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	for _, p := range opened {
		if err := s.close(ctx, p); err != nil {
			return out, err
		}
	}
	return out, nil
}

// keptProjects keeps a source of each project open for as long as files of it are checked, one after the other
// ([catalogue.Server.LoadedWith]). What a check that fails leaves open is closed by the next question ([Session.Sync]).
type keptProjects struct {
	s      *Session
	of     map[string]string // the project of each file that is checked
	source map[string]string // by project: the source that is kept open
	first  map[string]string // by project: the file before which that is opened
	last   map[string]string // by project: the file after which that is closed
	opened map[string]bool   // sources that were opened here
}

// keepProjects returns the projects of which more than one file is checked, or a configuration file. paths are sorted.
func (s *Session) keepProjects(v project.View, paths []string) *keptProjects {
	k := &keptProjects{
		s: s, of: map[string]string{}, source: map[string]string{}, first: map[string]string{},
		last: map[string]string{}, opened: map[string]bool{},
	}
	for _, p := range paths {
		source := p
		if s.onlyPushes(p) {
			source = s.cfg.Server.LoadingSource(v, p)
		}
		dir := s.cfg.Server.LoadedWith(v, source)
		if dir == "" || !s.opensFor(source) || s.checksClosed(v, source) {
			continue
		}
		k.of[p], k.last[dir] = dir, p
		k.first[dir], k.source[dir] = cmp.Or(k.first[dir], p), cmp.Or(k.source[dir], source)
	}
	return k
}

// before opens the source that is kept open for a project, if a file that is about to be checked is the first of it.
// A source that is the only file is opened by its check.
func (k *keptProjects) before(ctx context.Context, v project.View, p string) error {
	dir := k.of[p]
	source := k.source[dir]
	if isAlone := p == source && k.last[dir] == p; dir == "" || k.first[dir] != p || isAlone {
		return nil
	}
	k.s.docs.mu.Lock()
	defer k.s.docs.mu.Unlock()
	if _, isOpen := k.s.docs.open[source]; isOpen {
		return nil
	}
	err := k.s.open(ctx, v, source)
	if errors.As(err, new(unsendable)) {
		return nil // that is reported when the file is checked
	}
	k.opened[source] = err == nil
	return err
}

// after closes the source that is kept open for the project of a file that was checked, if it was the last of it.
func (k *keptProjects) after(ctx context.Context, p string) error {
	dir := k.of[p]
	source := k.source[dir]
	if dir == "" || k.last[dir] != p || !k.opened[source] {
		return nil
	}
	k.s.docs.mu.Lock()
	defer k.s.docs.mu.Unlock()
	return k.s.close(ctx, source)
}

// checkVariants returns the diagnostics of a file with those that it has only by other commands than the first, and
// lets the server read it by the first again.
func (s *Session) checkVariants(
	ctx context.Context, v project.View, first FileDiagnostics, commands []cbuild.Command,
) (items []Diagnostic, err error) {
	items = first.Items
	for _, c := range commands[1:] {
		if err := s.setCommand(ctx, first.Path, c); err != nil {
			return items, err
		}
		reports, err := s.checkBatch(ctx, v, []string{first.Path}, func(int) {})
		if err != nil {
			_ = s.setCommand(context.WithoutCancel(ctx), first.Path, commands[0]) // the error of the check counts
			return items, err
		}
		if reports[0].Err != nil {
			_ = s.setCommand(ctx, first.Path, commands[0]) // the refusal counts
			return items, reports[0].Err
		}
		for _, d := range reports[0].Items {
			isKnown := func(k Diagnostic) bool {
				return k.Range == d.Range && k.Severity == d.Severity && k.Message == d.Message
			}
			if !slices.ContainsFunc(items, isKnown) {
				items = append(items, d)
			}
		}
	}
	return items, s.setCommand(ctx, first.Path, commands[0])
}

// setCommand tells the server by which command it shall read a file from now on.
func (s *Session) setCommand(ctx context.Context, p string, c cbuild.Command) error {
	change := map[string]any{"workingDirectory": c.Dir, "compilationCommand": c.Argv}
	raw, err := json.Marshal(map[string]any{"compilationDatabaseChanges": map[string]any{s.URI(p).FsPath(): change}})
	if err != nil {
		return err
	}
	params := &protocol.DidChangeConfigurationParams{Settings: raw}
	return s.notify(ctx, protocol.MethodWorkspaceDidChangeConfiguration, params)
}

// ConfigDiagnostics returns what the server has published about its own configuration files, in order of path. It reads
// them before it reads the first source: after [Session.Diagnostics] of any, they are complete. Those among the files
// that were checked are left out.
func (s *Session) ConfigDiagnostics(checked []string) (out []FileDiagnostics) {
	if !s.cfg.Server.PublishesConfigs {
		return nil
	}
	s.look(func() bool {
		for file, p := range s.pushed {
			rel, ok := beneath.Local(s.cfg.Root, file)
			if ok && s.cfg.Server.IsConfig(rel) && !slices.Contains(checked, rel) {
				out = append(out, FileDiagnostics{Path: rel, Items: slices.Clone(p.items)})
			}
		}
		return true
	})
	slices.SortFunc(out, func(a, b FileDiagnostics) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// checkBatch returns the diagnostics of a batch. It opens the files that must be open, and
// closes those that it opened.
func (s *Session) checkBatch(
	ctx context.Context, v project.View, batch []string, progress func(done int),
) (out []FileDiagnostics, err error) {
	errs := make([]error, len(batch))
	var opened []string
	s.docs.mu.Lock()
	for i, p := range batch {
		if !s.opensFor(p) || s.checksClosed(v, p) {
			continue
		}
		prefix := s.checkPrefix(v, p)
		if _, isOpen := s.docs.open[p]; isOpen && prefix == "" {
			continue
		} else if isOpen {
			errs[i] = s.close(ctx, p)
		}

		if errs[i] == nil {
			errs[i] = s.openWith(ctx, v, p, prefix)
		}
		if errs[i] == nil {
			opened = append(opened, p)
		}
	}

	s.docs.mu.Unlock()
	for i, p := range batch {
		r := FileDiagnostics{Path: p, Err: errs[i]}
		if r.Err == nil {
			r.Items, r.Err = s.findings(ctx, p)
			r.Items = slices.Clone(r.Items) // fixes are added to them
			if r.Err == nil {
				r.Err = s.addFixes(ctx, p, r.Items)
			}
			r.Items = s.withoutPrefix(p, r.Items)
		}
		if endsCheck(r.Err) {
			return out, r.Err
		}
		out = append(out, r)
		progress(len(out))
	}

	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	for _, p := range opened {
		if err := s.close(ctx, p); err != nil {
			return out, err
		}
	}

	return out, nil
}

// endsCheck reports whether no further file can be checked after an error.
func endsCheck(err error) bool {
	return fault.Is(err, fault.Timeout) || fault.Is(err, fault.Crash) || fault.Is(err, fault.Cancelled)
}

// moduleUnit matches the line by which a C++ file is a module: nothing may precede it.
var moduleUnit = lazyregexp.New(`(?m)^\s*(?:export\s+)?module\b`)

// checkPrefix returns the lines that a document is to be opened with for its diagnostics
// ([catalogue.Server.CheckPrefix]); "" for none. The diagnostics are counted back by as many lines afterwards, see
// withoutPrefix.
func (s *Session) checkPrefix(v project.View, p string) string {
	prefix := s.cfg.Server.CheckPrefix
	if prefix == "" {
		return ""
	}
	c, err := v.Content(p)
	if err != nil || moduleUnit.Match(c.Bytes()) {
		return ""
	}
	return prefix
}

// withoutPrefix returns the diagnostics of a document in lines of the file, without warnings, and errors of the
// server's linter, about the prefix that the document was opened with.
func (s *Session) withoutPrefix(p string, items []Diagnostic) (out []Diagnostic) {
	s.docs.mu.Lock()
	prefixed := s.docs.open[p].prefixed
	s.docs.mu.Unlock()
	if !prefixed {
		return items
	}
	lines := uint32(strings.Count(s.cfg.Server.CheckPrefix, "\n"))
	up := func(r protocol.Range) protocol.Range {
		r.Start.Line, r.End.Line = r.Start.Line-min(lines, r.Start.Line), r.End.Line-min(lines, r.End.Line)
		return r
	}

	for _, d := range items {
		isError := d.Severity == int(protocol.DiagnosticSeverityError) && d.Source != s.cfg.Server.LintSource
		if d.Range.Start.Line < lines && !isError { // an error there has no place: it is one of the whole file
			continue
		}
		d.Range, d.Related = up(d.Range), slices.Clone(d.Related)
		for i := range d.Related {
			if at := &d.Related[i].Location; at.URI == string(s.URI(p)) {
				at.Range = up(at.Range)
			}
		}
		out = append(out, d)
	}
	return out
}

// way returns how the server's diagnostics are obtained. An untested server that offers the
// pull is pulled.
func (s *Session) way() catalogue.Check {
	srv := s.cfg.Server
	if srv.Untested && srv.Check == catalogue.CheckPush && s.Pulls() {
		return catalogue.CheckPull
	}
	return srv.Check
}

// onlyPushes reports whether the server has no diagnostics for a file but those that it pushes:
// no pull serves its configuration files.
func (s *Session) onlyPushes(p string) bool {
	srv := s.cfg.Server
	return srv.DocumentID(p) == "" || srv.IsConfig(p)
}

// opensFor reports whether a file must be open for its diagnostics.
func (s *Session) opensFor(p string) bool {
	srv := s.cfg.Server
	return !s.onlyPushes(p) && (s.way() != catalogue.CheckPull || srv.OpenForDiagnostics || srv.Untested)
}

// checksClosed reports whether the server's diagnostics of a file are the same while it is closed. To open and close
// each file of a check would have the server load or check something anew each time. The server is asked for quick
// fixes in open files only.
func (s *Session) checksClosed(v project.View, p string) bool {
	return s.cfg.Fixes == 0 && s.cfg.Server.ChecksClosed(v, p)
}

// findings returns the diagnostics of a file, which is open if it must be.
func (s *Session) findings(ctx context.Context, p string) ([]Diagnostic, error) {
	srv := s.cfg.Server
	if s.onlyPushes(p) {
		return s.pushedFor(ctx, p)
	}
	switch s.way() {
	case catalogue.CheckPull:
		if !s.Pulls() {
			return nil, fault.New(fault.Unsupported,
				"%s %s does not answer textDocument/diagnostic", srv.Name, s.Version())
		}
		return s.pull(ctx, p)
	case catalogue.CheckPush, catalogue.CheckIdle:
		s.docs.mu.Lock()
		version := s.docs.open[p].version
		s.docs.mu.Unlock()
		return s.published(ctx, p, version)
	case catalogue.CheckTSServer:
		return s.tsserverDiagnostics(ctx, p)
	}
	return nil, fault.New(fault.Unsupported, "%s has no diagnostics", srv.Name)
}

// pull asks for the diagnostics of a file by textDocument/diagnostic.
func (s *Session) pull(ctx context.Context, p string) ([]Diagnostic, error) {
	failures := s.failedChecks()
	raw, err := s.ask(ctx, protocol.MethodTextDocumentDiagnostic, &protocol.DocumentDiagnosticParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: s.URI(p)},
	})
	if err != nil {
		return nil, err
	}
	items, err := readReport(raw)
	if err != nil {
		return nil, s.broken(protocol.MethodTextDocumentDiagnostic, err)
	}
	if s.failedChecks() > failures {
		return nil, fault.New(fault.Incomplete, "%s has logged that it could not check the file", s.cfg.Server.Name)
	}
	return items, nil
}

// failedChecks returns how often the server has logged that it could not compute diagnostics. A server that never does
// is not looked at, so that traces without the look replay.
func (s *Session) failedChecks() (n int) {
	if s.cfg.Server.FailedCheck != nil {
		s.look(func() bool {
			n = s.signals.failedChecks
			return true
		})
	}
	return n
}

// published waits for the push for that version of an open document. A push without a version
// may be for an earlier opening, whose diagnostics a server clears when the document is closed:
// it counts only if the server never sends versions.
func (s *Session) published(ctx context.Context, p string, version int32) ([]Diagnostic, error) {
	file := s.URI(p).FsPath()
	var got push
	gaveUp := ""
	err := s.await(ctx, "the diagnostics of "+p, func() (ok bool) {
		gaveUp = s.signals.gaveUp[file]
		if gaveUp != "" {
			return true
		}
		got, ok = s.pushed[file]
		current := got.version == int(version) || s.cfg.Server.Unversioned && got.version < 0
		final := s.cfg.Server.Check != catalogue.CheckIdle || s.signals.idle[file]
		return ok && current && final
	})
	if err == nil && gaveUp != "" {
		return nil, fault.New(fault.Incomplete, "%s has given up on the file: %s", s.cfg.Server.Name, gaveUp)
	}
	return got.items, err
}

// HasErrors opens a document, and reports whether the server, which pushes its findings, has an error in it. It is true
// for a document that cannot be sent.
func (s *Session) HasErrors(ctx context.Context, v project.View, p string) (bool, error) {
	if err := s.OpenAlso(ctx, v, []string{p}); err != nil {
		return false, err
	}
	s.docs.mu.Lock()
	doc, isOpen := s.docs.open[p]
	s.docs.mu.Unlock()
	if !isOpen {
		return true, nil
	}
	found, err := s.published(ctx, p, doc.version)
	isError := func(d Diagnostic) bool { return d.Severity == int(protocol.DiagnosticSeverityError) }
	return slices.ContainsFunc(found, isError), err
}

// pushedFor returns the last push for a configuration file, after the server has loaded the
// workspace and checked what has changed since. A file without any push is clean then: servers publish files that have
// diagnostics only.
func (s *Session) pushedFor(ctx context.Context, p string) ([]Diagnostic, error) {
	work, checks := s.cfg.Server.InitialWork, s.cfg.Server.CheckWork
	if work == "" {
		return nil, nil
	}
	awaitsChecks := checks != nil && s.cfg.Server.Format().Has(trace.FinalPushes)
	if awaitsChecks {
		// The server replies after it has told of the works that earlier notifications made it begin.
		var start protocol.HoverParams
		start.TextDocument.URI = s.URI(p)
		if _, err := s.ask(ctx, protocol.MethodTextDocumentHover, &start); endsCheck(err) {
			return nil, err
		}
	}

	var items []Diagnostic
	err := s.await(ctx, work, func() bool {
		items = s.pushed[filepath.Join(s.cfg.Root, filepath.FromSlash(p))].items
		return s.signals.ended[work] > 0 && (!awaitsChecks || !s.signals.workingOn(checks))
	})
	return items, err
}

// tsserverCommand is the only command that is sent by workspace/executeCommand, and
// tsserverRequests are the only requests in it: none of them changes a file.
const tsserverCommand = "typescript.tsserverRequest"

// tsserverRequests are explained at tsserverCommand.
var tsserverRequests = append([]string{"reloadProjects"}, tsserverChecks...)

// tsserverChecks ask for the diagnostics of a file.
var tsserverChecks = []string{"syntacticDiagnosticsSync", "semanticDiagnosticsSync", "suggestionDiagnosticsSync"}

// tsserverDiagnostics asks TypeScript's own server for the diagnostics of a file. Its replies are final.
func (s *Session) tsserverDiagnostics(ctx context.Context, p string) ([]Diagnostic, error) {
	var all []Diagnostic
	for _, request := range tsserverChecks {
		raw, err := s.tsserver(ctx, request, map[string]string{"file": s.URI(p).FsPath()})
		if err != nil {
			return nil, err
		}
		items, err := readTSServer(raw)
		if err != nil {
			return nil, s.broken(request, err)
		}
		all = append(all, items...)
	}
	return all, nil
}

// tsserver puts a request to TypeScript's own server through the language server around it, and returns the reply as it
// is.
func (s *Session) tsserver(ctx context.Context, request string, args map[string]string) ([]byte, error) {
	list := make([]protocol.LSPAny, 2)
	for i, v := range []any{request, args} {
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		list[i] = raw
	}
	params := &protocol.ExecuteCommandParams{Command: tsserverCommand, Arguments: list}
	return s.ask(ctx, protocol.MethodWorkspaceExecuteCommand, params)
}

// readOnly reports whether a command changes nothing: it is the one that wraps a request of tsserver, and the request,
// its first argument, is on the list.
func readOnly(p *protocol.ExecuteCommandParams) bool {
	if p.Command != tsserverCommand || len(p.Arguments) == 0 {
		return false
	}
	var request string
	err := json.Unmarshal(p.Arguments[0], &request)
	return err == nil && slices.Contains(tsserverRequests, request)
}
