package server

import (
	"context"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/hierarchy"
)

// runContext answers with the declarations of other files that a file uses. The target is the file itself, at its
// start: it has no declaration, and the server is asked at each word of its code.
func runContext(ctx context.Context, e *Engine, a *answer) error {
	file, err := a.onePath(e)
	if err != nil {
		return err
	}
	c, err := a.Snap.Content(file)
	if err != nil {
		return err
	}
	a.Retarget(&selectors.Target{Path: file, Content: c, Status: selectors.Exact, Score: 1})
	return asking(false, (*hierarchy.Answer).Context)(ctx, e, a)
}

// onePath returns the one path of the request, relative to the workspace.
func (a *answer) onePath(e *Engine) (string, error) {
	if len(a.Request.Paths) != 1 {
		return "", fault.New(fault.Usage, "%s takes one path", a.Operation.Short).
			WithHint("lanser %s PATH", a.Operation.Short)
	}
	return e.ws.Rel(a.Request.Paths[0])
}
