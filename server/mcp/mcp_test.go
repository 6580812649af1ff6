package mcp_test

import (
	"reflect"
	"strings"
	"testing"

	"lanser/server"
	"lanser/server/mcp"
)

// An agent can give every option that the command line and batches have.
func TestEveryOptionOfAnOperationIsOneOfItsTool(t *testing.T) {
	options := reflect.TypeFor[server.Options]()
	for _, op := range server.Operations {
		tool := mcp.InputSchema(op)
		for i := range options.NumField() {
			name, _, _ := strings.Cut(options.Field(i).Tag.Get("json"), ",")
			if has := tool.Properties[name] != nil; has != op.Heeds(name) {
				t.Errorf("%s: %s is an option of the tool: %v, and of the operation: %v", op.Name, name, has, op.Heeds(name))
			}
		}
	}
}
