package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"lanser/selectors/text"
)

// Recorder writes a trace. It implements [Log].
type Recorder struct {
	mu       sync.Mutex
	w        io.Writer
	sums     chain
	header   bool
	contents bool
	n        int               // number of the current request
	open     bool              // a request has begun and not ended
	sessions int               // how many were started
	files    map[string]string // the workspace's list as it was written last
	have     map[string]bool   // digests of the contents that were written
	read     map[string]string // path → digest, of files that this request has read
	ended    string            // the bound of the request that ended outside of any session
	err      error             // the first error of writing
}

// NewRecorder returns a recorder that writes to w, with the contents of files if contents is set.
func NewRecorder(w io.Writer, contents bool) *Recorder {
	return &Recorder{w: w, contents: contents, files: map[string]string{}, have: map[string]bool{}}
}

// Head writes the header, once.
func (r *Recorder) Head(h Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.header {
		return
	}
	r.header = true
	h.Version, h.Contents = Version, r.contents
	r.write(Line{Trace: &h})
}

// Begin begins a request, which is encoded as JSON.
func (r *Recorder) Begin(request any) {
	raw, err := json.Marshal(request)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(err)
	r.n++
	r.open, r.read, r.ended = true, map[string]string{}, ""
	r.write(Line{Request: &Asked{N: r.n, Request: raw}})
}

// Files writes the list of the workspace's files as an answer found it: path to
// digest, "" for a file that was not read.
func (r *Recorder) Files(now map[string]string, content func(path string) []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	diff := Files{Now: map[string]string{}}
	for p, digest := range now {
		if old, had := r.files[p]; !had || digest != "" && old != digest {
			diff.Now[p] = digest
			r.files[p] = digest
		}
	}

	for p := range r.files {
		if _, is := now[p]; !is {
			diff.Gone = append(diff.Gone, p)
			delete(r.files, p)
		}
	}

	slices.Sort(diff.Gone)
	for _, p := range slices.Sorted(maps.Keys(diff.Now)) {
		if digest := diff.Now[p]; digest != "" && r.contents && !r.have[digest] {
			r.keep(digest, content(p))
		}
	}
	r.write(Line{Files: &diff})
}

// keep writes a content that was not written before. The caller holds r.mu.
func (r *Recorder) keep(digest string, content []byte) {
	if !r.have[digest] {
		r.have[digest] = true
		d := data(content)
		r.write(Line{Content: &d})
	}
}

// End ends the request with its bundle, which is encoded as JSON. It returns the first error of
// writing.
func (r *Recorder) End(bundle any) error {
	raw, err := json.Marshal(bundle)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(err)
	r.write(Line{Bundle: &Answer{N: r.n, Bundle: raw, Ended: r.ended}})
	r.open = false
	return r.err
}

// note keeps the first error. The caller holds r.mu.
func (r *Recorder) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

// write writes a line. The caller holds r.mu.
func (r *Recorder) write(l Line) {
	if r.err != nil {
		return
	}
	raw, err := r.sums.encode(l)
	r.note(err)
	if err == nil {
		_, err = r.w.Write(raw)
		r.note(err)
	}
}

// Knows is true: the answer will be recorded.
func (r *Recorder) Knows(string) bool { return true }

// Ask records what look returns.
func (r *Recorder) Ask(key string, look func() ([]byte, error)) ([]byte, error) {
	found, err := look()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open {
		r.write(Line{Ask: &Ask{Key: key, Found: data(found), Fault: faultOf(err)}})
	}
	return found, err
}

