package daemon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
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
	"lanser/server/pool"
	"lanser/server/sandbox"
)

// Limits are the limits of a warm process.
type Limits struct {
	Idle         time.Duration // a process without connections ends after this time, an unused engine is closed
	Rest         time.Duration // an engine without requests for this time drops what it can compute again; 0 for never
	ServerMemory int64         // maximum memory of all servers together, in bytes; 0 for no limit
	OwnMemory    int64         // if the process uses more bytes than this, it drops caches; 0 for no limit
	Engines      int           // maximum number of engines without a connection
	Connections  int           // maximum number of connections; further ones wait to be accepted
	Stall        time.Duration // a client that reads nothing of its answer for this time is disconnected
}

// DefaultLimits returns the limits of a process that lanser starts: 30 minutes, half of the machine's
// memory for servers, and an eighth of it, but at least 1 GiB, for the process itself. After half a minute without
// requests, the process keeps only what it takes to find its language servers.
func DefaultLimits() Limits {
	machine := sandbox.MachineMemory()
	return Limits{
		Idle: 30 * time.Minute, Rest: 30 * time.Second, ServerMemory: machine / 2, OwnMemory: max(machine/8, 1<<30),
		Engines: 16, Connections: 512,
		Stall: time.Minute,
	}
}

// Process is the configuration of a warm process.
type Process struct {
	Identity Identity
	Secret   []byte // that clients must know
	Limits   Limits
	Log      *log.Logger // connections log at the same time
	// Lost reports whether no client can reach the process any more, because its socket was
	// removed or replaced. It may be nil.
	Lost func() bool
}

// host is a running warm process.
type host struct {
	Process
	started time.Time
	stop    context.CancelFunc
	turns   *server.Turns // shared by all engines

	mu            sync.Mutex
	engines       map[Engine]*hostedEngine
	open          int // number of connections with an engine
	active        time.Time
	stoppers      []net.Conn // of clients that wait for the end of the process
	cachesDropped time.Time  // when caches were last dropped
}

// hostedEngine is an engine with its users.
type hostedEngine struct {
	make   sync.Once // guards engine and err
	engine *server.Engine
	err    error

	users  map[net.Conn]bool // the connections of its clients
	active time.Time         // when a connection last ended
}

// Run serves the socket l until the process has been idle for [Limits.Idle], a client stops it, or
// ctx ends. It returns when all servers have ended.
func Run(ctx context.Context, l net.Listener, p Process) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	now := time.Now()
	h := &host{
		Process: p,
		started: now,
		active:  now,
		stop:    stop,
		turns:   server.NewTurns(),
		engines: map[Engine]*hostedEngine{},
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	var all sync.WaitGroup
	all.Go(func() { h.housekeeping(ctx) })
	err := h.accept(ctx, l, &all)
	stopped := ctx.Err() != nil
	stop()
	all.Wait()
	h.closeAll()
	for _, conn := range h.stoppers {
		conn.Close() // last, because the client takes this as the end of the process
	}

	if stopped {
		return nil
	}
	return err
}

// accept accepts and serves connections until the listener is closed. If there are as many as
// [Limits.Connections], further clients wait in the kernel's queue, and give up after helloTimeout.
func (h *host) accept(ctx context.Context, l net.Listener, all *sync.WaitGroup) error {
	slots := make(chan struct{}, max(h.Limits.Connections, 1))
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}

		conn, err := l.Accept()
		if err != nil {
			return err
		}
		all.Go(func() {
			defer func() { <-slots }()
			h.serve(ctx, conn)
		})
	}
}

