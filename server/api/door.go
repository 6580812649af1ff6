package api

import (
	"context"

	"lanser/server/bundle"
)

// Door answers requests about one workspace. It is an engine, or a connection to an engine in
// another process.
type Door interface {
	// Do answers a request. The bundle is nil only if the connection is lost.
	Do(context.Context, Request) (*bundle.Bundle, error)
	// Refuse returns the error bundle of a request that could not be read.
	Refuse(cmd string, err error) *bundle.Bundle
	// Root returns the absolute path of the workspace.
	Root() string
	// Changes calls changed with the sorted paths of files that were created, removed or changed,
	// until ctx ends, and returns why it ended. The first call has no paths: it reports that the
	// watch has begun.
	Changes(ctx context.Context, changed func(paths []string)) error
	Close()
}
