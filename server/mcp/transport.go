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

	"lanser/server/wire"
)

// Transport speaks to one client over lines of JSON. The SDK's own ends at the first line
// that it cannot read; this one answers it with JSON-RPC's error, and reads on:
//
//   - what is no JSON, no UTF-8, too long or too deep (package wire) with -32700;
//   - what is JSON, and no message of JSON-RPC, with -32600.
//
// The messages of a batch, which revisions before 2025-06-18 know, are answered one by one.
// Lines are not read while [maxCalls] calls are being answered.
type Transport struct {
	In  io.Reader
	Out io.WriteCloser
}

// maxCalls bounds the calls that are answered at a time, and with them memory.
const maxCalls = 256

// Connect begins to read.
func (t *Transport) Connect(context.Context) (mcp.Connection, error) {
	c := &lines{
		out:      t.Out,
		incoming: make(chan jsonrpc.Message),
		slots:    make(chan struct{}, maxCalls),
		calls:    map[jsonrpc.ID]bool{},
		closed:   make(chan struct{}),
	}
	go c.readAll(t.In) // it ends with the input; after Close, with the next line
	return c, nil
}

// lines is the connection.
type lines struct {
	writing sync.Mutex // guards out
	out     io.WriteCloser

	incoming chan jsonrpc.Message // closed at the end of input
	readErr  error                // valid then
	slots    chan struct{}        // a token for each of calls
	mu       sync.Mutex           // guards calls
	calls    map[jsonrpc.ID]bool  // that are being answered
	closing  sync.Once
	closed   chan struct{}
	closeErr error
}

func (c *lines) SessionID() string { return "" }

// Read is the next good message.
func (c *lines) Read(ctx context.Context) (jsonrpc.Message, error) {
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

// readAll reads messages, and refuses what is none.
func (c *lines) readAll(in io.Reader) {
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

// deliver hands a message on; false where the connection is closed.
func (c *lines) deliver(m jsonrpc.Message) bool {
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

// begin notes that a call is being answered; false where one with its id already is.
func (c *lines) begin(id jsonrpc.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls[id] {
		return false
	}
	c.calls[id] = true
	return true
}

// end notes that a call is answered, so that the client may use its id again as soon as it
// hears of the answer. It says whether there was such a call, whose slot is still taken.
func (c *lines) end(id jsonrpc.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.calls[id]
	delete(c.calls, id)
	return was
}

// Write writes a message as a line.
func (c *lines) Write(ctx context.Context, m jsonrpc.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r, ok := m.(*jsonrpc.Response); ok && c.end(r.ID) {
		defer func() { <-c.slots }() // a client that does not read is sent no more
	}
	raw, err := jsonrpc.EncodeMessage(m)
	if err != nil {
		return err
	}
	return c.writeLine(raw)
}

func (c *lines) writeLine(raw []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.out.Write(append(raw, '\n'))
	return err
}

// Close closes the output; the input is not ours to close.
func (c *lines) Close() error {
	c.closing.Do(func() {
		close(c.closed)
		c.closeErr = c.out.Close()
	})
	return c.closeErr
}

// parse reads the messages of a line; refused are the answers to what is none.
func parse(line wire.Line) (messages []jsonrpc.Message, refused [][]byte) {
	err := line.Err
	if err == nil {
		err = wire.Check(line.Text)
	}
	if err != nil {
		return nil, [][]byte{refusal(nil, jsonrpc.CodeParseError, err)}
	}
	for _, raw := range members(line.Text) {
		m, err := jsonrpc.DecodeMessage(raw)
		if err != nil {
			refused = append(refused, refusal(idOf(raw), jsonrpc.CodeInvalidRequest, err))
			continue
		}
		messages = append(messages, m)
	}
	return messages, refused
}

// members are the messages of a batch, or the one message. An empty batch is no message.
func members(text []byte) []json.RawMessage {
	var batch []json.RawMessage
	if json.Unmarshal(text, &batch) == nil && len(batch) > 0 {
		return batch
	}
	return []json.RawMessage{text}
}

// idOf is the id of what is no message, if it has one; else null.
func idOf(raw []byte) json.RawMessage {
	var m struct {
		ID json.RawMessage `json:"id"`
	}
	_ = json.Unmarshal(raw, &m) // the id is a courtesy
	if len(m.ID) == 0 || m.ID[0] == '{' || m.ID[0] == '[' {
		return nil
	}
	return m.ID
}

// refusal is an error response.
func refusal(id json.RawMessage, code int64, why error) []byte {
	message := map[int64]string{
		jsonrpc.CodeParseError: "parse error: ", jsonrpc.CodeInvalidRequest: "invalid request: ",
	}[code] + why.Error()
	raw, err := json.Marshal(struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   jsonrpc.Error   `json:"error"`
	}{"2.0", id, jsonrpc.Error{Code: code, Message: message}})
	if err != nil { // the id cannot be written
		return refusal(nil, code, why)
	}
	return raw
}
