package api

import (
	"context"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// ClientTurns is how many questions of one client are worked on at once.
func ClientTurns() int { return max(2, runtime.GOMAXPROCS(0)) }

// Share bounds the questions of one client: however many it asks, other clients wait for no
// more of them than [ClientTurns].
type Share struct {
	turns *semaphore.Weighted
	room  func(context.Context) error
}

// NewShare makes the share of one client. A question begins once room returns nil, so that a
// client that does not read its answers gets no more of them; a nil room does not wait.
func NewShare(room func(context.Context) error) *Share {
	return &Share{turns: semaphore.NewWeighted(int64(ClientTurns())), room: room}
}

// ShareOf returns the share of the client whose question ctx belongs to; nil where it has none.
func ShareOf(ctx context.Context) *Share {
	share, _ := ctx.Value(shareKey{}).(*Share)
	return share
}

// Room waits until the client has taken enough of its answers for another one. It may be called
// on a nil share.
func (s *Share) Room(ctx context.Context) error {
	if s == nil || s.room == nil {
		return nil
	}
	return s.room(ctx)
}

// Acquire waits for one of the client's turns. It may be called on a nil share.
func (s *Share) Acquire(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.turns.Acquire(ctx, 1)
}

// Release gives a turn back that Acquire has taken.
func (s *Share) Release() {
	if s != nil {
		s.turns.Release(1)
	}
}

type shareKey struct{}

// With returns the context of the client's questions.
func (s *Share) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, shareKey{}, s)
}
