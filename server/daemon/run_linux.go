package daemon

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Inherited is the process that [Dial] has started: it serves the socket that it was
// handed over, under the name that it was given, and removes it at its end.
func Inherited(ctx context.Context, name string, limits Limits, log io.Writer) error {
	file := os.NewFile(3, "socket")
	l, err := net.FileListener(file)
	if err != nil {
		return fmt.Errorf("%w: %v", errNoSocket, err)
	}
	file.Close()
	self, err := Self()
	if err != nil {
		return err
	}
	dir, err := folder()
	if err != nil {
		return err
	}
	p := place{dir, name}
	if name != self.name() {
		os.Remove(p.socket()) // who started it still holds the lock
		return fmt.Errorf("started as %s, and it is %s: the program or the environment has changed meanwhile", name, self.name())
	}
	unix.Umask(0o077)
	var was unix.Stat_t
	if err := unix.Lstat(p.socket(), &was); err != nil {
		return err
	}
	err = Run(ctx, l, self, limits, log)
	p.remove(was)
	return err
}

// remove removes the socket if it is still the one that it was, and nobody is starting
// another.
func (p place) remove(was unix.Stat_t) {
	f, err := os.OpenFile(p.lock(), os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		return
	}
	var now unix.Stat_t
	if unix.Lstat(p.socket(), &now) == nil && now.Ino == was.Ino && now.Ctim == was.Ctim {
		os.Remove(p.socket())
		os.Remove(p.log())
	}
}
