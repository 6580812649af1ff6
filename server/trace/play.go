package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"lanser/selectors/text"
)

// Player replays a trace. It implements [Log]. After a mismatch its results mean nothing;
// [Player.Err] returns the first mismatch.
type Player struct {
	from func(path, digest string) ([]byte, error)
	Header

	mu       sync.Mutex
	r        *Reader
	contents map[string]Data // by digest
	files    map[string]string
	asks     map[string][]located[Ask]
	reads    map[string][]located[File]
	lists    []located[map[string]string]
	starts   []located[Start]
	tapes    map[int]*playing
	bounds   map[string]*manual // of the current request, by name
	bundle   *Answer
	expires  bool // an event of a session ends the time of the request
	at       int  // line of the current request
	err      error
}

// located is a part of the trace with its line.
type located[T any] struct {
	v    T
	line int
}

// NewPlayer returns a player of a trace. Contents of files that the trace does not have are read
// by from, which gets an absolute path or one relative to the workspace; they must have the
// digest.
func NewPlayer(r io.Reader, from func(path, digest string) ([]byte, error)) (*Player, error) {
	reader, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	return &Player{
		r:        reader,
		Header:   reader.Header,
		from:     from,
		contents: map[string]Data{},
		files:    map[string]string{},
		tapes:    map[int]*playing{},
	}, nil
}

// Next returns the next request; io.EOF after the last. The error is ReplayMismatch for a
// trace that is not as it was written.
func (p *Player) Next() (Asked, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks, p.reads = map[string][]located[Ask]{}, map[string][]located[File]{}
	p.lists, p.starts, p.bundle = nil, nil, nil
	p.bounds, p.expires = map[string]*manual{}, false
	var asked *Asked
	for p.bundle == nil {
		l, err := p.r.Next()
		if errors.Is(err, io.EOF) {
			if asked == nil {
				return Asked{}, io.EOF
			}
			return *asked, p.fail(p.r.broken("the trace ends before the answer to request %d", asked.N))
		}
		if err != nil {
			return Asked{}, p.fail(err)
		}
		if l.Request != nil {
			if asked != nil {
				return *asked, p.fail(p.r.broken("a request before the answer to the last"))
			}
			asked, p.at = l.Request, p.r.Line()
		}
		if err := p.take(l); err != nil {
			return Asked{}, p.fail(err)
		}
	}

	if asked == nil || asked.N != p.bundle.N {
		return Asked{}, p.fail(p.r.broken("an answer to no request"))
	}
	for _, t := range p.tapes {
		t.settle()
	}

	return *asked, nil
}

// take stores a line where it is replayed from. The caller holds p.mu.
func (p *Player) take(l Line) error {
	n := p.r.Line()
	happens := func(session int, e event) error {
		t := p.tapes[session]
		if t == nil {
			return p.r.broken("session %d has not started", session)
		}
		e.line = n
		t.queue = append(t.queue, e)
		return nil
	}

	switch {
	case l.Ask != nil:
		p.asks[l.Ask.Key] = append(p.asks[l.Ask.Key], located[Ask]{v: *l.Ask, line: n})
	case l.File != nil:
		p.reads[l.File.Path] = append(p.reads[l.File.Path], located[File]{v: *l.File, line: n})
	case l.Content != nil:
		p.contents[text.Digest(l.Content.bytes())] = *l.Content
	case l.Files != nil:
		now := maps.Clone(p.files)
		maps.Copy(now, l.Files.Now)
		for _, gone := range l.Files.Gone {
			delete(now, gone)
		}
		p.files = now
		p.lists = append(p.lists, located[map[string]string]{v: now, line: n})
	case l.Start != nil:
		if p.tapes[l.Start.Session] != nil {
			return p.r.broken("session %d starts twice", l.Start.Session)
		}
		p.starts = append(p.starts, located[Start]{v: *l.Start, line: n})
		p.tapes[l.Start.Session] = newPlaying(p, *l.Start)
	case l.Frame != nil:
		return happens(l.Frame.Session, event{frame: l.Frame})
	case l.Mark != nil:
		p.expires = p.expires || l.Mark.What == Expired
		return happens(l.Mark.Session, event{mark: l.Mark})
	case l.Bundle != nil:
		p.bundle = l.Bundle
	}

	return nil
}

// fail keeps the first mismatch and ends all waiting. The caller holds p.mu.
func (p *Player) fail(err error) error {
	if p.err == nil {
		p.err = err
		for _, t := range p.tapes {
			t.wake()
		}
		for _, b := range p.bounds {
			b.end(context.Canceled)
		}
	}
	return err
}

