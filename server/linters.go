package server

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// Linters add findings to those of the servers of languages (spec section 3, "Coverage"). A check asks a linter
// about the files of the projects that configure it. It owes them if the linter is installed and may be started, if
// the request requires the linter by its name, or if the request is strict. A linter that is not installed is
// reported, and leaves the verdict to the others.

// lintersTrace is the first format version of traces in which linters are asked.
const lintersTrace = 6

// projectLinter is a linter in a plan.
type projectLinter struct {
	config func(file string) string // [catalogue.Server.LinterConfigs]
	// absent is why it cannot be asked, "" if it can; state is that of its files then, and fix is what helps. They are
	// known once it is examined.
	examined           bool
	absent, state, fix string
	// unknown is true for a linter that a trace was recorded without.
	unknown bool
}

// addLinters puts a file into the parts of the linters that its projects configure, and reports whether there are any.
// A request that names a server asks no other.
func (p *planner) addLinters(file string, named bool) (linted bool) {
	o := p.answer.req.Options
	if p.cfg.withoutLinters || o.Linters == "none" || o.Server != "" || p.excludes.Match(file) {
		return false
	}
	for _, srv := range catalogue.LintersFor(file) {
		l := p.linter(srv)
		config := l.config(file)
		if config == "" || srv.IsCommand() && (o.Linters == api.QuickLinters || p.notOwn(file) != "") {
			continue
		}
		l.examine(p, srv)
		if l.unknown {
			continue
		}
		linted = true
		f := &planFile{path: file, linter: srv.Name, named: named, noun: srv.Name + " file"}
		if language := catalogue.LanguageOf(file); language != nil {
			f.noun = language.Noun
		}
		unsent := srv.Linter.Unsent[path.Ext(file)]
		if unsent != "" {
			f.noun = unsent
		}
		if l.absent != "" && srv.IsCommand() {
			f.noun = "file" // the reason is the same for files of all languages
		}
		f.required = o.Strict || slices.Contains(o.Required, srv.Name)
		f.owed = f.required || l.absent == "" && unsent == ""
		switch {
		case p.affected != nil && !named && !p.answer.snap.HasUnlisted(file) && !p.affected.has(srv, file):
			p.tell(srv, f.covered(bundle.Excluded, p.affected.reason, ""))
		case l.absent != "":
			p.tell(srv, f.covered(l.state, l.absent, l.fix))
		case srv.IsCommand() && p.standing(srv)(file).State == bundle.Excluded:
			// the server of the language reports it
		case srv.Linter.RootOnly && path.Dir(config) != ".":
			f.owed = f.required
			p.tell(srv, configuredElsewhere(srv, f, config))
		case unsent != "":
			p.tell(srv, f.covered(bundle.Unserved, "lanser does not send such files to "+srv.Name, ""))
		default:
			c := p.part(srv)
			c.asked = append(c.asked, f)
		}
	}
	if linted && catalogue.LanguageOf(file) == nil {
		p.plan.files++
	}
	return linted
}

// configuredElsewhere returns the state of a file whose configuration a linter does not use.
func configuredElsewhere(srv *catalogue.Server, f *planFile, config string) bundle.Coverage {
	reason := srv.Name + " only uses the configuration in the workspace's folder, and theirs is " + config
	return f.covered(bundle.Unserved, reason, "lanser diag --workspace "+path.Dir(config))
}

func (p *planner) linter(srv *catalogue.Server) *projectLinter {
	if p.linters[srv] == nil {
		p.linters[srv] = &projectLinter{config: srv.LinterConfigs(p.answer.snap)}
	}
	return p.linters[srv]
}

// examine finds out whether a linter that a project configures can be asked.
func (l *projectLinter) examine(p *planner, srv *catalogue.Server) {
	if l.examined {
		return
	}
	l.examined = true
	if srv.IsCommand() && !p.log.Knows("is "+srv.Name+" installed") {
		l.unknown = true
		return
	}
	if !p.installed(p.answer, srv) && !p.installs() {
		p.answer.unnamed = true // it may be installed while no file changes
		l.absent, l.state, l.fix = srv.Name+" is not installed", bundle.Unserved, "lanser servers install "+srv.Name
		if srv.Install.Manager == "project" {
			l.fix = "put node on PATH, which runs the project's own"
		}
		return
	}

	_, err := p.log.Ask("may "+srv.Name+" be started", func() ([]byte, error) {
		return nil, p.machine.MayStart(srv, p.answer.snap.Paths())
	})
	if err != nil {
		refusal := fault.From(err)
		l.absent, l.state, l.fix = p.roots.Scrub(refusal.Message), bundle.Unserved, refusal.Hint
		if srv.IsCommand() {
			l.state = bundle.UncheckedState
		}
	}
}

