//go:build !linux

package daemon

import (
	"context"
	"errors"
	"io"
	"net"

	"lanser/server/api"
)

// Supported reports whether this system can have a warm process.
const Supported = false

// errUnsupported is the error of everything that needs the process on other systems.
var errUnsupported = errors.New("the warm process is only supported on Linux")

// The parts of the protocol that depend on the system.
func requirePrivate(string) error    { return errUnsupported }
func sameConfinement(int) error      { return nil }
func world() string                  { return "" }
func sameUser(net.Conn) (int, error) { return 0, errUnsupported }

// Dial fails on this system.
func Dial(context.Context, Engine) (api.Door, error) { return nil, errUnsupported }

// Statuses returns nothing on this system.
func Statuses(context.Context) ([]Status, []string, error) { return nil, nil, nil }

// Stop does nothing on this system.
func Stop(context.Context) ([]Ended, error) { return nil, nil }

// StopWorkspace does nothing on this system.
func StopWorkspace(context.Context, string) ([]Ended, []string, error) { return nil, nil, nil }

// RunInherited fails on this system.
func RunInherited(context.Context, string, Limits, io.Writer) error { return errUnsupported }
