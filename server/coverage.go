package server

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// Coverage (spec section 3): a check says of every file in its scope whether it was checked, and
// why not. It owes the files of projects: those below a manifest of their language, or, in a
// workspace without any manifest, those of the languages whose servers are installed. It also owes
// the files that the request names, those of the languages that the request requires, and all files
// if the request is strict. The check is verified if every file that it owes was checked, or is
// left out by the project itself, and if anything was checked at all.

// plan is what a check is going to do with the files in its scope.
type plan struct {
	parts    []*check // one for each server, in the catalogue's order
	nobody   []bundle.Coverage
	files    int // in scope, in a language
	excluded int // by patterns
}

// planFile is a file in scope.
type planFile struct {
	path   string
	noun   string // of its language
	linter string // name of the linter whose findings are meant, "" for the server of its language
	// required is true if the check owes the findings of the linter even if the linter cannot be asked.
	required bool
	owed     bool
	named    bool // by the request
	stands   catalogue.Standing
}

// covered returns the file in a state.
func (f *planFile) covered(state, reason, fix string) bundle.Coverage {
	return bundle.Coverage{
		Language: f.noun, Linter: f.linter, State: state, Owed: f.owed, Reason: reason, Fix: fix,
		Files: []string{selectors.EscapePath(f.path)},
	}
}

// planner makes a plan.
type planner struct {
	*Engine
	answer    *answer
	plan      plan
	projects  catalogue.Projects
	excludes  api.Patterns
	notOwn    func(file string) string // [catalogue.NotOwnCode]
	byServer  map[*catalogue.Server]*check
	standings map[*catalogue.Server]func(string) catalogue.Standing
	missing   map[*catalogue.Server]string // program without which the server finds nothing
	linters   map[*catalogue.Server]*projectLinter
	// forPlatforms are the servers for the builds of the request's platforms.
	forPlatforms []*catalogue.Server
	affected     *affected // nil if all files are asked about
}

// planCheck returns what a check of the request's paths is going to do. The error is Usage for
// options that cannot be, NotFound or NoServer for a path that cannot be checked.
func (e *Engine) planCheck(ctx context.Context, a *answer) (*plan, error) {
	if err := e.knownServer(a); err != nil {
		return nil, err
	}
	excludes, err := api.NewPatterns(a.req.Options.Exclude...)
	if err != nil {
		return nil, err
	}
	gone, err := e.withUnlisted(a)
	if err != nil {
		return nil, err
	}
	files, named, err := e.inScope(a)
	if err != nil {
		return nil, err
	}
	p := &planner{
		Engine: e, answer: a, projects: catalogue.ProjectsOf(a.snap), excludes: excludes,
		notOwn:    catalogue.NotOwnCode(a.snap),
		byServer:  map[*catalogue.Server]*check{},
		standings: map[*catalogue.Server]func(string) catalogue.Standing{},
		missing:   map[*catalogue.Server]string{},
		linters:   map[*catalogue.Server]*projectLinter{},
		affected:  affectedIn(ctx),
	}
	for _, f := range files {
		if ctx.Err() != nil { // with many patterns and files it takes long
			return nil, ctx.Err()
		}
		if err := p.add(f, named[f]); err != nil {
			return nil, err
		}
	}
	p.addGone(gone)
	for _, srv := range slices.Concat(catalogue.Servers, p.forPlatforms) {
		if c := p.byServer[srv]; c != nil {
			p.plan.parts = append(p.plan.parts, c)
		}
	}
	if p.plan.excluded > 0 && p.plan.excluded == p.plan.files {
		return nil, fault.New(fault.NotFound, "nothing is left to check: all %d files are excluded", p.plan.excluded).
			WithHint("see exclude, of the request or in lanser.toml")
	}
	return &p.plan, nil
}

