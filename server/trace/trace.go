// Package trace owns the trace: a file that records how answers came about, and from which they
// can be computed again (spec section 7).
//
// # What is in it
//
// One JSON object a line. Everything that an answer depends on is recorded, or named by its
// digest: the request, the files of the workspace, facts of the machine (git, the folders of
// libraries, which servers are installed), every message to and from a language server, and the
// points at which lanser looked at what the server had sent. The bundle follows, without what
// differs between two runs.
//
// A [Recorder] writes the trace while an engine works. A [Player] replaces the outside world:
// the same code runs and gets the recorded answers. If it asks or sends anything else than was
// recorded, that is a mismatch, which names its line.
//
// # Promises
//
//  1. In a replay a message reaches the engine at the same point of its work as when it was
//     recorded, although servers send messages at any time: the trace has lanser's looks.
//  2. Each line has a SHA-256 of itself and all lines before it, so that a line that was
//     changed, removed or moved is detected.
//  3. No environment variable is written. In what servers log, the values of their variables
//     are replaced, except for those that name folders and languages.
//  4. A trace of a later format version is refused.
//
// # What it does not do
//
// It does not interpret what it records: requests, bundles and messages are JSON to it.
package trace

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"lanser/selectors/fault"
	"lanser/server/wire"
)

// Header is the first line.
type Header struct {
	Version  int    `json:"version" jsonschema:"of the format"`
	Lanser   string `json:"lanser" jsonschema:"version of what recorded it"`
	Root     string `json:"root" jsonschema:"where the workspace was"`
	Git      bool   `json:"git,omitempty" jsonschema:"whether it was in a git repository"`
	Platform string `json:"platform"`
	Trust    bool   `json:"trust,omitempty"`
	Contents bool   `json:"contents,omitempty" jsonschema:"whether the contents of files are in it"`

	Servers []UserServer `json:"servers,omitempty" jsonschema:"the language servers that the user has described"`
}

// UserServer is what a trace holds of a language server that the user has described.
type UserServer struct {
	Name      string            `json:"name"`
	Languages map[string]string `json:"languages" jsonschema:"of extensions and names of files"`
	Roots     []string          `json:"roots,omitempty" jsonschema:"names of files whose changes restart it"`
	Options   map[string]any    `json:"options,omitempty" jsonschema:"initializationOptions"`
	Settings  map[string]any    `json:"settings,omitempty" jsonschema:"replies to workspace/configuration, by section"`
}

// Line is any line. Exactly one field other than Sum is set.
type Line struct {
	Trace   *Header `json:"trace,omitempty"`
	Request *Asked  `json:"request,omitempty"`
	Ask     *Ask    `json:"ask,omitempty"`
	File    *File   `json:"file,omitempty"`
	Files   *Files  `json:"files,omitempty"`
	Content *Data   `json:"content,omitempty"`
	Start   *Start  `json:"start,omitempty"`
	Frame   *Frame  `json:"frame,omitempty"`
	Mark    *Mark   `json:"mark,omitempty"`
	Bundle  *Answer `json:"bundle,omitempty"`
	Sum     string  `json:"sum" jsonschema:"SHA-256 over the sum before it and this line without sum"`
}

// Asked begins a request.
type Asked struct {
	N       int             `json:"n" jsonschema:"number of the request, from 1"`
	Request json.RawMessage `json:"request"`
}

// Answer ends a request.
type Answer struct {
	N      int             `json:"n"`
	Bundle json.RawMessage `json:"bundle" jsonschema:"without local"`
	Ended  string          `json:"ended,omitempty" jsonschema:"which time was up, where that was before any server was asked"`
}

// Data is text, or bytes that are not UTF-8.
type Data struct {
	Text   string `json:"text,omitempty"`
	Base64 []byte `json:"base64,omitempty"`
}

// data returns bytes as they are written to a trace.
func data(b []byte) Data {
	if utf8.Valid(b) {
		return Data{Text: string(b)}
	}
	return Data{Base64: b}
}

