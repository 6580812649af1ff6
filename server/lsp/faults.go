package lsp

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/server/trace"
)

// failed turns an error of a call into a typed one. A reply that is an error leaves the session alive, and so does a
// deadline. Otherwise the connection is lost, or the server has sent something that cannot be read: then the server has
// ended, or is killed here.
func (s *Session) failed(ctx context.Context, method string, err error) error {
	var reply *jsonrpc2.Error
	isReply := errors.As(err, &reply)
	switch {
	case isReply && isParseError(reply):
		s.breaks(errors.New("it sent something that is no message of JSON-RPC"))
		if s.proc != nil {
			s.proc.Kill()
		}
		return s.died(method)
	case isReply:
		return s.refused(method, reply)
	case ctx.Err() != nil:
		return s.timeout(ctx, method)
	}

	if s.proc == nil {
		return s.died(method)
	}

	// The connection is gone. The process is about to end by itself, or is killed.
	select {
	case <-s.exited:
	case <-time.After(closeTime):
		s.proc.Kill()
		<-s.exited
	}
	return s.died(method)
}

// deafTime is how long a message may take after its deadline: a busy server may not read for a moment.
const deafTime = 500 * time.Millisecond

// endIfDeaf watches one message to the server until returned is called. A server that does not read blocks
// whoever writes to it, beyond any deadline: if the message is not over soon after ctx has ended, the server
// is killed, which ends the writing.
func (s *Session) endIfDeaf(ctx context.Context) (returned func()) {
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-over:
		case <-time.After(deafTime):
			s.breaks(errors.New("it does not read what it is sent"))
			if s.proc != nil {
				s.proc.Kill()
			}
		}
	})
	return func() {
		stop()
		close(over)
	}
}

// isParseError reports whether an error is jsonrpc2's own, after which the stream is lost.
func isParseError(reply *jsonrpc2.Error) bool {
	return reply.Code == jsonrpc2.ErrParse.Code && reply.Message == jsonrpc2.ErrParse.Message
}

// refused turns a server's error reply into a typed error. Servers reply "not supported" with
// several codes (measured: -32601, -32600, -32700 and 0).
func (s *Session) refused(method string, reply *jsonrpc2.Error) error {
	code := fault.Incomplete
	says := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool {
			return strings.Contains(strings.ToLower(reply.Message), part)
		})
	}

	switch {
	case reply.Code == jsonrpc2.MethodNotFound || says("not supported", "unhandled method"):
		code = fault.Unsupported
	case reply.Code == jsonrpc2.Code(protocol.LSPErrorCodesContentModified),
		reply.Code == jsonrpc2.Code(protocol.LSPErrorCodesServerCancelled):
		code = fault.ContentModified
	case says("no identifier", "no object", "identifier not found"):
		code = fault.NotFound
	}
	return fault.Wrap(code, reply,
		"%s answered %s with an error: %s", s.cfg.Server.Name, method, firstLine(reply.Message))
}

// firstLine returns the first line of a text.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

// timeout returns the error of a call whose context has ended. The session counts as stuck from then on:
// [Session.Close] does not ask it to shut down, but kills it.
func (s *Session) timeout(ctx context.Context, what string) error {
	s.tape.Expired(ctx)
	s.set(func() { s.stuck = true })
	if errors.Is(ctx.Err(), context.Canceled) {
		return fault.Wrap(fault.Cancelled, ctx.Err(), "cancelled while %s worked on %s", s.cfg.Server.Name, what)
	}
	return fault.Wrap(fault.Timeout, ctx.Err(), "%s did not finish %s in time", s.cfg.Server.Name, what).
		WithHint("give it longer with --timeout")
}

// died returns the error of a session whose server has ended, with the end of its standard
// error. It waits for the process.
func (s *Session) died(what string) error {
	var d Death
	if s.proc != nil {
		<-s.exited
		s.mu.Lock()
		d = Death{Exit: s.exitText, Stderr: s.stderr.String(), Broke: s.broke, During: what}
		s.mu.Unlock()
	}

	d = s.tape.Died(d)
	what = cmp.Or(d.During, what) // earlier traces do not record it
	if d.Broke != "" {
		return fault.New(fault.Crash, "%s was ended during %s: %s", s.cfg.Server.Name, what, d.Broke).
			WithHint("'lanser doctor' shows what was started")
	}
	e := fault.New(fault.Crash, "%s ended during %s (%s)", s.cfg.Server.Name, what, d.Exit)
	if last := d.Stderr; last != "" {
		cause := causeIn(last)
		if s.cfg.Server.Format().Has(trace.PlainCauses) {
			cause = anywhere(cause, s.cfg.Root)
		}
		e.Message += ": " + cause
		e.Details = map[string]string{"stderr": last}
	}
	return e.WithHint("'lanser doctor' shows what was started")
}

// causeIn returns the line of a program's standard error that says why it ended: the last one that has the form
// of an error of Go, Node, Python, Java or Rust, because a stack or a version may follow it. Otherwise it is the
// last line.
func causeIn(stderr string) string {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	for i, line := range slices.Backward(lines) {
		if !causeForm.MatchString(line) {
			continue
		}
		if strings.HasSuffix(line, ":") && i+1 < len(lines) { // Rust writes the message on a line of its own
			line += " " + strings.TrimSpace(lines[i+1])
		}
		return strings.TrimSpace(line)
	}
	return lines[len(lines)-1]
}

// anywhere returns a line of a log without what differs between two machines or moments: the time, addresses in memory,
// and the folders of absolute paths. Paths in the workspace become relative. Errors are part of answers, and the same
// crash has the same answer; the whole output is in the local part of the bundle.
func anywhere(line, root string) string {
	line = timeStamp.ReplaceAllString(line, "$1")
	line = strings.ReplaceAll(line, strings.TrimSuffix(root, "/")+"/", "")
	line = foldersAbove.ReplaceAllString(line, "${1}…/")
	return address.ReplaceAllString(line, "0x…")
}

var (
	// timeStamp matches the level and the time at the beginning of a line, as in "E[01:16:28.719] " of clangd,
	// "2026-11-30T01:16:28.719Z ERROR " of Rust and "2026/11/30 01:16:28 " of Go.
	timeStamp = lazyregexp.New(
		`^[A-Z]?\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?Z?\]?(?:[+-]\d\d:?\d\d)? *(.*)$`,
	)
	// foldersAbove matches the folders of an absolute path or file URI, with the character before it.
	foldersAbove = lazyregexp.New(`(^|[^\w./…-])(?:file://)?(?:[A-Za-z]:)?[/\\](?:[^\s/\\:'"()<>]+[/\\])+`)
	address      = lazyregexp.New(`\b0x[0-9a-fA-F]{6,}\b`)
)

// causeForm matches lines of a server's output that say why it has exited.
var causeForm = lazyregexp.New(
	`^(panic: |fatal error: |thread '[^']*'.* panicked at |([\w.$]+\.)?\w*(Error|Exception)\b)`,
)

// broken returns the error of a reply that cannot be decoded.
func (s *Session) broken(method string, err error) error {
	return fault.Wrap(fault.Incomplete, err,
		"%s answered %s with something unreadable: %v", s.cfg.Server.Name, method, err)
}

// tail is a writer that keeps the last tailSize bytes.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4 << 10 // bytes

// Write never fails, so that a server is not ended by what it writes to its log.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if len(t.buf) > tailSize {
		t.buf = slices.Clone(t.buf[len(t.buf)-tailSize:])
	}
	return len(p), nil
}

// String returns what is kept as valid UTF-8.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(strings.ToValidUTF8(string(t.buf), "?"))
}
