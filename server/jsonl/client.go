package jsonl

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Client is the client's side of a stream. It is safe for concurrent use, and answers as
// a [api.Door] does.
type Client struct {
	rw   io.ReadWriteCloser
	root string
	stop context.CancelFunc // ends read's wait for room

	writing chan struct{} // holds a token while nobody writes to rw

	mu           sync.Mutex
	last         int
	waiting      map[int]pendingRequest
	changed      map[int]func(paths []string)
	watching     bool          // the server has begun to report changes
	lostErr      error         // why the connection ended
	disconnected chan struct{} // closed once lostErr is set
}

// pendingRequest is a request that waits for its answer.
type pendingRequest struct {
	answer chan *bundle.Bundle // has a buffer of one
	share  *api.Share          // of the client that asked
}

// ErrLost is the error of a request whose connection was lost before the answer came.
var ErrLost = errors.New("the connection was lost")

// NewClient returns a client that uses and owns rw. It reads through r, which may have buffered
// input of rw. Root is the workspace that the server answers about.
func NewClient(rw io.ReadWriteCloser, r *bufio.Reader, root string) *Client {
	c := &Client{
		writing:      make(chan struct{}, 1),
		rw:           rw,
		root:         root,
		waiting:      map[int]pendingRequest{},
		changed:      map[int]func([]string){},
		disconnected: make(chan struct{}),
	}
	c.writing <- struct{}{}
	var ctx context.Context
	ctx, c.stop = context.WithCancel(context.Background())
	go c.read(ctx, r) // returns when the connection is closed
	return c
}

// Close closes the connection. The server cancels the requests that it has not answered.
func (c *Client) Close() {
	c.stop()
	c.rw.Close()
}

// Root returns the absolute path of the workspace.
func (c *Client) Root() string { return c.root }

// Refuse returns the bundle of a request that could not be read.
func (c *Client) Refuse(cmd string, err error) *bundle.Bundle {
	return api.Refusal(c.root, api.Platform(), cmd, err)
}

func (c *Client) read(ctx context.Context, r *bufio.Reader) {
	err := c.readAll(ctx, r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lostErr = fmt.Errorf("%w: %v", ErrLost, err)
	close(c.disconnected)
}

func (c *Client) readAll(ctx context.Context, r *bufio.Reader) error {
	dec := json.NewDecoder(r)
	for {
		var l struct {
			ID     int            `json:"id"`
			Bundle *bundle.Bundle `json:"bundle"`
			stale
		}
		if err := dec.Decode(&l); err != nil {
			return err
		}
		if l.Bundle == nil {
			c.notifyChanged(l.Paths)
			continue
		}
		c.mu.Lock()
		w, waits := c.waiting[l.ID]
		delete(c.waiting, l.ID)
		c.mu.Unlock()
		if waits {
			w.answer <- l.Bundle
			// While the client that asked reads no answers, neither does this connection. The server
			// reaches its own limit then, and starts no further requests. See maxUnsentBytes.
			_ = w.share.Room(ctx)
		}
	}
}

// notifyChanged reports changed paths to every watcher. No paths mean that the server has begun
// to watch.
func (c *Client) notifyChanged(paths []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watching = true
	for _, notify := range c.changed {
		notify(paths)
	}
}

func (c *Client) write(v any) error {
	<-c.writing
	defer func() { c.writing <- struct{}{} }()
	return write(c.rw, v)
}

// Do sends a request and returns its answer. The error is that of the bundle; it is [ErrLost],
// without a bundle, if the connection was lost.
func (c *Client) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	answered := make(chan *bundle.Bundle, 1)
	c.mu.Lock()
	c.last++
	id := c.last
	c.waiting[id] = pendingRequest{answer: answered, share: api.ShareOf(ctx)}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, id)
	}()
	err := c.write(struct {
		ID int `json:"id"`
		api.Request
	}{id, req})
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrLost, err)
	}
	cancelled := ctx.Done()
	for {
		select {
		case b := <-answered:
			return b, errorOf(b)
		case <-cancelled: // The server still sends an answer, which reports the cancellation.
			cancelled = nil
			// If the connection is lost, c.disconnected is closed too.
			_ = c.write(control{Cancel: json.RawMessage(strconv.Itoa(id))})
		case <-c.disconnected:
			return nil, c.lostErr
		}
	}
}

// errorOf returns the error that a bundle reports, or nil.
func errorOf(b *bundle.Bundle) error {
	if b.Error == nil {
		return nil
	}
	return &fault.Error{Code: b.Error.Code, Message: b.Error.Message, Hint: b.Error.Hint, Details: b.Error.Details}
}

// Changes calls changed with the paths of changed files until ctx ends, see [api.Door].
func (c *Client) Changes(ctx context.Context, changed func(paths []string)) error {
	c.mu.Lock()
	c.last++
	id := c.last
	c.changed[id] = changed
	on := true
	first := !c.watching && len(c.changed) == 1
	if c.watching {
		changed(nil)
	}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.changed, id)
	}()
	if first {
		if err := c.write(control{Notify: &on}); err != nil {
			return fmt.Errorf("%w: %v", ErrLost, err)
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.disconnected:
		return c.lostErr
	}
}
