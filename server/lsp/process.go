package lsp

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"go.lsp.dev/protocol"

	"lanser/server/sandbox"
)

// spawn starts the process, and returns its input and output.
func (s *Session) spawn() (io.ReadWriteCloser, error) {
	proc, err := sandbox.Command(s.cfg.Argv, s.cfg.Env, s.cfg.Policy)
	if err != nil {
		return nil, err
	}
	proc.Dir = s.cfg.Root
	in, err := proc.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, outW, err := os.Pipe() // not StdoutPipe: Wait would close it under the reader
	if err != nil {
		return nil, err
	}
	proc.Stdout, proc.Stderr = outW, &s.stderr
	err = proc.Start()
	outW.Close()
	if err != nil {
		out.Close()
		return nil, err
	}
	s.proc, s.in = proc, in
	go s.reap()
	return pipe{ReadCloser: newBounded(out, s.breaks), WriteCloser: in}, nil
}

// pipe is the standard output and the standard input of a process as one connection.
type pipe struct {
	io.ReadCloser
	io.WriteCloser
}

func (p pipe) Close() error { return errors.Join(p.WriteCloser.Close(), p.ReadCloser.Close()) }

// reap waits for the process, the only place that does.
func (s *Session) reap() {
	err := s.proc.Wait()
	s.exitText = "exit status 0"
	if err != nil {
		s.exitText = err.Error()
	}
	s.ended()
}

// closeTime is how long a server may take to end by itself, after shutdown or after it has
// closed its output.
const closeTime = 700 * time.Millisecond

// Close ends the server in stages: it sends shutdown and exit, closes the server's input, and
// kills the process group. It returns when the process has ended.
func (s *Session) Close() {
	s.tape.Stop()
	s.mu.Lock()
	polite := s.state == Ready && !s.stuck
	s.mu.Unlock()
	s.set(func() { s.state = Closed })
	if polite && s.proc != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		if _, err := s.call(ctx, protocol.MethodShutdown, nil); err == nil {
			_ = s.notify(ctx, protocol.MethodExit, nil) // best effort: the kill follows
		}
		s.in.Close()
		if !s.cfg.Server.NoExit {
			select {
			case <-s.exited:
			case <-ctx.Done():
			}
		}
		cancel()
	}
	s.kill()
}

// kill kills the process group, waits for the process and closes the connection. It may be called for a session that is
// dead or closed already.
func (s *Session) kill() {
	s.set(func() {
		if s.state != Closed {
			s.state = Dead
		}
	})
	if s.proc != nil {
		s.proc.Kill()
		<-s.exited
	}
	_ = s.conn.Close() // the peer is gone: its error says only that
}
