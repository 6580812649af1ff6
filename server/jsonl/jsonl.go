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
// A line that cannot be read is answered with an error bundle, and the rest goes on: one
// that is too long or nested too deep (package wire) too. An id is any JSON value but null;
// without one the answer's is null.
//
// Memory is bounded whatever a client does: see [maxUnderWay], [maxAsked] and [maxUnsent].
//
// [Client] is the client's side of a stream, for the warm process.
//
// It knows nothing of how answers come about, or of sockets.
package jsonl

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/wire"
)

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
func answer(ctx context.Context, e api.Door, line wire.Line) reply {
	err := validate(line)
	var l api.Line
	var req api.Request
	if err == nil {
		l, req, err = api.ParseLine(line.Text)
	} else if line.Err == nil {
		l.ID = idOf(line.Text)
	}
	if err == nil {
		b, _ := e.Do(ctx, req) // the error is in the bundle
		return reply{ID: l.ID, Bundle: b}
	}
	return reply{ID: l.ID, Bundle: refuse(e, line, l.Cmd, err)}
}

// checked says what keeps a line from being read at all.
func validate(line wire.Line) error {
	err := line.Err
	if err == nil {
		err = wire.Check(line.Text)
	}
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.Usage, err, "%v", err)
}

// idOf is the id of a line that cannot be read, if it can be; else nil.
func idOf(line []byte) json.RawMessage {
	var l struct {
		ID json.RawMessage `json:"id"`
	}
	_ = json.Unmarshal(line, &l) // the id is a courtesy
	return l.ID
}

// refuse is the bundle of a line that cannot be read.
func refuse(e api.Door, line wire.Line, cmd string, err error) *bundle.Bundle {
	f := *fault.From(err)
	f.Message = fmt.Sprintf("line %d: %s", line.N, f.Message)
	return e.Refuse(cmd, &f)
}
