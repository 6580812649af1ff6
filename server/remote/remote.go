// Package remote owns a cache of answers that machines share, over the HTTP protocol of Bazel's remote caches
// (https://bazel.build/remote/caching#http-caching): bazel-remote, BuildBuddy, nginx with WebDAV, or a bucket.
//
// It promises that a cache never changes an answer and never fails one. An entry that is damaged, or stored under
// another key, is a miss. A cache that is absent, slow or refuses a request is not asked again by this process, so that
// it costs at most one deadline: that of one request, or in sum that of slow requests which bring no answer. Only the
// user's environment names a cache, and nothing is written to one unless the environment says so.
//
// It does not decide what is worth sharing, nor what an answer depends on: the caller's key holds that. It does not
// protect from somebody who may write to the cache: whoever may, can answer for everybody.
package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"lanser/selectors/fault"
)

// The variables of the user's environment that name a cache.
const (
	Var      = "LANSER_REMOTE_CACHE"       // the address, such as https://user:password@cache.example.com/path
	WriteVar = "LANSER_REMOTE_CACHE_WRITE" // 1: answers are also written
)

const (
	deadline = 3 * time.Second        // of a request, and of all slow ones that bring no answer
	quick    = 200 * time.Millisecond // a request that takes longer is slow
	maxEntry = 8 << 20                // bytes
)

// stdoutRaw is the field of an ActionResult that holds an entry (Remote Execution API, version 2). Caches that check
// what is put below /ac/ accept it, since the message names no other entry.
const stdoutRaw protowire.Number = 5

// Cache is a cache. A nil cache has no entries, and takes none. It is safe for concurrent use.
type Cache struct {
	base   string // the address without a slash at the end
	writes bool
	client http.Client
	isOff  atomic.Bool  // it has failed once, or was slow
	lost   atomic.Int64 // nanoseconds that slow requests took which brought no answer
}

// FromEnvironment returns the cache that the environment names; nil if it names none. The error is Usage for an
// address that is none.
func FromEnvironment() (*Cache, error) {
	address := os.Getenv(Var)
	if address == "" {
		return nil, nil
	}
	return New(address, os.Getenv(WriteVar) == "1")
}

// New returns the cache at an address. The error is Usage for an address that is none.
func New(address string, writes bool) (*Cache, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fault.New(fault.Usage, "%s is no address of a cache", Var). // it may hold a password
											WithHint("want http://HOST/PATH or https://HOST/PATH")
	}
	c := &Cache{base: strings.TrimSuffix(address, "/"), writes: writes}
	c.client.Timeout = deadline
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// Writes reports whether answers are written to the cache.
func (c *Cache) Writes() bool { return c != nil && c.writes && !c.isOff.Load() }

// Get returns what was put under a key.
func (c *Cache) Get(key [sha256.Size]byte) (value []byte, ok bool) {
	if c == nil || c.isOff.Load() {
		return nil, false
	}
	began := time.Now()
	defer func() {
		if !ok {
			c.lose(time.Since(began))
		}
	}()
	response, err := c.send(http.MethodGet, key, nil)
	if err != nil {
		c.isOff.Store(true)
		return nil, false
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, false
	default:
		c.isOff.Store(true)
		return nil, false
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxEntry+1))
	if err != nil {
		c.isOff.Store(true)
		return nil, false
	}
	return decode(key, raw)
}

// Put stores a value under a key, if the environment says that answers are written. It returns when that is done or has
// failed. Values above 8 MiB are left out.
func (c *Cache) Put(key [sha256.Size]byte, value []byte) {
	if !c.Writes() || len(value) > maxEntry-1024 {
		return
	}
	began := time.Now()
	defer func() { c.lose(time.Since(began)) }()
	response, err := c.send(http.MethodPut, key, encode(key, value))
	if err != nil {
		c.isOff.Store(true)
		return
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxEntry)) // so that the connection serves the next one
	if response.StatusCode/100 != 2 {
		c.isOff.Store(true)
	}
}

// lose counts the time of a request that brought no answer. A cache that has cost a deadline is not asked again.
func (c *Cache) lose(took time.Duration) {
	if took > quick && c.lost.Add(int64(took)) >= int64(deadline) {
		c.isOff.Store(true)
	}
}

// send sends a request about the entry of a key.
func (c *Cache) send(method string, key [sha256.Size]byte, body []byte) (*http.Response, error) {
	address := c.base + "/ac/" + hex.EncodeToString(key[:])
	request, err := http.NewRequestWithContext(context.Background(), method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return c.client.Do(request)
}

// encode returns an entry: an ActionResult with the value, after a digest of key and value.
func encode(key [sha256.Size]byte, value []byte) []byte {
	sum := digest(key, value)
	return protowire.AppendBytes(protowire.AppendTag(nil, stdoutRaw, protowire.BytesType), append(sum[:], value...))
}

// decode returns the value of an entry; ok is false for one that encode has not made for the key.
func decode(key [sha256.Size]byte, raw []byte) (value []byte, ok bool) {
	number, kind, n := protowire.ConsumeTag(raw)
	if n < 0 || number != stdoutRaw || kind != protowire.BytesType {
		return nil, false
	}
	content, m := protowire.ConsumeBytes(raw[n:])
	if m < 0 || n+m != len(raw) || len(content) < sha256.Size {
		return nil, false
	}
	value = content[sha256.Size:]
	return value, digest(key, value) == [sha256.Size]byte(content)
}

func digest(key [sha256.Size]byte, value []byte) [sha256.Size]byte {
	return sha256.Sum256(append(key[:], value...))
}
