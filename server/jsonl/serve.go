package jsonl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/wire"
)

// Limits of one stream. If one is reached, no further lines are read, or no further requests are
// started, until some requests have been answered and the client has read the answers.
const (
	maxUnderWay     = 256      // requests that are being answered or wait for their turn
	maxRequestBytes = 64 << 20 // bytes of the lines of these requests
	maxUnsentBytes  = 32 << 20 // bytes of answers that the client has not read, see [sizeOf]
)

// stream is the conversation with one client.
type stream struct {
	door api.Door
	// reproducible leaves out of the answers whatever differs between two runs.
	reproducible bool

	writing  chan struct{} // holds a token while nobody writes to w
	w        io.Writer
	writeErr error       // the first failure to write to a client that still expected answers; guarded by writing
	gone     atomic.Bool // the client expects no more answers
	fail     context.CancelCauseFunc
	unsent   backlog

	mu       sync.Mutex
	running  map[string]context.CancelFunc // by id
	watching context.CancelFunc            // stops the reports of changes; nil if there are none
}

// control is a message of the client that is not a request.
type control struct {
	Cancel json.RawMessage `json:"cancel,omitzero"`
	Notify *bool           `json:"notify,omitzero"`
}

// Serve answers the lines of r until r ends, and writes each answer to w as soon as it is ready.
// With drain, it still answers the open requests when r ends; without drain, the end of r means
// that the client is gone, and its open requests are cancelled. Serve returns when no request is
// open any more. The error is that of r or w.
func Serve(ctx context.Context, door api.Door, r io.Reader, w io.Writer, drain, reproducible bool) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	s := &stream{
		writing:      make(chan struct{}, 1),
		unsent:       backlog{limit: maxUnsentBytes},
		door:         door,
		reproducible: reproducible,
		w:            w,
		fail:         fail,
		running:      map[string]context.CancelFunc{},
	}
	s.writing <- struct{}{}
	ctx = api.NewShare(s.unsent.wait).With(ctx)
	var all sync.WaitGroup
	err := s.read(ctx, r, &all)
	if !drain || err != nil {
		s.gone.Store(true)
		fail(err)
	}
	s.notify(ctx, &all, false)
	all.Wait()
	if err != nil {
		return err
	}
	// A write that was under way when the client left can fail after fail(nil). Such a failure is
	// not the cause of ctx.
	if s.writeErr != nil {
		return s.writeErr
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

func (s *stream) read(ctx context.Context, r io.Reader, all *sync.WaitGroup) error {
	slots, asked := make(chan struct{}, maxUnderWay), semaphore.NewWeighted(maxRequestBytes)
	for line := range wire.Lines(r) {
		switch {
		case ctx.Err() != nil:
			return nil
		case line.Err != nil && !errors.Is(line.Err, wire.ErrLong):
			return line.Err
		case line.Err == nil && len(bytes.TrimSpace(line.Text)) == 0, s.handleControl(ctx, all, line):
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		size := int64(len(line.Text))
		if asked.Acquire(ctx, size) != nil {
			return nil
		}
		end := func() {
			asked.Release(size)
			<-slots
		}
		own, done, ok := s.begin(ctx, line)
		if !ok {
			end()
			continue
		}
		all.Go(func() {
			defer end()
			r := answer(own, s.door, line)
			done() // before the client reads the answer and possibly reuses the id
			s.send(r)
		})
	}
	return nil
}

// handleControl handles a line that is a control message. It returns false for any other line.
func (s *stream) handleControl(ctx context.Context, all *sync.WaitGroup, line wire.Line) bool {
	var c control
	if validate(line) != nil || json.Unmarshal(line.Text, &c) != nil || c.Cancel == nil && c.Notify == nil {
		return false
	}
	if c.Cancel != nil {
		s.cancel(c.Cancel)
	}
	if c.Notify != nil {
		s.notify(ctx, all, *c.Notify)
	}
	return true
}

// begin records that a line is being answered, so that it can be cancelled. If its id is in use, it
// sends an error and returns ok = false.
func (s *stream) begin(ctx context.Context, line wire.Line) (own context.Context, done func(), ok bool) {
	own, cancel := context.WithCancel(ctx)
	var l struct {
		ID  json.RawMessage `json:"id"`
		Cmd string          `json:"cmd"`
	}
	_ = json.Unmarshal(line.Text, &l) // The answer reports the error.
	id := key(l.ID)
	if id == "" {
		return own, cancel, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[id] != nil {
		cancel()
		err := fault.New(fault.Usage, "the id %s is that of a request that is still being answered", id).
			WithHint("give each request an id of its own")
		s.send(reply{ID: l.ID, Bundle: refuse(s.door, line, l.Cmd, err)})
		return nil, nil, false
	}
	s.running[id] = cancel
	return own, func() {
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, id)
	}, true
}

// key returns an id in a form that can be compared; "" for no id.
func key(id json.RawMessage) string {
	c, err := bundle.CanonicalJSON(bytes.Clone(id))
	if err != nil || string(c) == "null" {
		return ""
	}
	return string(c)
}

func (s *stream) cancel(id json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.running[key(id)]; cancel != nil {
		cancel()
	}
}

// send writes an answer or a notice. It blocks while the client does not read.
func (s *stream) send(v any) {
	if r, ok := v.(reply); ok && s.reproducible {
		r.Bundle = r.Bundle.Reproducible()
		v = r
	}
	size := sizeOf(v)
	s.unsent.add(size)
	defer s.unsent.add(-size)
	<-s.writing
	defer func() { s.writing <- struct{}{} }()
	gone := s.gone.Load()
	err := write(s.w, v) // Encoding here keeps one copy of each waiting answer in memory.
	if err == nil || gone {
		return
	}
	if s.writeErr == nil {
		s.writeErr = err
	}
	s.fail(err)
}

// notify starts or stops the reports of changed files.
func (s *stream) notify(ctx context.Context, all *sync.WaitGroup, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watching != nil {
		s.watching()
		s.watching = nil
	}
	if !on {
		return
	}
	own, cancel := context.WithCancel(ctx)
	s.watching = cancel
	n := &notices{ready: make(chan struct{}, 1)}
	all.Go(func() { n.sendAll(own, s.send) })
	all.Go(func() {
		_ = s.door.Changes(own, n.add) // returns when own is cancelled
	})
}