// lintedFiles returns those of the files that the configuration of a linter has it check, as its own command line
// lists them, and the others. A file that the request brings is not on disk, so it is not listed: the linter is asked
// about it. The error is that of the linter, which may refuse its configuration.
func (e *Engine) lintedFiles(
	ctx context.Context, a *answer, srv *catalogue.Server, files []string,
) (listed []string, leftOut []bundle.Coverage, err error) {
	out, err := e.log.Ask("files of "+srv.Name, func() ([]byte, error) {
		return e.machine.ListFiles(ctx, srv, a.host)
	})
	if other := srv.Linter.OtherVersion; err != nil && other != "" && strings.Contains(err.Error(), other) {
		group := bundle.Coverage{
			State:  bundle.Unserved,
			Reason: "the project requires another version of " + srv.Name + " than " + srv.Version,
		}
		for _, p := range files {
			group.Files = append(group.Files, selectors.EscapePath(p))
		}
		return nil, []bundle.Coverage{group}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		file := filepath.FromSlash(strings.TrimRight(line, "\r\n"))
		if !filepath.IsAbs(file) {
			file = filepath.Join(e.ws.Root(), file)
		}
		if p, inside := beneath.Local(e.ws.Root(), file); inside {
			known[p] = true
		}
	}
	overlaid := a.snap.Overlaid()
	group := bundle.Coverage{State: bundle.Excluded, Reason: "the configuration of " + srv.Name + " leaves them out"}
	for _, p := range files {
		if known[p] || slices.Contains(overlaid, p) {
			listed = append(listed, p)
		} else {
			group.Files = append(group.Files, selectors.EscapePath(p))
		}
	}
	if len(group.Files) > 0 {
		leftOut = append(leftOut, group)
	}
	return listed, leftOut, nil
}

// foldFindings removes the findings of later parts that an earlier part reports too: in the same place, by the same
// rule or in the same words. A finding without an end is in the place of one that begins there. The earlier finding
// names the other source, and has the higher of the severities. Where a compiler reports errors, the findings of a
// linter that only repeat such errors are removed.
func foldFindings(parts []*check) {
	for i, later := range parts {
		if later.srv == nil || later.srv.Linter == nil {
			continue
		}
		f := later.b.Facts
		repeats := later.srv.IsCommand() && later.srv.Linter.Command.Repeats != "" && hasErrors(parts[:i], later.srv)
		f.Diagnostics = slices.DeleteFunc(f.Diagnostics, func(d bundle.Diagnostic) bool {
			if repeats && d.Code == later.srv.Linter.Command.Repeats {
				return true
			}
			for _, earlier := range parts[:i] {
				if same := reportedBy(earlier.b.Facts.Diagnostics, d); same != nil {
					same.Also = append(same.Also, bundle.Rule{Source: d.Source, Code: d.Code})
					same.Fixes = append(same.Fixes, d.Fixes...)
					if bundle.Severity(d.Severity) < bundle.Severity(same.Severity) {
						same.Severity = d.Severity
					}
					return true
				}
			}
			return false
		})
	}
}

// hasErrors reports whether a language server found an error in a file of the kind that a linter checks, or could not
// check such a file.
func hasErrors(parts []*check, linter *catalogue.Server) bool {
	reads := func(uri string) bool { return linter.LanguageID(selectors.UnescapePath(uri)) != "" }
	isError := func(d bundle.Diagnostic) bool { return d.Severity == "error" && reads(d.URI) }
	isUnchecked := func(group bundle.Coverage) bool {
		return group.State == bundle.UncheckedState && slices.ContainsFunc(group.Files, reads)
	}
	lacks := func(c bundle.Check) bool { return slices.ContainsFunc(c.Coverage, isUnchecked) }
	return slices.ContainsFunc(parts, func(c *check) bool {
		return c.srv != nil && c.srv.Linter == nil &&
			(slices.ContainsFunc(c.b.Facts.Diagnostics, isError) || slices.ContainsFunc(c.b.Facts.Checks, lacks))
	})
}

// reportedBy returns the finding of a list that says the same as d; nil if there is none.
func reportedBy(list []bundle.Diagnostic, d bundle.Diagnostic) *bundle.Diagnostic {
	i := slices.IndexFunc(list, func(o bundle.Diagnostic) bool {
		sameRule := ruleName(o.Code) != "" && ruleName(o.Code) == ruleName(d.Code)
		isPoint := d.Range[0] == d.Range[2] && d.Range[1] == d.Range[3]
		samePlace := o.Range == d.Range || isPoint && o.Range[0] == d.Range[0] && o.Range[1] == d.Range[1]
		return o.URI == d.URI && samePlace && (sameRule || sameWords(o.Message, d.Message))
	})
	if i < 0 {
		return nil
	}
	return &list[i]
}

// ruleName returns the name of a rule without the group or plugin that a linter writes before it, and without the
// differences of spelling: no-debugger, eslint(no-debugger) and lint/suspicious/noDebugger are the same rule.
func ruleName(code string) string {
	if _, inner, ok := strings.Cut(strings.TrimSuffix(code, ")"), "("); ok {
		code = inner
	}
	code = code[strings.LastIndexByte(code, '/')+1:]
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(code))
}

// sameWords reports whether two messages have the same first line, but for case and the full stop at its end.
func sameWords(a, b string) bool {
	first := func(s string) string {
		line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
		return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(line), "."))
	}
	return first(a) == first(b)
}
