package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"runtime/debug"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/trace"
)

// version and commit are set by the linker in programs of a release, see cmd/release. They are "" in others.
var version, commit string

// Version returns the version of this build of lanser. It is "(devel)" for one from a work tree without a tag.
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// Commit returns the commit that lanser was built from, and whether files differed from it; "" if it is not known.
func Commit() (hash string, modified bool) {
	if commit != "" {
		return commit, false // a release has no changes
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", false
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			hash = s.Value
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	return hash, modified
}

// Replayed is an answer that was worked out again.
type Replayed struct {
	N        int
	Bundle   *bundle.Bundle  // without local
	Recorded json.RawMessage // likewise
}

// The versions below name the questions that later engines ask. A replay of an older trace leaves them out, each by a
// field of [Config], because the trace holds no answer to them: its bundles must come out as they were recorded. Only
// answers without a ledger cannot be made any more, and are refused.

// ledgerTrace is the first format version of traces whose answers about uses have a ledger.
const ledgerTrace = 2

// buildsTrace is the first format version of traces with sessions for other builds.
const buildsTrace = 5

// importsTrace is the first format version of traces whose answers follow imports, and doubt symbols that the language
// calls without their names.
const importsTrace = 7

// keysTrace is the first format version of traces in which servers are asked about strings that may be keys.
const keysTrace = 8

// linksTrace is the first format version of traces in which files stay closed that no import joins with a symbol's, and
// in which a place that is no identifier is an error.
const linksTrace = 10

// boundsTrace is the first format version of traces in which a function is asked about that is given an object, and in
// which a name is found in modules that hand it on.
const boundsTrace = 11

// fewTrace is the first format version of traces in which a few files stay open that no import joins with a symbol's,
// in which strings are followed to where their values are read, and in which a check of a patch of TypeScript leaves
// files out.
const fewTrace = 12

// dataTrace is the first format version of traces in which a proposed change of data is a doubt, and
// a wrong configuration of a build tool is a finding.
const dataTrace = 12

// closedTrace is the first format version of traces in which checked files stay closed where that changes no finding.
const closedTrace = 12

// contextTrace is the first format version of traces in which a header is read after what its includers include before
// it, if it makes no sense alone.
const contextTrace = 13

// heldTrace is the first format version of traces in which scripts of the shell stay open after a question.
const heldTrace = 14

// ledTrace is the first format version of traces in which servers are led to changed files, and a hover tells whether a
// definition is guessed.
const ledTrace = 9

// lintersTrace is the first format version of traces in which linters are asked.
const lintersTrace = 6

// affectedTrace is the first format version of traces in which a check of a patch leaves files out.
const affectedTrace = 5

// releasesTrace is the first format version of traces in which the release of a compiler that a project
// uses decides which server is asked.
const releasesTrace = 4

// earlier returns a server as it was led when a trace was recorded.
func (cfg Config) earlier(srv *catalogue.Server) *catalogue.Server {
	if cfg.withoutLeading {
		srv = srv.Unled()
	}
	if cfg.opensChecked {
		srv = srv.OpeningChecked()
	}
	if cfg.readsAlone {
		srv = srv.ReadingAlone()
	}
	if cfg.holdsLess {
		srv = srv.HoldingLess()
	}
	return srv
}

// Replay works the answers of a trace out again, in order, with neither a server nor
// git: it yields each, and ends with the first that is not as it was recorded. Files
// whose contents the trace does not hold are read in the folder workspace, "" for where
// it was, and must have the digests that they had. The error is ReplayMismatch, and
// names the line of the trace. The servers that the user has described are those of the trace from then on, in the
// whole process.
func Replay(ctx context.Context, r io.Reader, workspace string, yield func(Replayed) error) error {
	var p *trace.Player
	p, err := trace.NewPlayer(r, func(path, _ string) ([]byte, error) {
		dir := workspace
		if dir == "" {
			dir = p.Root
		}
		if !filepath.IsAbs(path) {
			return beneath.ReadIn(dir, path, index.MaxFileSize)
		}
		if rel, ok := beneath.Local(p.Root, path); ok {
			return beneath.ReadIn(dir, rel, index.MaxFileSize)
		}
		return beneath.ReadFile(path, index.MaxFileSize)
	})
	if err != nil {
		return err
	}
	if len(p.Servers)+len(catalogue.UserServers()) > 0 {
		var list []*catalogue.Server
		for _, u := range p.Servers {
			list = append(list, catalogue.Recorded(u.Name, u.Languages, u.Roots, u.Options, u.Settings))
		}
		catalogue.SetUserServers(list)
	}
	ws := index.Replay(p.Root, p.Git, p, index.Options{World: p, WithoutReexports: p.Version < boundsTrace})
	cfg := Config{
		Root: p.Root, Trust: p.Trust, withoutCoverage: p.Version < 3, withoutReleases: p.Version < releasesTrace,
		withoutOtherBuilds: p.Version < buildsTrace, wholePatches: p.Version < affectedTrace,
		withoutLinters: p.Version < lintersTrace, withoutImports: p.Version < importsTrace,
		withoutKeys: p.Version < keysTrace, withoutLeading: p.Version < ledTrace, withoutHover: p.Version < ledTrace,
		withoutLinks: p.Version < linksTrace, namesAnything: p.Version < linksTrace,
		withoutBounds: p.Version < boundsTrace, closesAny: p.Version < fewTrace, trustsData: p.Version < dataTrace,
		withoutLiterals: p.Version < fewTrace,
		wholeTypeScript: p.Version < fewTrace, opensChecked: p.Version < closedTrace,
		withoutBroken: p.Version < dataTrace, readsAlone: p.Version < contextTrace,
		holdsLess: p.Version < heldTrace,
	}
	e := newEngine(cfg, ws, install.Dirs{}, p, p.Platform)
	defer e.Close()
	for {
		asked, err := p.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var req api.Request
		if err := json.Unmarshal(asked.Request, &req); err != nil {
			return fault.Wrap(fault.ReplayMismatch, err, "request %d of the trace cannot be read: %v", asked.N, err)
		}
		if op := api.Lookup(req.Op); op != nil && p.Version < ledgerTrace && runners[op.Name].ledger {
			return fault.New(
				fault.VersionSkew,
				"request %d of the trace, %s, was answered without a ledger: its format version is %d",
				asked.N, op.Name, p.Version,
			).
				WithHint("replay it with the lanser that recorded it, version %s", p.Lanser)
		}
		b, _ := e.do(ctx, req) // the error is in the bundle
		b = b.Reproducible()
		recorded, differs := p.Finish(b)
		if err := yield(Replayed{N: asked.N, Bundle: b, Recorded: recorded}); err != nil {
			return err
		}
		if differs != nil {
			return differs
		}
	}
}

// recorded returns the servers that the user has described as a trace holds them.
func recorded(list []*catalogue.Server) (out []trace.UserServer) {
	for _, s := range list {
		out = append(out, trace.UserServer{
			Name: s.Name, Languages: s.LanguageIDs, Roots: s.Configs, Options: s.Options, Settings: s.Settings,
		})
	}
	return out
}

// dropCoverage removes the states of files from the checks of a bundle that is not sealed yet, as traces before version
// 3 have no such states.
func dropCoverage(b *bundle.Bundle) {
	if b.Facts == nil {
		return
	}
	for i := range b.Facts.Checks {
		b.Facts.Checks[i].Coverage = nil
	}
}
