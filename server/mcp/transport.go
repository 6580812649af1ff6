package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/selectors/fault"
	"lanser/server/wire"
)

// Transport exchanges lines of JSON with one client. The SDK's own transport ends at the first malformed
// line; this one answers it with an error of JSON-RPC and continues:
//
//   - Lines that are not JSON or not UTF-8, or too long or too deeply nested (package wire), are answered with
//     -32700.
//   - JSON that is not a message of JSON-RPC is answered with -32600.
//
// The messages of a batch, which revisions before 2025-06-18 allow, are answered one by one. While [maxCalls]
// calls are running, no lines are read.
type Transport struct {
	In  io.Reader
	Out io.WriteCloser
}

// maxCalls bounds the calls that run at the same time, and thereby memory.
const maxCalls = 256

// Connect starts reading.
func (t *Transport) Connect(context.Context) (mcp.Connection, error) {
	c := &lineConn{
		out:      t.Out,
		incoming: make(chan jsonrpc.Message),
		slots:    make(chan struct{}, maxCalls),
		calls:    map[jsonrpc.ID]bool{},
		closed:   make(chan struct{}),
	}
	go c.readAll(t.In) // returns at the end of input, or at the first line after Close
	return c, nil
}

// lineConn is a connection of [Transport]. One goroutine reads lines and passes the messages on, one at a time, through
// the channel incoming; the SDK's goroutines read from that, and write the answers. A call takes a slot when its
// message is passed on, and frees it when its answer has been written: a client that sends without reading the answers
// is not read from any more.
type lineConn struct {
	writing sync.Mutex // guards out
	out     io.WriteCloser

	incoming chan jsonrpc.Message // closed at the end of input
	readErr  error                // valid once incoming is closed
	slots    chan struct{}        // holds a token for each running call
	mu       sync.Mutex           // guards calls
	calls    map[jsonrpc.ID]bool  // running calls
	closing  sync.Once
	closed   chan struct{}
	closeErr error
}

// SessionID is empty: a connection over standard input and output has one session.
func (c *lineConn) SessionID() string { return "" }

// Read returns the next well-formed message.
func (c *lineConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	select {
	case msg, ok := <-c.incoming:
		if ok {
			return msg, nil
		}
		return nil, c.readErr
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.closed:
		return nil, io.EOF
	}
}

// readAll reads messages, and answers malformed lines. An empty line is none. It ends at the end of the input, at an
// error of reading or writing, and when the connection is closed.
func (c *lineConn) readAll(in io.Reader) {
	defer close(c.incoming)
	c.readErr = io.EOF
	for line := range wire.Lines(in) {
		if line.Err != nil && !errors.Is(line.Err, wire.ErrLong) {
			c.readErr = line.Err
			return
		}
		if line.Err == nil && len(bytes.TrimSpace(line.Text)) == 0 {
			continue
		}
		messages, refused := parse(line)
		for _, r := range refused {
			if err := c.writeLine(r); err != nil {
				c.readErr = err
				return
			}
		}
		for _, m := range messages {
			if !c.deliver(m) {
				return
			}
		}
	}
}

// deliver passes a message on; it returns false if the connection is closed. A call whose id is that of a running call
// is refused, because the client could not tell the two answers apart.
func (c *lineConn) deliver(m jsonrpc.Message) bool {
	if r, ok := m.(*jsonrpc.Request); ok && r.IsCall() {
		select {
		case c.slots <- struct{}{}:
		case <-c.closed:
			return false
		}
		if !c.begin(r.ID) {
			<-c.slots
			id, _ := json.Marshal(r.ID.Raw()) // a number or a string
			err := errors.New("a call with that id is still being answered")
			return c.writeLine(refusal(id, jsonrpc.CodeInvalidRequest, err)) == nil
		}
	}
	select {
	case c.incoming <- m:
		return true
	case <-c.closed:
		return false
	}
}

// begin records a running call; it returns false if a call with the same id is running.
func (c *lineConn) begin(id jsonrpc.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls[id] {
		return false
	}
	c.calls[id] = true
	return true
}

// end records that a call is answered, before the client sees the answer and may use the id again. It reports
// whether the call was running; its slot is still taken then.
func (c *lineConn) end(id jsonrpc.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.calls[id]
	delete(c.calls, id)
	return was
}

// Write writes a message as a line. The message of an error, which may quote the request, is bounded.
func (c *lineConn) Write(ctx context.Context, m jsonrpc.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r, ok := m.(*jsonrpc.Response); ok {
		if c.end(r.ID) {
			defer func() { <-c.slots }() // freed after the write: a client that does not read gets no further answers
		}
		m = &jsonrpc.Response{ID: r.ID, Result: r.Result, Error: bounded(r.Error), Extra: r.Extra}
	}
	raw, err := encode(m)
	if err != nil {
		return err
	}
	return c.writeLine(raw)
}

