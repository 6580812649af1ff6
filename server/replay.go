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
	format := trace.Format(p.Version)
	ws := index.Replay(p.Root, p.Git, p, index.Options{
		World: p, WithoutReexports: !format.Has(trace.Reexports), WithoutScripts: !format.Has(trace.ScriptsByContent),
		ResolvesInErrors: !format.Has(trace.WrittenPaths), FormerSuggestions: !format.Has(trace.Suggestions),
		FormerSelectors: !format.Has(trace.FurtherNames), FormerNames: !format.Has(trace.NearNames),
		FormerRelocation: !format.Has(trace.Relocation), FormerArguments: !format.Has(trace.TypedArguments),
	})
	cfg := Config{Root: p.Root, Trust: p.Trust, replays: format}
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
		if op := api.Lookup(req.Op); op != nil && !format.Has(trace.Ledger) && runners[op.Name].ledger {
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
