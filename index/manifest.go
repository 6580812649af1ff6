package index

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"lanser/index/store"
)

// manifestVersion is the version of the manifest, which the store keeps for each workspace between runs.
//
//	1: path, stamp, digest and package of each file
const manifestVersion = 1

func (w *Workspace) manifestKey() store.Key {
	return store.NewKey("manifest", fmt.Sprint(manifestVersion), w.root)
}

// loadManifest fills w.known from the manifest of the last run, once. A file whose stamp is the same as then
// has the same digest as then. The caller holds w.mu.
func (w *Workspace) loadManifest() {
	if w.manifestLoaded {
		return
	}
	w.manifestLoaded = true
	b, ok := w.store.Get(w.manifestKey())
	if !ok {
		return
	}
	r := reader{b: b}
	for len(r.b) > 0 && !r.bad {
		f := &file{path: r.str(), stamp: stamp{size: r.num(), mtime: r.num(), ctime: r.num(), inode: uint64(r.num())}}
		f.digest = "sha256:" + hex.EncodeToString(r.take(32))
		if r.num() == 1 {
			pkg := r.str()
			f.pkg = &pkg
		}
		f.stampReliable.Store(true)
		if !r.bad {
			w.known[f.path] = f
		}
	}
}

// Flush writes to disk what the next run can use: outlines, and the manifest if enough files were read since
// it was last written.
func (w *Workspace) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if learnt := int(w.readSinceManifest.Load()); learnt > 32 && learnt > len(w.known)/50 {
		w.store.Put(w.manifestKey(), w.manifest())
		w.readSinceManifest.Store(0)
	}
	w.store.Flush()
}

func (w *Workspace) manifest() []byte {
	var b []byte
	for _, f := range w.known {
		f.mu.Lock()
		raw, err := hex.DecodeString(strings.TrimPrefix(f.digest, "sha256:"))
		if err == nil && len(raw) == 32 && f.stampReliable.Load() {
			b = appendString(b, f.path)
			for _, n := range []int64{f.stamp.size, f.stamp.mtime, f.stamp.ctime, int64(f.stamp.inode)} {
				b = binary.AppendVarint(b, n)
			}
			b = append(b, raw...)
			if f.pkg != nil {
				b = appendString(append(b, 2), *f.pkg) // varint 1
			} else {
				b = append(b, 0)
			}
		}
		f.mu.Unlock()
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendVarint(b, int64(len(s))), s...)
}

// reader decodes a manifest; bad is set once the input is malformed.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) num() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) str() string { return string(r.take(int(r.num()))) }
