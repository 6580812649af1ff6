// Package plan determines what a check does and what its result is: which files it owes, which server or linter
// answers for each of them, and in which state each file ends.
//
// A check reports for every file in its scope whether it was checked, and if not, why. It owes the files of projects:
// those below a manifest of their language, or, in a workspace without any manifest, those of the languages whose
// servers are installed. It also owes the files that the request names, those of the languages that the request
// requires, and all files if the request is strict. The check is verified if every file that it owes was checked, or is
// left out by the project itself, and if anything was checked at all.
//
// It owns the plan ([Make]), the choice of the server for a file ([Servers]), the states of files once a server has
// answered ([Part.Settle]), and the combination of the parts: a finding that two servers report is listed once, and the
// rules of the request set severities.
//
// It promises that every file of the scope is in one state, and that the same snapshot, request and installed servers
// give the same plan.
//
// It starts no server, and of the answers of servers it only reads the findings and states in their bundles.
package plan

import (
	"context"
	"path"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/cbuild"
	"lanser/server/project"
	"lanser/server/trace"
)

// Plan lists the files in the scope of a check, by the server that is asked about them.
type Plan struct {
	Parts    []*Part           // one for each server, in the catalogue's order
	Unserved []bundle.Coverage // the states of files that no server is known for
	Files    int               // number of files in scope that are in a language
	Excluded int               // number of files that patterns exclude
	// Unnamed is true if the plan depends on what is installed, which may change while no file does.
	Unnamed bool
	// Shard says which projects the check is about if the request names a shard; "" otherwise.
	Shard string
}

// planFile is a file in scope.
type planFile struct {
	path   string
	noun   string // of its language
	linter string // name of the linter that checks it; "" for the server of its language
	// required is true if the check owes the findings of the linter even if the linter cannot be asked.
	required bool
	owed     bool               // the check is only verified if the file was checked
	named    bool               // the request names the file itself
	standing catalogue.Standing // what the project's configuration says of it
}

// covered returns the file in a state, as a group of one; [bundle.Group] puts groups together. reason and fix do not
// hold the file's own name, since files that have them in common are reported as one group.
func (f *planFile) covered(state, reason, fix string) bundle.Coverage {
	return bundle.Coverage{
		Language: f.noun, Linter: f.linter, State: state, Owed: f.owed, Reason: reason, Fix: fix,
		Files: []string{selectors.EscapePath(f.path)},
	}
}

// planner makes a plan. The maps by server are caches: finding out a value may take a walk through the workspace or a
// question to the machine.
type planner struct {
	Input
	plan      Plan
	projects  catalogue.Projects
	excludes  api.Patterns
	notOwn    func(file string) string // [Input.notOwnCode]
	byServer  map[*catalogue.Server]*Part
	standings map[*catalogue.Server]func(string) catalogue.Standing
	missing   map[*catalogue.Server]string // the missing program that the server needs to find anything; "" for none
	linters   map[*catalogue.Server]*projectLinter
	commands  map[*catalogue.Server]func(file string) (cbuild.Command, bool)
	// forPlatforms are the servers for the builds of the request's platforms.
	forPlatforms []*catalogue.Server
	affected     *Affected // nil if all files are asked about
	// isOwn reports whether a file is in the shard; nil for all files.
	isOwn    func(file string) bool
	assembly *bool // whether assembly of compilation databases is checked; nil until a database lists some
}

// Input has everything that a plan depends on.
type Input struct {
	Snap    *index.Snapshot
	Request api.Request
	Servers *Servers
	Rel     func(path string) (rel string, err error) // [index.Workspace.Rel]
	Roots   bundle.Roots
	Gone    []string     // files that compilation databases list, and that do not exist
	Format  trace.Format // of the trace that is replayed
}

// notOwnCode returns a function of a file: why it is no code of the project, "" for code of the project.
func (in *Input) notOwnCode() func(file string) string {
	notOwn := project.NotOwnCode(in.Snap)
	return func(file string) string {
		why := notOwn(file)
		if why == "" && in.Format.Has(trace.YarnFiles) {
			why = project.WrittenByYarn(file)
		}
		return why
	}
}

