package jsonl_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/jsonl"
)

// door answers "locate" immediately with the request, and "hover" when the test allows it or the request is cancelled.
// It reports changes when the test says so.
type door struct {
	let     chan struct{}
	asked   atomic.Int64
	waiting atomic.Int64
	changes chan []string
}

func newDoor() *door { return &door{let: make(chan struct{}), changes: make(chan []string)} }

func (d *door) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	d.asked.Add(1)
	if req.Op == "hover" {
		d.waiting.Add(1)
		defer d.waiting.Add(-1)
		select {
		case <-d.let:
		case <-ctx.Done():
			err := fault.New(fault.Cancelled, "the request was cancelled")
			return d.Refuse(req.Op, err), err
		}
	}
	return &bundle.Bundle{Status: "ok", BundleID: string(req.Selector), Local: &bundle.Local{}}, nil
}

func (d *door) Refuse(cmd string, err error) *bundle.Bundle {
	return api.Refusal("/ws", api.Platform(), cmd, err)
}
func (d *door) Root() string { return "/ws" }
func (d *door) Close()       {}

func (d *door) Changes(ctx context.Context, changed func([]string)) error {
	changed(nil)
	for {
		select {
		case paths := <-d.changes:
			changed(paths)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

type line struct {
	ID     any            `json:"id"`
	Bundle *bundle.Bundle `json:"bundle"`
	Event  string         `json:"event"`
	Paths  []string       `json:"paths"`
	More   int            `json:"more"`
}

func (l line) String() string {
	if l.Event != "" {
		return fmt.Sprintf("%s%v%d", l.Event, l.Paths, l.More)
	}
	if l.Bundle.Error != nil {
		return fmt.Sprintf("%v %s: %s", l.ID, l.Bundle.Error.Code, l.Bundle.Error.Message)
	}
	return fmt.Sprintf("%v %s", l.ID, l.Bundle.BundleID)
}

// conversation runs a stream whose client is the test.
func conversation(t *testing.T, d api.Door, drain bool) (say func(string), hear func() line, hangUp func() error) {
	t.Helper()
	in, w := io.Pipe()
	r, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- jsonl.Serve(t.Context(), d, in, out, drain, false)
		out.Close()
	}()
	dec := json.NewDecoder(r)
	say = func(s string) {
		if _, err := io.WriteString(w, s+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	hear = func() (l line) {
		if err := dec.Decode(&l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	return say, hear, func() error {
		w.Close()
		go io.Copy(io.Discard, r)
		return <-ended
	}
}

func want(t *testing.T, got line, want string) {
	t.Helper()
	if got.String() != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAnswersAreSentAsSoonAsTheyAreReady(t *testing.T) {
	d := newDoor()
	say, hear, hangUp := conversation(t, d, true)
	say(`{"id":"slow","cmd":"hover","selector":"s"}`)
	say(`{"id":2,"cmd":"locate","selector":"q"}`)
	want(t, hear(), `2 "q"`)
	say(``)
	say(`{"id":"slow","cmd":"locate","selector":"q"}`)
	want(t, hear(), `slow E/USAGE: line 4: the id "slow" is that of a request that is still being answered`)
	say(`nonsense`)
	want(t, hear(), `<nil> E/USAGE: line 5: not JSON at byte 2: invalid character 'o' in literal null (expecting 'u')`)
	say(`{"id":{"any":1},"cmd":"nope"}`)
	want(t, hear(), `map[any:1] E/USAGE: line 6: unknown operation "nope"`)
	close(d.let)
	want(t, hear(), `slow "s"`)
	say(`{"id":"slow","cmd":"locate","selector":"again"}`)
	want(t, hear(), `slow "again"`)
	if err := hangUp(); err != nil {
		t.Error(err)
	}
}

func TestARequestIsCancelledByItsID(t *testing.T) {
	d := newDoor()
	say, hear, hangUp := conversation(t, d, true)
	say(`{"id":1,"cmd":"hover","selector":"a"}`)
	say(`{"id":"1","cmd":"hover","selector":"b"}`)
	say(`{"cancel":"nobody"}`)
	say(`{"cancel":1}`)
	want(t, hear(), `1 E/REQUEST_CANCELLED: the request was cancelled`)
	close(d.let)
	want(t, hear(), `1 "b"`)
	if err := hangUp(); err != nil {
		t.Error(err)
	}
}

// By agreement, the requests of a client that closes its side are still answered. Otherwise all of them are
// cancelled, and nothing remains.
func TestRequestsOfAClientThatDisconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, drain := range []bool{true, false} {
			d := newDoor()
			say, _, hangUp := conversation(t, d, drain)
			for i := range 50 {
				say(fmt.Sprintf(`{"id":%d,"cmd":"hover","selector":"s"}`, i))
			}
			synctest.Wait()
			if n := d.waiting.Load(); n != 50 {
				t.Fatalf("%d requests wait", n)
			}
			if drain {
				close(d.let)
			}
			if err := hangUp(); err != nil {
				t.Error(err)
			}
			if n := d.waiting.Load(); n != 0 {
				t.Errorf("drain %v: %d requests are left", drain, n)
			}
		}
	})
}

func TestSubscribersAreNotifiedOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor()
		say, hear, hangUp := conversation(t, d, true)
		say(`{"notify":true}`)
		want(t, hear(), "watching[]0")
		d.changes <- []string{"a.go", "b.go"}
		want(t, hear(), "stale[a.go b.go]0")
		d.changes <- slices.Repeat([]string{"x"}, 130)
		if got := hear(); len(got.Paths) != 100 || got.More != 30 {
			t.Errorf("%d paths, %d more", len(got.Paths), got.More)
		}
		say(`{"notify":false}`)
		say(`{"id":1,"cmd":"locate","selector":"q"}`)
		want(t, hear(), `1 "q"`)
		synctest.Wait()
		select {
		case d.changes <- []string{"c.go"}:
			t.Error("who wants to know no more is told")
		default:
		}
		if err := hangUp(); err != nil {
			t.Error(err)
		}
	})
}

// The output for any input is lines of JSON, one for each request.
func FuzzServe(f *testing.F) {
	for _, s := range []string{
		`{"id":1,"cmd":"locate","selector":"q"}`, `{"cancel":1}`, `{"notify":true}`, `{"id":1}`, "\x00", `[]`,
		`{"id":null,"cmd":"hover"}`, "{\"cmd\":\"locate\"}\r\n\n{}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d := newDoor()
		close(d.let)
		var out bytes.Buffer
		if err := jsonl.Serve(t.Context(), d, bytes.NewReader(in), &out, true, false); err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(out.String()) {
			if !json.Valid([]byte(l)) || !strings.HasSuffix(l, "\n") {
				t.Errorf("%q", l)
			}
		}
	})
}

