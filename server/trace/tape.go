package trace

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
)

// event is a line of a session.
type event struct {
	frame *Frame
	mark  *Mark
	line  int
}

// isOwn reports whether the event is a step of lanser's own: neither a message of the server nor
// a reply to one, which the reading goroutine writes.
func (e event) isOwn() bool {
	return e.mark != nil || e.frame.From == "lanser" && e.frame.method() != ""
}

// String describes an event for messages about a mismatch.
func (e event) String() string {
	switch {
	case e.mark != nil && e.mark.What == Saw:
		return "it read the output of the server"
	case e.mark != nil && e.mark.What == Died:
		return "it found the server gone"
	case e.mark != nil:
		return "its time was up: " + e.mark.Cause
	}
	body := e.frame.body()
	return e.frame.From + " says " + strings.ToValidUTF8(string(body[:min(len(body), maxBrief)]), "?")
}

// body returns the message, or the bytes that are not JSON.
func (f *Frame) body() []byte {
	if f.Message != nil {
		return f.Message
	}
	return f.Raw
}

// method returns the method of a call or notification, "" for a reply.
func (f *Frame) method() string { return f.envelope().Method }

// envelope is the part of a message that distinguishes calls, notifications and replies.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
}

// envelope decodes the envelope of a message.
func (f *Frame) envelope() (e envelope) {
	_ = json.Unmarshal(f.body(), &e) // bytes that are not JSON have neither
	return e
}

// playing is the tape of a recorded session that is replayed. Its queue has the events that are
// still to come. The first is either for the goroutine that reads, or a step of lanser's own.
type playing struct {
	p      *Player // its mu guards all fields
	start  Start
	turn   *sync.Cond
	queue  []event
	onDead func()

	dead    bool   // onDead was called, or is being called
	waiting string // id of the call whose reply was not read yet, "" for none
	idle    bool   // the reader waits for the next message
	closed  bool   // the reader has ended
	stopped bool
	// sent and replies are messages that lanser has sent before they are first in the queue.
	sent, replies []event
}

// newPlaying returns the tape of a recorded session before its first event.
func newPlaying(p *Player, start Start) *playing {
	return &playing{p: p, start: start, turn: sync.NewCond(&p.mu)}
}

// wake wakes all that wait for a change.
func (t *playing) wake() { t.turn.Broadcast() }

// finished reports whether there is nothing to wait for any more.
func (t *playing) finished() bool { return t.stopped || t.p.err != nil }

// advance removes the first event of the queue.
func (t *playing) advance() {
	t.queue = t.queue[1:]
	t.settle()
}

// settle acts on the event that has become first in the queue, and reports a mismatch if it can
// never happen. The caller holds p.mu.
func (t *playing) settle() {
	defer t.wake()
	for !t.finished() && len(t.queue) > 0 && t.matchSent() {
		t.queue = t.queue[1:]
	}

	if t.finished() {
		return
	}
	if len(t.queue) == 0 {
		if len(t.sent) > 0 {
			_ = t.p.differs(t.p.at, "%s, and did not then", t.sent[0])
		} else if t.waiting != "" {
			_ = t.p.differs(t.p.at, "the server's answer to request %s is missing", t.waiting)
		}
		return
	}

	e := t.queue[0]
	switch {
	case e.mark != nil && len(t.sent) > 0:
		_ = t.p.differs(e.line, "%s; then, %s", t.sent[0], e)
	case e.mark != nil && e.mark.What == Died:
		t.die()
	case e.mark != nil && e.mark.What == Expired:
		t.p.expire(e.mark.Cause)
	case e.isOwn() && e.mark == nil && e.frame.method() == "$/cancelRequest":
		for _, later := range t.queue {
			if later.mark != nil && later.mark.What == Expired {
				t.p.expire(later.mark.Cause)
				break
			}
		}
	case e.isOwn() && t.waiting != "":
		_ = t.p.differs(e.line, "the server's answer to request %s is missing before: %s", t.waiting, e)
	case !e.isOwn() && e.frame.From == "lanser" && t.idle:
		_ = t.p.differs(e.line, "a reply to nothing that the server asked: %s", e)
	}
}

