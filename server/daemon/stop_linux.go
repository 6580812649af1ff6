package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Time limits for the end of a process: after it has accepted the request, after SIGTERM, and after
// SIGKILL, which also ends its servers. Together with [helloTimeout], they limit [Stop].
const (
	stopTimeout = 5 * time.Second
	termTimeout = time.Second
	killTimeout = 3 * time.Second
)

// Statuses asks every warm process of the user for its status. The sockets of those that do not
// answer are in silent.
func Statuses(ctx context.Context) (all []Status, silent []string, err error) {
	self, places, err := liveEndpoints(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range places {
		c, err := greet(ctx, p, hello{Lanser: protocolVersion, Identity: self, Control: "status"})
		if err != nil || c.answer.Status == nil {
			silent = append(silent, p.socket())
			continue
		}
		c.Close()
		c.answer.Status.Socket = p.socket()
		all = append(all, *c.answer.Status)
	}
	return all, silent, nil
}

// Stop ends every warm process of the user. It asks each one to end and waits for that; a process
// that does not end is killed (SIGTERM, then SIGKILL). It returns how each process ended.
func Stop(ctx context.Context) ([]Ended, error) {
	self, places, err := liveEndpoints(ctx)
	if err != nil {
		return nil, err
	}
	ended := make([]Ended, len(places))
	var all sync.WaitGroup
	for i, p := range places {
		all.Go(func() { ended[i] = p.stop(ctx, self) })
	}
	all.Wait()
	return ended, nil
}

// StopWorkspace closes the engines of a workspace in every warm process of the user, with their language servers.
// Processes that have no other engine end. It returns the sockets of the processes that had the workspace open, with
// NotEnded for those that have not finished in time. Processes that do not answer, or are too old to understand the
// request, are in silent.
func StopWorkspace(ctx context.Context, root string) (ended []Ended, silent []string, err error) {
	self, places, err := liveEndpoints(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range places {
		how, ok := p.close(ctx, hello{
			Lanser: protocolVersion, Identity: self, Control: "close", Engine: &Engine{Root: root},
		})
		if !ok {
			silent = append(silent, p.socket())
		} else if how != "" {
			ended = append(ended, Ended{Socket: p.socket(), How: how})
		}
	}
	return ended, silent, nil
}

// close closes the engines of a workspace in the process at an endpoint, and waits for the end of a process that has no
// other. how is "" if it has none of the workspace; ok is false if it does not answer.
func (p endpoint) close(ctx context.Context, request hello) (how How, ok bool) {
	process := p.process()
	defer process.release()
	c, err := greet(ctx, p, request)
	if err != nil || c.answer.Closing == nil {
		return "", false
	}
	defer c.Close()
	closing, how := c.answer.Closing, NotEnded
	if c.ends(ctx) && (!closing.Last || process.ends(killTimeout)) {
		how = EndedItself
	}
	if closing.Engines == 0 {
		return "", true
	}
	return how, true
}

// liveEndpoints lists the endpoints whose process is running. It removes the files of the others. Where there is no
// folder of sockets, there is no process, and none is made: it could lie in a workspace.
func liveEndpoints(ctx context.Context) (self Identity, live []endpoint, err error) {
	self, err = Self()
	if err != nil {
		return self, nil, err
	}
	dir := folderPath()
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return self, nil, nil
	}
	if err := requirePrivate(dir); err != nil {
		return self, nil, err
	}
	all, err := endpoints(dir)
	for _, p := range all {
		if !p.dead() {
			live = append(live, p)
			continue
		}

		unlock, err := lock(ctx, p.lock())
		if err != nil {
			continue
		}
		if p.dead() { // No client has started it in the meantime.
			p.clear()
		}
		unlock()
	}
	return self, live, err
}

// dead reports whether no process listens at an endpoint.
func (p endpoint) dead() bool {
	conn, err := net.Dial("unix", p.socket())
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist)
}

