package server_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/remote"
)

// sharedCache is a cache over HTTP that keeps what is put, and gives it damaged if damage is set.
type sharedCache struct {
	mu      sync.Mutex
	entries map[string][]byte
	damage  func(entry []byte) []byte
	puts    int
}

// ServeHTTP gets and puts entries by path.
func (c *sharedCache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Method == http.MethodPut {
		c.puts++
		c.entries[r.URL.Path], _ = io.ReadAll(r.Body)
		return
	}
	entry, ok := c.entries[r.URL.Path]
	switch {
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	case c.damage != nil:
		_, _ = w.Write(c.damage(bytes.Clone(entry)))
	default:
		_, _ = w.Write(entry)
	}
}

// A machine that has never seen a workspace has the answers that another has shared, with the same bytes. A cache that
// is damaged, full or absent changes no answer.
func TestMachinesShareTheirAnswers(t *testing.T) {
	indextest.Needs(t, "gopls")
	files := map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() int { return nope }\n",
	}
	cache := &sharedCache{entries: map[string][]byte{}}
	running := httptest.NewServer(cache)
	t.Cleanup(running.Close)
	// ask returns the bytes of an answer on a machine without any other memory, and whether a server was asked.
	ask := func(address, write string) (answer string, asked bool) {
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		t.Setenv(remote.Var, address)
		t.Setenv(remote.WriteVar, write)
		e := untraced(t, indextest.Files(t, files))
		defer e.Close()
		b := do(t, e, api.Request{Op: "diag"})
		return bytesOf(t, b), b.Local.Memo == ""
	}
	want, _ := ask("", "")
	for _, tt := range []struct {
		name, address, write string
		damage               func([]byte) []byte
		asked                bool
		puts                 int // so far
	}{
		{name: "a reader of an empty cache", address: running.URL, asked: true},
		{name: "a writer", address: running.URL, write: "1", asked: true, puts: 1},
		{name: "a reader", address: running.URL, puts: 1},
		{
			name: "a reader of a damaged entry", address: running.URL, asked: true, puts: 1,
			damage: func(entry []byte) []byte { entry[len(entry)-1] ^= 1; return entry },
		},
		{
			name: "a reader of a page in place of an entry", address: running.URL, asked: true, puts: 1,
			damage: func([]byte) []byte { return []byte("<html>please log in</html>") },
		},
		{name: "a reader of an absent cache", address: "http://127.0.0.1:1/", asked: true, puts: 1},
	} {
		cache.damage = tt.damage
		got, asked := ask(tt.address, tt.write)
		if got != want || asked != tt.asked || cache.puts != tt.puts {
			t.Errorf("%s: a server was asked: %v, %d puts; want %v, %d\n%s\n%s",
				tt.name, asked, cache.puts, tt.asked, tt.puts, got, want)
		}
	}
	t.Setenv(remote.Var, "no address")
	if _, err := server.New(server.Config{Root: t.TempDir()}); !fault.Is(err, fault.Usage) {
		t.Errorf("an address that is none: %v", err)
	}
}