// encode returns the line of a message. The data of some errors is text that the SDK composes, with the URI that the
// client asked for: where that is no JSON, because the URI has control characters, the data is left out.
func encode(m jsonrpc.Message) ([]byte, error) {
	raw, err := jsonrpc.EncodeMessage(m)
	r, ok := m.(*jsonrpc.Response)
	if err == nil || !ok {
		return raw, err
	}
	plain := &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "the answer cannot be encoded: " + err.Error()}
	var failed *jsonrpc.Error
	if errors.As(r.Error, &failed) {
		plain = &jsonrpc.Error{Code: failed.Code, Message: failed.Message}
	}
	return jsonrpc.EncodeMessage(&jsonrpc.Response{ID: r.ID, Error: plain})
}

// maxErrorData bounds the data of an error, in bytes. It is more than a quoted text of a request has in JSON.
const maxErrorData = 4000

// bounded returns an error response without the middle of a long message, and without long data: the SDK quotes names
// and URIs of the request, which the client knows. nil is no error.
func bounded(err error) error {
	if err == nil {
		return nil
	}
	var e *jsonrpc.Error
	isWire := errors.As(err, &e)
	message := fault.Quoted(err.Error())
	if message == err.Error() && (!isWire || len(e.Data) <= maxErrorData) {
		return err
	}
	short := &jsonrpc.Error{Message: message}
	if isWire {
		short.Code = e.Code
		if len(e.Data) <= maxErrorData {
			short.Data = e.Data
		}
	}
	return short
}

// writeLine writes one message. Answers are written by several goroutines, whose lines must not be mixed.
func (c *lineConn) writeLine(raw []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.out.Write(append(raw, '\n'))
	return err
}

// Close closes the output. The input belongs to the caller.
func (c *lineConn) Close() error {
	c.closing.Do(func() {
		close(c.closed)
		c.closeErr = c.out.Close()
	})
	return c.closeErr
}

// parse returns the well-formed messages of a line, and the error responses for the malformed ones. A line that is no
// JSON has one error response; in a batch, each message has its own: of [{"jsonrpc":"2.0","id":1,"method":"ping"}, 7]
// the first is returned, and the second is refused.
func parse(line wire.Line) (messages []jsonrpc.Message, refused [][]byte) {
	err := line.Err
	if err == nil {
		err = wire.Check(line.Text)
	}
	if err != nil {
		return nil, [][]byte{refusal(nil, jsonrpc.CodeParseError, err)}
	}
	for _, raw := range batchMessages(line.Text) {
		m, err := decode(raw)
		if err != nil {
			refused = append(refused, refusal(idOf(raw), jsonrpc.CodeInvalidRequest, err))
			continue
		}
		messages = append(messages, m)
	}
	return messages, refused
}

// decode returns the message in JSON text. The SDK's error about a value that is no object names its own types.
func decode(raw json.RawMessage) (jsonrpc.Message, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return nil, errors.New("a message is a JSON object, with jsonrpc, method and params")
	}
	return jsonrpc.DecodeMessage(raw)
}

// batchMessages returns the messages of a batch, or the single message. An empty batch is not a message.
func batchMessages(text []byte) []json.RawMessage {
	var batch []json.RawMessage
	if json.Unmarshal(text, &batch) == nil && len(batch) > 0 {
		return batch
	}
	return []json.RawMessage{text}
}

// idOf returns the id of a malformed message if it has one, otherwise nil.
func idOf(raw []byte) json.RawMessage {
	var m struct {
		ID json.RawMessage `json:"id"`
	}
	_ = json.Unmarshal(raw, &m) // without an id the error response has a null id
	if len(m.ID) == 0 || m.ID[0] == '{' || m.ID[0] == '[' {
		return nil
	}
	return m.ID
}

// refusal returns an error response, such as
// {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error: …"}}. JSON-RPC demands a null id where that
// of the message is not known.
func refusal(id json.RawMessage, code int64, why error) []byte {
	message := map[int64]string{
		jsonrpc.CodeParseError: "parse error: ", jsonrpc.CodeInvalidRequest: "invalid request: ",
	}[code] + fault.Quoted(why.Error())
	raw, err := json.Marshal(struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   jsonrpc.Error   `json:"error"`
	}{"2.0", id, jsonrpc.Error{Code: code, Message: message}})
	if err != nil { // the id cannot be encoded
		return refusal(nil, code, why)
	}
	return raw
}
