package jsonl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/jsonl"
)

// clerk is a door that finds nothing, whatever it is asked.
type clerk struct{}

func (clerk) Do(_ context.Context, req api.Request) (*bundle.Bundle, error) {
	b := req.Bundle("/ws", api.Platform())
	b.Facts, b.Evidence.State = &bundle.Facts{References: []bundle.Location{}}, bundle.Complete
	return b, b.Seal()
}

func (clerk) Refuse(cmd string, err error) *bundle.Bundle {
	return api.Refusal("/ws", api.Platform(), cmd, err)
}

func (clerk) Root() string { return "/ws" }

func (clerk) Changes(ctx context.Context, changed func([]string)) error {
	changed(nil)
	<-ctx.Done()
	return ctx.Err()
}

func (clerk) Close() {}

// Answers come in the order of the lines. A line that cannot be read is answered too, and the
// rest goes on.
func ExampleBatch() {
	questions := `{"id":1,"cmd":"refs","selector":"go://*#Server.Serve"}
{"id":2,"cmd":"refs","selector":
{"id":"last","cmd":"refs","selector":"go://*#Client"}
`
	var answers bytes.Buffer
	worst, err := jsonl.Batch(context.Background(), clerk{}, strings.NewReader(questions), &answers, jsonl.Options{})
	for line := range strings.Lines(answers.String()) {
		var l struct {
			ID     any
			Bundle *bundle.Bundle
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(l.ID, l.Bundle.Status, l.Bundle.Evidence.State)
	}
	fmt.Println("worst exit code:", worst, err)
	// Output:
	// 1 ok complete
	// <nil> error not_ready
	// last ok complete
	// worst exit code: 2 <nil>
}
