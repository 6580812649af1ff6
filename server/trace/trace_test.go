package trace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"lanser/selectors/fault"
)

// written is a trace of two requests without a server.
func written(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	r := NewRecorder(&b, true)
	r.Head(Header{Lanser: "v1", Root: "/ws", Platform: "linux/amd64"})
	for _, q := range []string{"one", "two\n<é>"} {
		r.Begin(map[string]string{"cmd": q})
		_, _ = r.Ask("who "+q, func() ([]byte, error) { return []byte{0xff, 0}, nil })
		_, _ = r.Ask(
			"who fails",
			func() ([]byte, error) { return nil, fault.New(fault.NoServer, "none").WithHint("get one") },
		)
		_, _ = r.ReadFile("/usr/include/x.h", func() ([]byte, error) { return []byte("int x;\n"), nil })
		_, _ = r.ReadFile("/usr/include/y.h", func() ([]byte, error) { return nil, errors.New("no such file") })
		r.Files(
			map[string]string{"a.go": "sha256:x", "b.go": ""},
			func(string) []byte { return []byte("package " + q) },
		)
		if err := r.End(map[string]string{"for": q}); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func read(raw []byte) (n int, err error) {
	r, err := NewReader(bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return r.Line(), nil
		} else if err != nil {
			return r.Line(), err
		}
	}
}

func TestARecordedTraceIsReadBack(t *testing.T) {
	raw := written(t)
	if n, err := read(raw); err != nil || n != bytes.Count(raw, []byte("\n")) {
		t.Errorf("%d lines, %v", n, err)
	}
	p, err := NewPlayer(
		bytes.NewReader(raw),
		func(path, _ string) ([]byte, error) { return nil, errors.New("nothing is here") },
	)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Next(); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Ask("who one", nil); err != nil || !bytes.Equal(got, []byte{0xff, 0}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := p.Ask("who fails", nil); !fault.Is(err, fault.NoServer) || !strings.Contains(err.Error(), "get one") {
		t.Errorf("%v", err)
	}
	if got, err := p.ReadFile("/usr/include/x.h", nil); err != nil || string(got) != "int x;\n" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := p.ReadFile("/usr/include/y.h", nil); err == nil {
		t.Error("a file that could not be read can be")
	}
	if _, err := p.Finish(map[string]string{"for": "one"}); err != nil {
		t.Error(err)
	}
	if _, err := p.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Finish(map[string]string{"for": "two\n<é>"}); !fault.Is(
		err,
		fault.ReplayMismatch,
	) { // it did not ask what was asked
		t.Errorf("%v", err)
	}
}

// broken is the stream to a server that has gone.
type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, io.EOF }
func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (broken) Close() error              { return nil }

// If a server exited before a notification was sent, sending it fails, when recording and in the replay. Everything
// before it succeeds.
func TestACrashIsNoticedAtTheSameNotificationInAReplay(t *testing.T) {
	opened := func(file string) string {
		return string(
			enframe(
				[]byte(
					`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"` + file +
						`"}}}`,
				),
			),
		)
	}
	var raw bytes.Buffer
	r := NewRecorder(&raw, true)
	r.Head(Header{Lanser: "v1", Root: "/ws", Platform: "linux/amd64"})
	r.Begin("one")
	tape := r.Tape("gopls", nil)
	stream := tape.Stream(broken{}, func() {})
	_, _ = io.WriteString(stream, opened("a.go")) // to a pipe that takes it, though nobody reads it
	if _, err := io.WriteString(stream, opened("b.go")); err == nil {
		t.Fatal("it was sent")
	}
	tape.Died(Death{Exit: "exit status 2", During: "textDocument/didOpen"})
	if err := r.End("bundle"); err != nil {
		t.Fatal(err)
	}

	p, err := NewPlayer(&raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Next(); err != nil {
		t.Fatal(err)
	}
	tape = p.Tape("gopls", nil)
	stream = tape.Stream(nil, func() {})
	if _, err := io.WriteString(stream, opened("a.go")); err != nil {
		t.Error(err)
	}
	if _, err := io.WriteString(stream, opened("b.go")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the second notification: %v", err)
	}
	if d := tape.Died(Death{}); d.Exit != "exit status 2" {
		t.Errorf("%+v", d)
	}
	if _, err := p.Finish("bundle"); err != nil {
		t.Error(err)
	}
}

// A message that was read just before the connection was lost may be one that nobody reads in a replay, where the loss
// comes a moment earlier: the replay goes on without it.
func TestAReplayDoesNotWaitForAMessageThatNobodyReads(t *testing.T) {
	message := enframe([]byte(`{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3,"message":"bye"}}`))
	var raw bytes.Buffer
	r := NewRecorder(&raw, true)
	r.Head(Header{Lanser: "v1", Root: "/ws", Platform: "linux/amd64"})
	r.Begin("one")
	tape := r.Tape("gopls", nil)
	stream := tape.Stream(struct {
		io.Reader
		io.WriteCloser
	}{bytes.NewReader(message), broken{}}, func() {})
	if _, err := stream.Read(make([]byte, 1024)); err != nil {
		t.Fatal(err)
	}
	tape.Died(Death{Exit: "exit status 2"})
	if err := r.End("bundle"); err != nil {
		t.Fatal(err)
	}

	p, err := NewPlayer(&raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Next(); err != nil {
		t.Fatal(err)
	}
	tape = p.Tape("gopls", nil)
	if err := tape.Stream(nil, func() {}).Close(); err != nil {
		t.Fatal(err)
	}
	if d := tape.Died(Death{}); d.Exit != "exit status 2" {
		t.Errorf("%+v", d)
	}
	if _, err := p.Finish("bundle"); err != nil {
		t.Error(err)
	}
}

// A message of the server that came between two notifications need not be read in a replay that ends the session right
// after them.
func TestAReplayEndsASessionBeforeItsLastMessageIsRead(t *testing.T) {
	said := enframe([]byte(`{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3,"message":"busy"}}`))
	notices := []string{
		string(enframe([]byte(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{}}`))),
		string(enframe([]byte(`{"jsonrpc":"2.0","method":"workspace/didChangeWatchedFiles","params":{}}`))),
	}
	var raw bytes.Buffer
	r := NewRecorder(&raw, true)
	r.Head(Header{Lanser: "v1", Root: "/ws", Platform: "linux/amd64"})
	r.Begin("one")
	tape := r.Tape("clangd", nil)
	stream := tape.Stream(struct {
		io.ReadCloser
		io.Writer
	}{io.NopCloser(bytes.NewReader(said)), io.Discard}, func() {})
	for i, notice := range notices {
		if _, err := io.WriteString(stream, notice); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if _, err := stream.Read(make([]byte, 1024)); err != nil {
				t.Fatal(err)
			}
		}
	}
	tape.Stop()
	if err := r.End("bundle"); err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		name string
		send []string
		want string // a part of the mismatch
	}{
		{"both are sent", notices, ""},
		{"the second is not", notices[:1], "didChangeWatchedFiles"},
		{"they are sent in another order", []string{notices[1], notices[0]}, "lanser says something else"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := NewPlayer(bytes.NewReader(raw.Bytes()), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Next(); err != nil {
				t.Fatal(err)
			}
			tape := p.Tape("clangd", nil)
			stream := tape.Stream(nil, func() {})
			for _, notice := range tt.send {
				if _, err := io.WriteString(stream, notice); err != nil && tt.want == "" {
					t.Fatal(err)
				}
			}
			tape.Stop()
			_, err = p.Finish("bundle")
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestATraceOfAnUnknownVersionIsRefused(t *testing.T) {
	own, next := fmt.Sprintf(`"version":%d`, Version), fmt.Sprintf(`"version":%d`, Version+1)
	want := fmt.Sprintf("format version %d, and this lanser reads 1 to %d", Version+1, Version)
	raw := bytes.Replace(written(t), []byte(own), []byte(next), 1)
	if _, err := read(raw); !fault.Is(err, fault.VersionSkew) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
	for _, none := range []string{"", "\n", "{}\n", "no JSON\n", `{"request":{"n":1,"request":{}},"sum":""}` + "\n"} {
		if _, err := read([]byte(none)); !fault.Is(err, fault.Usage) {
			t.Errorf("%q: %v", none, err)
		}
	}
}

// This trace of the first version was written when that was current.
func TestTracesOfTheFirstVersionAreStillRead(t *testing.T) {
	const first = `{"trace":{"version":1,"lanser":"v1","root":"/ws","platform":"linux/amd64"},"sum":"%s"}` + "\n"
	var sums chain
	sum := sums.next([]byte(first[:strings.Index(first, sumKey)]))
	if n, err := read(fmt.Appendf(nil, first, sum)); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestAReplayMismatchNamesThePlaceAndBothValues(t *testing.T) {
	for _, tt := range []struct{ then, now, want string }{
		{`{"a":1}`, `{"a":1}`, ""},
		{`{"a":[1,{"b":"x"}]}`, `{"a":[1,{"b":"y"}]}`, `/a/1/b was "x", and is "y"`},
		{`{"a":[1,2]}`, `{"a":[1]}`, `/a had 2 entries, and has 1`},
		{`{"a/b":1}`, `{}`, `/a~1b was 1, and is absent`},
		{`{}`, `{"a":null}`, `/a was absent, and is null`},
		{`{"a":1}`, `{"a":"1"}`, `/a was 1, and is "1"`},
		{`[`, `{}`, "the recorded value is not JSON: unexpected end of JSON input"},
	} {
		if got := Difference([]byte(tt.then), []byte(tt.now)); got != tt.want {
			t.Errorf("%s and %s: %q, want %q", tt.then, tt.now, got, tt.want)
		}
	}
}

// Reading any bytes ends, with an error that describes what is wrong. A modified trace is never taken for the
// original.
func FuzzReader(f *testing.F) {
	good := written(f)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(`{"trace":{"version":1}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := read(raw)
		if err != nil && !fault.Is(err, fault.Usage) && !fault.Is(err, fault.VersionSkew) &&
			!fault.Is(err, fault.ReplayMismatch) {
			t.Errorf("%v", err)
		}
		if err == nil && len(raw) == len(good) && bytes.HasPrefix(raw, good[:len(good)/2]) && !bytes.Equal(raw, good) {
			t.Error("another trace passes for this one")
		}
	})
}
