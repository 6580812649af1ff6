package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// How long a process may take to end: after it has agreed to, after SIGTERM, and after
// SIGKILL, which also ends its servers. Together with [patience] this bounds [Stop].
const (
	stopTimeout = 5 * time.Second
	termTimeout = time.Second
	killTimeout = 3 * time.Second
)

// Statuses asks every process of the user's for its status. Those that do not answer are
// named in silent, by their sockets.
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

// Stop ends every process of the user's: it asks, waits until the process has ended, and
// insists where it does not (SIGTERM, then SIGKILL). It returns how each came out.
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

// mine lists the places where a process listens; the files of dead ones are removed.
func liveEndpoints(ctx context.Context) (self Identity, live []endpoint, err error) {
	dir, err := folder()
	if err != nil {
		return self, nil, err
	}
	self, err = Self()
	if err != nil {
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
		if p.dead() { // nobody was starting it
			p.clear()
		}
		unlock()
	}
	return self, live, err
}

// dead says that nobody listens at a place.
func (p endpoint) dead() bool {
	conn, err := net.Dial("unix", p.socket())
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist)
}

// stop ends the process at a place.
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

// ends waits until the process closes the connection, which it does last.
func (c *connection) ends(ctx context.Context) bool {
	if c.SetReadDeadline(time.Now().Add(stopTimeout)) != nil {
		return false
	}
	defer context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Now()) })()
	_, err := io.Copy(io.Discard, c.r)
	return err == nil || errors.Is(err, syscall.ECONNRESET)
}

// afterForce removes the files of a process that could not do so itself.
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

// handle is a hold on a warm process by the kernel's own means: a pid may be used again,
// a pidfd is of one process.
type processHandle struct {
	pid, fd int // 0 where there is none to be had
}

// process is the process that listens at a place, if it is a warm process by its command
// line: where the kernel names another, nobody is to be killed.
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
	line, _ := os.ReadFile(
		fmt.Sprintf("/proc/%d/cmdline", pid),
	) // the descriptor was opened before: it is of this process
	if !strings.Contains(string(line), "\x00daemon\x00run\x00"+p.name+"\x00") {
		unix.Close(fd)
		return processHandle{}
	}
	return processHandle{pid: pid, fd: fd}
}

func (h processHandle) release() {
	if h.fd != 0 {
		unix.Close(h.fd)
	}
}

// ends waits until the process has ended. One that we have no hold on is taken at its word.
func (h processHandle) ends(limit time.Duration) bool {
	return h.fd == 0 || endsBy(h.fd, time.Now().Add(limit))
}

// insist ends the process by signals, and waits until it and its children have ended.
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
		_ = unix.PidfdSendSignal(h.fd, step.signal, nil, 0) // it may have ended meanwhile
		if !endsBy(h.fd, time.Now().Add(step.limit)) {
			continue
		}
		deadline := time.Now().Add(killTimeout) // launchers end their servers when we end
		for _, fd := range children {
			endsBy(fd, deadline)
		}
		return EndedByForce
	}
	return NotEnded
}

// childrenOf opens pidfds of the children of a process.
func childrenOf(pid int) (fds []int) {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid)) // none where it has ended
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

// endsBy waits for the end of the process of a pidfd.
func endsBy(fd int, deadline time.Time) bool {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(poll, max(0, int(time.Until(deadline).Milliseconds())))
		if !errors.Is(err, unix.EINTR) {
			return n > 0
		}
	}
}
