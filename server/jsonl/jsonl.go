// Package jsonl owns the batch protocol (spec section 7): requests and answers, a JSON
// object a line.
//
//	{"id":7,"cmd":"refs","selector":"go://*#Server.Serve","options":{"declaration":false}}
//	{"id":7,"bundle":{…}}
//
// There are two ways to speak it. [Batch] answers in the order of the lines, with memory
// that does not grow with their number. [Serve] is a stream for as long as the client
// wishes: answers come as they are ready, and beside requests there are
//
//	{"cancel":7}         from the client: the request with that id is not needed any more
//	{"notify":true}      from the client: say when files change; false says no more
//	{"event":"watching","paths":[],"more":0}
//	                     to the client: from here on changes are told
//	{"event":"stale","paths":["a.go"],"more":0}
//	                     to the client: files have changed, and what was answered before
//	                     may hold no more; more counts the paths that are left out
//
// A line that cannot be read is answered with an error bundle, and the rest goes on. An
// id is any JSON value but null; without one the answer's is null.
//
// [Client] is the client's side of a stream, for the warm process.
//
// It knows nothing of how answers come about, or of sockets.
package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/bundle"
)

// MaxLine bounds a line from a client, in bytes.
const MaxLine = 16 << 20

// ErrLong says that a line is longer than [MaxLine].
var ErrLong = fmt.Errorf("it has more than %d bytes", MaxLine)

// Numbered is a line of input.
type Numbered struct {
	N    int // 1-based
	Text []byte
	Err  error // ErrLong, or why there are no more lines
}

// Lines yields the lines of r. One that is too long is ErrLong, and the rest goes on.
func Lines(r io.Reader) func(func(Numbered) bool) {
	return func(yield func(Numbered) bool) {
		br := bufio.NewReaderSize(r, 64<<10)
		for n := 1; ; n++ {
			text, long, err := readLine(br)
			last := err != nil
			switch {
			case err != nil && !errors.Is(err, io.EOF):
				yield(Numbered{n, nil, err})
				return
			case last && len(text) == 0 && !long:
				return
			case long:
				if !yield(Numbered{n, nil, ErrLong}) {
					return
				}
			case !yield(Numbered{n, text, nil}):
				return
			}
			if last {
				return
			}
		}
	}
}

// readLine reads a line with its end; of one that is too long nothing is kept.
func readLine(br *bufio.Reader) (text []byte, long bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		size := len(text) + len(bytes.TrimRight(part, "\r\n"))
		if long = long || size > MaxLine; long {
			text = nil
		} else {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, long, err
		}
	}
}

// reply is a line of output.
type reply struct {
	ID     json.RawMessage `json:"id"`
	Bundle *bundle.Bundle  `json:"bundle"`
}

// write writes a value as a line.
func write(w io.Writer, v any) error {
	if r, ok := v.(reply); ok && r.ID == nil {
		r.ID = json.RawMessage("null")
		v = r
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// answer answers a line.
func answer(ctx context.Context, e server.Door, line Numbered) reply {
	err := line.Err
	var l server.Line
	var req server.Request
	if err != nil {
		err = fault.Wrap(fault.Usage, err, "%v", err)
	} else {
		l, req, err = server.ParseLine(line.Text)
	}
	if err == nil {
		b, _ := e.Do(ctx, req) // the error is in the bundle
		return reply{l.ID, b}
	}
	return reply{l.ID, refuse(e, line, l.Cmd, err)}
}

// refuse is the bundle of a line that cannot be read.
func refuse(e server.Door, line Numbered, cmd string, err error) *bundle.Bundle {
	f := *fault.From(err)
	f.Message = fmt.Sprintf("line %d: %s", line.N, f.Message)
	return e.Refuse(cmd, &f)
}
