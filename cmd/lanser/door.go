package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/daemon"
	"lanser/server/jsonl"
)

// door returns what answers requests: the daemon, or an engine in this process if the daemon cannot or must not be
// used. The answers are the same; the daemon has servers that run already, so that they come sooner. The caller must
// close the door, which ends an engine with its servers and only disconnects from a daemon.
func (a *app) door(ctx context.Context) (api.Door, error) {
	d, err := a.quietDoor(ctx)
	if err == nil && a.verbose {
		d = verboseDoor{Door: d, out: a.err}
	}
	return d, err
}

// quietDoor is door without -v.
func (a *app) quietDoor(ctx context.Context) (api.Door, error) {
	if !a.usesDaemon() {
		return a.engine()
	}
	root, err := a.realRoot()
	if err != nil {
		return nil, err
	}
	if err := a.checkSandbox(); err != nil {
		return nil, err
	}
	trust, _, err := a.trusts(root)
	if err != nil {
		return nil, err
	}
	d := &daemonDoor{app: a, config: daemon.Engine{
		Root: root, Sandbox: a.sandbox, Trust: trust, MaxMemory: int64(a.maxMemory) << 20,
	}}
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// usesDaemon reports whether to use the daemon. It is not used for the flags that it does not support, nor in CI jobs,
// where it would stop with the job's machine, nor on systems that have none. A client tells the daemon no more than
// [daemon.Engine]: the workspace, the sandbox, trust and memory. A trace, a SCIP index, an installation and a frozen
// workspace belong to one command, not to an engine that several clients share.
//
// A flag takes precedence over the variable LANSER_DAEMON, and the variable over CI and the path of the program.
func (a *app) usesDaemon() bool {
	if a.noDaemon || a.traceFile != "" || len(a.scip) > 0 || a.install || a.frozen {
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

	if !daemon.Supported {
		return false
	}
	// 'go run' and 'go test' build another program each time, and each would have its own daemon.
	self, err := os.Executable()
	return err == nil && !strings.Contains(filepath.ToSlash(self), "/go-build")
}

// daemonDoor sends requests to the daemon. If the connection is lost, because the daemon was stopped or has crashed, it
// connects again. After maxLost losses, or if it cannot connect, it uses an engine in this process, so that a request
// that crashes the daemon does so at most maxLost times. Requests may run concurrently, as those of 'serve' do.
type daemonDoor struct {
	app    *app
	config daemon.Engine // the engine that the daemon must have for this command line

	mu    sync.Mutex // guards the fields below; not locked while a request runs
	inner api.Door   // a connection to the daemon, or an engine
	lost  int        // number of lost connections
}

// maxLost is the number of lost connections after which no new one is made.
const maxLost = 2

// open connects to the daemon, or creates an engine. The caller holds mu, or d is not shared yet. On an error, inner
// is not changed. Why the daemon cannot be used is printed, because the answers take longer without it.
func (d *daemonDoor) open(ctx context.Context) (err error) {
	if d.lost < maxLost {
		d.inner, err = daemon.Dial(ctx, d.config)
		var f *fault.Error
		if err == nil || errors.As(err, &f) {
			return err // an engine in this process would have the same error
		}
		visible.Fprintf(d.app.err, "lanser: cannot use the daemon: %v; continuing without it\n", err)
	}

	e, err := d.app.engine()
	if err != nil {
		return err
	}
	d.inner = e
	return nil
}

// current returns the door for the next request.
func (d *daemonDoor) current() api.Door {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inner
}

// replace replaces a door whose connection was lost, unless another request has done so: of several requests that lose
// one connection together, the first one replaces it, and the loss counts once.
func (d *daemonDoor) replace(ctx context.Context, lost api.Door) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inner != lost {
		return nil
	}
	lost.Close()
	d.lost++
	return d.open(ctx)
}

// Do answers a request. If the connection is lost before the answer arrives, it sends the request again over a new
// connection: requests only read, so that one may be answered twice.
func (d *daemonDoor) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	for {
		inner := d.current()
		b, err := inner.Do(ctx, req)
		if b != nil || !errors.Is(err, jsonl.ErrLost) {
			return b, err
		}
		if err := d.replace(ctx, inner); err != nil {
			return d.Refuse(req.Op, err), err
		}
	}
}

// Refuse returns the bundle for a request that is not carried out, as an engine does. It needs no connection.
func (d *daemonDoor) Refuse(cmd string, err error) *bundle.Bundle {
	return api.Refusal(d.config.Root, api.Platform(), cmd, err)
}

// Root returns the absolute path of the workspace.
func (d *daemonDoor) Root() string { return d.config.Root }

// Changes calls changed with the paths of changed files until ctx ends. It continues on a new connection if one is
// lost: the new watch begins with a call without paths, and files that change between the two are not reported.
func (d *daemonDoor) Changes(ctx context.Context, changed func(paths []string)) error {
	for {
		inner := d.current()
		err := inner.Changes(ctx, changed)
		if !errors.Is(err, jsonl.ErrLost) {
			return err
		}
		if err := d.replace(ctx, inner); err != nil {
			return err
		}
	}
}

// Close closes the connection. The daemon and its language servers continue to run.
func (d *daemonDoor) Close() { d.current().Close() }
