package remote

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lanser/selectors/fault"
)

// server is a cache that keeps entries in memory, as nginx does with WebDAV.
type server struct {
	mu       sync.Mutex
	entries  map[string][]byte // by path
	requests int
	answer   func(w http.ResponseWriter) bool // if it returns true, it has answered
}

// ServeHTTP gets and puts entries.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.answer != nil && s.answer(w) {
		return
	}
	switch entry, ok := s.entries[r.URL.Path]; {
	case r.Method == http.MethodPut:
		s.entries[r.URL.Path], _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	default:
		_, _ = w.Write(entry)
	}
}

// serve returns a running cache with a client that writes to it.
func serve(t *testing.T) (*server, *Cache) {
	t.Helper()
	s := &server{entries: map[string][]byte{}}
	running := httptest.NewServer(s)
	t.Cleanup(running.Close)
	c, err := New(running.URL+"/cache/", true)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

var key, other = sha256.Sum256([]byte("key")), sha256.Sum256([]byte("other"))

func TestWhatIsPutIsFoundUnderItsKey(t *testing.T) {
	s, c := serve(t)
	if _, ok := c.Get(key); ok {
		t.Error("an empty cache has the key")
	}
	c.Put(key, []byte("value"))
	if v, ok := c.Get(key); !ok || string(v) != "value" {
		t.Errorf("%q, %v", v, ok)
	}
	if _, ok := c.Get(other); ok {
		t.Error("another key has the value")
	}
	for p := range s.entries {
		if !strings.HasPrefix(p, "/cache/ac/") || len(p) != len("/cache/ac/")+64 {
			t.Errorf("the entry is at %s", p)
		}
	}
	c.writes = false
	c.Put(other, []byte("value"))
	if len(s.entries) != 1 {
		t.Error("a cache that is only read was written to")
	}
}

// Whatever a cache returns in place of the entry is a miss.
func TestADamagedEntryIsAMiss(t *testing.T) {
	good := encode(key, []byte("value"))
	flipped := encode(key, []byte("value"))
	flipped[len(flipped)-1] ^= 1
	for name, raw := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "flipped": flipped,
		"with more":      append(encode(key, []byte("value")), 1),
		"of another key": encode(other, []byte("value")), "a page": []byte("<html>"), "short": {0x2a, 1, 0},
		"a huge length": {0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	} {
		if v, ok := decode(key, raw); ok {
			t.Errorf("%s: %q", name, v)
		}
	}
	if v, ok := decode(key, good); !ok || string(v) != "value" {
		t.Errorf("%q, %v", v, ok)
	}
}

// A cache that fails once is not asked again.
func TestACacheThatFailsIsAskedOnce(t *testing.T) {
	release := make(chan struct{})
	for name, answer := range map[string]func(w http.ResponseWriter) bool{
		"refuses":   func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusForbidden); return true },
		"is broken": func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusBadGateway); return true },
		"leads away": func(w http.ResponseWriter) bool {
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusFound)
			return true
		},
		"never answers": func(http.ResponseWriter) bool { <-release; return true },
	} {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t)
			s.answer = answer
			if name == "never answers" {
				c.client.Timeout = time.Millisecond
				t.Cleanup(func() { close(release) })
			}
			for range 3 {
				if _, ok := c.Get(key); ok {
					t.Error("it has the key")
				}
				c.Put(key, []byte("value"))
			}
			if c.Writes() {
				t.Error("it is still written to")
			}
			if name != "never answers" && s.requests != 1 {
				t.Errorf("%d requests", s.requests)
			}
		})
	}
}

// late is a cache whose answers take a time. It has an entry for each key of has.
type late struct {
	takes    time.Duration
	has      [][sha256.Size]byte
	requests int
}

// RoundTrip answers a request when its time has passed.
func (l *late) RoundTrip(r *http.Request) (*http.Response, error) {
	l.requests++
	select {
	case <-time.After(l.takes):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	response := httptest.NewRecorder()
	response.Code = http.StatusNotFound
	for _, k := range l.has {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, hex.EncodeToString(k[:])) {
			response.Code = http.StatusOK
			response.Body.Write(encode(k, []byte("value")))
		}
	}
	if r.Method == http.MethodPut {
		response.Code = http.StatusCreated
	}
	return response.Result(), nil
}

// A cache whose answers are slow, and not late enough for a deadline, costs one deadline and no more. One that is
// quick, or has the answers, is asked as often as there are questions.
func TestACacheThatIsSlowAndHasNothingIsNotAskedForLong(t *testing.T) {
	for name, tt := range map[string]struct {
		cache late
		puts  bool
		want  int // requests, of 100
	}{
		"quick":               {late{takes: 100 * time.Millisecond}, false, 100},
		"slow":                {late{takes: time.Second}, false, 3},
		"almost too late":     {late{takes: 2900 * time.Millisecond}, false, 2},
		"slow to take":        {late{takes: time.Second}, true, 3},
		"slow, with answers":  {late{takes: time.Second, has: [][sha256.Size]byte{key}}, false, 100},
		"quick to take":       {late{takes: 100 * time.Millisecond}, true, 100},
		"not there in a time": {late{takes: time.Hour}, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := New("http://cache.example.com/", true)
				if err != nil {
					t.Fatal(err)
				}
				c.client.Transport = &tt.cache
				for range 100 {
					if tt.puts {
						c.Put(key, []byte("value"))
					} else if _, ok := c.Get(key); ok != (len(tt.cache.has) > 0) {
						t.Fatalf("it has the key: %v", ok)
					}
				}
				if tt.cache.requests != tt.want {
					t.Errorf("%d requests, want %d", tt.cache.requests, tt.want)
				}
			})
		})
	}
}

func TestAnAddressThatIsNoneIsRefusedWithoutItsPassword(t *testing.T) {
	for _, address := range []string{
		"cache.example.com", "ftp://u:secret@h/", "http://", "http://h/?secret", "http://h:x/ secret",
	} {
		_, err := New(address, false)
		if !fault.Is(err, fault.Usage) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
	t.Setenv(Var, "")
	if c, err := FromEnvironment(); c != nil || err != nil {
		t.Errorf("%v, %v", c, err)
	}
	var none *Cache
	none.Put(key, nil)
	if _, ok := none.Get(key); ok || none.Writes() {
		t.Error("no cache has an entry")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(key, []byte("value")))
	f.Add([]byte{0x2a, 0x20})
	f.Fuzz(func(t *testing.T, raw []byte) {
		value, ok := decode(key, raw)
		if again, is := decode(key, encode(key, value)); ok && (!is || string(again) != string(value)) {
			t.Errorf("%q", value)
		}
	})
}