// differs ends the replay with a mismatch at a line of the trace. The caller holds p.mu.
func (p *Player) differs(line int, format string, args ...any) error {
	return p.fail(mismatch(line, format, args...))
}

// Err returns the first mismatch.
func (p *Player) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Finish compares the bundle with the recorded one, which it returns. The error names where they
// differ, or a recorded event that did not happen.
func (p *Player) Finish(bundle any) (recorded json.RawMessage, err error) {
	raw, err := json.Marshal(bundle)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range slices.Sorted(maps.Keys(p.tapes)) {
		p.tapes[n].catchUp()
	}

	if p.err != nil {
		return p.bundle.Bundle, p.err
	}
	if err != nil {
		return p.bundle.Bundle, p.fail(err)
	}
	line := p.r.Line()
	if where := Difference(p.bundle.Bundle, raw); where != "" {
		if deeper := Difference(withoutID(p.bundle.Bundle), withoutID(raw)); deeper != "" {
			where = deeper
		}
		return p.bundle.Bundle, p.differs(line, "the bundle of request %d is another: %s", p.bundle.N, where)
	}

	for _, key := range slices.Sorted(maps.Keys(p.asks)) {
		if left := p.asks[key]; len(left) > 0 && !(p.Version < int(Coverage) && key == obsoleteAsk) {
			return p.bundle.Bundle, p.differs(left[0].line, "%q was asked then, and is not now", key)
		}
	}

	for _, n := range slices.Sorted(maps.Keys(p.tapes)) {
		for _, e := range p.tapes[n].queue {
			if e.isOwn() {
				return p.bundle.Bundle, p.differs(e.line, "lanser did this then, and does not now: %s", e)
			}
		}
	}

	return p.bundle.Bundle, nil
}

// obsoleteAsk was asked in traces before version 3 for each server that needs no program to check files.
const obsoleteAsk = "where is "

// Files returns the list of the workspace's files, path to digest, that the next answer saw.
func (p *Player) Files() (map[string]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lists) == 0 {
		return nil, p.differs(p.at, "it has no list of the files of the workspace")
	}
	now := p.lists[0]
	p.lists = p.lists[1:]
	return now.v, nil
}

// File returns the content of a file of the workspace by its path and digest. The error is
// ReplayMismatch if there is no such content.
func (p *Player) File(path, digest string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.content(p.at, path, digest)
}

// content returns the content of a file, from the trace or from the place where the file was. line is the line of the
// trace to which a mismatch refers. The caller holds p.mu.
func (p *Player) content(line int, path, digest string) ([]byte, error) {
	if digest == "" {
		return nil, p.differs(line, "the content of %s was not read then, and is wanted now", path)
	}
	if d, ok := p.contents[digest]; ok {
		return d.bytes(), nil
	}
	b, err := p.from(path, digest)
	if err != nil {
		return nil, p.differs(line, "the trace lacks the content of %s, and it cannot be read: %v", path, err)
	}
	if text.Digest(b) != digest {
		return nil, p.differs(line, "%s is not as it was: its digest is %s, and was %s", path, text.Digest(b), digest)
	}
	return b, nil
}

// Knows reports whether the trace has an answer to a question at this point.
func (p *Player) Knows(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asks[key]) > 0
}

// Ask returns the recorded answer.
func (p *Player) Ask(key string, _ func() ([]byte, error)) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.asks[key]
	if len(left) == 0 {
		return nil, p.differs(p.at, "%q is asked, and was not in this request", key)
	}
	p.asks[key] = left[1:]
	return left[0].v.Found.bytes(), left[0].v.Fault.err()
}

// ReadFile returns the recorded content.
func (p *Player) ReadFile(path string, _ func() ([]byte, error)) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.reads[path]
	if len(left) == 0 {
		return nil, p.differs(p.at, "%s is read, and was not in this request", path)
	}
	if len(left) > 1 { // of a file that was read several times only changes are recorded
		p.reads[path] = left[1:]
	}
	if left[0].v.Digest == "" {
		return nil, fs.ErrNotExist
	}
	return p.content(left[0].line, path, left[0].v.Digest)
}

// Tape returns the tape of the next session.
func (p *Player) Tape(server string, _ []string) Tape {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.starts) == 0 {
		_ = p.differs(p.at, "%s is started, and was not in this request", server)
		return newPlaying(p, Start{Server: server, Fault: faultOf(p.err)})
	}

	start := p.starts[0]
	p.starts = p.starts[1:]
	if start.v.Server != server {
		_ = p.differs(start.line, "%s was started then, and %s is now", start.v.Server, server)
	}
	return p.tapes[start.v.Session]
}

