package api

import (
	"context"

	"lanser/server/bundle"
)

// Door answers requests about one workspace: an engine, or a connection to one in another
// process.
type Door interface {
	// Do answers a request. The bundle is never nil where the door can be reached.
	Do(context.Context, Request) (*bundle.Bundle, error)
	// Refuse returns the bundle of a request that could not even be read.
	Refuse(cmd string, err error) *bundle.Bundle
	// Root returns the absolute path of the workspace.
	Root() string
	// Changes calls changed with the paths of files that have come, gone or changed, in order,
	// until ctx ends, and returns why it ended. The first call has no paths: it says that the
	// watch has begun.
	Changes(ctx context.Context, changed func(paths []string)) error
	Close()
}
