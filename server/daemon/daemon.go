// Package daemon owns the warm process: one process of the user's that keeps engines,
// and with them language servers, between the commands and the sessions of agents.
//
// # Where it is
//
// It listens on a socket in a folder that only the user may enter: "lanser" in
// $XDG_RUNTIME_DIR, else "lanser-UID" in the folder for temporary files. The socket's
// name is the digest of the process's [Identity]: the build of lanser and the
// environment that answers depend on. Another build, or another PATH, has another
// process; nobody ever talks to one that would answer otherwise than he would himself.
//
// # Promises
//
//   - Whoever connects is of the same user, by the kernel's word (SO_PEERCRED), on both
//     sides. A folder or a socket of another user is refused.
//   - Of any number of clients that come at once, one starts the process (a lock), and
//     all use it. The socket is there before the process is, so that nobody waits for it.
//   - It ends when nobody has been connected for a while. Engines and servers that
//     nobody has asked for a while are let go before; so are the servers that were asked
//     longest ago where all together take too much memory.
//   - What goes wrong is an error for [Dial], with a clear word, and never a wait beyond
//     [patience]: the caller answers by himself then.
//
// # What is said
//
// The client's first line is a hello with its identity and the engine that it wants, or
// a control word; the answer is a hello. After that the connection is a stream of
// package jsonl, and what it has asked is cancelled when it goes.
//
// It does not know what a question is. Linux only, so far.
package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lanser/selectors/fault"
	"lanser/server"
)

// Identity is what must be equal for a process to answer in place of another.
type Identity struct {
	Build string // of the program: its file, as it is
	Env   string // digest of the variables that answers depend on
}

// Self is the identity of this process.
func Self() (Identity, error) {
	exe, err := os.Executable()
	if err != nil {
		return Identity{}, err
	}
	info, err := os.Stat(exe)
	if err != nil {
		return Identity{}, fmt.Errorf("the program is not where it was started: %w", err)
	}
	h := sha256.New()
	for _, v := range server.Environment() {
		fmt.Fprintf(h, "%q\n", v)
	}
	return Identity{
		Build: fmt.Sprint(protocolVersion, " ", server.Version(), " ", exe, " ", info.Size(), " ", info.ModTime().UnixNano()),
		Env:   hex.EncodeToString(h.Sum(nil)),
	}, nil
}

// protocolVersion is that of what is said over the socket.
const protocolVersion = 1

func (i Identity) name() string {
	sum := sha256.Sum256([]byte(i.Build + "\n" + i.Env))
	return hex.EncodeToString(sum[:10])
}

// Engine chooses the engine that answers a connection.
type Engine struct {
	Root      string `json:"root"`
	Sandbox   string `json:"sandbox"`
	Trust     bool   `json:"trust"`
	MaxMemory int64  `json:"maxMemory"` // bytes, of each server
}

// patience is how long the other side may take to say hello.
const patience = 3 * time.Second

// hello is the first line of either side.
type hello struct {
	Lanser   int      `json:"lanser"` // protocolVersion
	Identity Identity `json:"identity"`
	Engine   *Engine  `json:"engine,omitempty"`
	Control  string   `json:"control,omitempty"` // "status" or "stop", which every version understands
	Status   *Status  `json:"status,omitempty"`
	Error    *refused `json:"error,omitempty"`
}

// refused is a fault on the wire.
type refused struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Hint    string     `json:"hint"`
}

// Status is what a process says of itself.
type Status struct {
	PID         int       `json:"pid"`
	Version     string    `json:"version"`
	Started     time.Time `json:"started"`
	Connections int       `json:"connections"`
	Memory      int64     `json:"memory"`  // resident, of the process alone, in bytes
	Ceiling     int64     `json:"ceiling"` // of all its servers together
	Engines     []Hosted  `json:"engines"`
	Socket      string    `json:"socket"`
}

// Hosted is an engine of the process.
type Hosted struct {
	Engine
	Connections int              `json:"connections"`
	Idle        time.Duration    `json:"idle"` // since the last connection or answer
	Servers     []server.Running `json:"servers"`
}

// folder is where the sockets are, made if need be.
func folder() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprint("lanser-", os.Getuid()))
	if run := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) {
		if info, err := os.Stat(run); err == nil && info.IsDir() {
			dir = filepath.Join(run, "lanser")
		}
	}
	if len(dir) > maxFolder {
		return "", fmt.Errorf("the path of %s is too long for a socket", dir)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return dir, private(dir)
}

// maxFolder leaves room for a socket's name in the 108 bytes of sockaddr_un (unix(7)).
const maxFolder = 108 - 1 - 1 - 20 - len(".sock")

// place is the files of one identity's process.
type place struct{ dir, name string }

func (p place) socket() string { return filepath.Join(p.dir, p.name+".sock") }
func (p place) lock() string   { return filepath.Join(p.dir, p.name+".lock") }
func (p place) log() string    { return filepath.Join(p.dir, p.name+".log") }

// places are those of all processes.
func places(dir string) (out []place, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".sock"); ok {
			out = append(out, place{dir, name})
		}
	}
	return out, err
}

// maxHello bounds a hello in bytes.
const maxHello = 1 << 20

func marshalLine(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		raw = []byte("{}") // what is sent is plain data
	}
	return append(raw, '\n')
}
