//go:build !linux

package daemon

import (
	"context"
	"errors"
	"io"
	"net"

	"lanser/server/api"
)

var errUnsupported = errors.New("there is a warm process on Linux only, so far")

func requirePrivate(string) error    { return errUnsupported }
func sameConfinement(int) error      { return nil }
func world() string                  { return "" }
func sameUser(net.Conn) (int, error) { return 0, errUnsupported }

// Dial says that there is none here.
func Dial(context.Context, Engine) (api.Door, error) { return nil, errUnsupported }

// Statuses are none.
func Statuses(context.Context) ([]Status, []string, error) { return nil, nil, nil }

// Stop has nothing to stop.
func Stop(context.Context) ([]Ended, error) { return nil, nil }

// RunInherited says that there is none here.
func RunInherited(context.Context, string, Limits, io.Writer) error { return errUnsupported }