// serve serves one connection.
func (h *host) serve(ctx context.Context, conn net.Conn) {
	end := context.AfterFunc(ctx, func() { conn.Close() })
	r := bufio.NewReader(conn)
	received, answer, err := h.greet(conn, r)
	if err != nil {
		h.Log.Println("refused:", err)
	}
	switch {
	case err != nil:
	case received.Control == "stop":
		if end() && h.addStopper(conn, answer) {
			return
		}
	case received.Control == "close" && received.Engine != nil:
		if isLast := h.closeWorkspace(conn, answer, received.Engine.Root); isLast && end() {
			h.stopFor(conn)
			return
		}
	case received.Engine != nil && received.Control == "" && answer.OtherConfinement == "" &&
		received.Identity == h.Identity:
		h.host(ctx, conn, r, answer, *received.Engine)
	default: // The answer contains the status, or the identity that differs from the client's.
		_, _ = conn.Write(marshalLine(answer))
	}
	end()
	conn.Close()
}

// greet exchanges greetings, reads the client's hello and prepares the answer.
func (h *host) greet(conn net.Conn, r *bufio.Reader) (received, answer hello, err error) {
	pid, err := sameUser(conn)
	if err != nil {
		return received, answer, err
	}
	if err := conn.SetDeadline(time.Now().Add(helloTimeout)); err != nil {
		return received, answer, err
	}
	received, err = greetClient(conn, r, h.Secret)
	if err != nil {
		return received, answer, err
	}
	answer = hello{Lanser: protocolVersion, Identity: h.Identity}
	if err := sameConfinement(pid); err != nil {
		answer.OtherConfinement = err.Error()
	}
	if received.Control == "status" {
		answer.Status = h.status()
	}
	return received, answer, conn.SetDeadline(time.Time{})
}

// addStopper stops the process. The connection of the client stays open until the process ends.
func (h *host) addStopper(conn net.Conn, answer hello) bool {
	if _, err := conn.Write(marshalLine(answer)); err != nil {
		return false
	}
	h.stopFor(conn)
	return true
}

// stopFor stops the process, and closes a connection when the process ends.
func (h *host) stopFor(conn net.Conn) {
	h.mu.Lock()
	h.stoppers = append(h.stoppers, conn)
	h.mu.Unlock()
	h.stop()
}

// closeWorkspace closes the engines of a workspace, after their clients' connections. The connection of the client
// that asks for it is closed when they are closed. isLast reports whether the process has no other engine, and so
// should end.
func (h *host) closeWorkspace(conn net.Conn, answer hello, root string) (isLast bool) {
	var gone []*server.Engine
	var users []net.Conn
	h.mu.Lock()
	for key, e := range h.engines {
		if key.Root != root || e.engine == nil {
			continue // An engine that is being opened belongs to a client that comes later.
		}
		delete(h.engines, key)
		gone = append(gone, e.engine)
		users = append(users, slices.Collect(maps.Keys(e.users))...)
	}
	isLast = len(h.engines) == 0 && len(gone) > 0
	h.mu.Unlock()

	answer.Closing = &Closing{Engines: len(gone), Last: isLast}
	_, _ = conn.Write(marshalLine(answer)) // The engines are closed even if the client has left.
	for _, user := range users {
		user.Close()
	}
	closeEngines(gone)
	debug.FreeOSMemory()
	return isLast
}

// host serves a connection to an engine.
func (h *host) host(ctx context.Context, conn net.Conn, r *bufio.Reader, answer hello, want Engine) {
	e, release, err := h.engine(conn, want)
	if err != nil {
		f := fault.From(err)
		answer.Error = &refused{Code: f.Code, Message: f.Message, Hint: f.Hint}
		_, _ = conn.Write(marshalLine(answer))
		return
	}

	defer release()
	if _, err := conn.Write(marshalLine(answer)); err != nil {
		return
	}
	w := stallConn{Conn: conn, stall: h.Limits.Stall}
	if err := jsonl.Serve(ctx, e, r, w, false, false); err != nil && ctx.Err() == nil {
		h.Log.Println("connection:", err)
	}
}

// stallConn is a connection that is closed if the client does not read for some time.
type stallConn struct {
	net.Conn
	stall time.Duration // 0 for no limit
}

// stallChunk is the number of bytes that a client must read within the time stall.
const stallChunk = 64 << 10

