package server

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"lanser/index"
	"lanser/server/catalogue"
	"lanser/server/toolchain"
)

// A session that lives on between questions must not outlive what it was started with:
// the program itself, the tools that it runs, the packages and the generated code that it
// reads beside the files that are listed. Managers of packages leave a mark when they
// change something; of sources that the ignore rules leave out every change counts. Where
// any of it has changed the session is started anew.

// surroundings are what a session was started with beside the files that are listed. It
// is safe for concurrent use.
type surroundings struct {
	files []string // on this machine
	was   string   // how they were then

	mu       sync.Mutex
	unlisted string // how the sources were that the ignore rules leave out; "" if not known
	quiet    any    // index.Workspace.Quiet when they were looked at
}

// surround notes the surroundings of a session before it is started: what changes while
// the server reads is another then.
func (e *Engine) surround(srv *catalogue.Server, snap *index.Snapshot, h *toolchain.Host) *surroundings {
	s := &surroundings{quiet: e.ws.Quiet()}
	s.files = e.machine.Surroundings(srv, snap, h)
	s.was, s.unlisted = e.look(srv, s.files), e.unlisted(srv, snap)
	return s
}

// same says whether the surroundings of a session are as they were when it was started.
func (e *Engine) same(srv *catalogue.Server, snap *index.Snapshot, s *surroundings) bool {
	if e.look(srv, s.files) != s.was {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	quiet := e.ws.Quiet()
	if quiet != nil && quiet == s.quiet {
		return true
	}
	if now := e.unlisted(srv, snap); now == "" || now != s.unlisted {
		return false
	}
	s.quiet = quiet
	return true
}

// look is how files are.
func (e *Engine) look(srv *catalogue.Server, files []string) string {
	return e.summed("surroundings of "+srv.Name, func(sum io.Writer) bool {
		for _, file := range files {
			if info, err := os.Stat(file); err == nil {
				fmt.Fprintf(sum, "%q %d %d\n", file, info.Size(), info.ModTime().UnixNano())
			} else {
				fmt.Fprintf(sum, "%q\n", file)
			}
		}
		return true
	})
}

// unlisted is how the sources are that the ignore rules leave out, generated code as a
// rule: servers read them all the same. It is "" where there are too many files to look at.
func (e *Engine) unlisted(srv *catalogue.Server, snap *index.Snapshot) string {
	return e.summed("unlisted sources of "+srv.Name, func(sum io.Writer) (all bool) {
		return snap.Unlisted(func(p string, info fs.FileInfo) {
			if srv.Concerns(p) {
				fmt.Fprintf(sum, "%q %d %d\n", p, info.Size(), info.ModTime().UnixNano())
			}
		})
	})
}

// summed is the digest of what look writes; "" where it has not seen all.
func (e *Engine) summed(key string, look func(sum io.Writer) (all bool)) string {
	raw, err := e.log.Ask(key, func() ([]byte, error) {
		sum := sha256.New()
		if !look(sum) {
			return nil, nil
		}
		return []byte(hex.EncodeToString(sum.Sum(nil))), nil
	})
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
