package lsp

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// The body of a message is never longer than what was sent, and memory grows with what was sent, not with the
// announced length.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{
		"Content-Length: 2\r\n\r\n{}", "content-length:2\n\n{}Content-Length: 67108864\r\n\r\n",
		"Content-Length: 67108865\r\n\r\n", "Content-Length: -1\r\n\r\n",
		"Content-Length: 1\r\nContent-Length: 3\r\n\r\nabc",
		strings.Repeat("X: y\r\n", 100), "Content-Length: 99999999999999999999\r\n\r\n",
		"Content-Length: 2\r\n\r\n\xff\xfe",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		most := uint64(1<<20 + 20*len(in))
		grown := most + 1
		for try := 0; try < 3 && grown > most; try++ { // what else runs in the process allocates too
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			b := newBounded(io.NopCloser(bytes.NewReader(in)), func(error) {})
			out, err := io.ReadAll(b)
			runtime.ReadMemStats(&after)
			if len(out) > len(in) {
				t.Errorf("%d bytes come of %d, %v", len(out), len(in), err)
			}
			grown = after.TotalAlloc - before.TotalAlloc
		}
		if grown > most {
			t.Errorf("%d bytes were allocated for %d", grown, len(in))
		}
	})
}

// Any answer of a server is decoded or refused.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{
		`[{"uri":"file:///a","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":1}}}]`,
		`{"contents":["a",{"language":"go","value":"x"}]}`,
		`{"kind":"full","items":[{"message":{"kind":"markdown","value":"x"}}]}`, `{"success":true,"body":[{}]}`,
		"null", strings.Repeat("[", 2000),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		found, _ := readLocations(raw)
		_, _ = readHover(raw)
		items, _ := readReport(raw)
		told, _ := readTSServer(raw)
		if n := len(found) + len(items) + len(told); n > len(raw) {
			t.Error(fmt.Sprint(n, " things in ", len(raw), " bytes"))
		}
	})
}
