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

// mains says whether it was lanser's own doing: not a message of the server, nor a
// reply to one, which the goroutine that reads writes.
func (e event) mains() bool {
	return e.mark != nil || e.frame.From == "lanser" && e.frame.method() != ""
}

func (e event) String() string {
	switch {
	case e.mark != nil && e.mark.What == Saw:
		return "it looked at what the server had said"
	case e.mark != nil && e.mark.What == Died:
		return "it found the server gone"
	case e.mark != nil:
		return "its time was up: " + e.mark.Cause
	}
	body := e.frame.body()
	return e.frame.From + " says " + strings.ToValidUTF8(string(body[:min(len(body), maxBrief)]), "?")
}

func (f *Frame) body() []byte {
	if f.Message != nil {
		return f.Message
	}
	return f.Raw
}

func (f *Frame) method() string { return f.envelope().Method }

// envelope is what tells the kinds of messages apart.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
}

func (f *Frame) envelope() (e envelope) {
	_ = json.Unmarshal(f.body(), &e) // what is none has neither
	return e
}

// playing is the tape of a recorded session. Its queue is what is still to happen; the
// first of it is either the reader's turn, or lanser's own.
type playing struct {
	p      *Player // whose mu guards all
	start  Start
	turn   *sync.Cond
	queue  []event
	onDead func()

	dead    bool   // onDead was called, or is
	waiting string // id of the call whose answer has not come yet, "" for none
	idle    bool   // the reader wants the next message
	closed  bool   // nothing is read any more
	stopped bool
	// said and replies are what lanser has said before its turn.
	said, replies []event
}

func newPlaying(p *Player, start Start) *playing {
	return &playing{p: p, start: start, turn: sync.NewCond(&p.mu)}
}

func (t *playing) wake() { t.turn.Broadcast() }

// over says whether there is nothing to wait for any more.
func (t *playing) over() bool { return t.stopped || t.p.err != nil }

// advance takes the first event off the queue.
func (t *playing) advance() {
	t.queue = t.queue[1:]
	t.settle()
}

// settle does what follows from what has become the first event, and looks for what
// can never happen. The caller holds p.mu.
func (t *playing) settle() {
	defer t.wake()
	for !t.over() && len(t.queue) > 0 && t.heard() {
		t.queue = t.queue[1:]
	}
	if t.over() {
		return
	}
	if len(t.queue) == 0 {
		if len(t.said) > 0 {
			_ = t.p.differs(t.p.at, "%s, and did not then", t.said[0])
		} else if t.waiting != "" {
			_ = t.p.differs(t.p.at, "the server's answer to request %s is missing", t.waiting)
		}
		return
	}
	e := t.queue[0]
	switch {
	case e.mark != nil && len(t.said) > 0:
		_ = t.p.differs(e.line, "%s; then, %s", t.said[0], e)
	case e.mark != nil && e.mark.What == Died:
		t.die()
	case e.mark != nil && e.mark.What == Expired:
		t.p.expire(e.mark.Cause)
	case e.mains() && e.mark == nil && e.frame.method() == "$/cancelRequest":
		for _, later := range t.queue {
			if later.mark != nil && later.mark.What == Expired {
				t.p.expire(later.mark.Cause)
				break
			}
		}
	case e.mains() && t.waiting != "":
		_ = t.p.differs(e.line, "the server's answer to request %s is missing before: %s", t.waiting, e)
	case !e.mains() && e.frame.From == "lanser" && t.idle:
		_ = t.p.differs(e.line, "a reply to nothing that the server asked: %s", e)
	}
}

