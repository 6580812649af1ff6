package daemon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/jsonl"
)

// requirePrivate fails unless dir is a folder of the user that nobody else may enter.
func requirePrivate(dir string) error {
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return fmt.Errorf("%s is not a folder", dir)
	case int(st.Uid) != os.Getuid():
		return fmt.Errorf("%s belongs to another user", dir)
	case st.Mode&0o077 != 0:
		return fmt.Errorf("other users may enter %s: its mode is %04o, but must be 0700", dir, st.Mode&0o7777)
	}
	return nil
}

// sameUser fails unless the other end of a connection belongs to the same user. It returns the process
// id of the other end; 0 if the kernel does not report it.
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

	if credErr != nil {
		return 0, credErr
	}
	if int(cred.Uid) != os.Getuid() {
		return 0, fmt.Errorf("the other end belongs to the user %d", cred.Uid)
	}
	return int(cred.Pid), nil
}

// errOtherConfinement says that the warm process and the client are confined differently. Their
// identities do not show this because a process cannot read its Landlock rules.
var errOtherConfinement = errors.New("the warm process and the client are confined differently")

// sameConfinement fails if a process may not be inspected because it or this process is in a
// Landlock domain that the other is not in (landlock(7), "Ptrace restrictions").
func sameConfinement(pid int) error {
	if pid == 0 {
		return nil // It is in another PID namespace. The identities contain the namespaces.
	}
	_, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/user", pid))
	if errors.Is(err, os.ErrPermission) {
		return errOtherConfinement
	}
	return nil
}

// maxConfinements is the maximum number of warm processes with the same identity and different
// confinements.
const maxConfinements = 4

// Supported reports whether this system can have a warm process.
const Supported = true

// Dial returns a door to an engine in the warm process, and starts the process if necessary. An
// error of the engine itself, for example because the workspace does not exist, is a [fault.Error];
// any other error says why the warm process cannot be used.
func Dial(ctx context.Context, want Engine) (api.Door, error) {
	self, err := Self()
	if err != nil {
		return nil, err
	}
	dir, err := folder(want.Root)
	if err != nil {
		return nil, err
	}
	for n := range maxConfinements {
		sent := hello{Lanser: protocolVersion, Identity: self, Engine: &want}
		door, err := dialAt(ctx, endpointOf(dir, self, n), sent)
		if !errors.Is(err, errOtherConfinement) {
			return door, err
		}
	}
	return nil, errOtherConfinement
}

// endpointOf returns the nth endpoint of an identity. Further endpoints than the first are only used
// by processes with the same identity and different confinements.
func endpointOf(dir string, self Identity, n int) endpoint {
	if n == 0 {
		return endpoint{dir: dir, name: self.name()}
	}
	return endpoint{dir: dir, name: fmt.Sprintf("%s-%d", self.name(), n)}
}

// dialAt opens a door to the process at an endpoint, and starts the process if necessary.
func dialAt(ctx context.Context, p endpoint, sent hello) (api.Door, error) {
	door, err := connect(ctx, p, sent)
	if !isAbsent(err) {
		return door, err
	}
	unlock, err := lock(ctx, p.lock())
	if err != nil {
		return nil, err
	}
	defer unlock()
	door, err = connect(ctx, p, sent) // another client may have started it meanwhile
	if !isAbsent(err) {
		return door, err
	}
	if err := spawn(p); err != nil {
		return nil, err
	}
	return connect(ctx, p, sent)
}

// isAbsent reports whether err means that there is no process, or that it was just ending.
func isAbsent(err error) bool {
	none := []error{syscall.ECONNREFUSED, syscall.ENOENT, syscall.ECONNRESET, syscall.EPIPE, io.EOF, errNoSecret}
	return slices.ContainsFunc(none, func(e error) bool { return errors.Is(err, e) })
}

// connect connects to the process at an endpoint and returns a door to the engine.
func connect(ctx context.Context, p endpoint, sent hello) (api.Door, error) {
	c, err := greet(ctx, p, sent)
	if err != nil {
		return nil, err
	}
	err = c.checkAnswer(sent)
	if err != nil {
		c.Close()
		return nil, err
	}
	return jsonl.NewClient(c, c.r, sent.Engine.Root), nil
}

// connection is a connection to a warm process that has proved that it knows the secret.
type connection struct {
	net.Conn
	r      *bufio.Reader
	answer hello
	pid    int // 0 if the kernel does not report it
}

// checkAnswer fails unless the process can answer the requests of the client.
func (c *connection) checkAnswer(sent hello) error {
	switch {
	case c.answer.Error != nil:
		e := c.answer.Error
		return fault.New(e.Code, "%s", e.Message).WithHint("%s", e.Hint)
	case c.answer.OtherConfinement != "":
		return errOtherConfinement
	case c.answer.Identity != sent.Identity:
		return errors.New("the warm process is of another build or environment")
	}
	return sameConfinement(c.pid)
}

// greet connects, and exchanges greetings and hellos.
func greet(ctx context.Context, p endpoint, sent hello) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", p.socket())
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: conn, r: bufio.NewReader(conn)}
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })()
	err = c.exchange(p, sent)
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err == nil {
		return c, nil
	}
	conn.Close()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("the warm process does not answer: %w", err)
	}
	return nil, err
}

// exchange proves to each side that the other knows the secret of the endpoint, and sends the hello. Before that, it
// checks that the process at the other end belongs to the same user.
func (c *connection) exchange(p endpoint, sent hello) error {
	var err error
	c.pid, err = sameUser(c.Conn)
	if err != nil {
		return err
	}
	s, err := p.readSecret()
	if err != nil {
		return err
	}
	sent.Proof, err = greetProcess(c, c.r, s)
	if err != nil {
		return err
	}
	if _, err := c.Write(marshalLine(sent)); err != nil {
		return err
	}
	return readLine(c.r, &c.answer)
}

// readSecret reads the secret of an endpoint.
func (p endpoint) readSecret() (secret, error) {
	f, err := os.OpenFile(p.secret(), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errNoSecret
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := make(secret, secretSize)
	if _, err := io.ReadFull(f, s); err != nil {
		return nil, fmt.Errorf("%s: %w", p.secret(), errNoSecret) // It is still being written.
	}
	return s, nil
}

// lock acquires the lock of an endpoint. It is released by unlock, or when this process ends.
func lock(ctx context.Context, file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	locked := make(chan error, 1)

	// The goroutine ends at the latest when the process ends that has the lock.
	go func() { locked <- unix.Flock(int(f.Fd()), unix.LOCK_EX) }()
	late := time.NewTimer(2 * helloTimeout)
	defer late.Stop()
	select {
	case err = <-locked:
	case <-late.C:
		err = errors.New("another process has been starting the warm process for too long")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		go func() { <-locked; f.Close() }()
		return nil, err
	}
	return func() { f.Close() }, nil
}
