package git

import (
	"bufio"
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lanser/index/beneath"
)

// ObjectReader reads objects of the repository through one "git cat-file --batch" process: a process for
// each object costs more than the reading. The process ends when no object has been requested for
// objectIdle. As long as it runs, the reader caches the blobs that were read last, because each search in
// a revision reads all of its files. A reader is safe for concurrent use.
type ObjectReader struct {
	runner *Runner
	dir    string

	mu    sync.Mutex               // locked while an object is read; guards the next three fields
	blobs map[string]*list.Element // by object id
	order *list.List               // of cachedBlob, the most recently used first
	size  int                      // of all cached blobs, in bytes

	// process is nil if no process runs. It is written with mu locked. close reads it without: a process that
	// waits for a file of the repository which is a named pipe has mu locked until it is killed.
	process atomic.Pointer[objectProcess]
	closing atomic.Int32 // number of running calls of close: a process that starts meanwhile is killed
}

// cachedBlob is an entry of an ObjectReader's cache.
type cachedBlob struct {
	id      string
	content []byte
}

// maxCachedBlobs bounds the blobs that an ObjectReader caches, in bytes.
const maxCachedBlobs = 32 << 20

// objectIdle is the time without a request after which the process ends.
const objectIdle = time.Second

// objectProcess is one process "git cat-file --batch".
type objectProcess struct {
	names   chan string       // requests: names of objects
	answers chan objectAnswer // one for each request, unless the process fails
	stop    chan struct{}     // closed to end the process when it is between two requests
	kill    func()            // kills the process
	done    chan struct{}     // closed when the process has ended
	err     error             // valid when done is closed: why the process failed, nil if it did not
}

// objectAnswer is the answer to one request.
type objectAnswer struct {
	id      string
	content []byte
	err     error // why this object cannot be read; the process answers further requests
}

// NewObjectReader returns a reader that runs git in dir. No process is started before the first request.
func NewObjectReader(runner *Runner, dir string) *ObjectReader {
	return &ObjectReader{runner: runner, dir: dir}
}

// Blob returns the content of a blob, which the caller must not change. id is any name that git has for it, such as
// an object id or "COMMIT:./PATH".
func (r *ObjectReader) Blob(id string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.blobs[id]; e != nil {
		r.order.MoveToFront(e)
		return e.Value.(cachedBlob).content, nil
	}

	a, err := r.ask(id)
	if err != nil {
		return nil, err
	}
	r.cache(cachedBlob{id: id, content: a.content})
	return a.content, nil
}

// Commit returns the id of the commit that a revision names.
func (r *ObjectReader) Commit(rev string) (string, error) {
	if strings.ContainsAny(rev, "\n\x00") {
		return "", errors.New("a revision is one line")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a, err := r.ask(rev + "^{commit}")
	return a.id, err
}

// cache adds a blob to the cache and drops the least recently used ones above the bound. The caller
// has locked r.mu.
func (r *ObjectReader) cache(b cachedBlob) {
	if r.blobs == nil {
		r.blobs, r.order = map[string]*list.Element{}, list.New()
	}
	r.blobs[b.id] = r.order.PushFront(b)
	r.size += len(b.content)
	for r.size > maxCachedBlobs {
		last := r.order.Remove(r.order.Back()).(cachedBlob)
		delete(r.blobs, last.id)
		r.size -= len(last.content)
	}
}

// ask reads an object by its name. It starts a process if none runs. The caller has locked r.mu.
func (r *ObjectReader) ask(name string) (objectAnswer, error) {
	for {
		process := r.process.Load()
		started := process == nil
		if started {
			process = r.start()
		}
		if r.closing.Load() > 0 {
			process.kill()
		}
		asked := false
		select {
		case process.names <- name:
			asked = true
		case <-process.done:
		}

		if asked {
			select {
			case a := <-process.answers:
				return a, a.err
			case <-process.done:
			}
		}

		r.process.Store(nil)
		if started || asked { // otherwise it had just ended as idle
			return objectAnswer{}, process.failure()
		}
	}
}

// failure returns the reason why a process has ended before it answered.
func (p *objectProcess) failure() error {
	if p.err != nil {
		return p.err
	}
	return errors.New("git cat-file ended early")
}

// start starts a process, which ends by itself when it is idle. The caller has locked r.mu.
func (r *ObjectReader) start() *objectProcess {
	ctx, kill := context.WithCancel(context.Background())
	process := &objectProcess{
		names: make(chan string), answers: make(chan objectAnswer, 1),
		stop: make(chan struct{}), kill: kill, done: make(chan struct{}),
	}
	r.process.Store(process)
	go func() {
		defer kill()
		questions, input := io.Pipe()
		process.err = r.runner.Run(ctx, r.dir, questions, func(output *bufio.Reader) error {
			defer input.Close()
			return process.serve(input, output)
		}, "cat-file", "--batch")
		questions.Close()
		close(process.done)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.process.CompareAndSwap(process, nil) {
			r.blobs, r.order, r.size = nil, nil, 0
		}
	}()
	return process
}

// serve answers requests until the process is idle, is stopped, or is so old that its timeout could end it
// in the middle of an answer.
func (p *objectProcess) serve(input io.Writer, output *bufio.Reader) error {
	deadline := time.Now().Add(Timeout / 3)
	idle := time.NewTimer(objectIdle)
	defer idle.Stop()
	for {
		select {
		case name := <-p.names:
			if _, err := io.WriteString(input, name+"\n"); err != nil {
				return err
			}
			a, err := readObject(output)
			if err == nil || errors.Is(err, errEnough) {
				p.answers <- a
			}
			if err != nil {
				return err
			}
			if time.Now().After(deadline) {
				return errEnough
			}
			idle.Reset(objectIdle)
		case <-idle.C:
			return errEnough
		case <-p.stop:
			return errEnough
		}
	}
}

// readObject reads one answer of "git cat-file --batch". A non-nil err means that no other answer can be
// read from the process; if it is errEnough, this answer is valid.
func readObject(r *bufio.Reader) (a objectAnswer, err error) {
	head, err := ReadRecord(r, '\n')
	if err != nil {
		return a, fmt.Errorf("git cat-file ends early: %w", err)
	}
	var size int64
	a.id, size, a.err = parseObjectHead(head)
	if a.err != nil {
		return a, nil // the object is missing, and the process continues
	}
	if size > beneath.MaxSize {
		a.err = fmt.Errorf("it has %d bytes, more than the %d that are read", size, beneath.MaxSize)
		return a, errEnough
	}

	a.content = make([]byte, size)
	if _, err := io.ReadFull(r, a.content); err != nil {
		return a, err
	}
	if end, err := r.ReadByte(); err != nil || end != '\n' {
		return a, errors.New("git cat-file ends in the middle of an object")
	}
	return a, nil
}

// Close kills the process, if one runs, and empties the cache. A request that is being answered fails.
func (r *ObjectReader) Close() {
	r.closing.Add(1)
	defer r.closing.Add(-1)
	if process := r.process.Load(); process != nil {
		process.kill()
	}
	r.mu.Lock()
	process := r.process.Swap(nil)
	r.blobs, r.order, r.size = nil, nil, 0
	r.mu.Unlock()
	if process != nil {
		close(process.stop)
		<-process.done
	}
}
