package server

import (
	"maps"
	"strings"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/toolchain"
	"lanser/server/trace"
)

// releasesTrace is the first format version of traces in which the release of a compiler that a project
// uses decides which server is asked.
const releasesTrace = 4

// serving finds the servers that a request asks. What it has found out stays as it is for the request.
type serving struct {
	log     trace.Log
	machine *toolchain.Machine
	snap    *index.Snapshot // nil before there is one
	named   string          // the server that the request names, with a version or not; "" for none
	install bool            // missing servers are installed and then asked
	// withoutReleases leaves the choice to what is installed.
	withoutReleases bool
	known           map[*catalogue.Server]bool // whether a server is installed
	releases        *catalogue.Releases        // that projects use; nil until they are looked for
}

// clone returns a copy for a part of the request that runs at the same time as others.
func (v *serving) clone() *serving {
	out := *v
	out.known = maps.Clone(v.known)
	return &out
}

// serversFor returns the servers for a file, in order of preference, with the release of the compiler
// that the file's project uses.
func (v *serving) serversFor(file string) ([]*catalogue.Server, catalogue.Release) {
	if v.withoutReleases || v.snap == nil {
		return catalogue.For(file), catalogue.Release{}
	}
	if v.releases == nil {
		v.releases = catalogue.NewReleases(v.snap)
	}
	return v.releases.ServersFor(file)
}

// serverFor returns the server for a file: the one that is asked for by name, else the
// first of those for the file's project that is installed, else the first. The error is NoServer
// where none is known, and Usage for a name that cannot be.
func (v *serving) serverFor(file string) (*catalogue.Server, error) {
	if v.named != "" {
		name, _, _ := strings.Cut(v.named, "@")
		srv := catalogue.Named(name)
		if srv == nil {
			return nil, fault.New(fault.Usage, "unknown server %q", name).
				WithHint("'lanser servers list' names those that are known")
		}
		if srv.LanguageID(file) == "" {
			return nil, fault.New(fault.Usage, "%s does not serve %s", name, file)
		}
		return srv, nil
	}
	known, _ := v.serversFor(file)
	if srv := install.Choose(known, v.installed); srv != nil {
		return srv, nil
	}
	return nil, fault.New(fault.NoServer, "no language server is known for %s", file).
		WithHint("'lanser servers list' names those that are")
}

// installed reports whether a server is there, as it was when the request first asked.
func (v *serving) installed(srv *catalogue.Server) bool {
	is, known := v.known[srv]
	if !known {
		_, err := v.log.Ask("is "+srv.Name+" installed", func() ([]byte, error) {
			return nil, v.machine.Installed(srv)
		})
		is = err == nil
		v.known[srv] = is
	}
	return is
}

// installs reports whether missing servers are installed and then asked.
func (v *serving) installs() bool {
	_, err := v.log.Ask("are missing servers installed", func() ([]byte, error) {
		if !v.install {
			return nil, fault.New(fault.NoServer, "only with --install")
		}
		return nil, nil
	})
	return err == nil
}

// serverToAsk returns the server that a question about a file is put to: that of [serving.serverFor], or,
// if it is not installed, one that runs another release of the compiler than the file's project uses.
// The evidence says so.
func (a *answer) serverToAsk(file string) (*catalogue.Server, error) {
	v := a.servers
	srv, err := v.serverFor(file)
	if err != nil || v.named != "" {
		return srv, err
	}
	_, release := v.serversFor(file)
	if release.Version == "" {
		return srv, nil
	}
	other := install.Choose(catalogue.For(file), v.installed)
	if !v.installed(srv) && v.installed(other) && !v.installs() {
		how, _ := other.Differs(release)
		a.Doubt(bundle.Partial, how+": lanser servers install "+srv.Name)
		return other, nil
	}
	a.noteRelease(srv, release)
	return srv, nil
}

// noteRelease adds to the evidence that a project uses another release of the compiler than the server
// that answers. Of another major version the answer may differ from the project's own.
func (a *answer) noteRelease(srv *catalogue.Server, release catalogue.Release) {
	how, apart := srv.Differs(release)
	switch {
	case how == "":
	case apart:
		a.Doubt(bundle.Heuristic, how)
	default:
		a.Bundle.Evidence.Note(how)
	}
}