// ReadFile records the digest of what look returns, and the content if contents are written.
func (r *Recorder) ReadFile(path string, look func() ([]byte, error)) ([]byte, error) {
	found, err := look()
	digest := ""
	if err == nil {
		digest = text.Digest(found)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, again := r.read[path]; !r.open || again && old == digest {
		return found, err
	}
	r.read[path] = digest
	if r.contents && err == nil {
		r.keep(digest, found)
	}
	r.write(Line{File: &File{Path: path, Digest: digest}})
	return found, err
}

// Within returns a context that ends after d.
func (r *Recorder) Within(ctx context.Context, d time.Duration, name string) (context.Context, context.CancelFunc) {
	ctx, cancel := within(ctx, d, name)
	return ctx, func() {
		if name == requestBound && ctx.Err() != nil {
			r.mu.Lock()
			if r.open && r.ended == "" {
				r.ended = causeOf(ctx)
			}
			r.mu.Unlock()
		}
		cancel()
	}
}

// Tape returns the tape of a new session.
func (r *Recorder) Tape(server string, env []string) Tape {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions++
	t := &recording{r: r, start: Start{Session: r.sessions, Server: server}, strip: stripper(env)}
	t.free = sync.NewCond(&t.busy)
	return t
}

// recording is the tape of a session with a real server.
type recording struct {
	r     *Recorder
	start Start
	strip *strings.Replacer

	// busy is held during a look. No message is being handled then: its handling begins when it
	// is read and ends when the next is asked for.
	busy    sync.Mutex
	free    *sync.Cond // of busy
	handles bool       // a message is being handled; guarded by busy
	silent  bool       // the reader has ended; guarded by busy
	started sync.Once
	stopMu  sync.Mutex
	stopped bool
}

// begin writes the start of the session, once. The caller holds r.mu.
func (t *recording) begin(f *Fault) {
	t.started.Do(func() {
		t.start.Fault = f
		t.r.write(Line{Start: &t.start})
	})
}

// write writes a line of the session, unless the tape was stopped.
func (t *recording) write(l Line) {
	t.stopMu.Lock()
	defer t.stopMu.Unlock()
	if t.stopped {
		return
	}
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	t.begin(nil)
	t.r.write(l)
}

// Failed records that the server could not be started.
func (t *recording) Failed(err error) {
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	t.begin(faultOf(err))
}

// Stop ends the tape.
func (t *recording) Stop() {
	t.stopMu.Lock()
	defer t.stopMu.Unlock()
	t.stopped = true
}

// Replays returns false: the server really runs.
func (t *recording) Replays() (bool, error) { return false, nil }

// Look waits until the last message of the server has been handled, and records a look that found what it looked for.
// The replay then looks at the same point.
func (t *recording) Look(look func() bool) bool {
	t.busy.Lock()
	defer t.busy.Unlock()
	for t.handles && !t.silent {
		t.free.Wait()
	}
	if !look() {
		return false
	}
	t.write(Line{Mark: &Mark{Session: t.start.Session, What: Saw}})
	return true
}

// Died records how the server was found to have exited.
func (t *recording) Died(d Death) Death {
	t.write(Line{Mark: &Mark{Session: t.start.Session, What: Died, Death: &d}})
	return d
}

// Expired records that a bound of time has ended the request.
func (t *recording) Expired(ctx context.Context) {
	t.write(Line{Mark: &Mark{Session: t.start.Session, What: Expired, Cause: causeOf(ctx)}})
}

// Stream returns the connection to the server, which records the messages.
func (t *recording) Stream(rw io.ReadWriteCloser, _ func()) io.ReadWriteCloser {
	return &recordStream{t: t, rw: rw}
}

// recordStream records the messages that are read and written.
type recordStream struct {
	t    *recording
	rw   io.ReadWriteCloser
	next []byte // the rest of the message that is being returned
	buf  [64 << 10]byte
}

// Read returns one message, or a part of one that is larger than p.
func (s *recordStream) Read(p []byte) (int, error) {
	if len(s.next) == 0 {
		s.t.handled()
		message, err := s.message()
		if err != nil {
			return 0, err
		}
		s.t.busy.Lock()
		s.t.handles = true
		s.next = s.t.record(message)
		s.t.busy.Unlock()
	}
	n := copy(p, s.next)
	s.next = s.next[n:]
	return n, nil
}

// handled records that the last message has been handled.
func (t *recording) handled() {
	t.busy.Lock()
	defer t.busy.Unlock()
	t.handles = false
	t.free.Broadcast()
}

// Silent records that the reader has ended.
func (t *recording) Silent() {
	t.busy.Lock()
	defer t.busy.Unlock()
	t.silent = true
	t.free.Broadcast()
}

// message reads a whole framed message.
func (s *recordStream) message() ([]byte, error) {
	var whole []byte
	for {
		n, err := s.rw.Read(s.buf[:])
		whole = append(whole, s.buf[:n]...)
		if body, size, ok := framed(whole); ok && len(body) >= size {
			return whole, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// Write records a message of lanser and sends it. It is recorded first, so that it comes before the reply.
func (s *recordStream) Write(p []byte) (int, error) {
	s.t.write(Line{Frame: frame(s.t.start.Session, "lanser", bodyOf(p))})
	return s.rw.Write(p)
}

// Close closes the connection to the server.
func (s *recordStream) Close() error { return s.rw.Close() }

// record writes a message of the server without secrets, and returns it as it was written.
func (t *recording) record(whole []byte) []byte {
	body := bodyOf(whole)
	if isLog(body) {
		if stripped := []byte(t.strip.Replace(string(body))); !bytes.Equal(stripped, body) && json.Valid(stripped) {
			body = stripped
			whole = enframe(body)
		}
	}
	t.write(Line{Frame: frame(t.start.Session, "server", body)})
	return whole
}

// frame returns the line of a message.
func frame(session int, from string, body []byte) *Frame {
	f := &Frame{Session: session, From: from}
	if utf8.Valid(body) && json.Valid(body) {
		f.Message = slices.Clone(body)
	} else {
		f.Raw = slices.Clone(body)
	}
	return f
}

// isLog reports whether a message is one for people: no reply, and nothing that replies depend
// on, except for phrases that signal readiness.
func isLog(body []byte) bool {
	var m struct {
		Method string `json:"method"`
	}
	if json.Unmarshal(body, &m) != nil {
		return false
	}
	switch m.Method {
	case "window/logMessage", "window/showMessage", "$/logTrace", "telemetry/event":
		return true
	}
	return false
}

// plain are variables whose values are not secret and are part of most paths.
var plain = []string{
	"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "GOPATH", "GOROOT", "GOMODCACHE",
	"GOCACHE", "GOOS", "GOARCH",
}

// shortestSecret is the length in bytes of the shortest value that is replaced: shorter ones
// occur in many messages by chance.
const shortestSecret = 6

// stripper returns a replacer of the values of variables by their names.
func stripper(env []string) *strings.Replacer {
	var pairs []string
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		if len(value) < shortestSecret || slices.Contains(plain, name) || strings.HasPrefix(name, "XDG_") {
			continue
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			continue
		}
		pairs = append(pairs, string(quoted[1:len(quoted)-1]), "${"+name+"}")
		if value != string(quoted[1:len(quoted)-1]) {
			pairs = append(pairs, value, "${"+name+"}")
		}
	}
	return strings.NewReplacer(pairs...)
}
