package trace

import (
	"context"
	"errors"
	"io"
	"time"
)

// Log is the world as an engine meets it: as it is, noted down, or as it was
// recorded. It is safe for concurrent use; requests are put one after the other.
type Log interface {
	// Ask is what look finds. The key names the question.
	Ask(key string, look func() ([]byte, error)) ([]byte, error)
	// ReadFile is the content of a file that is none of the workspace's list, by its
	// absolute path.
	ReadFile(path string, look func() ([]byte, error)) ([]byte, error)
	// Within is a context that ends after d; name tells which bound that is.
	Within(ctx context.Context, d time.Duration, name string) (context.Context, context.CancelFunc)
	// Tape is that of a new session. Values of env do not get into the trace.
	Tape(server string, env []string) Tape
}

// Tape is the log of one session with a server. One goroutine reads the stream; all
// other methods are called by one at a time.
type Tape interface {
	// Stream is rw, whose every Read must give one message and every Write take one;
	// or what was recorded of it. onDeath is called where it was recorded that the
	// server was gone.
	Stream(rw io.ReadWriteCloser, onDeath func()) io.ReadWriteCloser
	// Look runs look, which is about what the server has said so far and tells whether
	// that is what is waited for, while no message is being read. A recorded look is
	// run at the same point again, and waited for.
	Look(look func() bool) bool
	// Died notes that the server was found gone.
	Died(d Death) Death
	// Expired notes that the context has ended, during a call or between looks.
	Expired(ctx context.Context)
	// Failed notes that the server could not be started.
	Failed(err error)
	// Replays says that there is no server, and if it was not to be started then why.
	Replays() (bool, error)
	// Silent notes that the stream is not read any more.
	Silent()
	// Stop ends the tape: what follows is not part of any answer.
	Stop()
}

// Off is no trace.
var Off Log = off{}

type off struct{}

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

// bound is the cause of a context's end: a name of [Log.Within].
type bound string

func (b bound) Error() string { return string(b) + ": " + context.DeadlineExceeded.Error() }

// requestBound is the name of the bound of a whole request.
const requestBound = "request"

// cancelled is the name of the bound that whoever asked has set by going away.
const cancelled = "cancelled"

func within(ctx context.Context, d time.Duration, name string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, bound(name))
}

// causeOf names the bound that has ended a context.
func causeOf(ctx context.Context) string {
	var b bound
	if errors.As(context.Cause(ctx), &b) {
		return string(b)
	}
	return cancelled
}
