package server_test

import (
	"testing"

	"lanser/server/api"
)

// BenchmarkReferences measures the same question put to the server by the raw
// client and through the engine: cold is from nothing to the first final answer,
// warm is one more question. Compare them within one run:
//
//	go test ./server -run '^$' -bench References -benchtime 5x
func BenchmarkReferences(b *testing.B) {
	questions := map[string]struct {
		selector, file string
		pos            rawPos
	}{
		"cobra":   {"go://*#Command.Execute", "command.go", rawPos{1069, 18}},
		"mailpkg": {"py://mailpkg.message#Message.get_payload", "mailpkg/message.py", rawPos{242, 8}},
		"rxjs":    {"ts://*#createOperatorSubscriber", "src/internal/operators/OperatorSubscriber.ts", rawPos{14, 16}},
	}
	for _, cb := range codebases {
		q := questions[cb.name]
		dir := cb.copy(b)
		files := sources(b, dir, cb.server)
		request := api.Request{Op: "refs", Selector: selector(q.selector)}
		ask := func(b *testing.B, c *rawClient) int {
			c.open(q.file)
			return len(c.locations("textDocument/references", q.file, q.pos))
		}
		want := len(do(b, thawed(b, dir), request).Facts.References)
		same := func(b *testing.B, n int) {
			if n != want {
				b.Fatalf("%d references, want %d", n, want)
			}
		}
		b.Run(cb.name+"/cold/server", func(b *testing.B) {
			for b.Loop() {
				c := raw(b, cb, dir, files)
				same(b, ask(b, c))
				c.stop()
			}
		})
		b.Run(cb.name+"/cold/lanser", func(b *testing.B) {
			for b.Loop() {
				e := thawed(b, dir)
				same(b, len(do(b, e, request).Facts.References))
				e.Close()
			}
		})
		b.Run(cb.name+"/warm/server", func(b *testing.B) {
			c := raw(b, cb, dir, files)
			same(b, ask(b, c))
			for b.Loop() {
				same(b, ask(b, c))
			}
		})
		b.Run(cb.name+"/warm/lanser", func(b *testing.B) {
			e := thawed(b, dir)
			do(b, e, request)
			for b.Loop() {
				same(b, len(do(b, e, request).Facts.References))
			}
		})
	}
}
