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
	n        int               // of the request under way
	open     bool              // a request is under way
	sessions int               // that were started
	files    map[string]string // the workspace's list as the trace has it
	have     map[string]bool   // digests of the contents that are in the trace
	read     map[string]string // by path: the digest that this request has read
	ended    string            // which time of the request was up, as far as no session's tape tells
	err      error             // the first of writing
}

// NewRecorder records to w; contents says whether the contents of files are written
// too.
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

// Begin begins a request, which is any JSON.
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

func (r *Recorder) keep(digest string, content []byte) {
	if !r.have[digest] {
		r.have[digest] = true
		d := data(content)
		r.write(Line{Content: &d})
	}
}

// End ends the request with its bundle, which is any JSON, and says whether all
// could be written.
func (r *Recorder) End(bundle any) error {
	raw, err := json.Marshal(bundle)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(err)
	r.write(Line{Bundle: &Answer{N: r.n, Bundle: raw, Ended: r.ended}})
	r.open = false
	return r.err
}

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

// Ask notes what look finds.
func (r *Recorder) Ask(key string, look func() ([]byte, error)) ([]byte, error) {
	found, err := look()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open {
		r.write(Line{Ask: &Ask{Key: key, Found: data(found), Fault: faultOf(err)}})
	}
	return found, err
}

// ReadFile notes the digest of what was read, and the content where that is wanted.
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

// Within is a context that ends after d.
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

// Tape begins a session.
func (r *Recorder) Tape(server string, env []string) Tape {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions++
	t := &recording{r: r, start: Start{Session: r.sessions, Server: server}, strip: stripper(env)}
	t.free = sync.NewCond(&t.busy)
	return t
}

// recording is the tape of a session that is recorded.
type recording struct {
	r     *Recorder
	start Start
	strip *strings.Replacer

	// busy is held during a look, and no message is on its way then: from Read to the
	// end of its handling, which is when the next is asked for.
	busy    sync.Mutex
	free    *sync.Cond // of busy
	handles bool       // a message is being handled; guarded by busy
	silent  bool       // nothing is read any more; guarded by busy
	started sync.Once
	stopMu  sync.Mutex
	stopped bool
}

func (t *recording) begin(f *Fault) {
	t.started.Do(func() {
		t.start.Fault = f
		t.r.write(Line{Start: &t.start})
	})
}

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

func (t *recording) Failed(err error) {
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	t.begin(faultOf(err))
}

func (t *recording) Stop() {
	t.stopMu.Lock()
	defer t.stopMu.Unlock()
	t.stopped = true
}

func (t *recording) Replays() (bool, error) { return false, nil }

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

func (t *recording) Died(d Death) Death {
	t.write(Line{Mark: &Mark{Session: t.start.Session, What: Died, Death: &d}})
	return d
}

func (t *recording) Expired(ctx context.Context) {
	t.write(Line{Mark: &Mark{Session: t.start.Session, What: Expired, Cause: causeOf(ctx)}})
}

func (t *recording) Stream(rw io.ReadWriteCloser, _ func()) io.ReadWriteCloser {
	return &tee{t: t, rw: rw}
}

// tee notes what passes.
type tee struct {
	t    *recording
	rw   io.ReadWriteCloser
	next []byte // of the message that was read, what was not yet given
	buf  [64 << 10]byte
}

// Read gives one message; its source does so with every Read but for large ones, of
// which each gives a part.
func (s *tee) Read(p []byte) (int, error) {
	if len(s.next) == 0 {
		s.t.handled()
		message, err := s.message()
		if err != nil {
			return 0, err
		}
		s.t.busy.Lock()
		s.t.handles = true
		s.next = s.t.hear(message)
		s.t.busy.Unlock()
	}
	n := copy(p, s.next)
	s.next = s.next[n:]
	return n, nil
}

// handled notes that the last message has been dealt with.
func (t *recording) handled() {
	t.busy.Lock()
	defer t.busy.Unlock()
	t.handles = false
	t.free.Broadcast()
}

// Silent notes that nothing more is read.
func (t *recording) Silent() {
	t.busy.Lock()
	defer t.busy.Unlock()
	t.silent = true
	t.free.Broadcast()
}

// message reads a whole framed message.
func (s *tee) message() ([]byte, error) {
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

func (s *tee) Write(p []byte) (int, error) {
	s.t.write(Line{Frame: frame(s.t.start.Session, "lanser", bodyOf(p))})
	return s.rw.Write(p)
}

func (s *tee) Close() error { return s.rw.Close() }

// hear notes a message of the server, and returns it as it is noted.
func (t *recording) hear(whole []byte) []byte {
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

func frame(session int, from string, body []byte) *Frame {
	f := &Frame{Session: session, From: from}
	if utf8.Valid(body) && json.Valid(body) {
		f.Message = slices.Clone(body)
	} else {
		f.Raw = slices.Clone(body)
	}
	return f
}

// isLog says whether a message is a server's talk: no answer, and nothing that one
// depends on but for a phrase.
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

// plain are variables whose values are no secret, and stand in every path.
var plain = []string{
	"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "GOPATH", "GOROOT", "GOMODCACHE",
	"GOCACHE", "GOOS", "GOARCH",
}

// shortestSecret is the length in bytes of the shortest value that is stripped: a
// shorter one stands in half of all messages by chance.
const shortestSecret = 6

// stripper replaces the values of variables by their names.
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
