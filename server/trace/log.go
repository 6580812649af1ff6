package trace

import (
	"context"
	"errors"
	"io"
	"time"
)

// Log gives an engine access to the outside world: as it is ([Off]), while it is recorded
// ([Recorder]), or as it was recorded ([Player]). It is safe for concurrent use; requests are
// made one after the other.
type Log interface {
	// Ask returns what look returns. The key names the question.
	Ask(key string, look func() ([]byte, error)) ([]byte, error)
	// Knows reports whether Ask can answer a question. It is false only in the replay of a trace in which
	// the question was not asked, such as one that an earlier version recorded.
	Knows(key string) bool
	// ReadFile returns the content of a file that is not in the workspace's list, by its
	// absolute path.
	ReadFile(path string, look func() ([]byte, error)) ([]byte, error)
	// Within returns a context that ends after d; name names the bound.
	Within(ctx context.Context, d time.Duration, name string) (context.Context, context.CancelFunc)
	// Tape returns the tape of a new session. The trace does not get the values of env.
	Tape(server string, env []string) Tape
}

// Tape is the log of one session with a server. One goroutine reads the stream; all
// other methods are called by one at a time.
type Tape interface {
	// Stream returns rw, of which each Read must return one message and each Write take one, or
	// the recorded stream. onDeath is called at the point where lanser found the server gone
	// when the trace was recorded.
	Stream(rw io.ReadWriteCloser, onDeath func()) io.ReadWriteCloser
	// Look returns what look returns, which is called while no message is being handled. look
	// reports whether the server has sent what the caller waits for. A recorded look that
	// returned true is called at the same point of a replay, and waited for.
	Look(look func() bool) bool
	// Died records that the server was found gone.
	Died(d Death) Death
	// Expired records that the context has ended, during a call or between looks.
	Expired(ctx context.Context)
	// Failed records that the server could not be started.
	Failed(err error)
	// Replays reports whether there is no server but a recording, and the error if the server
	// could not be started then.
	Replays() (bool, error)
	// Silent records that the stream is not read any more.
	Silent()
	// Stop ends the tape: no answer depends on what follows.
	Stop()
}

// Off records nothing.
var Off Log = off{}

// off is the Log and the Tape of a request that is not traced.
type off struct{}

func (off) Knows(string) bool                                              { return true }
func (off) Ask(_ string, look func() ([]byte, error)) ([]byte, error)      { return look() }
func (off) ReadFile(_ string, look func() ([]byte, error)) ([]byte, error) { return look() }
func (off) Tape(string, []string) Tape                                     { return off{} }

func (off) Within(ctx context.Context, d time.Duration, name string) (context.Context, context.CancelFunc) {
	return within(ctx, d, name)
}

func (off) Stream(rw io.ReadWriteCloser, _ func()) io.ReadWriteCloser { return rw }
func (off) Look(look func() bool) bool                                { return look() }
func (off) Died(d Death) Death                                        { return d }
func (off) Expired(context.Context)                                   {}
func (off) Failed(error)                                              {}
func (off) Replays() (bool, error)                                    { return false, nil }
func (off) Silent()                                                   {}
func (off) Stop()                                                     {}

// bound is a cause for which a context ends: a name given to [Log.Within].
type bound string

// Error returns the cause as the message of a context that has ended.
func (b bound) Error() string { return string(b) + ": " + context.DeadlineExceeded.Error() }

// requestBound is the name of the bound of a whole request.
const requestBound = "request"

// cancelled is the name of the bound that ends when the caller cancels the request.
const cancelled = "cancelled"

// within returns a context that ends after d, with a name as the cause.
func within(ctx context.Context, d time.Duration, name string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, bound(name))
}

// causeOf returns the name of the bound that has ended a context.
func causeOf(ctx context.Context) string {
	var b bound
	if errors.As(context.Cause(ctx), &b) {
		return string(b)
	}
	return cancelled
}
