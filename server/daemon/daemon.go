// Package daemon owns the warm process: one process of the user's that keeps engines,
// and with them language servers, between the commands and the sessions of agents.
//
// # Where it is
//
// It listens on a socket in a folder that only the user may enter: "lanser" in
// $XDG_RUNTIME_DIR, else "lanser-UID" in the folder for temporary files. The socket's
// name is the digest of the process's [Identity]: the build of lanser, the environment
// that answers depend on, and what a process inherits (limits, namespaces, privileges).
// A client with another build, another PATH or another limit has another process.
//
// # Promises
//
//   - Both sides are of the same user, by the kernel's word (SO_PEERCRED), and know the
//     secret of the process: 32 random bytes in a file beside the socket (mode 0600).
//     Each side proves that it knows it (HMAC-SHA256 of both sides' nonces), the warm
//     process first; the secret is never sent. A confined language server cannot read
//     that file, so it cannot use the warm process, status and stop included.
//   - Of any number of clients that come at once, one starts the process (a lock), and
//     all use it. The socket exists before the process does, so that nobody polls.
//   - The process inherits nothing of the client that starts it but its world (see
//     [Identity]): no descriptor, folder, session, signal mask, umask or variable.
//   - Memory is bounded: see [Limits] for engines and servers, package jsonl for what one
//     connection may have under way and unread.
//   - It ends when nobody has been connected for a while, or its socket is gone. Engines and servers that
//     nobody has asked for a while are closed before; so are the servers that were asked
//     longest ago where all together take too much memory.
//   - [Stop] returns when the processes have ended, by force if need be, and reports those
//     that have not.
//   - [Dial] fails with a clear error and never waits beyond [patience]: the caller
//     answers by itself then.
//
// # What is said
//
// Each side sends a greeting with a nonce, the warm process with its proof. The client
// then sends a hello with its proof, its identity and the engine that it wants, or a
// control word; the answer is a hello. After that the connection is a stream of
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
	"lanser/server/pool"
	"lanser/server/toolchain"
)

// Identity is what must be equal for a process to answer in place of another.
type Identity struct {
	Build string // of the program: its file, as it is
	Env   string // digest of the variables that answers depend on
	World string // what a process inherits and cannot shed, a fact per line
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
	for _, v := range toolchain.Environment() {
		fmt.Fprintf(h, "%q\n", v)
	}
	return Identity{
		Build: fmt.Sprint(
			protocolVersion,
			" ",
			server.Version(),
			" ",
			exe,
			" ",
			info.Size(),
			" ",
			info.ModTime().UnixNano(),
		),
		Env:   hex.EncodeToString(h.Sum(nil)),
		World: world(),
	}, nil
}

// protocolVersion is that of what is said over the socket.
//
//	1: hellos without proofs
//	2: greetings with nonces, and proofs of the secret
const protocolVersion = 2

func (i Identity) name() string {
	sum := sha256.Sum256([]byte(i.Build + "\n" + i.Env + "\n" + i.World))
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
const helloTimeout = 3 * time.Second

// hello is what each side sends once the greetings are exchanged.
type hello struct {
	Lanser   int      `json:"lanser"`          // protocolVersion
	Proof    string   `json:"proof,omitempty"` // of the client
	Identity Identity `json:"identity"`
	Engine   *Engine  `json:"engine,omitempty"`
	Control  string   `json:"control,omitempty"` // "status" or "stop", which every version understands
	Status   *Status  `json:"status,omitempty"`
	Error    *refused `json:"error,omitempty"` // the engine cannot be had
	// Apart says why this process cannot answer this client: it is confined otherwise.
	OtherConfinement string `json:"apart,omitempty"`
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
	Bound       int64     `json:"bound"`   // of Memory: beyond it caches are dropped
	Ceiling     int64     `json:"ceiling"` // of all its servers together
	Engines     []Hosted  `json:"engines"`
	Socket      string    `json:"socket"`
}

// How a process came to its end.
type How string

// A process ends by itself, is killed, or is still there.
const (
	EndedItself  How = "ended"
	EndedByForce How = "killed"
	NotEnded     How = "not ended"
)

// Ended is a process that was asked to end.
type Ended struct {
	Socket string
	How    How
}

// Hosted is an engine of the process.
type Hosted struct {
	Engine
	Connections int            `json:"connections"`
	Idle        time.Duration  `json:"idle"` // since the last connection or answer
	Servers     []pool.Running `json:"servers"`
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
	return dir, requirePrivate(dir)
}

// maxFolder leaves room for a socket's name in the 108 bytes of sockaddr_un (unix(7)).
const maxFolder = 108 - 1 - 1 - 20 - len(".sock")

// place is the files of one identity's process.
type endpoint struct{ dir, name string }

func (p endpoint) socket() string { return filepath.Join(p.dir, p.name+".sock") }
func (p endpoint) lock() string   { return filepath.Join(p.dir, p.name+".lock") }
func (p endpoint) log() string    { return filepath.Join(p.dir, p.name+".log") }
func (p endpoint) secret() string { return filepath.Join(p.dir, p.name+".secret") }

// clear removes the files of a process that has ended. The caller holds the lock.
func (p endpoint) clear() {
	for _, file := range []string{p.socket(), p.secret(), p.log()} {
		os.Remove(file) // what is gone already is as it should be
	}
}

// places are those of all processes.
func endpoints(dir string) (out []endpoint, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".sock"); ok {
			out = append(out, endpoint{dir: dir, name: name})
		}
	}
	return out, err
}

// maxHello bounds a hello in bytes.
const maxHello = 1 << 16

func marshalLine(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		raw = []byte("{}") // what is sent is plain data
	}
	return append(raw, '\n')
}
