package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/jsonl"
)

// private fails unless dir is a folder of the user's that nobody else may enter.
func private(dir string) error {
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return fmt.Errorf("%s is no folder", dir)
	case int(st.Uid) != os.Getuid():
		return fmt.Errorf("%s belongs to another user", dir)
	case st.Mode&0o077 != 0:
		return fmt.Errorf("others may enter %s: its mode is %04o, and must be 0700", dir, st.Mode&0o7777)
	}
	return nil
}

// sameUser fails unless the other end of a connection is of the same user.
func sameUser(conn net.Conn) (pid int, err error) {
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	switch {
	case credErr != nil:
		return 0, credErr
	case int(cred.Uid) != os.Getuid():
		return 0, fmt.Errorf("the other end is of the user %d", cred.Uid)
	}
	return int(cred.Pid), nil
}

// Dial is a door to the engine in the warm process, which is started if there is none.
// An error whose fault is of the engine itself (a workspace that is none) is a
// [fault.Error]; any other says why there is no warm process to be had.
func Dial(ctx context.Context, want Engine) (server.Door, error) {
	self, err := Self()
	if err != nil {
		return nil, err
	}
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	p := place{dir, self.name()}
	greeting := hello{Lanser: protocolVersion, Identity: self, Engine: &want}
	if c, err := meet(ctx, p, greeting); !absent(err) {
		return c, err
	}
	unlock, err := lock(ctx, p.lock())
	if err != nil {
		return nil, err
	}
	defer unlock()
	if c, err := meet(ctx, p, greeting); !absent(err) { // somebody else may have started it meanwhile
		return c, err
	}
	if err := spawn(p); err != nil {
		return nil, err
	}
	return meet(ctx, p, greeting)
}

// absent says that there is no process, or that it was just ending.
func absent(err error) bool {
	return slices.ContainsFunc([]error{syscall.ECONNREFUSED, syscall.ENOENT, syscall.ECONNRESET, syscall.EPIPE, io.EOF}, func(e error) bool { return errors.Is(err, e) })
}

// meet connects and says hello.
func meet(ctx context.Context, p place, greeting hello) (server.Door, error) {
	conn, answer, r, err := greet(ctx, p, greeting)
	if err != nil {
		return nil, err
	}
	switch {
	case answer.Error != nil:
		conn.Close()
		return nil, fault.New(answer.Error.Code, "%s", answer.Error.Message).WithHint("%s", answer.Error.Hint)
	case answer.Identity != greeting.Identity:
		conn.Close()
		return nil, errors.New("the warm process is of another build or environment")
	}
	return jsonl.NewClient(conn, r, greeting.Engine.Root), nil
}

// greet connects, and exchanges hellos.
func greet(ctx context.Context, p place, greeting hello) (net.Conn, hello, *bufio.Reader, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", p.socket())
	if err != nil {
		return nil, hello{}, nil, err
	}
	fail := func(err error) (net.Conn, hello, *bufio.Reader, error) {
		conn.Close()
		return nil, hello{}, nil, err
	}
	if _, err := sameUser(conn); err != nil {
		return fail(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return fail(err)
	}
	if _, err := conn.Write(marshalLine(greeting)); err != nil {
		return fail(err)
	}
	r := bufio.NewReader(conn)
	answer, err := readHello(r)
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("the warm process does not answer: %w", err)
	}
	if err != nil {
		return fail(err)
	}
	return conn, answer, r, nil
}

// readHello reads the other side's first line.
func readHello(r *bufio.Reader) (hello, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxHello {
			return hello{}, errors.New("a hello that does not end")
		}
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return hello{}, err
		}
	}
	var h hello
	if err := json.Unmarshal(line, &h); err != nil || h.Lanser == 0 {
		return hello{}, errors.New("the other end is no lanser")
	}
	return h, nil
}

// lock holds the lock of a place until unlock is called, or the process ends.
func lock(ctx context.Context, file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	held := make(chan error, 1)
	go func() { held <- unix.Flock(int(f.Fd()), unix.LOCK_EX) }() // it ends when the holder does
	late := time.NewTimer(2 * patience)
	defer late.Stop()
	select {
	case err = <-held:
	case <-late.C:
		err = errors.New("somebody else has been starting the warm process for too long")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		go func() { <-held; f.Close() }()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// spawn starts the process, with a socket that is open already. The caller holds the
// lock.
func spawn(p place) error {
	if err := os.Remove(p.socket()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: p.socket(), Net: "unix"})
	if err != nil {
		return err
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	socket, err := l.File()
	if err != nil {
		return err
	}
	defer socket.Close()
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		os.Remove(p.socket())
		return err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "daemon", "run", p.name)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", log, log
	cmd.ExtraFiles = []*os.File{socket} // becomes file descriptor 3
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		os.Remove(p.socket())
		return err
	}
	return cmd.Process.Release()
}

// Statuses asks every process of the user's for its status. Those that do not answer are
// named in silent, by their sockets.
func Statuses(ctx context.Context) (all []Status, silent []string, err error) {
	err = each(ctx, "status", func(p place, conn net.Conn, answer hello) {
		defer conn.Close()
		if answer.Status != nil {
			answer.Status.Socket = p.socket()
			all = append(all, *answer.Status)
		}
	}, func(p place) { silent = append(silent, p.socket()) })
	return all, silent, err
}

// Stop ends every process of the user's, and returns how many once they have ended their
// servers.
func Stop(ctx context.Context) (stopped int, silent []string, err error) {
	err = each(ctx, "stop", func(_ place, conn net.Conn, _ hello) {
		defer conn.Close()
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		_, _ = io.Copy(io.Discard, conn) // it ends with the process
		stopped++
	}, func(p place) { silent = append(silent, p.socket()) })
	return stopped, silent, err
}

// each says a control word to every process; the sockets of dead ones are removed.
func each(ctx context.Context, word string, do func(place, net.Conn, hello), silent func(place)) error {
	dir, err := folder()
	if err != nil {
		return err
	}
	self, err := Self()
	if err != nil {
		return err
	}
	all, err := places(dir)
	for _, p := range all {
		conn, answer, _, err := greet(ctx, p, hello{Lanser: protocolVersion, Identity: self, Control: word})
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			if unlock, err := lock(ctx, p.lock()); err == nil { // unless it is being started
				if conn, err := net.Dial("unix", p.socket()); err == nil {
					conn.Close()
				} else if errors.Is(err, syscall.ECONNREFUSED) {
					os.Remove(p.socket())
					os.Remove(p.log())
				}
				unlock()
			}
		case err != nil:
			silent(p)
		default:
			do(p, conn, answer)
		}
	}
	return err
}