// bytes returns the bytes that were written.
func (d Data) bytes() []byte {
	if d.Base64 != nil {
		return d.Base64
	}
	return []byte(d.Text)
}

// Ask is a question about the machine, and the answer.
type Ask struct {
	Key   string `json:"key"`
	Found Data   `json:"found"`
	Fault *Fault `json:"fault,omitempty"`
}

// Fault is an error that occurred.
type Fault struct {
	Code    fault.Code `json:"code,omitempty"`
	Message string     `json:"message"`
	Hint    string     `json:"hint,omitempty"`
}

// faultOf returns an error as it is written to a trace, nil for nil.
func faultOf(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return &Fault{Code: f.Code, Message: f.Message, Hint: f.Hint}
	}
	return &Fault{Message: err.Error()}
}

// err returns the error that was written, nil for nil.
func (f *Fault) err() error {
	if f == nil {
		return nil
	}
	if f.Code == "" {
		return errors.New(f.Message)
	}
	return fault.New(f.Code, "%s", f.Message).WithHint("%s", f.Hint)
}

// File is a file that was read and is not in the workspace's list.
type File struct {
	Path   string `json:"path" jsonschema:"absolute"`
	Digest string `json:"digest,omitempty" jsonschema:"empty where it could not be read"`
}

// Files is the difference of the workspace's list of files from the last one.
type Files struct {
	// Now has files that are new, or were read first or with another content: path → digest, ""
	// for a file that was not read.
	Now  map[string]string `json:"now,omitempty" jsonschema:"path to digest; empty for a file whose content nothing depended on"`
	Gone []string          `json:"gone,omitempty"`
}

// Start begins a session with a server.
type Start struct {
	Session int    `json:"session" jsonschema:"number of the session, from 1"`
	Server  string `json:"server"`
	Fault   *Fault `json:"fault,omitempty" jsonschema:"why it did not start"`
}

// Frame is a message of the Language Server Protocol.
type Frame struct {
	Session int             `json:"session"`
	From    string          `json:"from" jsonschema:"lanser or server"`
	Message json.RawMessage `json:"message,omitempty"`
	Raw     []byte          `json:"raw,omitempty" jsonschema:"base64 of what is no JSON"`
}

// The kinds of marks.
const (
	Saw     = "saw"     // lanser looked at what the server had sent so far, and found what it waited for
	Died    = "died"    // lanser found the server gone
	Expired = "expired" // a context ended
)

// Mark is a step of lanser's own in a session that is no message.
type Mark struct {
	Session int    `json:"session"`
	What    string `json:"what" jsonschema:"saw, died or expired"`
	Death   *Death `json:"death,omitempty"`
	Cause   string `json:"cause,omitempty" jsonschema:"of expired: which time was up"`
}

// Death is how a server ended.
type Death struct {
	Exit   string `json:"exit"`
	Stderr string `json:"stderr,omitempty"`
	Broke  string `json:"broke,omitempty" jsonschema:"how it broke the protocol"`
	// During is what lanser was doing when it found the server gone. A replay may find that at
	// another point.
	During string `json:"during,omitempty" jsonschema:"what lanser was doing when it found out"`
}

// chain computes the sums of lines.
type chain [sha256.Size]byte

// sumKey begins the last member of each line, the sum of the trace up to the line.
const sumKey = `,"sum":"`

// next returns the sum of a line's body, which is JSON without its closing brace.
func (c *chain) next(body []byte) string {
	h := sha256.New()
	h.Write(c[:])
	h.Write(body)
	h.Sum(c[:0])
	return hex.EncodeToString(c[:])
}

// encode returns a line with its sum and a newline.
func (c *chain) encode(l Line) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		return nil, err
	}
	body, ok := bytes.CutSuffix(b.Bytes(), []byte(sumKey+"\"}\n"))
	if !ok {
		return nil, errors.New("a line that does not end in its sum")
	}
	sum := c.next(body)
	return fmt.Appendf(body, "%s%s\"}\n", sumKey, sum), nil
}