// Make returns what a check of the request's paths is going to do. Each file in scope goes through [planner.add], which
// either enters a state that is known already (excluded, unserved) or gives the file to the part of a server. The error
// is Usage for options that cannot be, NotFound or NoServer for a path that cannot be checked.
func Make(ctx context.Context, in Input) (*Plan, error) {
	if err := in.checkServer(); err != nil {
		return nil, err
	}
	excludes, err := api.NewPatterns(in.Request.Options.Exclude...)
	if err != nil {
		return nil, err
	}
	files, named, err := in.inScope()
	if err != nil {
		return nil, err
	}
	p := &planner{
		Input: in, projects: catalogue.ProjectsOf(in.Snap), excludes: excludes,
		notOwn:    in.notOwnCode(),
		byServer:  map[*catalogue.Server]*Part{},
		standings: map[*catalogue.Server]func(string) catalogue.Standing{},
		missing:   map[*catalogue.Server]string{},
		linters:   map[*catalogue.Server]*projectLinter{},
		commands:  map[*catalogue.Server]func(string) (cbuild.Command, bool){},
		affected:  AffectedIn(ctx),
	}
	files, err = p.keepShard(ctx, files)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if ctx.Err() != nil { // with many patterns and files it takes long
			return nil, ctx.Err()
		}
		if err := p.add(f, named[f]); err != nil {
			return nil, err
		}
	}
	if err := p.addGone(); err != nil {
		return nil, err
	}
	if err := p.addProjects(); err != nil {
		return nil, err
	}
	for _, srv := range slices.Concat(catalogue.Servers, p.forPlatforms) {
		if c := p.byServer[srv]; c != nil {
			p.plan.Parts = append(p.plan.Parts, c)
		}
	}
	if p.plan.Excluded > 0 && p.plan.Excluded == p.plan.Files && p.plan.Shard == "" {
		return nil, fault.New(fault.NotFound, "nothing is left to check: all %d files are excluded", p.plan.Excluded).
			WithHint("see exclude, of the request or in lanser.toml")
	}
	return &p.plan, nil
}

