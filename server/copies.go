package server

import (
	"cmp"
	"context"
	"path/filepath"

	"lanser/index"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/states"
	"lanser/server/trace"
)

// A check that is compared with a commit, or with what is staged, is made twice: of the workspace, and of a copy of the
// other state, outside the workspace, by an engine of its own. Package states makes the copies and the comparison.
// This file gives it the engines.

// inner answers the questions of comparisons.
type inner struct{ *Engine }

// Answer answers a request that compares nothing.
func (e inner) Answer(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	return e.answer(ctx, req)
}

// comparer returns what compares checks of the workspace with those of other states.
func (e *Engine) comparer() *states.Comparer {
	return &states.Comparer{
		Checker: inner{e}, Workspace: e.ws, Log: e.log, Trace: e.cfg.Trace, VCS: e.describeVCS,
		Cache: filepath.Join(e.dirs.Cache, "revisions"), Platform: e.platform,
		FromIndex: e.scip != nil, Recorded: e.log != trace.Off, Format: e.cfg.replays,
		Open: func(copied *index.Extracted, dir string) (states.Checker, error) {
			other, err := e.engineOf(copied, dir)
			if err != nil {
				return nil, err
			}
			return inner{other}, nil
		},
	}
}

// engineOf returns an engine for the copy of an earlier state in dir, configured as this one. Its paths in bundles are
// those of the workspace that it is a copy of, so that findings of both states can be compared, and it shares the turns
// of the process. The list of its files is that of the commit, never nil, because nil would have git asked about the
// folder. Unlisted sources are not in git: the copy has those of the workspace today.
func (e *Engine) engineOf(copied *index.Extracted, dir string) (*Engine, error) {
	top, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	cfg := e.cfg
	cfg.Root, cfg.top, cfg.Frozen, cfg.listed = copied.Root, top, false, copied.Listed
	cfg.gone = copied.Gone
	cfg.standsFor, cfg.standsForTop = e.ws.Root(), cmp.Or(e.cfg.top, e.ws.RepositoryRoot(), e.ws.Root())
	if cfg.listed == nil {
		cfg.listed = []string{}
	}
	if cfg.unlisted == nil {
		today, err := e.ws.Snapshot(context.Background())
		if err != nil {
			return nil, err
		}
		unlisted := e.unlistedSources(today, today)
		cfg.unlisted = &unlisted
	}
	return New(cfg)
}