// heard matches the first event with what lanser has said, and says whether that was
// it. The stream must not make a writer wait, for others wait behind him: what is said
// is kept until its turn comes.
func (t *playing) heard() bool {
	e := t.queue[0]
	if e.frame == nil || e.frame.From != "lanser" {
		return false
	}
	said := &t.said
	if !e.mains() {
		said = &t.replies
	}
	if len(*said) == 0 {
		return false
	}
	f := (*said)[0].frame
	*said = (*said)[1:]
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

// catchUp waits until what lanser has said has had its turn, which comes when the server's
// messages before it have been read. The caller holds p.mu.
func (t *playing) catchUp() {
	for len(t.said) > 0 && len(t.queue) > 0 && !t.over() && !t.dead && !t.closed {
		t.turn.Wait()
	}
}

func (t *playing) die() {
	if !t.dead && t.onDead != nil {
		t.dead = true
		go t.onDead() // it takes the session's own lock
	}
}

// mine waits until it is lanser's own turn, and returns the event; nil when all is
// over.
func (t *playing) mine() *event {
	for !t.over() {
		if len(t.queue) > 0 && t.queue[0].mains() {
			return &t.queue[0]
		}
		if len(t.queue) == 0 {
			return nil
		}
		t.turn.Wait()
	}
	return nil
}

func (t *playing) Look(look func() bool) bool {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	e := t.mine()
	switch {
	case t.over():
		return look()
	case e == nil:
		_ = t.p.differs(t.p.at, "lanser looks at what %s has said, and did not then", t.start.Server)
		return look()
	case e.mark != nil && e.mark.What != Saw: // died or expired: who waits finds that himself
		return false
	case e.mark == nil:
		_ = t.p.differs(e.line, "lanser looks at what the server has said; then, %s", *e)
		return false
	}
	line := e.line
	for !t.idle && !t.closed && !t.dead && !t.over() { // the last message is being handled
		t.turn.Wait()
	}
	if !look() {
		_ = t.p.differs(line, "what lanser waited for had come then, and has not now")
		return false
	}
	t.advance()
	return true
}

func (t *playing) Died(d Death) Death {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	e := t.mine()
	switch {
	case t.over():
	case e == nil || e.mark == nil || e.mark.What != Died:
		_ = t.p.differs(t.lineOf(e), "the server is found gone, and was not then")
	default:
		d, t.waiting = *e.mark.Death, ""
		t.advance()
	}
	return d
}

func (t *playing) lineOf(e *event) int {
	if e == nil {
		return t.p.at
	}
	return e.line
}

func (t *playing) Expired(context.Context) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	e := t.mine()
	switch {
	case t.over():
	case e == nil || e.mark == nil || e.mark.What != Expired:
		_ = t.p.differs(t.lineOf(e), "time is up, and was not then")
	default:
		t.waiting = ""
		t.advance()
	}
}

func (t *playing) Failed(error) {}

func (t *playing) Silent() {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.closed = true
	t.wake()
}

func (t *playing) Replays() (bool, error) { return true, t.start.Fault.err() }

func (t *playing) Stop() {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.stopped = true
	t.wake()
}

func (t *playing) Stream(_ io.ReadWriteCloser, onDeath func()) io.ReadWriteCloser {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.onDead = onDeath
	return &reel{t: t}
}

// reel gives what the server said, and hears what lanser says.
type reel struct {
	t    *playing
	next []byte
}

func (r *reel) Read(p []byte) (int, error) {
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

func (r *reel) message() ([]byte, error) {
	t := r.t
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.idle = true
	defer func() { t.idle = false }()
	t.settle()
	for {
		if t.over() || t.dead || t.closed {
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

// framedRaw is what was no JSON, as it came.
func framedRaw(raw []byte) []byte {
	if _, _, ok := framed(raw); ok {
		return raw
	}
	return enframe(raw)
}

func (r *reel) Write(p []byte) (int, error) {
	t := r.t
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	if t.over() || t.gone() {
		return 0, io.ErrClosedPipe
	}
	e := event{frame: frame(t.start.Session, "lanser", bodyOf(p))}
	lost := t.lost(e)
	if e.mains() {
		t.said = append(t.said, e)
	} else {
		t.replies = append(t.replies, e)
	}
	t.settle()
	if lost {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// gone says whether, when lanser had said what it has said, there was nobody left to
// say more to.
func (t *playing) gone() bool {
	e := t.main(len(t.said))
	return e != nil && e.mark != nil && e.mark.What == Died
}

// lost says whether it was in sending this notification that lanser found the server gone:
// nothing else waits for one, so that it has to be found there again.
func (t *playing) lost(e event) bool {
	if env := e.frame.envelope(); env.Method == "" || env.ID != nil {
		return false
	}
	next := t.main(len(t.said) + 1)
	return next != nil && next.mark != nil && next.mark.What == Died && next.mark.Death.During == e.frame.method()
}

// main is the nth event of the queue, from 0, among those that are lanser's own doing; nil
// where there are fewer.
func (t *playing) main(n int) *event {
	for i := range t.queue {
		if !t.queue[i].mains() {
			continue
		}
		if n == 0 {
			return &t.queue[i]
		}
		n--
	}
	return nil
}

func (r *reel) Close() error {
	r.t.p.mu.Lock()
	defer r.t.p.mu.Unlock()
	r.t.closed = true
	r.t.wake()
	return nil
}