// inScope returns the files that the request's paths name or hold, sorted; named are those that a
// path names itself.
func (in *Input) inScope() (files []string, named map[string]bool, err error) {
	paths := in.Request.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	named = map[string]bool{}
	for _, p := range paths {
		rel, err := in.Rel(p)
		if err != nil {
			return nil, nil, err
		}
		n := len(files)
		for _, f := range slices.Concat(in.Snap.Paths(), in.Snap.UnlistedPaths()) {
			named[f] = named[f] || f == rel
			if beneath.Inside(rel, f) {
				files = append(files, f)
			}
		}
		if len(files) == n && rel != "." {
			if _, err := in.Snap.Content(rel); err != nil {
				return nil, nil, err
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), named, nil
}

// pathFilter returns a function that reports whether a file, which need not exist, lies below the request's paths.
func (in *Input) pathFilter() (func(file string) bool, error) {
	var dirs []string
	for _, dir := range in.Request.Paths {
		rel, err := in.Rel(dir)
		if err != nil {
			return nil, err
		}
		dirs = append(dirs, rel)
	}
	return func(file string) bool {
		isBelow := func(dir string) bool { return beneath.Inside(dir, file) }
		return dirs == nil || slices.ContainsFunc(dirs, isBelow)
	}, nil
}

// addGone adds the files of the check's scope that a compilation database lists and that do not exist: the build would
// fail on them, or has yet to write them.
func (p *planner) addGone() error {
	inScope, err := p.pathFilter()
	if err != nil {
		return err
	}
	for _, file := range p.Gone {
		srv, err := p.Servers.For(file)
		language := project.LanguageOf(file)
		isElsewhere := p.isOwn != nil && !p.isOwn(file)
		if err != nil || language == nil || !inScope(file) || isElsewhere || p.excludes.Match(file) {
			continue
		}
		p.plan.Files++
		f := &planFile{path: file, noun: language.Noun, owed: true}
		p.decide(srv, f.covered(bundle.UncheckedState, "a compilation database lists them, and they do not exist",
			"build the project, or have the build write the database again"))
	}
	return nil
}

// addProjects adds the project files in the check's scope that have no files of their own: of TypeScript, if its
// compiler has no other file in the scope, and those of Rust. Such a project may only refer to others, or have lost its
// files: its compiler fails if what it names does not exist.
func (p *planner) addProjects() error {
	inScope, err := p.pathFilter()
	if err != nil {
		return err
	}
	lone := map[*catalogue.Server][]*planFile{}
	for _, lonely := range catalogue.LoneProjects(p.Snap, p.Format) {
		srv, err := p.Servers.For(lonely.Like)
		isElsewhere := !inScope(lonely.Config) || p.isOwn != nil && !p.isOwn(lonely.Config)
		isOther := catalogue.IsBystander(lonely.Config) || p.notOwn(lonely.Config) != ""
		if err != nil || isElsewhere || isOther || p.excludes.Match(lonely.Config) {
			continue
		}
		hasFiles := p.byServer[srv] != nil && len(p.byServer[srv].Asked) > 0
		isKnown := srv.ProjectCheck != nil && !hasFiles && p.Servers.Log.Knows("is "+srv.Name+" installed")
		if srv.BuildCheck == nil && !isKnown {
			continue
		}
		noun := strings.TrimSuffix(project.LanguageOf(lonely.Like).Noun, " file") + " project"
		lone[srv] = append(lone[srv], &planFile{path: lonely.Config, noun: noun, owed: true})
	}
	for srv, projects := range lone {
		part := p.part(srv)
		part.Asked = append(part.Asked, projects...)
		slices.SortFunc(part.Asked, func(a, b *planFile) int { return strings.Compare(a.path, b.path) })
		p.plan.Files += len(projects)
	}
	return nil
}

// checkServer returns a Usage error if the request names a server that does not exist.
func (in *Input) checkServer() error {
	if in.Request.Options.Server == "" {
		return nil
	}
	_, err := in.Servers.For("")
	name, _, _ := strings.Cut(in.Request.Options.Server, "@")
	if catalogue.Named(name) == nil {
		return err
	}
	return nil
}

// add puts a file into the plan if the check is about it. The order of the rules matters:
//
//  1. Assembly is for the compiler, and a file that only looks like code is skipped.
//  2. The linters of the project are asked about it, in addition to a server. It may have no server.
//  3. A file that the request names must be in a known language. Other files without one are skipped, and so are data
//     and markup, unless the request asks for them.
//  4. [planner.enter] decides about the others.
func (p *planner) add(file string, named bool) error {
	if srv := p.assembler(file); srv != nil {
		p.addAssembly(srv, file, named)
		return nil
	}
	srv, err := p.Servers.For(file)
	language := project.LanguageOf(file)
	if !named && p.isLookalike(srv, file) {
		return nil
	}
	linted := p.addLinters(file, named)
	data := project.DataLanguageOf(file)
	if data != nil && (named || p.asksFor(data)) {
		language = data
	} else if isOfUser := err == nil && srv.OfUser; data != nil && !isOfUser && p.Format.Has(trace.Coverage) {
		return nil
	}
	if script := p.script(file); language == nil && err != nil && script != nil && p.addScript(script, file, named) {
		return nil
	}
	switch {
	case err != nil && language == nil && linted:
		return nil
	case named && err != nil:
		return fault.New(fault.NoServer, "%s is in no language that lanser knows", file)
	case err != nil && (language == nil || p.Request.Options.Server != ""):
		return nil
	case language == nil && !named &&
		(srv.Untested && !p.Servers.Installed(srv) || srv.Check == catalogue.CheckNone):
		return nil // data and markup
	}
	f := &planFile{path: file, named: named, noun: "file"}
	if language != nil {
		f.noun = language.Noun
	} else if srv != nil {
		f.noun = srv.Name + " file"
	}
	p.enter(srv, language, f, data != nil)
	return nil
}

// addScript puts a script whose name does not tell its language into the plan, and returns false if there is nothing to
// be said of it. Most servers know a script by its extension alone.
func (p *planner) addScript(language *project.Language, file string, named bool) bool {
	f := &planFile{path: file, named: named, noun: language.Noun}
	checker := catalogue.CheckerOfScript(p.Snap, file, p.Format)
	if checker != nil && p.Format.Has(trace.NamelessScripts) {
		if reason := project.WrittenByBuildTool(p.Snap, file); reason != "" && !named {
			p.plan.Files++
			p.decide(checker, f.covered(bundle.Excluded, reason, ""))
			return true
		}
		p.enter(checker, language, f, false)
		return true
	}
	if named {
		return false
	}
	p.plan.Files++
	f.owed = p.Request.Options.Strict || slices.Contains(p.Request.Options.Required, language.ID)
	if reason := p.notOwn(file); reason != "" {
		p.decide(nil, f.covered(bundle.Excluded, reason, ""))
		return true
	}
	reason := "a script whose name has no extension is not sent to a server"
	if path.Ext(file) == ".bats" {
		reason = "tests in Bats are only read if they begin with a line such as #!/usr/bin/env bats"
	} else if path.Ext(file) != "" {
		reason = "a script whose name does not tell its language is not sent to a server"
	}
	p.decide(nil, f.covered(bundle.Unserved, reason, ""))
	return true
}

// enter puts a file that is in the check's scope into the plan: it is excluded, by patterns or because it is not the
// project's own code, or unserved, or else the project's configuration decides, in [planner.assign]. srv and language
// are nil if there is none for the file; isData is true for data and markup.
func (p *planner) enter(srv *catalogue.Server, language *project.Language, f *planFile, isData bool) {
	p.plan.Files++
	if p.excludes.Match(f.path) {
		p.plan.Excluded++
		p.decide(srv, f.covered(bundle.Excluded, bundle.ByPatterns, ""))
		return
	}
	f.owed = p.owes(language, srv, f)
	reason := p.notOwn(f.path)
	switch {
	case reason != "" && !f.named && !p.isListed(srv, f.path):
		p.decide(srv, f.covered(bundle.Excluded, reason, ""))
	case isData && !f.named && catalogue.IsBystander(f.path):
		p.decide(srv, f.covered(bundle.Excluded, "their folders hold copies of others' files, or input of tests", ""))
	case srv == nil:
		fix := ""
		if f.owed && p.Format.Has(trace.UnusedIncludes) {
			fix = describeServer
		}
		p.decide(nil, f.covered(bundle.Unserved, "no language server is known for them", fix))
	default:
		p.assign(srv, f)
	}
}

// describeServer is what helps with files that no server is known for.
const describeServer = "describe one in servers.toml (lanser help servers), " +
	"or leave them out with exclude in lanser.toml"

// asksFor reports whether the request asks for the files of a language of data or markup: it names a server, or
// requires the language.
func (p *planner) asksFor(data *project.Language) bool {
	return p.Servers.Named != "" || slices.Contains(p.Request.Options.Required, data.ID)
}

// isLookalike reports whether a file is none of the language that its name suggests. What a project certainly includes
// is in the project's language, whatever it looks like.
func (p *planner) isLookalike(srv *catalogue.Server, file string) bool {
	if srv == nil || !p.Format.Has(trace.Coverage) {
		return false
	}
	content := func() []byte {
		c, err := p.Snap.Content(file)
		if err != nil {
			return nil
		}
		return c.Bytes()
	}
	return catalogue.Lookalike(file, content) && !srv.Holds(p.Snap, file)
}

// isListed reports whether the build compiles a file by the word of a compilation database.
func (p *planner) isListed(srv *catalogue.Server, file string) bool {
	return srv != nil && srv.ByCommands && p.standing(srv)(file).State == ""
}

// script returns the language of a script whose name does not tell it; nil for any other file.
func (p *planner) script(file string) *project.Language {
	if path.Ext(file) == ".bats" && p.Format.Has(trace.LoneManifests) && !p.excludes.Match(file) {
		return project.LanguageOf("x.sh")
	}
	mayBe := path.Ext(file) == "" || p.Format.Has(trace.ScriptsByContent) && text.MayBeScript(file)
	if !mayBe || p.Servers.Named != "" || !p.Format.Has(trace.Coverage) || p.excludes.Match(file) {
		return nil
	}
	c, err := p.Snap.Content(file)
	if err != nil {
		return nil
	}
	return catalogue.LanguageOfScript(c.Bytes())
}

// assign decides whether a server is asked about a file. If the server can be asked at all, it is asked about what the
// request names. A file that the request does not name is left out if the check is about a change that cannot affect
// it, or if the project leaves it out. A header is checked with the files that include it, and a file whose flags must
// be guessed is asked about if it is owed.
func (p *planner) assign(srv *catalogue.Server, f *planFile) {
	f.standing = p.standing(srv)(f.path)
	isUnlisted := p.Snap.HasUnlisted(f.path) // the graph of imports does not have it
	mayBeLeft := !f.named && !isUnlisted && f.standing.State != bundle.Excluded
	if p.affected != nil && mayBeLeft && !p.affected.has(srv, f.path) {
		p.decide(srv, f.covered(bundle.Excluded, p.affected.reason, ""))
		return
	}
	if p.assignPlatforms(srv, f) {
		return
	}
	if srv.Linter != nil && srv.Linter.RootOnly { // the request names it
		if config := p.linter(srv).config(f.path); config != "" && path.Dir(config) != "." {
			p.decide(srv, configuredElsewhere(srv, f, config))
			return
		}
	}
	need := p.need(srv)
	switch {
	case f.standing.Never:
		p.decide(srv, f.covered(f.standing.State, f.standing.Reason, f.standing.Fix))
	case srv.Check == catalogue.CheckNone && !f.named:
		p.decide(srv, f.covered(bundle.Unserved, srv.Name+" reports no findings", ""))
	case srv.Untested && !f.named && !p.Servers.Installed(srv):
		p.decide(srv, f.covered(bundle.Unserved, srv.Name+" is not installed", "lanser servers install "+srv.Name))
	case need != "":
		p.plan.Unnamed = true // it may be installed while no file changes
		p.decide(srv, f.covered(bundle.Unserved, need+" is not installed", "lanser servers install "+srv.Name))
	case f.named, f.standing.Guessed && f.owed && !f.standing.With, f.standing.State == "" && !f.standing.With:
		c := p.part(srv)
		c.Asked = append(c.Asked, f)
		_, release := p.Servers.All(f.path)
		if release.Version != "" && !slices.Contains(c.Releases, release) {
			c.Releases = append(c.Releases, release)
		}
	case f.standing.With:
		c := p.part(srv)
		c.with = append(c.with, f)
	default:
		p.decide(srv, f.covered(f.standing.State, f.standing.Reason, f.standing.Fix))
	}
}

// owes reports whether the check owes a file (spec section 3, "Coverage"). The parts of other files, such as headers,
// are owed only if a workspace without manifests has nothing else for a server that can be asked.
func (p *planner) owes(language *project.Language, srv *catalogue.Server, f *planFile) bool {
	o := p.Request.Options
	switch {
	case f.named:
		return true
	case language == nil:
		return false
	case o.Strict || slices.Contains(o.Required, language.ID):
		return true
	case !p.Format.Has(language.Since):
		return false
	case language.Part:
		return !p.projects.Any() && p.onlyParts(srv) && p.need(srv) == "" && p.Servers.Installed(srv)
	case p.projects.Any():
		return p.projects.Has(language, f.path)
	}
	return srv != nil && srv.Check != catalogue.CheckNone && p.need(srv) == "" && p.Servers.Installed(srv)
}

// onlyParts reports whether all files of the workspace that a server serves are parts of others, as those
// of a library that consists of headers.
func (p *planner) onlyParts(srv *catalogue.Server) bool {
	return srv != nil && !slices.ContainsFunc(p.Snap.Paths(), func(file string) bool {
		return srv.LanguageID(file) != "" && !srv.IsIncluded(file)
	})
}

// need returns the program that a server finds nothing without, if it is missing; "" otherwise. The machine is asked
// once for each server, by way of the log, so that a replay has the answer of the recording.
func (p *planner) need(srv *catalogue.Server) string {
	if srv.CheckNeeds == "" {
		return ""
	}
	need, known := p.missing[srv]
	if !known {
		program, err := p.Servers.Log.Ask("where is "+srv.CheckNeeds, func() ([]byte, error) {
			return []byte(p.Servers.Machine.Look(srv.CheckNeeds)), nil
		})
		if err == nil && len(program) == 0 {
			need = srv.CheckNeeds
		}
		p.missing[srv] = need
	}
	return need
}

// standing returns what the project's configuration says of a server's files, which is read once.
func (p *planner) standing(srv *catalogue.Server) func(string) catalogue.Standing {
	if p.standings[srv] == nil {
		p.standings[srv] = srv.AsOf(p.Format).Standings(p.Snap)
	}
	return p.standings[srv]
}

// tell notes the state of a file that no server is asked about; srv may be nil.
func (p *planner) decide(srv *catalogue.Server, file bundle.Coverage) {
	if srv == nil {
		p.plan.Unserved = append(p.plan.Unserved, file)
		return
	}
	c := p.part(srv)
	c.Decided = append(c.Decided, file)
}

// part returns the part of the check that a server has.
func (p *planner) part(srv *catalogue.Server) *Part {
	if p.byServer[srv] == nil {
		p.byServer[srv] = &Part{Server: srv}
	}
	return p.byServer[srv]
}

// Owed returns the URIs of the files that the check owes, or that a server is asked about, and of those that it leaves
// out. A file may be in both: one server checks it, and a linter excludes it.
func (p *Plan) Owed() (owed, excluded map[string]bool) {
	owed, excluded = map[string]bool{}, map[string]bool{}
	told := p.Unserved
	for _, c := range p.Parts {
		for _, f := range slices.Concat(c.Asked, c.with, c.compiled) {
			owed[selectors.EscapePath(f.path)] = true
		}
		told = append(told, c.Decided...)
	}
	for _, group := range told {
		for _, uri := range group.Files {
			owed[uri] = owed[uri] || group.Lacks()
			excluded[uri] = excluded[uri] || group.State == bundle.Excluded
		}
	}
	return owed, excluded
}