// matchSent reports whether the first event is a message that lanser has sent, and removes that
// message. A message that is sent before its turn is kept: the stream must not make a writer
// wait, as other writers would wait for it.
func (t *playing) matchSent() bool {
	e := t.queue[0]
	if e.frame == nil || e.frame.From != "lanser" {
		return false
	}
	sent := &t.sent
	if !e.isOwn() {
		sent = &t.replies
	}
	if len(*sent) == 0 {
		return false
	}
	f := (*sent)[0].frame
	*sent = (*sent)[1:]
	if !sameBytes(e.frame.body(), f.body()) {
		_ = t.p.differs(
			e.line,
			"lanser says something else to %s: %s",
			t.start.Server,
			Difference(e.frame.body(), f.body()),
		)
		return false
	}

	if env := f.envelope(); env.Method != "" && env.ID != nil {
		t.waiting = string(env.ID)
	}
	return true
}

// catchUp waits until the messages that lanser has sent have been first in the queue, which
// happens when the server's messages before them have been read. If the session has ended meanwhile, nobody reads those
// messages any more, and they are passed over. The caller holds p.mu.
func (t *playing) catchUp() {
	for len(t.sent) > 0 && len(t.queue) > 0 && !t.finished() && !t.dead && !t.closed {
		t.turn.Wait()
	}
	for (t.stopped || t.closed) && t.p.err == nil && len(t.sent) > 0 && len(t.queue) > 0 {
		if t.queue[0].isOwn() && !t.matchSent() {
			return
		}
		t.queue = t.queue[1:]
	}
}

// die calls onDead, once.
func (t *playing) die() {
	if !t.dead && t.onDead != nil {
		t.dead = true
		go t.onDead() // it takes the session's own lock
	}
}

// awaitOwn waits until a step of lanser's own is first in the queue, and returns it; nil if there
// is none.
func (t *playing) awaitOwn() *event {
	for !t.finished() {
		if len(t.queue) > 0 && t.queue[0].isOwn() {
			return &t.queue[0]
		}
		if len(t.queue) == 0 {
			return nil
		}
		if t.closed { // a message that was read then just before the connection was lost: nobody reads it now
			t.advance()
			continue
		}
		t.turn.Wait()
	}
	return nil
}

// Look waits for the point at which lanser looked successfully when it was recorded, and looks. What it finds must be
// there again.
func (t *playing) Look(look func() bool) bool {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	e := t.awaitOwn()
	switch {
	case t.finished():
		return look()
	case e == nil:
		_ = t.p.differs(t.p.at, "lanser reads the output of %s now, and did not when the trace was recorded",
			t.start.Server)
		return look()
	case e.mark != nil && e.mark.What != Saw: // died or expired: the waiting goroutine finds that itself
		return false
	case e.mark == nil:
		_ = t.p.differs(e.line, "lanser reads the output of the server now; when the trace was recorded, %s", *e)
		return false
	}

	line := e.line
	for !t.idle && !t.closed && !t.dead && !t.finished() { // the last message is being handled
		t.turn.Wait()
	}

	if !look() {
		_ = t.p.differs(line, "what lanser waited for had come then, and has not now")
		return false
	}
	t.advance()
	return true
}

// Died returns how the server was recorded to have exited.
func (t *playing) Died(d Death) Death {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	e := t.awaitOwn()
	switch {
	case t.finished():
	case e == nil || e.mark == nil || e.mark.What != Died:
		_ = t.p.differs(t.lineOf(e), "the server is found gone, and was not then")
	default:
		d, t.waiting = *e.mark.Death, ""
		t.advance()
	}
	return d
}

// lineOf returns the line of an event in the trace, or that of the player if there is no event.
func (t *playing) lineOf(e *event) int {
	if e == nil {
		return t.p.at
	}
	return e.line
}

// Expired takes the recorded end of a bound of time.
func (t *playing) Expired(context.Context) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	e := t.awaitOwn()
	switch {
	case t.finished():
	case e == nil || e.mark == nil || e.mark.What != Expired:
		_ = t.p.differs(t.lineOf(e), "time is up, and was not then")
	default:
		t.waiting = ""
		t.advance()
	}
}