// manual is a context that the player ends.
type manual struct {
	context.Context // of the caller
	done            chan struct{}
	once            sync.Once
	mu              sync.Mutex
	err             error
}

// Deadline returns none: the context ends when the recorded one did, whatever the time is.
func (m *manual) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done returns a channel that is closed when the context ends.
func (m *manual) Done() <-chan struct{} { return m.done }

// Err returns why the context has ended, nil if it has not.
func (m *manual) Err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// end ends the context. Only the first call has an effect.
func (m *manual) end(err error) {
	m.once.Do(func() {
		m.mu.Lock()
		m.err = err
		m.mu.Unlock()
		close(m.done)
	})
}

// Within returns a context that ends at the point where it ended when it was recorded.
func (p *Player) Within(ctx context.Context, _ time.Duration, name string) (context.Context, context.CancelFunc) {
	m := &manual{Context: ctx, done: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { m.end(ctx.Err()) })
	p.mu.Lock()
	if p.bounds != nil {
		p.bounds[name] = m
	}
	early := name == requestBound && p.bundle.Ended != "" && !p.expires
	if p.err != nil || early && p.bundle.Ended != requestBound {
		m.end(context.Canceled)
	} else if early {
		m.end(context.DeadlineExceeded)
	}

	p.mu.Unlock()
	return m, func() {
		stop()
		m.end(context.Canceled)
	}
}

// expire ends a bound of the current request; [cancelled] ends all. The caller
// holds p.mu.
func (p *Player) expire(name string) {
	if m := p.bounds[name]; m != nil {
		m.end(context.DeadlineExceeded)
		return
	}
	for _, m := range p.bounds {
		m.end(context.Canceled)
	}
}

// Difference describes the first difference of two JSON values: its JSON Pointer (RFC 6901) and
// both values. It returns "" if they are equal.
func Difference(recorded, now []byte) string {
	var a, b any
	if err := json.Unmarshal(recorded, &a); err != nil {
		return fmt.Sprintf("the recorded value is not JSON: %v", err)
	}
	if err := json.Unmarshal(now, &b); err != nil {
		return fmt.Sprintf("the current value is not JSON: %v", err)
	}
	where := difference("", a, b)
	if where == "" && !sameBytes(recorded, now) {
		where = "the same values are spelt otherwise"
	}
	return where
}

// withoutID returns a bundle without its digest, whose difference explains nothing.
func withoutID(raw []byte) []byte {
	var b map[string]json.RawMessage
	if json.Unmarshal(raw, &b) != nil {
		return raw
	}
	delete(b, "bundleId")
	out, err := json.Marshal(b)
	if err != nil {
		return raw
	}
	return out
}

// sameBytes reports whether two JSON values have the same canonical form (RFC 8785).
func sameBytes(a, b []byte) bool {
	x, y := jsontext.Value(slices.Clone(a)), jsontext.Value(slices.Clone(b))
	return x.Canonicalize() == nil && y.Canonicalize() == nil && bytes.Equal(x, y)
}

// difference describes the first difference between two JSON values at a JSON Pointer (RFC 6901); "" if they are equal.
// a is the recorded value.
func difference(at string, a, b any) string {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		keys := maps.Clone(x)
		maps.Copy(keys, y)
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			here := at + "/" + pointer.Replace(k)
			v, had := x[k]
			w, has := y[k]
			if !had {
				return fmt.Sprintf("%s was absent, and is %s", here, brief(w))
			}
			if !has {
				return fmt.Sprintf("%s was %s, and is absent", here, brief(v))
			}
			if where := difference(here, v, w); where != "" {
				return where
			}
		}
		return ""
	case []any:
		y, ok := b.([]any)
		if !ok {
			break
		}
		for i := range min(len(x), len(y)) {
			if where := difference(fmt.Sprintf("%s/%d", at, i), x[i], y[i]); where != "" {
				return where
			}
		}
		if len(x) != len(y) {
			return fmt.Sprintf("%s had %d entries, and has %d", at, len(x), len(y))
		}
		return ""
	default:
		if a == b {
			return ""
		}
	}

	return fmt.Sprintf("%s was %s, and is %s", at, brief(a), brief(b))
}

// pointer escapes the keys of a JSON Pointer.
var pointer = strings.NewReplacer("~", "~0", "/", "~1")

// maxBrief bounds a value in a message, in bytes.
const maxBrief = 120

// brief returns a JSON value as text, cut off at maxBrief.
func brief(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(raw) > maxBrief {
		raw = append(raw[:maxBrief:maxBrief], "…"...)
	}
	return string(bytes.ToValidUTF8(raw, nil))
}
