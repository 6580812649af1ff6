// Package jsonl owns the batch protocol (spec section 7): requests and answers, one JSON object
// per line.
//
//	{"id":7,"cmd":"refs","selector":"go://*#Server.Serve","options":{"declaration":false}}
//	{"id":7,"bundle":{…}}
//
// The protocol has two forms. [Batch] answers in the order of the lines, and its use of memory
// does not depend on their number. [Serve] answers a stream until the client ends it: each answer
// is sent as soon as it is ready, and these messages are exchanged in addition to requests:
//
//	{"cancel":7}         from the client: cancel the request with this id
//	{"notify":true}      from the client: report changes of files; false stops the reports
//	{"event":"watching","paths":[],"more":0}
//	                     to the client: changes are reported from now on
//	{"event":"stale","paths":["a.go"],"more":0}
//	                     to the client: these files have changed, and earlier answers may be
//	                     out of date; more is the number of paths that are left out
//
// A line that cannot be read, for example because it is too long or nested too deeply (package
// wire), is answered with an error bundle, and the following lines are answered as usual. An id is
// any JSON value except null; the answer to a request without an id has the id null.
//
// The use of memory is bounded whatever a client does: see [maxUnderWay], [maxRequestBytes] and
// [maxUnsentBytes].
//
// [Client] is the client's side of a stream. It is used to talk to the warm process.
//
// The package does not produce answers and does not open sockets.
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

// write writes a value as one line of JSON.
func write(w io.Writer, v any) error {
	if r, ok := v.(reply); ok && r.ID == nil {
		r.ID = json.RawMessage("null")
		v = r
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// answer returns the reply to a line.
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
		b, _ := e.Do(ctx, req) // The bundle contains the error.
		return reply{ID: l.ID, Bundle: b}
	}
	return reply{ID: l.ID, Bundle: refuse(e, line, l.Cmd, err)}
}

// validate returns an error if a line cannot be read as JSON.
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

// idOf returns the id of a line that is not a valid request; nil if the id cannot be read either.
func idOf(line []byte) json.RawMessage {
	var l struct {
		ID json.RawMessage `json:"id"`
	}
	_ = json.Unmarshal(line, &l) // The id only helps the client.
	return l.ID
}

// refuse returns the error bundle of a line that cannot be read.
func refuse(e api.Door, line wire.Line, cmd string, err error) *bundle.Bundle {
	f := *fault.From(err)
	f.Message = fmt.Sprintf("line %d: %s", line.N, f.Message)
	return e.Refuse(cmd, &f)
}
