package server

import (
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
)

// releasesTrace is the first format version of traces in which the release of a compiler that a project
// uses decides which server is asked.
const releasesTrace = 4

// serversFor returns the servers for a file, in order of preference, with the release of the compiler
// that the file's project uses.
func (e *Engine) serversFor(a *answer, file string) ([]*catalogue.Server, catalogue.Release) {
	if e.cfg.withoutReleases || a.snap == nil {
		return catalogue.For(file), catalogue.Release{}
	}
	if a.releases == nil {
		a.releases = catalogue.NewReleases(a.snap)
	}
	return a.releases.ServersFor(file)
}

// serverToAsk returns the server that a question about a file is put to: that of [Engine.serverFor], or,
// if it is not installed, one that runs another release of the compiler than the file's project uses.
// The evidence says so.
func (e *Engine) serverToAsk(a *answer, file string) (*catalogue.Server, error) {
	srv, err := e.serverFor(a, file)
	if err != nil || a.req.Options.Server != "" {
		return srv, err
	}
	_, release := e.serversFor(a, file)
	if release.Version == "" {
		return srv, nil
	}
	installed := func(s *catalogue.Server) bool { return e.installed(a, s) }
	if other := install.Choose(catalogue.For(file), installed); !installed(srv) && installed(other) && !e.installs() {
		how, _ := other.Differs(release)
		a.doubt(bundle.Partial, how+": lanser servers install "+srv.Name)
		return other, nil
	}
	a.noteRelease(srv, release)
	return srv, nil
}

// installs reports whether missing servers are installed and then asked.
func (e *Engine) installs() bool {
	_, err := e.log.Ask("are missing servers installed", func() ([]byte, error) {
		if !e.cfg.Install {
			return nil, fault.New(fault.NoServer, "only with --install")
		}
		return nil, nil
	})
	return err == nil
}

// noteRelease adds to the evidence that a project uses another release of the compiler than the server
// that answers. Of another major version the answer may differ from the project's own.
func (a *answer) noteRelease(srv *catalogue.Server, release catalogue.Release) {
	how, apart := srv.Differs(release)
	switch {
	case how == "":
	case apart:
		a.doubt(bundle.Heuristic, how)
	default:
		a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, how)
	}
}