// Failed does nothing: the failure is in the start of the recorded session.
func (t *playing) Failed(error) {}

// Silent notes that the reader has ended.
func (t *playing) Silent() {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.closed = true
	t.wake()
}

// Replays returns true, and the error with which the recorded server failed to start.
func (t *playing) Replays() (bool, error) { return true, t.start.Fault.err() }

// Stop ends the tape: no further events are expected.
func (t *playing) Stop() {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.stopped = true
	t.wake()
}

// Stream returns the recorded connection in place of one to a server. onDeath is called at the point where the server
// exited.
func (t *playing) Stream(_ io.ReadWriteCloser, onDeath func()) io.ReadWriteCloser {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.onDead = onDeath
	return &replayStream{t: t}
}

// replayStream reads the recorded messages of the server, and compares what is written with the
// recorded messages of lanser.
type replayStream struct {
	t    *playing
	next []byte
}

// Read returns the recorded messages of the server, each at its point in the order of events.
func (r *replayStream) Read(p []byte) (int, error) {
	if len(r.next) == 0 {
		message, err := r.message()
		if err != nil {
			return 0, err
		}
		r.next = message
	}
	n := copy(p, r.next)
	r.next = r.next[n:]
	return n, nil
}

// message waits for the next message of the server, and returns it in its frame.
func (r *replayStream) message() ([]byte, error) {
	t := r.t
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.idle = true
	defer func() { t.idle = false }()
	t.settle()
	for {
		if t.finished() || t.dead || t.closed {
			return nil, io.EOF
		}
		if len(t.queue) > 0 && t.queue[0].frame != nil && t.queue[0].frame.From == "server" {
			f := t.queue[0].frame
			if e := f.envelope(); e.Method == "" && string(e.ID) == t.waiting {
				t.waiting = ""
			}
			t.idle = false
			t.advance()
			if f.Message == nil {
				return framedRaw(f.Raw), nil
			}
			return enframe(f.Message), nil
		}
		t.turn.Wait()
	}
}

// framedRaw returns bytes that are not JSON as the server sent them.
func framedRaw(raw []byte) []byte {
	if _, _, ok := framed(raw); ok {
		return raw
	}
	return enframe(raw)
}

// Write takes a message that lanser sends, which is compared with the recorded one once it is first in the queue.
func (r *replayStream) Write(p []byte) (int, error) {
	t := r.t
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	if t.finished() || t.diedNext() {
		return 0, io.ErrClosedPipe
	}
	e := event{frame: frame(t.start.Session, "lanser", bodyOf(p))}
	died := t.diedAt(e)
	if e.isOwn() {
		t.sent = append(t.sent, e)
	} else {
		t.replies = append(t.replies, e)
	}

	t.settle()
	if died {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// diedNext reports whether, after the messages that lanser has sent so far, it found the server
// gone.
func (t *playing) diedNext() bool {
	e := t.nthOwn(len(t.sent))
	return e != nil && e.mark != nil && e.mark.What == Died
}

// diedAt reports whether lanser found the server gone when it sent this notification. The replay
// must find it there too, as nothing waits for a notification.
func (t *playing) diedAt(e event) bool {
	if env := e.frame.envelope(); env.Method == "" || env.ID != nil {
		return false
	}
	next := t.nthOwn(len(t.sent) + 1)
	return next != nil && next.mark != nil && next.mark.What == Died && next.mark.Death.During == e.frame.method()
}

// nthOwn returns the nth step of lanser's own in the queue, from 0; nil if there are fewer.
func (t *playing) nthOwn(n int) *event {
	for i := range t.queue {
		if !t.queue[i].isOwn() {
			continue
		}
		if n == 0 {
			return &t.queue[i]
		}
		n--
	}
	return nil
}

// Close ends the connection: no message is read any more.
func (r *replayStream) Close() error {
	r.t.p.mu.Lock()
	defer r.t.p.mu.Unlock()
	r.t.closed = true
	r.t.wake()
	return nil
}