// Write writes to the client. It fails, and closes the connection, if the client does not read within the time stall.
func (c stallConn) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		if c.stall > 0 {
			_ = c.SetWriteDeadline(time.Now().Add(c.stall)) // If the connection is closed, Write fails.
		}
		var part int
		part, err = c.Conn.Write(p[:min(len(p), stallChunk)])
		n, p = n+part, p[part:]
	}
	if err != nil {
		c.Close() // no further requests are read
	}
	return n, err
}

// engine returns the engine that a connection wants, and opens it if necessary. It stays open until release is
// called, or the workspace is closed.
func (h *host) engine(conn net.Conn, want Engine) (e *server.Engine, release func(), err error) {
	h.mu.Lock()
	entry := h.engines[want]
	if entry == nil {
		entry = &hostedEngine{users: map[net.Conn]bool{}}
		h.engines[want] = entry
	}

	entry.users[conn] = true
	h.open++
	h.mu.Unlock()
	release = func() { h.release(conn, want, entry) }
	entry.make.Do(func() {
		made, err := server.New(server.Config{
			Root: want.Root, Sandbox: want.Sandbox, Trust: want.Trust, MaxMemory: want.MaxMemory, Turns: h.turns,
		})
		h.mu.Lock()
		defer h.mu.Unlock()
		entry.engine, entry.err = made, err
	})
	if entry.err != nil {
		release()
		return nil, nil, entry.err
	}
	return entry.engine, release, nil
}

// release ends one use of an engine. An engine that could not be opened is removed, so that the next
// client tries to open it.
func (h *host) release(conn net.Conn, key Engine, entry *hostedEngine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(entry.users, conn)
	h.open--
	entry.active, h.active = time.Now(), time.Now()
	if entry.err != nil && h.engines[key] == entry {
		delete(h.engines, key)
	}
}

// housekeeping enforces the limits until the process is idle or ctx ends.
func (h *host) housekeeping(ctx context.Context) {
	shortest := h.Limits.Idle
	if h.Limits.Rest > 0 {
		shortest = min(shortest, h.Limits.Rest)
	}
	tick := time.NewTicker(min(time.Second, max(shortest/4, time.Millisecond)))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}

		h.closeIdle()
		h.limitServerMemory()
		h.releaseMemory()
		h.limitOwnMemory()
		if h.idle() || h.unreachable() {
			h.stop()
			return
		}
	}
}

// idle reports whether no client was connected for so long that the process exits.
func (h *host) idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open == 0 && time.Since(h.active) > h.Limits.Idle
}

// unreachable reports whether no client is connected, and none can connect.
func (h *host) unreachable() bool {
	h.mu.Lock()
	open := h.open
	h.mu.Unlock()
	return open == 0 && h.Lost != nil && h.Lost()
}

// closeIdle closes the engines that have been idle for too long or are too many, and the idle servers
// of the other engines.
func (h *host) closeIdle() {
	gone := h.unused(h.Limits.Engines, h.Limits.Idle)
	for _, e := range gone {
		e.Close()
	}

	for _, e := range h.openEngines() {
		for _, s := range e.Running() {
			if s.Idle > h.Limits.Idle {
				e.LetGo(s.PID)
			}
		}
	}
	if len(gone) > 0 {
		debug.FreeOSMemory()
	}
}

// unused removes and returns engines without connections. It leaves the most recently used ones: at
// most keep, and only those that were used within the time idle.
func (h *host) unused(keep int, idle time.Duration) (gone []*server.Engine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var free []Engine
	for key, e := range h.engines {
		if len(e.users) == 0 && e.engine != nil {
			free = append(free, key)
		}
	}

	slices.SortFunc(free, func(a, b Engine) int { return h.engines[b].active.Compare(h.engines[a].active) })
	for i, key := range free {
		e := h.engines[key]
		if i >= keep || time.Since(e.active) > idle {
			delete(h.engines, key)
			gone = append(gone, e.engine)
		}
	}
	return gone
}

