package api

import "context"

// Progress is how far one server is with a check.
type Progress struct {
	Server string
	Done   int // files
	Files  int
	// Before says that it is the state that the check is compared with.
	Before bool
}

type progressKey struct{}

// WithProgress has tell called as a check goes on, from several goroutines, until the
// answer is there. It must not block.
func WithProgress(ctx context.Context, tell func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
}

// Tell reports progress to whoever asked for it by [WithProgress].
func Tell(ctx context.Context, p Progress) {
	if tell, ok := ctx.Value(progressKey{}).(func(Progress)); ok {
		tell(p)
	}
}
