package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/daemon"
	"lanser/server/jsonl"
)

// door is what answers: the warm process, or an engine of our own where there is none
// to be had, or not to be used.
func (a *app) door(ctx context.Context) (api.Door, error) {
	if !a.warm() {
		return a.engine()
	}
	dir, _, err := a.root()
	if err != nil {
		return nil, err
	}
	root, err := index.RealRoot(dir)
	if err != nil {
		return nil, err
	}
	if err := a.checkSandbox(); err != nil {
		return nil, err
	}
	d := &warmDoor{app: a, want: daemon.Engine{Root: root, Sandbox: a.sandbox, Trust: a.trust, MaxMemory: int64(a.maxMemory) << 20}}
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// warm says whether the warm process is to be used: not in a CI job, which ends with its
// machine, nor for what it cannot do.
func (a *app) warm() bool {
	if a.noDaemon || a.traceFile != "" || a.scip != "" || a.install || a.frozen {
		return false
	}
	switch os.Getenv("LANSER_DAEMON") {
	case "off":
		return false
	case "on":
		return true
	}
	if ci := os.Getenv("CI"); ci != "" && ci != "false" && ci != "0" {
		return false
	}
	self, err := os.Executable()
	return err == nil && !strings.Contains(filepath.ToSlash(self), "/go-build") // 'go run' and 'go test': another program each time
}

// warmDoor asks the warm process, and another where that is gone; where there is none,
// an engine of its own.
type warmDoor struct {
	app  *app
	want daemon.Engine

	mu    sync.Mutex
	inner api.Door
	lost  int // how often the warm process was lost
}

// open opens the door anew. The caller holds mu, or is alone.
func (d *warmDoor) open(ctx context.Context) (err error) {
	if d.lost < 2 {
		d.inner, err = daemon.Dial(ctx, d.want)
		var f *fault.Error
		if err == nil || errors.As(err, &f) {
			return err
		}
		visible.Fprintf(d.app.err, "lanser: no warm process: %v; answering without\n", err)
	}
	e, err := d.app.engine()
	if err != nil {
		return err
	}
	d.inner = e
	return nil
}

func (d *warmDoor) current() api.Door {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inner
}

// next replaces a door that was lost, unless somebody else has.
func (d *warmDoor) next(ctx context.Context, was api.Door) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inner != was {
		return nil
	}
	was.Close()
	d.lost++
	return d.open(ctx)
}

// Do has a request answered; one whose answer was lost is put once more.
func (d *warmDoor) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	for {
		inner := d.current()
		b, err := inner.Do(ctx, req)
		if b != nil || !errors.Is(err, jsonl.ErrLost) {
			return b, err
		}
		if err := d.next(ctx, inner); err != nil {
			return d.Refuse(req.Op, err), err
		}
	}
}

func (d *warmDoor) Refuse(cmd string, err error) *bundle.Bundle {
	return api.Refusal(d.want.Root, api.Platform(), cmd, err)
}

func (d *warmDoor) Root() string { return d.want.Root }

func (d *warmDoor) Changes(ctx context.Context, changed func(paths []string)) error {
	for {
		inner := d.current()
		err := inner.Changes(ctx, changed)
		if !errors.Is(err, jsonl.ErrLost) {
			return err
		}
		if err := d.next(ctx, inner); err != nil {
			return err
		}
	}
}

func (d *warmDoor) Close() { d.current().Close() }
