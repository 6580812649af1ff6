package pool

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

// Surroundings are everything that a session depends on except the listed files of the workspace: the
// server's program, the tools that it runs, installed packages, and ignored source files such as
// generated code, which servers read too. A session whose surroundings have changed is out of date.
// Surroundings are safe for concurrent use.
type Surroundings struct {
	pool  *Pool
	srv   *catalogue.Server
	files []string // outside the workspace's listed files
	was   string   // digest of the sizes and times of files at the start

	mu       sync.Mutex
	unlisted string // digest of the ignored source files at the start; "" if unknown
	version  any    // [index.Workspace.UnlistedVersion] when unlisted was last verified
}

// surround records the surroundings of a session. It must be called before the session starts, so
// that a change while the server reads them is detected.
func (p *Pool) surround(srv *catalogue.Server, snap *index.Snapshot, h *toolchain.Host) *Surroundings {
	s := &Surroundings{
		pool:    p,
		srv:     srv,
		version: p.cfg.Workspace.UnlistedVersion(),
		files:   p.cfg.Machine.Surroundings(srv, snap, h),
	}
	s.was, s.unlisted = s.look(), s.unlistedNow(snap)
	return s
}

// Unchanged reports whether the surroundings have not changed since the session was started.
func (s *Surroundings) Unchanged(snap *index.Snapshot) bool {
	if s.look() != s.was {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	version := s.pool.cfg.Workspace.UnlistedVersion()
	if version != nil && version == s.version {
		return true
	}
	if now := s.unlistedNow(snap); now == "" || now != s.unlisted {
		return false
	}
	s.version = version
	return true
}

// look returns the digest of the sizes and times of the files.
func (s *Surroundings) look() string {
	return s.digest("surroundings of "+s.srv.Name, func(sum io.Writer) bool {
		for _, file := range s.files {
			if info, err := os.Stat(file); err == nil {
				fmt.Fprintf(sum, "%q %d %d\n", file, info.Size(), info.ModTime().UnixNano())
			} else {
				fmt.Fprintf(sum, "%q\n", file)
			}
		}
		return true
	})
}

// unlistedNow returns the digest of the ignored source files; "" if there are too many files.
func (s *Surroundings) unlistedNow(snap *index.Snapshot) string {
	return s.digest("unlisted sources of "+s.srv.Name, func(sum io.Writer) (all bool) {
		return snap.Unlisted(func(p string, info fs.FileInfo) {
			if s.srv.Concerns(p) {
				fmt.Fprintf(sum, "%q %d %d\n", p, info.Size(), info.ModTime().UnixNano())
			}
		})
	})
}

// digest returns the digest of what look writes; "" if look returns false.
func (s *Surroundings) digest(key string, look func(sum io.Writer) (all bool)) string {
	raw, err := s.pool.cfg.Log.Ask(key, func() ([]byte, error) {
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