// releaseMemory releases the memory of the engines that have had no request for the time [Limits.Rest].
func (h *host) releaseMemory() {
	if h.Limits.Rest == 0 {
		return
	}
	released := false
	for _, e := range h.openEngines() {
		if e.Idle() >= h.Limits.Rest && e.ReleaseMemory() {
			h.Log.Printf("memory of %s released", e.Root())
			released = true
		}
	}
	if released {
		debug.FreeOSMemory()
	}
}

// cacheDropInterval is the minimum time between two drops of caches, because filling them is slow.
const cacheDropInterval = 10 * time.Second

// limitOwnMemory closes engines without connections and drops cached answers if the process uses too
// much memory.
func (h *host) limitOwnMemory() {
	used := sandbox.Resident(os.Getpid(), false)
	if h.Limits.OwnMemory == 0 || used <= h.Limits.OwnMemory || time.Since(h.cachesDropped) < cacheDropInterval {
		return
	}
	gone := h.unused(0, 0)
	for _, e := range gone {
		e.Close()
	}

	for _, e := range h.openEngines() {
		e.ReleaseMemory()
	}

	debug.FreeOSMemory()
	h.cachesDropped = time.Now()
	h.Log.Printf("caches dropped: the process used %d MiB, the limit is %d; it uses %d now",
		used>>20, h.Limits.OwnMemory>>20, sandbox.Resident(os.Getpid(), false)>>20)
}

// limitServerMemory closes the servers that have been idle longest until the memory of all servers is
// below the limit. A server that is answering is not closed.
func (h *host) limitServerMemory() {
	if h.Limits.ServerMemory == 0 {
		return
	}
	type one struct {
		engine *server.Engine
		pool.Running
	}

	var all []one
	var total int64
	for _, e := range h.openEngines() {
		for _, s := range e.Running() {
			all = append(all, one{e, s})
			total += s.Memory
		}
	}

	slices.SortFunc(all, func(a, b one) int { return int(b.Idle - a.Idle) })
	for _, s := range all {
		if total <= h.Limits.ServerMemory {
			return
		}
		if s.engine.LetGo(s.PID) {
			h.Log.Printf("%s of %s closed: all servers used %d MiB, the limit is %d", s.Name, s.engine.Root(),
				total>>20, h.Limits.ServerMemory>>20)
			total -= s.Memory
		}
	}
}

// openEngines returns the engines that are open.
func (h *host) openEngines() (out []*server.Engine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.engines {
		if e.engine != nil {
			out = append(out, e.engine)
		}
	}
	return out
}

// closeAll closes all engines, at the same time: each waits for its language servers to exit.
func (h *host) closeAll() {
	closeEngines(h.openEngines())
}

// closeEngines closes engines at the same time.
func closeEngines(engines []*server.Engine) {
	var all sync.WaitGroup
	for _, e := range engines {
		all.Go(e.Close)
	}
	all.Wait()
}

// status returns the status of the process, with the engines in order.
func (h *host) status() *Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &Status{
		PID: os.Getpid(), Version: server.Version(), Started: h.started, Connections: h.open,
		Memory: sandbox.Resident(os.Getpid(), false), Bound: h.Limits.OwnMemory, Ceiling: h.Limits.ServerMemory,
	}
	for key, e := range h.engines {
		if e.engine == nil {
			continue // It is being opened.
		}
		one := Hosted{
			Engine: key, Connections: len(e.users), Servers: e.engine.Running(), Released: e.engine.Released(),
		}
		if len(e.users) == 0 {
			one.Idle = time.Since(e.active)
		}
		s.Engines = append(s.Engines, one)
	}
	slices.SortFunc(s.Engines,
		func(a, b Hosted) int { return strings.Compare(fmt.Sprint(a.Engine), fmt.Sprint(b.Engine)) })
	return s
}

// errNoSocket is the error of a process that a user has started by hand.
var errNoSocket = errors.New("no socket was passed: 'lanser daemon run' is started by lanser itself")