// stop ends the process at an endpoint.
func (p endpoint) stop(ctx context.Context, self Identity) Ended {
	out := Ended{Socket: p.socket()}
	process := p.process()
	defer process.release()
	c, err := greet(ctx, p, hello{Lanser: protocolVersion, Identity: self, Control: "stop"})
	if err == nil {
		defer c.Close()
		if c.ends(ctx) && process.ends(killTimeout) {
			out.How = EndedItself
			return out
		}
	}

	out.How = process.kill()
	if out.How == EndedByForce {
		p.afterForce(ctx)
	}
	return out
}

// ends waits until the process closes the connection. A process does that immediately before it ends.
func (c *connection) ends(ctx context.Context) bool {
	if c.SetReadDeadline(time.Now().Add(stopTimeout)) != nil {
		return false
	}
	defer context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Now()) })()
	_, err := io.Copy(io.Discard, c.r)
	return err == nil || errors.Is(err, syscall.ECONNRESET)
}

// afterForce removes the files of a process that was killed.
func (p endpoint) afterForce(ctx context.Context) {
	unlock, err := lock(ctx, p.lock())
	if err != nil {
		return
	}
	defer unlock()
	if p.dead() {
		p.clear()
	}
}

// processHandle refers to a warm process by a pidfd, because a pid may be reused by another process.
type processHandle struct {
	pid, fd int // 0 if there is no handle
}

// process returns a handle of the process that listens at an endpoint. It returns none if the command
// line is not that of a warm process, so that no other process is killed.
func (p endpoint) process() processHandle {
	conn, err := net.DialTimeout("unix", p.socket(), helloTimeout)
	if err != nil {
		return processHandle{}
	}
	defer conn.Close()
	pid, err := sameUser(conn)
	if err != nil || pid == 0 {
		return processHandle{}
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return processHandle{}
	}

	// The file belongs to the same process as fd if fd still refers to a process, as kill requires.
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if !strings.Contains(string(line), "\x00daemon\x00run\x00"+p.name+"\x00") {
		unix.Close(fd)
		return processHandle{}
	}
	return processHandle{pid: pid, fd: fd}
}

// release closes the handle.
func (h processHandle) release() {
	if h.fd != 0 {
		unix.Close(h.fd)
	}
}

// ends waits until the process has ended. Without a handle it returns true, because the process has
// already closed its connection.
func (h processHandle) ends(limit time.Duration) bool {
	return h.fd == 0 || endsBy(h.fd, time.Now().Add(limit))
}

// kill ends the process by signals, and waits until the process and its children have ended.
func (h processHandle) kill() How {
	if h.fd == 0 {
		return NotEnded
	}
	children := childrenOf(h.pid)
	defer func() {
		for _, fd := range children {
			unix.Close(fd)
		}
	}()

	for _, step := range []struct {
		signal unix.Signal
		limit  time.Duration
	}{{unix.SIGTERM, termTimeout}, {unix.SIGKILL, killTimeout}} {
		_ = unix.PidfdSendSignal(h.fd, step.signal, nil, 0) // The process may have ended already.
		if !endsBy(h.fd, time.Now().Add(step.limit)) {
			continue
		}
		deadline := time.Now().Add(killTimeout) // Launchers end their servers when the process has ended.
		for _, fd := range children {
			endsBy(fd, deadline)
		}
		return EndedByForce
	}
	return NotEnded
}

// childrenOf opens pidfds of the children of a process.
func childrenOf(pid int) (fds []int) {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid)) // fails if the process has ended
	for _, t := range tasks {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		for field := range strings.FieldsSeq(string(raw)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				continue
			}
			if fd, err := unix.PidfdOpen(child, 0); err == nil {
				fds = append(fds, fd)
			}
		}
	}
	return fds
}

// endsBy waits until the process of a pidfd has ended, or until the deadline. It reports whether the
// process has ended.
func endsBy(fd int, deadline time.Time) bool {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(poll, max(0, int(time.Until(deadline).Milliseconds())))
		if !errors.Is(err, unix.EINTR) {
			return n > 0
		}
	}
}
