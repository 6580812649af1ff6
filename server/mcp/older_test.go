package mcp_test

//lint:file-ignore SA1019 clients of the revisions before 2026-07-28 have roots

import (
	"context"
	"sync"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/mcp"
)

// The workspace is the client's first root, unless the user has chosen one. After a client changes its roots, answers
// are about the new ones.
func TestTheClientsFirstRootIsTheWorkspace(t *testing.T) {
	o, dir := goFiles(t)
	other := indextest.Files(t, map[string]string{"b.py": "def only_here(): pass\n"})
	client := sdk.NewClient(&sdk.Implementation{Name: "test"}, nil)
	client.AddRoots(&sdk.Root{URI: "file://" + other})
	var mu sync.Mutex
	var opened []string
	inner := o.Open
	o.Open = func(ctx context.Context, at string) (api.Door, error) {
		mu.Lock()
		defer mu.Unlock()
		opened = append(opened, at)
		return inner(ctx, at)
	}
	s, done, err := mcp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	ours, theirs := sdk.NewInMemoryTransports()
	if _, err := s.Connect(t.Context(), ours, nil); err != nil {
		t.Fatal(err)
	}
	c, err := client.Connect(t.Context(), theirs, &sdk.ClientSessionOptions{ProtocolVersion: "2025-06-18"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if r, text := call(t, c, "locate", map[string]any{"selector": "py://*#only_here"}); r.IsError {
		t.Error(text)
	}
	client.RemoveRoots("file://" + other)
	client.AddRoots(&sdk.Root{URI: "file://" + dir})
	// The server asks for the roots when it hears that they have changed; nothing tells
	// when it has the answer.
	answered := false
	for tries := 0; !answered && tries < 10_000; tries++ {
		r, _ := call(t, c, "locate", map[string]any{"selector": "go://*#F"})
		answered = !r.IsError
	}
	if !answered {
		t.Error(opened)
	}
}
