package api

import (
	"context"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// ClientTurns returns how many questions of one client are worked on at once.
func ClientTurns() int { return max(2, runtime.GOMAXPROCS(0)) }

// Share limits the questions of one client that are worked on at once to [ClientTurns], so that
// other clients are served too.
type Share struct {
	turns *semaphore.Weighted
	room  func(context.Context) error
}

// NewShare returns the share of one client. A question starts only when room returns nil, so that
// no further answers are produced for a client that does not read them. room may be nil.
func NewShare(room func(context.Context) error) *Share {
	return &Share{turns: semaphore.NewWeighted(int64(ClientTurns())), room: room}
}

// ShareOf returns the share in ctx; nil if there is none.
func ShareOf(ctx context.Context) *Share {
	share, _ := ctx.Value(shareKey{}).(*Share)
	return share
}

// Room waits until the client has read enough of its answers to get another one. s may be nil.
func (s *Share) Room(ctx context.Context) error {
	if s == nil || s.room == nil {
		return nil
	}
	return s.room(ctx)
}

// Acquire waits for one of the client's turns. s may be nil.
func (s *Share) Acquire(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.turns.Acquire(ctx, 1)
}

// Release returns a turn that Acquire has taken.
func (s *Share) Release() {
	if s != nil {
		s.turns.Release(1)
	}
}

type shareKey struct{}

// With returns a context for the questions of the client, which contains s.
func (s *Share) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, shareKey{}, s)
}
