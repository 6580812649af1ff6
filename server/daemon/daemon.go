// Package daemon owns the warm process: a background process of the user that keeps engines and
// their language servers running between commands and agent sessions.
//
// # Location
//
// The process listens on a socket in a folder that only the user may enter: "lanser" in
// $XDG_RUNTIME_DIR, otherwise "lanser-UID" in the folder for temporary files. The name of the
// socket is the digest of the process's [Identity]: the build of lanser, the environment variables
// that answers depend on, and what a process inherits (limits, namespaces, privileges). A client
// with another build, another PATH or other limits uses another process.
//
// # Promises
//
//   - Both sides belong to the same user, as the kernel reports (SO_PEERCRED), and know the
//     secret of the process: 32 random bytes in a file next to the socket (mode 0600).
//     Each side proves that it knows the secret (HMAC-SHA256 of both sides' nonces), the warm
//     process first; the secret is never sent. A confined language server cannot read
//     that file, so it cannot use the warm process, not even for its status or to stop it.
//   - If several clients come at the same time, one of them starts the process (a lock), and
//     all use it. The socket exists before the process does, so that no client has to poll.
//   - The process inherits nothing from the client that starts it except its world (see
//     [Identity]): no descriptor, folder, session, signal mask, umask or variable.
//   - Memory is bounded: see [Limits] for engines and servers, and package jsonl for the open
//     requests and unread answers of a connection.
//   - An engine without requests drops its snapshots, parsed files and answers after [Limits.Rest]. Its
//     language servers continue to run.
//   - The process ends when no client has been connected for some time, or when its socket is
//     removed. Idle engines and servers are closed earlier. If all servers together use too much
//     memory, those that have been idle longest are closed.
//   - [Stop] returns when the processes have ended, if necessary by force, and reports those
//     that have not. [StopWorkspace] closes the engines of one workspace and the connections of
//     their clients.
//   - [Dial] never waits longer than [helloTimeout]. If it fails, the caller answers in its own
//     process.
//
// # Protocol
//
// Each side sends a greeting with a nonce; that of the warm process contains its proof. The client
// then sends a hello with its proof, its identity, and the engine that it wants or a control word.
// The warm process answers with a hello. After that, the connection is a stream of package jsonl.
// When the connection is closed, its open requests are cancelled.
//
// The package does not interpret requests. It supports Linux only.
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
	"lanser/server/catalogue"
	"lanser/server/pool"
	"lanser/server/programs"
	"lanser/server/toolchain"
)

// Identity describes everything about a process that its answers depend on. A process may only
// answer for another one with an equal identity.
type Identity struct {
	Build string // version, path, size and modification time of the program
	Env   string // digest of the variables that answers depend on, and of the user's own servers
	World string // what a process inherits and cannot change, one fact per line
}

// Self returns the identity of this process.
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
	for _, s := range catalogue.UserServers() {
		described := []any{
			s.Name, s.Install.Command, s.Args, s.LanguageIDs, s.Configs, s.Options, s.Settings, s.Env, s.UserFiles,
		}
		if err := json.NewEncoder(h).Encode(described); err != nil {
			return Identity{}, fmt.Errorf("the description of %s: %w", s.Name, err)
		}
	}
	return Identity{
		Build: fmt.Sprintf("%d %s %s %d %d",
			protocolVersion, server.Version(), exe, info.Size(), info.ModTime().UnixNano()),
		Env:   hex.EncodeToString(h.Sum(nil)),
		World: world(),
	}, nil
}

// protocolVersion is the version of the protocol on the socket.
//
//	1: hellos without proofs
//	2: greetings with nonces, and proofs of the secret
const protocolVersion = 2

// name returns the name of the files of a process: processes whose clients could share neither program, environment nor
// confinement have different names.
func (i Identity) name() string {
	sum := sha256.Sum256([]byte(i.Build + "\n" + i.Env + "\n" + i.World))
	return hex.EncodeToString(sum[:10])
}

// Engine selects the engine that answers the requests of a connection.
type Engine struct {
	Root      string `json:"root"`
	Sandbox   string `json:"sandbox"`
	Trust     bool   `json:"trust"`
	MaxMemory int64  `json:"maxMemory"` // bytes, of each server
}

// helloTimeout is the time limit for the exchange of greetings and hellos.
const helloTimeout = 3 * time.Second

