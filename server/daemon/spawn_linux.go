package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"lanser/server/toolchain"
)

// spawn opens the socket and starts the warm process with it. The caller holds the lock.
func spawn(p endpoint) (err error) {
	p.clear()
	defer func() {
		if err != nil {
			p.clear()
		}
	}()

	if _, err := p.newSecret(); err != nil {
		return err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: p.socket(), Net: "unix"})
	if err != nil {
		return err
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	if err := os.Chmod(p.socket(), 0o600); err != nil { // the umask may allow more
		return err
	}
	socket, err := l.File()
	if err != nil {
		return err
	}
	defer socket.Close()
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd, err := processCommand(p.name)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{socket} // becomes file descriptor 3
	return startUnmasked(cmd)
}

// processCommand returns the command that starts the warm process: in the root folder, in a session
// of its own, with standard input from /dev/null, and only with the variables that its identity
// contains, and the one that says where its socket is.
func processCommand(name string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "daemon", "run", name)
	cmd.Dir = "/"
	cmd.Env = toolchain.Environment()
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "XDG_RUNTIME_DIR=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd, nil
}

// startUnmasked starts a command without blocked signals. A child inherits the signal mask of the
// thread that starts it.
func startUnmasked(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var none, was unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &none, &was); err != nil {
		return err
	}
	err := cmd.Start()
	if restoreErr := unix.PthreadSigmask(unix.SIG_SETMASK, &was, nil); err == nil && restoreErr != nil {
		return restoreErr
	}
	if err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // prevents a zombie if this process lives longer
	return nil
}

// RunInherited runs the process that [Dial] has started: it serves the socket that it has inherited,
// and removes the files of the endpoint with the given name when it ends.
func RunInherited(ctx context.Context, name string, limits Limits, logged io.Writer) error {
	l, err := inheritedSocket()
	if err != nil {
		return fmt.Errorf("%w: %v", errNoSocket, err)
	}
	if err := resetInherited(); err != nil {
		return err
	}
	self, err := Self()
	if err != nil {
		return err
	}
	dir, err := folder("")
	if err != nil {
		return err
	}
	p := endpoint{dir: dir, name: name}
	if !strings.HasPrefix(name, self.name()) {
		p.clear() // The process that started this one still holds the lock.
		return fmt.Errorf("started as %s, but its identity is %s: the program or the environment has changed",
			name, self.name())
	}

	known, err := p.readSecret()
	if err != nil {
		return err
	}
	var was unix.Stat_t
	if err := unix.Lstat(p.socket(), &was); err != nil {
		return err
	}
	lost := func() bool { return !p.socketUnchanged(was) }
	err = Run(ctx, l, Process{Identity: self, Secret: known, Limits: limits, Log: log.New(logged, "", 0), Lost: lost})
	p.remove(was)
	return err
}

// inheritedSocket returns a listener for file descriptor 3. The call of listen makes SO_PEERCRED
// report this process to clients (unix(7)), instead of the process that created the socket.
func inheritedSocket() (net.Listener, error) {
	const socket = 3
	if err := unix.Listen(socket, unix.SOMAXCONN); err != nil {
		return nil, err
	}
	file := os.NewFile(socket, "socket")
	defer file.Close()
	return net.FileListener(file)
}

// resetInherited resets what the process has inherited: the umask, the soft limit of open files, and
// ignored signals. The function main handles the signals that end a program.
func resetInherited() error {
	unix.Umask(0o077)
	// Servers inherit the default actions of signals that this process handles.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU)
	return raiseOpenFiles()
}

// remove removes the files of a process that ends, if the socket is still its own, and no client is
// starting another process.
func (p endpoint) remove(was unix.Stat_t) {
	f, err := os.OpenFile(p.lock(), os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		return
	}
	var now unix.Stat_t
	if p.socketUnchanged(was) || errors.Is(unix.Lstat(p.socket(), &now), os.ErrNotExist) {
		p.clear()
	}
}

// socketUnchanged reports whether the socket of an endpoint is still the same file.
func (p endpoint) socketUnchanged(was unix.Stat_t) bool {
	var now unix.Stat_t
	err := unix.Lstat(p.socket(), &now)
	return err == nil && now.Ino == was.Ino && now.Ctim == was.Ctim
}
