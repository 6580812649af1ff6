package jsonl_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/jsonl"
)

// verbose answers with long lists, as an engine does: few at a time, and each waits for
// room before it begins.
type verbose struct {
	*door
	turns chan struct{}
	begun atomic.Int64
}

func newVerbose() *verbose { return &verbose{door: newDoor(), turns: make(chan struct{}, 2)} }

func (d *verbose) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	d.turns <- struct{}{}
	defer func() { <-d.turns }()
	if err := api.ShareOf(ctx).Room(ctx); err != nil {
		return d.Refuse(req.Op, err), err
	}
	d.begun.Add(1)
	facts := &bundle.Facts{Symbols: make([]bundle.Symbol, 1000)} // about 1 MiB
	return &bundle.Bundle{Status: "ok", Facts: facts, Local: &bundle.Local{}}, nil
}

// most is how many answers of 1 MiB may be unread before no more are begun.
const most = 64

func TestAClientThatDoesNotReadGetsNoFurtherAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newVerbose()
		in, w := io.Pipe()
		r, out := io.Pipe()
		ended := make(chan error, 1)
		go func() {
			ended <- jsonl.Serve(t.Context(), d, in, out, true, false)
			out.Close()
		}()
		go func() {
			for i := range 600 {
				fmt.Fprintf(w, `{"id":%d,"cmd":"locate","selector":"q"}`+"\n", i)
			}
			w.Close()
		}()
		synctest.Wait()
		if n := d.begun.Load(); n == 0 || n > most {
			t.Errorf("%d questions were begun for a client that does not read", n)
		}
		go io.Copy(io.Discard, r)
		if err := <-ended; err != nil || d.begun.Load() != 600 {
			t.Errorf("%v, %d questions were begun once it reads", err, d.begun.Load())
		}
	})
}

// The bound also holds if the engine runs in another process: the client's side reads no more answers than its own
// client does.
func TestTheBoundOnUnreadAnswersHoldsAcrossTwoStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newVerbose()
		here, there := net.Pipe()
		far := make(chan error, 1)
		go func() { far <- jsonl.Serve(t.Context(), d, there, there, false, false) }()
		client := jsonl.NewClient(here, bufio.NewReader(here), "/ws")
		in, w := io.Pipe()
		r, out := io.Pipe()
		ended := make(chan error, 1)
		go func() {
			ended <- jsonl.Serve(t.Context(), client, in, out, true, false)
			out.Close()
		}()
		go func() {
			for i := range 400 {
				fmt.Fprintf(w, `{"id":%d,"cmd":"locate","selector":"q"}`+"\n", i)
			}
			w.Close()
		}()
		synctest.Wait()
		if n := d.begun.Load(); n == 0 || n > 3*most {
			t.Errorf("%d questions were begun for a client that does not read", n)
		}
		go io.Copy(io.Discard, r)
		if err := <-ended; err != nil || d.begun.Load() != 400 {
			t.Errorf("%v, %d questions were begun once it reads", err, d.begun.Load())
		}
		client.Close()
		<-far
	})
}

func TestChangesForASlowReaderAreCombined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor()
		say, hear, hangUp := conversation(t, d, true)
		say(`{"notify":true}`)
		want(t, hear(), "watching[]0")
		d.changes <- []string{"first.go"}
		synctest.Wait() // it is being sent
		for i := range 1000 {
			d.changes <- []string{fmt.Sprintf("f%03d.go", i%150)}
		}
		synctest.Wait()
		first, second := hear(), hear() // the one that was being sent, and all the rest
		if len(first.Paths) != 1 || len(second.Paths) != 100 || second.More == 0 {
			t.Errorf("%d paths, then %d and %d more", len(first.Paths), len(second.Paths), second.More)
		}
		say(`{"id":1,"cmd":"locate","selector":"q"}`)
		want(t, hear(), `1 "q"`)
		if err := hangUp(); err != nil {
			t.Error(err)
		}
	})
}

func TestALineThatIsNestedTooDeepIsRefused(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	for _, bad := range []string{
		`{"id":1,"cmd":` + deep, `{"id":1,"x":` + deep + strings.Repeat("]", 100_000) + "}",
		`{"id":1,"id":2,"cmd":"locate"}`, "{\"id\":\"\xff\"}", `{"cancel":` + deep,
	} {
		var out strings.Builder
		err := jsonl.Serve(
			t.Context(),
			newDoor(),
			strings.NewReader(bad+"\n"+`{"id":9,"cmd":"locate","selector":"q"}`),
			&out,
			true,
			false,
		)
		if err != nil || strings.Count(out.String(), "\n") != 2 || !strings.Contains(out.String(), `"id":9`) ||
			!strings.Contains(out.String(), "E/USAGE") {
			t.Errorf("%.40s: %v, %s", bad, err, out.String())
		}
	}
}

// A writer that fails ends the stream, even if the client sends nothing more.
func TestAStreamEndsIfItsClientCannotBeWrittenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, w := io.Pipe()
		broken := writerFunc(func([]byte) (int, error) {
			w.Close()       // as the warm process does
			synctest.Wait() // until the end of input has been read
			return 0, errors.New("hung up")
		})
		go fmt.Fprintln(w, `{"id":1,"cmd":"locate","selector":"q"}`)
		err := jsonl.Serve(t.Context(), newDoor(), in, broken, false, false)
		if err == nil || err.Error() != "hung up" {
			t.Error(err)
		}
	})
}

// The requests of a client that disconnected are cancelled, and that their answers cannot be written is not an error.
func TestAnswersToADisconnectedClientAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor()
		in, w := io.Pipe()
		var failed atomic.Int64
		broken := writerFunc(func([]byte) (int, error) {
			failed.Add(1)
			return 0, errors.New("broken pipe")
		})
		go func() {
			fmt.Fprintln(w, `{"id":1,"cmd":"hover","selector":"q"}`)
			synctest.Wait() // until the request is being answered
			w.Close()
		}()
		err := jsonl.Serve(t.Context(), d, in, broken, false, false)
		if n := failed.Load(); err != nil || n != 1 || d.asked.Load() != 1 {
			t.Errorf("%v after %d failed writes of the answers to %d requests", err, n, d.asked.Load())
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
