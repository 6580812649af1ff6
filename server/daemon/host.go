package daemon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/jsonl"
	"lanser/server/sandbox"
)

// Limits of a process.
type Limits struct {
	Idle   time.Duration // without a connection, after which it ends; an engine without a question, after which it is let go
	Memory int64         // of all servers together, in bytes; 0 sets no bound
}

// DefaultLimits are 30 minutes, and half of the machine's memory.
func DefaultLimits() Limits { return Limits{30 * time.Minute, sandbox.MachineMemory() / 2} }

// host is the process.
type host struct {
	self    Identity
	limits  Limits
	log     io.Writer
	started time.Time
	stop    context.CancelFunc

	mu      sync.Mutex
	engines map[Engine]*hosted
	open    int // connections with an engine
	active  time.Time
}

// hosted is an engine with its users.
type hosted struct {
	engine *server.Engine
	users  int
	active time.Time // when a connection or a question last ended
}

// Run is the process: it serves the socket l until nobody has needed it for a while, or
// ctx ends. It returns when all servers have ended.
func Run(ctx context.Context, l net.Listener, self Identity, limits Limits, log io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h := &host{self: self, limits: limits, log: log, started: time.Now(), stop: stop, engines: map[Engine]*hosted{}, active: time.Now()}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	var all sync.WaitGroup
	all.Go(func() { h.housekeeping(ctx) })
	var err error
	for {
		var conn net.Conn
		if conn, err = l.Accept(); err != nil {
			break
		}
		all.Go(func() { h.serve(ctx, conn) })
	}
	stopped := ctx.Err() != nil
	stop()
	all.Wait()
	h.closeAll()
	if stopped {
		return nil
	}
	return err
}

// serve is one connection.
func (h *host) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := sameUser(conn); err != nil {
		fmt.Fprintln(h.log, "refused:", err)
		return
	}
	if conn.SetDeadline(time.Now().Add(patience)) != nil {
		return
	}
	r := bufio.NewReader(conn)
	said, err := readHello(r)
	if err != nil || conn.SetDeadline(time.Time{}) != nil {
		return // nobody is there to be told
	}
	answer := hello{Lanser: protocolVersion, Identity: h.self}
	switch {
	case said.Control == "stop":
		_, _ = conn.Write(marshalLine(answer))
		h.stop()
		return
	case said.Control == "status":
		answer.Status = h.status()
	case said.Identity != h.self || said.Engine == nil:
		// its own identity tells the client
	default:
		h.host(ctx, conn, r, answer, *said.Engine)
		return
	}
	_, _ = conn.Write(marshalLine(answer))
}

// host serves a connection that wants an engine.
func (h *host) host(ctx context.Context, conn net.Conn, r *bufio.Reader, answer hello, want Engine) {
	e, release, err := h.engine(want)
	if err != nil {
		f := fault.From(err)
		answer.Error = &refused{f.Code, f.Message, f.Hint}
		_, _ = conn.Write(marshalLine(answer))
		return
	}
	defer release()
	if _, err := conn.Write(marshalLine(answer)); err != nil {
		return
	}
	if err := jsonl.Serve(ctx, e, r, conn, false, false); err != nil && ctx.Err() == nil {
		fmt.Fprintln(h.log, "connection:", err)
	}
}

// engine is the engine that a connection wants, until release is called.
func (h *host) engine(want Engine) (e *server.Engine, release func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	entry := h.engines[want]
	if entry == nil {
		made, err := server.New(server.Config{Root: want.Root, Sandbox: want.Sandbox, Trust: want.Trust, MaxMemory: want.MaxMemory})
		if err != nil {
			return nil, nil, err
		}
		entry = &hosted{engine: made}
		h.engines[want] = entry
	}
	entry.users++
	h.open++
	return entry.engine, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		entry.users--
		h.open--
		entry.active, h.active = time.Now(), time.Now()
	}, nil
}

// housekeeping lets go what nobody needs.
func (h *host) housekeeping(ctx context.Context) {
	tick := time.NewTicker(min(time.Second, max(h.limits.Idle/4, time.Millisecond)))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		h.letGo()
		h.relieve()
		if h.idle() {
			h.stop()
			return
		}
	}
}

func (h *host) idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open == 0 && time.Since(h.active) > h.limits.Idle
}

// letGo closes the engines that nobody has used for a while, and ends the servers of the
// others that nobody has asked.
func (h *host) letGo() {
	h.mu.Lock()
	var gone []*server.Engine
	var rest []*server.Engine
	for key, e := range h.engines {
		if e.users == 0 && time.Since(e.active) > h.limits.Idle {
			delete(h.engines, key)
			gone = append(gone, e.engine)
		} else {
			rest = append(rest, e.engine)
		}
	}
	h.mu.Unlock()
	for _, e := range gone {
		e.Close()
	}
	for _, e := range rest {
		for _, s := range e.Running() {
			if s.Idle > h.limits.Idle {
				e.LetGo(s.PID)
			}
		}
	}
	if len(gone) > 0 {
		debug.FreeOSMemory()
	}
}

// relieve ends the servers that were asked longest ago until all together take no more
// than they may. One that is answering is not ended.
func (h *host) relieve() {
	if h.limits.Memory == 0 {
		return
	}
	type one struct {
		engine *server.Engine
		server.Running
	}
	var all []one
	var total int64
	for _, e := range h.each() {
		for _, s := range e.Running() {
			all = append(all, one{e, s})
			total += s.Memory
		}
	}
	slices.SortFunc(all, func(a, b one) int { return int(b.Idle - a.Idle) })
	for _, s := range all {
		if total <= h.limits.Memory {
			return
		}
		if s.engine.LetGo(s.PID) {
			fmt.Fprintf(h.log, "%s of %s let go: all servers took %d MiB, and may take %d\n", s.Name, s.engine.Root(), total>>20, h.limits.Memory>>20)
			total -= s.Memory
		}
	}
}

func (h *host) each() (out []*server.Engine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.engines {
		out = append(out, e.engine)
	}
	return out
}

func (h *host) closeAll() {
	var all sync.WaitGroup
	for _, e := range h.each() {
		all.Go(e.Close)
	}
	all.Wait()
}

func (h *host) status() *Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &Status{
		PID: os.Getpid(), Version: server.Version(), Started: h.started, Connections: h.open, Memory: sandbox.Resident(os.Getpid(), false), Ceiling: h.limits.Memory,
	}
	for key, e := range h.engines {
		one := Hosted{Engine: key, Connections: e.users, Servers: e.engine.Running()}
		if e.users == 0 {
			one.Idle = time.Since(e.active)
		}
		s.Engines = append(s.Engines, one)
	}
	slices.SortFunc(s.Engines, func(a, b Hosted) int { return strings.Compare(fmt.Sprint(a.Engine), fmt.Sprint(b.Engine)) })
	return s
}

var errNoSocket = errors.New("no socket was handed over: 'lanser daemon run' is started by lanser itself")
