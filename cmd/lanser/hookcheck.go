package main

import (
	"context"
	"errors"

	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/hook"
)

// The second process of a hook event, which makes the check (see hook.go). Nobody reads its output: what the model
// must know goes into the session.

// check makes the check that an event has asked for, unless another one has already checked the same state. It runs in
// the second process. If the check cannot be made, the reason is noted for the model.
//
// Findings are new compared with those of the previous check. The first check of a session has no previous one:
//
//   - At the start of the session nothing has been edited, so that no finding is new ([hook.Nothing]).
//   - After an edit, the check is compared with the last commit ([hook.Commit]).
//   - Without commits, every error in an edited file counts as new ([hook.Files]).
func (r *hookRun) check(ctx context.Context) error {
	root, err := r.app.realRoot()
	if err != nil {
		return err
	}
	session, err := r.open(root, r.session)
	if err != nil {
		return err
	}
	task, end, err := session.Begin(r.turn)
	if err != nil {
		return err
	}
	defer end()
	if task == nil {
		return nil
	}
	door, err := r.app.door(ctx)
	if err != nil {
		return errors.Join(err, session.Fail(err))
	}
	defer door.Close()
	basis := hook.Last
	if task.First {
		basis = hook.Commit
	}
	if task.First && r.deadline == 0 {
		basis = hook.Nothing
	}
	b, err := r.ask(ctx, door, basis)
	if err != nil {
		return errors.Join(err, session.Fail(err))
	}
	if basis == hook.Commit && b.Facts == nil { // There is no commit to compare with.
		basis = hook.Files
		b, err = r.ask(ctx, door, basis)
		if err != nil {
			return errors.Join(err, session.Fail(err))
		}
	}
	return session.Finish(task, b, basis)
}

// ask checks the workspace, with the settings of its lanser.toml. An answer that is an error counts as an answer:
// the session notes it for the model. The error is for a check that could not be asked for.
func (r *hookRun) ask(ctx context.Context, door api.Door, basis hook.Basis) (*bundle.Bundle, error) {
	req := api.Request{Op: api.Diagnostics}
	if err := r.app.readConfig(ctx, &reportFlags{format: "text", color: "never"}, &req.Options); err != nil {
		return nil, err
	}
	req.Options.Linters = api.QuickLinters // a run over a whole project is not done within the deadline
	if basis == hook.Commit {
		req.Options.Since = "HEAD"
	}
	b, err := door.Do(ctx, req)
	if b == nil {
		return nil, err
	}
	return b, nil // an error is in the bundle
}
