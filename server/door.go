package server

import (
	"context"

	"lanser/server/bundle"
)

// Door is what answers requests about one workspace: an [Engine], or one in another
// process.
type Door interface {
	// Do answers a request. The bundle is never nil where the door can be reached.
	Do(context.Context, Request) (*bundle.Bundle, error)
	// Refuse is the bundle of a request that could not even be read.
	Refuse(cmd string, err error) *bundle.Bundle
	// Root is the absolute path of the workspace.
	Root() string
	// Changes tells of files that have changed, see [Engine.Changes].
	Changes(ctx context.Context, changed func(paths []string)) error
	Close()
}

// Changes calls changed with the paths of the workspace's files that have come, gone or
// changed, in order, whenever there are some, until ctx ends, and returns why it ended. It
// calls it with none first, once it has begun to look.
func (e *Engine) Changes(ctx context.Context, changed func(paths []string)) error {
	return e.ws.Changes(ctx, changed)
}

// Refuse is the bundle of a request that could not even be read.
func (e *Engine) Refuse(cmd string, err error) *bundle.Bundle {
	return refusal(e.ws.Root(), e.platform, cmd, err)
}

// Refusal is [Engine.Refuse] where the engine is elsewhere.
func Refusal(root, cmd string, err error) *bundle.Bundle { return refusal(root, platform(), cmd, err) }

func refusal(root, platform, cmd string, err error) *bundle.Bundle {
	if op := Lookup(cmd); op != nil {
		cmd = op.Name
	}
	b := blank(root, platform, Request{Op: cmd})
	fail(b, err)
	_ = b.Seal() // nothing in it can fail
	return b
}
