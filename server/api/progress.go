package api

import "context"

// Progress is the progress of one server in a check.
type Progress struct {
	Server string
	Done   int // files
	Files  int
	// Before is true while the earlier state is checked that the check is compared with.
	Before bool
}

type progressKey struct{}

// WithProgress returns a context whose check reports its progress by calling report from several
// goroutines. No call comes after the answer. report must not block.
func WithProgress(ctx context.Context, report func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, report)
}

// Tell reports progress to the function that was passed to [WithProgress], if any.
func Tell(ctx context.Context, p Progress) {
	if report, ok := ctx.Value(progressKey{}).(func(Progress)); ok {
		report(p)
	}
}