// served is a client of a door over a connection.
func served(t *testing.T, d api.Door) (*jsonl.Client, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	var all sync.WaitGroup
	all.Go(func() {
		_ = jsonl.Serve(t.Context(), d, ours, ours, false, false)
		ours.Close()
	})
	c := jsonl.NewClient(theirs, bufio.NewReader(theirs), "/ws")
	t.Cleanup(func() {
		c.Close()
		all.Wait()
	})
	return c, ours
}

func TestAClientReceivesOnlyItsOwnAnswers(t *testing.T) {
	d := newDoor()
	c, _ := served(t, d)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			sel := fmt.Sprintf(`"q%d"`, i)
			b, err := c.Do(t.Context(), api.Request{Op: "locate", Selector: json.RawMessage(sel)})
			if err != nil || b.BundleID != sel {
				t.Errorf("%v: %v, %v", sel, b, err)
			}
		})
	}
	all.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, err := c.Do(ctx, api.Request{Op: "hover", Selector: json.RawMessage(`"s"`)}); !fault.Is(
		err,
		fault.Cancelled,
	) {
		t.Errorf("cancelled: %v", err)
	}
	told := make(chan []string)
	go func() { _ = c.Changes(t.Context(), func(paths []string) { told <- paths }) }()
	if first := <-told; len(first) != 0 {
		t.Error(first)
	}
	d.changes <- []string{"a"}
	if got := <-told; !slices.Equal(got, []string{"a"}) {
		t.Error(got)
	}
}

// A request fails if the other side is gone, or goes, and never waits for ever.
func TestALostConnectionIsAnError(t *testing.T) {
	d := newDoor()
	c, ours := served(t, d)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if b, err := c.Do(t.Context(), api.Request{Op: "hover", Selector: json.RawMessage(`"s"`)}); !errors.Is(err,
				jsonl.ErrLost) ||
				b != nil {
				t.Errorf("%v, %v", b, err)
			}
		})
	}
	ours.Close()
	all.Wait()
	if _, err := c.Do(t.Context(), api.Request{Op: "locate"}); !errors.Is(err, jsonl.ErrLost) {
		t.Error(err)
	}
	if err := c.Changes(t.Context(), func([]string) {}); !errors.Is(err, jsonl.ErrLost) {
		t.Error(err)
	}
}