// inScope returns the files that the request's paths name or hold, sorted; named are those that a
// path names itself.
func (e *Engine) inScope(a *answer) (files []string, named map[string]bool, err error) {
	paths := a.req.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	named = map[string]bool{}
	for _, p := range paths {
		rel, err := e.ws.Rel(p)
		if err != nil {
			return nil, nil, err
		}
		n := len(files)
		for _, f := range slices.Concat(a.snap.Paths(), a.snap.UnlistedPaths()) {
			named[f] = named[f] || f == rel
			if beneath.Inside(rel, f) {
				files = append(files, f)
			}
		}
		if len(files) == n && rel != "." {
			if _, err := a.snap.Content(rel); err != nil {
				return nil, nil, err
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), named, nil
}

// knownServer returns a Usage error if the request names a server that does not exist.
func (e *Engine) knownServer(a *answer) error {
	if a.req.Options.Server == "" {
		return nil
	}
	_, err := e.serverFor(a, "")
	name, _, _ := strings.Cut(a.req.Options.Server, "@")
	if catalogue.Named(name) == nil {
		return err
	}
	return nil
}

// add puts a file into the plan.
func (p *planner) add(file string, named bool) error {
	srv, err := p.serverFor(p.answer, file)
	language := catalogue.LanguageOf(file)
	if !named && p.isLookalike(srv, file) {
		return nil
	}
	linted := p.addLinters(file, named)
	if script := p.script(file); language == nil && err != nil && script != nil && !named {
		p.plan.files++
		f := &planFile{path: file, noun: script.Noun}
		f.owed = p.answer.req.Options.Strict || slices.Contains(p.answer.req.Options.Required, script.ID)
		if reason := p.notOwn(file); reason != "" {
			p.tell(nil, f.covered(bundle.Excluded, reason, ""))
			return nil
		}
		reason := "a script whose name has no extension is not sent to a server"
		p.tell(nil, f.covered(bundle.Unserved, reason, ""))
		return nil
	}
	switch {
	case err != nil && language == nil && linted:
		return nil
	case named && err != nil:
		return fault.New(fault.NoServer, "%s is in no language that lanser knows", file)
	case err != nil && (language == nil || p.answer.req.Options.Server != ""):
		return nil
	case language == nil && !named && (srv.Untested && !p.installed(p.answer, srv) || srv.Check == catalogue.CheckNone):
		return nil // data and markup
	}
	p.plan.files++
	f := &planFile{path: file, named: named, noun: "file"}
	if language != nil {
		f.noun = language.Noun
	} else if srv != nil {
		f.noun = srv.Name + " file"
	}
	if p.excludes.Match(file) {
		p.plan.excluded++
		p.tell(srv, f.covered(bundle.Excluded, bundle.ByPatterns, ""))
		return nil
	}
	f.owed = p.owes(language, srv, f)
	if reason := p.notOwn(file); reason != "" && !named && !p.isListed(srv, file) {
		p.tell(srv, f.covered(bundle.Excluded, reason, ""))
		return nil
	}
	if srv == nil {
		p.tell(nil, f.covered(bundle.Unserved, "no language server is known for them", ""))
		return nil
	}
	p.assign(srv, f)
	return nil
}

// isLookalike reports whether a file is none of the language that its name suggests. What a project certainly includes
// is in the project's language, whatever it looks like.
func (p *planner) isLookalike(srv *catalogue.Server, file string) bool {
	if srv == nil || p.cfg.withoutCoverage {
		return false
	}
	content := func() []byte {
		c, err := p.answer.snap.Content(file)
		if err != nil {
			return nil
		}
		return c.Bytes()
	}
	return catalogue.Lookalike(file, content) && !srv.Holds(p.answer.snap, file)
}

// isListed reports whether the build compiles a file by the word of a compilation database.
func (p *planner) isListed(srv *catalogue.Server, file string) bool {
	return srv != nil && srv.Database != nil && p.standing(srv)(file).State == ""
}

// script returns the language of a script without an extension; nil for any other file.
func (p *planner) script(file string) *catalogue.Language {
	if path.Ext(file) != "" || p.answer.req.Options.Server != "" || p.cfg.withoutCoverage || p.excludes.Match(file) {
		return nil
	}
	c, err := p.answer.snap.Content(file)
	if err != nil {
		return nil
	}
	return catalogue.LanguageOfScript(c.Bytes())
}

// assign decides whether a server is asked about a file.
func (p *planner) assign(srv *catalogue.Server, f *planFile) {
	f.stands = p.standing(srv)(f.path)
	isUnlisted := p.answer.snap.HasUnlisted(f.path) // the graph of imports does not have it
	mayBeLeft := !f.named && !isUnlisted && f.stands.State != bundle.Excluded
	if p.affected != nil && mayBeLeft && !p.affected.has(srv, f.path) {
		p.tell(srv, f.covered(bundle.Excluded, p.affected.reason, ""))
		return
	}
	if p.assignPlatforms(srv, f) {
		return
	}
	if srv.Linter != nil && srv.Linter.RootOnly { // the request names it
		if config := p.linter(srv).config(f.path); config != "" && path.Dir(config) != "." {
			p.tell(srv, configuredElsewhere(srv, f, config))
			return
		}
	}
	need := p.need(srv)
	switch {
	case srv.Check == catalogue.CheckNone && !f.named:
		p.tell(srv, f.covered(bundle.Unserved, srv.Name+" reports no findings", ""))
	case srv.Untested && !f.named && !p.installed(p.answer, srv):
		p.tell(srv, f.covered(bundle.Unserved, srv.Name+" is not installed", "lanser servers install "+srv.Name))
	case need != "":
		p.answer.unnamed = true // it may be installed while no file changes
		p.tell(srv, f.covered(bundle.Unserved, need+" is not installed", "lanser servers install "+srv.Name))
	case f.named, f.stands.Guessed && f.owed && !f.stands.With, f.stands.State == "" && !f.stands.With:
		c := p.part(srv)
		c.asked = append(c.asked, f)
		_, release := p.serversFor(p.answer, f.path)
		if release.Version != "" && !slices.Contains(c.releases, release) {
			c.releases = append(c.releases, release)
		}
	case f.stands.With:
		c := p.part(srv)
		c.with = append(c.with, f)
	default:
		p.tell(srv, f.covered(f.stands.State, f.stands.Reason, f.stands.Fix))
	}
}

// owes reports whether the check owes a file.
func (p *planner) owes(language *catalogue.Language, srv *catalogue.Server, f *planFile) bool {
	o := p.answer.req.Options
	switch {
	case f.named:
		return true
	case language == nil:
		return false
	case o.Strict || slices.Contains(o.Required, language.ID):
		return true
	case language.Part:
		return !p.projects.Any() && p.onlyParts(srv) && p.need(srv) == "" && p.installed(p.answer, srv)
	case p.projects.Any():
		return p.projects.Has(language, f.path)
	}
	return srv != nil && srv.Check != catalogue.CheckNone && p.need(srv) == "" && p.installed(p.answer, srv)
}

// onlyParts reports whether all files of the workspace that a server serves are parts of others, as those
// of a library that consists of headers.
func (p *planner) onlyParts(srv *catalogue.Server) bool {
	return srv != nil && !slices.ContainsFunc(p.answer.snap.Paths(), func(file string) bool {
		return srv.LanguageID(file) != "" && !srv.IsIncluded(file)
	})
}

// need returns the program that a server finds nothing without, if it is missing.
func (p *planner) need(srv *catalogue.Server) string {
	if srv.CheckNeeds == "" {
		return ""
	}
	need, known := p.missing[srv]
	if !known {
		program, err := p.log.Ask("where is "+srv.CheckNeeds, func() ([]byte, error) {
			return []byte(p.machine.Look(srv.CheckNeeds)), nil
		})
		if err == nil && len(program) == 0 {
			need = srv.CheckNeeds
		}
		p.missing[srv] = need
	}
	return need
}

func (p *planner) standing(srv *catalogue.Server) func(string) catalogue.Standing {
	if p.standings[srv] == nil {
		p.standings[srv] = srv.Standings(p.answer.snap)
	}
	return p.standings[srv]
}

// tell notes the state of a file that no server is asked about; srv may be nil.
func (p *planner) tell(srv *catalogue.Server, file bundle.Coverage) {
	if srv == nil {
		p.plan.nobody = append(p.plan.nobody, file)
		return
	}
	c := p.part(srv)
	c.told = append(c.told, file)
}

// part returns the part of the check that a server has.
func (p *planner) part(srv *catalogue.Server) *check {
	if p.byServer[srv] == nil {
		p.byServer[srv] = &check{srv: srv}
	}
	return p.byServer[srv]
}

// settle enters the states of the part's files into its bundle, once its server has answered or
// failed, and lowers the evidence for those that the check owes and that were not checked. Where the
// check owes nothing of the part, no doubt about the server bears on the evidence.
func (c *check) settle() {
	k := &bundle.Check{Server: bundle.Tool{Name: c.name()}}
	if checks := c.facts("lsp").Checks; len(checks) > 0 {
		k = &checks[0]
	}
	k.Coverage = bundle.Group(c.states(k))
	c.dropOthersDependencies(k.Coverage)
	c.b.Facts.Checks = []bundle.Check{*k}
	k = &c.b.Facts.Checks[0]
	k.Files, k.Unchecked = 0, []bundle.Unchecked{}
	lacking, owes, served := []bundle.Coverage{}, false, true
	for _, group := range k.Coverage {
		owes, served = owes || group.Owed || group.FailsByFinding(), served && group.State != bundle.Unserved
		if group.State == bundle.CheckedState {
			k.Files += len(group.Files)
		}
		if !group.Lacks() {
			continue
		}
		lacking = append(lacking, group)
		k.Files += len(group.Files)
		for _, uri := range group.Files {
			k.Unchecked = append(k.Unchecked, bundle.Unchecked{URI: uri, Why: group.Reason})
		}
	}
	slices.SortFunc(k.Unchecked, func(a, b bundle.Unchecked) int { return strings.Compare(a.URI, b.URI) })
	c.weigh(lacking, served)
	for _, group := range k.Coverage {
		if group.FailsByFinding() { // the verdict is certain, and the list of findings may not be whole
			c.doubt(worse(c.b.Evidence.State, bundle.Heuristic), notChecked(group, "checked"))
		}
	}
	k.State, k.Platform = c.b.Evidence.State, c.platform()
	if !owes {
		c.b.Evidence.State = bundle.Complete
	}
}

// dropOthersDependencies removes the findings that a dependency is missing which only files need that the check does
// not owe: their states say so.
func (c *check) dropOthersDependencies(groups []bundle.Coverage) {
	needs := func(d bundle.Diagnostic, owed bool) bool {
		missing, _, ok := strings.Cut(d.Message, "; ")
		return ok && slices.ContainsFunc(groups, func(group bundle.Coverage) bool {
			lacks := group.State == bundle.UncheckedState && !group.FailsByFinding()
			return lacks && group.Owed == owed && strings.Contains(group.Reason, missing)
		})
	}
	f := c.facts("lsp")
	f.Diagnostics = slices.DeleteFunc(f.Diagnostics, func(d bundle.Diagnostic) bool {
		return d.Severity == "error" && needs(d, false) && !needs(d, true)
	})
}

// name returns the name of the part's server; "" where none is known.
func (c *check) name() string {
	if c.srv == nil {
		return ""
	}
	return c.srv.Name
}

// states returns the state of each file of the part, given what its server has answered.
func (c *check) states(k *bundle.Check) []bundle.Coverage {
	why := map[string]string{}
	for _, u := range k.Unchecked {
		why[u.URI] = u.Why
	}
	outside := map[string]bundle.Coverage{}
	for _, group := range slices.Backward(k.Coverage) { // the first group of a file counts
		for _, uri := range group.Files {
			outside[uri] = group
		}
	}
	answered := len(c.asked) == 0 || k.Files > len(k.Unchecked)
	out := slices.Clone(c.told)
	for _, f := range c.asked {
		group, ok := outside[selectors.EscapePath(f.path)]
		if ok && group.State == bundle.UncheckedState && f.stands.Guessed { // its flags may be why
			group = f.covered(bundle.Unserved, f.stands.Reason, f.stands.Fix)
		}
		if ok && strings.HasPrefix(group.Reason, bundle.Unloadable) {
			f.owed = false // the finding is the verdict
		}
		if ok && group.State == bundle.Unserved && f.linter != "" {
			f.owed = f.required
		}
		if ok {
			out = append(out, f.covered(group.State, group.Reason, group.Fix))
			continue
		}
		reason, failed := why[selectors.EscapePath(f.path)]
		if k.Files == 0 && c.err != nil { // it did not come to that
			reason, failed = fault.From(c.err).Message, true
		}
		out = append(out, c.state(f, reason, failed))
	}
	reached := c.reached(out)
	for _, f := range c.with {
		switch {
		case f.stands.Guessed && !reached[f.path]:
			out = append(out, f.covered(f.stands.State, f.stands.Reason, f.stands.Fix))
		case answered:
			out = append(out, f.covered(bundle.CheckedState, "", ""))
		default:
			out = append(out, f.covered(bundle.UncheckedState, "the files that include them were not checked", ""))
		}
	}
	return slices.DeleteFunc(out, c.isNobodys)
}

// isNobodys reports whether a state is that of an unlisted file which no build includes: nobody expects it to be
// checked.
func (c *check) isNobodys(state bundle.Coverage) bool {
	return (state.State == bundle.Excluded || state.State == bundle.Unserved) &&
		c.snap.HasUnlisted(selectors.UnescapePath(state.Files[0]))
}

// reached returns the files that those of the given files include which were checked.
func (c *check) reached(files []bundle.Coverage) map[string]bool {
	if !slices.ContainsFunc(c.with, func(f *planFile) bool { return f.stands.Guessed }) {
		return nil // nobody asks
	}
	checked := map[string]bool{}
	for _, group := range files {
		for _, uri := range group.Files {
			checked[selectors.UnescapePath(uri)] = group.State == bundle.CheckedState
		}
	}
	return c.srv.Reached(c.snap, func(p string) bool { return checked[p] })
}

// state returns the state of a file that the server was asked about; failed says that it gave no
// answer, for the reason.
func (c *check) state(f *planFile, reason string, failed bool) bundle.Coverage {
	isError := func(d bundle.Diagnostic) bool {
		return d.Severity == "error" && d.URI == selectors.EscapePath(f.path)
	}
	lacksHeader := func(d bundle.Diagnostic) bool { return isError(d) && d.Code == c.srv.MissingModule }
	// What another compiler only warns of has the name of the warning for its code.
	isFirm := func(d bundle.Diagnostic) bool { return isError(d) && !strings.HasPrefix(d.Code, "-W") }
	switch {
	case failed && fault.Is(c.err, fault.NoServer):
		return f.covered(bundle.Unserved, reason, fault.From(c.err).Hint)
	case failed && c.err == nil && f.stands.Refused != "":
		return f.covered(bundle.Excluded, f.stands.Refused, "")
	case failed && f.stands.State != "" && !f.stands.Guessed:
		return f.covered(f.stands.State, f.stands.Reason, f.stands.Fix)
	case failed && f.stands.State == "" && strings.HasSuffix(reason, bundle.TooMany):
		f.owed = false // a finding is the verdict
		return f.covered(bundle.UncheckedState, reason, "")
	case failed:
		return f.covered(bundle.UncheckedState, reason, "")
	case f.stands.Plain && f.owed && slices.ContainsFunc(c.b.Facts.Diagnostics, isFirm) &&
		!slices.ContainsFunc(c.b.Facts.Diagnostics, lacksHeader):
		return f.covered(bundle.CheckedState, "", "")
	case f.stands.Guessed && slices.ContainsFunc(c.b.Facts.Diagnostics, isError):
		return f.covered(bundle.Unserved, f.stands.Reason, f.stands.Fix)
	case f.stands.Guessed && f.owed && c.b.Evidence.State == bundle.Complete:
		c.doubt(bundle.Heuristic, f.stands.Reason+": they were read with default flags, without an error")
	}
	return f.covered(bundle.CheckedState, "", "")
}

// weigh lowers the evidence of a part for the files that the check owes and that were not checked.
func (c *check) weigh(lacking []bundle.Coverage, served bool) {
	evidence := &c.b.Evidence
	if len(c.asked) == 0 {
		evidence.State = bundle.Complete
		if !served {
			evidence.State = bundle.Unsupported
		}
	}
	if c.err != nil {
		why, n := fault.From(c.err), len(c.b.Facts.Checks[0].Unchecked)
		reason := fmt.Sprintf("%d files were not checked: %s", n, why.Message)
		if why.Hint != "" {
			reason += "; " + why.Hint
		}
		c.doubt(stateOf(c.err), reason)
		if d, ok := why.Details.(map[string]string); ok {
			c.b.Local.Stderr = d["stderr"]
		}
		return
	}
	for i, group := range lacking {
		if evidence.Finished() {
			evidence.State = bundle.Partial
		}
		if i == maxReasons {
			evidence.Reasons = append(evidence.Reasons, "and more files")
			break
		}
		verb := "checked"
		if group.Linter != "" {
			verb += " by " + group.Linter
		}
		evidence.Reasons = append(evidence.Reasons, notChecked(group, verb))
	}
}

// notChecked returns the reason of the evidence that names files which were not checked.
func notChecked(group bundle.Coverage, verb string) string {
	reason := selectors.UnescapePath(group.Files[0]) + " was not " + verb + ": " + group.Reason
	if n := len(group.Files); n > 1 {
		reason = fmt.Sprintf("%d %ss were not %s: %s", n, group.Language, verb, group.Reason)
	}
	if group.Fix != "" {
		reason += "; " + group.Fix
	}
	return reason
}