// sumLen is the length in bytes that a sum adds to a line, without the newline.
const sumLen = len(sumKey) + 2*sha256.Size + len(`"}`)

// decode decodes a line and checks its sum.
func (c *chain) decode(raw []byte) (l Line, err error) {
	if len(raw) < sumLen {
		return l, errors.New("it is cut short")
	}
	body := raw[:len(raw)-sumLen]
	if want := c.next(body); string(raw[len(body):]) != sumKey+want+`"}` {
		return l, errors.New("its sum does not fit: this line or one before it was changed, left out or moved")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return l, dec.Decode(&l)
}

// MaxLine bounds a line, in bytes.
const MaxLine = 256 << 20

// Reader reads the lines of a trace.
type Reader struct {
	r    *bufio.Reader
	sums chain
	n    int
	Header
}

// NewReader reads the header. The error is VersionSkew for a later format version, and Usage for
// a file that is no trace.
func NewReader(r io.Reader) (*Reader, error) {
	t := &Reader{r: bufio.NewReaderSize(r, 1<<20)}
	first, err := t.r.Peek(min(4096, t.r.Size()))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.Wrap(fault.Usage, err, "cannot read the trace: %v", err)
	}
	var head struct {
		Trace *struct {
			Version int `json:"version"`
		} `json:"trace"`
	}

	if line, _, _ := bytes.Cut(first, []byte("\n")); json.Unmarshal(line, &head) != nil || head.Trace == nil {
		return nil, fault.New(fault.Usage, "this is not a trace: the first line is not the header of one").
			WithHint("--trace-file records one")
	}
	if v := head.Trace.Version; v < Oldest || v > Version {
		return nil, fault.New(fault.VersionSkew,
			"the trace is of format version %d, and this lanser reads %d to %d", v, Oldest, Version).
			WithHint("read it with the lanser that recorded it")
	}

	l, err := t.Next()
	if err != nil {
		return nil, err
	}
	t.Header = *l.Trace
	return t, nil
}

// Next returns the next line; io.EOF after the last. The error is ReplayMismatch, and names the
// line, for a line that was changed.
func (t *Reader) Next() (Line, error) {
	raw, err := readLine(t.r)
	if errors.Is(err, io.EOF) && len(raw) == 0 {
		return Line{}, io.EOF
	}
	t.n++
	if err == nil {
		var l Line
		l, err = t.sums.decode(raw)
		if err == nil {
			if (t.n == 1) != (l.Trace != nil) {
				err = errors.New("a header belongs on the first line, and only there")
			} else {
				return l, nil
			}
		}
	}
	return Line{}, t.broken("%v", err)
}

// Line returns the number of the last line that was read, from 1.
func (t *Reader) Line() int { return t.n }

// broken returns the error for a trace that is malformed at the last line that was read.
func (t *Reader) broken(format string, args ...any) *fault.Error {
	return mismatch(t.n, format, args...)
}

// mismatch returns the error for a line of a trace that is malformed, or that the replay does not agree with.
func mismatch(line int, format string, args ...any) *fault.Error {
	return fault.New(fault.ReplayMismatch, "line %d of the trace: %s", line, fmt.Sprintf(format, args...))
}

// readLine returns a line without its newline; io.EOF after the last line.
func readLine(r *bufio.Reader) (line []byte, err error) {
	line, err = wire.ReadLine(r, MaxLine, wire.FailAtOnce)
	switch {
	case errors.Is(err, wire.ErrLineTooLong):
		return line, fmt.Errorf("it has more than %d bytes", MaxLine)
	case errors.Is(err, io.EOF) && len(line) > 0:
		return line, errors.New("the trace ends in the middle of it")
	case err != nil:
		return line, err
	}
	return line[:len(line)-1], nil
}
