package plan

import (
	"maps"
	"slices"
	"strings"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/trace"
)

// Machine is what a plan asks of this machine.
type Machine interface {
	// Installed fails if a server is not installed.
	Installed(srv *catalogue.Server) error
	// Look returns the path of a program, "" if it is missing.
	Look(program string) string
	// MayStart fails if a server may not be started in a workspace with the given files.
	MayStart(srv *catalogue.Server, paths []string) error
}

// Servers finds the servers that a request asks. What it has found out stays as it is for the request, so that the
// parts of one answer agree. The machine is asked by way of the log. It is not safe for concurrent use, see
// [Servers.Clone].
type Servers struct {
	Log      trace.Log
	Machine  Machine
	Snap     *index.Snapshot            // nil before there is one
	Named    string                     // the server that the request names, with a version or not; "" for none
	Check    bool                       // the request is a check
	Install  bool                       // missing servers are installed and then asked
	Format   trace.Format               // of the trace that is replayed
	known    map[*catalogue.Server]bool // whether a server is installed
	releases *catalogue.Releases        // that projects use; nil until they are looked for
}

// Clone returns a copy for a part of the request that runs at the same time as others.
func (v *Servers) Clone() *Servers {
	out := *v
	out.known = maps.Clone(v.known)
	return &out
}

// All returns the servers for a file, in order of preference, with the release of the compiler
// that the file's project uses.
func (v *Servers) All(file string) ([]*catalogue.Server, catalogue.Release) {
	if !v.Format.Has(trace.Releases) || v.Snap == nil {
		return v.asked(catalogue.For(file)), catalogue.Release{}
	}
	if v.releases == nil {
		v.releases = catalogue.NewReleases(v.Snap)
	}
	all, release := v.releases.ServersFor(file)
	return v.asked(all), release
}

// asked returns those of some servers that the request asks: engines knew them when the trace that is replayed was
// recorded, and for a check, they check files, if any of them does.
func (v *Servers) asked(all []*catalogue.Server) []*catalogue.Server {
	all = slices.DeleteFunc(slices.Clone(all), func(srv *catalogue.Server) bool { return !v.Format.Has(srv.Since) })
	checks := slices.DeleteFunc(slices.Clone(all), func(srv *catalogue.Server) bool { return srv.OnlyAnswers })
	if v.Check && len(checks) > 0 {
		return checks
	}
	return all
}

// For returns the server for a file: the one that is asked for by name, else the
// first of those for the file's project that is installed, else the first. The error is NoServer
// where none is known, and Usage for a name that cannot be.
func (v *Servers) For(file string) (*catalogue.Server, error) {
	if v.Named != "" {
		name, _, _ := strings.Cut(v.Named, "@")
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
	known, _ := v.All(file)
	if srv := install.Choose(known, v.Installed); srv != nil {
		return srv, nil
	}
	return nil, fault.New(fault.NoServer, "no language server is known for %s", file).
		WithHint("'lanser servers list' names those that are")
}

// Installed reports whether a server is there, as it was when the request first asked.
func (v *Servers) Installed(srv *catalogue.Server) bool {
	is, known := v.known[srv]
	if !known {
		_, err := v.Log.Ask("is "+srv.Name+" installed", func() ([]byte, error) {
			return nil, v.Machine.Installed(srv)
		})
		is = err == nil
		if v.known == nil {
			v.known = map[*catalogue.Server]bool{}
		}
		v.known[srv] = is
	}
	return is
}

// Installs reports whether missing servers are installed and then asked.
func (v *Servers) Installs() bool {
	_, err := v.Log.Ask("are missing servers installed", func() ([]byte, error) {
		if !v.Install {
			return nil, fault.New(fault.NoServer, "only with --install")
		}
		return nil, nil
	})
	return err == nil
}
