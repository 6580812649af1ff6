package server

import (
	"context"
	"testing"
	"time"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/install"
	"lanser/server/trace"
)

// stuck is a log behind which the machine does not answer any more.
type stuck struct {
	trace.Log
	asked chan struct{}
	never chan struct{}
}

func (s stuck) Ask(string, func() ([]byte, error)) ([]byte, error) {
	close(s.asked)
	<-s.never
	return nil, nil
}

func (s stuck) Within(ctx context.Context, d time.Duration, name string) (context.Context, context.CancelFunc) {
	return s.Log.Within(ctx, d, name)
}

func TestARequestEndsEvenIfTheFileSystemHangs(t *testing.T) {
	late := lateAnswer
	lateAnswer = 0
	defer func() { lateAnswer = late }()
	s := stuck{trace.Off, make(chan struct{}), make(chan struct{})}
	w, err := index.Open(
		indextest.Files(t, map[string]string{"a.go": "package a\n\nfunc F() {}\n"}),
		index.Options{World: s},
	)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	e := newEngine(Config{}, w, install.Dirs{}, trace.Off, "")
	defer close(s.never)
	b, err := e.Do(
		t.Context(),
		api.Request{
			Op:      "symbols",
			Paths:   []string{"gone.go"},
			Options: api.Options{Timeout: api.Duration(50 * time.Millisecond)},
		},
	)
	<-s.asked
	if !fault.Is(err, fault.Timeout) || b.Status != "error" {
		t.Errorf("%v, %+v", err, b)
	}
}
