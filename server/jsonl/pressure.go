package jsonl

import (
	"context"
	"slices"
	"sync"
)

// bytesPerEntry is the approximate memory of one entry in the lists of an answer.
const bytesPerEntry = 1 << 10

// sizeOf estimates the memory in bytes that an answer occupies until it is sent.
func sizeOf(v any) int {
	r, ok := v.(reply)
	if !ok || r.Bundle == nil || r.Bundle.Facts == nil {
		return bytesPerEntry
	}
	return (1 + r.Bundle.Facts.Len()) * bytesPerEntry
}

// backlog counts the bytes of answers that a client has not read yet.
type backlog struct {
	limit int

	mu    sync.Mutex
	bytes int
	room  chan struct{} // closed once bytes is below limit; nil if nobody waits for that
}

func (b *backlog) add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes += n
	if b.room != nil && b.bytes < b.limit {
		close(b.room)
		b.room = nil
	}
}

// wait waits until fewer bytes than the limit are unsent.
func (b *backlog) wait(ctx context.Context) error {
	for {
		b.mu.Lock()
		if b.bytes < b.limit {
			b.mu.Unlock()
			return ctx.Err()
		}
		if b.room == nil {
			b.room = make(chan struct{})
		}
		room := b.room
		b.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// maxPaths is the maximum number of paths in a notice.
const maxPaths = 100

// stale is the notice that files have changed.
type stale struct {
	Event string   `json:"event"`
	Paths []string `json:"paths"`
	More  int      `json:"more"`
}

// notices collects changes while an earlier notice is being sent, so that a client that reads
// slowly gets one notice about all of them.
type notices struct {
	ready chan struct{} // holds a token if there is something to send

	mu    sync.Mutex
	begun bool // "watching" has to be sent
	next  stale
	seen  map[string]bool // the paths in next
}

// add records changed paths. No paths mean that the watch has begun.
func (n *notices) add(paths []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(paths) == 0 {
		n.begun = true
	}
	for _, p := range paths {
		switch {
		case n.seen[p]: // An earlier change that has not been sent yet.
		case len(n.next.Paths) == maxPaths:
			n.next.More++
		default:
			n.next.Paths = append(n.next.Paths, p)
		}
	}
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	for _, p := range n.next.Paths {
		n.seen[p] = true
	}
	select {
	case n.ready <- struct{}{}:
	default: // There is a token already.
	}
}

// take returns and removes what has to be sent.
func (n *notices) take() (begun bool, changed stale) {
	n.mu.Lock()
	defer n.mu.Unlock()
	begun, changed = n.begun, n.next
	n.begun, n.next, n.seen = false, stale{}, nil
	slices.Sort(changed.Paths)
	changed.Event = "stale"
	return begun, changed
}

// sendAll sends notices until ctx ends.
func (n *notices) sendAll(ctx context.Context, send func(any)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.ready:
		}
		begun, changed := n.take()
		if begun {
			send(stale{Event: "watching", Paths: []string{}})
		}
		if len(changed.Paths) > 0 {
			send(changed)
		}
	}
}