// hello is the message that each side sends after the greetings.
type hello struct {
	Lanser   int      `json:"lanser"`          // protocolVersion
	Proof    string   `json:"proof,omitempty"` // of the client
	Identity Identity `json:"identity"`
	Engine   *Engine  `json:"engine,omitempty"`
	// Control is "status" or "stop", which every version understands, or "close", which closes the engines
	// of Engine.Root. A process that does not know a control word answers with its identity only.
	Control string   `json:"control,omitempty"`
	Status  *Status  `json:"status,omitempty"`
	Closing *Closing `json:"closing,omitempty"`
	Error   *refused `json:"error,omitempty"` // why the engine could not be opened
	// OtherConfinement says that the process cannot answer this client because the two are
	// confined differently.
	OtherConfinement string `json:"apart,omitempty"`
}

// refused is a [fault.Error] as it is sent over the socket.
type refused struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Hint    string     `json:"hint"`
}

// Status describes a running warm process.
type Status struct {
	PID         int       `json:"pid"`
	Version     string    `json:"version"`
	Started     time.Time `json:"started"`
	Connections int       `json:"connections"`
	Memory      int64     `json:"memory"`  // resident memory of the process without its servers, in bytes
	Bound       int64     `json:"bound"`   // limit of Memory in bytes; above it, caches are dropped
	Ceiling     int64     `json:"ceiling"` // limit of the memory of all its servers together, in bytes
	Engines     []Hosted  `json:"engines"`
	Socket      string    `json:"socket"`
}

// Closing is the answer to the control word "close". The connection is closed when the engines are closed.
type Closing struct {
	Engines int  `json:"engines"`        // number of engines that the process closes
	Last    bool `json:"last,omitempty"` // it has no other engine, and ends
}

// How says how a process ended.
type How string

// The values of How.
const (
	EndedItself  How = "ended"     // it ended by itself when asked to
	EndedByForce How = "killed"    // it was ended by a signal
	NotEnded     How = "not ended" // it is still running
)

// Ended is the result of stopping one process.
type Ended struct {
	Socket string
	How    How
}

// Hosted describes an engine in a warm process.
type Hosted struct {
	Engine
	Connections int            `json:"connections"`
	Idle        time.Duration  `json:"idle"`     // since the last connection
	Released    bool           `json:"released"` // nothing but its servers is in memory
	Servers     []pool.Running `json:"servers"`
}

// folder returns the folder of the sockets. It creates the folder if it does not exist. The error is not
// nil if the folder would lie in the workspace or its repository; root is "" for no workspace.
func folder(root string) (string, error) {
	dir := folderPath()
	if len(dir) > maxFolder {
		return "", fmt.Errorf("the path of %s is too long for a socket", dir)
	}
	if root != "" && programs.Within(programs.Boundary(root), dir) {
		return "", fmt.Errorf("%s lies inside the workspace or its repository", dir)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return dir, requirePrivate(dir)
}

// folderPath returns the path of the folder of the sockets, which may not exist.
func folderPath() string {
	if run := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) {
		if info, err := os.Stat(run); err == nil && info.IsDir() {
			return filepath.Join(run, "lanser")
		}
	}
	return filepath.Join(os.TempDir(), fmt.Sprint("lanser-", os.Getuid()))
}

// maxFolder is the maximum length of the folder's path: the path of a socket must fit into the 108
// bytes of sockaddr_un (unix(7)).
const maxFolder = 108 - 1 - 1 - 20 - len(".sock")

// endpoint names the files of one warm process.
type endpoint struct{ dir, name string }

// The files of the process: its socket, the lock that it holds while it runs, its log, and its secret.
func (p endpoint) socket() string { return filepath.Join(p.dir, p.name+".sock") }
func (p endpoint) lock() string   { return filepath.Join(p.dir, p.name+".lock") }
func (p endpoint) log() string    { return filepath.Join(p.dir, p.name+".log") }
func (p endpoint) secret() string { return filepath.Join(p.dir, p.name+".secret") }

// clear removes the files of a process that has ended. The caller holds the lock.
func (p endpoint) clear() {
	for _, file := range []string{p.socket(), p.secret(), p.log()} {
		os.Remove(file) // The file may not exist.
	}
}

// endpoints lists the endpoints of all processes that have a socket in dir.
func endpoints(dir string) (out []endpoint, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".sock"); ok {
			out = append(out, endpoint{dir: dir, name: name})
		}
	}
	return out, err
}

// Of returns the status with the engines of one workspace only, or nil if there are none.
func (s Status) Of(root string) *Status {
	var own []Hosted
	for _, e := range s.Engines {
		if e.Root == root {
			own = append(own, e)
		}
	}
	if own == nil {
		return nil
	}
	s.Engines = own
	return &s
}

// maxHello is the maximum size of a greeting or hello in bytes.
const maxHello = 1 << 16

// marshalLine returns a value as a line of JSON.
func marshalLine(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		raw = []byte("{}") // cannot happen: the values are plain data
	}
	return append(raw, '\n')
}
