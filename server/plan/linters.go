package plan

import (
	"path"
	"slices"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/project"
	"lanser/server/trace"
)

// Linters add findings to those of the servers of languages (spec section 3, "Coverage"). A check asks a linter
// about the files of the projects that configure it. It owes them if the linter is installed and may be started, if
// the request requires the linter by its name, or if the request is strict. A linter that is not installed is
// reported, and leaves the verdict to the others.

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
	o := p.Request.Options
	if !p.Format.Has(trace.Linters) || o.Linters == "none" || o.Server != "" || p.excludes.Match(file) {
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
		if language := project.LanguageOf(file); language != nil {
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
		case p.affected != nil && !named && !p.Snap.HasUnlisted(file) && !p.affected.has(srv, file):
			p.decide(srv, f.covered(bundle.Excluded, p.affected.reason, ""))
		case l.absent != "":
			p.decide(srv, f.covered(l.state, l.absent, l.fix))
		case srv.IsCommand() && p.standing(srv)(file).State == bundle.Excluded:
			// the server of the language reports it
		case srv.Linter.RootOnly && path.Dir(config) != ".":
			f.owed = f.required
			p.decide(srv, configuredElsewhere(srv, f, config))
		case unsent != "":
			p.decide(srv, f.covered(bundle.Unserved, "lanser does not send such files to "+srv.Name, ""))
		default:
			c := p.part(srv)
			c.Asked = append(c.Asked, f)
		}
	}
	if linted && project.LanguageOf(file) == nil {
		p.plan.Files++
	}
	return linted
}

// configuredElsewhere returns the state of a file whose configuration a linter does not use.
func configuredElsewhere(srv *catalogue.Server, f *planFile, config string) bundle.Coverage {
	reason := srv.Name + " only uses the configuration in the workspace's folder, and theirs is " + config
	return f.covered(bundle.Unserved, reason, "lanser diag --workspace "+path.Dir(config))
}

// linter returns what the plan knows of a linter, with its configurations, which are looked for once.
func (p *planner) linter(srv *catalogue.Server) *projectLinter {
	if p.linters[srv] == nil {
		p.linters[srv] = &projectLinter{config: srv.LinterConfigs(p.Snap)}
	}
	return p.linters[srv]
}

// examine finds out, once, whether a linter that a project configures can be asked: it must be installed, or be going
// to be, and nothing of the workspace may be able to make it execute something ([Machine.MayStart]).
func (l *projectLinter) examine(p *planner, srv *catalogue.Server) {
	if l.examined {
		return
	}
	l.examined = true
	if srv.IsCommand() && !p.Servers.Log.Knows("is "+srv.Name+" installed") {
		l.unknown = true
		return
	}
	if !p.Servers.Installed(srv) && !p.Servers.Installs() {
		p.plan.Unnamed = true // it may be installed while no file changes
		l.absent, l.state, l.fix = srv.Name+" is not installed", bundle.Unserved, "lanser servers install "+srv.Name
		if srv.Install.Manager == "project" {
			l.fix = "put node on PATH, which runs the project's own"
		}
		return
	}

	_, err := p.Servers.Log.Ask("may "+srv.Name+" be started", func() ([]byte, error) {
		return nil, p.Servers.Machine.MayStart(srv, p.Snap.Paths())
	})
	if err != nil {
		refusal := fault.From(err)
		l.absent, l.state, l.fix = p.Roots.Scrub(refusal.Message), bundle.Unserved, refusal.Hint
		if srv.IsCommand() {
			l.state = bundle.UncheckedState
		}
	}
}
