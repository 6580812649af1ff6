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

// loadManifest fills w.known from the manifest that the previous run wrote. Only the first call does so. A file
// whose stamp has not changed since then still has the digest of the manifest. The caller holds w.mu.
func (w *Workspace) loadManifest() {
	if w.manifestLoaded {
		return
	}
	w.manifestLoaded = true
	b, ok := w.store.Get(w.manifestKey())
	if !ok {
		return
	}
	for d := store.NewDecoder(b); d.Len() > 0; {
		f := &file{path: decodeString(d)}
		f.stamp = stamp{size: d.Int(), mtime: d.Int(), ctime: d.Int(), inode: uint64(d.Int())}
		f.digest = "sha256:" + hex.EncodeToString(d.Bytes(32))
		if d.Int() == 1 {
			pkg := decodeString(d)
			f.pkg = &pkg
		}

		f.stampReliable.Store(true)
		if !d.Failed() {
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

// decodeString reads what [appendString] wrote.
func decodeString(d *store.Decoder) string { return string(d.Bytes(uint64(d.Int()))) }

func appendString(b []byte, s string) []byte {
	return append(binary.AppendVarint(b, int64(len(s))), s...)
}
