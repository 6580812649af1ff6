package server

import (
	"context"

	"lanser/server/api"
	"lanser/server/bundle"
)

// An Engine is a door to its workspace.
var _ api.Door = (*Engine)(nil)

// Refuse returns the bundle of a request that could not even be read.
func (e *Engine) Refuse(cmd string, err error) *bundle.Bundle {
	return api.Refusal(e.ws.Root(), e.platform, cmd, err)
}

// Changes calls changed with the paths of the workspace's files that have come, gone or changed,
// in order, until ctx ends, and returns why it ended. The first call has no paths: it says that
// the watch has begun.
func (e *Engine) Changes(ctx context.Context, changed func(paths []string)) error {
	return e.ws.Changes(ctx, changed)
}
